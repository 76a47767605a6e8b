"""The rule index: the definitions compiled to one bitmask per axis value.

Bit i of a mask stands for definition i. A value's mask has bit i set when definition i accepts the value or does
not ask about its axis, so that selecting is a bitwise AND over what is given. Where one definition asks twice
about an axis, the axis takes two slots.
"""

from __future__ import annotations

import difflib
from bisect import bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from spinecode.reach import Reach
from spinecode.rules import LAST_DAY, Axis, Code, Constraint, Definition, Requirement, Rules, Value, day_after, in_force
from spinecode.spelling import fold, meant, nearest_codes
from spinecode.vocabulary import SPINE

#: Values by axis, as ids; the form in which a description meets the index.
Facts = Mapping[str, tuple[int, ...]]
#: Of a slot its axis, the definitions that ask nothing there, and by value those that accept it, or may accept it.
SlotRow = tuple[str, int, tuple[int, ...], tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a definition asks on an axis that a person knows; a derived axis is shown as the one it follows from."""

    axis: str
    label: str
    text: str
    requirements: tuple[Requirement, ...]


_MASKS_KEPT: Final = 10_000


class RuleIndex:
    """The compiled rules: look-ups by name, and masks by value, axis and date."""

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.values: tuple[Value, ...] = rules.values
        self.axes: dict[str, Axis] = {axis.name: axis for axis in rules.axes}
        self.asked_axes: tuple[Axis, ...] = tuple(axis for axis in rules.axes if axis.derived_from is None)
        self.derived_axes: tuple[Axis, ...] = tuple(axis for axis in rules.axes if axis.derived_from is not None)
        self.axis_of_property: dict[str, str] = {axis.property: axis.name for axis in self.asked_axes}
        self.codes: dict[str, Code] = {code.code: code for code in rules.codes}
        self.definitions: tuple[Definition, ...] = rules.definitions
        self.all: int = (1 << len(self.definitions)) - 1
        self._names = {axis.name: self._names_of(axis) for axis in rules.axes}
        # RDF has IRIs as they are, and folding a name costs more than all the rest of reading a fact
        self._iris = {axis.name: {self.values[n].iri: n for n in axis.values} for axis in rules.axes}
        #: The codes by what they are called in records, exactly as written.
        self.code_names: dict[str, str] = {
            key: code.code for code in rules.codes for key in (code.code, code.iri, code.iri.removeprefix(SPINE))
        }
        self._compile_masks()
        self._compile_dates()
        self._compile_conflicts()
        #: What ``explanation`` has worked out already.
        self.explained: dict[Any, Any] = {}
        self._codes_by_mask: dict[int, tuple[str, ...]] = {}
        #: What each definition asks, in the order of the axes.
        self.asked: tuple[tuple[Asked, ...], ...] = tuple(tuple(self._asked(d)) for d in self.definitions)
        #: The bits of the definitions of each code.
        self.bits_of_code: dict[str, tuple[int, ...]] = dict.fromkeys(self.codes, ())
        for bit, definition in enumerate(self.definitions):
            if definition.code in self.bits_of_code:
                self.bits_of_code[definition.code] += (bit,)
        #: The axes whose values stand for modifiers, and for each the values by modifier.
        self.modifying: tuple[tuple[Axis, dict[str, int]], ...] = tuple(
            (axis, by_modifier)
            for axis in self.asked_axes
            if (by_modifier := {m: number for number in axis.values for m in self.values[number].modifiers})
        )
        self.codes_of_bits: tuple[str, ...] = tuple(definition.code for definition in self.definitions)
        counting = [axis for axis in self.derived_axes if axis.counts_within is not None]
        #: The derived axis whose values count those of another axis (levels), if there is one.
        self.counting_axis: Axis | None = counting[0] if counting else None
        #: The axis whose values are services of their own (levels).
        self.levelled: str | None = counting[0].derived_from if counting else None
        self._ordinals = self._places(counting[0]) if counting else ()
        #: For each value, what bounds the counting where it is counted: the coding region of its region.
        self.counted_in: tuple[str | None, ...] = tuple(self._counted_in(value) for value in self.values)
        self.concluded_axes = tuple(axis for axis in self.derived_axes if axis.counts_within is None)
        self._conclusions = {
            axis.name: tuple(
                (n, mask_of(self.values[n].when_some), mask_of(self.values[n].when_none))
                for n in axis.values
                if self.values[n].has_condition
            )
            for axis in self.concluded_axes
        }
        self.open_values = frozenset(value.id for value in self.values if value.narrower)

    # ------------------------------------------------------------------ names

    def _names_of(self, axis: Axis) -> dict[str, int]:
        names: dict[str, int] = {}
        for number in reversed(axis.values):
            value = self.values[number]
            local = value.iri.rsplit("/", 1)[-1]
            for name in (*value.other_names, *value.alt_labels, local, value.label, value.iri, value.name):
                names[fold(name)] = number
        return names

    def names(self, axis: str) -> Mapping[str, int]:
        """The values of an axis by all their names, which are folded."""
        return self._names[axis]

    def value_named(self, axis: str, name: str) -> int | None:
        """The value of an axis by its short name, IRI, label or alternative label."""
        number = self._iris[axis].get(name)
        return number if number is not None else self._names[axis].get(fold(name))

    def code_named(self, name: str) -> str | None:
        """The code by its number or IRI."""
        return self.code_names.get(name.strip())

    def nearest_values(self, axis: str, name: str) -> tuple[str, ...]:
        """Short names of the values that a mistyped name comes closest to; all of them when the axis has few."""
        names = self._names[axis]
        close = difflib.get_close_matches(fold(name), names, n=6, cutoff=0.6)
        found = dict.fromkeys(self.values[names[key]].name for key in close)
        if not found and len(self.axes[axis].values) <= 12:
            return tuple(self.values[number].name for number in self.axes[axis].values)
        return tuple(found)[:3]

    def value_meant(self, axis: str, name: str) -> int | None:
        """The one value that a mistyped name can only stand for; None where that is not sure."""
        return meant(fold(name), self._names[axis])

    def nearest_codes(self, name: str) -> tuple[str, ...]:
        """The codes that a mistyped code comes closest to."""
        return nearest_codes(name.strip(), self.codes)

    def _asked(self, definition: Definition) -> Iterable[Asked]:
        for axis in self.asked_axes:
            found = [r for r in definition.requirements if axis.name in (r.axis, self.axes[r.axis].derived_from)]
            if found:
                # what is asked of the values themselves comes before what is concluded from them
                found.sort(key=lambda r: r.axis != axis.name)
                text = " and ".join(dict.fromkeys(r.label for r in found))
                yield Asked(axis.name, axis.label, text, tuple(found))

    # ------------------------------------------------------------------ masks

    def _compile_masks(self) -> None:
        count: dict[str, int] = {}
        for definition in self.definitions:
            for axis in {r.axis for r in definition.requirements}:
                number = sum(r.axis == axis for r in definition.requirements)
                count[axis] = max(count.get(axis, 0), number)
        #: The slots: an axis each, more than once where some definition asks several things about it.
        self.slots: tuple[str, ...] = tuple(
            axis.name for axis in self.rules.axes for _ in range(count.get(axis.name, 0))
        )
        unasked = [self.all] * len(self.slots)
        accepts = [[0] * len(self.values) for _ in self.slots]
        for bit, definition in enumerate(self.definitions):
            taken: dict[str, int] = {}
            for requirement in definition.requirements:
                nth = taken.get(requirement.axis, 0)
                taken[requirement.axis] = nth + 1
                slot = self.slots.index(requirement.axis) + nth
                unasked[slot] &= ~(1 << bit)
                for number in requirement.accepts:
                    accepts[slot][number] |= 1 << bit
        #: For each slot, the definitions that ask nothing there.
        self.unasked: tuple[int, ...] = tuple(unasked)
        #: For each slot and value, the definitions that accept the value or ask nothing there.
        self.accepts: tuple[tuple[int, ...], ...] = tuple(
            tuple(mask | unasked[slot] for mask in accepts[slot]) for slot in range(len(self.slots))
        )
        #: The same, where a value that leaves something open counts as any of the values it may stand for.
        self.may_accept: tuple[tuple[int, ...], ...] = tuple(
            tuple(self._widened(row, value) for value in self.values) for row in self.accepts
        )
        self.slot_rows: tuple[SlotRow, ...] = tuple(
            zip(self.slots, self.unasked, self.accepts, self.may_accept, strict=True)
        )
        self.reach = Reach(self.rules)
        #: For each axis, the slots that it or one derived from it fills.
        self.rows_about = {name: self._rows({name, *self.reach.derived[name]}) for name in self.reach.touched}
        #: For each axis, the slots in which an answer to it changes something, and the others.
        self.rows_touched = {
            name: (self._rows(set(touched)), self._rows(self.axes.keys() - touched))
            for name, touched in self.reach.touched.items()
        }

    def _rows(self, axes: Collection[str]) -> tuple[SlotRow, ...]:
        return tuple(row for row in self.slot_rows if row[0] in axes)

    def _counted_in(self, value: Value) -> str | None:
        within = self.counting_axis.counts_within if self.counting_axis is not None else None
        regions = [number for axis, numbers in value.implies if axis == within for number in numbers]
        return next((self.values[n].coding_region for n in regions if self.values[n].coding_region), None)

    def _places(self, axis: Axis) -> tuple[int, ...]:
        """For the first, second, third ... of what an axis counts, its value; the last one holds from there on."""
        ranked = sorted(axis.values, key=lambda n: self.values[n].position)
        last = max(self.values[n].position for n in ranked)
        return tuple([n for n in ranked if self.values[n].position <= place][-1] for place in range(1, last + 1))

    def _widened(self, row: tuple[int, ...], value: Value) -> int:
        mask = row[value.id]
        for number in value.narrower:
            mask |= self._widened(row, self.values[number])
        return mask

    def _compile_dates(self) -> None:
        spans = []
        for definition in self.definitions:
            code = self.codes[definition.code]
            first = max(definition.valid_from or "", code.valid_from or "")
            last = min(definition.valid_until or LAST_DAY, code.valid_until or LAST_DAY)
            spans.append((first, last))
        self.spans: tuple[tuple[str, str], ...] = tuple(spans)
        ends = {day_after(last) for _, last in spans if last != LAST_DAY}
        #: The days on which some definition begins, or has just ended, in order.
        self.boundaries: list[str] = sorted({"", *(first for first, _ in spans), *ends})
        self._era_masks = [
            sum(1 << bit for bit, (first, last) in enumerate(spans) if first <= day <= last) for day in self.boundaries
        ]

    def valid_on(self, date: str) -> int:
        """The mask of the definitions in force on a day (ISO 8601)."""
        return self._era_masks[bisect_right(self.boundaries, date) - 1]

    def gaps(self, facts: Facts, date: str | None = None) -> tuple[Definition, ...]:
        """The declared gaps that facts fall into, on a day or ever: what is known to have no code, and why."""
        given = mask_of(number for numbers in facts.values() for number in numbers)
        return tuple(
            gap
            for gap, wanted in self._gaps
            if all(given & mask for mask in wanted) and (date is None or in_force(gap, date))
        )

    # ------------------------------------------------------------------ contradictions

    def _compile_conflicts(self) -> None:
        conflicts = [0] * len(self.values)
        self.wide_constraints: tuple[Constraint, ...] = tuple(
            constraint for constraint in self.rules.constraints if len(constraint.conditions) != 1
        )
        for one in self.values:
            for other in self.values:
                if one.axis != other.axis and self.conflict(one, other):
                    conflicts[one.id] |= 1 << other.id
                    conflicts[other.id] |= 1 << one.id
        #: For each value, the mask of the values of other axes that it cannot stand beside.
        self.conflicts: tuple[int, ...] = tuple(conflicts)
        self._gaps = [(gap, [mask_of(r.accepts) for r in gap.requirements]) for gap in self.rules.gaps]
        #: Of each definition what it requires: the axis, and the values that it accepts as a mask.
        self.wanted = [[(r.axis, mask_of(r.accepts)) for r in d.requirements] for d in self.definitions]
        #: For each value, the definitions that ask, on an axis that the value does not itself speak for, for what it
        #: cannot stand beside. What one of several levels rules out so is ruled out for all.
        self.excludes: tuple[int, ...] = tuple(
            self._excluded(value, [axis for axis, _ in value.implies]) for value in self.values
        )

    def _excluded(self, value: Value, but: Sequence[str]) -> int:
        beside = self.conflicts[value.id]
        return sum(
            1 << bit
            for bit, wanted in enumerate(self.wanted)
            if any(not mask & ~beside and axis not in but for axis, mask in wanted)
        )

    def compatible(self, one: int, other: int) -> bool:
        """Whether two values of one axis can be the same answer: equal, or one a narrower form of the other."""
        return one == other or other in self.values[one].narrower or one in self.values[other].narrower

    def _agree(self, some: Iterable[int], others: Iterable[int]) -> bool:
        others = tuple(others)
        return any(self.compatible(one, other) for one in some for other in others)

    def allows(self, constraint: Constraint, number: int) -> bool:
        """Whether a constraint allows a value, or something that the value may stand for."""
        return number in constraint.allowed or any(self.allows(constraint, n) for n in self.values[number].narrower)

    def conflict(self, one: Value, other: Value) -> str | None:
        """Why the first value rules out the second, on another axis, as the name of the axis of the clash; else None.

        A value implies values on other axes, and constraints allow only some values beside it.
        """
        for axis, implied in one.implies:
            if axis == other.axis and not self._agree(implied, (other.id,)):
                return axis
            for also, likewise in other.implies:
                if also == axis and not self._agree(implied, likewise):
                    return axis
        for constraint in self.rules.constraints:
            if (
                len(constraint.conditions) == 1
                and constraint.axis == other.axis
                and one.id in constraint.conditions[0].accepts
                and not self.allows(constraint, other.id)
            ):
                return constraint.axis
        return None

    # ------------------------------------------------------------------ evaluation

    def effective(self, stated: Facts, implied: Iterable[tuple[str, tuple[int, ...]]]) -> dict[str, tuple[int, ...]]:
        """Stated and implied values together, without the open values that a narrower one makes precise."""
        joined = dict(stated)
        for axis, numbers in implied:
            given = joined.get(axis)
            if given is None or given == numbers:
                joined[axis] = numbers
            else:
                both = tuple({*given, *numbers})
                if not self.open_values.isdisjoint(both):
                    both = tuple(n for n in both if self.values[n].narrower.isdisjoint(both))
                joined[axis] = both
        return joined

    def derive(self, facts: dict[str, tuple[int, ...]]) -> None:
        """Add what follows from a complete list of values on another axis (such as: none is neurolytic)."""
        for axis in self.concluded_axes:
            given = facts.get(axis.derived_from or "")
            if given:
                found = 0
                for number in given:
                    found |= 1 << number
                facts[axis.name] = tuple(
                    value
                    for value, some, none in self._conclusions[axis.name]
                    if (not some or found & some) and not found & none
                )

    def evaluate(self, facts: Facts, valid: int, reachable: int) -> tuple[int, int]:
        """The definitions that are implied, of those valid, and those that are possible, of those reachable.

        Implied is a definition all of whose requirements some given value meets; the reasoner and SPARQL say the same.
        Possible is one that nothing given rules out: a candidate.
        """
        implied, possible = valid, reachable
        for axis, unasked, accepts, may_accept in self.slot_rows:
            numbers = facts.get(axis)
            if numbers is None:
                implied &= unasked
            elif len(numbers) == 1:
                implied &= accepts[numbers[0]]
                possible &= may_accept[numbers[0]]
            else:
                accepted = accepted_perhaps = unasked
                for number in numbers:
                    accepted |= accepts[number]
                    accepted_perhaps |= may_accept[number]
                implied &= accepted
                possible &= accepted_perhaps
        return implied, possible

    @staticmethod
    def possible(facts: Facts, reachable: int, rows: Iterable[SlotRow]) -> int:
        """The definitions that are possible by some of the slots, of those reachable; see ``evaluate``."""
        for axis, unasked, _, may_accept in rows:
            numbers = facts.get(axis)
            if numbers is not None:
                if len(numbers) == 1:
                    reachable &= may_accept[numbers[0]]
                else:
                    accepted = unasked
                    for number in numbers:
                        accepted |= may_accept[number]
                    reachable &= accepted
        return reachable

    def implied(self, facts: Facts, valid: int) -> int:
        """The definitions that are implied; see ``evaluate``."""
        return self.evaluate(facts, valid, 0)[0]

    def ordinal(self, place: int) -> int:
        """The value of the counting axis for the n-th of what it counts, from 1."""
        return self._ordinals[min(place, len(self._ordinals)) - 1]

    def codes_in(self, mask: int) -> tuple[str, ...]:
        """The codes of the definitions in a mask, in order."""
        known = self._codes_by_mask.get(mask)
        if known is None:
            if len(self._codes_by_mask) >= _MASKS_KEPT:
                self._codes_by_mask.clear()
            known = tuple(sorted({code for bit, code in enumerate(self.codes_of_bits) if mask >> bit & 1}))
            self._codes_by_mask[mask] = known
        return known


def mask_of(numbers: Iterable[int]) -> int:
    """The mask with the bits of some numbers."""
    mask = 0
    for number in numbers:
        mask |= 1 << number
    return mask
