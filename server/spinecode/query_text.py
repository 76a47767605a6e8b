"""What a query may ask: nothing of other servers, no graph that is not here; told by its parse, not by its text."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from typing import Any, Final
from urllib.parse import urljoin

from spinecode.errors import Fault, QueryError
from spinecode.vocabulary import PREFIXES

#: The longest query that is read, in characters.
QUERY_LIMIT: Final = 64 * 1024
#: How deep groups, expressions and paths may be nested in a query.
DEPTH_LIMIT: Final = 100
#: How many unknown graphs are told of.
_TOLD: Final = 10
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
        r"#[^\r\n]*",
    )
)
#: The parts of a query that are opaque (group 1) and the names of its variables (group 2).
TOKENS: Final = re.compile(rf"({_OPAQUE})|[?$](\w+)", re.DOTALL)
#: In group 1, what may be the word of a clause that names others. Whatever reads a query takes all letters it can
#: for a variable, after its mark, and for a prefixed name, after its colon: no word begins inside of these.
_WORDS: Final = re.compile(
    r"[?$][A-Za-z0-9_]+|([A-Za-z0-9_]*?(?:service|from))|[A-Za-z0-9_]*:[A-Za-z0-9_:]*|[A-Za-z0-9_]+", re.IGNORECASE
)
#: Comments before anything else, which none that reads a query takes for anything else: nothing has begun that they
#: could be a part of, and no escape could end them.
_HEADER: Final = re.compile(r"(?:[ \t]*(?:#[^\r\n\\]*)?\r?\n)*")
_ESCAPED: Final = re.compile(r"\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})")
#: What begins and ends nothing in a query, beside letters and digits.
_PLAIN: Final = frozenset("-._~:/?&=%+!*,;@")
_BACKSLASHES: Final = re.compile(rf"{_ESCAPED.pattern}|\\(.)", re.DOTALL)


_IRI: Final = r'<[A-Za-z][^<>"{}|^`\\\x00-\x20]*>'
_NAME: Final = r"[A-Za-z][A-Za-z0-9_-]*:[A-Za-z0-9_-]+"
_VARIABLE: Final = r"[?$][A-Za-z0-9_]+"
#: A query of one pattern about one subject that it names.
_LOOKUP: Final = re.compile(
    rf"\s*(?:PREFIX\s+[A-Za-z][A-Za-z0-9_-]*:\s*{_IRI}\s*)*"
    rf"(?:ASK|SELECT(?:\s*\*|(?:\s+{_VARIABLE})+))\s*(?:WHERE\s*)?"
    rf"\{{\s*(?:{_IRI}|{_NAME})\s+(?:{_VARIABLE}|{_IRI}|{_NAME}|a)\s+(?:{_VARIABLE}|{_IRI}|{_NAME})\s*\.?\s*\}}"
    r"\s*(?:LIMIT\s+[0-9]{1,18}\s*)?",
    re.IGNORECASE | re.ASCII,
)


def bare(text: str) -> str:
    """A query with spaces in the place of its texts, IRIs and comments; all else stands where it stood."""
    return TOKENS.sub(lambda match: " " * len(match[0]) if match[1] else match[0], text)


def select_clause(text: str) -> str:
    """What the first SELECT clause of a bare query holds, nothing where there is none."""
    clause = re.search(r"\bSELECT\b(.*?)(?:\bWHERE\b|\{)", text, re.IGNORECASE | re.DOTALL)
    return clause[1] if clause else ""


def is_lookup(text: str) -> bool:
    """Whether a query only looks up statements of one subject, which cannot take long, whatever there is."""
    return _LOOKUP.fullmatch(text) is not None


def check_length(text: str, limit: int = QUERY_LIMIT) -> None:
    """Refuse a query that is too long. Raises QueryError."""
    if len(text) > limit:
        raise QueryError.of(f"The query has {len(text)} characters; at most {limit} are read.")


def check_query(text: str, graphs: Collection[str] | None = None, limit: int = QUERY_LIMIT) -> None:
    """Refuse a query that is too long or too deep, or that would have something fetched. Raises QueryError.

    ``graphs`` are the IRIs that FROM may name; None when the request names the graphs, so that FROM counts for nothing.
    """
    check_length(text, limit)
    # so few brackets cannot be nested too deep, wherever they stand
    if sum(map(text.count, "([{")) > DEPTH_LIMIT and _depth(text) > DEPTH_LIMIT:
        raise QueryError.of(f"The query is nested more than {DEPTH_LIMIT} deep, which cannot be read.")
    # Without the words there are no such clauses; with them, only a parse tells a clause from a name or a text.
    if not names_others(text):
        return
    named, asks_others = _inspected(text)
    if asks_others:
        raise QueryError.of("SERVICE is not allowed: this endpoint answers from its own graphs only.")
    unknown = [iri for iri in dict.fromkeys(named) if graphs is not None and iri not in graphs]
    if unknown:
        faults = [_unknown_graph(iri, graphs or ()) for iri in unknown[:_TOLD]]
        if len(unknown) > _TOLD:
            faults.append(Fault(f"So it is with {len(unknown) - _TOLD} more."))
        raise QueryError(tuple(faults))


def names_others(text: str) -> bool:
    """Whether SERVICE or FROM may be a word of its own, and not the end of a variable or of a prefixed name.

    Looks into texts, IRIs and comments too, since where these begin and end is for a parser to say; but for the
    comments that a query begins with.
    """
    header = _HEADER.match(text)
    text = text[header.end() :] if header is not None else text
    lower = text.lower()
    if "\\" not in text and "service" not in lower and "from" not in lower and text.isascii():
        return False
    readings = (text, _ESCAPED.sub(_unescaped, text)) if "\\" in text else (text,)
    return any(match[1] for reading in readings for match in _WORDS.finditer(reading))


def _unescaped(match: re.Match[str]) -> str:
    try:
        return chr(int(match[1] or match[2], 16))
    except (ValueError, OverflowError):
        return ""


def _unknown_graph(iri: str, graphs: Collection[str]) -> Fault:
    nearest = tuple(difflib.get_close_matches(iri, graphs, n=2, cutoff=0.8))
    message = f"FROM <{iri}> names no graph of this dataset, and nothing is loaded for a query."
    return Fault(message, value=iri, nearest=nearest)


def _depth(text: str) -> int:
    """How deep brackets of any kind are nested, outside of texts, IRIs and comments."""
    depth = deepest = 0
    for character in re.findall(r"[()\[\]{}]", bare(text)):
        if character in "([{":
            depth += 1
            deepest = max(deepest, depth)
        else:
            depth -= 1
    return deepest


@lru_cache(maxsize=256)
def _inspected(text: str) -> tuple[tuple[str, ...], bool]:
    """The graphs that the query's own FROM clauses name, and whether it asks another server."""
    from rdflib.plugins.sparql.parser import parseQuery

    declared = "".join(f"PREFIX {name}: <{iri}>\n" for name, iri in PREFIXES.items())
    try:
        parsed = parseQuery(declared + _alike(text))
    except Exception as error:
        # not by the engine, which might run what it can read
        line, column = getattr(error, "lineno", len(PREFIXES) + 1) - len(PREFIXES), getattr(error, "column", 1)
        told = " ".join(str(getattr(error, "msg", error)).split())[:_EXPECTED]
        message = f"The query speaks of FROM or SERVICE and cannot be read at line {line}, column {column}: {told}."
        raise QueryError.of(message, line=line, column=column) from None
    prefixes = dict(PREFIXES)
    base = ""
    named: list[str] = []
    others = False
    for node in _walk(parsed):
        kind = getattr(node, "name", None)
        # a part that is absent would be given back as its name by the tree's own look-up
        parts: Mapping[str, Any] = dict(node) if isinstance(node, Mapping) else {}
        if kind == "Base":
            base = urljoin(base, str(parts["iri"]))
        elif kind == "PrefixDecl":
            prefixes[str(parts.get("prefix", ""))] = urljoin(base, str(parts["iri"]))
        elif kind == "DatasetClause":
            named += [urljoin(base, _iri(parts[key], prefixes)) for key in ("default", "named") if key in parts]
        others = others or kind == "ServiceGraphPattern"
    return tuple(named), others


