"""Part 2: a served ``/select`` against the empty route of the same app, in requests per second."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from measure import Row, Section, Verdict, ratios
from samples import address, samples, variations
from servers import HOST, SPINECODE, Server, running
from spinecode.knowledge import Knowledge

TARGET = 0.8
EMPTY = "/healthz"
_CONNECTIONS = 8
_SECONDS = 1.0
_DISTINCT = 400
_MOST = 100_000


@dataclass(slots=True)
class Rates:
    """Requests a second by round, and the server's processor time a request in microseconds."""

    rates: list[float] = field(default_factory=list)
    costs: list[float] = field(default_factory=list)
    busy: list[float] = field(default_factory=list)


def _drive(server: Server, rates: Rates, paths: list[str], once: bool = False) -> None:
    """Let the load generator ask for paths, each once or again and again for a second."""
    task = {
        "host": HOST,
        "port": server.port,
        "paths": paths,
        "connections": _CONNECTIONS,
        "seconds": 30.0 if once else _SECONDS,
        "count": len(paths) if once else _MOST,
    }
    before = server.cpu()
    command = [sys.executable, str(Path(__file__).with_name("load.py"))]
    done = subprocess.run(command, input=json.dumps(task), capture_output=True, text=True, check=True, timeout=120)
    found = json.loads(done.stdout)
    if set(found["statuses"]) != {"200"}:
        raise SystemExit(f"Not every request was answered with 200: {found['statuses']}.")
    rates.rates.append(found["requests"] / found["seconds"])
    rates.costs.append((server.cpu() - before) / found["requests"] * 1e6)
    rates.busy.append(found["busy"])


def measure(knowledge: Knowledge, rounds: int) -> Section:
    """Measure the server."""
    index = knowledge.index
    section = Section("2  Served: GET, JSON, one worker", "requests a second", "to the empty route")
    same = [address(index, sample.description) for sample in samples(index)][:1]
    fresh = {undetermined: variations(index, undetermined) for undetermined in (False, True)}
    empty, repeated = Rates(), Rates()
    first = {False: Rates(), True: Rates()}
    again = {False: Rates(), True: Rates()}
    with running(SPINECODE) as server:
        for warming in (EMPTY, *same):
            _drive(server, Rates(), [warming])
        for _ in range(rounds):
            _drive(server, empty, [EMPTY])
            _drive(server, repeated, same)
            for undetermined, pool in fresh.items():
                paths = list(islice(pool, _DISTINCT))
                _drive(server, first[undetermined], paths, once=True)
                _drive(server, again[undetermined], paths)
    measured = {
        "the same /select, repeated": repeated,
        "distinct, coded, first seen": first[False],
        "distinct, coded, repeated": again[False],
        "distinct, open, first seen": first[True],
        "distinct, open, repeated": again[True],
    }
    section.rows.append(Row(f"{EMPTY}, the empty route", empty.rates))
    section.rows += [Row(name, found.rates, ratios(found.rates, empty.rates)) for name, found in measured.items()]
    section.remarks.append("server processor time, us a request (median):")
    for name, found in {EMPTY: empty, **measured}.items():
        section.remarks.append(f"  {name:30}{statistics.median(found.costs):8,.0f}")
    section.remarks.append(f"load: bench/load.py, {_CONNECTIONS} kept-alive connections, a process of its own,")
    section.remarks.append(
        f"busy {max(empty.busy + repeated.busy):.0%} of a core at most; {_DISTINCT} distinct requests a round"
    )
    for name, found in measured.items():
        ratio = statistics.median(ratios(found.rates, empty.rates))
        section.verdicts.append(Verdict(f"2 {name}: {TARGET:.0%} of {EMPTY}", f"{ratio:.0%}", ratio >= TARGET))
    return section
