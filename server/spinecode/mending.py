"""What mends a result for certain: the change of the submitted text that the data leave no doubt about.

That is the one value or property that a mistyped name can stand for, a type or a datatype that is missing, and for
what was reported the lines that the description implies, where these are determined. A change is offered only when
the changed text was validated: its result is gone, and nothing is violated that was not before.
"""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from typing import Final, NamedTuple

from pyoxigraph import Quad, RdfFormat

from spinecode import vocabulary as v
from spinecode.description import CODE, DATE, fact_properties
from spinecode.errors import SpinecodeError
from spinecode.index import RuleIndex
from spinecode.json_facts import TYPE_MEMBER
from spinecode.origins import Origins
from spinecode.report import Edit, Report, Result
from spinecode.reported import line_of, text_of
from spinecode.spelling import meant
from spinecode.text_edits import Change, Editor, JsonEditor, Term, TurtleEditor
from spinecode.text_places import Fact, Lines, Place, UnknownPlacesError
from spinecode.vocabulary import term

_LINES: Final = (RdfFormat.N_TRIPLES, RdfFormat.N_QUADS)
#: How long a text, how many descriptions and how many results are looked at, since each change is validated.
_LONGEST: Final = 100_000
_DESCRIPTIONS: Final = 20
_RESULTS: Final = 12
_DATE_TYPE: Final = term("xsd:date").value
_REPORTED: Final = (v.REPORTED_CODE.value, v.REPORTED_LINE.value)
#: How much of a text is quoted when a change is told.
_QUOTED: Final = 60
#: A statement of N-Triples or N-Quads, of which the value is told.
_STATEMENT: Final = re.compile(r"(?:<[^<>]*>|_:\S+) <[^<>]*> (.*?)(?: <[^<>]*>)? ?\.")
_IRI: Final = re.compile(r"<([^<>\s]*)>")
_DOUBTS: Final = (UnknownPlacesError, SpinecodeError, ValueError, LookupError, RecursionError)


def with_edits(
    report: Report,
    index: RuleIndex,
    content: bytes,
    syntax: RdfFormat | None,
    quads: Sequence[Quad] | None,
    again: Callable[[bytes], Report],
) -> Report:
    """A report with an edit on each result that is mended for certain.

    ``syntax`` is None for JSON by axis names, ``quads`` what was read from the text; ``again`` validates a text in the
    same syntax. A long report has edits on its first results only, and one on many descriptions has none. Nothing is
    offered for RDF/XML and for resources of FHIR.
    """
    if not report.results or len(content) > _LONGEST or len(report.answers) > _DESCRIPTIONS:
        return report
    try:
        mender = _Mender(report, index, content, syntax, quads)
    except _DOUBTS:
        return report
    results = list(report.results)
    for number, result in enumerate(results[:_RESULTS]):
        edit = next((one for one in mender.edits(result) if _mends(report, result, one, mender.text, again)), None)
        results[number] = dataclasses.replace(result, edit=edit)
    return dataclasses.replace(report, results=tuple(results))


def _mends(report: Report, result: Result, edit: Edit, text: str, again: Callable[[bytes], Report]) -> bool:
    try:
        after = again(edit.applied(text).encode())
    except SpinecodeError:
        return False
    if after.unread or len(after.answers) != len(report.answers):
        return False
    before, left = Counter(map(_key, report.results)), Counter(map(_key, after.results))
    violations = Counter(_key(one) for one in after.results if one.severity == "violation")
    return left[_key(result)] < before[_key(result)] and all(violations[key] <= before[key] for key in violations)


def _key(result: Result) -> tuple[str | None, ...]:
    # blank nodes have other names each time a text is read
    told = [None if text and text.startswith("_:") else text for text in (result.focus_node, result.value)]
    return (*told, result.shape, result.path)


class _Line(NamedTuple):
    """A line of a claim, told in full."""

    code: str
    units: int
    modifiers: Sequence[str]


