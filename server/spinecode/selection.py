"""Selection: from a description to the lines of a claim, or to the next question."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, NamedTuple

from spinecode.description import Description
from spinecode.errors import ContradictionError, Fault, InputError
from spinecode.index import RuleIndex
from spinecode.questions import Question, next_question
from spinecode.rules import Value
from spinecode.services import Outcome, outcomes_of

Status = Literal["determined", "undetermined", "no-code"]


class Line(NamedTuple):
    """A line of a claim: a code, how many units of it, and its modifiers; ``levels`` are those it stands for."""

    code: str
    label: str
    units: int
    modifiers: tuple[str, ...]
    levels: tuple[str, ...]


@dataclass(slots=True)
class Selection:
    """The answer to "which code?"; ``question`` is worked out when it is first looked at."""

    status: Status
    date: str
    lines: tuple[Line, ...]
    candidates: tuple[str, ...]
    certain: tuple[str, ...]
    assumptions: tuple[tuple[str, int], ...]
    uncoded_levels: tuple[int, ...]
    description: Description
    outcomes: tuple[Outcome, ...]
    ask: Callable[[], Question | None] = field(repr=False)
    _question: Question | Literal[False] | None = field(default=False, repr=False)

    @property
    def question(self) -> Question | None:
        """The next question, when more facts would decide."""
        if self._question is False:
            self._question = self.ask() if self.status == "undetermined" else None
        return self._question


def select(index: RuleIndex, description: Description, today: str | None = None) -> Selection:
    """The codes that a description implies on its date of service (today without one).

    Raises ContradictionError when two facts cannot both be true, InputError when the date is before those that the
    ontology covers.
    """
    day = description.date or today or date.today().isoformat()
    if day < index.rules.covers_from:
        message = f"The ontology answers for dates of service from {index.rules.covers_from} on."
        raise InputError.of(message, axis="date", value=day)
    if description.doubtful:
        check_contradictions(index, description)
    valid = index.valid_on(day)
    outcomes, assumptions = outcomes_of(index, description, valid)
    possible = 0
    undecided = coded = False
    for outcome in outcomes:
        possible |= outcome.possible
        if outcome.implied:
            coded = True
        if outcome.possible & ~outcome.implied:
            undecided = True
    status: Status = "undetermined" if undecided else "determined" if coded else "no-code"
    lines = _lines(index, description, outcomes) if status == "determined" else ()
    uncoded = tuple(o.service.level for o in outcomes if not o.implied and o.service.level is not None)
    return Selection(
        status=status,
        date=day,
        lines=lines,
        candidates=index.codes_in(possible),
        certain=_certain(index, outcomes, valid) if undecided else (),
        assumptions=assumptions,
        uncoded_levels=uncoded if status == "determined" else (),
        description=description,
        outcomes=outcomes,
        ask=lambda: next_question(index, description, valid, outcomes),
    )


def check_contradictions(index: RuleIndex, description: Description) -> None:
    """Raise ContradictionError when a value rules out another that is stated too."""
    stated = description.stated
    faults = []
    conflicts = index.conflicts
    for axis, numbers in description.facts.items():
        if len(numbers) > 1 and not index.axes[axis].repeatable:
            named = " and ".join(index.values[number].name for number in numbers)
            faults.append(Fault(f"{named} contradict each other: an injection has one {axis}.", axis=axis))
        for number in numbers:
            clash = conflicts[number] & stated
            while clash:
                low = clash & -clash
                clash ^= low
                other = low.bit_length() - 1
                if other > number:
                    faults.append(conflict_fault(index, index.values[number], index.values[other]))
    for constraint in index.wide_constraints:
        met = all(set(description.facts.get(c.axis, ())) & set(c.accepts) for c in constraint.conditions)
        for number in description.facts.get(constraint.axis, ()) if met else ():
            if not index.allows(constraint, number):
                named = ", ".join(c.label for c in constraint.conditions)
                message = f"{index.values[number].name} contradicts {named}, which allows only {constraint.label}."
                faults.append(Fault(message, axis=constraint.axis, value=index.values[number].name))
    if faults:
        raise ContradictionError(tuple(faults))


def conflict_fault(index: RuleIndex, one: Value, other: Value) -> Fault:
    """What to tell of two values that cannot stand beside each other."""
    if index.conflict(one, other) is None:
        one, other = other, one
    axis = index.conflict(one, other) or other.axis
    label = index.axes[axis].label

    def means(value: Value) -> str:
        for name, numbers in value.implies:
            if name == axis:
                return " or ".join(index.values[number].label for number in numbers)
        return ""

    allowed = next(
        (c.label for c in index.rules.constraints if c.axis == axis and one.id in c.conditions[0].accepts), ""
    )
    reason = f"the {label} of {one.name} is {means(one)}" if means(one) else f"{one.name} allows only {allowed}"
    if other.axis != axis and means(other):
        reason += f", that of {other.name} is {means(other)}"
    message = f"{index.axes[one.axis].label} {one.name} and {index.axes[other.axis].label} {other.name} contradict"
    return Fault(f"{message} each other: {reason}.", axis=axis, value=other.name)


def _lines(index: RuleIndex, description: Description, outcomes: tuple[Outcome, ...]) -> tuple[Line, ...]:
    found: dict[str, list[int]] = {}
    for outcome in outcomes:
        for name in index.codes_in(outcome.implied):
            found.setdefault(name, [])
            if outcome.service.level is not None:
                found[name].append(outcome.service.level)
    given = description.modifiers
    lines = []
    for name in sorted(found):
        code = index.codes[name]
        levels = found[name]
        units = max(1, len(levels))
        if code.max_units is not None and units > code.max_units:
            units = code.max_units
        modifiers = tuple([m for m in given if m in code.modifiers]) if given else ()
        lines.append(Line(name, code.label, units, modifiers, tuple([index.values[n].name for n in levels])))
    return tuple(lines)


def _certain(index: RuleIndex, outcomes: tuple[Outcome, ...], valid: int) -> tuple[str, ...]:
    """The codes that hold however the open question is answered: whatever the levels, there is a first one."""
    mask = 0
    for outcome in outcomes:
        mask |= outcome.implied
        for axis in index.derived_axes:
            if axis.counts_within is not None and axis.name not in outcome.service.facts:
                first = min(axis.values, key=lambda n: index.values[n].position)
                mask |= index.implied({**outcome.service.facts, axis.name: (first,)}, valid)
    return index.codes_in(mask)


def names_of(index: RuleIndex, facts: Mapping[str, tuple[int, ...]]) -> dict[str, list[str]]:
    """Facts by the short names of their values."""
    return {axis: [index.values[number].name for number in numbers] for axis, numbers in facts.items()}
