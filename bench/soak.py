"""The soak: hours of mixed load within minutes, on two workers: whether memory stays flat and nothing fails.

``python bench/soak.py --seconds 300``. Ends with status 1 when an answer was not the expected one or memory grew.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from itertools import count
from time import perf_counter, sleep
from typing import Final
from urllib.parse import quote

from measure import Verdict, number, print_verdicts
from samples import samples, variations
from servers import HOST, PORT, Server, started
from spinecode.catalogue import catalogue
from spinecode.knowledge import Knowledge, load

WORKERS: Final = 2
#: What a busy site of this kind is asked in an hour.
HOUR: Final = 36_000
GROWTH: Final = 1.10
_CONNECTIONS: Final = 6
_EVERY: Final = 1.0
#: Requests that repeat what was asked before, of all that could.
_REPEATED: Final = 0.6

JSON, TABLE, PAGE = "application/json", "application/sparql-results+json", "text/html"
PRODUCT = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked, and the status that is right for it."""

    kind: str
    path: str
    status: int = 200
    accept: str = JSON
    body: bytes | None = None
    media_type: str = ""


@dataclass(slots=True)
class Counts:
    """What came back."""

    kinds: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    slowest: dict[str, float] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, request: Request, status: int | str, taken: float) -> None:
        """Count one answer."""
        with self.lock:
            self.kinds[request.kind] += 1
            self.slowest[request.kind] = max(taken, self.slowest.get(request.kind, 0.0))
            if status != request.status:
                self.wrong[f"{request.kind}: {status} instead of {request.status}"] += 1


class Mixture:
    """Ever new and repeated requests of all kinds; not to be used by two threads at once."""

    #: How often each kind is asked, of about a thousand.
    SHARES: Final = {
        "select": 300,
        "select, posted": 40,
        "differ": 60,
        "validate": 80,
        "code": 120,
        "page": 80,
        "lookup": 160,
        "query": 80,
        "catalogue": 50,
        "10,000 rows": 8,
        "broken": 20,
        "not there": 10,
        "too long": 1,
    }

    def __init__(self, knowledge: Knowledge, seed: int, numbers: Iterator[int]) -> None:
        self._chance = random.Random(seed)
        self._numbers = numbers
        self._codes = sorted({definition.code for definition in knowledge.index.definitions})
        self._concepts = [code.iri for code in knowledge.index.codes.values()]
        self._addresses = variations(knowledge.index, undetermined=False, seed=seed)
        self._asked: list[str] = [next(self._addresses)]
        self._documents = [one.turtle for one in samples(knowledge.index) if one.turtle is not None]
        self._queries = [
            f"/queries/{one.name}?" + "&".join(f"{p.name}={quote(str(p.example))}" for p in one.parameters if p.example)
            for one in catalogue().values()
            if one.name not in ("select", "close") and not one.header.reads
        ]

    def __iter__(self) -> Iterator[Request]:
        kinds, weights = list(self.SHARES), list(self.SHARES.values())
        while True:
            yield self._one(self._chance.choices(kinds, weights)[0])

    def _one(self, kind: str) -> Request:
        chance = self._chance
        new = 10 + (next(self._numbers) if chance.random() > _REPEATED else chance.randrange(50))
        match kind:
            case "select":
                if chance.random() > _REPEATED:
                    self._asked = [*self._asked[-200:], next(self._addresses)]
                return Request(kind, chance.choice(self._asked))
            case "select, posted":
                return Request(kind, "/select", body=chance.choice(self._documents), media_type="text/turtle")
            case "differ":
                one, other = chance.sample(self._codes, 2)
                return Request(kind, f"/differ?code={one}&code={other}")
            case "validate":
                return Request(kind, "/validate", body=chance.choice(self._documents), media_type="text/turtle")
            case "code":
                return Request(
                    kind, f"/codes/{chance.choice(self._codes)}", accept=chance.choice([JSON, "text/turtle"])
                )
            case "page":
                return Request(kind, chance.choice(["/", "/codes", "/queries", "/sparql", "/ontology"]), accept=PAGE)
            case "lookup":
                query = f"SELECT ?p ?o {{ <{chance.choice(self._concepts)}> ?p ?o }} LIMIT {new}"
                return Request(kind, f"/sparql?query={quote(query)}", accept=TABLE)
            case "query":
                query = f"SELECT ?d (COUNT(*) AS ?n) {{ ?c a spine:ProcedureCode ; ?p ?d }} GROUP BY ?d LIMIT {new}"
                if chance.random() < 0.3:
                    body, media_type = query.encode(), "application/sparql-query"
                    return Request(kind, "/sparql", accept=TABLE, body=body, media_type=media_type)
                return Request(kind, f"/sparql?query={quote(query)}", accept=TABLE)
            case "catalogue":
                return Request(kind, chance.choice(self._queries), accept="*/*")
            case "10,000 rows":
                query = f"SELECT ?s ?p ?o{new} {{ {{ ?s ?p ?o{new} }} UNION {{ ?s ?p ?o{new} }} }} LIMIT 10000"
                return Request(kind, f"/sparql?query={quote(query)}", accept=TABLE)
            case "broken":
                query = chance.choice(["SELECT", f"ASK {{ ?s ?p {new}", "ASK { SERVICE <urn:x> { } }", "DROP ALL"])
                return Request(kind, f"/sparql?query={quote(query)}", 400, accept=TABLE)
            case "not there":
                return Request(kind, f"/codes/{new}x", 404)
        return Request(kind, f"/sparql?query={quote(PRODUCT + f' LIMIT {new}')}", 503, accept=TABLE)


