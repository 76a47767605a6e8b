"""``/validate``: a submitted description against the shapes."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from contextlib import closing
from functools import lru_cache
from hashlib import blake2b
from io import BytesIO
from itertools import chain
from typing import Final

from flask import Blueprint, Response, render_template, request, url_for
from pyoxigraph import RdfFormat
from werkzeug.http import parse_options_header

from spinecode.bulk import validate_stream
from spinecode.description import description_nodes
from spinecode.documents import naming
from spinecode.errors import Fault, InputError, NoDescriptionError, UnknownNameError
from spinecode.knowledge import Knowledge
from spinecode.mending import with_edits
from spinecode.origins import placed
from spinecode.report import Edit, Report, joined
from spinecode.report_formats import write, writer
from spinecode.report_text import counted
from spinecode.validation import validate_mapping, validate_rdf
from spinecode.web.bodies import (
    CONTENT,
    RDF_TYPES,
    SYNTAX,
    SYNTAXES,
    TOLD_BY_TEXT,
    Submission,
    check_number,
    read_body,
    streamed,
    submission,
    syntax_in,
)
from spinecode.web.negotiation import (
    HTML,
    JSON,
    JUNIT,
    NDJSON,
    REPORTS,
    SARIF,
    TEXT,
    TURTLE,
    Representation,
    by_name,
    chosen,
)
from spinecode.web.operations import STATUS, STRICT
from spinecode.web.problems import help_with
from spinecode.web.replies import json_reply, page, reply
from spinecode.web.samples import Sample, samples
from spinecode.web.site import site
from spinecode.web.submitted import submitted_lines

blueprint = Blueprint("validate", __name__)

#: The parameter that names the sample to show in the form, and the field that names an edit to make.
SAMPLE: Final = "sample"
APPLY: Final = "apply"
#: The longest text that is shown in the form again, in characters.
_SHOWN: Final = 1_000_000
#: How syntaxes are called where a person picks one; others are called by their names.
_CALLED: Final = {
    TURTLE.name: "Turtle",
    JSON.name: "JSON, or FHIR R4",
    NDJSON.name: "NDJSON, a description a line",
    "jsonld": "JSON-LD",
    "ntriples": "N-Triples",
    "rdfxml": "RDF/XML",
    "trig": "TriG",
    "nquads": "N-Quads",
}
#: How forms of a report are called that are no syntax of a description, or mean something else there.
_FORMS: Final = {JSON.name: "JSON", NDJSON.name: "NDJSON", TEXT.name: "text", SARIF.name: "SARIF", JUNIT.name: "JUnit"}


@blueprint.get("/validate")
def form() -> Response:
    """The form, empty or with a sample in it and what is found of that; as data the samples and the syntaxes."""
    wanted = chosen(HTML, JSON)
    knowledge = site().knowledge
    name = request.args.get(SAMPLE)
    sample = next((one for one in samples(knowledge) if one.name == name), None)
    if name and sample is None:
        near = difflib.get_close_matches(name, [one.name for one in samples(knowledge)], n=3, cutoff=0.5)
        hint = f"Did you mean {' or '.join(near)}?" if near else f"{url_for('.form')} lists them."
        raise UnknownNameError((Fault(f"There is no sample {name!r}. {hint}", value=name),))
    report = _report(read_body(sample.text.encode(), sample.syntax.media_type)) if sample is not None else None
    if wanted is JSON:
        shown = samples(knowledge) if sample is None else (sample,)
        told: dict[str, object] = {
            "syntaxes": [{"name": one.name, "media_type": one.media_type, "label": _called(one)} for one in SYNTAXES],
            "samples": [_sample_json(one) for one in shown],
        }
        if report is not None:
            told["report"] = report.to_json()
        return json_reply(told, JSON)
    if sample is None:
        return page(_page("", TOLD_BY_TEXT, None))
    return page(_page(sample.text, sample.syntax.name, report, sample=sample.name))


def _sample_json(sample: Sample) -> dict[str, str]:
    told = {"name": sample.name, "title": sample.title, "group": sample.group, "text": sample.text}
    return told | {"media_type": sample.syntax.media_type, "url": url_for(".form", sample=sample.name)}


@lru_cache(maxsize=4)
def _first_sample(knowledge: Knowledge) -> str:
    """The first sample on which there is a fix to try, else the first of all."""
    for one in samples(knowledge):
        report = _report(read_body(one.text.encode(), one.syntax.media_type))
        if any(result.edit is not None for result in report.results):
            return one.name
    return samples(knowledge)[0].name


def _called(syntax: Representation) -> str:
    return _CALLED.get(syntax.name, syntax.name)


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
    documents = submission().documents()
    for document in documents:
        with naming(document.name):
            reports.append((document.name, _report(document)))
    report = joined(found for _, found in reports)
    several = len(reports) > 1
    if wanted is JSON and not several:
        response = json_reply(report.to_json(), JSON, keep=False)
    elif wanted is HTML:
        response = page(_answered(documents, report), keep=False)
    else:
        named = reports if several else [(None, report)]
        response = reply(write(named, wanted.name, site().knowledge), wanted, keep=False)
    if not report.conforms:
        response.status_code = failing
    if preferred:
        response.headers["Preference-Applied"] = STRICT
    return response


def _answered(documents: Sequence[Submission], report: Report) -> str:
    """The page on what was posted, with an edit made where one was asked for."""
    if len(documents) != 1:
        return _page("", TOLD_BY_TEXT, report)
    sent = documents[0]
    text = sent.content.decode("utf-8-sig", "replace")
    # a text that was said to tell its syntax goes on doing so
    syntax = request.form.get(SYNTAX) or ("ndjson" if sent.lines else _name_of(sent.syntax))
    asked = request.form.get(APPLY)
    if not asked:
        return _page(text if len(text) <= _SHOWN else "", syntax, report)
    edit = next((one.edit for one in report.results if one.edit is not None and edit_name(one.edit) == asked), None)
    if edit is None:
        return _page(
            text, syntax, report, told="The text is another than the one that fix was for. Nothing was changed."
        )
    text = edit.applied(text)
    kind = syntax_in(text) if syntax == TOLD_BY_TEXT else by_name(syntax, SYNTAXES)
    return _page(text, syntax, _report(read_body(text.encode(), kind.media_type)), told=f"Done: {edit.told}.")


def _name_of(syntax: RdfFormat | None) -> str:
    return next(
        (one.name for one in SYNTAXES if syntax is not None and RDF_TYPES.get(one.media_type) == syntax), JSON.name
    )


def edit_name(edit: Edit) -> str:
    """What an edit is called in the form; another edit, or of another text, is called otherwise."""
    return blake2b(repr(edit.to_json()).encode(), digest_size=8).hexdigest()


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
    report = placed(_found(sent), knowledge.index, sent.content, sent.syntax, sent.quads)
    return with_edits(report, knowledge.index, sent.content, sent.syntax, sent.quads, lambda text: _again(text, sent))


def _found(sent: Submission) -> Report:
    knowledge = site().knowledge
    if sent.quads is not None:
        check_number(len(description_nodes(knowledge.index, sent.quads)))
        return validate_rdf(knowledge, sent.quads)
    return validate_mapping(knowledge, list(sent.mappings) if sent.listed else sent.mappings[0])


def _again(text: bytes, sent: Submission) -> Report:
    syntax = sent.syntax.media_type if sent.syntax is not None else JSON.media_type
    return _found(read_body(text, syntax))


def _form(content: str, syntax: str) -> dict[str, object]:
    groups: dict[str, list[Sample]] = {}
    for one in samples(site().knowledge):
        groups.setdefault(one.group, []).append(one)
    syntaxes = [(TOLD_BY_TEXT, "as it looks"), *((one.name, _called(one)) for one in SYNTAXES)]
    return {"document": {"content": content, "syntax": syntax, "syntaxes": syntaxes, "groups": groups}}


def _page(content: str, syntax: str, report: Report | None, told: str = "", sample: str = "") -> str:
    return render_template(
        "validate.html",
        lines=submitted_lines(content, report) if report is not None else (),
        report=report,
        counted=counted(report) if report is not None else None,
        told=told,
        sample=sample,
        edit_name=edit_name,
        first_sample=_first_sample(site().knowledge) if report is None else None,
        formats=[(one.name, _FORMS.get(one.name, _called(one))) for one in REPORTS if one is not HTML],
        **_form(content, syntax),
    )
