"""Queries on the command line: where they come from, and values for their variables."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable
from pathlib import Path

from pyoxigraph import Literal, NamedNode

from spinecode.catalogue import query_named
from spinecode.errors import InputError
from spinecode.vocabulary import PREFIXES, term


def query_text(name: str) -> tuple[str, str]:
    """The text of a query and the name to report it by: standard input, a file, or a query of the catalogue."""
    if name == "-":
        return sys.stdin.read(), "standard input"
    path = Path(name)
    if path.suffix == ".rq" or path.is_file():
        try:
            return path.read_text(encoding="utf-8"), name
        except OSError as error:
            raise InputError.of(f"The file cannot be read: {error.strerror or error}.", file=name) from None
        except UnicodeDecodeError:
            raise InputError.of("The file is not UTF-8 text.", file=name) from None
    return query_named(name).text, name


def bindings_of(params: Iterable[str]) -> dict[str, NamedNode | Literal]:
    """Values for variables from ``NAME=VALUE``. Raises InputError for anything else."""
    found: dict[str, NamedNode | Literal] = {}
    for param in params:
        name, equals, value = param.partition("=")
        if not equals or not name.isidentifier():
            raise InputError.of(f"{param!r} is not of the form NAME=VALUE.")
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
        return NamedNode(PREFIXES[prefix] + local)
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
