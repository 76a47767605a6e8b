"""Part 5: the SPARQL endpoint against rdflib-endpoint and Oxigraph's own server, and the selection of codes by SPARQL.

All serve the same statements: our default graph, with one closed description. Each query is asked as ever new text
(uncached) and as the same text (repeated).
"""

from __future__ import annotations

import json
import re
import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

from pyoxigraph import DefaultGraph, Quad, RdfFormat, serialize

from load import NUMBER
from measure import Row, Section, Verdict, per_call, ratios
from samples import quads_of, samples
from select_speed import SparqlReader
from servers import HOST, PORT, Server, started
from spinecode.catalogue import catalogue
from spinecode.dataset import Dataset
from spinecode.knowledge import Knowledge
from spinecode.sparql import run

SELECTION = 2.0
OURS = ("ours, 1 worker", "ours, 2 workers")
FLASK_PEER, RUST_PEER = "rdflib-endpoint", "Oxigraph's server"
_MISSABLE = (FLASK_PEER, RUST_PEER)
#: Least ratios to each peer: uncached, repeated.
TARGETS = {FLASK_PEER: (4.0, 4.0), RUST_PEER: (0.3, 1.0)}
ROWS = 10_000
_RESULTS = "application/sparql-results+json"
_CONNECTIONS = 4
_SECONDS = 0.6
_MOST = 1_000_000


@dataclass(slots=True)
class Figures:
    """What was measured, by round: requests a second, and the time that all but one in a hundred take, in ms."""

    rates: list[float] = field(default_factory=list)
    slow: list[float] = field(default_factory=list)


def _command(name: str) -> str | None:
    """Find a command beside this Python or on the path."""
    beside = Path(sys.executable).with_name(name)
    return str(beside) if beside.exists() else shutil.which(name)


def _bare(text: str) -> str:
    """A query without its comments and indentation, as programs send it."""
    return " ".join(re.sub(r"(?m)^\s*#.*$", "", text).split())


def queries(knowledge: Knowledge) -> dict[str, tuple[str, str]]:
    """The queries by name: the text that is repeated, and the text with a number."""
    index = knowledge.index
    one, other = (repr(code).replace("'", '"') for code in _near_codes(knowledge))
    differ = _bare(catalogue()["differences"].text).replace("?one", one).replace("?other", other)
    # the description has its date; with the clock in it, a query has no one answer to keep
    select = _bare(catalogue()["select"].text).replace(", xsd:date(SUBSTR(STR(NOW()), 1, 10))", "")
    concept = next(code.iri for code in index.codes.values())
    lookup = f"SELECT ?p ?o WHERE {{ <{concept}> ?p ?o }}"
    rows = f"SELECT ?s ?p ?o WHERE {{ {{ ?s ?p ?o }} UNION {{ ?s ?p ?o }} }} LIMIT {ROWS}"
    return {
        "lookup": (lookup, f"{lookup} LIMIT 1{NUMBER}"),
        "select-code": (select, f"{select} LIMIT 1{NUMBER}"),
        "differ": (differ, f"{differ} LIMIT 1{NUMBER}"),
        "10,000 rows": (rows, rows.replace("?o", f"?o{NUMBER}")),
    }


def _near_codes(knowledge: Knowledge) -> tuple[str, str]:
    """The codes that the catalogue compares as its example."""
    given = {one.name: one.example for one in catalogue()["differences"].parameters}
    return str(given["one"]), str(given["other"])


@contextmanager
def peers(knowledge: Knowledge, closed: list[Quad]) -> Iterator[dict[str, Server]]:
    """All servers, with the same statements."""
    with TemporaryDirectory() as folder, ExitStack() as stack:
        own, every = Path(folder, "description.nt"), Path(folder, "every.nt")
        own.write_bytes(serialize((quad.triple for quad in closed), format=RdfFormat.N_TRIPLES) or b"")
        told = Dataset(knowledge).store.dump(format=RdfFormat.N_TRIPLES, from_graph=DefaultGraph())
        every.write_bytes((told or b"") + own.read_bytes())
        store = str(Path(folder, "store"))
        serve = [sys.executable, "-m", "spinecode", "serve", "--port", PORT, "--data", str(own), "--workers"]
        ask = f"?query={quote('ASK {}')}"
        found = {
            OURS[0]: stack.enter_context(started([*serve, "1"], "/readyz")),
            OURS[1]: stack.enter_context(started([*serve, "2"], "/readyz")),
        }
        if (flask := _command("rdflib-endpoint")) is not None:
            command = [flask, "serve", "--host", HOST, "--port", PORT, str(every)]
            found[FLASK_PEER] = stack.enter_context(started(command, f"/{ask}"))
        if (oxigraph := _command("oxigraph")) is not None:
            loading = [oxigraph, "load", "--location", store, "--file", str(every)]
            subprocess.run(loading, check=True, capture_output=True)
            command = [oxigraph, "serve-read-only", "--location", store, "--bind", f"{HOST}:{PORT}"]
            found[RUST_PEER] = stack.enter_context(started(command, f"/query{ask}"))
        yield found


_ROUTES = {FLASK_PEER: "/", RUST_PEER: "/query"}


