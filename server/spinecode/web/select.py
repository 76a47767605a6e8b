"""``/select``: from a description to the lines of a claim, or to the next question."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, render_template, request, url_for

from spinecode.answers import selection_json
from spinecode.description import CODE, DATE, Description, from_mapping, from_rdf
from spinecode.documents import described, naming, told_beside
from spinecode.errors import ContradictionError, Fault, InputError, SpinecodeError
from spinecode.fhir import is_fhir
from spinecode.index import RuleIndex
from spinecode.selection import select
from spinecode.web.bodies import Submission, check_number, line_items, parameters, submission
from spinecode.web.forms import select_form
from spinecode.web.negotiation import FORMAT, HTML, JSON, chosen
from spinecode.web.problems import help_with
from spinecode.web.replies import json_reply, page
from spinecode.web.site import site

blueprint = Blueprint("select", __name__)


@blueprint.get("/select")
def answer_address() -> Response:
    """Answer a description given by parameters."""
    index = site().index
    given = parameters(request.args)
    help_with(lambda: _help(index, given))
    wanted = chosen(JSON, HTML)
    if wanted is HTML and any(not value.strip() for value in request.args.values()):
        # A form sends what was left blank too; the address to keep is the one without.
        kept = dict(given)
        if FORMAT in request.args:
            kept[FORMAT] = [HTML.name]
        return redirect(f"{url_for('.answer_address')}?{urlencode(kept, doseq=True)}", 303)  # type: ignore[return-value]
    answer = _answer(index, from_mapping(index, given))
    if wanted is JSON:
        return json_reply(answer, JSON)
    return page(_page(index, [answer], given))


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
    answers = _each(index, found)
    if wanted is JSON:
        return json_reply(answers if listed else answers[0], JSON, keep=False)
    return page(_page(index, answers, _parameters(answers[0])), keep=False)


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


def _parameters(answer: Mapping[str, Any]) -> dict[str, list[str]]:
    """The description that an answer is about, as parameters of an address."""
    given = dict(answer["given"]) | {DATE: [answer["date"]]}
    if "reported" in answer:
        given[CODE] = [one["code"] for one in answer["reported"]]
    return given


def _address(given: Mapping[str, Sequence[str]], **changed: list[str]) -> str:
    """The address of this page with some parameters set anew."""
    return f"{url_for('select.answer_address')}?{urlencode({**given, **changed}, doseq=True)}"


def _help(index: RuleIndex, given: Mapping[str, list[str]]) -> dict[str, Any]:
    def mended(fault: Fault, name: str) -> str | None:
        """The address with a known name in the place of the one that is not."""
        for parameter, values in given.items():
            if parameter == fault.axis and fault.value in values:
                return _address(given, **{parameter: [name if v == fault.value else v for v in values]})
            if parameter == fault.axis and fault.value is None and name not in given:
                others = {key: list(items) for key, items in given.items() if key != parameter}
                return _address(others, **{name: list(values)})
        return None

    return {"form": select_form(index, given), "mended": mended}


def _page(index: RuleIndex, answers: Sequence[Mapping[str, Any]], given: Mapping[str, list[str]]) -> str:
    form = select_form(index, given) if len(answers) == 1 else None

    def answered(axis: str, value: str) -> str:
        """The address with one more answer."""
        return _address(given, **{axis: [value]})

    return render_template("select.html", answers=answers, form=form, answered=answered, taken=_taken)


def _taken(answer: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """What was taken to be true on each axis: stated, or the same in the explanation of every code that asks."""
    found = {axis: {"names": names, "stated": True} for axis, names in answer["given"].items()}
    found[DATE] = {"names": [answer["date"]], "stated": True}
    followed: dict[str, list[list[str]]] = {}
    for cells in answer["explanation"].values():
        for axis, cell in cells.items():
            if axis not in found:
                followed.setdefault(axis, []).append(cell["given"])
    for axis, given in followed.items():
        if given[0] and all(names == given[0] for names in given):
            found[axis] = {"names": given[0], "stated": False}
    return found
