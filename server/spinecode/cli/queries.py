"""Queries on the command line: where they come from, values for their variables, and what there is to be asked."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import click
from click.shell_completion import CompletionItem
from pyoxigraph import Literal, NamedNode

from spinecode.catalogue import CataloguedQuery, query_named
from spinecode.cli.axes import knowledge_of
from spinecode.errors import InputError
from spinecode.vocabulary import PREFIXES, shorten, term


class QueryName(click.ParamType[str]):
    """The name of a query, a file or - for standard input."""

    name = "query"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """The names of the catalogue that begin with what was typed; else files."""
        found = [q for q in knowledge_of(ctx).queries.values() if q.name.startswith(incomplete)]
        return [CompletionItem(q.name, help=q.question) for q in found] or [CompletionItem(incomplete, type="file")]


def query_text(name: str, queries: Callable[[], dict[str, CataloguedQuery]]) -> tuple[str, CataloguedQuery | None]:
    """The text of a query, and the query where it is one of the catalogue; else standard input or a file.

    ``queries`` gives the catalogue.
    """
    if name == "-":
        return sys.stdin.read(), None
    path = Path(name)
    if path.suffix == ".rq" or path.is_file():
        try:
            return path.read_text(encoding="utf-8"), None
        except OSError as error:
            raise InputError.of(f"The file cannot be read: {error.strerror or error}.", file=name) from None
        except UnicodeDecodeError:
            raise InputError.of("The file is not UTF-8 text.", file=name) from None
    found = query_named(queries(), name)
    return found.text, found


def values_of(params: Iterable[str]) -> dict[str, str]:
    """The values of ``NAME=VALUE``. Raises InputError for anything else, and for a name given twice."""
    found: dict[str, str] = {}
    for param in params:
        name, equals, value = param.partition("=")
        if not equals or not name.isidentifier():
            raise InputError.of(f"{param!r} is not of the form NAME=VALUE.")
        if name in found:
            raise InputError.of(f"{name} is given twice; a parameter has one value.", axis=name, value=value)
        found[name] = value
    return found


def term_of(text: str) -> NamedNode | Literal:
    """A value for a variable whose kind nobody has told: an IRI or a date by its form, else a text.

    Raises InputError for an IRI or a text that is none.
    """
    prefix, colon, local = text.partition(":")
    try:
        if text.startswith("<") and text.endswith(">"):
            return NamedNode(text[1:-1])
        if colon and prefix in PREFIXES:
            return NamedNode(PREFIXES[prefix] + local)
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
            return Literal(text, datatype=term("xsd:date"))
        return Literal(text)
    except UnicodeEncodeError:
        raise InputError.of(f"{text!r} is not UTF-8 text.") from None
    except ValueError as error:
        raise InputError.of(f"{text} is not an IRI: {error}.") from None


def table_of(content: bytes) -> tuple[list[str], list[dict[str, str]]]:
    """Column names and rows of SPARQL results in JSON; the answer of ASK is a single cell."""
    raw = json.loads(content)
    if "boolean" in raw:
        return ["answer"], [{"answer": "yes" if raw["boolean"] else "no"}]
    names = raw["head"]["vars"]
    return names, [{name: _shown(cell) for name, cell in row.items()} for row in raw["results"]["bindings"]]


def _shown(cell: Mapping[str, str]) -> str:
    """A value for people: an IRI as a prefixed name."""
    return shorten(cell["value"]) if cell["type"] == "uri" else cell["value"]


def show_catalogue(queries: Mapping[str, CataloguedQuery], form: str | None) -> None:
    """List the catalogue, as a table or as JSON."""
    from spinecode.cli import render

    if form == "json":
        render.print_json([query.as_dict() for query in queries.values()])
        return
    render.show_pairs([(query.name, query.question) for query in queries.values()])
    render.show_hint("spinecode query NAME --describe tells what a query takes and gives.")


def show_query(query: CataloguedQuery, form: str | None) -> None:
    """Tell what a query of the catalogue asks, takes and gives, as text or as JSON."""
    from spinecode.cli import render

    if form == "json":
        render.print_json(query.as_dict())
        return
    render.show_text(query.question, bold=True)
    for text in (query.notes, f"Reads: {query.header.reads}" if query.header.reads else ""):
        if text:
            render.show_text(re.sub(r"(?<!\n)\n(?!\n)", " ", text))
    if query.parameters:
        render.show_hint("--param")
        render.show_pairs(
            [(p.name, f"{p.description} ({p.kind_text}, {p.use}, example {p.example})") for p in query.parameters]
        )
    render.show_hint("columns" if query.columns else "gives")
    if query.columns:
        render.show_pairs([(column.name, column.description) for column in query.columns])
    else:
        render.show_text(query.header.gives)
