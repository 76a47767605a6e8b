"""What follows from statements: their closure under OWL 2 RL, and what CONSTRUCT queries make of them."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any, Final

from pyoxigraph import BlankNode, NamedNode, Quad, QueryTriples, Store, Triple

from spinecode import vocabulary as v
from spinecode.bridge import pyoxigraph_triple, rdflib_graph

# What every RDF graph entails about itself says nothing to a reader and doubles the size of the closure.
_REFLEXIVE: Final = {
    "http://www.w3.org/2002/07/owl#sameAs",
    "http://www.w3.org/2002/07/owl#equivalentClass",
    "http://www.w3.org/2002/07/owl#equivalentProperty",
    "http://www.w3.org/2000/01/rdf-schema#subClassOf",
    "http://www.w3.org/2000/01/rdf-schema#subPropertyOf",
}
_UNIVERSAL: Final = {
    "http://www.w3.org/2002/07/owl#Thing",
    "http://www.w3.org/2000/01/rdf-schema#Resource",
}
_OWN_VOCABULARY: Final = tuple(v.PREFIXES[name] for name in ("rdf", "rdfs", "owl", "xsd"))


def close(triples: Iterable[Triple]) -> tuple[list[Triple], list[str]]:
    """The OWL 2 RL closure of some triples, by owlrl, and what contradictions it met.

    What holds in every graph (each thing is itself, is a thing) is left out. Annotations have no meaning in OWL and
    are handed on as they are, and restrictions that say the same are made one: the reasoner would find them to be
    equivalent, each with each, which is most of its work and most of what it would write.
    """
    # Imported here: only the first run after a change of the ontology needs a reasoner.
    import rdflib

    from spinecode.quick_rl import expand

    # rdflib prints a traceback for an ill-typed literal; the reasoner tells of it too
    logging.getLogger("rdflib.term").setLevel(logging.CRITICAL)
    triples = share_restrictions(triples)
    annotations = annotation_properties(triples)
    reasoned = [triple for triple in triples if triple.predicate.value not in annotations]
    # the blank nodes keep their names, since annotations speak of them too
    graph = rdflib_graph(reasoned, "SimpleMemory")
    expand(graph)
    message = rdflib.URIRef("http://www.daml.org/2002/03/agents/agent-ont#error")
    contradictions = sorted({str(text) for text in graph.objects(None, message)})
    closed = [pyoxigraph_triple(*triple) for triple in graph if _is_telling(*triple)]
    return [*closed, *(triple for triple in triples if triple.predicate.value in annotations)], contradictions


def _is_telling(subject: Any, predicate: Any, value: Any) -> bool:
    """Whether a conclusion of the reasoner is one that a reader learns something from, and RDF."""
    import rdflib

    if isinstance(subject, rdflib.Literal) or isinstance(predicate, rdflib.BNode):
        return False
    if str(predicate).startswith("http://www.daml.org/2002/03/agents/"):
        return False
    if subject == value and str(predicate) in _REFLEXIVE:
        return False
    return not (str(value) in _UNIVERSAL or str(subject).startswith(_OWN_VOCABULARY))


def constructed(triples: Iterable[Triple], *queries: str) -> list[Triple]:
    """What CONSTRUCT queries, which need no prefixes of ours, make of some statements, each of the same ones."""
    store = Store()
    store.bulk_extend(Quad(*triple) for triple in triples)
    made: list[Triple] = []
    for query in queries:
        answer = store.query(query)
        assert isinstance(answer, QueryTriples)
        made += answer
    return made


def share_restrictions(triples: Iterable[Triple]) -> list[Triple]:
    """The same statements with one blank node for all restrictions that have the same property and the same filler."""
    triples = list(triples)
    about: dict[BlankNode, list[tuple[NamedNode, Any]]] = {}
    for triple in triples:
        if isinstance(triple.subject, BlankNode):
            about.setdefault(triple.subject, []).append((triple.predicate, triple.object))
    first: dict[frozenset[tuple[NamedNode, Any]], BlankNode] = {}
    one: dict[Any, BlankNode] = {}
    for node, said in about.items():
        alone = not any(isinstance(value, BlankNode) for _, value in said)
        if alone and (v.TYPE, v.RESTRICTION) in said:
            one[node] = first.setdefault(frozenset(said), node)
    merged = (Triple(one.get(t.subject, t.subject), t.predicate, one.get(t.object, t.object)) for t in triples)
    return list(dict.fromkeys(merged))


def annotation_properties(triples: Iterable[Triple]) -> set[str]:
    """The properties that say nothing to a reasoner: those declared so, and those of RDFS and OWL itself."""
    declared = {
        triple.subject.value
        for triple in triples
        if triple.predicate == v.TYPE
        and triple.object == v.ANNOTATION_PROPERTY
        and isinstance(triple.subject, NamedNode)
    }
    return declared | {v.LABEL.value, v.COMMENT.value, v.term("rdfs:seeAlso").value, v.term("rdfs:isDefinedBy").value}
