"""``/validate``: a submitted description against the shapes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from io import BytesIO
from itertools import chain
from typing import Final

from flask import Blueprint, Response, render_template, request
from pyoxigraph import RdfFormat
from werkzeug.http import parse_options_header

from spinecode.bulk import validate_stream
from spinecode.description import description_nodes
from spinecode.documents import naming
from spinecode.errors import InputError, NoDescriptionError
from spinecode.origins import placed
from spinecode.report import Report, joined
from spinecode.report_formats import write, writer
from spinecode.report_text import counted
from spinecode.validation import validate_mapping, validate_rdf
from spinecode.web.bodies import CONTENT, SYNTAX, SYNTAXES, Submission, check_number, streamed, submission
from spinecode.web.examples import examples
from spinecode.web.negotiation import HTML, JSON, NDJSON, REPORTS, TURTLE, chosen
from spinecode.web.operations import STATUS, STRICT
from spinecode.web.problems import help_with
from spinecode.web.replies import json_reply, page, reply
from spinecode.web.site import site
from spinecode.web.submitted import submitted_lines

blueprint = Blueprint("validate", __name__)

#: The parameter that names the sample to show in the form.
SAMPLE: Final = "sample"


@blueprint.get("/validate")
def form() -> Response:
    """A form with a sample in it."""
    chosen(HTML)
    samples = examples(site().index)
    name = request.args.get(SAMPLE)
    sample = next((one for one in samples if one.name == name), None)
    if sample is None:
        sample = next((one for one in samples if one.syntax is TURTLE), None)
    content, syntax = (sample.text, sample.syntax.name) if sample is not None else ("", TURTLE.name)
    return page(_page(content, syntax, None))


@blueprint.post("/validate")
def validate() -> Response:
    """The report on a body in the form that was asked for, with status 200, or 422 where that was asked for."""
    content, syntax = request.form.get(CONTENT, ""), request.form.get(SYNTAX, TURTLE.name)
    help_with(lambda: _form(content, syntax))
    wanted = chosen(*REPORTS)
    failing, preferred = _failing_status()
    if wanted is NDJSON and failing == 200 and (body := streamed()) is not None:
        return _streamed(*body)
    reports = []
    for document in submission().documents():
        with naming(document.name):
            reports.append((document.name, _report(document)))
    report = joined(found for _, found in reports)
    several = len(reports) > 1
    if wanted is JSON and not several:
        response = json_reply(report.to_json(), JSON, keep=False)
    elif wanted is HTML:
        response = page(_page(content, syntax, report), keep=False)
    else:
        named = reports if several else [(None, report)]
        response = reply(write(named, wanted.name, site().knowledge), wanted, keep=False)
    if not report.conforms:
        response.status_code = failing
    if preferred:
        response.headers["Preference-Applied"] = STRICT
    return response


def _streamed(content: bytes, syntax: RdfFormat | None) -> Response:
    """A line for each description as it comes, however many there are; what cannot be read has a line too.

    Raises NoDescriptionError when there is none.
    """
    judged = validate_stream(site().knowledge, BytesIO(content), syntax)
    first = next(judged, None)
    if first is None:
        raise NoDescriptionError.of("The body holds no description of a spinal injection.")
    written = writer(NDJSON.name, site().knowledge)

    def lines() -> Iterator[bytes]:
        with closing(judged):
            yield written.begin()
            for one in chain((first,), judged):
                yield written.report(None, one.report)
            yield written.end()

    response = Response(lines())
    response.headers["Content-Type"] = NDJSON.content_type
    return response


def _failing_status() -> tuple[int, bool]:
    """The status of a report that does not conform, and whether a preference decided it. Raises InputError."""
    asked = request.args.get(STATUS)
    if asked is not None:
        if asked not in ("200", "422"):
            message = "A report that does not conform is answered with the status 200 or 422."
            raise InputError.of(message, axis=STATUS, value=asked, nearest=("200", "422"))
        return int(asked), False
    preferences = ",".join(request.headers.getlist("Prefer")).lower().split(",")
    strict = any(
        parse_options_header(one.strip())[0].replace(" ", "").replace('"', "") == STRICT for one in preferences
    )
    return (422, True) if strict else (200, False)


def _report(sent: Submission) -> Report:
    knowledge = site().knowledge
    if sent.lines:
        return joined(judged.report for judged in validate_stream(knowledge, BytesIO(sent.content), None))
    if sent.quads is not None:
        check_number(len(description_nodes(knowledge.index, sent.quads)))
        report = validate_rdf(knowledge, sent.quads)
    else:
        report = validate_mapping(knowledge, list(sent.mappings) if sent.listed else sent.mappings[0])
    return placed(report, knowledge.index, sent.content, sent.syntax, sent.quads)


def _form(content: str, syntax: str) -> dict[str, object]:
    shown = {"content": content, "syntax": syntax, "syntaxes": SYNTAXES, "samples": examples(site().index)}
    return {"document": shown}


def _page(content: str, syntax: str, report: Report | None) -> str:
    told = {"report": report, "counted": counted(report) if report is not None else None}
    lines = submitted_lines(content, report) if report is not None else ()
    return render_template("validate.html", lines=lines, **told, **_form(content, syntax))
