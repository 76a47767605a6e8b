"""Errors as RFC 9457 problems, or as a page for a browser."""

from __future__ import annotations

import dataclasses
import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from flask import Flask, Response, g, render_template, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from spinecode.errors import (
    BusyError,
    ContradictionError,
    Fault,
    InputError,
    NoDescriptionError,
    QueryError,
    QueryTimeoutError,
    SpinecodeError,
    StoreError,
    StoreTimeoutError,
    StoreVersionError,
    UnknownNameError,
)
from spinecode.vocabulary import SPINE
from spinecode.web.negotiation import PROBLEM, NotAcceptableError, wants_page
from spinecode.web.site import site

log = logging.getLogger(__name__)


class TooLargeError(SpinecodeError):
    """The request asks for more than is done at once."""


class UnsupportedMediaTypeError(SpinecodeError):
    """The body is of a media type that the resource does not read."""


class UnsupportedEncodingError(UnsupportedMediaTypeError):
    """The body is in a coding that is not read."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of problem: its name, the HTTP status it is answered with, and what it means."""

    name: str
    status: int
    title: str
    meaning: str

    @property
    def iri(self) -> str:
        """The problem type."""
        return f"{SPINE}problems#{self.name}"


#: Every kind of problem, by the error it stands for.
KINDS: Final[dict[type[SpinecodeError], Kind]] = {
    InputError: Kind(
        "input",
        400,
        "The request cannot be understood",
        "A parameter, axis, value, date or format is not known, or the syntax of what was sent is broken. "
        "Each error names what was given, where, and the nearest known names.",
    ),
    ContradictionError: Kind(
        "contradiction",
        422,
        "The description contradicts itself",
        "Everything was understood, but two of the facts cannot both be true of one injection.",
    ),
    NoDescriptionError: Kind(
        "no-description",
        422,
        "There is no description",
        "The RDF can be read, but no node in it is a spinal injection.",
    ),
    UnknownNameError: Kind(
        "unknown-name",
        404,
        "There is no such name",
        "Nothing here has the code or the name that was asked for. The nearest known names are listed.",
    ),
    NotAcceptableError: Kind(
        "not-acceptable",
        406,
        "No such representation",
        "The Accept header allows none of the representations of this resource. All of them are listed.",
    ),
    TooLargeError: Kind(
        "too-large", 413, "Too much at once", "The request is larger than this server takes. Send it in parts."
    ),
    UnsupportedMediaTypeError: Kind(
        "media-type",
        415,
        "This media type is not read here",
        "The Content-Type names a media type that this resource does not read. Those it reads are listed, "
        "and stand in the Accept-Post header.",
    ),
    QueryError: Kind(
        "query",
        400,
        "The query cannot be run",
        "The SPARQL query is broken, at the line and column given, or asks for what is not allowed here: "
        "this endpoint only reads, and only its own graph.",
    ),
    QueryTimeoutError: Kind(
        "query-time", 503, "The query took too long", "The query was stopped at the time limit. Ask for less."
    ),
    BusyError: Kind("busy", 503, "The server is busy", "Too many queries are running. Ask again a little later."),
    StoreError: Kind(
        "store",
        502,
        "The store behind this endpoint does not answer",
        "Queries are answered by a triplestore, which cannot be reached, refuses, or gives what is no answer. All but "
        "queries goes on.",
    ),
    StoreVersionError: Kind(
        "store-version",
        503,
        "The store behind this endpoint holds another version",
        "Queries are answered by a triplestore, which does not hold the ontology that this server speaks of, or not "
        "all of it.",
    ),
    StoreTimeoutError: Kind(
        "store-time",
        504,
        "The store behind this endpoint took too long",
        "Queries are answered by a triplestore, which did not answer this one within the time limit.",
    ),
}

#: How long to wait before asking again, in seconds.
_RETRY_AFTER: Final = "5"
#: How much of a message or of a value an error tells, in characters.
_LONGEST: Final = 500


