"""Queries put to a store of someone's own: checked here, asked there, the answer read and written anew.

This runs in a process that can be ended, since checking a hostile query may take long, and so may reading an answer.
That an answer is read and written anew shows a broken one, counts its rows, and gives every format whatever the store
can write.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from time import monotonic
from typing import IO, Any, Final, cast

import requests
from pyoxigraph import (
    NamedNode,
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    RdfFormat,
    Store,
    parse,
    parse_query_results,
)

from spinecode.errors import QueryError, SpinecodeError, StoreError, StoreTimeoutError
from spinecode.parameters import bound_text
from spinecode.plain_query import names_dataset, plain_text, with_prefixes
from spinecode.query_text import check_query, syntax_error
from spinecode.sparql import Limits, Question, written
from spinecode.store_client import Address, StoreClient
from spinecode.store_version import VERSION_GRAPH, VERSION_QUERY, Held, Version, held_from
from spinecode.vocabulary import PREFIXES, SPINE

#: The part of the time limit that a store may take, so that there is some left to say that it took too long.
_SHARE: Final = 0.95
#: How long what a store said of its version holds, in seconds.
_FRESH: Final = 5.0
#: How much an answer to a question of our own may hold, in bytes.
_SMALL: Final = 1 << 20
#: How many unknown graphs of one query the store is asked about.
_ASKED: Final = 16
#: A graph that is nowhere, in the place of one that a store might fetch.
_NOWHERE: Final = SPINE + "graph/none"

_TABLES: Final = {
    "application/sparql-results+json": QueryResultsFormat.JSON,
    "application/json": QueryResultsFormat.JSON,
    "application/sparql-results+xml": QueryResultsFormat.XML,
    "application/xml": QueryResultsFormat.XML,
    "text/xml": QueryResultsFormat.XML,
}
_GRAPHS: Final = {
    "application/n-triples": RdfFormat.N_TRIPLES,
    "text/turtle": RdfFormat.TURTLE,
    "application/rdf+xml": RdfFormat.RDF_XML,
    "application/n-quads": RdfFormat.N_QUADS,
    "application/trig": RdfFormat.TRIG,
    "text/plain": RdfFormat.N_TRIPLES,
}
# what is read best comes first; CSV tells no kinds of terms and TSV is written differently by each
_TABLE_ACCEPT: Final = "application/sparql-results+json, application/sparql-results+xml;q=0.8"
_GRAPH_ACCEPT: Final = "application/n-triples, text/turtle;q=0.8, application/rdf+xml;q=0.5"


@dataclass(frozen=True, slots=True)
class Forwarding:
    """What a process has to know to put queries to a store: where it is, and what it should hold."""

    address: Address
    version: Version
    graphs: frozenset[str]

    def answering(self, limits: Limits) -> Callable[[Question, Any], tuple[str, str]]:
        """What answers a question within the limits, writing into a sink; gives kind and format."""
        return _Forwarder(self, limits).answer


def held_by(client: StoreClient, seconds: float) -> Held:
    """What version a store holds. Raises StoreError and BusyError when it does not say."""
    default = client.address.default_graph
    graphs = [("default-graph-uri", default), ("named-graph-uri", VERSION_GRAPH)] if default else []
    try:
        return held_from(_asked(client, VERSION_QUERY, graphs, seconds))
    except (ValueError, QueryError):
        raise StoreError.of(f"{client.name} does not answer as a SPARQL endpoint does. Is its address right?") from None


def _asked(client: StoreClient, query: str, graphs: list[tuple[str, str]], seconds: float) -> bytes:
    with client.query(query, "application/sparql-results+json", graphs, seconds=seconds) as response:
        return _Reader(client, response, monotonic() + seconds).all()


class _Forwarder:
    def __init__(self, forwarding: Forwarding, limits: Limits) -> None:
        self._limits = limits
        self._version = forwarding.version
        self._address = forwarding.address
        self._client = StoreClient(forwarding.address)
        self._known = forwarding.graphs
        self._nothing = Store()
        self._checked = float("-inf")
        # what is imported when it is needed, since nothing can be read behind shut doors
        import difflib  # noqa: F401

        import rdflib.plugins.sparql.parser  # noqa: F401

    def answer(self, question: Question, sink: Any) -> tuple[str, str]:
        """See ``Forwarding.answering``. Raises QueryError, BusyError, StoreError."""
        ends = monotonic() + self._limits.seconds * _SHARE
        graphs = _Graphs(self._known, lambda iri: self._holds(iri, ends))
        kind, text = self._checked_text(question, graphs)
        dataset = self._dataset(question, text, graphs)
        if monotonic() - self._checked > _FRESH:
            self._version.check(held_by(self._client, _left(ends)))
            self._checked = monotonic()
        accept = _GRAPH_ACCEPT if kind == "graph" else _TABLE_ACCEPT
        with self._client.query(text, accept, dataset, seconds=_left(ends)) as response:
            return self._written(kind, question, response, ends, sink)

    def _checked_text(self, question: Question, graphs: Collection[str]) -> tuple[str, str]:
        """The kind of a query ("table", "truth" or "graph") and the text that is sent for it."""
        known = None if question.names_graphs else graphs
        check_query(question.query, known, self._limits.length)
        kind = self._kind(question.query)
        plain = plain_text(bound_text(question.query, question.bindings))
        if plain != question.query:
            check_query(plain, known, 2 * self._limits.length)
            kind = self._kind(plain)
        return kind, with_prefixes(plain, PREFIXES)

    def _kind(self, text: str) -> str:
        """What a query gives; that it is one, as the engine reads it, is seen by asking it of nothing."""
        try:
            with _doors_shut():
                results = self._nothing.query(text, prefixes=PREFIXES)
        except SyntaxError as error:
            raise syntax_error(error) from None
        except (ValueError, OSError, RuntimeError) as error:
            raise QueryError.of(f"The query cannot be run: {error}") from None
        if isinstance(results, QueryBoolean):
            return "truth"
        return "table" if isinstance(results, QuerySolutions) else "graph"

    def _dataset(self, question: Question, text: str, graphs: Collection[str]) -> list[tuple[str, str]]:
        default, named = question.default_graphs or (), question.named_graphs or ()
        if not question.names_graphs:
            if self._address.default_graph is None or names_dataset(text):
                return []
            default, named = (self._address.default_graph,), tuple(sorted(self._known))
        # what the store does not hold it might look for elsewhere
        pairs = [("default-graph-uri", iri if iri in graphs else _NOWHERE) for iri in default]
        return pairs + [("named-graph-uri", iri if iri in graphs else _NOWHERE) for iri in named]

    def _holds(self, iri: str, ends: float) -> bool:
        """Whether the store has a graph that we do not know of."""
        try:
            name = NamedNode(iri)
            query = f"SELECT ?s WHERE {{ GRAPH {name} {{ ?s ?p ?o }} }} LIMIT 1"
            found = parse_query_results(_asked(self._client, query, [], _left(ends)), format=QueryResultsFormat.JSON)
            return isinstance(found, QuerySolutions) and next(found, None) is not None
        except (ValueError, SyntaxError, QueryError):
            return False

    def _written(
        self, kind: str, question: Question, response: requests.Response, ends: float, sink: Any
    ) -> tuple[str, str]:
        reader = _Reader(self._client, response, ends)
        media_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        syntax = (_GRAPHS if kind == "graph" else _TABLES).get(media_type)
        if syntax is None:
            told = f"answers with {media_type[:60]!r}" if media_type else "answers with no Content-Type"
            raise StoreError.of(f"{self._client.name} {told}, which is no answer to this query. Is its address right?")
        try:
            results = _results(reader, syntax)
            if kind == "truth":
                results = _truth(results)
            return written(results, question, sink, self._limits)
        except SpinecodeError:
            raise
        except (SyntaxError, ValueError, OSError, EOFError) as error:
            if reader.failure is not None:
                raise reader.failure from None
            told = " ".join(str(error).split())[:160]
            raise StoreError.of(f"{self._client.name} gave an answer that cannot be read: {told}") from None


def _results(reader: _Reader, syntax: RdfFormat | QueryResultsFormat) -> Any:
    stream = cast(IO[bytes], reader)
    if isinstance(syntax, QueryResultsFormat):
        return parse_query_results(stream, format=syntax)
    return (quad.triple for quad in parse(stream, format=syntax))


def _truth(results: Any) -> QueryBoolean:
    """A truth, which some stores give as a table of one cell."""
    if isinstance(results, QuerySolutions):
        row = next(results, None)
        cell = row[0] if row is not None and len(row) == 1 else None
        text = "true" if getattr(cell, "value", "") in ("1", "true") else "false"
        found = parse_query_results(f'{{"head":{{}},"boolean":{text}}}', format=QueryResultsFormat.JSON)
        assert isinstance(found, QueryBoolean)
        return found
    return cast(QueryBoolean, results)


class _Graphs(Collection[str]):
    """The graphs that FROM may name: those known, and those of its own that the store has."""

    def __init__(self, known: frozenset[str], holds: Callable[[str], bool]) -> None:
        self._names = known
        self._holds = holds
        self._found: dict[str, bool] = {}

    def __contains__(self, iri: object) -> bool:
        if iri in self._names:
            return True
        name = str(iri)
        if name not in self._found and len(self._found) < _ASKED:
            self._found[name] = self._holds(name)
        return self._found.get(name, False)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


class _Reader(io.RawIOBase):
    """The content of an answer, as a file to be read until a time."""

    def __init__(self, client: StoreClient, response: requests.Response, ends: float) -> None:
        super().__init__()
        self._client = client
        self._response = response
        self._ends = ends
        self.failure: SpinecodeError | None = None

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1) -> bytes:
        try:
            left = _left(self._ends)
            connection = getattr(self._response.raw, "connection", None)
            if (sock := getattr(connection, "sock", None)) is not None:
                sock.settimeout(left)
            with self._client.failures(), _as_requests():
                return bytes(self._response.raw.read1(size if size and size > 0 else 1 << 16, decode_content=True))
        except SpinecodeError as error:
            # the parser tells of its own error, not of this one
            self.failure = error
            raise OSError(str(error)) from None

    def all(self) -> bytes:
        """A short content whole."""
        found = bytearray()
        try:
            while part := self.read(1 << 16):
                found += part
                if len(found) > _SMALL:
                    raise StoreError.of(f"{self._client.name} says too much of its version.")
        except OSError:
            if self.failure is not None:
                raise self.failure from None
            raise
        return bytes(found)


@contextmanager
def _as_requests() -> Iterator[None]:
    """The errors of the library below as those of requests, as its own reading tells them."""
    from urllib3.exceptions import HTTPError, ReadTimeoutError

    try:
        yield
    except (ReadTimeoutError, TimeoutError):
        raise requests.ReadTimeout from None
    except (HTTPError, OSError) as error:
        raise requests.ConnectionError(f"reset by peer {type(error).__name__}") from None


def _left(ends: float) -> float:
    left = ends - monotonic()
    if left <= 0:
        raise StoreTimeoutError.of("The store did not answer in time.")
    return left


@contextmanager
def _doors_shut() -> Iterator[None]:
    """Let this process open nothing for a while, whatever the engine may be told to do."""
    try:
        import resource  # not on every platform
    except ImportError:
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
    try:
        yield
    finally:
        with suppress(ValueError, OSError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
