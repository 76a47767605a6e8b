"""Values that no rule tells apart: what many rows have in common although they do not say the same.

Two values are of one class when every rule says of the one what it says of the other. To swap them leaves the rules as
they are, so a description and the one with the other value have the same answer, but for the names of the values in
it. A table of millions of rows therefore has only as many different answers as it has combinations of classes.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from spinecode.index import RuleIndex
from spinecode.rules import Value

#: The class of an axis that was not given, or that no rule looks at.
NOTHING = 0


class Classes:
    """The classes of values, and of sets of values on one axis."""

    def __init__(self, index: RuleIndex) -> None:
        self._index = index
        known: dict[Hashable, int] = {}
        self._of_value = [known.setdefault(self._signature(value), len(known)) for value in index.values]
        firsts: dict[int, int] = {}
        self._examples = [firsts.setdefault(kind, number) for number, kind in enumerate(self._of_value)]
        counting = index.counting_axis
        self._counted = counting.derived_from if counting is not None else None
        implied = {number for value in index.values for _, numbers in value.implies for number in numbers}
        followed = {axis.derived_from for axis in index.derived_axes}
        self._unseen = {
            axis.name
            for axis in index.asked_axes
            if axis.name not in index.slots
            and axis.name not in followed
            and not any(self._is_seen(index.values[n], implied) for n in axis.values)
        }

    def _is_seen(self, value: Value, implied: set[int]) -> bool:
        mentioned = any(
            constraint.axis == value.axis or any(c.axis == value.axis for c in constraint.conditions)
            for constraint in self._index.rules.constraints
        )
        told = value.implies or value.presumes or value.modifiers
        return bool(told or mentioned or self._index.conflicts[value.id]) or value.id in implied

    def _signature(self, value: Value) -> Hashable:
        """All that rules say of a value: how it stands to definitions, to other values and to constraints."""
        index, number = self._index, value.id
        rules = index.rules
        about = [
            (
                number in other.narrower,
                number in other.presumes,
                number in other.when_some,
                number in other.when_none,
                tuple(axis for axis, numbers in other.implies if number in numbers),
            )
            for other in index.values
        ]
        accepted = [number in r.accepts for d in (*index.definitions, *rules.gaps) for r in d.requirements]
        limits = [
            (number in c.allowed, *(number in condition.accepts for condition in c.conditions))
            for c in rules.constraints
        ]
        own = (value.axis, value.narrower, value.implies, value.presumes, value.modifiers, value.coding_region)
        derived = (value.when_some, value.when_none, value.has_condition)
        computed = (index.conflicts[number], index.excludes[number], index.counted_in[number])
        return (own, derived, computed, tuple(about), tuple(accepted), tuple(limits))

    def example(self, number: int) -> int:
        """The first of the values of the class of a value."""
        return self._examples[number]

    def of_set(self, axis: str, numbers: Sequence[int]) -> Hashable:
        """What the values given on one axis have in common with others; NOTHING where no rule looks at the axis.

        Values that are counted (levels) count each, from the head downwards; of others it matters only which there are,
        and how often where they have a modifier.
        """
        if not numbers or axis in self._unseen:
            return NOTHING
        values = self._index.values
        if axis == self._counted:
            ordered = sorted(numbers, key=lambda n: (values[n].position, n))
            return tuple(self._of_value[n] for n in ordered)
        kinds = sorted(self._of_value[n] for n in numbers)
        if any(values[n].modifiers for n in numbers):
            return tuple(kinds)
        return tuple(dict.fromkeys(kinds))