def register(app: Flask) -> None:
    """Answer every error of an app with a problem."""
    app.register_error_handler(SpinecodeError, _spinecode_error)
    app.register_error_handler(RequestEntityTooLarge, _too_large)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, _fault_of_ours)


def help_with(context: Callable[[], dict[str, Any]]) -> None:
    """Say what an error page of the current request shows beside the error, such as the form once more."""
    g.error_help = context


def kind_iri(error: SpinecodeError) -> str:
    """The problem type of an error."""
    kind = _kind_of(error)
    return kind.iri if kind is not None else "about:blank"


def _kind_of(error: SpinecodeError) -> Kind | None:
    return next((KINDS[cls] for cls in type(error).__mro__ if cls in KINDS), None)


def _spinecode_error(error: SpinecodeError) -> Response:
    kind = _kind_of(error)
    if kind is None:
        return _fault_of_ours(error)
    response = problem(kind.status, kind.title, error.faults, kind.iri)
    if kind.status == 503:
        response.headers["Retry-After"] = _RETRY_AFTER
    if isinstance(error, UnsupportedMediaTypeError):
        response.headers["Accept-Post"] = ", ".join(g.get("readable", ()))
    if isinstance(error, UnsupportedEncodingError):
        response.headers["Accept-Encoding"] = "gzip, deflate"
    return response


def _too_large(_: RequestEntityTooLarge) -> Response:
    limit = site().settings.body_limit
    fault = Fault(f"The body is larger than the {limit} bytes that this server takes at once.")
    kind = KINDS[TooLargeError]
    return problem(kind.status, kind.title, (fault,), kind.iri)


def _http_error(error: HTTPException) -> Response:
    status = error.code or 500
    if error.response is not None or status < 400:
        return error.get_response(request.environ)  # type: ignore[return-value]  # a redirect, as werkzeug made it
    text = f"There is nothing at {request.path}." if status == 404 else (error.description or error.name)
    response = problem(status, error.name, (Fault(text),))
    for name, value in error.get_headers(request.environ):
        if name.lower() not in ("content-type", "content-length"):
            response.headers[name] = value
    return response


def _fault_of_ours(error: Exception) -> Response:
    trace, place = error.__traceback__, "?"
    while trace is not None:
        place = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
        trace = trace.tb_next
    # The message of an error may quote what was submitted, so only its kind and place are logged.
    log.error("%s at %s while answering %s", type(error).__name__, place, request.url_rule)
    return problem(500, "The server failed", (Fault("This is a fault of the server. It was noted without your data."),))


def _shortened(fault: Fault) -> Fault:
    """A fault that does not give back all of a long input."""

    def short(text: str | None) -> str | None:
        return f"{text[:_LONGEST]}…" if text is not None and len(text) > _LONGEST else text

    if all(len(text or "") <= _LONGEST for text in (fault.message, fault.value, fault.axis, fault.file)):
        return fault
    message = short(fault.message) or ""
    return dataclasses.replace(
        fault, message=message, value=short(fault.value), axis=short(fault.axis), file=short(fault.file)
    )


def problem(status: int, title: str, faults: tuple[Fault, ...], kind: str = "about:blank") -> Response:
    """A problem as JSON, or as a page where the client would rather have one."""
    faults = tuple(_shortened(fault) for fault in faults)
    detail = " ".join(str(fault.as_dict()["message"]) for fault in faults)
    if wants_page():
        context = {}
        if status < 500 and (helping := g.get("error_help")) is not None:
            context = helping()
        page = render_template("error.html", status=status, title=title, faults=faults, kind=kind, **context)
        return Response(page, status, mimetype="text/html")
    content = {
        "type": kind,
        "title": title,
        "status": status,
        "detail": detail,
        "instance": request.path,
        "errors": [fault.as_dict() for fault in faults],
    }
    body = json.dumps(content, ensure_ascii=False).encode("utf-8", "replace")
    return Response(body, status, mimetype=PROBLEM.media_type)
