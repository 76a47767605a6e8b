"""Between pyoxigraph and rdflib: terms, graphs, and the results of a SHACL report.

rdflib is imported when it is needed, since it takes longer to load than all the rest.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, QueryBoolean, QuerySolutions, Store, Triple, Variable

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


def rdflib_triples(quads: Iterable[Quad | Triple]) -> Iterator[tuple[Any, Any, Any]]:
    """Statements in rdflib's terms."""
    return ((rdflib_term(quad.subject), rdflib_term(quad.predicate), rdflib_term(quad.object)) for quad in quads)


def rdflib_graph(quads: Iterable[Quad | Triple], store: str = "default") -> rdflib.Graph:
    """Statements as an rdflib graph over a store of rdflib's, by its name."""
    import rdflib

    return _filled(rdflib.Graph(store, bind_namespaces="core"), quads)


def asked_graph(quads: Iterable[Quad | Triple]) -> rdflib.Graph:
    """Statements as an rdflib graph whose queries Oxigraph answers, in a small part of the time."""
    import rdflib
    from rdflib.query import Result

    statements = list(quads)
    store = Store()
    store.extend(Quad(quad.subject, quad.predicate, quad.object) for quad in statements)

    class Asked(rdflib.Graph):
        def query(
            self,
            query_object: Any,
            processor: Any = "sparql",
            result: Any = "sparql",
            initNs: Any = None,  # noqa: N803  # the names are rdflib's
            initBindings: Any = None,  # noqa: N803
            use_store_provided: bool = True,
            **_: Any,
        ) -> Result:
            given: dict[Variable, NamedNode | BlankNode | Literal | Triple] = {
                Variable(str(name)): pyoxigraph_term(value) for name, value in (initBindings or {}).items()
            }
            found = store.query(str(query_object), substitutions=given)
            if isinstance(found, QueryBoolean):
                answer = Result("ASK")
                answer.askAnswer = bool(found)
                return answer
            assert isinstance(found, QuerySolutions)
            answer = Result("SELECT")
            names = [rdflib.Variable(variable.value) for variable in found.variables]
            answer.vars = names
            answer.bindings = [
                {name: rdflib_term(value) for name, value in zip(names, row, strict=True) if value is not None}
                for row in found
            ]
            return answer

    return _filled(Asked(bind_namespaces="core"), statements)


def _filled(graph: rdflib.Graph, quads: Iterable[Quad | Triple]) -> rdflib.Graph:
    for triple in rdflib_triples(quads):
        graph.add(triple)
    return graph


def pyoxigraph_term(node: Any) -> NamedNode | BlankNode | Literal:
    """A term of rdflib as Oxigraph has it."""
    import rdflib

    if not isinstance(node, rdflib.Literal):
        return pyoxigraph_node(node)
    if node.language:
        return Literal(str(node), language=node.language)
    return Literal(str(node), datatype=NamedNode(str(node.datatype)) if node.datatype is not None else None)


def pyoxigraph_node(node: Any) -> NamedNode | BlankNode:
    """A node of rdflib as Oxigraph has it."""
    import rdflib

    return BlankNode(str(node)) if isinstance(node, rdflib.BNode) else NamedNode(str(node))


def pyoxigraph_triple(subject: Any, predicate: Any, value: Any) -> Triple:
    """A statement of rdflib as Oxigraph has it."""
    return Triple(pyoxigraph_node(subject), NamedNode(str(predicate)), pyoxigraph_term(value))
