"""What a submitted description says, as far as it can be understood, and what is concluded of it before shapes run.

SHACL Core cannot count levels or look up a day, so that codes, units and modifiers are compared here, and what is found
is stated about the description. The shapes then say that it may not be there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date as calendar
from functools import cached_property
from typing import Any

from pyoxigraph import BlankNode, Literal, NamedNode, Quad

from spinecode import vocabulary as v
from spinecode.answers import outcome_json
from spinecode.claims import OF_LINES, Claim, Grounds, judged
from spinecode.comparison import listed
from spinecode.description import Description, describe, node_name, parse_date
from spinecode.errors import ContradictionError, InputError
from spinecode.index import RuleIndex
from spinecode.reported import ReportedLine, line_of
from spinecode.selection import Selection, check_contradictions, select
from spinecode.vocabulary import term

_DATE_TYPE = term("xsd:date")
#: The kinds of terms that say something here; a union of them would be made anew for each statement.
_READ = (NamedNode, Literal)
#: The properties that are concluded beside those of claims, without their prefix.
OPEN_AXIS, WITHOUT_CODE, DATE_TO_COME, UNKNOWN_CODE = "openAxis", "withoutCode", "dateToCome", "lineWithUnknownCode"


class Reading:
    """One description: its facts, what it reported, what it implies, and the statements that are concluded of it."""

    def __init__(self, index: RuleIndex, node: NamedNode | BlankNode, about: Iterable[Quad]) -> None:
        self.index = index
        self.node = node
        facts: dict[str, list[int]] = {}
        #: What was given by property, known or not.
        self.raw: dict[str, list[str]] = {}
        date = None
        lines: list[ReportedLine] = []
        self._line_terms: list[tuple[Literal, ReportedLine | None]] = []
        axes = index.axis_of_property
        for quad in about:
            if not isinstance(quad.object, _READ):
                continue
            text = quad.object.value
            self.raw.setdefault(quad.predicate.value, []).append(text)
            axis = axes.get(quad.predicate.value)
            if axis and isinstance(quad.object, NamedNode) and (number := index.value_named(axis, text)) is not None:
                facts.setdefault(axis, []).append(number)
            elif quad.predicate == v.DATE_OF_SERVICE:
                # two dates are none; a shape tells of it
                date = text if date in (None, text) else f"{date} {text}"
            elif quad.predicate == v.REPORTED_CODE and (code := index.code_named(text)):
                lines.append(ReportedLine(code, text=code))
            elif quad.predicate == v.REPORTED_LINE and isinstance(quad.object, Literal):
                line = line_of(index, text)
                self._line_terms.append((quad.object, line))
                lines += [line] if line is not None else []
        # a code is often told beside its line
        told = {line.code for _, line in self._line_terms if line is not None}
        self.lines = tuple(line for line in lines if line.text != line.code or line.code not in told)
        reported = [line.code for line in lines]
        self.description: Description = describe(index, facts, date, reported, node_name(node))
        self.conflicts: dict[str | None, list[str]] = {}
        self.selection: Selection | None = None
        self.day: str | None = calendar.today().isoformat()
        try:
            if date is not None:
                self.day = None
                self.day = parse_date(date)
            check_contradictions(index, self.description)
            self.selection = select(index, self.description)
        except ContradictionError as error:
            for fault in error.faults:
                if fault.value is not None:  # else it tells of too many values, as another shape does
                    self.conflicts.setdefault(fault.axis, []).append(fault.message)
        except InputError:
            pass  # a date that is none is what a shape reports

    @cached_property
    def judged(self) -> dict[str, dict[str, Grounds]]:
        """What is found of the reported lines, by the property that is concluded, and by code or text."""
        if self.day is None or not self.lines:
            return {}
        about = self.description
        claim = Claim(self.index, self.lines, self.day, about.facts, about.modifiers, self.selection)
        return judged(claim)

    @cached_property
    def clashing(self) -> tuple[int, ...]:
        """The values that cannot stand beside another that is given."""
        stated, conflicts = self.description.stated, self.index.conflicts
        given = [number for numbers in self.description.facts.values() for number in numbers]
        return tuple(sorted(number for number in given if conflicts[number] & stated))

    def concluded(self) -> list[Quad]:
        """What is concluded, as statements about the description."""
        return [Quad(self.node, term(f"spine:{name}"), value) for name, value in self._conclusions()]

    def _conclusions(self) -> Iterator[tuple[str, NamedNode | Literal]]:
        stated = set(self.raw.get(v.REPORTED_CODE.value, ()))
        for of_line, line in self._line_terms:
            if line is None:
                yield UNKNOWN_CODE, of_line
            elif (iri := self.index.codes[line.code].iri) not in stated:
                yield "reportedCode", NamedNode(iri)
        for name, found in self.judged.items():
            if name in OF_LINES:
                for of_line, line in self._line_terms:
                    if line is not None and line.text in found:
                        yield name, of_line
            else:
                for code in found:
                    yield name, NamedNode(self.index.codes[code].iri)
        if self.day is not None and self.description.date == self.day > calendar.today().isoformat():
            yield DATE_TO_COME, Literal(self.day, datatype=_DATE_TYPE)
        if self.selection is not None and self.description.facts:
            if (question := self.selection.question) is not None:
                yield OPEN_AXIS, NamedNode(self.index.axes[question.axis].iri)
            if self.selection.status == "no-code":
                for iri in self.gaps or (v.UNCODED_INJECTION.value,):
                    yield WITHOUT_CODE, NamedNode(iri)

    @cached_property
    def gaps(self) -> tuple[str, ...]:
        """The known gaps that a description without a code falls into."""
        if self.selection is None:
            return ()
        found = [gap for o in self.selection.outcomes for gap in self.index.gaps(o.service.facts, self.selection.date)]
        return tuple(dict.fromkeys(gap.iri for gap in found))

    def grounds(self, name: str, value: str) -> Grounds | None:
        """Why something is concluded, by the property and the value."""
        if name == OPEN_AXIS:
            return self._why_open()
        if name == WITHOUT_CODE:
            return self._why_without(value)
        if name == DATE_TO_COME:
            today = calendar.today().isoformat()
            return Grounds(f"{value} was given; today is {today}.", (value,), (f"a day until {today}",))
        found = self.judged.get(name, {})
        if (known := found.get(value)) is not None:
            return known
        if name in OF_LINES:
            line = line_of(self.index, value)
            return found.get(line.text) if line is not None else None
        return found.get(self.index.code_named(value) or "")

    def _why_open(self) -> Grounds | None:
        selection = self.selection
        if selection is None or (question := selection.question) is None:
            return None
        left = selection.candidates
        told = f"{listed(left)} {'is' if len(left) == 1 else 'are'} still possible."
        told += f" {question.text or question.label} Answers that lead on: {listed(question.values, 'or')}."
        rules = tuple(self.index.codes[code].iri for code in left)
        sources = tuple(dict.fromkeys(source for code in left for source in self.index.codes[code].sources))
        return Grounds(told, (), question.values, rules, sources)

    def _why_without(self, iri: str) -> Grounds:
        for gap in self.index.rules.gaps:
            if gap.iri == iri:
                return Grounds(f"{gap.label}: {gap.note}", self._given(), (), (gap.iri,), gap.sources)
        return Grounds("No definition of a code takes these facts together.", self._given(), (), (iri,))

    def _given(self) -> tuple[str, ...]:
        values = self.index.values
        given = sorted(number for numbers in self.description.facts.values() for number in numbers)
        return tuple(values[number].name for number in given)

    def answer(self) -> dict[str, Any]:
        """Status and lines, or what is still to be asked."""
        if self.selection is None:
            return {"description": node_name(self.node), "status": "contradictory" if self.conflicts else "unreadable"}
        return outcome_json(self.index, self.selection)
