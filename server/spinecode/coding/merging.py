"""Definitions that come to the same thing: a mask of definitions as one of what they come to, the same for fewer."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from spinecode.coding.said import Array, as_words, words_for
from spinecode.coding.seen import first_of_each
from spinecode.index import RuleIndex

_BITS = 64


class Merging:
    """Turns masks of definitions into masks of what they come to, which ``of_bits`` has for each definition."""

    def __init__(self, of_bits: Sequence[Hashable]) -> None:
        numbers: dict[Hashable, int] = {}
        self._bits = [1 << numbers.setdefault(thing, len(numbers)) for thing in of_bits]
        self._words = words_for(len(numbers))
        self.clear()

    def clear(self) -> None:
        """Forget the masks that were seen."""
        self._known: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._known)

    def merged(self, masks: Sequence[Array]) -> list[Array]:
        """Masks, as words, so merged."""
        rows, firsts = first_of_each(masks)
        found = [0] * len(firsts)
        for place, word in enumerate(masks):
            for row, part in enumerate(word.take(firsts).tolist()):
                found[row] |= part << place * _BITS
        return [word.take(rows) for word in as_words(map(self._merge, found), self._words)]

    def _merge(self, mask: int) -> int:
        known = self._known.get(mask)
        if known is None:
            known = 0
            for bit, own in enumerate(self._bits):
                if mask >> bit & 1:
                    known |= own
            self._known[mask] = known
        return known


def of_codes(index: RuleIndex) -> Merging:
    """Definitions of the same code come to the same when it is asked which codes there are."""
    return Merging(index.codes_of_bits)


def of_question(index: RuleIndex, axis: str) -> Merging:
    """Definitions come to the same for a question when their code is the same, and all that an answer changes."""
    touched, _ = index.rows_touched[axis]
    own = index.axes[axis].values
    kinds = []
    for bit, code in enumerate(index.codes_of_bits):
        asked = tuple(
            (unasked >> bit & 1, *(mask >> bit & 1 for n in index.axes[name].values for mask in (accepts[n], may[n])))
            for name, unasked, accepts, may in touched
        )
        kinds.append((code, asked, tuple(index.excludes[n] >> bit & 1 for n in own)))
    return Merging(kinds)
