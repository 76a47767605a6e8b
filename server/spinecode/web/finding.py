"""The page that finds a code: what was said, what it leads to, what to ask next, and what is ruled out and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import parse_qsl, urlencode

from flask import Response, redirect, render_template, request, url_for
from werkzeug.datastructures import MultiDict

from spinecode.answers import reading_json, selection_json
from spinecode.description import CODE, DATE, Description, from_mapping
from spinecode.documents import told_beside
from spinecode.errors import ContradictionError, Fault
from spinecode.explanation import NEAR_MISS
from spinecode.free_text import TEXT, Reading, read_text
from spinecode.index import RuleIndex
from spinecode.prospects import Prospect, prospects, set_apart
from spinecode.selection import Selection, names_of, select
from spinecode.web.forms import select_form
from spinecode.web.negotiation import FORMAT, HTML
from spinecode.web.replies import reply

Given = Mapping[str, Sequence[str]]

#: Values of one question that are each shown; of longer lists those that lead to the same are put together.
SHOWN_EACH = 12


@dataclass(frozen=True, slots=True)
class Said:
    """What an address says: ``explicit`` by parameters, where a blank one takes back what the text says; and both."""

    explicit: dict[str, list[str]]
    reading: Reading | None

    @property
    def given(self) -> dict[str, list[str]]:
        """The description: what the text says, and in its place what the parameters say."""
        texts = self.reading.given if self.reading is not None else {}
        return {name: values for name, values in {**texts, **self.explicit}.items() if values}

    def address(self, **changed: Sequence[str]) -> str:
        """The shortest address that says this, with some parameters changed; no values take one away."""
        texts = self.reading.given if self.reading is not None else {}
        wanted = {**self.explicit, **{name: list(values) for name, values in changed.items()}}
        query = [(TEXT, self.reading.text)] if self.reading is not None else []
        for name, values in wanted.items():
            if values == texts.get(name, []):
                continue
            query += [(name, value) for value in values or [""]]
        return url_for("pages.first") + (f"?{urlencode(query)}" if query else "")


def said(index: RuleIndex, parameters: MultiDict[str, str]) -> Said:
    """What the parameters of an address say. Raises InputError for a text that is too long."""
    texts = [text for text in parameters.getlist(TEXT) if text.strip()]
    explicit: dict[str, list[str]] = {}
    for name, values in parameters.lists():
        if name not in (TEXT, FORMAT):
            explicit[name] = [value for value in values if value.strip()]
    return Said(explicit, read_text(index, " ".join(texts).strip()) if texts else None)


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that was given, and the address without it."""

    axis: str
    label: str
    value: str
    without: str


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer to the next question: the values that lead to the same codes, and where to go."""

    labels: tuple[str, ...]
    codes: tuple[str, ...]
    url: str


@dataclass(frozen=True, slots=True)
class Reason:
    """Values of a field that cannot stand beside what is given, and why."""

    names: str
    why: str


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A code that is not the answer: the axes that rule it out, each with what it asks and what was given."""

    code: str
    label: str
    reported: bool
    reasons: tuple[tuple[str, str, str], ...]
    confusion: str
    beside: str | None


def answer_json(index: RuleIndex, what: Said) -> dict[str, Any]:
    """The answer of ``select`` to what an address says, with what was read from its text."""
    answer = selection_json(index, select(index, from_mapping(index, what.given), _today()))
    return answer | ({"reading": reading_json(what.reading)} if what.reading is not None else {})


def find_json(index: RuleIndex, what: Said) -> dict[str, Any]:
    """The same as data for the page: with what each value that could still be given would do, by axis."""
    answer = answer_json(index, what)
    found = prospects(index, from_mapping(index, what.given), answer["date"])
    answer["prospects"] = {
        axis: {
            index.values[one.value].name: {"state": one.state, "codes": list(one.codes), "reason": one.reason}
            for one in values
        }
        for axis, values in found.items()
    }
    return answer


