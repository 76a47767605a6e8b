"""The cases whose answer differs between two rule indexes: all combinations of facts of both, on every date boundary.

Values that either index tells apart are told apart here, so that a combination stands for the same descriptions on
both sides. A value is the same on both sides when its IRI is, or else its axis and short name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Literal

from spinecode.cases import Case, cases
from spinecode.combinations import Combination, Space, Stated, clashes, close
from spinecode.index import Facts, RuleIndex
from spinecode.patterns import Era, Grouper, eras_of
from spinecode.spelling import fold

Kind = Literal["codes", "open", "no code", "contradiction", "not known"]


@dataclass(frozen=True, slots=True, order=True)
class Answer:
    """What a version answers in a case: the codes implied; or, where it is open, the codes that are still possible.

    ``contradiction``: the facts cannot stand together; ``not known``: the version does not have one of the values.
    """

    kind: Kind
    codes: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.kind == "codes":
            return " and ".join(self.codes)
        if self.kind == "open":
            return f"open ({' or '.join(self.codes)})"
        return self.kind


UNKNOWN: Final = Answer("not known")
_CONTRADICTION: Final = Answer("contradiction")
_NO_CODE: Final = Answer("no code")


@dataclass(frozen=True, slots=True)
class AnswerChange:
    """The combinations answered in one way before and in another after; ``cases`` cover them, the widest first."""

    before: Answer
    after: Answer
    combinations: int
    cases: tuple[Case, ...]


@dataclass(frozen=True, slots=True)
class AnswerDifference:
    """How many combinations were compared, on which spans of dates, and how they differ.

    ``changed`` are those that both versions know and answer otherwise on some day, ``one_sided`` those with a value
    that only one version has.
    """

    combinations: int
    changed: int
    one_sided: int
    eras: tuple[Era, ...]
    changes: tuple[AnswerChange, ...]


#: The answers of a combination, one for each era.
_Fate = tuple[Answer, ...]
#: A fact with a value that an index does not have.
_LACKING: Final[Stated] = (("", ()),)
#: What is stated, whatever the order.
_Key = frozenset[tuple[str, frozenset[int]]]


class Side:
    """One of two indexes, with the way from the values of the other to its own."""

    def __init__(self, index: RuleIndex, other: RuleIndex, eras: Sequence[Era], known: dict[_Fate, _Fate]) -> None:
        self.index = index
        self.other = other
        self._valid = [index.valid_on(era.first) for era in eras]
        self._fates: dict[tuple[int, int], _Fate] = {}
        self._facts: dict[tuple[str, tuple[int, ...]], Stated] = {}
        self._known = known  # shared by both sides, so that equal answers are the same object
        self._unknown = self._one((UNKNOWN,) * len(eras))
        self._contradictory = self._one((_CONTRADICTION,) * len(eras))
        by_iri = {axis.iri: axis.name for axis in index.axes.values()}
        #: The axes of the other index, by name, in this one.
        self.axes: dict[str, str] = {
            axis.name: name
            for axis in other.axes.values()
            if (name := by_iri.get(axis.iri, axis.name if axis.name in index.axes else None)) is not None
        }
        #: The values of the other index, by number, in this one.
        self.values: dict[int, int] = dict(self._counterparts())

    def _one(self, fate: _Fate) -> _Fate:
        return self._known.setdefault(fate, fate)

    def _counterparts(self) -> Iterator[tuple[int, int]]:
        index = self.index
        by_iri = {value.iri: value for value in index.values}
        by_name = {(value.axis, fold(value.name)): value for value in index.values}
        counting = index.counting_axis
        for value in self.other.values:
            axis = self.axes.get(value.axis)
            if axis is None:
                continue
            if counting is not None and axis == counting.name and value.position:
                # nobody names the place of a level; it is counted, in each index with its own values
                yield value.id, index.ordinal(value.position)
                continue
            own = by_iri.get(value.iri)
            if own is None or own.axis != axis:
                own = by_name.get((axis, fold(value.name)))
            if own is not None:
                yield value.id, own.id

    def of_other(self, stated: Stated) -> Stated | None:
        """Facts of the other index in the values of this one; None when it does not have one of them.

        What this one does not ask about at all is left out.
        """
        found: list[tuple[str, tuple[int, ...]]] = []
        for fact in stated:
            own = self._facts.get(fact)
            if own is None:
                own = self._facts[fact] = self._fact(*fact)
            if own == _LACKING:
                return None
            found += own
        return tuple(found)

    def _fact(self, name: str, numbers: tuple[int, ...]) -> Stated:
        """One fact of the other index: none where the axis is not here, ``_LACKING`` where a value is not."""
        axis = self.axes.get(name)
        if axis is None:
            return ()
        own = dict.fromkeys(self.values[number] for number in numbers if number in self.values)
        return ((axis, tuple(own)),) if len(own) == len(numbers) else _LACKING

    def fate(self, facts: Facts) -> _Fate:
        """The answers to facts of this index; the same object for the same definitions met."""
        masks = self.index.evaluate(facts, self.index.all, self.index.all)
        found = self._fates.get(masks)
        if found is None:
            # what is in force on a day is a part of what ever was, so that one evaluation does for all days
            found = self._one(tuple(self._answer(*masks, valid) for valid in self._valid))
            self._fates[masks] = found
        return found

    def fate_of(self, stated: Stated | None) -> _Fate:
        """The answers to stated facts of this index, which may contradict one another; None for unknown values."""
        if stated is None:
            return self._unknown
        if clashes(self.index, stated):
            return self._contradictory
        return self.fate(close(self.index, dict(stated)))

    def _answer(self, ever: int, perhaps: int, valid: int) -> Answer:
        if codes := self.index.codes_in(ever & valid):
            return Answer("codes", codes)
        if possible := self.index.codes_in(perhaps & valid):
            return Answer("open", possible)
        return _NO_CODE

    def signatures(self) -> dict[tuple[str, str], Any]:
        """By the axis and name of the values of the other index, all that this one tells them apart by."""
        space = Space(self.index)
        return {
            (value.axis, value.name): space.signature(self.values[value.id])
            for value in self.other.values
            if value.id in self.values
        }


def answer_difference(old: RuleIndex, new: RuleIndex) -> AnswerDifference:
    """Answer every combination of facts of either index by both, on every date boundary of either."""
    eras = eras_of(old, new)
    known: dict[_Fate, _Fate] = {}
    was, now = Side(old, new, eras, known), Side(new, old, eras, known)
    space = Space(new, was.signatures())
    every = list(space)
    found = _Found()
    seen: dict[_Key, set[tuple[int, int]]] = {}
    for number, combination in enumerate(every):
        stated = was.of_other(combination.stated)
        before, after = was.fate_of(stated), now.fate(combination.facts)
        found.note(number, before, after)
        shared = tuple(fact for fact in combination.stated if fact[0] in was.axes)
        seen.setdefault(_key(shared), set()).add((id(before), id(after)))
    told = _cases(space, every, eras, found)
    # what only the old index has, or lets stand together; of all else the new one has combinations that say the same
    first = {number: group[0] for groups in space.groups.values() for group in groups for number in group}
    older = Space(old, now.signatures())
    every_before = list(older)
    found_before = _Found()
    further = 0
    for number, combination in enumerate(every_before):
        stated = now.of_other(combination.stated)
        same: set[tuple[int, int]] = set()
        if stated is not None:
            key = _key(tuple((axis, tuple([first.get(n, n) for n in numbers])) for axis, numbers in stated))
            same = seen.get(key, same)
            if same and len(was.axes) == len(new.axes):
                continue
        before, after = was.fate(combination.facts), now.fate_of(stated)
        if (id(before), id(after)) not in same:
            further += 1
            found_before.note(number, before, after)
    for answers, more in _cases(older, every_before, eras, found_before).items():
        told.setdefault(answers, []).extend(more)
    changes = [
        AnswerChange(*answers, found.count(answers) + found_before.count(answers), tuple(some))
        for answers, some in told.items()
    ]
    changes.sort(key=lambda change: (change.before, change.after))
    return AnswerDifference(
        combinations=len(every) + further,
        changed=found.number(one_sided=False) + found_before.number(one_sided=False),
        one_sided=found.number(one_sided=True) + found_before.number(one_sided=True),
        eras=eras,
        changes=tuple(changes),
    )


def _key(stated: Stated) -> _Key:
    return frozenset([(axis, frozenset(numbers)) for axis, numbers in stated])


class _Found:
    """By the answers before and after, the combinations with the eras in which they are answered so."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[int, int], tuple[_Fate, _Fate, list[int]]] = {}

    def note(self, number: int, before: _Fate, after: _Fate) -> None:
        """Note a combination that is answered otherwise in some era."""
        if before is not after:
            self._numbers.setdefault((id(before), id(after)), (before, after, []))[2].append(number)

    @cached_property
    def where(self) -> dict[tuple[Answer, Answer], dict[int, list[int]]]:
        """What was noted, when all of it is."""
        found: dict[tuple[Answer, Answer], dict[int, list[int]]] = {}
        for before, after, numbers in self._numbers.values():
            eras: dict[tuple[Answer, Answer], list[int]] = {}
            for era, answers in enumerate(zip(before, after, strict=True)):
                if answers[0] != answers[1]:
                    eras.setdefault(answers, []).append(era)
            for answers, some in eras.items():
                found.setdefault(answers, {}).update(dict.fromkeys(numbers, some))
        return found

    def number(self, *, one_sided: bool) -> int:
        """How many combinations were noted: those with a value that one side does not have, or those without."""
        return sum(
            len(numbers)
            for before, after, numbers in self._numbers.values()
            if one_sided == (UNKNOWN in (before[0], after[0]))
        )

    def count(self, answers: tuple[Answer, Answer]) -> int:
        """How many combinations are answered so."""
        return len(self.where.get(answers, ()))


def _cases(
    space: Space, every: Sequence[Combination], eras: Sequence[Era], found: _Found
) -> dict[tuple[Answer, Answer], list[Case]]:
    """What was found in patterns."""
    if not found.where:
        return {}
    grouper = Grouper(space, every, eras)
    return {answers: cases(space, every, grouper.patterns(where)) for answers, where in found.where.items()}
