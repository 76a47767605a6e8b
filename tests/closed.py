"""Descriptions in the forms that the three readers of the rules take."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache

import rdflib
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Store, Triple, parse, serialize

from spinecode import vocabulary as v
from spinecode.bridge import rdflib_graph
from spinecode.catalogue import catalogue
from spinecode.closing import annotation_properties, share_restrictions
from spinecode.description import Description
from spinecode.index import RuleIndex
from spinecode.knowledge import Knowledge
from spinecode.quick_rl import expand
from spinecode.sparql import run

Facts = Mapping[str, tuple[int, ...]]


def triples_of(index: RuleIndex, facts: Facts, node: NamedNode) -> list[Triple]:
    """Facts, closed or not, as statements about a node."""
    found = [Triple(node, v.TYPE, v.INJECTION)]
    for axis, numbers in facts.items():
        prop = NamedNode(index.axes[axis].property)
        found += [Triple(node, prop, NamedNode(index.values[number].iri)) for number in numbers]
    return found


def description_triples(index: RuleIndex, description: Description, node: NamedNode) -> list[Triple]:
    """A description as it would be submitted."""
    found = triples_of(index, description.facts, node)
    if description.date is not None:
        found.append(Triple(node, v.DATE_OF_SERVICE, Literal(description.date, datatype=v.term("xsd:date"))))
    return found


def store_with(knowledge: Knowledge, triples: Iterable[Triple]) -> Store:
    """The closed ontology together with some statements."""
    store = Store()
    store.bulk_extend(knowledge.graph.store)
    store.bulk_extend(Quad(*triple) for triple in triples)
    return store


def sparql_codes(store: Store, day: str) -> dict[str, dict[str, int]]:
    """The codes and units that select.rq finds, by node."""
    found: dict[str, dict[str, int]] = {}
    bindings = {"today": Literal(day, datatype=v.term("xsd:date"))}
    for row in run(store, catalogue()["select"].text, bindings):
        found.setdefault(row["description"].value, {})[row["code"].value] = int(row["units"].value)
    return found


@cache
def logic(knowledge: Knowledge) -> bytes:
    """The ontology as N-Triples without annotations, which say nothing to a reasoner."""
    triples = share_restrictions(quad.triple for quad in knowledge.ontology.stated())
    silent = annotation_properties(triples)
    return serialize((t for t in triples if t.predicate.value not in silent), format=RdfFormat.N_TRIPLES) or b""


@cache
def axioms(knowledge: Knowledge) -> bytes:
    """The logic of the ontology without its constraints, so that a contradictory description still gets its codes.

    With them, a reasoner concludes from one contradictory description that, say, two spaces are the same, and that
    spoils every other description in the graph.
    """
    triples = [quad.triple for quad in parse(logic(knowledge), format=RdfFormat.N_TRIPLES)]
    constraints = {triple.subject for triple in triples if triple.predicate == v.ALL_VALUES}
    return serialize((t for t in triples if t.object not in constraints), format=RdfFormat.N_TRIPLES) or b""


def closed_by_owlrl(ontology: bytes, triples: Iterable[Triple]) -> rdflib.Graph:
    """What owlrl concludes of an ontology (N-Triples) and statements; `test_closing` holds this run against its own."""
    stated = [quad.triple for quad in parse(ontology, format=RdfFormat.N_TRIPLES)]
    graph = rdflib_graph([*stated, *triples], "SimpleMemory")
    expand(graph)
    return graph
