"""``/sparql``: the SPARQL 1.1 Protocol for queries over the closed graph. There is no update."""

from __future__ import annotations

import json
import re
from typing import Any, Final

from flask import Blueprint, Response, g, render_template, request

from spinecode.errors import QueryError, SpinecodeError
from spinecode.sparql import Answer
from spinecode.web.bodies import FORM_TYPES
from spinecode.web.negotiation import (
    HTML,
    JSONLD,
    QUERY,
    RDF,
    RDFXML,
    TABLE_JSON,
    TABLE_XML,
    TABLES,
    TURTLE,
    Representation,
    by_accept,
    by_name,
    format_wanted,
    not_acceptable,
    wants_page,
)
from spinecode.web.problems import UnsupportedMediaTypeError, help_with
from spinecode.web.replies import page, reply
from spinecode.web.site import site

blueprint = Blueprint("sparql", __name__)

_UPDATE_TYPE: Final = "application/sparql-update"
_DATASET: Final = ("default-graph-uri", "named-graph-uri", "using-graph-uri", "using-named-graph-uri")
#: What makes the same query answer differently each time.
_VOLATILE: Final = re.compile(r"\b(now|rand|uuid|struuid)\b|\\u", re.IGNORECASE)
#: How much of an answer a page shows.
ROW_LIMIT: Final = 500


@blueprint.get("/sparql")
def by_address() -> Response:
    """Answer the query of the parameter ``query``; without one, show a browser the form."""
    _refuse_dataset(list(request.args))
    queries = request.args.getlist("query")
    if not any(query.strip() for query in queries) and wants_page():
        return page(_page("", None))
    return _answer(_single(queries), keep=True)


@blueprint.post("/sparql")
def by_body() -> Response:
    """Answer the query of a body: a form, or the query itself."""
    kind = request.mimetype
    g.readable = (QUERY.media_type, FORM_TYPES[0])
    _refuse_dataset([*request.args, *(request.form if kind in FORM_TYPES else ())])
    if kind == QUERY.media_type:
        try:
            query = request.get_data().decode()
        except UnicodeDecodeError as error:
            raise QueryError.of(f"The query is not UTF-8, at byte {error.start}.") from None
        return _answer(_single([query]), keep=False)
    if kind in FORM_TYPES:
        return _answer(_single(request.form.getlist("query")), keep=False)
    if kind == _UPDATE_TYPE:
        raise _read_only()
    told = f"A body of the type {kind!r} is not read" if kind else "The body has no Content-Type"
    raise UnsupportedMediaTypeError.of(f"{told}; send one of {', '.join(g.readable)}.")


def _read_only() -> SpinecodeError:
    return QueryError.of("This endpoint is read-only: it answers queries and takes no updates.")


def _refuse_dataset(names: list[str]) -> None:
    if "update" in names:
        raise _read_only()
    for name in names:
        if name in _DATASET:
            raise QueryError.of(f"{name} is not allowed: this endpoint has one graph, and queries are about it.")


def _single(queries: list[str]) -> str:
    found = [query for query in queries if query.strip()]
    if len(found) != 1:
        wrong = "Give one query" if found else "There is no query. Give one"
        raise QueryError.of(f"{wrong} as the parameter 'query', or as a body of the type {QUERY.media_type}.")
    return found[0]


def _answer(query: str, keep: bool) -> Response:
    help_with(lambda: {"query": query})
    table, graph = _wanted(TABLES), _wanted(RDF)
    as_page = wants_page()
    if not as_page and table is None and graph is None:
        raise not_acceptable((*TABLES, *RDF, HTML))
    table_format = TABLE_JSON if as_page or table is None else table
    graph_format = TURTLE if as_page or graph is None else graph
    answer = site().runner.evaluate(query, table_format.name, graph_format.name)
    keep = keep and _VOLATILE.search(query) is None
    if as_page:
        return page(_page(query, answer), keep=keep)
    offers = TABLES if answer.kind == "table" else RDF
    if (table if answer.kind == "table" else graph) is None:
        if format_wanted() is not None:
            by_name(str(format_wanted()), offers)
        raise not_acceptable(offers)
    return reply(answer.content, by_name(answer.format, offers), keep=keep)


def _wanted(offers: tuple[Representation, ...]) -> Representation | None:
    """The representation wanted of a table or a graph, None when what is wanted is of the other kind."""
    name = format_wanted()
    if name is None:
        return by_accept(request.headers.get("Accept", ""), offers)
    # The names of tables have their like among graphs, so that a client need not know which kind a query gives.
    alike = {TABLE_JSON.name: JSONLD, TABLE_XML.name: RDFXML}
    if offers == RDF and name in alike:
        return alike[name]
    found = by_name(name, (*TABLES, *RDF, HTML))
    return found if found in offers else None


def _page(query: str, answer: Answer | None) -> str:
    context: dict[str, Any] = {"query": query, "answer": answer, "queries": site().knowledge.queries.values()}
    if answer is not None and answer.kind == "table":
        found = json.loads(answer.content)
        if "boolean" in found:
            context["truth"] = found["boolean"]
        else:
            rows = found["results"]["bindings"]
            context |= {"columns": found["head"]["vars"], "rows": rows[:ROW_LIMIT], "number": len(rows)}
    elif answer is not None:
        context["graph"] = answer.content.decode()
    return render_template("sparql.html", **context)
