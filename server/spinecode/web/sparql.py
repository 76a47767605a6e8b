"""``/sparql``: the SPARQL 1.1 Protocol for queries over the dataset. There is no update."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final
from urllib.parse import parse_qsl

from flask import Blueprint, Response, g, render_template, request

from spinecode.errors import QueryError, SpinecodeError
from spinecode.runner import LongAnswer
from spinecode.sparql import Answer, Question
from spinecode.web.bodies import FORM_TYPES, check_charset, of_no_known_type
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
    chosen,
    format_wanted,
    not_acceptable,
    prefers_page,
    wants_page,
)
from spinecode.web.problems import help_with
from spinecode.web.replies import long_reply, page, rdf_reply, reply
from spinecode.web.service import service_description
from spinecode.web.site import site
from spinecode.web.workbench import workbench

blueprint = Blueprint("sparql", __name__)
# also for the page of a query that cannot be run, which shows the form once more
blueprint.app_template_global("workbench")(workbench)

_UPDATE_TYPE: Final = "application/sparql-update"
_DEFAULT, _NAMED = "default-graph-uri", "named-graph-uri"
#: What makes the same query answer differently each time.
_VOLATILE: Final = re.compile(r"\b(now|rand|uuid|struuid|bnode)\b|\\u", re.IGNORECASE)
#: How much of an answer a page shows.
ROW_LIMIT: Final = 500

#: Where the environment of a request has the error that a query ended with before the app was asked.
FAILED: Final = "spinecode.failed"

#: The parameters of a request, in order and with repetition.
Pairs = Sequence[tuple[str, str]]


@blueprint.get("/sparql")
def by_address() -> Response:
    """Answer the query of the parameter ``query``; without one, tell of the service, to a browser by the form."""
    pairs = _pairs(request.environ.get("QUERY_STRING", "").encode("latin-1"), "address")
    _refuse_update(pairs)
    if not any(name == "query" for name, _ in pairs):
        if wants_page():
            return page(_page("", None))
        return rdf_reply(service_description(site(), request.base_url), chosen(*RDF))
    return _answer(_single(pairs), pairs, keep=True)


@blueprint.post("/sparql")
def by_body() -> Response:
    """Answer the query of a body: a form, or the query itself."""
    kind = request.mimetype
    g.readable = (QUERY.media_type, FORM_TYPES[0])
    address = _pairs(request.environ.get("QUERY_STRING", "").encode("latin-1"), "address")
    _refuse_update(address)
    if kind == _UPDATE_TYPE:
        raise _read_only()
    if kind not in (QUERY.media_type, FORM_TYPES[0]):
        raise of_no_known_type()
    check_charset("A query", request.mimetype_params)
    content = request.get_data()
    if kind == QUERY.media_type:
        if any(name == "query" for name, _ in address):
            raise QueryError.of("There are two queries, one in the address and one as the body. Send one.")
        return _answer(_one([_decoded(content, "query")]), address, keep=False)
    form = _pairs(content, "form")
    _refuse_update(form)
    # where the form names graphs it does so for itself; the protocol has no parameters of the address beside a form
    return _answer(_single([*address, *form]), [*address, *form], keep=False)


def _pairs(content: bytes, where: str) -> Pairs:
    """The parameters of an address or a form. Raises QueryError where they are not UTF-8."""
    try:
        text = content.decode("ascii")
        return parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=1000)
    except UnicodeDecodeError:
        raise QueryError.of(f"The {where} is not percent-encoded UTF-8.") from None
    except ValueError as error:
        raise QueryError.of(f"The {where} cannot be read: {error}.") from None


def _decoded(content: bytes, what: str) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise QueryError.of(f"The {what} is not UTF-8, at byte {error.start}.") from None


def _read_only() -> SpinecodeError:
    return QueryError.of("This endpoint is read-only: it answers queries and takes no updates.")


def _refuse_update(pairs: Pairs) -> None:
    if any(name in ("update", "using-graph-uri", "using-named-graph-uri") for name, _ in pairs):
        raise _read_only()


def _single(pairs: Pairs) -> str:
    return _one([value for name, value in pairs if name == "query"])


def _one(queries: list[str]) -> str:
    if len(queries) != 1 or not queries[0].strip():
        wrong = "Give one query" if len(queries) > 1 else "There is no query. Give one"
        raise QueryError.of(f"{wrong} as the parameter 'query', or as a body of the type {QUERY.media_type}.")
    return queries[0]


def _graphs(pairs: Pairs, wanted: str) -> tuple[str, ...] | None:
    """The graphs that the request names by a parameter. Raises QueryError for what is no absolute IRI."""
    found = [value for name, value in pairs if name == wanted]
    for iri in found:
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*:[^<>\"{}|^`\\\x00-\x20]*", iri):
            raise QueryError.of(f"{wanted} is an absolute IRI, not {iri!r}.")
    return tuple(dict.fromkeys(found)) or None


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a request takes: a page, or a table and a graph in some representation, each None when it takes none."""

    page: bool
    table: Representation | None
    graph: Representation | None

    def question(self, query: str, pairs: Pairs = ()) -> Question:
        """The query with its formats and graphs.

        Raises NotAcceptableError, or QueryError for a graph that is no IRI.
        """
        if not self.page and self.table is None and self.graph is None:
            raise not_acceptable((*TABLES, *RDF, HTML))
        return Question(
            query,
            (TABLE_JSON if self.page or self.table is None else self.table).name,
            (TURTLE if self.page or self.graph is None else self.graph).name,
            default_graphs=_graphs(pairs, _DEFAULT),
            named_graphs=_graphs(pairs, _NAMED),
        )

    def representation(self, answer: Answer | LongAnswer, name: str | None = None) -> Representation:
        """How an answer is written. Raises NotAcceptableError, or InputError where ``name`` is of the other kind."""
        offers = TABLES if answer.kind == "table" else RDF
        if (self.table if answer.kind == "table" else self.graph) is None:
            if isinstance(answer, LongAnswer):
                answer.file.close()
            if name is not None:
                by_name(name, offers)
            raise not_acceptable(offers)
        return by_name(answer.format, offers)


