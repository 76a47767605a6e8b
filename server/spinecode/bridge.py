"""Between pyoxigraph and rdflib: terms, graphs, and the results of a SHACL report.

rdflib is imported when it is needed, since it takes longer to load than all the rest.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pyoxigraph import BlankNode, NamedNode, Quad, Triple

from spinecode.vocabulary import term

if TYPE_CHECKING:
    import rdflib


@dataclass(frozen=True, slots=True)
class Found:
    """One result of the engine, as it stands in a SHACL report; nodes as people name them, ``_:`` before blank ones."""

    severity: str
    focus_node: str
    path: str | None
    value: str | None
    value_is_node: bool
    message: str
    shape: NamedNode | None
    component: str


def results_of(report: rdflib.Graph) -> list[Found]:
    """The results of a SHACL report, in no particular order."""
    return [_found(report, node) for node in report.subjects(rdflib_term(term("sh:focusNode")))]


def _found(report: rdflib.Graph, node: Any) -> Found:
    import rdflib

    def one(curie: str) -> Any:
        return report.value(node, rdflib_term(term(curie)))

    def named(term: Any) -> str:
        return f"_:{term}" if isinstance(term, rdflib.BNode) else str(term)

    path, value, shape = one("sh:resultPath"), one("sh:value"), one("sh:sourceShape")
    return Found(
        severity=str(one("sh:resultSeverity")).rpartition("#")[2].lower(),
        focus_node=named(one("sh:focusNode")),
        path=str(path) if isinstance(path, rdflib.URIRef) else None,
        value=None if value is None or value == one("sh:focusNode") else named(value),
        value_is_node=isinstance(value, rdflib.URIRef | rdflib.BNode),
        message=str(one("sh:resultMessage")),
        shape=NamedNode(str(shape)) if isinstance(shape, rdflib.URIRef) else None,
        component=str(one("sh:sourceConstraintComponent")),
    )


def rdflib_term(node: Any) -> Any:
    """A term as rdflib has it, its text as written."""
    import rdflib

    if isinstance(node, NamedNode):
        return rdflib.URIRef(node.value)
    if isinstance(node, BlankNode):
        return rdflib.BNode(node.value)
    if node.language:
        return rdflib.Literal(node.value, lang=node.language)
    if node.datatype.value.endswith("#string"):
        return rdflib.Literal(node.value)
    return rdflib.Literal(node.value, datatype=rdflib.URIRef(node.datatype.value), normalize=False)


def rdflib_graph(quads: Iterable[Quad | Triple]) -> rdflib.Graph:
    """Statements as an rdflib graph."""
    import rdflib

    graph = rdflib.Graph(bind_namespaces="core")
    for quad in quads:
        graph.add((rdflib_term(quad.subject), rdflib_term(quad.predicate), rdflib_term(quad.object)))
    return graph
