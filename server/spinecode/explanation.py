"""Explanations: for each code in the running, what it requires on each axis, what was given, and whether it holds."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from spinecode.index import RuleIndex
from spinecode.rules import Definition, Requirement
from spinecode.selection import Selection, Service

#: A code that fails on more axes than this was never in the running.
NEAR_MISS = 2


@dataclass(frozen=True, slots=True)
class Row:
    """One axis of an explanation. ``holds`` is None where the description leaves it open."""

    axis: str
    label: str
    requires: str
    given: tuple[str, ...]
    holds: bool | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a code is, may be or is not the answer."""

    code: str
    rows: tuple[Row, ...]

    @property
    def failing(self) -> tuple[str, ...]:
        """The axes that rule the code out."""
        return tuple(row.axis for row in self.rows if row.holds is False)

    @property
    def open(self) -> tuple[str, ...]:
        """The axes on which more has to be known."""
        return tuple(row.axis for row in self.rows if row.holds is None)


def interval(valid_from: str | None, valid_until: str | None) -> str:
    """A span of dates in words."""
    if valid_from and valid_until:
        return f"{valid_from} to {valid_until}"
    if valid_until:
        return f"until {valid_until}"
    return f"from {valid_from}" if valid_from else "any date"


def shown_axis(index: RuleIndex, name: str) -> str:
    """The axis that a person knows: a derived axis is shown as the one it follows from."""
    return index.axes[name].derived_from or name


def requires(requirements: Iterable[Requirement]) -> str:
    """What some requirements on one axis ask together, in words."""
    return " and ".join(dict.fromkeys(requirement.label for requirement in requirements))


def by_axis(index: RuleIndex, definition: Definition) -> dict[str, list[Requirement]]:
    """The requirements of a definition by the axis that a person knows, in the order of the axes."""
    grouped: dict[str, list[Requirement]] = {}
    for axis in index.asked_axes:
        found = [r for r in definition.requirements if shown_axis(index, r.axis) == axis.name]
        if found:
            # what is asked of the values themselves comes before what is concluded from them
            grouped[axis.name] = sorted(found, key=lambda r: r.axis != axis.name)
    return grouped


def _holds(index: RuleIndex, requirement: Requirement, service: Service) -> bool | None:
    given = service.facts.get(requirement.axis)
    if given is None:
        stated = [number for numbers in service.facts.values() for number in numbers]
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


def _row(index: RuleIndex, axis: str, requirements: Sequence[Requirement], service: Service) -> Row:
    verdicts = [_holds(index, requirement, service) for requirement in requirements]
    holds = False if False in verdicts else None if None in verdicts else True
    values = index.values
    given = [values[number].name for number in service.facts.get(axis, ())]
    counted = [r.axis for r in requirements if index.axes[r.axis].counts_within is not None]
    given += [values[n].label for name in counted for n in service.facts.get(name, ())]
    return Row(axis, index.axes[axis].label, requires(requirements), tuple(given), holds)


def explain_code(index: RuleIndex, selection: Selection, code: str) -> Explanation:
    """The explanation of one code, by the definition in force and the service that come closest to it."""
    best: Explanation | None = None
    best_key: tuple[bool, int, int] = (False, 0, 0)
    for bit, definition in enumerate(index.definitions):
        if definition.code != code:
            continue
        first, last = index.spans[bit]
        span = interval(first or None, None if last.startswith("9999") else last)
        when = Row("date", "date of service", span, (selection.date,), first <= selection.date <= last)
        for outcome in selection.outcomes:
            rows = [
                _row(index, axis, requirements, outcome.service)
                for axis, requirements in by_axis(index, definition).items()
            ]
            found = Explanation(code, (*rows, when))
            key = (not when.holds, len(found.failing), len(found.open))
            if best is None or key < best_key:
                best, best_key = found, key
    return best if best is not None else Explanation(code, ())


def explain(index: RuleIndex, selection: Selection) -> list[Explanation]:
    """The explanations of the codes in the running: answers first, then candidates, then near misses.

    A reported code is always among them.
    """
    found = [explain_code(index, selection, code) for code in index.codes]
    reported = selection.description.reported
    kept = [e for e in found if e.rows and (len(e.failing) <= NEAR_MISS or e.code in reported)]
    return sorted(kept, key=lambda e: (len(e.failing), len(e.open), e.code))
