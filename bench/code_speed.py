"""Part 6: tables coded, in memory, from Parquet to Parquet and from N-Triples, against what one would use instead."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa

from measure import Plan, Row, Section, Verdict, number, ratios
from rdf_peers import IN_MEMORY, PEERS, Peer, pyshacl_plain
from spinecode.coding.coder import Coder, code_table
from spinecode.coding.rdf import RdfSource
from spinecode.knowledge import Knowledge
from tables import DISTINCT, ByHand, cores, made, options, seconds_in_memory, seconds_of_command, written

#: Least rates, in rows a second, the least ratio to a peer in RDF, and the most to the CASE WHEN in DuckDB.
FROM_MEMORY, FROM_PARQUET, FROM_RDF, AHEAD, BEHIND = 5e6, 1e6, 5e4, 20.0, 2.0


def measure(knowledge: Knowledge, plan: Plan) -> Section:
    """Measure the coding of tables."""
    section = Section("6  Tables coded", "rows a second", "ours / peer")
    with TemporaryDirectory() as folder:
        by_hand = ByHand(knowledge) if find_spec("duckdb") else None
        if by_hand is None:
            section.remarks.append("DuckDB is not installed: nothing by hand was measured (pip install duckdb).")
        _in_memory(knowledge, plan, section, by_hand)
        _from_parquet(knowledge, plan, section, by_hand, Path(folder))
        _from_rdf(knowledge, plan, section, Path(folder))
    return section


def _in_memory(knowledge: Knowledge, plan: Plan, section: Section, by_hand: ByHand | None) -> None:
    rows = 50_000 if plan.quick else 1_000_000
    alike = made(knowledge.index).table(rows)
    drawing = made(knowledge.index, distinct=0)
    anew, others = drawing.table(rows), drawing.table(rows)
    used = _used(knowledge, alike)
    tables: dict[str, tuple[pa.Table, Callable[[], Coder]]] = {
        f"{DISTINCT:,} different rows, coder used": (alike, lambda: used),
        f"{DISTINCT:,} different rows, new coder": (alike, lambda: Coder(knowledge.index.rules, options())),
        "each row drawn anew, new coder": (anew, lambda: Coder(knowledge.index.rules, options())),
        "each row drawn anew, coder used to others": (anew, lambda: _used(knowledge, others)),
    }
    ours: dict[str, list[float]] = {name: [] for name in tables}
    case: list[float] = []
    merge: list[float] = []
    connection = by_hand.in_memory(alike) if by_hand else None
    frame = combinations = None
    if by_hand and find_spec("pandas"):
        frame = alike.cast(made(knowledge.index).plain_schema).to_pandas()
        combinations = by_hand.merged()
    for _ in range(plan.rounds):
        for name, (table, coder) in tables.items():
            ours[name].append(rows / seconds_in_memory(table, coder()))
        if by_hand and connection:
            case.append(rows / by_hand.seconds_in_memory(connection))
            if frame is not None:
                merge.append(rows / by_hand.seconds_of_merge(frame, combinations))
    section.rows.append(Row(f"in memory, one core, {rows:,} rows", ()))
    section.rows += [Row(f"  {name}", values) for name, values in ours.items()]
    for peer, rates in (("CASE WHEN by hand, DuckDB", case), ("merge by hand, pandas", merge)):
        if rates:
            first = True
            for name, values in ours.items():
                section.rows.append(
                    Row(f"  {peer}" if first else f"    to {name}", rates if first else (), ratios(values, rates))
                )
                first = False
    best = statistics.median(next(iter(ours.values())))
    section.verdicts.append(
        Verdict(f"6 in memory, one core: {FROM_MEMORY:,.0f} rows/s", f"{number(best)} rows/s", best >= FROM_MEMORY)
    )
    if case:
        slower = statistics.median(ratios(case, next(iter(ours.values()))))
        section.verdicts.append(
            Verdict(f"6 at most {BEHIND:g} x the time of CASE WHEN, 4 codes", f"{slower:.2f} x", slower <= BEHIND)
        )
    if by_hand and connection:
        section.remarks += _agreement(by_hand.codes(connection), code_table(alike, None, used))


def _used(knowledge: Knowledge, table: pa.Table) -> Coder:
    """A coder that has coded a table."""
    coder = Coder(knowledge.index.rules, options())
    code_table(table, None, coder)
    return coder


def _agreement(by_hand: pa.Table, coded: pa.Table) -> list[str]:
    """How often the CASE by hand says what the ontology says of its four codes."""
    guessed = by_hand["found"].to_pylist()
    found = coded.sort_by("claim")["codes"].cast(pa.string()).to_pylist()
    four = set(guessed) - {None}
    right = sum(one == other for one, other in zip(guessed, found, strict=True) if one)
    there = sum(one in four for one in found)
    return [
        f"By hand: {len(four)} codes, no labels, levels, contradictions, units or questions. It gives",
        f"{len(guessed) - guessed.count(None):,} rows a code, {right:,} of them as the rules do, which find {there:,}.",
    ]


def _from_parquet(knowledge: Knowledge, plan: Plan, section: Section, by_hand: ByHand | None, folder: Path) -> None:
    rows = 100_000 if plan.quick else 5_000_000
    source = written(knowledge.index, folder / "claims.parquet", rows)
    counts = [count for count in (1, 2) if count <= len(cores())]
    ours: dict[int, list[float]] = {count: [] for count in counts}
    case: dict[int, list[float]] = {count: [] for count in counts}
    for _ in range(plan.rounds):
        for count in counts:
            ours[count].append(rows / seconds_of_command(source, folder / "coded.parquet", count)[0])
            if by_hand:
                case[count].append(rows / by_hand.seconds_of_files(source, folder / "by_hand.parquet", count))
    section.rows.append(Row(f"Parquet to Parquet, {rows:,} rows", ()))
    for count in counts:
        cored = "1 core" if count == 1 else f"{count} cores"
        section.rows.append(Row(f"  spinecode code, {cored}", ours[count]))
        if case[count]:
            section.rows.append(Row(f"  CASE WHEN, DuckDB, {cored}", case[count], ratios(ours[count], case[count])))
    section.remarks.append("Parquet to Parquet: ours with the start of the program, DuckDB without.")
    best = statistics.median(ours[counts[-1]])
    target = f"6 Parquet to Parquet, {counts[-1]} cores: {FROM_PARQUET:,.0f} rows/s"
    section.verdicts.append(Verdict(target, f"{number(best)} rows/s", best >= FROM_PARQUET))


def _from_rdf(knowledge: Knowledge, plan: Plan, section: Section, folder: Path) -> None:
    rows = 5_000 if plan.quick else 1_000_000
    claims = made(knowledge.index)
    texts = list(claims.triples(rows))
    source = folder / "claims.nt"
    with source.open("w", encoding="utf-8") as file:
        file.writelines(texts)
    peers = _ready(knowledge, plan, section, PEERS, texts)
    ours: dict[int, list[float]] = {count: [] for count in (1, 2) if count <= len(cores())}
    rates: dict[str, list[float]] = {name: [] for name in peers}
    for _ in range(plan.rounds):
        for count, found in ours.items():
            found.append(rows / seconds_of_command(source, folder / "coded.parquet", count)[0])
        for name, (peer, given) in peers.items():
            rates[name].append(len(given) / peer(given))
    plain = "pySHACL, owlrl"
    if plan.slow_rounds:
        rates[plain] = [1 / taken for taken in pyshacl_plain(knowledge, plan.slow_rounds)[0]]
    else:
        section.remarks.append("pySHACL as most people call it was left out: a call takes minutes.")
    given_to = {plain: 1, **{name: len(given) for name, (_, given) in peers.items()}}
    section.rows.append(Row("descriptions in N-Triples", ()))
    for count, found in ours.items():
        section.rows.append(Row(f"  spinecode code, {count} core{'s' * (count > 1)}, {rows:,}", found))
    to_peer = _against(section, ours[1], rates, given_to)
    section.remarks += [
        "N-Triples: the peers are given the first descriptions, as many as the number says, and their rate is",
        "taken to hold for all. SPARQL: close.rq and select.rq. SHACL engines say whether a description is right,",
        "not which code it has. What a peer loads beforehand does not count; our start does.",
    ]
    best = statistics.median(ours[1])
    section.verdicts.append(
        Verdict(f"6 from N-Triples: {FROM_RDF:,.0f} descriptions/s", f"{number(best)}/s", best >= FROM_RDF)
    )
    _judge(section, to_peer)
    _against_engines_in_memory(knowledge, plan, section, source)


def _against_engines_in_memory(knowledge: Knowledge, plan: Plan, section: Section, source: Path) -> None:
    """Descriptions that are a table in memory, each drawn anew, beside SHACL engines that hold them as triples."""
    rows = 5_000 if plan.quick else 200_000
    claims = made(knowledge.index, distinct=0)
    texts = list(claims.triples(rows))
    source.write_text("".join(texts), encoding="utf-8")
    read = RdfSource(source, knowledge.index, options())
    table = pa.Table.from_batches([piece.batch for piece in read.pieces()])
    others = claims.table(rows if plan.quick else 1_000_000)
    peers = _ready(knowledge, plan, section, IN_MEMORY, texts)
    ours: list[float] = []
    rates: dict[str, list[float]] = {name: [] for name in peers}
    for _ in range(plan.rounds):
        ours.append(len(table) / seconds_in_memory(table, _used(knowledge, others)))
        for name, (peer, given) in peers.items():
            rates[name].append(len(given) / peer(given))
    section.rows += [
        Row("the same in memory, each drawn anew", ()),
        Row(f"  a table, coder used to others, 1 core, {rows:,}", ours),
    ]
    _judge(section, _against(section, ours, rates, {name: len(given) for name, (_, given) in peers.items()}))


def _ready(
    knowledge: Knowledge,
    plan: Plan,
    section: Section,
    makers: Mapping[str, tuple[Callable[[Knowledge], Peer], int]],
    texts: Sequence[str],
) -> dict[str, tuple[Peer, Sequence[str]]]:
    """The peers that are installed, each with the descriptions that it is given."""
    peers: dict[str, tuple[Peer, Sequence[str]]] = {}
    for name, (make, count) in makers.items():
        try:
            peers[name] = make(knowledge), texts[: max(2, count // 10 if plan.quick else count)]
        except ImportError as error:
            section.remarks.append(f"{name} was not measured: {error.name} is not installed.")
    return peers


def _against(
    section: Section, ours: Sequence[float], rates: Mapping[str, Sequence[float]], given_to: Mapping[str, int]
) -> dict[str, list[float]]:
    """Write a row a peer; gives the ratios."""
    found = {}
    for name, theirs in rates.items():
        own = ours if len(theirs) == len(ours) else [statistics.median(ours)] * len(theirs)
        found[name] = ratios(own, theirs)
        section.rows.append(Row(f"  {name}, {given_to[name]:,}", theirs, found[name]))
    return found


def _judge(section: Section, to_peer: Mapping[str, Sequence[float]]) -> None:
    for name, found in to_peer.items():
        ratio = statistics.median(found)
        section.verdicts.append(Verdict(f"6 {AHEAD:g} x {name}", f"{number(ratio)} x", ratio >= AHEAD))
