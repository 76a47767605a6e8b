"""What was posted: descriptions as JSON, as RDF or from a form. Nothing of it is kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from flask import g, request
from pyoxigraph import Quad, RdfFormat
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import RequestEntityTooLarge

from spinecode.documents import json_items
from spinecode.errors import Fault, InputError
from spinecode.graph import parse_rdf
from spinecode.web.negotiation import FORMAT, JSON, JSONLD, NTRIPLES, RDFXML, TURTLE, Representation, by_name
from spinecode.web.problems import TooLargeError, UnsupportedMediaTypeError
from spinecode.web.site import site

FORM_TYPES: Final = ("application/x-www-form-urlencoded", "multipart/form-data")
RDF_TYPES: Final = {
    "text/turtle": RdfFormat.TURTLE,
    "application/x-turtle": RdfFormat.TURTLE,
    "application/n-triples": RdfFormat.N_TRIPLES,
    "application/n-quads": RdfFormat.N_QUADS,
    "application/trig": RdfFormat.TRIG,
    "application/rdf+xml": RdfFormat.RDF_XML,
    "application/ld+json": RdfFormat.JSON_LD,
}
#: The fields of the form that takes a whole document, and the syntaxes it offers.
CONTENT, SYNTAX = "content", "syntax"
SYNTAXES: Final[tuple[Representation, ...]] = (TURTLE, JSON, JSONLD, NTRIPLES, RDFXML)

#: The most descriptions that are answered in one request.
DESCRIPTION_LIMIT: Final = 1000


@dataclass(frozen=True, slots=True)
class Submission:
    """What a body holds: statements, or descriptions by axis names; ``listed`` when several were sent."""

    quads: Sequence[Quad] | None
    mappings: Sequence[Mapping[str, Any]]
    listed: bool


def check_size() -> None:
    """Refuse a body without a length that is over the limit, which would else be read up to there and cut.

    Raises RequestEntityTooLarge.
    """
    if request.content_length is None and len(request.get_data()) >= site().settings.body_limit:
        raise RequestEntityTooLarge


def parameters(given: MultiDict[str, str]) -> dict[str, list[str]]:
    """The parameters of an address or a form, without those left blank and without ``format``."""
    found = {}
    for name, values in given.lists():
        texts = [value for value in values if value.strip()]
        if texts and name != FORMAT:
            found[name] = texts
    return found


def submission() -> Submission:
    """What the current request posted.

    Raises UnsupportedMediaTypeError for a media type that is not read, InputError for an empty or broken body (with
    line and column), TooLargeError for too many descriptions.
    """
    kind = request.mimetype
    g.readable = (JSON.media_type, *RDF_TYPES, FORM_TYPES[0])
    if request.content_encoding not in (None, "", "identity"):
        raise UnsupportedMediaTypeError.of(f"A body in the encoding {request.content_encoding!r} is not read.")
    if kind in FORM_TYPES:
        return _from_form()
    if kind not in (JSON.media_type, *RDF_TYPES):
        if not request.get_data():
            raise _empty()
        raise of_no_known_type()
    check_charset("A body")
    content = request.get_data()
    return _from_json(content) if kind == JSON.media_type else _from_rdf(content, RDF_TYPES[kind])


def of_no_known_type() -> UnsupportedMediaTypeError:
    """What is said of a body whose type is none of ``g.readable``."""
    told = (
        f"A body of the type {request.mimetype!r} is not read" if request.mimetype else "The body has no Content-Type"
    )
    return UnsupportedMediaTypeError.of(f"{told}; send one of {', '.join(g.readable)}.")


def check_charset(what: str) -> None:
    """Refuse a body in another character set than UTF-8, of which ASCII is a part. Raises UnsupportedMediaTypeError."""
    charset = request.mimetype_params.get("charset", "utf-8").lower()
    if charset not in ("utf-8", "utf8", "us-ascii"):
        raise UnsupportedMediaTypeError.of(f"{what} in the character set {charset!r} is not read; send UTF-8.")


def _empty() -> InputError:
    return InputError((Fault("The body is empty. Send a description of an injection, as JSON or as RDF."),))


def _from_form() -> Submission:
    if CONTENT in request.form:
        content = request.form[CONTENT].encode()
        syntax = by_name(request.form.get(SYNTAX) or TURTLE.name, SYNTAXES)
        return _from_json(content) if syntax is JSON else _from_rdf(content, RDF_TYPES[syntax.media_type])
    given = parameters(request.form)
    if not given:
        raise _empty()
    return Submission(None, [given], listed=False)


def _from_rdf(content: bytes, syntax: RdfFormat) -> Submission:
    if not content.strip():
        raise _empty()
    return Submission(parse_rdf(content, syntax), (), listed=False)


def _from_json(content: bytes) -> Submission:
    if not content.strip():
        raise _empty()
    items, listed = json_items(content)
    check_number(len(items))
    return Submission(None, items, listed=listed)


def check_number(number: int) -> None:
    """Raise TooLargeError when so many descriptions are not answered at once."""
    if number > DESCRIPTION_LIMIT:
        message = f"{number} descriptions are too many for one request; send at most {DESCRIPTION_LIMIT} at once."
        raise TooLargeError.of(message)
