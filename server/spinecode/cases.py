"""Cases for people to read: patterns of combinations that differ on one axis only are put together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from spinecode.combinations import Combination, Space
from spinecode.index import RuleIndex
from spinecode.patterns import Era, Pattern
from spinecode.rules import Value

#: How many names, or mixtures of values, are listed before the rest is counted.
_LISTED: Final = 6
#: One answer on an axis: values given together, each with the values that it stands for. Empty where nothing is said.
Alternative = tuple[tuple[str, ...], ...]
#: The same with numbers of values.
_Numbers = tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Fact:
    """What a case has on an axis: any of some answers, and the same in words. ``derived``: nobody states it."""

    axis: str
    any_of: tuple[Alternative, ...]
    text: str
    derived: bool

    def __str__(self) -> str:
        return self.text if self.derived else f"{self.axis} {self.text}"


@dataclass(frozen=True, slots=True)
class Case:
    """Combinations that share some facts, on some spans of dates; ``example`` is one of them, by short names."""

    facts: tuple[Fact, ...]
    eras: tuple[Era, ...]
    combinations: int
    example: tuple[tuple[str, tuple[str, ...]], ...]

    def __str__(self) -> str:
        return ", ".join(map(str, self.facts)) or "any facts"


@dataclass(frozen=True, slots=True)
class _Open:
    """A case on the way: any of some answers on each axis."""

    facts: tuple[tuple[str, frozenset[_Numbers]], ...]
    eras: tuple[Era, ...]
    combinations: int
    example: int


def cases(space: Space, every: Sequence[Combination], patterns: Iterable[Pattern]) -> list[Case]:
    """Patterns as cases, the widest first; those that differ on one axis only are one case."""
    first = {numbers[0]: numbers for groups in space.groups.values() for numbers in groups}
    found = []
    for pattern in patterns:
        stated = dict(every[pattern.example].stated)
        facts = tuple(
            (axis, frozenset({tuple(first[number] for number in stated.get(axis, ()))})) for axis, _ in pattern.facts
        )
        found.append(_Open(facts, pattern.eras, pattern.count, pattern.example))
    index = space.index
    merged = [
        Case(
            facts=tuple(_fact(index, axis, any_of) for axis, any_of in case.facts),
            eras=case.eras,
            combinations=case.combinations,
            example=_example(index, every[case.example]),
        )
        for case in _merged(found)
    ]
    return sorted(merged, key=lambda case: (-case.combinations, str(case)))


def _merged(found: list[_Open]) -> list[_Open]:
    before = len(found) + 1
    while len(found) < before:
        before = len(found)
        for axis in dict.fromkeys(axis for case in found for axis, _ in case.facts):
            found = list(_merged_on(axis, found))
    return found


def _merged_on(axis: str, found: Iterable[_Open]) -> Iterator[_Open]:
    """Cases that say the same on all axes but this one are put together; what they say on it tells them apart."""
    groups: dict[object, list[_Open]] = {}
    for case in found:
        others = tuple(fact for fact in case.facts if fact[0] != axis)
        asked = len(others) < len(case.facts)
        groups.setdefault((others, case.eras, asked, None if asked else case.example), []).append(case)
    for same in groups.values():
        one = same[0]
        if len(same) > 1:
            joined = frozenset().union(*(dict(case.facts)[axis] for case in same))
            facts = tuple((name, joined if name == axis else any_of) for name, any_of in one.facts)
            one = _Open(facts, one.eras, sum(case.combinations for case in same), one.example)
        yield one


def _fact(index: RuleIndex, axis: str, any_of: frozenset[_Numbers]) -> Fact:
    ordered = sorted(any_of, key=lambda one: (len(one), one))
    names = tuple(tuple(tuple(index.values[n].name for n in group) for group in one) for one in ordered)
    return Fact(axis, names, _text(index, ordered), index.axes[axis].derived_from is not None)


def _text(index: RuleIndex, any_of: Sequence[_Numbers]) -> str:
    """Answers in words: values one of which is given, then those given together."""
    parts = []
    if () in any_of:
        parts.append("not said")
    single = {one[0] for one in any_of if len(one) == 1}
    mixed = [one for one in any_of if len(one) > 1]
    groups = sorted({group for one in mixed for group in one})
    core = single or (set.intersection(*map(set, mixed)) if len(mixed) > 1 else set())
    most = max(map(len, any_of))
    least = 1 if single else 2
    if (
        core
        and mixed
        and set(any_of) - {()}
        == {
            one
            for size in range(least, most + 1)
            for one in combinations(sorted({*groups, *core}), size)
            if core & set(one)
        }
    ):
        # some of them are always there; whatever else is given may be
        beside = _names(index, sorted({number for group in groups if group not in core for number in group}))
        joined = "alone or with" if single else "with"
        if len(core) > 1:
            joined += " one another" + (" or with" if beside else "")
        return " or ".join([*parts, f"{_names(index, _joined(core))}, {joined} {beside}".rstrip()])
    if single:
        parts.append(_names(index, _joined(single)))
    told = [" + ".join(_names(index, group) for group in one) for one in mixed]
    rest = len(told) - _LISTED
    return ", or ".join(parts + (told if rest <= 0 else [*told[:_LISTED], f"{rest} more mixtures"]))


def _joined(groups: Iterable[tuple[int, ...]]) -> list[int]:
    return sorted({number for group in groups for number in group})


def _names(index: RuleIndex, numbers: Sequence[int]) -> str:
    values = [index.values[number] for number in numbers]
    if len(values) > 2 and _in_a_row(index, values):
        return f"{values[0].name} to {values[-1].name}"
    names = [value.name for value in values]
    rest = len(names) - _LISTED
    return " or ".join(names if rest <= 0 else [*names[:_LISTED], f"{rest} more"])


def _in_a_row(index: RuleIndex, values: Sequence[Value]) -> bool:
    """Whether values that have a place of their own, such as levels, follow one another."""
    places = [index.values[number].position for number in index.axes[values[0].axis].values]
    own = [value.position for value in values]
    return all(own) and [place for place in sorted(places) if own[0] <= place <= own[-1]] == own


def _example(index: RuleIndex, combination: Combination) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple((axis, tuple(index.values[n].name for n in numbers)) for axis, numbers in combination.stated)