class _Mender:
    """Proposes changes of one text."""

    def __init__(
        self, report: Report, index: RuleIndex, content: bytes, syntax: RdfFormat | None, quads: Sequence[Quad] | None
    ) -> None:
        self.index = index
        self.text = content.decode("utf-8-sig")
        self.lines = Lines(self.text)
        self.facts = Origins.of(index, content, syntax, quads).facts
        self.axes = fact_properties(index)
        self.answers = {str(answer.get("description")): answer for answer in report.answers}
        self.plain = syntax is None
        self.editor = self._editor(syntax)

    def _editor(self, syntax: RdfFormat | None) -> Editor:
        if syntax is RdfFormat.RDF_XML or (syntax is None and f'"{TYPE_MEMBER}"' in self.text):
            raise UnknownPlacesError
        if syntax is None or syntax is RdfFormat.JSON_LD:
            return JsonEditor(self.text)
        return TurtleEditor(self.text, syntax in _LINES)

    def edits(self, result: Result) -> Iterator[Edit]:
        """Edits that may mend a result, the likeliest first."""
        try:
            for change in self._changes(result):
                if change[2] != self.text[change[0] : change[1]]:
                    yield Edit(*change, self._told(*change))
        except _DOUBTS:
            return

    def _changes(self, result: Result) -> Iterator[Change]:
        about = self.facts.get(result.focus_node, ())
        hits = [fact for fact in about if result.value is not None and result.value in fact.values]
        kind = result.component.rpartition("#")[2].removesuffix("ConstraintComponent")
        if result.axis == CODE:
            yield from self._of_code(result, about, hits)
        elif kind == "HasValue" and result.path == v.TYPE.value and about:
            yield from self.editor.typed(self._offset(about[0].property_place), v.INJECTION.value)
        elif kind == "Closed":
            yield from self._of_property(result, about, hits)
        elif kind in ("Class", "NodeKind", "Datatype", "Pattern") and result.value is not None:
            hits = [fact for fact in hits if self.axes.get(fact.property) == result.axis]
            for fact in hits[:1]:
                for one in self._value_meant(result.axis or "", result.value):
                    yield from self.editor.replaced(self._offset(fact.value_place), [one])

    def _value_meant(self, axis: str, given: str) -> Iterator[Term]:
        if axis == DATE:
            # a day without the type of one
            if date.fromisoformat(given).isoformat() == given:
                yield Term(given, None, _DATE_TYPE)
        elif axis in self.index.axes:
            name = given.rpartition("/")[2] if given.startswith(v.SPINE) else given
            number = self.index.value_named(axis, name)
            number = number if number is not None else self.index.value_meant(axis, name)
            if number is not None:
                yield Term(self.index.values[number].name, self.index.values[number].iri)

    def _of_property(self, result: Result, about: Sequence[Fact], hits: Sequence[Fact]) -> Iterator[Change]:
        given = (result.path or "").rpartition("/")[2]
        names = {iri.rpartition("/")[2]: iri for iri in self.axes} | {axis: iri for iri, axis in self.axes.items()}
        found = meant(given, names)
        said = {self.axes.get(fact.property) for fact in about}
        if found is None or self.axes[found] in said:
            return  # what is said already is not said a second time
        for fact in [one for one in hits if one.property == result.path][:1]:
            yield from self.editor.renamed(self._offset(fact.property_place), Term(self.axes[found], found))

    # ------------------------------------------------------------------ what was reported

    def _of_code(self, result: Result, about: Sequence[Fact], hits: Sequence[Fact]) -> Iterator[Change]:
        answer = self.answers.get(result.focus_node, {})
        if answer.get("status") != "determined" or result.severity == "info":
            return
        implied = {line["code"]: _Line(line["code"], line["units"], line["modifiers"]) for line in answer["lines"]}
        reported = [fact for fact in about if fact.property in _REPORTED]
        codes = {self._code(fact.values) for fact in reported}
        missing = [line for code, line in implied.items() if code not in codes]
        code = self._code((result.value or "",))
        named = [fact for fact in reported if code is not None and self._code(fact.values) == code]
        for fact in ([one for one in hits if one in reported] or named)[:1]:
            at = self._offset(fact.value_place)
            if code in implied:
                for line in self._between(fact, implied[code]):
                    yield from self.editor.replaced(at, [self._term(fact, line)])
            elif instead := missing or [one for one in self._lines(result.expected) if one.code not in codes]:
                yield from self.editor.replaced(at, [self._term(fact, line) for line in instead])
            else:
                yield from self.editor.removed(at)
        if reported and missing and code in implied:
            last = reported[-1]
            wanted = [line for line in missing if line.code == code] or missing
            terms = [self._term(last, line) for line in wanted]
            yield from self.editor.added(self._offset(last.value_place), terms)

    def _between(self, fact: Fact, implied: _Line) -> Iterator[_Line]:
        """A reported line turned into the one implied, step by step: what is told and need not go stays."""
        # of what the line may be called by, its code alone says less
        told = max(self._lines(sorted(fact.values)), key=lambda one: (len(one.modifiers), one.units), default=implied)
        own = told.modifiers
        units = implied.units if told.units != 1 or implied.units > 1 else 1
        both = dict.fromkeys((*implied.modifiers, *own))
        yield _Line(told.code, units, tuple(both))
        for one in own:
            yield _Line(told.code, units, tuple(modifier for modifier in both if modifier != one))
        yield implied

    def _lines(self, texts: Iterable[str]) -> list[_Line]:
        found = (line_of(self.index, text) for text in texts)
        return [_Line(line.code, line.units or 1, line.modifiers or ()) for line in found if line is not None]

    def _code(self, names: Iterable[str]) -> str | None:
        return next((line.code for line in self._lines(sorted(names))), None)

    def _term(self, fact: Fact, line: _Line) -> Term:
        """A line as a value of the property that has another already."""
        told: dict[str, object] = {"code": line.code}
        told |= {"units": line.units} if line.units > 1 else {}
        told |= {"modifiers": list(line.modifiers)} if line.modifiers else {}
        if fact.property == v.REPORTED_LINE.value and len(told) == 1:
            told["units"] = line.units  # a code alone is no line
        bare = fact.property == v.REPORTED_CODE.value and (len(told) == 1 or not self.plain)
        iri = self.index.codes[line.code].iri if bare else None
        return Term(str(text_of(told)), iri, members=tuple(told.items()))

    # ------------------------------------------------------------------ places and words

    def _offset(self, place: Place) -> int:
        return self.lines.offset(place)

    def _told(self, start: int, end: int, replacement: str) -> str:
        old, new = _quoted(self.text[start:end]), _quoted(replacement)
        if not new:
            return f"Take out {old}"
        return f"Write {new} instead of {old}" if old else f"Add {new}"


def _quoted(text: str) -> str:
    text = " ".join(text.split()).strip(" ,;")
    if whole := _STATEMENT.fullmatch(text):
        text = whole[1]
    text = _IRI.sub(lambda found: v.shorten(found[1]), text)
    return text if len(text) <= _QUOTED else f"{text[:_QUOTED]}…"
