"""How the pages name the properties of RDF, OWL, SKOS and Dublin Core, and in which order they tell them.

Ours have their labels in the ontology; these come from elsewhere, with labels that only their makers use.
"""

from __future__ import annotations

import re
from typing import Final

from markupsafe import Markup, escape
from pyoxigraph import NamedNode

from spinecode import vocabulary as v
from spinecode.graph import Graph

_DAY: Final = re.compile(r"\b\d{4}-\d\d-\d\d\b")

_FORWARD: Final = {
    "rdf:type": "is a",
    "rdfs:subClassOf": "kind of",
    "rdfs:subPropertyOf": "kind of",
    "rdfs:comment": "comment",
    "rdfs:seeAlso": "see also",
    "rdfs:label": "label",
    "owl:equivalentClass": "the same as",
    "owl:disjointWith": "shares nothing with",
    "owl:inverseOf": "inverse of",
    "owl:propertyChainAxiom": "follows from",
    "owl:versionInfo": "version",
    "owl:versionIRI": "IRI of the version",
    "owl:priorVersion": "version before",
    "owl:backwardCompatibleWith": "compatible with",
    "skos:prefLabel": "label",
    "skos:altLabel": "also called",
    "skos:hiddenLabel": "also understood",
    "skos:notation": "short name",
    "skos:note": "note",
    "skos:example": "example",
    "skos:definition": "definition",
    "skos:inScheme": "in scheme",
    "skos:topConceptOf": "top concept of",
    "skos:hasTopConcept": "top concepts",
    "skos:member": "members",
    "skos:editorialNote": "note of the editors",
    "skos:broader": "broader",
    "skos:narrower": "narrower",
    "skos:related": "related",
    "skos:exactMatch": "the same elsewhere",
    "skos:closeMatch": "close to, elsewhere",
    "skos:broadMatch": "broader, elsewhere",
    "skos:narrowMatch": "narrower, elsewhere",
    "skos:relatedMatch": "related, elsewhere",
    "dcterms:bibliographicCitation": "to be cited as",
    "dcterms:contributor": "contributor",
    "dcterms:created": "created",
    "dcterms:creator": "creator",
    "dcterms:description": "description",
    "dcterms:issued": "issued",
    "dcterms:language": "language",
    "dcterms:license": "licence",
    "dcterms:modified": "modified",
    "dcterms:publisher": "publisher",
    "dcterms:rights": "rights",
    "dcterms:source": "source",
    "dcterms:subject": "subject",
    "dcterms:title": "title",
    "bibo:status": "status",
    "vann:preferredNamespacePrefix": "prefix",
    "vann:preferredNamespaceUri": "namespace",
}
_BACKWARD: Final = {
    "rdf:type": "of this kind",
    "rdfs:subClassOf": "kinds of it",
    "rdfs:subPropertyOf": "kinds of it",
    "skos:inScheme": "concepts in it",
    "skos:topConceptOf": "top concepts",
    "skos:hasTopConcept": "top concept of",
    "skos:member": "member of",
    "skos:broader": "narrower",
    "dcterms:source": "rests on it",
}
_KINDS: Final = {
    "owl:Ontology": "ontology",
    "owl:Class": "class",
    "owl:ObjectProperty": "property whose values are things",
    "owl:DatatypeProperty": "property whose values are texts, numbers or the like",
    "owl:AnnotationProperty": "annotation",
    "skos:Concept": "concept",
    "skos:ConceptScheme": "scheme of concepts",
    "sh:NodeShape": "shape",
    "sh:PropertyShape": "shape of a property",
}
_FIRST: Final = ("skos:notation", "skos:altLabel", "skos:note", "rdfs:comment", "rdfs:subClassOf", "skos:broader")
_LAST: Final = ("skos:inScheme", "skos:exactMatch", "skos:closeMatch", "skos:broadMatch", "skos:narrowMatch")
_VERY_LAST: Final = ("dcterms:source", "spine:trust")


def days(text: str) -> Markup:
    """A text in which no date is broken at the end of a line, for a page."""
    return Markup(_DAY.sub(r'<span class="whole">\g<0></span>', str(escape(text))))  # noqa: S704  # escaped before


def property_label(graph: Graph, iri: str) -> str:
    """What a page calls a property: its label in the graph, our word for it, or its short name."""
    short = v.shorten(iri)
    return graph.text(NamedNode(iri), v.LABEL) or _FORWARD.get(short) or _split(short)


def _split(short: str) -> str:
    """The name behind a prefix as words: ``target subjects of`` for ``sh:targetSubjectsOf``."""
    prefix, colon, local = short.partition(":")
    if not colon or prefix not in v.PREFIXES:
        return short
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", local).lower()


def kind_label(graph: Graph, kind: NamedNode) -> str:
    """What a page calls a class seen from what is in it."""
    short = v.shorten(kind.value)
    return graph.text(kind, v.PREF_LABEL) or graph.text(kind, v.LABEL) or _KINDS.get(short, short)


def reverse_label(graph: Graph, iri: str) -> str:
    """What a page calls a property seen from its value."""
    return _BACKWARD.get(v.shorten(iri)) or f"is {property_label(graph, iri)} of"


def place(iri: str) -> tuple[int, str]:
    """Where a property comes among others."""
    short = v.shorten(iri)
    for rank, names in ((0, _FIRST), (2, _LAST), (3, _VERY_LAST)):
        if short in names:
            return rank, f"{names.index(short):02}"
    return 1, iri