@lru_cache(maxsize=512)
def wanted_by(accept: str) -> Wanted:
    """What a request takes by its Accept header."""
    return Wanted(prefers_page(accept), by_accept(accept, TABLES), by_accept(accept, RDF))


def wanted_now() -> Wanted:
    """What the current request takes. Raises InputError for an unknown format."""
    name = format_wanted()
    if name is None:
        return wanted_by(request.headers.get("Accept", ""))
    # The names of tables have their like among graphs, so that a client need not know which kind a query gives.
    alike = {TABLE_JSON.name: JSONLD, TABLE_XML.name: RDFXML}
    found = by_name(name, (*TABLES, *RDF, HTML))
    graph = alike.get(name) or (found if found in RDF else None)
    return Wanted(found is HTML, found if found in TABLES else None, graph)


def changes(query: str) -> bool:
    """Whether the same query may be answered differently each time."""
    return _VOLATILE.search(query) is not None


def _answer(query: str, pairs: Pairs, keep: bool) -> Response:
    help_with(lambda: {"query": query})
    wanted = wanted_now()
    if (error := request.environ.get(FAILED)) is not None:
        raise error
    answer = site().runner.answer(wanted.question(query, pairs))
    keep = keep and not changes(query) and site().runner.lasting
    if wanted.page:
        return page(_page(query, answer), keep=keep)
    representation = wanted.representation(answer, format_wanted())
    if isinstance(answer, LongAnswer):
        return long_reply(answer.file, answer.size, representation)
    return reply(answer.content, representation, keep=keep)


def _page(query: str, answer: Answer | LongAnswer | None) -> str:
    context = {"query": query, "answer": answer, "queries": site().knowledge.queries.values()}
    return render_template("sparql.html", **context, **shown(answer))


def shown(answer: Answer | LongAnswer | None) -> dict[str, Any]:
    """An answer as pages show it: the truth, the rows or the graph that it is, or how long it is."""
    if answer is None:
        return {}
    if isinstance(answer, LongAnswer):
        with answer.file:
            return {"long": answer.size}
    if answer.kind != "table":
        return {"graph": answer.content.decode()}
    found = json.loads(answer.content)
    if "boolean" in found:
        return {"truth": found["boolean"]}
    rows = found["results"]["bindings"]
    return {"columns": found["head"]["vars"], "rows": rows[:ROW_LIMIT], "number": len(rows)}
