"""Part 1: selection of one parsed description in process, against SPARQL and the reasoner."""

from __future__ import annotations

import statistics

import owlrl
import rdflib
from pyoxigraph import Quad, QueryTriples, RdfFormat, Store, serialize

from measure import Plan, Row, Section, Verdict, per_call, ratios
from samples import Sample, quads_of, samples
from spinecode.catalogue import catalogue
from spinecode.knowledge import Knowledge
from spinecode.selection import Selection, select
from spinecode.sparql import run
from spinecode.vocabulary import IMPLIES_CODE

TARGET = 20.0
_CALLS = 1000
_MICRO = 1e6


class SparqlReader:
    """The second reader: the queries over the closed graph, on a store that is loaded beforehand."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.store = Store()
        self.store.bulk_extend(knowledge.graph.store)
        self.close = catalogue()["close"].text
        self.select = catalogue()["select"].text

    def closed(self, quads: list[Quad]) -> list[Quad]:
        """Put a description in the store, and tell what the first query concludes from it."""
        self.store.extend(quads)
        triples = self.store.query(self.close)
        assert isinstance(triples, QueryTriples)
        return [Quad(*triple) for triple in triples]

    def codes(self, quads: list[Quad]) -> set[str]:
        """Put a description in, close it, find its codes, and take it out again."""
        added = quads + self.closed(quads)
        self.store.extend(added)
        found = {row["code"].value for row in run(self.store, self.select, {})}
        for quad in added:
            self.store.remove(quad)
        return found


def implied(knowledge: Knowledge, selection: Selection) -> set[str]:
    """Name the codes that a selection finds implied, whether or not a question is open."""
    index = knowledge.index
    return {code for outcome in selection.outcomes for code in index.codes_in(outcome.implied)}


def reasoned(knowledge: Knowledge, quads: list[Quad]) -> set[str]:
    """Find the codes of a closed description by the reasoner, from the ontology as it is written."""
    triples = [quad.triple for quad in [*knowledge.ontology.stated(), *quads]]
    graph = rdflib.Graph().parse(data=serialize(triples, format=RdfFormat.N_TRIPLES), format="nt")
    owlrl.DeductiveClosure(owlrl.OWLRL_Semantics).expand(graph)
    implies = rdflib.URIRef(IMPLIES_CODE.value)
    parts = {rdflib.URIRef(quad.subject.value) for quad in quads}  # type: ignore[union-attr]  # they are IRIs
    return {str(code).rpartition("/")[2] for part in parts for code in graph.objects(part, implies)}


def measure(knowledge: Knowledge, plan: Plan) -> Section:
    """Measure selection."""
    index, rounds = knowledge.index, plan.rounds
    section = Section("1  Selection of one parsed description, in process", "us a call", "peer / ours")
    sparql = SparqlReader(knowledge)
    worst = 0.0
    for number, sample in enumerate(samples(index)):
        quads = quads_of(index, sample)
        ours, peer = [], []
        for _ in range(rounds):
            ours.append(per_call(lambda: select(index, sample.description), _CALLS) * _MICRO)  # noqa: B023
            peer.append(per_call(lambda: sparql.codes(quads), 2) * _MICRO)  # noqa: B023
        section.rows += [Row(sample.name, ours), Row("  SPARQL, close.rq + select.rq", peer, ratios(peer, ours))]
        worst = max(worst, statistics.median(ours))
        if number == 0 and plan.slow_rounds:  # it takes minutes, and the tests compare it with the others on far more
            section.rows.append(_by_reasoner(knowledge, sparql, sample, statistics.median(ours)))
    section.remarks.append("SPARQL: pyoxigraph, the closed ontology loaded. owlrl: ontology + closed")
    section.remarks.append("description, 1 run. All readers gave the same codes.")
    section.verdicts.append(
        Verdict(f"1 selection in process: at most {TARGET:.0f} us, worst example", f"{worst:.1f} us", worst <= TARGET)
    )
    return section


def _by_reasoner(knowledge: Knowledge, sparql: SparqlReader, sample: Sample, ours: float) -> Row:
    """Time the reasoner, once; and check that the three readers agree."""
    quads = quads_of(knowledge.index, sample)
    closed = sparql.closed(quads)
    for quad in quads:
        sparql.store.remove(quad)
    found: set[str] = set()

    def reason() -> None:
        found.update(reasoned(knowledge, closed))

    taken = per_call(reason, 1) * _MICRO
    answers = [implied(knowledge, select(knowledge.index, sample.description)), sparql.codes(quads)]
    if sample.description.date is not None:
        # the reasoner knows no dates
        valid = {
            d.code
            for d, (first, last) in zip(knowledge.index.definitions, knowledge.index.spans, strict=True)
            if first <= sample.description.date <= last
        }
        found &= valid
    if any(answer != found for answer in answers):
        raise SystemExit(f"The readers disagree on {sample.name}: {answers} and {found}.")
    return Row("  reasoner, owlrl", [taken], [taken / ours])
