"""The SHACL engine: pySHACL on shapes prepared once, with no more of the ontology than a submission mentions.

pySHACL is imported when the first submission comes, since it takes longer to load than all the rest.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pyoxigraph import BlankNode, NamedNode, Quad, Triple

from spinecode import vocabulary as v
from spinecode.files import data_folder, turtle_files
from spinecode.graph import Graph, parse_file
from spinecode.knowledge import Knowledge
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


def shape_quads() -> list[Quad]:
    """The shapes of the project, without the sample descriptions that lie beside them."""
    files = [file for file in turtle_files([data_folder("shapes")]) if file.parent.name != "examples"]
    return [quad for file in files for quad in parse_file(file)]


class Engine:
    """The shapes, and the triples of the vocabulary that belong to each value and code."""

    def __init__(self, knowledge: Knowledge) -> None:
        import rdflib
        from pyshacl.monkey import apply_patches
        from pyshacl.shapes_graph import ShapesGraph

        quads = shape_quads()
        #: The shapes as they stand, for what is said about them.
        self.shapes = Graph.of(quads)
        apply_patches()  # type: ignore[no-untyped-call]
        # What is said of the shapes for people only costs the validator time.
        spoken = tuple(v.PREFIXES[name] for name in ("sh", "rdf"))
        self._prepared = ShapesGraph(_rdflib_graph(quad for quad in quads if quad.predicate.value.startswith(spoken)))
        self._no_shapes = rdflib.Graph()
        # Shapes without a target only serve others; pySHACL would look for their targets each time.
        targets = {term(f"sh:{name}") for name in ("targetClass", "targetNode", "targetSubjectsOf", "targetObjectsOf")}
        aimed = {q.subject.value for q in quads if q.predicate in targets and isinstance(q.subject, NamedNode)}
        self._aimed = sorted((s for s in self._prepared.shapes if str(s.node) in aimed), key=lambda s: str(s.node))
        self._vocabulary = _vocabulary(knowledge)
        # pySHACL keeps state on its shapes while it runs.
        self._lock = threading.Lock()
        # rdflib logs the text of ill-typed literals, which here is a submission's.
        logging.getLogger("rdflib.term").setLevel(logging.CRITICAL)

    def run(self, facts: Sequence[Quad]) -> list[Found]:
        """What the shapes find about some descriptions, in no particular order."""
        from pyshacl.graph_abstraction import DataGraph
        from pyshacl.validator import Validator

        graph = _rdflib_graph(facts)
        for iri in {quad.object.value for quad in facts if isinstance(quad.object, NamedNode)}:
            for triple in self._vocabulary.get(iri, ()):
                graph.add(triple)
        data = DataGraph.from_rdflib(graph)
        options = {"inplace": True, "allow_warnings": True, "allow_infos": True}
        executor = Validator(data, shacl_graph=self._no_shapes, options=options).make_executor()
        with self._lock:
            results = [result for shape in self._aimed for result in shape.validate(executor, data)[1]]
        if not results:
            return []
        report, _ = Validator.create_validation_report(self._prepared, False, results)
        return [_found(report, node) for node in report.subjects(_rdflib_term(term("sh:focusNode")))]


def _found(report: rdflib.Graph, node: Any) -> Found:
    import rdflib

    def one(curie: str) -> Any:
        return report.value(node, _rdflib_term(term(curie)))

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


def _vocabulary(knowledge: Knowledge) -> dict[str, list[tuple[Any, Any, Any]]]:
    """For each value and code, its types, and its links to other values with their types."""
    graph, index = knowledge.graph, knowledge.index
    links = [chain[1] for quad in graph.store.quads_for_pattern(None, v.CHAIN, None) if (chain := _chain(graph, quad))]
    found: dict[str, list[tuple[Any, Any, Any]]] = {}
    for iri in [value.iri for value in index.values] + [code.iri for code in index.codes.values()]:
        node = NamedNode(iri)
        triples = _types(graph, node)
        for link in links:
            for target in graph.nodes(node, link):
                triples += [Triple(node, link, target), *_types(graph, target)]
        found[iri] = [(_rdflib_term(s), _rdflib_term(p), _rdflib_term(o)) for s, p, o in triples]
    return found


def _chain(graph: Graph, quad: Quad) -> list[Any]:
    chain = graph.items(quad.object) if isinstance(quad.object, BlankNode | NamedNode) else []
    return chain if len(chain) == 2 and isinstance(chain[1], NamedNode) else []


def _types(graph: Graph, node: NamedNode | BlankNode) -> list[Triple]:
    return [Triple(node, v.TYPE, cls) for cls in graph.nodes(node, v.TYPE) if isinstance(cls, NamedNode)]


def _rdflib_term(node: Any) -> Any:
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


def _rdflib_graph(quads: Iterable[Quad]) -> rdflib.Graph:
    import rdflib

    graph = rdflib.Graph(bind_namespaces="core")
    for quad in quads:
        graph.add((_rdflib_term(quad.subject), _rdflib_term(quad.predicate), _rdflib_term(quad.object)))
    return graph
