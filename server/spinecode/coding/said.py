"""What the cells of a table say on every axis, also on those that they only imply something about, as numbers.

Beside the values of an axis there are the definitions that they leave, as masks in words of 64 bits.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from spinecode.coding.classes import Classes
from spinecode.coding.columns import FactColumn, distinct
from spinecode.coding.domains import DateDomain
from spinecode.index import RuleIndex, mask_of
from spinecode.rules import Axis, in_force

Array = npt.NDArray[Any]
_BITS: Final = 64
_ALL: Final = (1 << _BITS) - 1


def as_words(masks: Iterable[int], count: int) -> list[Array]:
    """Masks as arrays of words, the lowest bits first."""
    held = list(masks)
    return [np.array([mask >> word * _BITS & _ALL for mask in held], np.uint64) for word in range(count)]


def words_for(bits: int) -> int:
    """How many words so many bits need, at least one."""
    return max(1, -(-bits // _BITS))


class Numbered:
    """Things with a number each, 0 for nothing; masks of them are worked out once each."""

    def __init__(self) -> None:
        self.things: list[Any] = [None]
        self._numbers: dict[Hashable, int] = {None: 0}
        self._pairs: dict[int, int] = {}
        self._masks: dict[str, list[Array]] = {}

    def __len__(self) -> int:
        return len(self.things) + len(self._pairs)

    def number_of(self, thing: Hashable) -> int:
        """The number of a thing."""
        number = self._numbers.setdefault(thing, len(self.things))
        if number == len(self.things):
            self.things.append(thing)
        return number

    def joined(self, ones: Array, others: Array, join: Callable[[int, int], Hashable]) -> Array:
        """The things that pairs of numbers make; where the second is nothing, the first."""
        if not others.any():
            return ones
        places, pairs = distinct(ones.astype(np.int64) << 32 | others.astype(np.int64))
        found = []
        for pair in pairs.tolist():
            number = self._pairs.get(pair)
            if number is None:
                one, other = pair >> 32, pair & 0xFFFFFFFF
                number = self._pairs[pair] = self.number_of(join(one, other)) if other else one
            found.append(number)
        return np.array(found, np.int64).take(places)

    def concatenated(self, parts: Iterable[Array], rows: int) -> Array:
        """Of things that are tuples, several one after the other."""
        found = np.zeros(rows, np.int64)
        for part in parts:
            found = self.joined(found, part, lambda one, other: (*(self.things[one] or ()), *self.things[other]))
        return found

    def masks(self, name: str, mask_of: Callable[[Any], int], words: int) -> list[Array]:
        """A mask of each thing, as so many words."""
        known = self._masks.get(name)
        if known is None or len(known[0]) < len(self.things):
            done = 0 if known is None else len(known[0])
            further = as_words([mask_of(thing) for thing in self.things[done:]], words)
            known = further if known is None else [np.concatenate(pair) for pair in zip(known, further, strict=True)]
            self._masks[name] = known
        return known


class Said:
    """What was said so far; ``columns`` are those of the axes in their order, and that of the date."""

    def __init__(self, index: RuleIndex, classes: Classes, columns: Sequence[FactColumn], dates: DateDomain) -> None:
        self.index = index
        self._classes = classes
        self._columns = columns
        self._dates = dates
        self.asked = [axis.name for axis in index.asked_axes]
        self.words = words_for(len(index.definitions))
        self.gap_words = words_for(len(index.rules.gaps))
        #: The axis whose values are services of their own (levels), and the one that counts them.
        self.levelled = index.levelled or ""
        self.ordinal = index.counting_axis.name if index.counting_axis is not None else ""
        #: For each axis those whose values imply something on it, and those whose values presume something.
        self.implying, self.presuming = index.reach.implying, index.reach.presuming
        days = [dates.day_in(era) for era in dates.members]
        gaps = index.rules.gaps
        in_days = [mask_of(bit for bit, gap in enumerate(gaps) if in_force(gap, day)) for day in days]
        #: The definitions and the declared gaps in force in each span of days.
        self.valid = as_words(map(index.valid_on, days), self.words)
        self.gaps_valid = as_words(in_days, self.gap_words)
        self.clear()

    def clear(self) -> None:
        """Forget what was said."""
        self._states = {name: Numbered() for name in self.index.axes}
        #: What is implied or presumed on each axis: the axis that says it, and the values for each of its own values.
        self.hints = {name: Numbered() for name in self.index.axes}
        self.modifiers = Numbered()
        self._cells: dict[str, Cells] = {}

    def __len__(self) -> int:
        return sum(map(len, (*self._states.values(), *self.hints.values(), self.modifiers)))

    # ------------------------------------------------------------------ cells

    def cells(self, axis: str) -> Cells:
        """What the cells of the column of an axis say."""
        cells = self._columns[self.asked.index(axis)].cells
        known = self._cells.get(axis)
        if known is None or len(known.given) < len(cells):
            known = self._cells[axis] = Cells(self, axis, [cell.members for cell in cells])
        return known

    def eras(self, numbers: Array) -> Array:
        """The spans that the days of rows are in, by the numbers of their cells."""
        found = [cell.members[0] if cell.members else self._dates.today for cell in self._columns[-1].cells]
        return np.array(found, np.int64).take(numbers)

    def state(self, axis: str, numbers: Iterable[int]) -> int:
        """The number of some values of an axis; those that no rule tells apart count as one."""
        return self._states[axis].number_of(tuple(dict.fromkeys(map(self._classes.example, numbers))) or None)

    def implied(self, axis: str, by: str, numbers: Iterable[int]) -> int:
        """The number of what values of one axis imply on another."""
        found = tuple(ns for n in numbers for name, ns in self.index.values[n].implies if name == axis)
        return self.hints[axis].number_of(((by, found),) if found else None)

    def presumed(self, axis: str, by: str, numbers: Iterable[int]) -> int:
        """The number of what values of one axis presume on another."""
        values = self.index.values
        found = tuple((p,) for n in numbers for p in values[n].presumes if values[p].axis == axis)
        return self.hints[axis].number_of(((by, found),) if found else None)

    # ------------------------------------------------------------------ what follows

    def effective(self, axis: str, states: Array, hints: Array) -> Array:
        """The values of an axis with what others imply there."""
        known, said = self._states[axis], self.hints[axis]

        def join(state: int, hint: int) -> Hashable:
            facts = {} if state == 0 else {axis: known.things[state]}
            return self.index.effective(facts, [(axis, ns) for _, found in said.things[hint] for ns in found])[axis]

        return known.joined(states, hints, join)

    def first(self, axis: str, hints: Array) -> Array:
        """The value that is presumed first."""
        firsts = [hint and hint[0][1][0] for hint in self.hints[axis].things]
        return np.array([self._states[axis].number_of(first) for first in firsts], np.int64).take(hints)

    def concluded(self, axis: Axis, states: Array) -> Array:
        """What follows on a derived axis from the values of the one that it is derived from."""
        source = axis.derived_from or ""
        found = []
        for numbers in self._states[source].things:
            facts = {source: numbers or ()}
            self.index.derive(facts)
            found.append(self._states[axis.name].number_of(facts.get(axis.name)))
        return np.array(found, np.int64).take(states)

    # ------------------------------------------------------------------ masks

    def implied_by(self, axis: str) -> list[Array]:
        """The definitions whose demands on an axis its values meet."""

        def met(numbers: tuple[int, ...] | None) -> int:
            found = self.index.all
            for name, unasked, accepts, _ in self.index.slot_rows:
                if name == axis:
                    found &= unasked | mask_or(accepts[n] for n in numbers or ())
            return found

        return self._states[axis].masks("implied", met, self.words)

    def possible_with(self, axis: str) -> list[Array]:
        """The definitions that the values of an axis do not rule out."""
        everything = self.index.all

        def left(numbers: tuple[int, ...] | None) -> int:
            return self.index.evaluate({} if numbers is None else {axis: numbers}, 0, everything)[1]

        return self._states[axis].masks("possible", left, self.words)

    def gaps_met(self, axis: str) -> list[Array]:
        """The declared gaps that ask nothing of an axis but what its values meet."""

        def met(numbers: tuple[int, ...] | None) -> int:
            given = set(numbers or ())
            return mask_of(
                bit
                for bit, gap in enumerate(self.index.rules.gaps)
                if all(not given.isdisjoint(r.accepts) for r in gap.requirements if r.axis == axis)
            )

        return self._states[axis].masks("gaps", met, self.gap_words)


class Cells:
    """What the cells of one column say, as arrays by their numbers; what levels say, as arrays by level."""

    def __init__(self, said: Said, name: str, cells: list[tuple[int, ...]]) -> None:
        values = said.index.values
        self.given = np.array([bool(members) for members in cells])
        excluded = [mask_or(said.index.excludes[n] for n in members) for members in cells]
        self.excluded = as_words(excluded, said.words)
        modifiers = [tuple(m for n in members for m in values[n].modifiers) for members in cells]
        self.modifiers = np.array([said.modifiers.number_of(found or None) for found in modifiers], np.int64)
        #: How many levels a cell has, and where they begin; a cell without has one, which says nothing.
        self.counts = np.array([len(members) or 1 for members in cells], np.int64)
        self.starts = np.cumsum(self.counts) - self.counts
        self.ordinals = np.zeros(0, np.int64)
        parts: list[tuple[int, ...]] = cells
        if name == said.levelled:
            parts = [level for members in cells for level in (zip(members) if members else [()])]
            self.ordinals = np.array([n for members in cells for n in _ordinals(said, members)], np.int64)
        self.stated = np.array([said.state(name, part) for part in parts], np.int64)
        self.implied = {
            axis: np.array([said.implied(axis, name, part) for part in parts], np.int64)
            for axis, by in said.implying.items()
            if name in by
        }
        self.presumed = {
            axis: np.array([said.presumed(axis, name, part) for part in parts], np.int64)
            for axis, by in said.presuming.items()
            if name in by
        }


def _ordinals(said: Said, levels: tuple[int, ...]) -> list[int]:
    """For each level the state of the axis that counts them."""
    index = said.index
    counted: dict[str | None, int] = {}
    found = []
    for number in levels:
        group = index.counted_in[number]
        counted[group] = counted.get(group, 0) + 1
        found.append(said.state(said.ordinal, (index.ordinal(counted[group]),)))
    return found or [0]


def mask_or(masks: Iterable[int]) -> int:
    """All bits that are in some mask."""
    found = 0
    for mask in masks:
        found |= mask
    return found