def _drive(name: str, server: Server, query: str, figures: Figures, first: int) -> None:
    """Let the load generator ask a query for a while."""
    # the number is put in after the query was quoted
    path = f"{_ROUTES.get(name, '/sparql')}?query={quote(query, safe='{}').replace('{', '%7B').replace('}', '%7D')}"
    path = path.replace("%7Bn%7D", NUMBER)
    task = {
        "host": HOST,
        "port": server.port,
        "paths": [path],
        "connections": _CONNECTIONS,
        "seconds": _SECONDS,
        "count": _MOST,
        "accept": _RESULTS,
        "first": first,
    }
    command = [sys.executable, str(Path(__file__).with_name("load.py"))]
    done = subprocess.run(command, input=json.dumps(task), capture_output=True, text=True, check=True, timeout=600)
    found = json.loads(done.stdout)
    if set(found["statuses"]) != {"200"}:
        raise SystemExit(f"{name} did not answer every request with 200: {found['statuses']}.")
    figures.rates.append(found["requests"] / found["seconds"])
    figures.slow.append(found["p99"] * 1e3)


def _same_answers(servers: Mapping[str, Server], asked: Mapping[str, tuple[str, str]]) -> None:
    """Check that all servers give as many rows."""
    for query, (text, _) in asked.items():
        found = {}
        for name, server in servers.items():
            status, content = server.ask(f"{_ROUTES.get(name, '/sparql')}?query={quote(text)}")
            found[name] = len(json.loads(content)["results"]["bindings"]) if status == 200 else status
        if len(set(found.values())) != 1 or 0 in found.values():
            raise SystemExit(f"The servers do not agree on {query}: {found}.")


def _select_alone(knowledge: Knowledge, rounds: int, section: Section) -> None:
    """Time select.rq in process on each closed description."""
    reader = SparqlReader(knowledge)
    worst = 0.0
    for sample in samples(knowledge.index):
        quads = quads_of(knowledge.index, sample)
        added = quads + reader.closed(quads)
        reader.store.extend(added)
        times = [per_call(lambda: list(run(reader.store, reader.select, {})), 20) * 1e3 for _ in range(rounds)]
        worst = max(worst, statistics.median(times))
        section.rows.append(Row(f"select.rq: {sample.name:.21}", times))
        for quad in added:
            reader.store.remove(quad)
    section.remarks.append("select.rq: pyoxigraph in process, over the closure, in ms a call.")
    section.verdicts.append(
        Verdict(f"5 selection by SPARQL: at most {SELECTION:.0f} ms, worst", f"{worst:.2f} ms", worst <= SELECTION)
    )


def measure(knowledge: Knowledge, rounds: int) -> Section:
    """Measure the endpoint."""
    section = Section("5  SPARQL endpoint: GET, JSON results", "requests a second", "ours / peer")
    reader = SparqlReader(knowledge)
    sample = next(one for one in samples(knowledge.index) if one.description.facts.get("level"))
    quads = quads_of(knowledge.index, sample)
    closed = quads + reader.closed(quads)
    asked = queries(knowledge)
    slow: list[str] = []
    with peers(knowledge, closed) as servers:
        names = list(servers)
        _same_answers(servers, asked)
        for name, server in servers.items():
            # each worker and thread has what it makes when it is asked first
            _drive(name, server, asked["lookup"][1], Figures(), _MOST * rounds)
        for query, texts in asked.items():
            for way, text in zip(("repeated", "uncached"), texts, strict=True):
                figures = {name: Figures() for name in servers}
                for turn in range(rounds):
                    for name, server in servers.items():
                        _drive(name, server, text, figures[name], turn * _MOST)
                section.rows += _rows(f"{query}, {way}", figures)
                slow.append(f"  {query + ', ' + way:24}" + _p99(figures))
                section.verdicts += _verdicts(query, way, figures)
    section.remarks.append("the time that all but one request in a hundred take, ms (median of rounds):")
    section.remarks.append(f"  {'':24}" + "".join(f"{name.split(chr(39))[0]:>13.12}" for name in names))
    section.remarks += slow
    section.remarks.append(
        f"{FLASK_PEER} {_version('rdflib-endpoint')} on uvicorn, 1 worker; Oxigraph {_version('oxigraph')},"
    )
    section.remarks.append("a thread a core, no time limit. Neither keeps answers, sends ETags or compresses;")
    section.remarks.append(f"{FLASK_PEER} has no limit of time, rows or memory.")
    section.remarks += [
        f"{peer} is not installed: pip install -e '.[bench]'" for peer in _MISSABLE if peer not in names
    ]
    section.remarks.append(f"load: {_CONNECTIONS} kept-alive connections; ratios beside a peer: ours, 1 and 2 workers")
    _select_alone(knowledge, rounds, section)
    return section


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "(of an unknown version)"


def _p99(figures: Mapping[str, Figures]) -> str:
    return "".join(f"{statistics.median(figures[name].slow):>13,.1f}" for name in figures)


def _rows(title: str, figures: Mapping[str, Figures]) -> list[Row]:
    found = [Row(title, ())]
    found += [Row(f"  {name}", figures[name].rates) for name in OURS]
    for peer in (name for name in _MISSABLE if name in figures):
        for number, name in enumerate(OURS, 1):
            told = figures[peer].rates
            label = f"  {peer}" if number == 1 else "    (2 workers)"
            found.append(Row(label, told if number == 1 else (), ratios(figures[name].rates, told)))
    return found


def _verdicts(query: str, way: str, figures: Mapping[str, Figures]) -> list[Verdict]:
    found = []
    for peer, targets in TARGETS.items():
        if peer not in figures:
            continue
        least = targets[way == "repeated"]
        for number, name in enumerate(OURS, 1):
            ratio = statistics.median(ratios(figures[name].rates, figures[peer].rates))
            target = f"5 {query}, {way}, {number} w.: {least:g} x {peer.split(chr(39))[0]}"
            found.append(Verdict(target, f"{ratio:.2f} x", ratio >= least))
    return found
