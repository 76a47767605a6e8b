"""Why a row of a table has no answer: what cannot be understood, or which of its values contradict each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from spinecode.coding.domains import FAULTY, Cell
from spinecode.description import describe
from spinecode.errors import ContradictionError
from spinecode.index import RuleIndex
from spinecode.selection import check_contradictions, conflict_fault

Words = list[npt.NDArray[np.uint64]]
_BITS: Final = 64
_ALL: Final = (1 << _BITS) - 1


class Reasons:
    """The reasons of rows. Of several contradictions the first is told, by the order of the values in the ontology."""

    def __init__(self, index: RuleIndex) -> None:
        self._index = index
        self._told: dict[tuple[int, int], str] = {}
        #: How many words hold a set of values as bits.
        self.words = -(-len(index.values) // _BITS)
        self._conflicts = [
            np.array([mask >> word * _BITS & _ALL for mask in index.conflicts], np.uint64) for word in range(self.words)
        ]

    @staticmethod
    def of_cells(cells: Sequence[Cell]) -> str:
        """What is wrong with single cells; what cannot be understood comes before what contradicts itself."""
        wrong = [cell for cell in cells if cell.kind]
        return " ".join([cell.reason for cell in wrong if cell.kind == FAULTY] or [cell.reason for cell in wrong])

    def clashes(self, stated: Words, against: Words) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.int64]]:
        """The rows that state what stands against each other, and in each the first such pair, as one number.

        ``stated`` are the values of the rows as bits, ``against`` those that one of them rules out.
        """
        both = [one & other for one, other in zip(stated, against, strict=True)]
        rows = np.flatnonzero(np.logical_or.reduce(both))
        ones = _lowest([word.take(rows) for word in both])
        others = [self._conflicts[n].take(ones) & stated[n].take(rows) for n in range(self.words)]
        return rows, ones << 32 | _lowest(others)

    def of_pair(self, pair: int) -> str:
        """Why the two values of a pair contradict each other."""
        one, other = pair >> 32, pair & 0xFFFFFFFF
        told = self._told.get((one, other))
        if told is None:
            values = self._index.values
            told = self._told[one, other] = str(conflict_fault(self._index, values[one], values[other]))
        return told

    def of_wide(self, facts: dict[str, tuple[int, ...]]) -> str:
        """What contradicts a constraint with several conditions; nothing where nothing does."""
        try:
            check_contradictions(self._index, describe(self._index, facts))
        except ContradictionError as error:
            return str(error.faults[0])
        return ""


def _lowest(words: Words) -> npt.NDArray[np.int64]:
    """The number of the lowest bit of each row; some bit is set."""
    found = np.zeros(len(words[0]), np.int64)
    for number in reversed(range(len(words))):
        word = words[number]
        low = word & (~word + np.uint64(1))
        # a power of two is a float as it is
        bit = np.log2(np.maximum(low, np.uint64(1)).astype(np.float64)).astype(np.int64)
        found = np.where(word != 0, bit + number * _BITS, found)
    return found
