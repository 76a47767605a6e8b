"""SPARQL over a store: a query with values for its variables, and the answer in the form that was wanted."""

from __future__ import annotations

import io
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from pyoxigraph import (
    BlankNode,
    Literal,
    NamedNode,
    QueryBoolean,
    QueryResultsFormat,
    QuerySolutions,
    RdfFormat,
    Store,
    Triple,
    Variable,
    serialize,
)

from spinecode.errors import QueryError
from spinecode.query_text import QUERY_LIMIT, TOKENS, bare, check_query, select_clause, syntax_error
from spinecode.vocabulary import PREFIXES

#: The largest answer that is given, in bytes.
RESULT_LIMIT: Final = 32 * 1024 * 1024
#: The most rows that a table may have.
ROW_LIMIT: Final = 100_000

#: The names and media types of the formats of tables, the preferred one first.
TABLE_FORMATS: Final = {
    "json": QueryResultsFormat.JSON,
    "xml": QueryResultsFormat.XML,
    "csv": QueryResultsFormat.CSV,
    "tsv": QueryResultsFormat.TSV,
}
#: The names and media types of the formats of graphs, the preferred one first.
GRAPH_FORMATS: Final = {
    "turtle": RdfFormat.TURTLE,
    "ntriples": RdfFormat.N_TRIPLES,
    "jsonld": RdfFormat.JSON_LD,
    "rdfxml": RdfFormat.RDF_XML,
    "trig": RdfFormat.TRIG,
    "nquads": RdfFormat.N_QUADS,
}


#: A value of a variable.
Value = NamedNode | Literal


@dataclass(frozen=True, slots=True)
class Question:
    """A query with the formats that its answer may have, and values for its variables.

    ``default_graphs`` and ``named_graphs`` are the dataset that the request asks of in place of the query's own; None
    where it does not say.
    """

    query: str
    table_format: str = "json"
    graph_format: str = "turtle"
    bindings: Mapping[str, Value] = field(default_factory=dict)
    default_graphs: tuple[str, ...] | None = None
    named_graphs: tuple[str, ...] | None = None

    @property
    def names_graphs(self) -> bool:
        """Whether the request names graphs."""
        return self.default_graphs is not None or self.named_graphs is not None


@dataclass(frozen=True, slots=True)
class Limits:
    """What a query may take: ``seconds``, ``bytes`` and ``rows`` of the answer, ``length`` of its text (characters)."""

    seconds: float = 10.0
    bytes: int = RESULT_LIMIT
    rows: int = ROW_LIMIT
    length: int = QUERY_LIMIT


@dataclass(frozen=True, slots=True)
class Answer:
    """A serialised answer: ``kind`` is "table" (SELECT and ASK) or "graph" (CONSTRUCT and DESCRIBE)."""

    content: bytes
    kind: str
    format: str


class _Bounded(io.RawIOBase):
    """A sink that refuses more bytes or rows than a limit.

    Rows are counted by what stands between two of them in each format. A text that holds the same in JSON counts too,
    which can only refuse a little early.
    """

    #: The mark, and what to begin the count with: one row has no other before it, a line holds the names.
    _MARKS: Final = {"json": (b"},{", 1), "xml": (b"<result>", 0), "csv": (b"\n", -1), "tsv": (b"\n", -1)}

    def __init__(self, sink: Any, limits: Limits, form: str | None) -> None:
        super().__init__()
        self._sink = sink
        self._limits = limits
        self._mark: bytes | None
        self._mark, self._rows = self._MARKS.get(form or "", (None, 0))
        self._quoted = form == "csv"
        self._inside = False
        self._tail = b""
        self._bytes = 0

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        data = bytes(data)
        self._bytes += len(data)
        if self._bytes > self._limits.bytes:
            raise OverflowError(f"The answer is larger than {self._limits.bytes} bytes. Add a LIMIT.")
        if self._mark is not None:
            self._rows += self._counted(data)
            if self._rows > self._limits.rows:
                raise OverflowError(f"The answer has more than {self._limits.rows} rows. Add a LIMIT.")
        self._sink.write(data)
        return len(data)

    def _counted(self, data: bytes) -> int:
        assert self._mark is not None
        if self._quoted:
            # a line break inside of quotes belongs to a text
            parts = data.split(b'"')
            outside = parts[1::2] if self._inside else parts[::2]
            self._inside ^= len(parts) % 2 == 0
            return sum(part.count(b"\n") for part in outside)
        whole = self._tail + data
        self._tail = whole[-(len(self._mark) - 1) :] if len(self._mark) > 1 else b""
        return whole.count(self._mark)


