"""Explanations: for each code in the running, what it requires on each axis, what was given, and whether it holds."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from spinecode.index import Asked, Facts, RuleIndex
from spinecode.rules import Requirement
from spinecode.selection import Selection

#: A code that fails on more axes than this was never in the running.
NEAR_MISS = 2
#: How many rows are kept for the next explanation.
ROWS_KEPT = 20_000


class Row(NamedTuple):
    """One axis of an explanation. ``holds`` is None where the description leaves it open."""

    axis: str
    label: str
    requires: str
    given: tuple[str, ...]
    holds: bool | None


@dataclass(frozen=True)
class Explanation:
    """Why a code is, may be or is not the answer."""

    code: str
    rows: tuple[Row, ...]

    @cached_property
    def failing(self) -> tuple[str, ...]:
        """The axes that rule the code out."""
        return tuple(row.axis for row in self.rows if row.holds is False)

    @cached_property
    def open(self) -> tuple[str, ...]:
        """The axes on which more has to be known."""
        return tuple(row.axis for row in self.rows if row.holds is None)


def interval(valid_from: str | None, valid_until: str | None, in_force_by: str | None = None) -> str:
    """A span of dates in words; ``in_force_by`` is a day by which what has no known beginning was in force."""
    if in_force_by and not valid_from:
        return f"in force by {in_force_by}" + (f", until {valid_until}" if valid_until else "")
    if valid_from and valid_until:
        return f"{valid_from} to {valid_until}"
    if valid_until:
        return f"until {valid_until}"
    return f"from {valid_from}" if valid_from else "any date"


def _holds(index: RuleIndex, requirement: Requirement, facts: Facts) -> bool | None:
    given = facts.get(requirement.axis)
    if given is None:
        stated = [number for numbers in facts.values() for number in numbers]
        ruled_out = all(any(index.conflicts[n] >> a & 1 for n in stated) for a in requirement.accepts)
        return False if ruled_out else None
    if any(number in requirement.accepts for number in given):
        return True
    waiting = list(given)
    while waiting:
        narrower = index.values[waiting.pop()].narrower
        if any(number in requirement.accepts for number in narrower):
            return None
        waiting.extend(narrower)
    return False


def _given(index: RuleIndex, asked: Asked, facts: Facts) -> tuple[str, ...]:
    values = index.values
    names = [values[number].name for number in facts.get(asked.axis, ())]
    for requirement in asked.requirements:
        if index.axes[requirement.axis].counts_within is not None:
            names += [values[number].label for number in facts.get(requirement.axis, ())]
    return tuple(names)


def _rows(index: RuleIndex, bit: int, facts: Facts) -> list[Row]:
    """The rows of one definition for one service; a row is the same object for the same values."""
    rows = []
    for asked in index.asked[bit]:
        values = tuple([facts.get(requirement.axis) for requirement in asked.requirements])
        key = (bit, asked.axis, values, facts.get(asked.axis))
        row = index.explained.get(key) if None not in values else None
        if row is None:
            verdicts = [_holds(index, requirement, facts) for requirement in asked.requirements]
            holds = False if False in verdicts else None if None in verdicts else True
            row = Row(asked.axis, asked.label, asked.text, _given(index, asked, facts), holds)
            if None not in values:
                if len(index.explained) >= ROWS_KEPT:
                    index.explained.clear()
                index.explained[key] = row
        rows.append(row)
    return rows


def explain_code(index: RuleIndex, selection: Selection, code: str) -> Explanation:
    """The explanation of one code, by the definition in force and the service that come closest to it."""
    best: Explanation | None = None
    best_key: tuple[bool, int, int] = (False, 0, 0)
    for bit in index.bits_of_code[code]:
        first, last = index.spans[bit]
        span = interval(first or None, None if last.startswith("9999") else last)
        in_force = first <= selection.date <= last
        when = Row("date", "date of service", span, (selection.date,), in_force)
        for outcome in selection.outcomes:
            found = Explanation(code, (*_rows(index, bit, outcome.service.facts), when))
            key = (not in_force, len(found.failing), len(found.open))
            if best is None or key < best_key:
                best, best_key = found, key
    return best if best is not None else Explanation(code, ())


def _in_the_running(index: RuleIndex, selection: Selection) -> set[str]:
    """The codes of which some definition may fail on few enough axes; the rows tell for sure."""
    found = set(selection.description.reported)
    valid = index.valid_on(selection.date)
    for outcome in selection.outcomes:
        failing: dict[str, int] = {}
        for axis, unasked, _, may_accept in index.slot_rows:
            numbers = outcome.service.facts.get(axis)
            if numbers:
                accepted = unasked
                for number in numbers:
                    accepted |= may_accept[number]
                shown = index.axes[axis].derived_from or axis
                failing[shown] = failing.get(shown, 0) | (index.all & ~accepted)
        # tiers[n] holds the definitions that fail on more than n axes
        tiers = [0] * (NEAR_MISS + 1)
        for mask in (*failing.values(), index.all & ~valid):
            for tier in range(NEAR_MISS, 0, -1):
                tiers[tier] |= tiers[tier - 1] & mask
            tiers[0] |= mask
        found.update(index.codes_in(index.all & ~tiers[NEAR_MISS]))
    return found


def explain(index: RuleIndex, selection: Selection) -> list[Explanation]:
    """The explanations of the codes in the running: answers first, then candidates, then near misses.

    A reported code is always among them.
    """
    found = [explain_code(index, selection, code) for code in _in_the_running(index, selection)]
    reported = selection.description.reported
    kept = [e for e in found if e.rows and (len(e.failing) <= NEAR_MISS or e.code in reported)]
    return sorted(kept, key=lambda e: (len(e.failing), len(e.open), e.code))
