"""The SHACL engine: pySHACL on shapes prepared once, with no more of the ontology than a submission mentions.

pySHACL is imported when the first submission comes, since it takes longer to load than all the rest.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from pyoxigraph import BlankNode, NamedNode, Quad, Triple

from spinecode import vocabulary as v
from spinecode.bridge import Found, rdflib_graph, rdflib_term, results_of
from spinecode.errors import OntologyError
from spinecode.graph import Graph
from spinecode.knowledge import Knowledge
from spinecode.vocabulary import term

#: Two threads that import a package whose modules import one another may each get half of it.
_IMPORTING: Final = threading.Lock()


class Engine:
    """The shapes, and the triples of the vocabulary that belong to each value and code."""

    def __init__(self, knowledge: Knowledge) -> None:
        with _IMPORTING:
            import rdflib
            from pyshacl.monkey import apply_patches
            from pyshacl.shapes_graph import ShapesGraph
            from pyshacl.validator import Validator  # noqa: F401  # what a run needs, and all that it needs

        quads = knowledge.description_shapes
        #: The shapes as they stand, for what is said about them.
        self.shapes = Graph.of(quads)
        self.shapes.language = knowledge.language
        apply_patches()  # type: ignore[no-untyped-call]
        # What is said of the shapes for people only costs the validator time.
        spoken = tuple(v.PREFIXES[name] for name in ("sh", "rdf"))
        self._prepared = ShapesGraph(rdflib_graph(quad for quad in quads if quad.predicate.value.startswith(spoken)))
        with _telling():
            shapes = list(self._prepared.shapes)
        self._no_shapes = rdflib.Graph()
        # Shapes without a target only serve others; pySHACL would look for their targets each time.
        targets = {term(f"sh:{name}") for name in ("targetClass", "targetNode", "targetSubjectsOf", "targetObjectsOf")}
        aimed = {q.subject.value for q in quads if q.predicate in targets and isinstance(q.subject, NamedNode)}
        self._aimed = sorted((s for s in shapes if str(s.node) in aimed), key=lambda s: str(s.node))
        self._vocabulary = _vocabulary(knowledge)
        # pySHACL keeps state on its shapes while it runs.
        self._lock = threading.Lock()
        # rdflib logs the text of ill-typed literals, which here is a submission's.
        logging.getLogger("rdflib.term").setLevel(logging.CRITICAL)

    def run(self, facts: Sequence[Quad]) -> list[Found]:
        """What the shapes find about some descriptions, in no particular order."""
        from pyshacl.graph_abstraction import DataGraph
        from pyshacl.validator import Validator

        graph = rdflib_graph(facts)
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
        return results_of(report)


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
        found[iri] = [(rdflib_term(s), rdflib_term(p), rdflib_term(o)) for s, p, o in triples]
    return found


def _chain(graph: Graph, quad: Quad) -> list[Any]:
    chain = graph.items(quad.object) if isinstance(quad.object, BlankNode | NamedNode) else []
    return chain if len(chain) == 2 and isinstance(chain[1], NamedNode) else []


def _types(graph: Graph, node: NamedNode | BlankNode) -> list[Triple]:
    return [Triple(node, v.TYPE, cls) for cls in graph.nodes(node, v.TYPE) if isinstance(cls, NamedNode)]
