"""The SHACL engine: pySHACL on shapes prepared once, with no more of the ontology than a submission mentions.

Each description is judged by itself: where something else speaks of its node, it has another name in the run. So what
one says has no part in what is found about another, nor can a description that calls itself a value of ours say what
that value means.

pySHACL is imported when the first submission comes, since it takes longer to load than all the rest.
"""

from __future__ import annotations

import dataclasses
import logging
import secrets
import threading
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final, Protocol

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, Triple

from spinecode import quick_shacl
from spinecode import vocabulary as v
from spinecode.bridge import Found, rdflib_triples, results_of
from spinecode.description import node_name
from spinecode.errors import OntologyError
from spinecode.graph import Graph
from spinecode.knowledge import Knowledge
from spinecode.vocabulary import term

#: Two threads that import a package whose modules import one another may each get half of it.
_IMPORTING: Final = threading.Lock()
#: What the names of descriptions in a run begin with; nobody outside of this process can know it.
_PRIVATE: Final = f"urn:spinecode:{secrets.token_hex(16)}:"


class Runs(Protocol):
    """What finds what is wrong with descriptions: pySHACL here, or an engine that is proved equal to it."""

    #: The shapes as they stand, for what is said about them.
    shapes: Graph

    def run(self, facts: Sequence[Quad]) -> list[Found]:
        """What the shapes find about some descriptions, in no particular order."""
        ...

    def __hash__(self) -> int: ...


class Engine:
    """The shapes, and the triples of the vocabulary that belong to each value and code.

    ``only`` are IRIs of shapes with a target; others are then left out.
    """

    def __init__(self, knowledge: Knowledge, only: Iterable[str] | None = None) -> None:
        with _IMPORTING:
            import rdflib
            from pyshacl.monkey import apply_patches
            from pyshacl.shapes_graph import ShapesGraph
            from pyshacl.validator import Validator  # noqa: F401  # what a run needs, and all that it needs

            from spinecode.fixed_graph import fixed_graph
        quads = knowledge.description_shapes
        #: The shapes as they stand, for what is said about them.
        self.shapes = Graph.of(quads)
        self.shapes.language = knowledge.language
        apply_patches()  # type: ignore[no-untyped-call]
        quick_shacl.install()
        # What is said of the shapes for people only costs the validator time.
        spoken = tuple(v.PREFIXES[name] for name in ("sh", "rdf"))
        spoken_quads = (quad for quad in quads if quad.predicate.value.startswith(spoken))
        self._prepared = ShapesGraph(fixed_graph(rdflib_triples(spoken_quads)))
        with _telling():
            shapes = list(self._prepared.shapes)
        self._no_shapes = rdflib.Graph()
        # Shapes without a target only serve others; pySHACL would look for their targets each time.
        targets = {term(f"sh:{name}") for name in ("targetClass", "targetNode", "targetSubjectsOf", "targetObjectsOf")}
        aimed = {q.subject.value for q in quads if q.predicate in targets and isinstance(q.subject, NamedNode)}
        aimed = aimed if only is None else aimed & set(only)
        self._aimed = sorted((s for s in shapes if str(s.node) in aimed), key=lambda s: str(s.node))
        self._vocabulary = {iri: list(rdflib_triples(about)) for iri, about in vocabulary_of(knowledge).items()}
        # pySHACL keeps state on its shapes while it runs.
        self._lock = threading.Lock()
        # rdflib logs the text of ill-typed literals, which here is a submission's.
        logging.getLogger("rdflib.term").setLevel(logging.CRITICAL)

    def run(self, facts: Sequence[Quad]) -> list[Found]:
        """What the shapes find about some descriptions, in no particular order."""
        from pyshacl.graph_abstraction import DataGraph
        from pyshacl.validator import Validator

        from spinecode.fixed_graph import plain_graph

        facts, names = renamed(facts, self._vocabulary)
        graph = plain_graph(rdflib_triples(facts))
        for iri in {quad.object.value for quad in facts if isinstance(quad.object, NamedNode)}:
            for triple in self._vocabulary.get(iri, ()):
                graph.add(triple)
        data = DataGraph.from_rdflib(graph)
        options = {"inplace": True, "allow_warnings": True, "allow_infos": True}
        executor = Validator(data, shacl_graph=self._no_shapes, options=options).make_executor()
        with self._lock, _telling():
            results = [result for shape in self._aimed for result in shape.validate(executor, data)[1]]
        if not results:
            return []
        report, _ = Validator.create_validation_report(self._prepared, False, results)
        return named(results_of(report), names)


