"""Part 3: one description validated from Turtle, against pySHACL as most people call it."""

from __future__ import annotations

import statistics
import warnings
from time import perf_counter

import pyshacl
import rdflib
from pyoxigraph import RdfFormat, serialize

from measure import Row, Section, Verdict, per_call, ratios
from samples import samples
from spinecode.files import data_folder
from spinecode.graph import parse_rdf
from spinecode.knowledge import Knowledge
from spinecode.validation import validate_rdf

TARGET = 1000.0
#: Each call of a peer takes seconds.
_PEER_ROUNDS = 3
_CALLS = 30
_PLAIN = "pySHACL, ont_graph, owlrl"
_MERGED = "pySHACL, data+ontology, owlrl"


def _shapes() -> rdflib.Graph:
    graph = rdflib.Graph()
    for file in sorted(data_folder("shapes").glob("*.ttl")):
        graph.parse(file)
    return graph


def measure(knowledge: Knowledge, rounds: int) -> Section:
    """Measure validation. The peers get shapes and ontology as graphs that are parsed beforehand."""
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    section = Section("3  One description validated, from Turtle to report", "ms a call", "peer / ours")
    stated = serialize((quad.triple for quad in knowledge.ontology.stated()), format=RdfFormat.N_TRIPLES)
    ontology = rdflib.Graph().parse(data=stated, format="nt")
    shapes = _shapes()
    turtles = [(sample.name, sample.turtle) for sample in samples(knowledge.index) if sample.turtle is not None]

    verdicts: dict[str, tuple[bool, int]] = {}

    def ours(text: bytes) -> None:
        report = validate_rdf(knowledge, parse_rdf(text, RdfFormat.TURTLE))
        found = report.conforms, len(report.results)
        if verdicts.setdefault("spinecode", found) != found:
            raise SystemExit(f"Our own answer changed from {verdicts['spinecode']} to {found}: {report.to_json()}")

    def peer(text: bytes, merged: bool) -> float:
        start = perf_counter()
        data = rdflib.Graph().parse(data=text, format="turtle")
        if merged:
            data += ontology
            answer = pyshacl.validate(data, shacl_graph=shapes, inference="owlrl")
        else:
            answer = pyshacl.validate(data, shacl_graph=shapes, ont_graph=ontology, inference="owlrl")
        taken = (perf_counter() - start) * 1000
        count = len(list(answer[1].subjects(rdflib.RDF.type, rdflib.SH.ValidationResult)))
        verdicts[_MERGED if merged else _PLAIN] = answer[0], count
        return taken

    for name, text in turtles:
        verdicts.clear()
        ours(text)  # loads the shapes
        times = [per_call(lambda: ours(text), _CALLS) * 1000 for _ in range(rounds)]  # noqa: B023
        section.rows.append(Row(name, times))

    # the peers on one description, and ours again in between
    name, text = turtles[-1]
    verdicts.clear()
    between, plain, merged = [], [], []
    for _ in range(min(rounds, _PEER_ROUNDS)):
        between.append(per_call(lambda: ours(text), _CALLS) * 1000)
        plain.append(peer(text, merged=False))
        merged.append(peer(text, merged=True))
    section.rows += [
        Row("the last, between its peers", between),
        Row(f"  {_PLAIN}", plain, ratios(plain, between)),
        Row(f"  {_MERGED}", merged, ratios(merged, between)),
    ]
    section.remarks.append(f"What each concludes of {name}:")
    for who, (conforms, count) in verdicts.items():
        said = "conforms" if conforms else "does not conform"
        section.remarks.append(f"  {who:32}{said}, {count} result{'' if count == 1 else 's'}")
    ratio = statistics.median(ratios(plain, between))
    section.verdicts.append(
        Verdict(f"3 validation: {TARGET:,.0f} times pySHACL, ont_graph, owlrl", f"{ratio:,.0f} times", ratio >= TARGET)
    )
    return section