def _alike(text: str) -> str:
    """The query so that the parser here reads it as the engine does.

    The parser puts characters in place of escapes before it looks for texts and comments, and takes a carriage return
    for a part of a comment; the engine reads escapes inside of texts and IRIs, and ends a comment there. So a clause
    could be a text or a comment to the one and a clause to the other.
    """
    lines = text.replace("\r\n", " \n").replace("\r", "\n")
    return _BACKSLASHES.sub(_harmless, lines)


def _harmless(match: re.Match[str]) -> str:
    """An escape that stays one, or a character in its place that begins and ends nothing."""
    if match[3] is not None:
        return "xx" if match[3] == "\\" else match[0]
    character = _unescaped(match)
    return character if character.isalnum() or character in _PLAIN else "x"


def _iri(term: Any, prefixes: Mapping[str, str]) -> str:
    if getattr(term, "name", None) == "pname":
        parts = dict(term)
        local = re.sub(r"\\(.)", r"\1", str(parts.get("localname", "")))
        return prefixes.get(str(parts.get("prefix", "")), "") + local
    return str(term)


def _walk(node: Any) -> Iterator[Any]:
    """A parse tree, node by node. Pyparsing's results pass for mappings, yet hold their children as a list."""
    from pyparsing import ParseResults

    waiting = [node]
    while waiting:
        one = waiting.pop()
        yield one
        if isinstance(one, ParseResults | list | tuple):
            waiting += reversed(list(one))
        elif isinstance(one, Mapping):
            waiting += reversed(list(one.values()))


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
