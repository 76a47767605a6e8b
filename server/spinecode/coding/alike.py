"""Rows that get the same answer although they do not say the same, found by arrays for a batch at a time.

The library's answer follows from a few masks of definitions: those that are implied and possible at each level, and,
for each axis that is open, those that all other axes leave (``questions.Asking``). What else a row says makes no
difference. So rows are taken together by the first, and for each axis by the second, and by what an answer would meet
on the axes that it speaks for too. The answer is put together of what the library says of one row of each kind; kinds
are few, though rows that differ in some of them are many.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence, Sized
from typing import NamedTuple

import numpy as np

from spinecode.coding.columns import Numbers
from spinecode.coding.merging import of_codes, of_question
from spinecode.coding.said import Array, Said, as_words, words_for
from spinecode.coding.seen import first_of_each
from spinecode.index import mask_of


class Kinds(NamedTuple):
    """The kinds of rows of a batch, told apart by what decides their codes and by what decides each question.

    ``of_row`` has for each row which of the kinds it is, ``firsts`` for each kind the place of its first row, and
    ``parts`` for each kind the number of its codes and those of its questions; the same numbers in all batches.
    """

    of_row: Numbers
    firsts: Array
    parts: list[tuple[int, ...]]


class Told(NamedTuple):
    """What decides something, by row and by level.

    ``as_set`` has the rows of which it counts once what several levels share, in whatever order.
    """

    in_row: list[Array]
    at_level: list[Array]
    as_set: Array


class Alike:
    """Takes rows together that the rules lead to the same answer; the rows do not contradict themselves."""

    def __init__(self, said: Said, *, check: bool = False) -> None:
        self.said = said
        #: Whether rows are told apart too by the codes that hold however the question is answered.
        self.check = check
        index = said.index
        #: The axes that some definition looks at, and those that a declared gap looks at.
        self.slots = [name for name in index.axes if name in index.slots]
        self.gap_axes = [
            a for a in index.axes if any(r.axis == a for gap in index.rules.gaps for r in gap.requirements)
        ]
        #: The axes that can be asked about, in order, and their values as words.
        self.open = [name for name in said.asked if index.rows_about[name]]
        words = words_for(len(index.values))
        self.values = {name: as_words([mask_of(index.axes[name].values)], words) for name in self.open}
        #: What definitions come to, when it is asked for the codes, and when it is asked about an axis.
        self.codes = of_codes(index)
        self.questions = {name: of_question(index, name) for name in self.open}
        self.clear()

    def clear(self) -> None:
        """Forget what was seen."""
        self.said.clear()
        for merging in (self.codes, *self.questions.values()):
            merging.clear()
        self._levels: list[dict[bytes, int]] = [{} for _ in range(1 + len(self.open))]
        self._rows: list[dict[bytes, int]] = [{} for _ in range(1 + len(self.open))]

    def __len__(self) -> int:
        held: list[Sized] = [self.said, self.codes, *self.questions.values(), *self._levels, *self._rows]
        return sum(len(one) for one in held)

    def kinds(self, numbers: Sequence[Numbers], against: Sequence[Array]) -> Kinds:
        """The kinds of rows by the numbers of their cells, column by column, the date after the axes.

        ``against`` are the values that the rows rule out, as words.
        """
        batch = _Batch(self, dict(zip(self.said.asked, numbers, strict=False)), self.said.eras(numbers[-1]))
        parts = [self._numbers(0, batch, batch.codes())]
        for place, axis in enumerate(self.open, 1):
            parts.append(self._numbers(place, batch, batch.question(axis, against)))
        rows, firsts = first_of_each(parts)
        return Kinds(rows, firsts, list(zip(*[part.take(firsts).tolist() for part in parts], strict=True)))

    def _numbers(self, place: int, batch: _Batch, told: Told) -> Array:
        """For each row the number of what is told of it."""
        of_level = _numbered(self._levels[place], told.at_level)
        counts = np.diff(np.append(batch.first, len(of_level)))
        levels = np.full((int(counts.max()), len(counts)), -1)
        for level, column in enumerate(levels):
            at = np.minimum(batch.first + level, len(of_level) - 1)
            column[:] = np.where(counts > level, of_level.take(at), -1)
        if len(levels) > 1:
            once = np.sort(levels, axis=0)
            once[1:][once[1:] == once[:-1]] = -1
            levels = np.where(told.as_set, -np.sort(-once, axis=0), levels)
            counts = (levels >= 0).sum(axis=0)
        # where some row has many levels, the others are not filled up
        return _numbered(self._rows[place], [*told.in_row, counts, *levels], len(told.in_row) + 1 + counts)


def _numbered(known: dict[bytes, int], words: Sequence[Array], counts: Array | None = None) -> Array:
    """The numbers of words that stand together, of which only so many count, as they are known or become so."""
    rows, firsts = first_of_each(words)
    keys = [row.tobytes() for row in np.stack([word.take(firsts).view(np.int64) for word in words], axis=1)]
    if counts is not None:
        keys = [key[: count * 8] for key, count in zip(keys, counts.take(firsts).tolist(), strict=True)]
    return np.array([known.setdefault(key, len(known)) for key in keys], np.int64).take(rows)


class _Batch:
    """Rows to be grouped: what holds in each row, and at each level of each row."""

    def __init__(self, alike: Alike, numbers: Mapping[str, Numbers], eras: Array) -> None:
        self.alike, self.said, self.numbers = alike, alike.said, numbers
        said = alike.said
        self.rows = len(eras)
        self.cells = {name: said.cells(name) for name in said.asked}
        own = [name for name in said.asked if name != said.levelled]
        self.stated = {name: self.cells[name].stated.take(numbers[name]) for name in own}
        self.implied = {
            axis: {name: self.cells[name].implied[axis].take(numbers[name]) for name in by if name in own}
            for axis, by in said.implying.items()
        }
        self.presumed = {
            axis: {name: self.cells[name].presumed[axis].take(numbers[name]) for name in by}
            for axis, by in said.presuming.items()
        }
        self.valid = [word.take(eras) for word in said.valid]
        self.gaps_valid = [word.take(eras) for word in said.gaps_valid]
        self._undecided: list[Array] = []
        self._close()
        self._part()

    def _close(self) -> None:
        """What holds at all levels, as ``services.services_of`` has it."""
        said = self.said
        self.states: dict[str, Array] = {}
        for axis in said.index.axes:
            implied = said.hints[axis].concatenated(self.implied[axis].values(), self.rows)
            state = said.effective(axis, self.stated.get(axis, np.zeros(self.rows, np.int64)), implied)
            if self.presumed[axis]:
                presumed = said.hints[axis].concatenated(self.presumed[axis].values(), self.rows)
                state = np.where(state == 0, said.first(axis, presumed), state)
            self.states[axis] = state
        for derived in said.index.concluded_axes:
            found = said.concluded(derived, self.states[derived.derived_from or ""])
            self.states[derived.name] = np.where(found > 0, found, self.states[derived.name])

    def _part(self) -> None:
        """What holds at each level; ``first`` is the first level of each row, ``row_of`` the row of each level."""
        said = self.said
        self.parted: dict[str, Array] = {}
        self.by_level: dict[str, list[Array]] = {}
        self.row_of = self.first = np.arange(self.rows)
        if not said.levelled:
            return
        cells, numbers = self.cells[said.levelled], self.numbers[said.levelled]
        counts = cells.counts.take(numbers)
        self.first = np.cumsum(counts) - counts
        self.row_of = np.repeat(self.row_of, counts)
        at = (cells.starts.take(numbers) - self.first).take(self.row_of) + np.arange(len(self.row_of))
        for axis, implied in cells.implied.items():
            hints = implied.take(at)
            self.by_level[axis] = [hints]
            self.parted[axis] = said.effective(axis, self.states[axis].take(self.row_of), hints)
        for axis, of_level in ((said.levelled, cells.stated), (said.ordinal, cells.ordinals)):
            found = of_level.take(at)
            self.by_level.setdefault(axis, []).append(found)
            self.parted[axis] = np.where(found > 0, found, self.states[axis].take(self.row_of))

    # ------------------------------------------------------------------ masks

    def _left(
        self, masks: Callable[[str], list[Array]], start: list[Array], axes: Sequence[str], but: Collection[str] = ()
    ) -> list[Array]:
        """At each level the bits that no axis takes away; some axes are left out."""
        found = start
        for axis in axes:
            if axis not in self.parted and axis not in but:
                found = [one & word.take(self.states[axis]) for one, word in zip(found, masks(axis), strict=True)]
        found = [word.take(self.row_of) for word in found]
        for axis in axes:
            if axis in self.parted and axis not in but:
                found = [one & word.take(self.parted[axis]) for one, word in zip(found, masks(axis), strict=True)]
        return found

    def _reachable(self, but: str = "") -> list[Array]:
        """The definitions in force that no stated value rules out; what one axis rules out is left in."""
        found = self.valid
        for name, cells in self.cells.items():
            if name != but:
                places = self.numbers[name]
                found = [one & ~word.take(places) for one, word in zip(found, cells.excluded, strict=True)]
        return found

    def _somewhere(self, at_level: Array) -> Array:
        """Whether something is so at some level of each row."""
        return np.logical_or.reduceat(at_level, self.first)

    def codes(self) -> Told:
        """What decides the codes."""
        said = self.said
        implied = self._left(said.implied_by, self.valid, self.alike.slots)
        possible = self._left(said.possible_with, self._reachable(), self.alike.slots)
        self._undecided = [one & ~other for one, other in zip(possible, implied, strict=True)]
        open_rows = self._somewhere(_some(self._undecided))
        candidates = [np.bitwise_or.reduceat(word, self.first) for word in self.alike.codes.merged(possible)]
        gaps = self._left(said.gaps_met, self.gaps_valid, self.alike.gap_axes)
        # of what has no code at all it is told why, of what has one the lines, of what is open neither
        none = ~_some([*implied, *possible])
        closed = ~open_rows.take(self.row_of)
        at_level = [np.where(none, word, np.uint64(0)) for word in gaps]
        at_level += [np.where(closed, word, np.uint64(0)) for word in self.alike.codes.merged(implied)]
        modifiers = [cells.modifiers.take(self.numbers[name]) for name, cells in self.cells.items()]
        in_row = [np.where(open_rows, 0, said.modifiers.concatenated(modifiers, self.rows))]
        if said.levelled:
            # of a service without a level it is not told that no code fits there
            given = self.cells[said.levelled].given.take(self.numbers[said.levelled])
            in_row.append((given & ~open_rows).astype(np.int64))
        if self.alike.check:
            in_row += [np.where(open_rows, word, np.uint64(0)) for word in self._certain()]
        return Told([open_rows.astype(np.int64), *candidates, *in_row], at_level, open_rows)

    def _certain(self) -> list[Array]:
        """What ``selection`` takes for certain: also what holds of a first level where no level was given."""
        said = self.said
        first = said.state(said.ordinal, (said.index.ordinal(1),)) if said.ordinal else 0

        def implied_by(axis: str) -> list[Array]:
            masks = said.implied_by(axis)
            # what is not counted has the state 0
            return [np.append(word[first], word[1:]) for word in masks] if axis == said.ordinal else masks

        implied = self._left(implied_by, self.valid, self.alike.slots)
        return [np.bitwise_or.reduceat(word, self.first) for word in self.alike.codes.merged(implied)]

    def question(self, axis: str, against: Sequence[Array]) -> Told:
        """What decides whether there is a question about an axis, and which."""
        opened = self._somewhere(self._is_open(axis, self._undecided))
        given = self.cells[axis].given.take(self.numbers[axis])
        values = self.alike.values[axis]
        ruled_out = [
            np.where(opened, word & about[0], np.uint64(0)) for word, about in zip(against, values, strict=True)
        ]
        in_row, at_level = self._met_by_answers(axis, opened)
        in_row = [opened.astype(np.int64), (opened & given).astype(np.int64), *ruled_out, *in_row]
        return Told(in_row, at_level, np.ones(self.rows, bool))

    def _is_open(self, axis: str, undecided: list[Array]) -> Array:
        """At which levels some candidate asks about an axis (or one derived from it) that nothing answers for sure."""
        some = np.zeros(len(self.row_of), bool)
        for name in (axis, *self.said.index.reach.derived[axis]):
            state = self.parted[name] if name in self.parted else self.states[name].take(self.row_of)
            masks = self.said.implied_by(name)
            some |= _some([one & ~word.take(state) for one, word in zip(undecided, masks, strict=True)])
        return some

    def _met_by_answers(self, axis: str, opened: Array) -> tuple[list[Array], list[Array]]:
        """What the answers to a question would meet, by row and by level.

        It is what the axes leave on which they change nothing, and where that is something, what is said on the others.
        """
        touched = self.said.index.reach.touched[axis]
        no = np.uint64(0)
        start = [np.where(opened, word, no) for word in self._reachable(axis)]
        left = self._left(self.said.possible_with, start, self.alike.slots, touched)
        alive = _some(left)
        somewhere = self._somewhere(alive)
        beside = []
        for name in touched:
            if name in self.stated and name != axis:
                beside.append(self.stated[name])
            for hints in (self.implied[name], self.presumed[name]):
                if others := [part for by, part in hints.items() if by != axis]:
                    beside.append(self.said.hints[name].concatenated(others, self.rows))
        levels = self.alike.questions[axis].merged(left)
        if axis != self.said.levelled:
            levels += [np.where(alive, part, 0) for name in touched for part in self.by_level.get(name, ())]
        return [np.where(somewhere, part, 0) for part in beside], levels


def _some(words: Sequence[Array]) -> Array:
    found: Array = words[0] != 0
    for word in words[1:]:
        found |= word != 0
    return found
