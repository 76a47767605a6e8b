"""How the rules of two versions differ, axis by axis: definitions of codes, what requirements take, constraints."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from spinecode import vocabulary as v
from spinecode.explanation import interval
from spinecode.index import RuleIndex
from spinecode.rules import Constraint, Definition, Requirement
from spinecode.term_difference import Change, Sides

#: What is said of a definition that asks nothing on an axis, as in a comparison of codes.
ANY: Final = "any"
#: Told axis by axis, not as statements.
_BY_AXIS: Final = frozenset({v.SUBCLASS.value, v.EQUIVALENT_CLASS.value})
#: Two definitions that differ more are two, not one that has changed.
_MOST_CHANGED: Final = 0.5


@dataclass(frozen=True, slots=True)
class AxisChange:
    """What a definition requires on an axis, before and after, in labels; ``any`` where it asks nothing."""

    axis: str
    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class DefinitionChange:
    """A definition that is ``added``, ``removed`` or ``changed``, with its span of dates.

    ``axes`` has what it requires where it is new or gone (from or to ``any``), and what differs where it has changed.
    """

    fate: str
    iri: str
    label: str
    valid: str
    axes: tuple[AxisChange, ...]
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class TakesChange:
    """A class that requirements name, and that takes other values of those which both versions have."""

    iri: str
    label: str
    axis: str
    removed: tuple[str, ...]
    added: tuple[str, ...]
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ConstraintChange:
    """What some values allow on another axis, before and after; None where nothing is ruled out."""

    conditions: str
    axis: str
    before: str | None
    after: str | None


def definition_changes(sides: Sides, code: str) -> tuple[DefinitionChange, ...]:
    """How the definitions of a code differ; of the code "", the declared gaps."""
    old, new = sides.old.version.index, sides.new.version.index
    befores, afters = list(_definitions(old, code)), list(_definitions(new, code))
    pairs = _paired(old, befores, new, afters)
    found: list[DefinitionChange] = []
    told: set[tuple[str, str]] = set()
    for before, after in pairs:
        axes = tuple(_axis_changes(old, before, new, after))
        changes: tuple[Change, ...] = ()
        if (before.iri, after.iri) not in told:
            told.add((before.iri, after.iri))
            changes = sides.changes(before.iri, after.iri, _BY_AXIS)
        if axes or changes:
            found.append(DefinitionChange("changed", after.iri, after.label, _valid(new, after), axes, changes))
    for before in befores:
        if not any(before is one for one, _ in pairs):
            axes = tuple(_axis_changes(old, before, new, None))
            found.append(DefinitionChange("removed", before.iri, before.label, _valid(old, before), axes))
    for after in afters:
        if not any(after is one for _, one in pairs):
            axes = tuple(_axis_changes(old, None, new, after))
            found.append(DefinitionChange("added", after.iri, after.label, _valid(new, after), axes))
    return tuple(found)


def _definitions(index: RuleIndex, code: str) -> Iterable[Definition]:
    return (d for d in index.definitions if d.code == code) if code else index.rules.gaps


def _valid(index: RuleIndex, definition: Definition) -> str:
    first, last = definition.valid_from, definition.valid_until
    code = index.codes.get(definition.code)
    if code is not None:
        first, last = first or code.valid_from, last or code.valid_until
    return interval(first, last)


def _paired(
    old: RuleIndex, befores: Sequence[Definition], new: RuleIndex, afters: Sequence[Definition]
) -> list[tuple[Definition, Definition]]:
    """Which definition became which: those nearest to each other first."""
    costs = []
    for nth, before in enumerate(befores):
        for mth, after in enumerate(afters):
            apart = len(list(_axis_changes(old, before, new, after)))
            axes = {r.axis for r in (*before.requirements, *after.requirements)}
            other = before.iri != after.iri
            dates = (before.valid_from != after.valid_from) + (before.valid_until != after.valid_until)
            if not other or apart <= _MOST_CHANGED * len(axes):
                costs.append((apart + dates + other, other, nth, mth))
    pairs = []
    left, right = set(range(len(befores))), set(range(len(afters)))
    for *_, nth, mth in sorted(costs):
        if nth in left and mth in right:
            left.remove(nth)
            right.remove(mth)
            pairs.append((befores[nth], afters[mth]))
    return pairs


def _axis_changes(
    old: RuleIndex, before: Definition | None, new: RuleIndex, after: Definition | None
) -> Iterator[AxisChange]:
    """The axes on which two definitions require different things, in the order of the axes."""
    was, now = _asked(old, before), _asked(new, after)
    order = {axis.iri: axis for axis in (*new.asked_axes, *old.asked_axes)}
    for iri, axis in order.items():
        some, others = was.get(iri, []), now.get(iri, [])
        same = len(some) == len(others) and all(any(_same(old, r, new, q) for q in others) for r in some)
        if not same or not all(any(_same(old, r, new, q) for r in some) for q in others):
            yield AxisChange(axis.name, axis.label, _text(some), _text(others))


def _asked(index: RuleIndex, definition: Definition | None) -> dict[str, list[Requirement]]:
    """The requirements of a definition by the IRI of the axis that a person knows."""
    found: dict[str, list[Requirement]] = {}
    for requirement in definition.requirements if definition is not None else ():
        axis = index.axes[requirement.axis]
        shown = index.axes[axis.derived_from] if axis.derived_from is not None else axis
        found.setdefault(shown.iri, []).append(requirement)
    for asked in found.values():
        # what is asked of the values themselves comes before what is concluded from them
        asked.sort(key=lambda r: (index.axes[r.axis].derived_from is not None, r.label))
    return found


def _text(requirements: Iterable[Requirement]) -> str:
    return " and ".join(dict.fromkeys(r.label for r in requirements)) or ANY


def _taken(index: RuleIndex, numbers: Iterable[int]) -> frozenset[str]:
    return frozenset(index.values[number].iri for number in numbers)


def _same(old: RuleIndex, one: Requirement, new: RuleIndex, other: Requirement) -> bool:
    """Whether two requirements are one: they name the same class, or take the same values."""
    named = bool(one.iri) and one.iri == other.iri
    return named or _taken(old, one.accepts) == _taken(new, other.accepts)


# ---------------------------------------------------------------- what requirements take


def takes_changes(old: RuleIndex, new: RuleIndex) -> tuple[TakesChange, ...]:
    """The classes that requirements of codes name in both versions and that take other values of both."""
    shared = {value.iri for value in old.values} & {value.iri for value in new.values}
    before, after = _classes(old), _classes(new)
    found = []
    for iri, (now, codes) in after.items():
        if iri in before:
            was = before[iri][0]
            gained = (_taken(new, now.accepts) - _taken(old, was.accepts)) & shared
            lost = (_taken(old, was.accepts) - _taken(new, now.accepts)) & shared
            if gained or lost:
                labels = {value.iri: value.label for value in new.values}
                found.append(
                    TakesChange(
                        iri=iri,
                        label=now.label,
                        axis=new.axes[now.axis].label,
                        removed=tuple(sorted(labels[value] for value in lost)),
                        added=tuple(sorted(labels[value] for value in gained)),
                        codes=tuple(sorted(codes)),
                    )
                )
    return tuple(sorted(found, key=lambda change: (change.axis, change.label)))


def _classes(index: RuleIndex) -> dict[str, tuple[Requirement, set[str]]]:
    found: dict[str, tuple[Requirement, set[str]]] = {}
    for definition in index.definitions:
        for requirement in definition.requirements:
            if requirement.iri:
                found.setdefault(requirement.iri, (requirement, set()))[1].add(definition.code)
    return found


# ---------------------------------------------------------------- constraints


def constraint_changes(old: RuleIndex, new: RuleIndex) -> tuple[ConstraintChange, ...]:
    """What is ruled out beside other values, where that differs."""
    befores, afters = list(old.rules.constraints), list(new.rules.constraints)
    for before in list(befores):
        same = next((after for after in afters if _allows_same(old, before, new, after)), None)
        if same is not None:
            befores.remove(before)
            afters.remove(same)
    found = []
    for before in befores:
        match = next((after for after in afters if _same_place(old, before, new, after)), None)
        if match is not None:
            afters.remove(match)
        label = match.label if match is not None else None
        found.append(ConstraintChange(_told(old, before), old.axes[before.axis].label, before.label, label))
    found += [ConstraintChange(_told(new, after), new.axes[after.axis].label, None, after.label) for after in afters]
    return tuple(found)


def _told(index: RuleIndex, constraint: Constraint) -> str:
    return " and ".join(f"{index.axes[r.axis].label} {r.label}" for r in constraint.conditions)


def _same_place(old: RuleIndex, one: Constraint, new: RuleIndex, other: Constraint) -> bool:
    return (
        old.axes[one.axis].iri == new.axes[other.axis].iri
        and len(one.conditions) == len(other.conditions)
        and all(any(_same(old, r, new, q) for q in other.conditions) for r in one.conditions)
    )


def _allows_same(old: RuleIndex, one: Constraint, new: RuleIndex, other: Constraint) -> bool:
    """Whether two constraints are one; a value that only one version has makes no difference to a class with a name."""
    was, now = _taken(old, one.allowed), _taken(new, other.allowed)
    shared = _taken(old, range(len(old.values))) & _taken(new, range(len(new.values)))
    alike = was == now or (one.label == other.label and was & shared == now & shared)
    return alike and _same_place(old, one, new, other)
