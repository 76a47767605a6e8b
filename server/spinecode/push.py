"""The graphs given to a store: each put in the place of what the store had under its name, what they are told last.

Graphs are put by the SPARQL 1.1 Graph Store Protocol, or by SPARQL Update where a store has only that. A push can be
repeated, and one that did not end shows: the graph that tells of the version has no version until all others are there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final, Protocol
from urllib.parse import urlsplit, urlunsplit

from pyoxigraph import (
    DefaultGraph,
    NamedNode,
    QueryResultsFormat,
    QuerySolutions,
    RdfFormat,
    Triple,
    parse_query_results,
    serialize,
)

from spinecode.dataset import GRAPHS, Dataset
from spinecode.errors import InputError, QueryError, StoreError
from spinecode.forwarding import held_by
from spinecode.store_client import Address, StoreClient
from spinecode.store_version import VERSION_GRAPH, version_of

#: How long one request may take, in seconds.
SECONDS: Final = 60.0
#: Where stores take graphs, by what the path of their queries ends with: those of Oxigraph, RDF4J and GraphDB, Virtuoso
#: and Apache Jena Fuseki.
_LAYOUTS: Final = (
    (re.compile(r"^/query$"), "/store"),
    (re.compile(r"^(.*/repositories/[^/]+)/?$"), r"\1/rdf-graphs/service"),
    (re.compile(r"^/sparql/?$"), "/sparql-graph-crud-auth"),
    (re.compile(r"^(/[^/]+)/(?:query|sparql)/?$"), r"\1/data"),
)

_COUNTS: Final = "SELECT ?g (COUNT(*) AS ?n) WHERE { GRAPH ?g { ?s ?p ?o } FILTER ( ?g IN ( %s ) ) } GROUP BY ?g"
_OURS: Final = f'SELECT DISTINCT ?g WHERE {{ GRAPH ?g {{ ?s ?p ?o }} FILTER ( STRSTARTS(STR(?g), "{GRAPHS}") ) }}'
_DEFAULT: Final = "SELECT ?s WHERE { ?s ?p ?o FILTER NOT EXISTS { GRAPH ?g { ?s ?p ?o } } } LIMIT 1"


@dataclass(frozen=True, slots=True)
class Step:
    """Something done to a store: "put" or "deleted", which graph (None for the default one), its statements."""

    done: str
    graph: str | None
    size: int


class _Writer(Protocol):
    def put(self, graph: str | None, content: bytes) -> None: ...
    def delete(self, graph: str) -> None: ...


def graph_store_of(url: str) -> str:
    """Where a store takes graphs, by where it answers queries. Raises InputError when that cannot be told."""
    parts = urlsplit(url)
    for path, put in _LAYOUTS:
        if path.match(parts.path):
            return urlunsplit((parts.scheme, parts.netloc, path.sub(put, parts.path), "", ""))
    told = "Where this store takes graphs cannot be told from its address; give --graph-store URL or --update URL."
    raise InputError.of(told)


class Push:
    """A push of a dataset to a store; ``graph_store`` and ``update`` are where it takes graphs or updates.

    Raises InputError when neither is given and the address does not tell.
    """

    def __init__(
        self,
        dataset: Dataset,
        address: Address,
        graph_store: str | None = None,
        update: str | None = None,
        seconds: float = SECONDS,
    ) -> None:
        self._dataset = dataset
        self._seconds = seconds
        self._default = address.default_graph
        self._client = StoreClient(address, f"The store at {address.url}")
        if update is not None:
            self._writer: _Writer = _Updates(self._client, update, seconds)
        else:
            self._writer = _GraphStore(self._client, graph_store or graph_store_of(address.url), seconds)
        self.version = version_of(dataset.knowledge)

    def run(self, replace: bool = False, tell: Callable[[Step], None] = lambda _: None) -> list[Step]:
        """Give the store all graphs; ``tell`` is called after each step.

        ``replace`` overwrites a default graph that holds what is not ours. Raises StoreError and its kin when the store
        does not do as it should; what it holds then is told to be incomplete.
        """
        held = held_by(self._client, self._seconds)
        if not (held.begun or replace) and self._default is None:
            self._refuse_others()
        contents = {name: list(_named(self._dataset, name)) for name in self._dataset.names}
        if self._default is not None:
            contents[self._default] = list(_named(self._dataset, None))
        sizes = {name: len(set(triples)) for name, triples in contents.items()}
        stale = sorted({*held.graphs, *self._ours()} - {*sizes, VERSION_GRAPH})
        steps: list[Step] = []

        def took(step: Step) -> None:
            steps.append(step)
            tell(step)

        begun = self.version.triples(sizes | dict.fromkeys(stale, 0), whole=False)
        self._put(VERSION_GRAPH, begun)
        for name in stale:
            self._writer.delete(name)
            took(Step("deleted", name, 0))
        for name, triples in sorted(contents.items()):
            self._put(name, triples)
            took(Step("put", name, sizes[name]))
        if self._default is None:
            everything = list(_named(self._dataset, None))
            self._put(None, everything)
            took(Step("put", None, len(everything)))
        self._verify(sizes)
        last = self.version.triples(sizes, whole=True)
        self._put(VERSION_GRAPH, last)
        took(Step("put", VERSION_GRAPH, len(last)))
        return steps

    def close(self) -> None:
        """End the connections."""
        self._client.close()

    def _put(self, name: str | None, triples: Iterable[Triple]) -> None:
        content = serialize(triples, format=RdfFormat.N_TRIPLES)
        assert content is not None
        self._writer.put(name, content)

    def _rows(self, query: str) -> Iterator[Any]:
        with self._client.query(query, "application/sparql-results+json", seconds=self._seconds) as response:
            with self._client.failures():
                content = response.content
            try:
                found = parse_query_results(content, format=QueryResultsFormat.JSON)
                assert isinstance(found, QuerySolutions)
                yield from found
            except (SyntaxError, ValueError, AssertionError):
                raise StoreError.of(f"{self._client.name} does not answer as a SPARQL endpoint does.") from None

    def _ours(self) -> list[str]:
        return [row[0].value for row in self._rows(_OURS) if row[0] is not None]

    def _refuse_others(self) -> None:
        """Leave alone a default graph that somebody else has filled."""
        if next(self._rows(_DEFAULT), None) is not None:
            told = (
                f"{self._client.name} has statements in its default graph that are not ours, which a push would "
                "replace. Keep ours in a graph of its own with --default-graph IRI, or give --replace."
            )
            raise StoreError.of(told)

    def _verify(self, sizes: dict[str, int]) -> None:
        """See that the store has what it was given. Some write a number in another way, so counts are compared."""
        names = ", ".join(str(NamedNode(name)) for name in sizes)
        counted = {row[0].value: int(row[1].value) for row in self._rows(_COUNTS % names) if row[0] is not None}
        wrong = [name for name, size in sizes.items() if counted.get(name, 0) != size]
        if wrong:
            name = wrong[0]
            told = f"took {sizes[name]} statements for the graph {name} and has {counted.get(name, 0)}"
            raise StoreError.of(f"{self._client.name} {told}.")


def _named(dataset: Dataset, name: str | None) -> Iterator[Triple]:
    graph = DefaultGraph() if name is None else NamedNode(name)
    return (quad.triple for quad in dataset.store.quads_for_pattern(None, None, None, graph))


class _GraphStore:
    """The Graph Store Protocol."""

    def __init__(self, client: StoreClient, url: str, seconds: float) -> None:
        self._client = client
        self._url = url
        self._seconds = seconds

    def put(self, graph: str | None, content: bytes) -> None:
        # N-Triples are Turtle, which every store reads
        self._sent("PUT", {"graph": graph} if graph is not None else {"default": ""}, content)

    def delete(self, graph: str) -> None:
        self._sent("DELETE", {"graph": graph}, None)

    def _sent(self, method: str, params: dict[str, str], content: bytes | None) -> None:
        kind = "text/turtle" if content is not None else None
        self._client.send(
            method, self._url, self._seconds, data=content, params=params, kind=kind, missing=method == "DELETE"
        ).close()


class _Updates:
    """SPARQL Update."""

    def __init__(self, client: StoreClient, url: str, seconds: float) -> None:
        self._client = client
        self._url = url
        self._seconds = seconds

    def put(self, graph: str | None, content: bytes) -> None:
        # one request a graph, so that its blank nodes stay the same and a store can do it whole or not at all
        name = None if graph is None else str(NamedNode(graph))
        triples = content.decode()
        inserted = triples if name is None else f"GRAPH {name} {{\n{triples}}}"
        self._sent(f"CLEAR SILENT {'DEFAULT' if name is None else f'GRAPH {name}'} ;\nINSERT DATA {{\n{inserted}}}")

    def delete(self, graph: str) -> None:
        self._sent(f"DROP SILENT GRAPH {NamedNode(graph)}")

    def _sent(self, update: str) -> None:
        try:
            self._client.send("POST", self._url, self._seconds, data=[("update", update)]).close()
        except QueryError as error:
            raise StoreError(error.faults) from None
