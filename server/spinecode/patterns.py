"""Combinations of one fate in few words: facts are dropped for as long as what is left says the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from spinecode.combinations import Combination, Space
from spinecode.index import RuleIndex
from spinecode.rules import day_after

#: The answer of a combination that says nothing on an axis.
_SILENT: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Era:
    """A span of dates in which the same definitions are in force; ISO 8601, ``last`` None when it goes on."""

    first: str
    last: str | None


@dataclass(frozen=True, slots=True)
class Pattern:
    """Combinations that share some facts and a fate, in some eras.

    ``facts`` are short names of values by axis, ``count`` how many combinations there are, ``example`` the first.
    """

    facts: tuple[tuple[str, tuple[str, ...]], ...]
    eras: tuple[Era, ...]
    count: int
    example: int

    def __str__(self) -> str:
        return ", ".join(f"{axis} {' + '.join(names)}" for axis, names in self.facts) or "any facts"


def eras_of(*indexes: RuleIndex) -> tuple[Era, ...]:
    """The spans between the days on which a definition, or a declared gap, of any index begins or has just ended."""
    begin = max(index.rules.covers_from for index in indexes)
    days = {begin}
    for index in indexes:
        days |= set(index.boundaries)
        for gap in index.rules.gaps:
            days |= {gap.valid_from} if gap.valid_from else set()
            days |= {day_after(gap.valid_until)} if gap.valid_until else set()
    ordered = sorted(day for day in days if day >= begin)
    return tuple(Era(first, last) for first, last in zip(ordered, [*map(_day_before, ordered[1:]), None], strict=True))


def _day_before(day: str) -> str:
    return (date.fromisoformat(day) - timedelta(days=1)).isoformat()


def eras_told(eras: Sequence[Era]) -> str:
    """Spans of dates in words, neighbours joined."""
    spans: list[list[str | None]] = []
    for era in eras:
        if spans and spans[-1][1] is not None and _day_before(era.first) == spans[-1][1]:
            spans[-1][1] = era.last
        else:
            spans.append([era.first, era.last])
    return ", ".join(f"{first} to {last}" if last else f"from {first}" for first, last in spans)


class Grouper:
    """Puts combinations of one fate into few patterns; ``every`` are all the combinations of a space, by number."""

    def __init__(self, space: Space, every: Sequence[Combination], eras: Sequence[Era]) -> None:
        self._space = space
        self._eras = eras
        axes = dict.fromkeys(axis for combination in every for axis, _ in combination.stated)
        self._answers = [{axis: dict(combination.stated).get(axis, _SILENT) for axis in axes} for combination in every]
        numbers: dict[tuple[str, tuple[int, ...]], list[int]] = {}
        for number, answers in enumerate(self._answers):
            for answer in answers.items():
                numbers.setdefault(answer, []).append(number)
        size = len(every)
        # for each answer on an axis, the combinations with it, a bit each
        self._with = {answer: _bits(found, size) for answer, found in numbers.items()}
        self._all = (1 << size) - 1

    def patterns(self, where: Mapping[int, Iterable[int]]) -> Iterator[Pattern]:
        """The patterns of some combinations; ``where`` has, by their numbers, the eras in which the fate is theirs."""
        by_eras: dict[frozenset[int], list[int]] = {}
        for number, eras in where.items():
            by_eras.setdefault(frozenset(eras), []).append(number)
        size = len(self._answers)
        exact = {eras: _bits(numbers, size) for eras, numbers in by_eras.items()}
        # the widest spans first, so that a pattern is told with all its eras
        for eras in sorted(exact, key=lambda eras: (-len(eras), sorted(eras))):
            same = 0
            for others, bits in exact.items():
                if eras <= others:
                    same |= bits
            waiting = exact[eras]
            while waiting:
                first = (waiting & -waiting).bit_length() - 1
                kept, matched = self._widened(first, same)
                waiting &= ~matched
                facts = tuple((axis, self._names(axis, answer)) for axis, answer in kept.items())
                spans = tuple(self._eras[number] for number in sorted(eras))
                yield Pattern(facts, spans, matched.bit_count(), first)

    def _widened(self, number: int, same: int) -> tuple[dict[str, tuple[int, ...]], int]:
        """The answers of a combination that are needed, and the combinations that share them; all are in ``same``."""
        kept = dict(self._answers[number])
        # what a combination is silent about it has no say in, unless the others have
        for axis in sorted(kept, key=lambda axis: kept[axis] != _SILENT):
            fewer = {name: answer for name, answer in kept.items() if name != axis}
            if not self._matching(fewer) & ~same:
                kept = fewer
        return kept, self._matching(kept)

    def _matching(self, answers: Mapping[str, tuple[int, ...]]) -> int:
        found = self._all
        for answer in answers.items():
            found &= self._with[answer]
        return found

    def _names(self, axis: str, answer: Sequence[int]) -> tuple[str, ...]:
        """The names of an answer; a value speaks for its whole group."""
        index = self._space.index
        found = [] if answer else ["not said"]
        for number in answer:
            group = next(numbers for numbers in self._space.groups[axis] if number in numbers)
            names = [index.values[n].name for n in group]
            found.append(" or ".join(names) if len(names) <= 4 else f"{names[0]} or another of {len(names)}")
        return tuple(found)


def _bits(numbers: Iterable[int], size: int) -> int:
    """A mask with the bits of some numbers set; quicker than shifting each."""
    found = bytearray(size // 8 + 1)
    for number in numbers:
        found[number >> 3] |= 1 << (number & 7)
    return int.from_bytes(found, "little")
