"""What was posted: descriptions as JSON, as RDF or from a form. Nothing of it is kept."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path, PurePath
from typing import IO, Any, Final

import flask
from flask import g, request
from pyoxigraph import Quad, RdfFormat
from werkzeug.datastructures import FileStorage, MultiDict
from werkzeug.exceptions import RequestEntityTooLarge

from spinecode.bulk import SYNTAXES as PIECEWISE
from spinecode.documents import JSON_ENDINGS, LINES_ENDINGS, json_items, json_lines, naming, parse_submitted
from spinecode.errors import Fault, InputError
from spinecode.fhir import is_fhir
from spinecode.fhir_elements import TYPE
from spinecode.graph import format_of
from spinecode.web.negotiation import (
    FORMAT,
    JSON,
    JSONLD,
    NDJSON,
    NQUADS,
    NTRIPLES,
    RDFXML,
    TRIG,
    TURTLE,
    Representation,
    by_name,
)
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
#: Resources of FHIR, in JSON.
FHIR_TYPES: Final = ("application/fhir+json", "application/json+fhir")
#: A description, or a resource of FHIR, a line.
LINES_TYPES: Final = (
    "application/x-ndjson",
    "application/ndjson",
    "application/jsonl",
    "application/x-jsonlines",
    "application/fhir+ndjson",
)
#: All that is read but forms, in the order in which it is told.
READABLE: Final = (JSON.media_type, *RDF_TYPES, *FHIR_TYPES, *LINES_TYPES)
#: What says nothing about a file of a form, so that the ending of its name does.
_UNTOLD: Final = ("", "application/octet-stream", "text/plain", "application/xml", "text/xml")
#: The fields of the form that takes a whole document, and the syntaxes it offers.
CONTENT, SYNTAX = "content", "syntax"
SYNTAXES: Final[tuple[Representation, ...]] = (TURTLE, JSON, JSONLD, NTRIPLES, RDFXML, TRIG, NQUADS, NDJSON)
#: What a form says where the text itself tells in which of these it is written.
TOLD_BY_TEXT: Final = "auto"

#: What tells JSON-LD from JSON, XML from an IRI, and a statement of N-Quads, which names its graph, from others.
_LINKED: Final = re.compile(r'"@(?:context|id|graph|type)"\s*:')
_ELEMENT: Final = re.compile(r"<(?:!--|[A-Za-z_][\w.-]*(?::[\w.-]+)?(?:\s|>))")
_FOUR: Final = re.compile(
    r"(?:#[^\n]*\n\s*)*(?:<[^<>\s]*>|_:\S+)[ \t]+<[^<>\s]*>[ \t]+"
    r'(?:<[^<>\s]*>|_:\S+|"(?:[^"\\\n]|\\.)*"(?:@[\w-]+|\^\^<[^<>\s]*>)?)[ \t]+(?:<[^<>\s]*>|_:\S+)[ \t]*\.'
)

#: The most descriptions that are answered in one request.
DESCRIPTION_LIMIT: Final = 1000
#: The most statements of RDF that are read from one document.
STATEMENT_LIMIT: Final = 50_000


class Request(flask.Request):
    """A request whose files stay in memory, which they are small enough for: none is written to a disk."""

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        return BytesIO()


@dataclass(frozen=True, slots=True)
class Submission:
    """What a body holds: statements, or descriptions by axis names or of FHIR; ``listed`` when several were sent.

    ``content`` is the document itself and ``syntax`` its syntax, None for JSON; there is none for the fields of a form.
    ``lines`` tells that it is JSON of a description a line, ``name`` is that of a file. A form with several files has
    them in ``parts``, and nothing else.
    """

    quads: Sequence[Quad] | None
    mappings: Sequence[Mapping[str, Any]]
    listed: bool
    content: bytes = b""
    syntax: RdfFormat | None = None
    lines: bool = False
    name: str | None = None
    parts: tuple[Submission, ...] = ()

    def documents(self) -> tuple[Submission, ...]:
        """The documents: the parts, or this one where it has none."""
        return self.parts or (self,)


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
    g.readable = (*READABLE, *FORM_TYPES)
    if kind in FORM_TYPES:
        return _from_form()
    if kind not in READABLE:
        if not request.get_data():
            raise _empty()
        raise of_no_known_type()
    check_charset("A body", request.mimetype_params)
    _check_fhir_version(request.mimetype_params)
    return read_body(request.get_data(), kind)


def streamed() -> tuple[bytes, RdfFormat | None] | None:
    """The body of the current request and its syntax (None: JSON by lines), where it can be read piece by piece."""
    kind = request.mimetype
    syntax = RDF_TYPES.get(kind)
    if kind not in LINES_TYPES and syntax not in PIECEWISE[:-1]:
        return None
    check_charset("A body", request.mimetype_params)
    content = request.get_data()
    if not content.strip():
        raise _empty()
    return content, syntax


def _check_fhir_version(options: Mapping[str, str]) -> None:
    version = options.get("fhirversion", "4.0").strip('"')
    if not version.startswith("4."):
        raise UnsupportedMediaTypeError.of(f"FHIR of the version {version!r} is not read; send R4 (fhirVersion=4.0).")


def of_no_known_type(told: str = "") -> UnsupportedMediaTypeError:
    """What is said of a body whose type is none of ``g.readable``; ``told`` of something else than the body."""
    if not told:
        kind = request.mimetype
        told = f"A body of the type {kind!r} is not read" if kind else "The body has no Content-Type"
    return UnsupportedMediaTypeError.of(f"{told}; send one of {', '.join(g.readable)}.")


def check_charset(what: str, options: Mapping[str, str]) -> None:
    """Refuse a text in another character set than UTF-8, of which ASCII is a part; ``options`` of its media type.

    Raises UnsupportedMediaTypeError.
    """
    charset = options.get("charset", "utf-8").lower()
    if charset not in ("utf-8", "utf8", "us-ascii"):
        raise UnsupportedMediaTypeError.of(f"{what} in the character set {charset!r} is not read; send UTF-8.")


def _empty() -> InputError:
    return InputError((Fault("The body is empty. Send a description of an injection, as JSON or as RDF."),))


def _from_form() -> Submission:
    if request.files:
        if request.form:
            raise InputError.of("A form has either files or fields. Send the one or the other.")
        parts = tuple(_from_file(name, file) for name, file in request.files.items(multi=True))
        check_number(sum(len(part.mappings) for part in parts))
        return parts[0] if len(parts) == 1 else Submission(None, (), True, parts=parts)
    if CONTENT in request.form:
        content, told = request.form[CONTENT], request.form.get(SYNTAX) or TURTLE.name
        syntax = syntax_in(content) if told == TOLD_BY_TEXT else by_name(told, SYNTAXES)
        return read_body(content.encode(), syntax.media_type)
    given = parameters(request.form)
    if not given:
        raise _empty()
    return Submission(None, [given], listed=False)


def syntax_in(text: str) -> Representation:
    """The syntax that a text looks like by how it begins; else TriG, of which Turtle is a part."""
    begun = text.lstrip("\ufeff \t\r\n")
    if begun.startswith(("{", "[")):
        if _LINKED.search(text):
            return JSONLD
        lines = [line for line in begun.splitlines() if line.strip()]
        several = len(lines) > 1 and all(line.startswith("{") and line.rstrip().endswith("}") for line in lines)
        return NDJSON if several else JSON
    if begun.startswith("<?xml") or (_ELEMENT.match(begun) and any(mark in begun for mark in ("xmlns", "</", "/>"))):
        return RDFXML
    return NQUADS if _FOUR.match(begun) else TRIG


def _from_file(field: str, file: FileStorage) -> Submission:
    """A file of a form, by its own type, or else by the ending of its name."""
    name = file.filename or field
    kind = file.mimetype
    if kind in _UNTOLD:
        kind = _type_of(name) or kind
    with naming(name):
        if kind not in READABLE:
            told = f"of the type {kind!r}" if kind else "without a type, and with a name that tells none,"
            raise of_no_known_type(f"A file {told} is not read")
        check_charset("A file", file.mimetype_params)
        _check_fhir_version(file.mimetype_params)
        return dataclasses.replace(read_body(file.stream.read(), kind), name=name)


def _type_of(name: str) -> str | None:
    """The media type that the ending of a file's name stands for."""
    path = PurePath(name)
    if path.suffix.lower() in JSON_ENDINGS:
        return JSON.media_type
    if path.suffix.lower() in LINES_ENDINGS:
        return LINES_TYPES[0]
    syntax = format_of(Path(path.name)) if path.name else None
    return next((kind for kind, one in RDF_TYPES.items() if one == syntax), None)


