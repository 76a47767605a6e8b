"""Answers in the chosen representation, and the headers that every answer carries."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from time import perf_counter
from typing import IO, TYPE_CHECKING, Any, Final

import orjson
from flask import Flask, Response, g, request
from pyoxigraph import RdfFormat, serialize
from werkzeug.wsgi import FileWrapper

from spinecode.vocabulary import PREFIXES
from spinecode.web.keeping import Kept, key_of
from spinecode.web.negotiation import HTML, JSONLD, NQUADS, NTRIPLES, RDFXML, TRIG, TURTLE, Representation
from spinecode.web.site import site

if TYPE_CHECKING:
    from pyoxigraph import Triple

RDF_FORMATS: Final = {
    TURTLE.name: RdfFormat.TURTLE,
    JSONLD.name: RdfFormat.JSON_LD,
    NTRIPLES.name: RdfFormat.N_TRIPLES,
    RDFXML.name: RdfFormat.RDF_XML,
    TRIG.name: RdfFormat.TRIG,
    NQUADS.name: RdfFormat.N_QUADS,
}

_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_METHODS: Final = ("GET", "HEAD")
#: How much of a long answer is sent at once, in bytes.
PART: Final = 1 << 16


def reply(content: str | bytes, representation: Representation, status: int = 200, keep: bool = True) -> Response:
    """An answer. ``keep`` tells that the same address has the same answer for the rest of the day."""
    g.keep = keep
    response = Response(content, status)
    response.headers["Content-Type"] = representation.content_type
    return response


def long_reply(file: IO[bytes], size: int, representation: Representation) -> Response:
    """An answer that is sent from a file, part by part, and not kept; the file is closed with it."""
    response = Response(FileWrapper(file, PART), direct_passthrough=True)
    response.headers["Content-Type"] = representation.content_type
    response.headers["Content-Length"] = str(size)
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
    prefixes = None if syntax in (RdfFormat.N_TRIPLES, RdfFormat.N_QUADS) else PREFIXES
    content = serialize(triples, format=syntax, prefixes=prefixes)
    assert content is not None
    return content


def register(app: Flask) -> None:
    """Time each request, and finish each answer."""
    app.before_request(_begin)
    app.after_request(_finish)


def _begin() -> None:
    g.begun = perf_counter()


#: The headers that every answer carries.
ALWAYS: Final = (
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Content-Security-Policy", _POLICY),
    ("Access-Control-Allow-Origin", "*"),
)
#: Those of an answer to anything but a question about the methods.
ANSWERED: Final = (
    ("Vary", "Accept, Accept-Encoding"),
    ("Access-Control-Expose-Headers", "ETag, Allow, Accept-Post, Preference-Applied, Retry-After"),
)
#: Kept by whoever likes, and asked about each time: the tag tells in a few bytes whether it is still right.
MAY_BE_KEPT: Final = ("Cache-Control", "public, no-cache")


def _finish(response: Response) -> Response:
    headers = response.headers
    for name, value in ALWAYS:
        headers[name] = value
    headers.setdefault(*ANSWERED[0])
    if request.method == "OPTIONS":
        headers["Access-Control-Allow-Methods"] = headers.get("Allow", ", ".join(_METHODS))
        headers["Access-Control-Allow-Headers"] = "Accept, Content-Encoding, Content-Type, If-None-Match, Prefer"
        headers["Access-Control-Max-Age"] = "86400"
    else:
        headers.set(*ANSWERED[1])
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


def tag_of(body: bytes) -> str:
    """The entity tag of an answer, without quotes."""
    return blake2b(body, digest_size=12).hexdigest()


def _keep(response: Response) -> None:
    body = response.get_data()
    if not response.get_etag()[0]:
        response.set_etag(tag_of(body))
    response.headers.setdefault(*MAY_BE_KEPT)
    key = key_of(request.environ)
    if request.method != "GET" or key is None or request.url_rule is None:
        return
    fields = response.get_wsgi_headers(request.environ).to_wsgi_list()
    entry = Kept(response.status, fields, body, response.headers["ETag"], request.url_rule.rule)
    site().keeper.keep(key, entry)