def run(store: Store, query: str, bindings: Mapping[str, Value], question: Question | None = None) -> Any:
    """Run a query with values for some of its variables, each put in as a term, never as text.

    ``question`` has the graphs that the request names, if any. The engine substitutes the variables that a query gives
    back; the others stand for their term in the query itself.
    """
    inserted = {name: term for name, term in bindings.items() if name not in _projected(query)}
    if inserted:
        query = TOKENS.sub(lambda m: str(inserted[m[2]]) if m[2] in inserted else m[0], query)
    given: dict[Variable, NamedNode | BlankNode | Literal | Triple] = {
        Variable(name): term for name, term in bindings.items() if name not in inserted
    }
    named: dict[str, Any] = {}
    if question is not None and question.names_graphs:
        named["default_graph"] = [NamedNode(iri) for iri in question.default_graphs or ()]
        named["named_graphs"] = [NamedNode(iri) for iri in question.named_graphs or ()]
    return store.query(query, prefixes=PREFIXES, substitutions=given, **named)


def _projected(query: str) -> set[str]:
    """The names of the variables in the first SELECT clause."""
    return set(re.findall(r"[?$](\w+)", select_clause(bare(query))))


def respond(
    store: Store, question: Question, sink: Any, limits: Limits, graphs: Collection[str] | None = None
) -> tuple[str, str]:
    """Run a query and write its answer into a sink; gives its kind ("table" or "graph") and its format.

    ``graphs`` are the IRIs that FROM may name, any by default. Raises QueryError for a query that is broken or not
    allowed, or whose answer is too large.
    """
    check_query(question.query, None if question.names_graphs else graphs, limits.length)
    try:
        return written(run(store, question.query, question.bindings, question), question, sink, limits)
    except SyntaxError as error:
        raise syntax_error(error) from None
    except (ValueError, OSError, RuntimeError) as error:
        raise QueryError.of(f"The query cannot be run: {error}") from None


def written(results: Any, question: Question, sink: Any, limits: Limits) -> tuple[str, str]:
    """Write results into a sink in the format that was wanted; gives their kind and the format.

    Raises QueryError where they are too large, and what reading them raises.
    """
    try:
        if isinstance(results, QuerySolutions | QueryBoolean):
            kind, wanted = "table", question.table_format
            bounded = _Bounded(sink, limits, wanted if isinstance(results, QuerySolutions) else None)
            results.serialize(bounded, format=TABLE_FORMATS[wanted])  # type: ignore[arg-type]  # all that it calls is there
        else:
            kind, wanted = "graph", question.graph_format
            bounded = _Bounded(sink, limits, None)
            form = GRAPH_FORMATS[wanted]
            prefixes = None if form in (RdfFormat.N_TRIPLES, RdfFormat.N_QUADS) else PREFIXES
            serialize(results, bounded, format=form, prefixes=prefixes)  # type: ignore[arg-type]
    except OverflowError as error:
        raise QueryError.of(str(error)) from None
    return kind, wanted


def evaluate(
    store: Store,
    query: str,
    table_format: str = "json",
    graph_format: str = "turtle",
    bindings: Mapping[str, Value] | None = None,
    graphs: Collection[str] | None = None,
) -> Answer:
    """Run a query in this process and serialise its answer; see ``respond``.

    ``bindings`` gives values to variables, as terms.
    """
    output = io.BytesIO()
    question = Question(query, table_format, graph_format, bindings or {})
    kind, form = respond(store, question, output, Limits(), graphs)
    return Answer(output.getvalue(), kind, form)


def rows(store: Store, query: str, bindings: Mapping[str, Value] | None = None) -> list[dict[str, str]]:
    """The rows of a SELECT query as texts by variable; a variable without a value is left out."""
    check_query(query)
    try:
        results = run(store, query, bindings or {})
    except SyntaxError as error:
        raise syntax_error(error) from None
    if not isinstance(results, QuerySolutions):
        raise QueryError.of("This query gives no table; ask for a SELECT.")
    names = [variable.value for variable in results.variables]
    found = []
    for solution in results:
        found.append({name: solution[name].value for name in names if solution[name] is not None})
    return found
