"""``/select``: from a description to the lines of a claim, or to the next question."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from flask import Blueprint, Response, render_template, request

from spinecode.answers import selection_json
from spinecode.description import Description, from_mapping, from_rdf
from spinecode.documents import described, naming, told_beside
from spinecode.errors import ContradictionError, Fault, InputError, SpinecodeError
from spinecode.fhir import is_fhir
from spinecode.index import RuleIndex
from spinecode.selection import select
from spinecode.web.bodies import Submission, check_number, line_items, submission
from spinecode.web.finding import Said, answer_json, find_page, help_form, said, shorter, stated, taken
from spinecode.web.negotiation import HTML, JSON, chosen
from spinecode.web.problems import help_with
from spinecode.web.replies import json_reply, page
from spinecode.web.site import site

blueprint = Blueprint("select", __name__)

#: How many descriptions of a list have their answers on a page; each comes with a table.
SHOWN: Final = 50


@blueprint.get("/select")
def answer_address() -> Response:
    """Answer a description given by parameters, in words or both; a browser gets the page that finds a code."""
    index = site().index
    what = said(index, request.args)
    help_with(lambda: help_form(index, what))
    if chosen(JSON, HTML) is JSON:
        return json_reply(answer_json(index, what), JSON, keep=what.reading is None)
    return shorter(what) or find_page(index, what)


@blueprint.post("/select")
def answer_body() -> Response:
    """Answer the description, or the list of descriptions, of a body."""
    index = site().index
    wanted = chosen(JSON, HTML)
    sent = submission()
    listed = len(sent.parts) > 1
    found: list[_Given] = []
    for document in sent.documents():
        with naming(document.name):
            given = _given(document)
        listed = listed or document.listed or len(given) > 1
        found += given
    check_number(len(found))
    if wanted is HTML and len(found) == 1:
        description, told = found[0]
        return find_page(index, Said(stated(index, description), None), told)
    answers = _each(index, found)
    if wanted is JSON:
        return json_reply(answers if listed else answers[0], JSON, keep=False)
    shown = [{**answer, "taken": taken(answer)} for answer in answers[:SHOWN]]
    return page(render_template("select.html", answers=shown, number=len(answers)), keep=False)


#: A description, with what could not be read beside it.
_Given = tuple[Description, tuple[str, ...]]


def _given(sent: Submission) -> list[_Given]:
    """The descriptions of a document; of several in JSON, each fault tells which it is about."""
    knowledge = site().knowledge
    if sent.quads is not None:
        return [(one, ()) for one in from_rdf(knowledge.index, sent.quads)]
    items = line_items(sent)
    if not sent.listed or any(is_fhir(item) for item in items):
        return described(knowledge, items)
    found: list[_Given] = []
    faults: list[Fault] = []
    for number, mapping in enumerate(items, 1):
        try:
            found.append((from_mapping(knowledge.index, mapping), ()))
        except InputError as error:
            faults += _numbered(number, error)
    if faults:
        raise InputError(tuple(faults))
    return found


def _answer(index: RuleIndex, description: Description, told: tuple[str, ...] = ()) -> dict[str, Any]:
    answer = selection_json(index, select(index, description, date.today().isoformat()))
    return told_beside(answer, told) if told else answer


def _each(index: RuleIndex, found: Sequence[_Given]) -> list[dict[str, Any]]:
    if len(found) == 1:
        return [_answer(index, *found[0])]
    answers, faults = [], []
    kind: type[SpinecodeError] = ContradictionError
    for number, (description, told) in enumerate(found, 1):
        try:
            answers.append(_answer(index, description, told))
        except (ContradictionError, InputError) as error:
            faults += _numbered(number, error)
            kind = InputError if isinstance(error, InputError) else kind
    if faults:
        raise kind(tuple(faults))
    return answers


def _numbered(number: int, error: SpinecodeError) -> list[Fault]:
    return [dataclasses.replace(fault, message=f"Description {number}: {fault.message}") for fault in error.faults]
