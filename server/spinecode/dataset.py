"""The dataset that queries are asked of: a named graph for each concern, and a default graph with all of them.

The default graph holds the closure of the ontology (every stated fact is in it, with restrictions that say the same as
one), the shapes, the catalogue of queries, what is published (VoID), and the data that was added. The named graphs hold
each part by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from urllib.parse import quote

from pyoxigraph import DefaultGraph, NamedNode, Quad, RdfFormat, Store, Triple

from spinecode import vocabulary as v
from spinecode.errors import OntologyError
from spinecode.executables import catalogue_graph
from spinecode.files import data_folder, shape_files, turtle_files
from spinecode.graph import parse_file, read_rdf
from spinecode.knowledge import Knowledge
from spinecode.publication import described, publication

#: What the names of our graphs begin with.
GRAPHS = v.SPINE + "graph/"
CLOSURE = NamedNode(GRAPHS + "closure")
SHAPES = NamedNode(GRAPHS + "shapes")
QUERIES = NamedNode(GRAPHS + "queries")
VOID = NamedNode(GRAPHS + "void")


class Dataset:
    """The graphs of some knowledge, made once and read-only."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.knowledge = knowledge

    @cached_property
    def store(self) -> Store:
        """All graphs, loaded. Raises OntologyError and InputError for files that cannot be read."""
        store = Store()
        for name, triples in self._parts():
            store.extend(Quad(t.subject, t.predicate, t.object, name) for t in triples)
        for graph in (CLOSURE, SHAPES, QUERIES, VOID):
            store.extend(Quad(*quad.triple) for quad in store.quads_for_pattern(None, None, None, graph))
        for file in self.knowledge.data:
            own = data_graph(file)
            for quad in read_rdf(file):
                graph_name = own if isinstance(quad.graph_name, DefaultGraph) else quad.graph_name
                store.add(Quad(quad.subject, quad.predicate, quad.object, graph_name))
                store.add(Quad(*quad.triple))
        return store

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The IRIs of the named graphs, in order."""
        return tuple(sorted(name.value for name in self.store.named_graphs() if isinstance(name, NamedNode)))

    def dump(self) -> bytes:
        """All graphs as N-Quads."""
        content = self.store.dump(format=RdfFormat.N_QUADS)
        assert content is not None
        return content

    def size(self, name: str | None) -> int:
        """How many statements a named graph has, or the default graph."""
        graph = DefaultGraph() if name is None else NamedNode(name)
        return sum(1 for _ in self.store.quads_for_pattern(None, None, None, graph))

    def _parts(self) -> Iterator[tuple[NamedNode, Iterable[Triple]]]:
        for folder in self.knowledge.ontology.folders:
            for file in turtle_files([folder]):
                yield ontology_graph(folder, file), (quad.triple for quad in parse_file(file))
        yield CLOSURE, (quad.triple for quad in self.knowledge.ontology.graph().store)
        files = self.knowledge.folders.shapes
        for file in (*shape_files(files, "description"), *shape_files(files, "ontology")):
            yield SHAPES, (quad.triple for quad in parse_file(file))
        yield QUERIES, catalogue_graph(self.knowledge.queries.values())
        # an ontology whose header does not say enough to be published can be asked all the same
        with suppress(OntologyError):
            yield VOID, described(publication(self.knowledge))


def ontology_graph(folder: Path, file: Path) -> NamedNode:
    """The name of the graph of one file of the ontology, or of a folder beside it."""
    if folder == data_folder("ontology"):
        path = f"ontology/{file.relative_to(folder).with_suffix('')}"
    elif folder == file:
        path = f"pack/{file.stem}"
    else:
        path = f"pack/{folder.resolve().name}/{file.relative_to(folder).with_suffix('')}"
    return NamedNode(GRAPHS + quote(path))


def data_graph(file: Path) -> NamedNode:
    """The name of the graph of what stands in no graph in a file of data."""
    return NamedNode(f"{GRAPHS}data/{quote(file.name)}")