def read_body(content: bytes, kind: str) -> Submission:
    """What a text of one of the types ``READABLE`` holds. Raises as ``submission`` does."""
    if not content.strip():
        raise _empty()
    if (syntax := RDF_TYPES.get(kind)) is not None:
        quads = parse_submitted(site().index, content, syntax, limit=STATEMENT_LIMIT)
        return Submission(quads, (), False, content, syntax)
    if kind in LINES_TYPES:
        check_number(content.count(b"\n"))
        return Submission(None, (), True, content, lines=True)
    items, listed = json_items(content)
    if kind in FHIR_TYPES and not all(is_fhir(item) for item in items):
        raise InputError.of(f"This is no FHIR: a resource has a {TYPE}. Send a description as {JSON.media_type}.")
    check_number(len(items))
    return Submission(None, items, listed, content)


def line_items(sent: Submission) -> Sequence[Mapping[str, Any]]:
    """The descriptions of a submission, read from their lines where they come so.

    Raises InputError with a fault for each line that cannot be read.
    """
    return json_lines(sent.content) if sent.lines else sent.mappings


def check_number(number: int) -> None:
    """Raise TooLargeError when so many descriptions are not answered at once."""
    if number > DESCRIPTION_LIMIT:
        message = f"{number} descriptions are too many for one request; send at most {DESCRIPTION_LIMIT} at once."
        raise TooLargeError.of(message)
