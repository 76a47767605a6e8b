"""Why a row of a table has no answer: what cannot be understood, or which of its values contradict each other."""

from __future__ import annotations

from collections.abc import Sequence

from spinecode.coding.domains import FAULTY, Cell
from spinecode.description import describe
from spinecode.errors import ContradictionError
from spinecode.index import RuleIndex
from spinecode.selection import check_contradictions, conflict_fault


class Reasons:
    """The reasons of rows. Of several contradictions the first is told, by the order of the values in the ontology."""

    def __init__(self, index: RuleIndex) -> None:
        self._index = index
        self._pairs: dict[tuple[int, int], str] = {}
        self._masks: dict[tuple[int, ...], tuple[int, int]] = {}

    def clear(self) -> None:
        """Forget what was seen."""
        self._masks.clear()

    @staticmethod
    def of_cells(cells: Sequence[Cell]) -> str:
        """What is wrong with single cells; what cannot be understood comes before what contradicts itself."""
        wrong = [cell for cell in cells if cell.kind]
        return " ".join([cell.reason for cell in wrong if cell.kind == FAULTY] or [cell.reason for cell in wrong])

    def of_facts(self, facts: dict[str, tuple[int, ...]]) -> str:
        """Which values contradict each other; nothing where none do."""
        stated = against = 0
        masks = self._masks
        for members in facts.values():
            known = masks.get(members)
            if known is None:
                ours = theirs = 0
                for number in members:
                    ours |= 1 << number
                    theirs |= self._index.conflicts[number]
                known = masks[members] = (ours, theirs)
            stated |= known[0]
            against |= known[1]
        clash = stated & against
        if clash:
            one = (clash & -clash).bit_length() - 1
            others = self._index.conflicts[one] & stated
            return self._pair(one, (others & -others).bit_length() - 1)
        if self._index.wide_constraints:
            try:
                check_contradictions(self._index, describe(self._index, facts))
            except ContradictionError as error:
                return str(error.faults[0])
        return ""

    def _pair(self, one: int, other: int) -> str:
        told = self._pairs.get((one, other))
        if told is None:
            values = self._index.values
            told = self._pairs[one, other] = str(conflict_fault(self._index, values[one], values[other]))
        return told
