"""The SPARQL 1.1 service description: what the endpoint can do, and the graphs that it answers from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from spinecode.dataset import CLOSURE
from spinecode.vocabulary import SPINE, TYPE, term
from spinecode.web.negotiation import RDF, TABLES

if TYPE_CHECKING:
    from spinecode.graph import Term
    from spinecode.web.site import Site

_FORMATS = "http://www.w3.org/ns/formats/"
#: The names that the W3C has given to the formats, by their media types.
_FORMAT_NAMES = {
    "application/sparql-results+json": "SPARQL_Results_JSON",
    "application/sparql-results+xml": "SPARQL_Results_XML",
    "text/csv": "SPARQL_Results_CSV",
    "text/tab-separated-values": "SPARQL_Results_TSV",
    "text/turtle": "Turtle",
    "application/ld+json": "JSON-LD",
    "application/n-triples": "N-Triples",
    "application/rdf+xml": "RDF_XML",
    "application/trig": "TriG",
    "application/n-quads": "N-Quads",
}
_ENTAILMENT = "http://www.w3.org/ns/entailment/"
_PROFILE = "http://www.w3.org/ns/owl-profile/"


def service_description(site: Site, endpoint: str) -> list[Triple]:
    """The description of the endpoint at an address."""
    return list(_description(site, endpoint))


def _description(site: Site, endpoint: str) -> Iterator[Triple]:
    dataset = site.runner.dataset
    service, described, default = NamedNode(endpoint), BlankNode("dataset"), BlankNode("default")

    def say(subject: NamedNode | BlankNode, curie: str, value: Term) -> Triple:
        return Triple(subject, term(curie), value)

    yield Triple(service, TYPE, term("sd:Service"))
    yield say(service, "sd:endpoint", service)
    yield say(service, "dcterms:title", Literal("spinecode: procedure codes of spinal injections", language="en"))
    # EXISTS, paths, aggregates and subqueries are parts of the language; nothing beside it is claimed
    yield say(service, "sd:supportedLanguage", term("sd:SPARQL11Query"))
    for representation in (*TABLES, *RDF):
        yield say(service, "sd:resultFormat", NamedNode(_FORMATS + _FORMAT_NAMES[representation.media_type]))
    # what is asked is answered from the statements that are there; that the closure is among them is said of its graph
    yield say(service, "sd:defaultEntailmentRegime", NamedNode(_ENTAILMENT + "Simple"))
    yield say(service, "sd:defaultDataset", described)
    yield Triple(described, TYPE, term("sd:Dataset"))
    yield Triple(described, TYPE, term("void:Dataset"))
    yield say(described, "dcterms:isPartOf", NamedNode(SPINE))
    yield say(described, "dcterms:license", NamedNode("https://creativecommons.org/licenses/by/4.0/"))
    yield say(described, "void:sparqlEndpoint", service)
    yield say(described, "sd:defaultGraph", default)
    yield Triple(default, TYPE, term("sd:Graph"))
    yield say(default, "void:triples", _number(dataset.size(None)))
    told = "All named graphs together, with the ontology as its closure under OWL 2 RL."
    yield say(default, "dcterms:description", Literal(told, language="en"))
    for number, name in enumerate(dataset.names):
        named, graph = BlankNode(f"named{number}"), BlankNode(f"graph{number}")
        yield say(described, "sd:namedGraph", named)
        yield Triple(named, TYPE, term("sd:NamedGraph"))
        yield say(named, "sd:name", NamedNode(name))
        yield say(named, "sd:graph", graph)
        yield Triple(graph, TYPE, term("sd:Graph"))
        yield say(graph, "void:triples", _number(dataset.size(name)))
        if name == CLOSURE.value:
            yield say(named, "sd:entailmentRegime", NamedNode(_ENTAILMENT + "OWL-RDF-Based"))
            yield say(named, "sd:supportedEntailmentProfile", NamedNode(_PROFILE + "RL"))


def _number(value: int) -> Literal:
    return Literal(str(value), datatype=term("xsd:integer"))
