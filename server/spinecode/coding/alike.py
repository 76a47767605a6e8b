"""Rows that get the same answer although they do not say the same, found by arrays for a batch at a time.

The library's answer follows from a few masks of definitions: those that are implied and possible at each level, and,
for each axis that is open, those that all other axes leave (``selection.next_question``). What else a row says makes
no difference. So rows are taken together by these masks, and by what an answer would meet on the axes that it speaks
for too; the answer itself is the library's, for one row of each kind.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from spinecode.coding.columns import Numbers
from spinecode.coding.said import Array, Said, as_words, mask_of, words_for
from spinecode.coding.seen import first_of_each


class Groups(NamedTuple):
    """For each row its group; for each group the place of its first row, and what tells it from all others."""

    of_row: Numbers
    firsts: Array
    keys: list[bytes]


class Alike:
    """Takes rows together that the rules lead to the same answer; the rows do not contradict themselves."""

    def __init__(self, said: Said) -> None:
        self.said = said
        index = said.index
        self.derived = {name: [a.name for a in index.derived_axes if a.derived_from == name] for name in index.axes}
        #: The axes that some definition looks at, and those that a declared gap looks at.
        self.slots = [name for name in index.axes if name in index.slots]
        self.gap_axes = [
            a for a in index.axes if any(r.axis == a for gap in index.rules.gaps for r in gap.requirements)
        ]
        #: The axes that can be asked about, and their values as words.
        self.open = [name for name in said.asked if {name, *self.derived[name]} & set(self.slots)]
        words = words_for(len(index.values))
        self.values = {name: as_words([mask_of(index.axes[name].values)], words) for name in self.open}
        #: For each axis those on which an answer to it changes something.
        self.touched: dict[str, list[str]] = {}
        for name in self.open:
            found = [name, *(a for a in index.axes if name in said.implying[a] or name in said.presuming[a])]
            for axis in found:
                found += [further for further in self.derived[axis] if further not in found]
            self.touched[name] = list(dict.fromkeys(found))
        self.clear()

    def clear(self) -> None:
        """Forget what was seen."""
        self.said.clear()
        self._levels: dict[bytes, int] = {}

    def __len__(self) -> int:
        return len(self.said) + len(self._levels)

    def groups(self, numbers: Sequence[Numbers], against: Sequence[Array]) -> Groups:
        """The groups of rows by the numbers of their cells, column by column, the date after the axes.

        ``against`` are the values that the rows rule out, as words.
        """
        batch = _Batch(self, dict(zip(self.said.asked, numbers, strict=False)), self.said.eras(numbers[-1]))
        in_row, at_level = batch.told(against)
        levels, firsts = first_of_each(at_level)
        kinds = [self._levels.setdefault(key, len(self._levels)) for key in _bytes(at_level, firsts)]
        of_level = np.array(kinds, np.int64).take(levels)
        counts = np.diff(np.append(batch.first, len(of_level)))
        ids = [*in_row, counts]
        for place in range(int(counts.max())):
            at = np.minimum(batch.first + place, len(of_level) - 1)
            ids.append(np.where(counts > place, of_level.take(at), -1))
        rows, firsts = first_of_each(ids)
        # where some row has many levels, the others are not filled up
        length = len(in_row) + 1
        keys = [key[: (length + count) * 8] for key, count in zip(_bytes(ids, firsts), counts[firsts], strict=True)]
        return Groups(rows, firsts, keys)


def _bytes(words: Sequence[Array], places: Array) -> list[bytes]:
    """The words at some places, together."""
    return [row.tobytes() for row in np.stack([word.take(places).view(np.int64) for word in words], axis=1)]


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
        self._close()
        self._part()

    def _close(self) -> None:
        """What holds at all levels, as ``selection.services_of`` has it."""
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

    def told(self, against: Sequence[Array]) -> tuple[list[Array], list[Array]]:
        """All that the answer follows from, by row and by level."""
        alike, said = self.alike, self.said
        implied = self._left(said.implied_by, self.valid, alike.slots)
        possible = self._left(said.possible_with, self._reachable(), alike.slots)
        undecided = [one & ~other for one, other in zip(possible, implied, strict=True)]
        none = ~_some([*implied, *possible])
        gaps = self._left(said.gaps_met, self.gaps_valid, alike.gap_axes)
        at_level = [*implied, *possible, *(np.where(none, word, np.uint64(0)) for word in gaps)]
        modifiers = [cells.modifiers.take(self.numbers[name]) for name, cells in self.cells.items()]
        in_row = [said.modifiers.concatenated(modifiers, self.rows)]
        if said.levelled:
            # of a service without a level it is not told that no code fits there
            in_row.append(self.cells[said.levelled].given.take(self.numbers[said.levelled]).astype(np.int64))
        about = [np.zeros(self.rows, np.uint64) for _ in against]
        for axis in alike.open:
            opened = self._somewhere(self._is_open(axis, undecided))
            given = self.cells[axis].given.take(self.numbers[axis])
            in_row.append((opened & given).astype(np.int64))
            about = [
                word | np.where(opened, values[0], np.uint64(0))
                for word, values in zip(about, alike.values[axis], strict=True)
            ]
            rows, levels = self._met_by_answers(axis, opened)
            in_row += rows
            at_level += levels
        return [*in_row, *(one & other for one, other in zip(about, against, strict=True))], at_level

    def _is_open(self, axis: str, undecided: list[Array]) -> Array:
        """At which levels some candidate asks about an axis (or one derived from it) that nothing answers for sure."""
        some = np.zeros(len(self.row_of), bool)
        for name in (axis, *self.alike.derived[axis]):
            state = self.parted[name] if name in self.parted else self.states[name].take(self.row_of)
            masks = self.said.implied_by(name)
            some |= _some([one & ~word.take(state) for one, word in zip(undecided, masks, strict=True)])
        return some

    def _met_by_answers(self, axis: str, opened: Array) -> tuple[list[Array], list[Array]]:
        """What the answers to a question would meet, by row and by level.

        It is what the axes leave on which they change nothing, and where that is something, what is said on the others.
        """
        touched = self.alike.touched[axis]
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
        levels = list(left)
        if axis != self.said.levelled:
            levels += [np.where(alive, part, 0) for name in touched for part in self.by_level.get(name, ())]
        return [np.where(somewhere, part, 0) for part in beside], levels


def _some(words: Sequence[Array]) -> Array:
    found: Array = words[0] != 0
    for word in words[1:]:
        found |= word != 0
    return found