def ask(server: Server, mixture: Mixture, counts: Counts, ends: float) -> None:
    """Send one request after another on a kept-alive connection until the time is over."""
    connection = HTTPConnection(HOST, server.port, timeout=60)
    for request in mixture:
        begun = perf_counter()
        if begun > ends:
            break
        headers = {"Accept": request.accept} | ({"Content-Type": request.media_type} if request.media_type else {})
        status: int | str
        try:
            connection.request("GET" if request.body is None else "POST", request.path, request.body, headers)
            response = connection.getresponse()
            response.read()
            status = response.status
        except (OSError, HTTPException) as error:
            status = type(error).__name__
            connection.close()
        counts.note(request, status, perf_counter() - begun)
    connection.close()


def memory_of(server: Server) -> tuple[float, float]:
    """The resident memory of all processes in MiB: summed, and with shared pages counted in parts."""
    weights = server.weights()
    return sum(one.resident for one in weights), sum(one.share for one in weights)


def main(arguments: list[str] | None = None) -> int:
    """Put load on a server, and tell how it fared."""
    parser = argparse.ArgumentParser(description="Mixed load on two workers for some minutes.")
    parser.add_argument("--seconds", type=float, default=300.0, help="how long (300)")
    options = parser.parse_args(arguments)
    knowledge = load()
    counts, numbers = Counts(), count(1000)
    sizes: list[tuple[float, float]] = []
    command = [sys.executable, "-m", "spinecode", "serve", "--port", PORT, "--workers", str(WORKERS)]
    with started(command, "/readyz") as server:
        mixtures = [Mixture(knowledge, seed, numbers) for seed in range(_CONNECTIONS)]
        begun = perf_counter()
        ends = begun + options.seconds
        threads = [threading.Thread(target=ask, args=(server, one, counts, ends), daemon=True) for one in mixtures]
        for thread in threads:
            thread.start()
        while perf_counter() < ends:
            sleep(_EVERY)
            sizes.append(memory_of(server))
        for thread in threads:
            thread.join(120)
        status, _ = server.ask("/healthz")
        if status != 200 or any(thread.is_alive() for thread in threads):
            counts.wrong["no answer at the end"] += 1
        taken = perf_counter() - begun
    return _report(counts, sizes, taken)


def _report(counts: Counts, sizes: list[tuple[float, float]], taken: float) -> int:
    total = counts.kinds.total()
    print(f"{total:,} requests in {taken:.0f} s on {WORKERS} workers, {_CONNECTIONS} connections:")
    print(f"{total / taken:,.0f} a second; {total / HOUR:.1f} hours' worth of {HOUR:,} each")
    print(f"\n{'kind':24}{'requests':>12}{'slowest, ms':>14}")
    for kind, number_of in counts.kinds.most_common():
        print(f"{kind:24}{number_of:>12,}{counts.slowest[kind] * 1e3:>14,.0f}")
    for what, times in counts.wrong.most_common(20):
        print(f"wrong: {what}, {times} times")
    minutes = [sizes[start : start + len(sizes) // 5] for start in range(0, len(sizes), max(1, len(sizes) // 5))][:5]
    print(f"\n{'memory of all processes, MiB':34}" + "".join(f"{f'{n}/5':>9}" for n in range(1, len(minutes) + 1)))
    found = []
    for place, name in enumerate(("resident, median", "with shared pages in parts, median")):
        found.append([statistics.median(size[place] for size in part) for part in minutes])
        print(f"{name:34}" + "".join(f"{number(value):>9}" for value in found[-1]))
    print(f"{'resident, most':34}" + "".join(f"{number(max(size[0] for size in part)):>9}" for part in minutes))
    growth = max(found[0][1:]) / found[0][0]
    wrong = counts.wrong.total()
    verdicts = [
        Verdict("no answer that is not the expected one", f"{wrong} of {total:,}", wrong == 0),
        Verdict("an hour's worth of requests", f"{total / HOUR:.1f}", total >= HOUR),
        Verdict(f"memory within {GROWTH - 1:.0%} of the first fifth", f"{growth - 1:+.1%}", growth <= GROWTH),
    ]
    print_verdicts(verdicts)
    return 0 if all(verdict.met for verdict in verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
