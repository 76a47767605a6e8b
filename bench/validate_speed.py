"""Part 3: one description validated from Turtle, against pySHACL as most people call it."""

from __future__ import annotations

import statistics
import warnings

from pyoxigraph import NamedNode, Quad, RdfFormat, serialize

from measure import Plan, Row, Section, Verdict, per_call
from rdf_peers import pyshacl_plain
from samples import quads_of, samples
from spinecode import vocabulary as v
from spinecode.documents import parse_submitted
from spinecode.fast_shacl import FastEngine, engine_for
from spinecode.graph import parse_rdf
from spinecode.knowledge import Knowledge
from spinecode.origins import placed
from spinecode.shacl import Engine, Runs
from spinecode.validation import validate_rdf

TARGET = 1000.0
#: Milliseconds for one description, from Turtle to a report with places.
_BY_PYSHACL = 5.0
_BY_THE_FAST_ENGINE = 0.5
_CALLS = 30
#: What a description uses.
_PREFIXES = {name: v.PREFIXES[name] for name in ("spine", "xsd")} | {"cpt": f"{v.SPINE}cpt/"}
_PLAIN = "pySHACL, ont_graph, owlrl"


def _engines(knowledge: Knowledge) -> dict[str, tuple[Runs, float]]:
    """Each engine that is installed, with its target."""
    found: dict[str, tuple[Runs, float]] = {"pySHACL": (Engine(knowledge), _BY_PYSHACL)}
    if isinstance(fast := engine_for(knowledge), FastEngine):
        found["the fast engine"] = fast, _BY_THE_FAST_ENGINE
    return found


def _turtles(knowledge: Knowledge) -> list[tuple[str, bytes]]:
    """The example files that are Turtle, and as Turtle those of the others that report a code."""
    index = knowledge.index
    found = []
    for sample in samples(index):
        codes = [NamedNode(index.codes[code].iri) for code in sample.description.reported]
        if sample.turtle is not None:
            found.append((sample.name, sample.turtle))
        elif codes:
            quads = quads_of(index, sample) + [Quad(sample.node, v.REPORTED_CODE, code) for code in codes]
            text = serialize((quad.triple for quad in quads), format=RdfFormat.TURTLE, prefixes=_PREFIXES)
            assert text is not None
            found.append((sample.name, text))
    return found


def _measure_engines(knowledge: Knowledge, rounds: int, section: Section) -> None:
    """Measure the whole way of one description by each engine."""

    def whole(text: bytes, engine: Runs) -> None:
        quads = parse_submitted(knowledge.index, text, RdfFormat.TURTLE)
        placed(validate_rdf(knowledge, quads, engine), knowledge.index, text, RdfFormat.TURTLE, quads)

    for who, (engine, target) in _engines(knowledge).items():
        section.rows.append(Row(f"by {who}, with places:", ()))
        slowest = 0.0
        for name, text in _turtles(knowledge):
            whole(text, engine)
            times = [per_call(lambda: whole(text, engine), _CALLS) * 1000 for _ in range(rounds)]  # noqa: B023
            section.rows.append(Row(f"  {name}", times))
            slowest = max(slowest, statistics.median(times))
        section.verdicts.append(
            Verdict(f"3 one description by {who}: {target:g} ms", f"{slowest:.2f} ms, slowest", slowest <= target)
        )


def measure(knowledge: Knowledge, plan: Plan) -> Section:
    """Measure validation. The peer gets shapes and ontology as graphs that are parsed beforehand."""
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    rounds = plan.rounds
    section = Section("3  One description validated, from Turtle to report", "ms a call", "peer / ours")
    turtles = [(sample.name, sample.turtle) for sample in samples(knowledge.index) if sample.turtle is not None]

    verdicts: dict[str, tuple[bool, int]] = {}

    def ours(text: bytes) -> None:
        report = validate_rdf(knowledge, parse_rdf(text, RdfFormat.TURTLE))
        found = report.conforms, len(report.results)
        if verdicts.setdefault("spinecode", found) != found:
            raise SystemExit(f"Our own answer changed from {verdicts['spinecode']} to {found}: {report.to_json()}")

    for name, text in turtles:
        verdicts.clear()
        ours(text)  # loads the shapes
        times = [per_call(lambda: ours(text), _CALLS) * 1000 for _ in range(rounds)]  # noqa: B023
        section.rows.append(Row(name, times))

    _measure_engines(knowledge, rounds, section)
    if not plan.slow_rounds:
        section.remarks.append("pySHACL as most people call it was left out: a call takes minutes.")
        return section

    # the peer on one description, and ours again beside it
    name, text = turtles[-1]
    verdicts.clear()
    between = []
    for _ in range(rounds):
        ours(text)
        between.append(per_call(lambda: ours(text), _CALLS) * 1000)
    seconds, conforms, count = pyshacl_plain(knowledge, plan.slow_rounds)
    verdicts[_PLAIN] = conforms, count
    plain = [taken * 1000 for taken in seconds]
    to_ours = [taken / statistics.median(between) for taken in plain]
    section.rows += [Row("the last, beside its peer", between), Row(f"  {_PLAIN}", plain, to_ours)]
    section.remarks.append(f"What each concludes of {name}:")
    for who, (conforms, count) in verdicts.items():
        said = "conforms" if conforms else "does not conform"
        section.remarks.append(f"  {who:32}{said}, {count} result{'' if count == 1 else 's'}")
    ratio = statistics.median(to_ours)
    section.verdicts.append(
        Verdict(f"3 validation: {TARGET:,.0f} times pySHACL, ont_graph, owlrl", f"{ratio:,.0f} times", ratio >= TARGET)
    )
    return section