def renamed(
    facts: Sequence[Quad], vocabulary: Container[str], *, blank: bool = True
) -> tuple[Sequence[Quad], Mapping[str, str]]:
    """Facts about nodes that nothing else speaks of, and what each node that has another name is called outside.

    ``blank`` is whether blank nodes may stay; else they get IRIs.
    """
    mentioned = {quad.object for quad in facts if not isinstance(quad.object, Literal)}
    nodes: dict[Any, NamedNode | BlankNode] = {}
    for node in {quad.subject: None for quad in facts}:
        is_blank = isinstance(node, BlankNode)
        assert isinstance(node, NamedNode | BlankNode)
        if (is_blank and not blank) or node in mentioned or node.value in vocabulary:
            name = f"{_PRIVATE}{len(nodes)}"
            nodes[node] = BlankNode(name.replace(":", "")) if is_blank and blank else NamedNode(name)
    if not nodes:
        return facts, {}
    quads = [Quad(nodes.get(quad.subject, quad.subject), quad.predicate, quad.object) for quad in facts]
    return quads, {node_name(name): node_name(node) for node, name in nodes.items()}


def named(found: Iterable[Found], names: Mapping[str, str]) -> list[Found]:
    """Results with the nodes called as they are outside."""
    return [_named(one, names[one.focus_node]) if one.focus_node in names else one for one in found]


def _named(found: Found, name: str) -> Found:
    # a message that pySHACL words itself, where a shape has none, may name the node
    message = found.message.replace(found.focus_node, name) if _PRIVATE in found.message else found.message
    return dataclasses.replace(found, focus_node=name, message=message)


@contextmanager
def _telling() -> Iterator[None]:
    """Tell of a shape that the engine cannot run as a fault of the shapes."""
    from pyshacl.errors import ReportableRuntimeError

    try:
        yield
    except ReportableRuntimeError as error:
        told = str(getattr(error, "message", None) or error).strip().partition("\n")[0]
        message = f"A shape cannot be run: {told} Look for it with `spinecode check`."
        raise OntologyError.of(message) from None


def vocabulary_of(knowledge: Knowledge) -> dict[str, list[Triple]]:
    """For each value and code, its types, and its links to other values with their types."""
    graph, index = knowledge.graph, knowledge.index
    links = [chain[1] for quad in graph.store.quads_for_pattern(None, v.CHAIN, None) if (chain := _chain(graph, quad))]
    found: dict[str, list[Triple]] = {}
    for iri in [value.iri for value in index.values] + [code.iri for code in index.codes.values()]:
        node = NamedNode(iri)
        triples = _types(graph, node)
        for link in links:
            for target in graph.nodes(node, link):
                triples += [Triple(node, link, target), *_types(graph, target)]
        found[iri] = triples
    return found


def _chain(graph: Graph, quad: Quad) -> list[Any]:
    chain = graph.items(quad.object) if isinstance(quad.object, BlankNode | NamedNode) else []
    return chain if len(chain) == 2 and isinstance(chain[1], NamedNode) else []


def _types(graph: Graph, node: NamedNode | BlankNode) -> list[Triple]:
    return [Triple(node, v.TYPE, cls) for cls in graph.nodes(node, v.TYPE) if isinstance(cls, NamedNode)]
