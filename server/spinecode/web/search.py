"""``/search``: what has a name, from any page: as a page, and as JSON, which completes what is typed."""

from __future__ import annotations

import difflib
from functools import lru_cache
from typing import Any, Final

from flask import Blueprint, Response, render_template, request, url_for
from pyoxigraph import NamedNode

from spinecode.errors import Fault, InputError
from spinecode.knowledge import Knowledge
from spinecode.search import KINDS, Entry, Found, Hit, SearchIndex, folded
from spinecode.vocabulary import shorten
from spinecode.web.negotiation import FORMAT, HTML, JSON, chosen
from spinecode.web.pages import iri_url
from spinecode.web.replies import json_reply, page
from spinecode.web.site import site
from spinecode.web.views import narrowest
from spinecode.web.wording import kind_label

blueprint = Blueprint("search", __name__)

QUERY: Final = "q"
LIMIT: Final = "limit"
KIND: Final = "kind"
#: How many are told without a limit, and at most.
USUAL, MOST = 20, 100
#: Longer texts are no names.
_LONGEST: Final = 200


@blueprint.get("/search")
def search() -> Response:
    """What has the words of ``q`` in its names. Raises InputError for a limit or kind that is none."""
    _refuse_unknown()
    wanted = chosen(HTML, JSON)
    text = " ".join(request.args.get(QUERY, "").split())
    # a single ligature may be many letters in the form that is looked for
    length = max(len(text), len(folded(text[: _LONGEST + 1])))
    if length > _LONGEST:
        raise InputError.of(f"A search has at most {_LONGEST} characters, not {length}.", axis=QUERY)
    limit, kinds = _limit(request.args.get(LIMIT)), _kinds(request.args.getlist(KIND))
    found = search_index(site().knowledge).find(text, limit, kinds)
    results = [_hit_json(hit) for hit in found.hits]
    if wanted is JSON:
        return json_reply(_json(text, found, results), JSON)
    return page(render_template("search.html", text=text, found=found, results=results, more=min(found.number, MOST)))


@lru_cache(maxsize=4)
def search_index(knowledge: Knowledge) -> SearchIndex:
    """The names of what is known, made when they are asked for first."""
    return SearchIndex(knowledge)


def _refuse_unknown() -> None:
    known = (QUERY, LIMIT, KIND, FORMAT)
    faults = [
        Fault(
            f"There is no parameter {name!r} here. The parameters are {', '.join(known)}.",
            axis=name,
            value=name,
            nearest=tuple(difflib.get_close_matches(name, known, n=1)),
        )
        for name in request.args
        if name not in known
    ]
    if faults:
        raise InputError(tuple(faults))


def _limit(text: str | None) -> int:
    if text is None:
        return USUAL
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= MOST:
        raise InputError.of(f"{LIMIT} is a number from 1 to {MOST}, not {text!r}.", axis=LIMIT, value=text)
    return int(text)


def _kinds(given: list[str]) -> tuple[str, ...]:
    for text in given:
        if text not in KINDS:
            near = tuple(difflib.get_close_matches(text, KINDS, n=1))
            told = f"There is no kind {text!r}. The kinds are {', '.join(KINDS)}."
            raise InputError.of(told, axis=KIND, value=text, nearest=near)
    return tuple(given) or KINDS


def _json(text: str, found: Found, results: list[dict[str, Any]]) -> dict[str, Any]:
    return {"query": text, "number": found.number, "results": results, "nearest": list(found.nearest)}


def _hit_json(hit: Hit) -> dict[str, Any]:
    entry, name = hit.entry, hit.name
    found: dict[str, Any] = {
        "label": entry.label,
        "kind": entry.kind,
        "kind_label": kind_of(entry),
        "definition": entry.definition,
        "iri": entry.iri,
        "short": shorten(entry.iri) if entry.iri is not None else entry.key,
        "url": url_of(entry),
    }
    if entry.kind == "code":
        found |= {"code": entry.key, "past": entry.past}
    if name is not None:
        found["matched"] = {"name": name.text, "language": name.language}
    return found


def url_of(entry: Entry) -> str:
    """The address of the page of an entry."""
    if entry.kind == "code":
        return url_for("codes.one_code", code=entry.key)
    if entry.iri is None:
        return url_for("queries.one_query", name=entry.key)
    return iri_url(entry.iri) or entry.iri


def kind_of(entry: Entry) -> str:
    """What a reader calls the kind of an entry."""
    knowledge = site().knowledge
    if entry.kind in ("code", "query", "family", "axis") or entry.iri is None:
        return entry.kind
    if entry.kind == "value":
        return knowledge.index.axes[entry.key].label
    node = NamedNode(entry.iri)
    graph = knowledge.shapes if entry.kind == "shape" else knowledge.graph
    kinds = sorted(kind_label(knowledge.graph, kind) for kind in narrowest(graph, node))
    return ", ".join(kinds) or entry.kind
