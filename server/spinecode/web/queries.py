"""``/queries``: the catalogue of the questions that are asked of the graph."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, url_for

from spinecode.catalogue import CataloguedQuery, query_named
from spinecode.web.negotiation import HTML, JSON, QUERY, TEXT, chosen
from spinecode.web.replies import json_reply, page, reply
from spinecode.web.site import site

blueprint = Blueprint("queries", __name__)


@blueprint.get("/queries")
def list_queries() -> Response:
    """Every query with the question it answers."""
    wanted = chosen(JSON, HTML)
    queries = list(site().knowledge.queries.values())
    if wanted is JSON:
        return json_reply({"queries": [_json(query) for query in queries]}, JSON)
    return page(render_template("queries.html", queries=queries))


@blueprint.get("/queries/<name>")
def one_query(name: str) -> Response:
    """One query: its text, and what it asks."""
    query = query_named(site().knowledge.queries, name)
    wanted = chosen(QUERY, TEXT, JSON, HTML)
    if wanted is HTML:
        return page(render_template("query.html", query=query))
    if wanted is JSON:
        return json_reply(_json(query) | {"text": query.text}, JSON)
    return reply(query.text, wanted)


def _json(query: CataloguedQuery) -> dict[str, object]:
    return {
        "name": query.name,
        "question": query.question,
        "notes": query.notes,
        "kind": query.kind,
        "parameters": list(query.parameters),
        "url": url_for(".one_query", name=query.name),
    }
