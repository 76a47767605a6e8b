"""The closure: what our quick run of owlrl's rules concludes is what owlrl concludes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import owlrl
import rdflib
from hypothesis import given, settings
from hypothesis import strategies as st
from rdflib.namespace import OWL, RDF, RDFS

from spinecode.bridge import rdflib_graph
from spinecode.closing import annotation_properties, share_restrictions
from spinecode.knowledge import Knowledge
from spinecode.quick_rl import expand

ERROR = rdflib.URIRef("http://www.daml.org/2002/03/agents/agent-ont#error")

Statement = tuple[Any, Any, Any]


def told(graph: rdflib.Graph) -> tuple[set[Statement], set[str]]:
    """What a closed graph says, but that each thing is itself, and the contradictions that were met."""
    errors = set(graph.subjects(ERROR, None))
    statements = {
        (subject, predicate, value)
        for subject, predicate, value in graph
        if subject not in errors and not isinstance(predicate, rdflib.BNode)
        if not (subject == value and predicate == OWL.sameAs)
    }
    return statements, {str(text) for text in graph.objects(None, ERROR)}


def assert_closed_alike(statements: Iterable[Statement]) -> None:
    theirs, ours = rdflib.Graph(), rdflib.Graph("SimpleMemory")
    for statement in statements:
        theirs.add(statement)
        ours.add(statement)
    owlrl.DeductiveClosure(owlrl.OWLRL_Semantics).expand(theirs)
    expand(ours)
    assert told(ours) == told(theirs)


def test_our_ontology_is_closed_as_owlrl_closes_it(knowledge: Knowledge) -> None:
    triples = share_restrictions(quad.triple for quad in knowledge.ontology.stated())
    annotations = annotation_properties(triples)
    assert_closed_alike(rdflib_graph(triple for triple in triples if triple.predicate.value not in annotations))


THINGS = [rdflib.URIRef(f"urn:{name}") for name in "abc"] + [rdflib.BNode("d")]
WORDS = [
    *(OWL.sameAs, OWL.differentFrom, OWL.disjointWith, OWL.inverseOf, OWL.equivalentClass, OWL.equivalentProperty),
    *(OWL.onProperty, OWL.hasValue, OWL.someValuesFrom, OWL.allValuesFrom, OWL.complementOf, OWL.propertyDisjointWith),
    *(RDFS.subClassOf, RDFS.subPropertyOf, RDFS.domain, RDFS.range, OWL.intersectionOf, OWL.propertyChainAxiom),
]
KINDS = [
    *(OWL.Class, OWL.ObjectProperty, RDF.Property, OWL.Nothing, OWL.FunctionalProperty, OWL.SymmetricProperty),
    *(OWL.TransitiveProperty, OWL.IrreflexiveProperty, OWL.AsymmetricProperty, OWL.InverseFunctionalProperty),
]
LIST = rdflib.BNode("list")
things = st.sampled_from(THINGS)
statements = st.one_of(
    st.tuples(things, things, st.sampled_from([*THINGS, rdflib.Literal("x"), rdflib.Literal(1)])),
    st.tuples(things, st.sampled_from(WORDS), st.sampled_from([*THINGS, LIST])),
    st.tuples(things, st.just(RDF.type), st.sampled_from([*THINGS, *KINDS])),
)


@given(stated=st.lists(statements, max_size=10), members=st.tuples(things, things))
@settings(max_examples=60)
def test_whatever_is_stated_is_closed_as_owlrl_closes_it(stated: list[Statement], members: tuple[Any, Any]) -> None:
    rest = rdflib.BNode("rest")
    chain = [(LIST, RDF.first, members[0]), (LIST, RDF.rest, rest), (rest, RDF.first, members[1])]
    assert_closed_alike([*stated, *chain, (rest, RDF.rest, RDF.nil)])
