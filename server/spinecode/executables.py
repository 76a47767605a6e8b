"""The query catalogue as RDF: each query a SHACL-SPARQL executable with its parameters, so that others' tools find it.

Executables and parameters are those of SHACL and SHACL Advanced Features (W3C); keywords and the endpoint are told as
the SPARQL examples of the Swiss Institute of Bioinformatics tell them; the columns as CSV on the Web (W3C) does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from spinecode import vocabulary as v
from spinecode.catalogue import CataloguedQuery, catalogue
from spinecode.parameters import meaning
from spinecode.query_header import TODAY, Parameter
from spinecode.vocabulary import PREFIXES, SPINE, term

#: The prefixes that the catalogue is written with, beside the usual ones.
CATALOGUE_PREFIXES: Final = PREFIXES | {"schema": "https://schema.org/", "csvw": "http://www.w3.org/ns/csvw#"}
#: The IRI of the catalogue, below which those of its queries are.
CATALOGUE: Final = NamedNode(SPINE + "queries")
ENDPOINT: Final = NamedNode(SPINE + "sparql")

_TEXTS: Final = {"SELECT": "select", "CONSTRUCT": "construct", "ASK": "ask"}
_DATATYPES: Final = {"code": "xsd:string", "date": "xsd:date", "language": "xsd:string", "text": "xsd:string"}

_Subject = NamedNode | BlankNode
_Object = NamedNode | BlankNode | Literal


def query_iri(name: str) -> NamedNode:
    """The IRI of a query of the catalogue; its page is at the same path."""
    return NamedNode(f"{CATALOGUE.value}/{name}")


def catalogue_graph(queries: Iterable[CataloguedQuery] | None = None) -> list[Triple]:
    """A whole catalogue, ours by default: itself with the prefixes that it declares, and every query."""
    found = _prefixes()
    for query in catalogue().values() if queries is None else queries:
        found += _query(query)
    return found


def query_graph(query: CataloguedQuery) -> list[Triple]:
    """One query, with the prefixes that it declares."""
    return [*_prefixes(), *_query(query)]


def _schema(name: str) -> NamedNode:
    return NamedNode(CATALOGUE_PREFIXES["schema"] + name)


def _csvw(name: str) -> NamedNode:
    return NamedNode(CATALOGUE_PREFIXES["csvw"] + name)


def _text(text: str) -> Literal:
    return Literal(text, language="en")


def _prefixes() -> list[Triple]:
    found = [
        Triple(CATALOGUE, v.TYPE, _schema("Collection")),
        Triple(CATALOGUE, v.LABEL, _text("Query catalogue of spinecode")),
    ]
    for prefix, namespace in PREFIXES.items():
        node = NamedNode(f"{CATALOGUE.value}#prefix-{prefix}")
        found += [
            Triple(CATALOGUE, term("sh:declare"), node),
            Triple(node, v.TYPE, term("sh:PrefixDeclaration")),
            Triple(node, term("sh:prefix"), Literal(prefix)),
            Triple(node, term("sh:namespace"), Literal(namespace, datatype=term("xsd:anyURI"))),
        ]
    return found


def _query(query: CataloguedQuery) -> list[Triple]:
    node = query_iri(query.name)
    kinds = [term("sh:SPARQLExecutable")]
    if query.kind in _TEXTS:
        kinds.append(term(f"sh:SPARQL{query.kind.capitalize()}Executable"))
    comment = "\n\n".join(part for part in (query.question, query.notes, query.header.gives) if part)
    found = [Triple(node, v.TYPE, kind) for kind in kinds]
    found += [
        Triple(CATALOGUE, term("dcterms:hasPart"), node),
        Triple(node, v.LABEL, _text(query.title)),
        Triple(node, v.COMMENT, _text(comment)),
        Triple(node, term("sh:prefixes"), CATALOGUE),
        Triple(node, _schema("target"), ENDPOINT),
    ]
    found += [Triple(node, _schema("keywords"), Literal(word)) for word in query.header.keywords]
    if query.kind in _TEXTS:
        found.append(Triple(node, term(f"sh:{_TEXTS[query.kind]}"), Literal(query.text)))
    for order, parameter in enumerate(query.parameters):
        found += _parameter(node, parameter, order)
    if query.columns:
        found += _columns(node, query)
    return found


def _parameter(query: NamedNode, parameter: Parameter, order: int) -> Iterator[Triple]:
    node = NamedNode(f"{query.value}#{parameter.name}")
    said: list[tuple[str, _Object]] = [
        ("rdf:type", term("sh:Parameter")),
        # the local name of the path is the name of the variable (SHACL, 6.2.1)
        ("sh:path", NamedNode(f"{CATALOGUE.value}#{parameter.name}")),
        ("sh:name", _text(parameter.name)),
        ("sh:description", _text(f"{parameter.description} Here: {meaning(parameter)}.")),
        ("sh:order", Literal(order)),
        ("sh:maxCount", Literal(1)),
        ("skos:example", Literal(parameter.example)),
    ]
    if parameter.kind in _DATATYPES:
        said.append(("sh:datatype", term(_DATATYPES[parameter.kind])))
        said.append(("sh:nodeKind", term("sh:Literal")))
    else:
        said.append(("sh:nodeKind", term("sh:IRI")))
    if not parameter.needed:
        said.append(("sh:optional", Literal(True)))
    if parameter.default is not None and parameter.default != TODAY and parameter.kind in _DATATYPES:
        said.append(("sh:defaultValue", Literal(parameter.default, datatype=term(_DATATYPES[parameter.kind]))))
    yield Triple(query, term("sh:parameter"), node)
    for name, value in said:
        yield Triple(node, term(name), value)


def _columns(query: NamedNode, header: CataloguedQuery) -> Iterator[Triple]:
    schema = NamedNode(f"{query.value}#columns")
    yield Triple(query, _csvw("tableSchema"), schema)
    yield Triple(schema, v.TYPE, _csvw("Schema"))
    before: _Subject = schema
    link = _csvw("column")
    for column in header.columns:
        node = NamedNode(f"{query.value}#column-{column.name}")
        cell = NamedNode(f"{node.value}-cell")
        yield Triple(before, link, cell)
        yield Triple(cell, v.FIRST, node)
        yield Triple(node, v.TYPE, _csvw("Column"))
        yield Triple(node, _csvw("name"), Literal(column.name))
        yield Triple(node, term("dcterms:description"), _text(column.description))
        before, link = cell, v.REST
    yield Triple(before, link, v.NIL)
