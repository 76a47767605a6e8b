"""Rows that were seen before: from the numbers of a row's cells to the number of its answer, in a few array operations.

The numbers are packed into one or several words, which are looked up in a table by a hash of them. What is not found
there (a new row, or one that another has displaced) is worked out, all such rows of a batch together.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from spinecode.coding.columns import Numbers, distinct

Packed = list[npt.NDArray[np.int64]]
#: The tables have 2 to the power of this many places.
_PLACES: Final = 17
#: Odd numbers whose multiples are spread over all bits (the golden ratio, and two that share nothing with it).
_SPREADING: Final = np.uint64(0x9E3779B97F4A7C15)
_MIXING: Final = (np.uint64(0xC2B2AE3D27D4EB4F), np.uint64(0x165667B19E3779F9))
_SHIFT: Final = np.uint64(64 - _PLACES)
#: The place in the second table is cut from further down in the hash.
_SECOND: Final = np.uint64(64 - 2 * _PLACES)
_MASK: Final = np.uint64((1 << _PLACES) - 1)
_ROOM: Final = 1 << 62


class SeenRows:
    """The rows so far with the numbers of their answers; old ones give way to new ones."""

    def __init__(self) -> None:
        self._sizes: list[int] = []
        #: Of each word the columns in it, each with the factor by which it is multiplied.
        self._words: list[list[tuple[int, int]]] = []
        self.clear()

    def clear(self) -> None:
        """Forget all rows."""
        count = max(1, len(self._words))
        self._tables = [
            ([np.full(1 << _PLACES, -1, np.int64) for _ in range(count)], np.zeros(1 << _PLACES, np.int32))
            for _ in range(2)
        ]

    def look_up(
        self,
        numbers: Sequence[Numbers | None],
        counts: Sequence[int],
        work_out: Callable[[npt.NDArray[np.intp]], Numbers],
    ) -> Numbers:
        """For each row the number of its answer.

        ``numbers`` are those of the cells, column by column, None where there is no such column; ``counts`` bounds
        them; ``work_out`` gives the numbers of the answers of rows, given by their places, that were not seen yet.
        """
        if len(counts) != len(self._sizes) or any(n > size for n, size in zip(counts, self._sizes, strict=True)):
            self._make_room(counts)
        packed = self._packed(numbers)
        hashes = packed[0].view(np.uint64) * _SPREADING
        for place, word in enumerate(packed[1:]):
            hashes ^= hashes >> np.uint64(29)
            hashes += word.view(np.uint64)
            hashes *= _MIXING[place % 2]
        places = (hashes >> _SHIFT).view(np.int64)
        found, hit = _found(self._tables[0], places, packed)
        missed = np.flatnonzero(~hit)
        if len(missed):
            further = [word.take(missed) for word in packed]
            seconds = (hashes.take(missed) >> _SECOND & _MASK).view(np.int64)
            again, hit = _found(self._tables[1], seconds, further)
            new = np.flatnonzero(~hit)
            if len(new):
                rows, firsts = first_of_each([word.take(new) for word in further])
                # places among those that were missed
                firsts = new.take(firsts)
                worked = work_out(missed.take(firsts))
                again[new] = worked.take(rows)
                keys = [word.take(firsts) for word in further]
                self._keep(keys, places.take(missed.take(firsts)), seconds.take(firsts), worked)
            found[missed] = again
        return found

    def _keep(
        self, keys: Packed, places: npt.NDArray[np.int64], seconds: npt.NDArray[np.int64], found: Numbers
    ) -> None:
        """Remember distinct rows: in the first table where there is room, else in the second."""
        free = self._tables[0][0][0].take(places) < 0
        for (words, kept), at, chosen in zip(self._tables, (places, seconds), (free, ~free), strict=True):
            # of rows that share a place the last is kept, in all arrays the same
            for word, key in zip(words, keys, strict=True):
                word[at[chosen]] = key[chosen]
            kept[at[chosen]] = found[chosen]

    def _make_room(self, counts: Sequence[int]) -> None:
        # room to grow, since what is remembered is of no use when it changes
        self._sizes = [2 * count for count in counts]
        self._words = []
        factor = _ROOM
        for column, size in enumerate(self._sizes):
            if factor * size >= _ROOM:
                self._words.append([])
                factor = 1
            self._words[-1].append((column, factor))
            factor *= size
        self.clear()

    def _packed(self, numbers: Sequence[Numbers | None]) -> Packed:
        """The numbers of each row as a few words."""
        rows = next(len(column) for column in numbers if column is not None)
        found = []
        for columns in self._words:
            word = np.zeros(rows, np.int64)
            for place, factor in columns:
                column = numbers[place]
                if column is not None:
                    word += column if factor == 1 else column * np.int64(factor)
            found.append(word)
        return found


def _found(
    table: tuple[Packed, Numbers], places: npt.NDArray[np.int64], packed: Packed
) -> tuple[Numbers, npt.NDArray[np.bool_]]:
    words, kept = table
    hit = words[0].take(places, mode="clip") == packed[0]
    for word, other in zip(words[1:], packed[1:], strict=True):
        hit &= word.take(places, mode="clip") == other
    return kept.take(places, mode="clip"), hit


def first_of_each(words: Sequence[npt.NDArray[Any]]) -> tuple[Numbers, npt.NDArray[np.intp]]:
    """For each row which of the distinct rows it is, and the place of the first row of each."""
    # words that tell nothing apart are left out, and the others are told apart by one hash where it does so
    held = [word.view(np.int64) for word in words if word[0] != word[-1] or (word != word[0]).any()] or [words[0]]
    hashes = held[0].view(np.uint64)
    for word in held[1:]:
        hashes = hashes * _SPREADING
        hashes ^= hashes >> np.uint64(29)
        hashes += word.view(np.uint64)
    rows, firsts = _firsts(hashes.view(np.int64))
    same = firsts.take(rows)
    if all((word == word.take(same)).all() for word in held):
        return rows, firsts
    rows, _ = distinct(held[0])
    for word in held[1:]:
        others, _ = distinct(word)
        rows, _ = distinct(rows.astype(np.int64) << 32 | others.astype(np.int64))
    return _firsts(rows)


def _firsts(keys: npt.NDArray[Any]) -> tuple[Numbers, npt.NDArray[np.intp]]:
    rows, values = distinct(keys)
    firsts = np.zeros(len(values), np.intp)
    firsts[rows[::-1]] = np.arange(len(rows) - 1, -1, -1)
    return rows, firsts
