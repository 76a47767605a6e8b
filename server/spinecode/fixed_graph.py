"""rdflib graphs for pySHACL: shapes that are looked up a thousand times a run, and no prefixes for texts nobody reads.

pySHACL asks the graph of shapes for the same statements with each node, and words each result for people, which costs
most of its time. A graph that does not change can remember its answers.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from typing import Any, Self

import rdflib
from rdflib.namespace import NamespaceManager


class _NoPrefixes(NamespaceManager):
    """Writes every IRI in full."""

    def bind(self, *_: Any, **__: Any) -> None:
        """Not taken."""

    def normalizeUri(self, rdfTerm: str) -> str:  # noqa: N802, N803  # rdflib's names
        """The IRI in brackets."""
        return f"<{rdfTerm}>"


def plain_graph(triples: Iterable[tuple[Any, Any, Any]]) -> rdflib.Graph:
    """A graph of rdflib's terms, without prefixes."""
    return _filled(rdflib.Graph(), triples)


def fixed_graph(triples: Iterable[tuple[Any, Any, Any]]) -> rdflib.Graph:
    """A graph that will not change any more, and remembers what it was asked."""
    return _filled(_Fixed(), triples)


def _filled(graph: rdflib.Graph, triples: Iterable[tuple[Any, Any, Any]]) -> rdflib.Graph:
    graph.namespace_manager = _NoPrefixes(graph)
    for triple in triples:
        graph.add(triple)
    return graph


class _Fixed(rdflib.Graph):
    """Answers are kept once the first is asked for; only what concerns the shapes is ever asked of it."""

    def __init__(self) -> None:
        super().__init__()
        self._known: dict[tuple[Any, ...], Any] = {}

    def _kept(self, key: tuple[Any, ...], make: Callable[[], Iterable[Any]]) -> Iterator[Any]:
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = tuple(make())
        return iter(found)

    def add(self, triple: Any) -> Self:
        """Add a statement, before it is asked for the first time."""
        self._known.clear()
        super().add(triple)
        return self

    def objects(self, subject: Any = None, predicate: Any = None, unique: bool = False) -> Generator[Any, None, None]:
        """As in rdflib."""
        yield from self._kept(
            ("objects", subject, predicate, unique), lambda: super(_Fixed, self).objects(subject, predicate, unique)
        )

    def subjects(self, predicate: Any = None, object: Any = None, unique: bool = False) -> Generator[Any, None, None]:  # noqa: A002
        """As in rdflib."""
        yield from self._kept(
            ("subjects", predicate, object, unique), lambda: super(_Fixed, self).subjects(predicate, object, unique)
        )

    def predicate_objects(self, subject: Any = None, unique: bool = False) -> Generator[tuple[Any, Any], None, None]:
        """As in rdflib."""
        yield from self._kept(
            ("about", subject, unique), lambda: super(_Fixed, self).predicate_objects(subject, unique)
        )

    def items(self, list: Any) -> Generator[Any, None, None]:  # noqa: A002
        """As in rdflib."""
        yield from self._kept(("items", list), lambda: super(_Fixed, self).items(list))