def shorter(what: Said) -> Response | None:
    """Where to go from an address that says more than it has to, such as the one that a form sends."""
    found = what.address()
    short = parse_qsl(found.partition("?")[2], keep_blank_values=True)
    sent = [pair for pair in request.args.items(multi=True) if pair[0] != FORMAT]
    if sorted(short) == sorted(sent):
        return None
    if FORMAT in request.args:
        found += ("&" if "?" in found else "?") + urlencode({FORMAT: HTML.name})
    return redirect(found, 303)  # type: ignore[return-value]


def _today() -> str:
    return date.today().isoformat()


# ---------------------------------------------------------------- the page


def find_page(index: RuleIndex, what: Said, notes: Iterable[str] = (), **further: Any) -> Response:
    """The page for what an address says, with notes on what could not be read. Raises InputError for no description."""
    description = from_mapping(index, what.given)
    given = stated(index, description)
    day = description.date or _today()
    faults: tuple[Fault, ...] = ()
    answer: dict[str, Any] | None = None
    selection: Selection | None = None
    try:
        selection = select(index, description, day)
        answer = told_beside(selection_json(index, selection), notes)
    except ContradictionError as error:
        faults = error.faults
    standing = prospects(index, description, day)
    page = render_template(
        "first.html",
        said=what,
        began=bool(given or what.reading),
        answer=answer,
        faults=faults,
        facts=_facts(index, what, given),
        answers=_answers(index, what, given, answer) if answer else (),
        apart=set_apart(index, selection) if selection is not None else {},
        misses=_misses(index, answer) if answer else (),
        taken=taken(answer) if answer else {},
        form=select_form(index, given),
        impossible={axis: _impossible(index, found) for axis, found in standing.items()},
        reasons={axis: _reasons(index, found) for axis, found in standing.items()},
        meanings=_meanings(index, what, given),
        data=_data_address(what),
        **further,
    )
    # what was typed in words may tell of a patient, so it is not kept
    return reply(page, HTML, 200 if not faults else 422, keep=what.reading is None)


def help_form(index: RuleIndex, what: Said) -> dict[str, Any]:
    """What the page of an error shows beside it: the form, and how to mend the address."""

    def mended(fault: Fault, name: str) -> str | None:
        """The address with a known name in the place of the one that is not."""
        for parameter, values in what.explicit.items():
            if parameter == fault.axis and fault.value in values:
                return what.address(**{parameter: [name if v == fault.value else v for v in values]})
            if parameter == fault.axis and fault.value is None and name not in what.explicit:
                return what.address(**{parameter: [], name: values})
        return None

    return {"form": select_form(index, what.given), "mended": mended}


def stated(index: RuleIndex, description: Description) -> dict[str, list[str]]:
    """What was given, by short names, in the order of the axes."""
    names = names_of(index, description.facts)
    found = {axis.name: names[axis.name] for axis in index.asked_axes if axis.name in names}
    if description.date is not None:
        found[DATE] = [description.date]
    return found | ({CODE: list(description.reported)} if description.reported else {})


def _impossible(index: RuleIndex, found: Sequence[Prospect]) -> set[str]:
    return {index.values[one.value].name for one in found if one.state != "possible"}


def _data_address(what: Said) -> str:
    found = what.address()
    if found == url_for("pages.first"):
        found = url_for("select.answer_address")
    return found + ("&" if "?" in found else "?") + urlencode({FORMAT: "json"})


def _facts(index: RuleIndex, what: Said, given: Given) -> list[Fact]:
    found = []
    for axis, values in given.items():
        label = index.axes[axis].label if axis in index.axes else {DATE: "date of service", CODE: "reported code"}[axis]
        for value in values:
            number = index.value_named(axis, value) if axis in index.axes else None
            rest = [other for other in values if other != value]
            shown = index.values[number].label if number is not None else value
            found.append(Fact(axis, label, shown, what.address(**{axis: rest})))
    return found


