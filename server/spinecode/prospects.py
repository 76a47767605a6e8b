"""What each answer that could still be given would do: leave codes, leave none, or contradict what is given."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from spinecode.description import Description, describe
from spinecode.errors import ContradictionError
from spinecode.explanation import explain_code
from spinecode.index import RuleIndex
from spinecode.questions import left_by
from spinecode.rules import Axis
from spinecode.selection import Selection, check_contradictions, conflict_fault

#: How many candidates are set beside one another.
SET_APART = 12


@dataclass(frozen=True, slots=True)
class Prospect:
    """One value of an axis: what it would leave, or why it cannot stand beside what is given.

    ``codes`` are those that it leaves possible; ``because`` are the given values that rule it out, as ids, and
    ``reason`` says so in words.
    """

    value: int
    given: bool
    state: Literal["possible", "contradicts", "no-code"]
    codes: tuple[str, ...]
    because: tuple[int, ...] = ()
    reason: str = ""


def prospects(index: RuleIndex, description: Description, day: str) -> dict[str, tuple[Prospect, ...]]:
    """The values of each axis in their order, for a description and a day of service (ISO 8601).

    A value takes the place of the one given on its axis, or comes beside those where the axis takes several.
    """
    valid = index.valid_on(day)
    return {
        axis.name: tuple(_prospect(index, description, axis, number, valid, day) for number in axis.values)
        for axis in index.asked_axes
    }


def _prospect(index: RuleIndex, description: Description, axis: Axis, number: int, valid: int, day: str) -> Prospect:
    facts = description.facts
    given = number in facts.get(axis.name, ())
    others = {name: numbers for name, numbers in facts.items() if name != axis.name}
    clashing = tuple(n for numbers in others.values() for n in numbers if index.conflicts[number] >> n & 1)
    if clashing:
        value = index.values[number]
        told = [conflict_fault(index, value, index.values[n]).message.partition(": ")[2] for n in clashing]
        return Prospect(number, given, "contradicts", (), clashing, told[0])
    beside = tuple(n for n in facts.get(axis.name, ()) if n != number) if axis.repeatable else ()
    if index.wide_constraints and (message := _wide_clash(index, others, axis.name, (*beside, number))):
        return Prospect(number, given, "contradicts", (), (), message)
    base = describe(index, others, day)
    left = left_by(index, base, axis.name, (*beside, number), valid)
    if not left and axis.repeatable:
        left = _with_another(index, base, axis, (*beside, number), valid)
    if left:
        return Prospect(number, given, "possible", index.codes_in(left))
    if not left_by(index, describe(index, {}, day), axis.name, (*beside, number), valid):
        alone = "these together" if beside else "it alone" if axis.repeatable else "it"
        return Prospect(number, given, "no-code", (), (), f"no code of {day} takes {alone}")
    because = _because(index, others, axis.name, (*beside, number), valid, day)
    named = " and ".join(f"{index.axes[index.values[n].axis].label} {index.values[n].label}" for n in because)
    return Prospect(number, given, "no-code", (), because, f"no code of {day} takes it with {named or 'all of this'}")


def _with_another(index: RuleIndex, base: Description, axis: Axis, numbers: tuple[int, ...], valid: int) -> int:
    """What is left by values of an axis that takes several, with one more of it."""
    left = 0
    for other in axis.values:
        if other not in numbers:
            left |= left_by(index, base, axis.name, (*numbers, other), valid)
    return left


def _wide_clash(index: RuleIndex, others: Mapping[str, tuple[int, ...]], axis: str, numbers: tuple[int, ...]) -> str:
    try:
        check_contradictions(index, describe(index, {**others, axis: numbers}))
    except ContradictionError as error:
        return error.faults[0].message
    return ""


def _because(
    index: RuleIndex,
    others: Mapping[str, tuple[int, ...]],
    axis: str,
    numbers: tuple[int, ...],
    valid: int,
    day: str,
) -> tuple[int, ...]:
    """The given values of the one axis that suffices to leave no code with some values; empty where none does."""
    for name, stated in others.items():
        if not left_by(index, describe(index, {name: stated}, day), axis, numbers, valid):
            return stated
    return ()


def set_apart(index: RuleIndex, selection: Selection) -> dict[str, dict[str, str]]:
    """For the candidates of a selection, what each asks on the open axes on which they differ, by code and axis.

    Empty where there are too many to be looked at beside one another, or fewer than two.
    """
    if not 2 <= len(selection.candidates) <= SET_APART:
        return {}
    possible = 0
    for outcome in selection.outcomes:
        possible |= outcome.possible
    asked: dict[str, dict[str, str]] = {}
    still_open: set[str] = set()
    for code in selection.candidates:
        texts: dict[str, dict[str, None]] = {}
        bits = [bit for bit in index.bits_of_code[code] if possible >> bit & 1]
        for bit in bits:
            for one in index.asked[bit]:
                texts.setdefault(one.axis, {})[one.text] = None
        still_open.update(explain_code(index, selection, code).open)
        asked[code] = {axis: " or ".join(found) for axis, found in texts.items()}
    named = [axis.name for axis in index.asked_axes if axis.name in still_open]
    axes = [axis for axis in named if len({found.get(axis) for found in asked.values()}) > 1]
    return {code: {axis: found[axis] for axis in axes if axis in found} for code, found in asked.items()}
