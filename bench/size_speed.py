"""Part 7: how the cost grows with the rows, from a thousand to ten million, and where peers are on the way."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

from measure import Plan, Row, Section, Verdict, ratios
from plots import draw
from rdf_peers import pyoxigraph_sparql, rdflib_sparql
from spinecode.coding.coder import Coder
from spinecode.knowledge import Knowledge
from tables import ByHand, made, options, seconds_in_memory, seconds_of_command, written

SIZES = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)
#: Ten times the rows take at most so many times the time; caches and pages cost something.
LINEAR = 11.0
#: For the peers in RDF, which take seconds for hundreds of descriptions.
_RDF_SIZES = {"pyoxigraph SPARQL": (10, 100, 1_000), "rdflib SPARQL": (2, 10)}
Times = dict[int, list[float]]


def measure(knowledge: Knowledge, plan: Plan) -> Section:
    """Measure how cost grows with rows."""
    sizes = SIZES[:3] if plan.quick else SIZES
    section = Section("7  Cost against the number of rows", "seconds", "ours: rate to CASE WHEN")
    by_hand = ByHand(knowledge) if find_spec("duckdb") else None
    times: dict[str, Times] = {name: {size: [] for size in sizes} for name in ("in memory", "Parquet")}
    case: Times = {size: [] for size in sizes}
    with TemporaryDirectory() as folder:
        for size in sizes:
            _measure_size(knowledge, plan, size, Path(folder), by_hand, times, case)
    for name, found in times.items():
        section.rows.append(Row(_TITLES[name], ()))
        for size in sizes:
            to_case = ratios(case[size], found[size]) if by_hand and name == "in memory" else ()
            section.rows.append(Row(f"  {size:,}", found[size], to_case))
        section.verdicts += _linear(name, found, sizes)
    if by_hand:
        section.rows.append(Row("CASE WHEN by hand for four codes, DuckDB", ()))
        section.rows += [Row(f"  {size:,}", case[size]) for size in sizes]
    rdf = _in_rdf(knowledge, plan)
    for name, found in rdf.items():
        section.rows.append(Row(name, ()))
        section.rows += [Row(f"  {size:,}", found[size]) for size in found]
    lines = {_TITLES[name]: _rates(found) for name, found in times.items()}
    if by_hand:
        lines["CASE WHEN by hand, 4 codes, DuckDB, one core"] = _rates(case)
    lines |= {name: _rates(found) for name, found in rdf.items()}
    if plan.plots:
        path = plan.plots / "throughput-by-size.svg"
        lacking = draw(path, lines, "Throughput against size", "rows", "rows a second", log_x=True)
        if lacking:
            section.remarks.append(lacking)
        else:
            section.plots.append((path.name, "Throughput against the number of rows"))
    return section


_TITLES = {
    "in memory": "in memory, one core, a new coder",
    "Parquet": "spinecode code, Parquet to Parquet, one core",
}


def _measure_size(
    knowledge: Knowledge,
    plan: Plan,
    size: int,
    folder: Path,
    by_hand: ByHand | None,
    times: Mapping[str, Times],
    case: Times,
) -> None:
    table = made(knowledge.index).table(size)
    source = written(knowledge.index, folder / "claims.parquet", size)
    connection = by_hand.in_memory(table) if by_hand else None
    for _ in range(plan.rounds):
        times["in memory"][size].append(seconds_in_memory(table, Coder(knowledge.index.rules, options())))
        times["Parquet"][size].append(seconds_of_command(source, folder / "coded.parquet", 1)[0])
        if by_hand and connection:
            case[size].append(by_hand.seconds_in_memory(connection))


def _rates(found: Mapping[int, Sequence[float]]) -> dict[int, list[float]]:
    return {size: [size / taken for taken in values] for size, values in found.items()}


def _linear(name: str, found: Times, sizes: Sequence[int]) -> list[Verdict]:
    """The most that ten times the rows cost, of all steps."""
    growth = max(statistics.median(found[more]) / statistics.median(found[less]) for less, more in pairwise(sizes))
    target = f"7 {name}: 10 x the rows, at most {LINEAR:g} x the time"
    return [Verdict(target, f"{growth:.2f} x", growth <= LINEAR)]


def _in_rdf(knowledge: Knowledge, plan: Plan) -> dict[str, Times]:
    found: dict[str, Times] = {}
    for make, name in ((pyoxigraph_sparql, "pyoxigraph SPARQL"), (rdflib_sparql, "rdflib SPARQL")):
        peer, sizes = make(knowledge), _RDF_SIZES[name][: 1 if plan.quick else None]
        texts = list(made(knowledge.index).triples(max(sizes)))
        found[name] = {size: [peer(texts[:size]) for _ in range(plan.rounds)] for size in sizes}
    return found
