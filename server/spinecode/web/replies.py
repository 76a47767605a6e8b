"""Answers in the chosen representation, and the headers that every answer carries."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final

import orjson
from flask import Flask, Response, g, request
from pyoxigraph import RdfFormat, serialize

from spinecode.vocabulary import PREFIXES
from spinecode.web.keeping import Kept, key_of
from spinecode.web.negotiation import HTML, JSONLD, NTRIPLES, RDFXML, TURTLE, Representation
from spinecode.web.site import site

if TYPE_CHECKING:
    from pyoxigraph import Triple

RDF_FORMATS: Final = {
    TURTLE.name: RdfFormat.TURTLE,
    JSONLD.name: RdfFormat.JSON_LD,
    NTRIPLES.name: RdfFormat.N_TRIPLES,
    RDFXML.name: RdfFormat.RDF_XML,
}

_POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_METHODS: Final = ("GET", "HEAD")


def reply(content: str | bytes, representation: Representation, status: int = 200, keep: bool = True) -> Response:
    """An answer. ``keep`` tells that the same address has the same answer for the rest of the day."""
    g.keep = keep
    response = Response(content, status)
    response.headers["Content-Type"] = representation.content_type
    return response


def json_reply(content: Any, representation: Representation, keep: bool = True) -> Response:
    """An answer in JSON."""
    return reply(orjson.dumps(content), representation, keep=keep)


def page(content: str, keep: bool = True) -> Response:
    """An answer in HTML."""
    return reply(content, HTML, keep=keep)


def rdf_reply(triples: Iterable[Triple], representation: Representation, keep: bool = True) -> Response:
    """An answer in RDF, in the order given."""
    return reply(rdf_bytes(triples, representation), representation, keep=keep)


def rdf_bytes(triples: Iterable[Triple], representation: Representation) -> bytes:
    """Statements in an RDF syntax."""
    syntax = RDF_FORMATS[representation.name]
    prefixes = None if syntax == RdfFormat.N_TRIPLES else PREFIXES
    content = serialize(triples, format=syntax, prefixes=prefixes)
    assert content is not None
    return content


def register(app: Flask) -> None:
    """Time each request, and finish each answer."""
    app.before_request(_begin)
    app.after_request(_finish)


def _begin() -> None:
    g.begun = perf_counter()


def _finish(response: Response) -> Response:
    headers = response.headers
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "no-referrer"
    headers["Content-Security-Policy"] = _POLICY
    headers["Access-Control-Allow-Origin"] = "*"
    headers.setdefault("Vary", "Accept")
    if request.method == "OPTIONS":
        headers["Access-Control-Allow-Methods"] = headers.get("Allow", ", ".join(_METHODS))
        headers["Access-Control-Allow-Headers"] = "Accept, Content-Type, If-None-Match"
        headers["Access-Control-Max-Age"] = "86400"
    else:
        headers["Access-Control-Expose-Headers"] = "ETag, Allow, Accept-Post, Retry-After"
    if request.method in _METHODS and response.status_code == 200 and g.get("keep", False):
        _keep(response)
        response.make_conditional(request)
    elif "Cache-Control" not in headers:
        headers["Cache-Control"] = "no-store"
    route = request.url_rule.rule if request.url_rule is not None else "(none)"
    begun = g.get("begun")
    seconds = perf_counter() - begun if begun is not None else 0.0
    site().metrics.count(route, request.method, response.status_code, seconds)
    return response


def _keep(response: Response) -> None:
    body = response.get_data()
    if not response.get_etag()[0]:
        response.set_etag(blake2b(body, digest_size=12).hexdigest())
    # Kept by whoever likes, and asked about each time: the tag tells in a few bytes whether it is still right.
    response.headers.setdefault("Cache-Control", "public, no-cache")
    key = key_of(request.environ)
    if request.method != "GET" or key is None or request.url_rule is None:
        return
    fields = response.get_wsgi_headers(request.environ).to_wsgi_list()
    entry = Kept(response.status, fields, body, response.headers["ETag"], request.url_rule.rule)
    site().keeper.keep(key, entry)
