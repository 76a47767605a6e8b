"""What may stand in a cell of a table: the values of an axis, days, reported codes; each distinct text is read once."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Hashable, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from spinecode.coding.classes import NOTHING, Classes
from spinecode.description import CODE, DATE, from_mapping
from spinecode.errors import ContradictionError, SpinecodeError
from spinecode.index import RuleIndex
from spinecode.rules import LAST_DAY, day_after

#: The classes of cells that cannot be understood, and of cells that contradict themselves.
FAULTY: Final = "faulty"
SEVERAL: Final = "several"

#: What parts several values in one text, beside the comma, which names may have in them.
_PARTING: Final = re.compile(r"[;|\n]")


class Cell(NamedTuple):
    """What a cell says: the numbers of its members, or what is wrong with it; ``kind`` is the class of a wrong one."""

    members: tuple[int, ...]
    reason: str = ""
    kind: str = ""


EMPTY: Final = Cell(())


def _reason(error: SpinecodeError) -> str:
    return " ".join(str(replace(fault, file=None, line=None, column=None)) for fault in error.faults)


class AxisDomain:
    """The values of an axis, by any of their names."""

    def __init__(self, index: RuleIndex, classes: Classes, axis: str) -> None:
        self.name = axis
        self.index = index
        self._classes = classes
        self.repeatable = index.axes[axis].repeatable
        #: The ids of the members, in order.
        self.members: tuple[int, ...] = index.axes[axis].values

    def read(self, text: str) -> Cell:
        """What a text says; where the axis is repeatable, several values may be parted by ; | or a comma."""
        parts = [text]
        if self.repeatable and self.index.value_named(self.name, text) is None:
            parts = _PARTING.split(text)
        try:
            return Cell(from_mapping(self.index, {self.name: parts}).facts.get(self.name, ()))
        except ContradictionError as error:
            return Cell((), _reason(error), SEVERAL)
        except SpinecodeError as error:
            return Cell((), _reason(error), FAULTY)

    def joined(self, members: Sequence[int]) -> Cell:
        """What several values in one row say together."""
        names = [self.index.values[n].iri for n in members]
        try:
            return Cell(from_mapping(self.index, {self.name: names}).facts.get(self.name, ()))
        except ContradictionError as error:
            return Cell((), _reason(error), SEVERAL)

    def class_of(self, cell: Cell) -> Hashable:
        """What the answer depends on."""
        return cell.kind or self._classes.of_set(self.name, cell.members)

    def bits_of(self, cell: Cell) -> tuple[int, int]:
        """The values that a cell states, and those that one of them rules out, as bits."""
        stated = against = 0
        for number in cell.members:
            stated |= 1 << number
            against |= self.index.conflicts[number]
        return stated, against


class CodeDomain:
    """The reported codes; members are the places of the codes of the ontology in their order."""

    name = CODE
    repeatable = True

    def __init__(self, index: RuleIndex) -> None:
        self.index = index
        self.codes: tuple[str, ...] = tuple(index.codes)
        self._places = {code: place for place, code in enumerate(self.codes)}
        self.members: tuple[int, ...] = tuple(range(len(self.codes)))

    def read(self, text: str) -> Cell:
        """The codes in a text, parted by ; | or a comma."""
        try:
            found = from_mapping(self.index, {CODE: _PARTING.split(text)}).reported
        except SpinecodeError as error:
            return Cell((), _reason(error), FAULTY)
        return self.joined([self._places[code] for code in found])

    def joined(self, members: Sequence[int]) -> Cell:
        """Several codes, each once."""
        return Cell(tuple(sorted(set(members))))

    def class_of(self, cell: Cell) -> Hashable:
        """Which codes they are."""
        return cell.kind or cell.members or NOTHING

    def bits_of(self, cell: Cell) -> tuple[int, int]:
        """Nothing: no value of an axis is stated."""
        return 0, 0


class DateDomain:
    """The days of service; members are the spans of days on which the same definitions are in force."""

    name = DATE
    repeatable = False

    def __init__(self, index: RuleIndex, today: str) -> None:
        self.index = index
        gaps = index.rules.gaps
        ends = {day_after(gap.valid_until) for gap in gaps if gap.valid_until and gap.valid_until < LAST_DAY}
        #: The first days of the spans; the reasons why there is no code have dates of their own.
        self.starts = sorted({*index.boundaries, *(gap.valid_from or "" for gap in gaps), *ends})
        self.members: tuple[int, ...] = tuple(range(len(self.starts)))
        self.today = self.era(today)

    def era(self, day: str) -> int:
        """The span that a day is in."""
        return bisect_right(self.starts, day) - 1

    def day_in(self, era: int) -> str:
        """A day of a span that the ontology covers."""
        return max(self.starts[era], self.index.rules.covers_from)

    def read(self, text: str) -> Cell:
        """The span that a day is in."""
        try:
            day = from_mapping(self.index, {DATE: text.split(";")}).date
        except ContradictionError as error:
            return Cell((), _reason(error), SEVERAL)
        except SpinecodeError as error:
            return Cell((), _reason(error), FAULTY)
        return self.of_day(day) if day is not None else EMPTY

    def of_day(self, day: str) -> Cell:
        """The span that a calendar date is in, if the ontology covers it."""
        if day < self.index.rules.covers_from:
            covered = self.index.rules.covers_from
            return Cell((), f"{day}: the ontology answers for dates of service from {covered} on.", FAULTY)
        return Cell((self.era(day),))

    def joined(self, members: Sequence[int]) -> Cell:
        """A day is never in a list."""
        raise NotImplementedError

    def class_of(self, cell: Cell) -> Hashable:
        """The span; that of today without one."""
        return cell.kind or (cell.members or (self.today,))

    def bits_of(self, cell: Cell) -> tuple[int, int]:
        """Nothing: no value of an axis is stated."""
        return 0, 0


Domain = AxisDomain | CodeDomain | DateDomain
