"""The IRIs that Python has to know: the terms that rules and axes are written with, never a code or a value."""

from __future__ import annotations

from typing import Final

from pyoxigraph import NamedNode

SPINE: Final = "https://w3id.org/spinecode/"
CPT: Final = SPINE + "cpt/"

#: The prefixes that queries may use without declaring them and that results are written with.
PREFIXES: Final[dict[str, str]] = {
    "spine": SPINE,
    "cpt": CPT,
    "src": SPINE + "source/",
    "mod": SPINE + "modifier/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "dcterms": "http://purl.org/dc/terms/",
    "sh": "http://www.w3.org/ns/shacl#",
    "vann": "http://purl.org/vocab/vann/",
    "sd": "http://www.w3.org/ns/sparql-service-description#",
    "void": "http://rdfs.org/ns/void#",
    "bibo": "http://purl.org/ontology/bibo/",
}


def term(curie: str) -> NamedNode:
    """The IRI of a prefixed name such as ``skos:notation``."""
    prefix, _, local = curie.partition(":")
    return NamedNode(PREFIXES[prefix] + local)


def shorten(iri: str) -> str:
    """An IRI as a prefixed name where one of our prefixes fits, else unchanged."""
    best = max((base for base in PREFIXES.values() if iri.startswith(base)), key=len, default=None)
    if best is None:
        return iri
    prefix = next(name for name, base in PREFIXES.items() if base == best)
    local = iri[len(best) :]
    return f"{prefix}:{local}" if local and "/" not in local and "#" not in local else iri


TYPE: Final = term("rdf:type")
LABEL: Final = term("rdfs:label")
COMMENT: Final = term("rdfs:comment")
SUBCLASS: Final = term("rdfs:subClassOf")
PREF_LABEL: Final = term("skos:prefLabel")
ALT_LABEL: Final = term("skos:altLabel")
NOTATION: Final = term("skos:notation")
DEFINITION: Final = term("skos:definition")
NOTE: Final = term("skos:note")
SOURCE: Final = term("dcterms:source")
ON_PROPERTY: Final = term("owl:onProperty")
SOME_VALUES: Final = term("owl:someValuesFrom")
ALL_VALUES: Final = term("owl:allValuesFrom")
HAS_VALUE: Final = term("owl:hasValue")
INTERSECTION: Final = term("owl:intersectionOf")
UNION: Final = term("owl:unionOf")
ONE_OF: Final = term("owl:oneOf")
EQUIVALENT_CLASS: Final = term("owl:equivalentClass")
CHAIN: Final = term("owl:propertyChainAxiom")
FIRST: Final = term("rdf:first")
REST: Final = term("rdf:rest")
NIL: Final = term("rdf:nil")

RESTRICTION: Final = term("owl:Restriction")
ANNOTATION_PROPERTY: Final = term("owl:AnnotationProperty")
INJECTION: Final = term("spine:SpinalInjection")
UNCODED_INJECTION: Final = term("spine:UncodedInjection")
AXIS: Final = term("spine:Axis")
PROCEDURE_CODE: Final = term("spine:ProcedureCode")
IMPLIES_CODE: Final = term("spine:impliesCode")
REPORTED_LINE: Final = term("spine:reportedLine")
DATE_OF_SERVICE: Final = term("spine:dateOfService")
REPORTED_CODE: Final = term("spine:reportedCode")
#: What is concluded of a description and never taken from it.
CONCLUDED: Final = frozenset(
    SPINE + name
    for name in (
        "injectionAtLevel",
        "levelOrdinal",
        "injectateKind",
        "impliesCode",
        "refutedCode",
        "unreportedCode",
        "outdatedCode",
        "missingAddOn",
        "unaccompaniedCode",
        "includedGuidance",
        "otherGuidance",
        "repeatedFirstLevel",
        "lineWithUnknownCode",
        "lineWithUnknownModifier",
        "lineWithOtherUnits",
        "lineWithRefusedModifier",
        "lineWithOtherModifier",
        "lineWithoutModifier",
        "dateToCome",
        "openAxis",
        "withoutCode",
    )
)