def _answers(index: RuleIndex, what: Said, given: Given, answer: Mapping[str, Any]) -> list[Answer]:
    ask = answer["ask"]
    if not ask:
        return []
    axis = index.axes[ask["axis"]]
    label_of = {index.values[n].name: index.values[n].label for n in axis.values}
    before = given.get(axis.name, []) if axis.repeatable else []
    if len(ask["values"]) <= SHOWN_EACH:
        groups = [([name], ask["leads_to"][name]) for name in ask["values"]]
    else:
        by_codes: dict[tuple[str, ...], list[str]] = {}
        for name in ask["values"]:
            by_codes.setdefault(tuple(ask["leads_to"][name]), []).append(name)
        groups = [(names, list(codes)) for codes, names in by_codes.items()]
    return [
        Answer(
            tuple(label_of[name] for name in names),
            tuple(codes),
            what.address(**{axis.name: [*before, names[0]]}) if len(names) == 1 else f"#f-{axis.name}",
        )
        for names, codes in groups
    ]


def _reasons(index: RuleIndex, found: Sequence[Prospect]) -> list[Reason]:
    """Why values cannot be given, those with the same reason together; the runs among them told by their ends."""
    groups: dict[tuple[str, tuple[int, ...], str], list[int]] = {}
    for place, one in enumerate(found):
        if one.state != "possible":
            why = one.reason if not one.because else ""
            groups.setdefault((one.state, one.because, why), []).append(place)
    told = []
    for (state, because, why), places in groups.items():
        reasons = {found[place].reason for place in places}
        named = " and ".join(f"{index.axes[index.values[n].axis].label} {index.values[n].label}" for n in because)
        if state == "contradicts" and named:
            shared = f", for {reasons.pop().rstrip('.')}" if len(reasons) == 1 else ""
            reasons = {f"cannot stand beside {named}{shared}"}
        told.append(Reason(_runs([index.values[one.value].label for one in found], places), why or min(reasons)))
    return told


def _runs(labels: Sequence[str], places: Sequence[int]) -> str:
    runs: list[list[int]] = []
    for place in places:
        if runs and runs[-1][-1] == place - 1:
            runs[-1].append(place)
        else:
            runs.append([place])
    told = []
    for run in runs:
        named = [labels[place] for place in run]
        told += [f"{named[0]} to {named[-1]}"] if len(named) > 3 else named
    return ", ".join(told)


def _misses(index: RuleIndex, answer: Mapping[str, Any]) -> list[NearMiss]:
    """The codes that came near, the reported ones first, then those that are taken for an answer, then the nearest."""
    implied = [line["code"] for line in answer["lines"]]
    reported = [one["code"] for one in answer.get("reported", ()) if one["verdict"] == "refuted"]
    found = []
    for code, axes in answer["ruled_out"].items():
        if len(axes) > NEAR_MISS and code not in reported:
            continue
        cells = answer["explanation"][code]
        reasons = tuple((axis, cells[axis]["requires"], _shown(index, axis, cells[axis]["given"])) for axis in axes)
        confusion = next((c for c in index.rules.confusions if code in c.codes and set(implied) & set(c.codes)), None)
        beside = next((one for one in implied if confusion and one in confusion.codes), implied[0] if implied else None)
        label = index.codes[code].label
        found.append(NearMiss(code, label, code in reported, reasons, confusion.reason if confusion else "", beside))
    return sorted(found, key=lambda miss: (not miss.reported, not miss.confusion, len(miss.reasons)))


def _shown(index: RuleIndex, axis: str, names: Sequence[str]) -> str:
    numbers = [index.value_named(axis, name) if axis in index.axes else None for name in names]
    shown = [name if n is None else index.values[n].label for name, n in zip(names, numbers, strict=True)]
    return ", ".join(shown)


def _meanings(index: RuleIndex, what: Said, given: Given) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """The words of the text that are not certain: why, and for each meaning the address that takes it."""
    reading = what.reading
    if reading is None:
        return []
    found = []
    for unsure in reading.unsure:
        links = []
        for facts in unsure.readings:
            changed = {}
            for axis, names in facts.given:
                before = given.get(axis, []) if axis in index.axes and index.axes[axis].repeatable else []
                changed[axis] = [*(name for name in before if name not in names), *names]
            links.append((facts.label, what.address(**changed)))
        found.append((unsure.words, unsure.reason, links))
    return found


def taken(answer: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
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
