"""Queries on the command line: where they come from, and values for their variables."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

from pyoxigraph import Literal, NamedNode

from spinecode.catalogue import CataloguedQuery, query_named
from spinecode.errors import InputError
from spinecode.vocabulary import PREFIXES, term


def query_text(name: str, queries: Callable[[], dict[str, CataloguedQuery]]) -> tuple[str, str, tuple[str, ...] | None]:
    """The text of a query, the name to report it by, and its parameters where they are known.

    It is standard input, a file, or a query of the catalogue, which ``queries`` gives.
    """
    if name == "-":
        return sys.stdin.read(), "standard input", None
    path = Path(name)
    if path.suffix == ".rq" or path.is_file():
        try:
            return path.read_text(encoding="utf-8"), name, None
        except OSError as error:
            raise InputError.of(f"The file cannot be read: {error.strerror or error}.", file=name) from None
        except UnicodeDecodeError:
            raise InputError.of("The file is not UTF-8 text.", file=name) from None
    found = query_named(queries(), name)
    return found.text, name, found.parameters


def bindings_of(params: Iterable[str], known: tuple[str, ...] | None = None) -> dict[str, NamedNode | Literal]:
    """Values for variables from ``NAME=VALUE``.

    Raises InputError for anything else, and for a name that is not among the known ones.
    """
    found: dict[str, NamedNode | Literal] = {}
    for param in params:
        name, equals, value = param.partition("=")
        if not equals or not name.isidentifier():
            raise InputError.of(f"{param!r} is not of the form NAME=VALUE.")
        if known is not None and name not in known:
            told = f"its parameters are {', '.join(known)}" if known else "it has none"
            raise InputError.of(f"The query has no parameter {name!r}; {told}.")
        found[name] = _term_of(value)
    return found


def _term_of(text: str) -> NamedNode | Literal:
    prefix, colon, local = text.partition(":")
    if text.startswith("<") and text.endswith(">"):
        try:
            return NamedNode(text[1:-1])
        except ValueError as error:
            raise InputError.of(f"{text} is not an IRI: {error}.") from None
    if colon and prefix in PREFIXES:
        try:
            return NamedNode(PREFIXES[prefix] + local)
        except ValueError as error:
            raise InputError.of(f"{text!r} is not a name: {error}.") from None
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        return Literal(text, datatype=term("xsd:date"))
    return Literal(text)


def table_of(content: bytes) -> tuple[list[str], list[dict[str, str]]]:
    """Column names and rows of SPARQL results in JSON; the answer of ASK is a single cell."""
    raw = json.loads(content)
    if "boolean" in raw:
        return ["answer"], [{"answer": "yes" if raw["boolean"] else "no"}]
    names = raw["head"]["vars"]
    return names, [{k: cell["value"] for k, cell in row.items()} for row in raw["results"]["bindings"]]
