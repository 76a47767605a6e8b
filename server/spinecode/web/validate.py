"""``/validate``: a submitted description against the shapes."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request

from spinecode.description import description_nodes
from spinecode.report import Report
from spinecode.validation import validate_mapping, validate_rdf
from spinecode.web.bodies import CONTENT, SYNTAX, SYNTAXES, Submission, check_number, submission
from spinecode.web.examples import examples
from spinecode.web.negotiation import HTML, JSON, RDF, TURTLE, chosen
from spinecode.web.problems import help_with
from spinecode.web.replies import json_reply, page, rdf_reply
from spinecode.web.site import site

blueprint = Blueprint("validate", __name__)

#: The parameter that names the sample to show in the form.
SAMPLE = "sample"


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
    """The report on a body, as JSON, as a page or as a SHACL validation report."""
    content, syntax = request.form.get(CONTENT, ""), request.form.get(SYNTAX, TURTLE.name)
    help_with(lambda: _form(content, syntax))
    wanted = chosen(JSON, HTML, *RDF)
    report = _report(submission())
    if wanted is JSON:
        return json_reply(report.to_json(), JSON, keep=False)
    if wanted is HTML:
        return page(_page(content, syntax, report), keep=False)
    return rdf_reply(report.triples(), wanted, keep=False)


def _report(sent: Submission) -> Report:
    knowledge = site().knowledge
    if sent.quads is not None:
        check_number(len(description_nodes(knowledge.index, sent.quads)))
        return validate_rdf(knowledge, sent.quads)
    return validate_mapping(knowledge, list(sent.mappings) if sent.listed else sent.mappings[0])


def _form(content: str, syntax: str) -> dict[str, object]:
    shown = {"content": content, "syntax": syntax, "syntaxes": SYNTAXES, "samples": examples(site().index)}
    return {"document": shown}


def _page(content: str, syntax: str, report: Report | None) -> str:
    return render_template("validate.html", report=report, **_form(content, syntax))
