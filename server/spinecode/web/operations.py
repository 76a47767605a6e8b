"""The parts that the API document is made of: parameters, bodies, answers and operations of OpenAPI 3.1."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from spinecode.web.bodies import FHIR_TYPES, FORM_TYPES, LINES_TYPES, RDF_TYPES
from spinecode.web.examples import Example
from spinecode.web.inflating import CODINGS
from spinecode.web.negotiation import FORMAT, JSON, PROBLEM, REPORTS, TURTLE, Representation
from spinecode.web.schemas import ref

Json = dict[str, Any]

#: The parameter that says with which status a report is answered that does not conform, and the preference for 422.
STATUS: Final = "status"
STRICT: Final = "handling=strict"

_PROBLEMS: Final = {
    400: "What was sent cannot be understood; each error says what, where, and what would be right.",
    404: "There is nothing of this name; near names are listed.",
    406: "No representation is of a media type that Accept allows; all there are are listed.",
    413: "The body is larger than the limit.",
    415: "The media type of the body is not read here; Accept-Post lists those that are.",
    422: "What was sent contradicts itself, or holds no description.",
    502: "The store behind the endpoint does not answer.",
    503: "The query took longer than the limit, or too many are running; Retry-After tells when to ask again.",
    504: "The store behind the endpoint did not answer within the time limit.",
}


def query(name: str, description: str, schema: Mapping[str, Any] | None = None, required: bool = False) -> Json:
    """A parameter of the address."""
    return {
        "name": name,
        "in": "query",
        "required": required,
        "description": description,
        "schema": dict(schema or {"type": "string"}),
    }


def several(name: str, description: str, known: Sequence[str], example: Sequence[str] = ()) -> Json:
    """A parameter that may be repeated."""
    schema = {"type": "array", "items": {"type": "string", "examples": list(known)}}
    found = query(name, description, schema) | {"style": "form", "explode": True}
    return found | ({"example": list(example)} if example else {})


def path(name: str, description: str, known: Sequence[str]) -> Json:
    """A part of the path."""
    schema = {"type": "string", "examples": list(known)}
    return {"name": name, "in": "path", "required": True, "description": description, "schema": schema}


def format_of(offers: Sequence[Representation]) -> Json:
    """The parameter that overrides the Accept header."""
    names = list(dict.fromkeys(offer.name for offer in offers))
    return query(FORMAT, "The representation, in the place of the Accept header.", {"type": "string", "enum": names})


def answer(description: str, offers: Sequence[Representation], schema: Json | None = None, example: Any = None) -> Json:
    """What an operation answers when all is well; ``schema`` and ``example`` are of its JSON."""
    content: Json = {offer.media_type: {} for offer in offers}
    if schema is not None:
        content[JSON.media_type] = {"schema": schema} | ({"example": example} if example is not None else {})
    return {"200": {"description": description, "content": content}}


def one_or_more(name: str) -> Json:
    """One answer, or a list of them."""
    return {"oneOf": [ref(name), {"type": "array", "items": ref(name)}]}


def descriptions(samples: Sequence[Example]) -> Json:
    """A body of descriptions, with the samples of each syntax."""

    def examples(syntax: Representation) -> Json:
        found = {s.name: {"summary": s.title, "value": s.text} for s in samples if s.syntax is syntax}
        return {"examples": found} if found else {}

    described = {"anyOf": [*one_or_more("Description")["oneOf"], ref("FhirResource")]}
    content: Json = {JSON.media_type: {"schema": described}}
    content |= {kind: {"schema": {"type": "string"}} for kind in RDF_TYPES}
    content[TURTLE.media_type] |= examples(TURTLE)
    content |= {kind: {"schema": ref("FhirResource")} for kind in FHIR_TYPES}
    lines = "A description, or a resource of FHIR, a line."
    content |= {kind: {"schema": {"type": "string", "description": lines}} for kind in LINES_TYPES}
    content[FORM_TYPES[0]] = {"schema": ref("Description")}
    file = {"type": "string", "format": "binary"}
    told = "Files, each of one of the other types, by its Content-Type or else the ending of its name."
    content[FORM_TYPES[1]] = {"schema": {"type": "object", "additionalProperties": file, "description": told}}
    told = f"Content-Encoding may be one of {', '.join(CODINGS)}; a body expands to no more than the limit."
    return {"required": True, "content": content, "description": told}


def validation(bodies: Json) -> Json:
    """The operation that validates descriptions."""
    report = answer("The report; it conforms or does not.", REPORTS, ref("Report"))
    wrong = answer(
        "The report, where a report that does not conform was asked for as an error.", REPORTS, ref("Report")
    )
    status = query(STATUS, "The status of a report that does not conform.", {"type": "integer", "enum": [200, 422]})
    prefer = {
        "name": "Prefer",
        "in": "header",
        "description": f"{STRICT} (RFC 7240) asks for the status 422 where the report does not conform.",
        "schema": {"type": "string", "examples": [STRICT]},
    }
    found = operation(
        "validate",
        "Validate descriptions",
        [format_of(REPORTS), status, prefer],
        report,
        (400, 406, 413, 415, 422),
        bodies,
    )
    other = found["responses"]["422"]
    other["description"] = f"{wrong['200']['description']} {_PROBLEMS[422]}"
    other["content"] = {**wrong["200"]["content"], **other["content"]}
    return found


def operation(
    name: str,
    summary: str,
    parameters: Sequence[Json],
    answers: Json,
    problems: Sequence[int] = (),
    body: Json | None = None,
) -> Json:
    """An operation with its answers and the problems it may answer with."""
    content = {PROBLEM.media_type: {"schema": ref("Problem")}}
    failures = {str(status): {"description": _PROBLEMS[status], "content": content} for status in problems}
    found: Json = {"operationId": name, "summary": summary, "responses": answers | failures}
    if parameters:
        found["parameters"] = list(parameters)
    return found | ({"requestBody": body} if body is not None else {})


def openapi_path(rule: str) -> str:
    """A route of the app as a path of the document."""
    return re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule)
