"""Rows that were seen before: from the numbers of a row's cells to the number of its answer, in a few array operations.

The numbers are packed into one, which is looked up in a table by a hash of it. What is not found there (a new row, or
one that another has displaced) is looked up, or worked out, one distinct row after the other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from spinecode.coding.columns import Numbers, distinct, distinct_rows

#: The table has 2 to the power of this many places.
_PLACES: Final = 17
#: An odd number whose multiples are spread over all bits (the golden ratio).
_SPREADING: Final = np.uint64(0x9E3779B97F4A7C15)
_SHIFT: Final = np.uint64(64 - _PLACES)
_PACKED: Final = 1 << 62


class SeenRows:
    """The rows so far with the numbers of their answers."""

    def __init__(self) -> None:
        self._rows: dict[tuple[int, ...], int] = {}
        self._sizes: list[int] = []
        self._clear_table()

    def __len__(self) -> int:
        return len(self._rows)

    def clear(self) -> None:
        """Forget all rows."""
        self._rows.clear()
        self._clear_table()

    def _clear_table(self) -> None:
        self._table_keys = np.full(1 << _PLACES, -1, np.int64)
        self._table_found = np.zeros(1 << _PLACES, np.int32)

    def look_up(
        self, numbers: Sequence[Numbers | None], counts: Sequence[int], work_out: Callable[[Sequence[int]], int]
    ) -> Numbers:
        """For each row the number of its answer.

        ``numbers`` are those of the cells, column by column, None where there is no such column; ``counts`` bounds
        them; ``work_out`` gives the answer's number of a row that was not seen yet.
        """
        if len(counts) != len(self._sizes) or any(n > size for n, size in zip(counts, self._sizes, strict=True)):
            # room to grow, since the table is of no use when it changes
            self._sizes = [2 * count for count in counts]
            self._clear_table()
        packed = self._packed(numbers)
        if packed is None:
            present = [n for n in numbers if n is not None]
            columns = [np.zeros(len(present[0]), np.uint64) if n is None else n.astype(np.uint64) for n in numbers]
            rows, keys = distinct_rows(columns)
            return np.array([self._found(key, work_out) for key in keys], np.int32).take(rows)
        places = ((packed.view(np.uint64) * _SPREADING) >> _SHIFT).view(np.int64)
        found = self._table_found.take(places)
        missed = np.flatnonzero(self._table_keys.take(places) != packed)
        if len(missed):
            rows, fresh = distinct(packed.take(missed))
            new = np.array([self._found(key, work_out) for key in self._unpacked(fresh)], np.int32)
            spread = new.take(rows)
            found[missed] = spread
            where = places.take(missed)
            # of rows that share a place the last is kept, in both arrays the same
            self._table_keys[where] = packed.take(missed)
            self._table_found[where] = spread
        return found

    def _found(self, row: tuple[int, ...], work_out: Callable[[Sequence[int]], int]) -> int:
        known = self._rows.get(row)
        if known is None:
            known = self._rows[row] = work_out(row)
        return known

    def _packed(self, numbers: Sequence[Numbers | None]) -> npt.NDArray[np.int64] | None:
        """The numbers of each row as one; None where they have no room in it."""
        factor = 1
        packed: npt.NDArray[np.int64] | None = None
        for size, column in zip(self._sizes, numbers, strict=True):
            if column is not None:
                part = column * np.int64(factor)
                packed = part if packed is None else np.add(packed, part, out=packed)
            factor *= size
            if factor >= _PACKED:
                return None
        return packed

    def _unpacked(self, keys: npt.NDArray[np.int64]) -> list[tuple[int, ...]]:
        parts = []
        for size in self._sizes:
            keys, part = np.divmod(keys, size)
            parts.append(part.tolist())
        return list(zip(*parts, strict=True))
