"""SPARQL over the closed graph: what may be asked, and the answer in the form that was wanted."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
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
from spinecode.vocabulary import PREFIXES

#: The longest query that is read, in characters.
QUERY_LIMIT: Final = 64 * 1024
#: How deep groups, expressions and paths may be nested in a query.
DEPTH_LIMIT: Final = 100
#: The largest answer that is given, in bytes.
RESULT_LIMIT: Final = 32 * 1024 * 1024

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
}


#: How much is told of what the engine expected instead, in characters.
_EXPECTED: Final = 160


# What is no variable however it looks (texts, IRIs, comments), or else a variable.
_OPAQUE = "|".join(
    (
        r'"""(?:[^"\\]|\\.|"(?!""))*"""',
        r"'''(?:[^'\\]|\\.|'(?!''))*'''",
        r'"(?:[^"\\\n]|\\.)*"',
        r"'(?:[^'\\\n]|\\.)*'",
        r'<[^<>"{}|^`\\\x00-\x20]*>',
        r"#[^\n]*",
    )
)
_TOKENS = re.compile(rf"({_OPAQUE})|[?$](\w+)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Answer:
    """A serialised answer: ``kind`` is "table" (SELECT and ASK) or "graph" (CONSTRUCT and DESCRIBE)."""

    content: bytes
    kind: str
    format: str


class _Bounded(io.BytesIO):
    """A buffer that refuses to grow past a limit."""

    def __init__(self, limit: int) -> None:
        super().__init__()
        self.left = limit

    def write(self, data: Any) -> int:
        self.left -= len(data)
        if self.left < 0:
            raise OverflowError
        return super().write(data)


def check_query(text: str, limit: int = QUERY_LIMIT) -> None:
    """Refuse a query that is too long or too deep, or that would have another server asked. Raises QueryError."""
    if len(text) > limit:
        raise QueryError.of(f"The query has {len(text)} characters; at most {limit} are read.")
    if _depth(text) > DEPTH_LIMIT:
        raise QueryError.of(f"The query is nested more than {DEPTH_LIMIT} deep, which cannot be read.")
    if re.search(r"(?<![\w:?$@.-])FROM\s*(?:NAMED\s*)?[<\w:]", _TOKENS.sub(_iri_only, text), re.IGNORECASE):
        raise QueryError.of("FROM is not allowed: there is one graph here, and nothing is loaded for a query.")
    # Without the word there is no such clause; with it, only a parse tells a clause from a name or a text.
    if re.search(r"service", re.sub(r"\\u00([0-7][0-9a-fA-F])", lambda m: chr(int(m[1], 16)), text), re.IGNORECASE):
        _refuse_federation(text)


def _iri_only(match: re.Match[str]) -> str:
    """An IRI as a mark of one, a variable as itself, and nothing for texts and comments."""
    return "<" if (match[1] or "").startswith("<") else "" if match[1] else match[0]


def _depth(text: str) -> int:
    """How deep brackets of any kind are nested, outside of texts, IRIs and comments."""
    depth = deepest = 0
    for character in _TOKENS.sub(lambda m: "" if m[1] else m[0], text):
        if character in "([{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in ")]}":
            depth -= 1
    return deepest


@lru_cache(maxsize=256)
def _refuse_federation(text: str) -> None:
    from rdflib.plugins.sparql.parser import parseQuery

    declared = "".join(f"PREFIX {name}: <{iri}>\n" for name, iri in PREFIXES.items())
    try:
        parsed = parseQuery(declared + text)
    except Exception:
        message = "The query speaks of a service and cannot be read; SERVICE is not allowed here."
        raise QueryError.of(message) from None
    if any(getattr(node, "name", None) == "ServiceGraphPattern" for node in _walk(parsed)):
        raise QueryError.of("SERVICE is not allowed: this endpoint answers from its own graph only.")


def _walk(node: Any) -> Iterator[Any]:
    """A parse tree, node by node. Pyparsing's results pass for mappings, yet hold their children as a list."""
    from pyparsing import ParseResults

    yield node
    if isinstance(node, ParseResults | list | tuple):
        for child in node:
            yield from _walk(child)
    elif isinstance(node, Mapping):
        for child in node.values():
            yield from _walk(child)


def syntax_error(error: SyntaxError) -> QueryError:
    """What the engine says of a broken query, with its line and column as numbers."""
    text = str(error.msg or error)
    place = re.match(r"error at (\d+):(\d+): (.*)", text, re.DOTALL)
    if place is None:
        return QueryError.of(f"The query cannot be read: {text}")
    line, column = int(place[1]), int(place[2])
    if "Prefix not found" in place[3]:
        message = f"A prefix is not declared at line {line}, column {column}. Declared without saying so: "
        return QueryError.of(message + ", ".join(f"{name}:" for name in PREFIXES) + ".", line=line, column=column)
    told = place[3] if len(place[3]) <= _EXPECTED else place[3][:_EXPECTED].rpartition(",")[0] + " ..."
    message = f"The query cannot be read at line {line}, column {column}: {told}."
    return QueryError.of(message, line=line, column=column)


def run(store: Store, query: str, bindings: Mapping[str, NamedNode | Literal]) -> Any:
    """Run a query with values for some of its variables, each put in as a term, never as text.

    The engine substitutes the variables that a query gives back; the others stand for their term in the query itself.
    """
    inserted = {name: term for name, term in bindings.items() if name not in _projected(query)}
    if inserted:
        query = _TOKENS.sub(lambda m: str(inserted[m[2]]) if m[2] in inserted else m[0], query)
    given: dict[Variable, NamedNode | BlankNode | Literal | Triple] = {
        Variable(name): term for name, term in bindings.items() if name not in inserted
    }
    return store.query(query, prefixes=PREFIXES, substitutions=given)


def _projected(query: str) -> set[str]:
    """The names of the variables in the first SELECT clause."""
    bare = _TOKENS.sub(lambda m: "" if m[1] else m[0], query)
    clause = re.search(r"\bSELECT\b(.*?)(?:\bWHERE\b|\{)", bare, re.IGNORECASE | re.DOTALL)
    return set(re.findall(r"[?$](\w+)", clause[1])) if clause else set()


def evaluate(
    store: Store,
    query: str,
    table_format: str = "json",
    graph_format: str = "turtle",
    bindings: Mapping[str, NamedNode | Literal] | None = None,
    result_limit: int = RESULT_LIMIT,
) -> Answer:
    """Run a query and serialise its answer.

    ``bindings`` gives values to variables, as terms. Raises QueryError for a query that is broken or not allowed, or
    whose answer is too large.
    """
    check_query(query)
    output = _Bounded(result_limit)
    try:
        results = run(store, query, bindings or {})
        if isinstance(results, QuerySolutions | QueryBoolean):
            wanted = table_format
            if isinstance(results, QueryBoolean) and wanted in ("csv", "tsv"):
                wanted = "json"
            results.serialize(output, format=TABLE_FORMATS[wanted])
            kind = "table"
        else:
            wanted = graph_format
            serialize(results, output, format=GRAPH_FORMATS[wanted], prefixes=PREFIXES)
            kind = "graph"
    except SyntaxError as error:
        raise syntax_error(error) from None
    except OverflowError:
        raise QueryError.of(f"The answer is larger than {result_limit} bytes. Add a LIMIT.") from None
    except (ValueError, OSError, RuntimeError) as error:
        raise QueryError.of(f"The query cannot be run: {error}") from None
    return Answer(output.getvalue(), kind, wanted)


def rows(store: Store, query: str, bindings: Mapping[str, NamedNode | Literal] | None = None) -> list[dict[str, str]]:
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
