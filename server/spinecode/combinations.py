"""Every combination of facts that the rules can tell apart, each once.

Values that no rule tells apart stand for one another, so that some ten thousand combinations speak for millions of
descriptions. Combinations that contradict themselves are left out.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from spinecode.index import RuleIndex
from spinecode.rules import Axis, Requirement

#: Stated facts: axes with their values.
Stated = tuple[tuple[str, tuple[int, ...]], ...]

#: An option for an axis, its values as a mask, and the mask of the values that it cannot stand beside.
_Option = tuple[Stated, int, int]

#: How many different substances (or whatever axis is repeatable and not counted) are put together.
MIXED = 2


@dataclass(frozen=True, slots=True)
class Combination:
    """Facts that make up one service: ``stated`` by axis name, and ``facts`` with all that follows."""

    stated: Stated
    facts: dict[str, tuple[int, ...]]


class Space:
    """The combinations of one rule index; ``groups`` parts the values of an axis by what the rules tell apart.

    Open values are left out: what they stand for is there by itself. Several rule indexes can share one space, so
    that a value is in a group of its own when any of them tells it apart (``also`` gives their signatures).
    """

    def __init__(self, index: RuleIndex, also: dict[tuple[str, str], Any] | None = None) -> None:
        self.index = index
        self._also = also or {}
        self._requirements = list(_requirements(index))

    def signature(self, number: int) -> tuple[Any, ...]:
        """All by which the rules can tell a value: which requirements it meets, what it implies and rules out."""
        index = self.index
        value = index.values[number]
        met = tuple(number in r.accepts for r in self._requirements if r.axis == value.axis)
        concluded = tuple(
            (number in index.values[n].when_some, number in index.values[n].when_none)
            for axis in index.concluded_axes
            if axis.derived_from == value.axis
            for n in axis.values
        )
        return met, concluded, value.implies, value.presumes, index.counted_in[number], value.modifiers

    @cached_property
    def groups(self) -> dict[str, tuple[tuple[int, ...], ...]]:
        """For each axis that the rules ask about, its values in groups of which any member stands for all."""
        found: dict[str, tuple[tuple[int, ...], ...]] = {}
        for axis in self.index.axes.values():
            by_signature: dict[Any, list[int]] = {}
            for number in axis.values:
                value = self.index.values[number]
                if not value.narrower:
                    key = (self.signature(number), self._also.get((axis.name, value.name)))
                    by_signature.setdefault(key, []).append(number)
            found[axis.name] = tuple(tuple(numbers) for numbers in by_signature.values())
        return found

    def _answers(self, axis: Axis) -> list[tuple[int, ...]]:
        """The answers to try on an axis: one value of each group, and several where an axis takes several."""
        first = [numbers[0] for numbers in self.groups[axis.name]]
        counted = {a.derived_from for a in self.index.derived_axes if a.counts_within is not None}
        most = MIXED if axis.repeatable and axis.name not in counted else 1
        return [chosen for size in range(1, most + 1) for chosen in itertools.combinations(first, size)]

    def _places(self) -> list[Stated]:
        """What is said of the place: a level, with how many come before it, or nothing but its region."""
        counting = self.index.counting_axis
        if counting is None:
            return [()]
        levelled = counting.derived_from or ""
        within = counting.counts_within or ""
        found: list[Stated] = []
        found += [((within, answer),) for answer in self._answers(self._axis(within))]
        for level in self._answers(self._axis(levelled)):
            found += [((levelled, level), (counting.name, ordinal)) for ordinal in self._answers(counting)]
        return found

    def _axis(self, name: str) -> Axis:
        return self.index.axes[name]

    def __iter__(self) -> Iterator[Combination]:
        index = self.index
        counting = index.counting_axis
        placed = {counting.derived_from, counting.counts_within} if counting is not None else set()
        asked = {r.axis for r in self._requirements}
        for axis in index.derived_axes:
            if axis.name in asked and axis.derived_from is not None:
                asked.add(axis.derived_from)
        implied = {axis for value in index.values for axis, _ in value.implies}
        choices: list[list[Stated]] = [self._places()]
        for axis in index.asked_axes:
            if axis.name in asked and axis.name not in placed:
                options: list[Stated] = [((axis.name, answer),) for answer in self._answers(axis)]
                choices.append([(), *options] if axis.name in implied else options)
        known = [[told for option in some if (told := self._told(option)) is not None] for some in choices]
        yield from self._extend((), 0, known)

    def _told(self, option: Stated) -> _Option | None:
        """An option with its values and those that they cannot stand beside; None where it contradicts itself."""
        mask = against = 0
        for _, numbers in option:
            for number in numbers:
                mask |= 1 << number
                against |= self.index.conflicts[number]
        return None if mask & against else (option, mask, against)

    def _extend(self, chosen: Stated, mask: int, choices: list[list[_Option]]) -> Iterator[Combination]:
        """The combinations that begin with what is chosen; a contradiction ends its whole branch."""
        if not choices:
            yield Combination(chosen, close(self.index, dict(chosen)))
            return
        for option, added, against in choices[0]:
            if not against & mask:
                yield from self._extend((*chosen, *option), mask | added, choices[1:])


def _requirements(index: RuleIndex) -> Iterator[Requirement]:
    """Every requirement of a definition, a declared gap or a constraint, and what constraints allow."""
    for definition in (*index.definitions, *index.rules.gaps):
        yield from definition.requirements
    for constraint in index.rules.constraints:
        yield from constraint.conditions
        yield Requirement(constraint.axis, constraint.label, "", constraint.allowed)


def signatures(index: RuleIndex) -> dict[tuple[str, str], Any]:
    """The signature of each value by the names of its axis and itself, for comparing two rule indexes."""
    space = Space(index)
    return {(value.axis, value.name): space.signature(value.id) for value in index.values}


def clashes(index: RuleIndex, stated: Stated) -> bool:
    """Whether two of the stated values cannot stand beside each other."""
    mask = sum(1 << number for number in {number for _, numbers in stated for number in numbers})
    return any(index.conflicts[number] & mask for _, numbers in stated for number in numbers)


def close(index: RuleIndex, stated: dict[str, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
    """Stated facts with what their values imply and what follows from the whole list of substances."""
    facts = index.effective(stated, [link for ns in stated.values() for n in ns for link in index.values[n].implies])
    index.derive(facts)
    return facts
