"""Definitions that come to the same thing: a mask of definitions as one of what they come to, the same for fewer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from spinecode.coding.said import Array, as_words, words_for
from spinecode.coding.seen import first_of_each
from spinecode.index import RuleIndex, mask_of

_BITS = 64


class Merging:
    """Turns masks of definitions into masks of what they come to; ``kinds`` has the number of that for each."""

    def __init__(self, kinds: Array) -> None:
        self._kinds = kinds
        self._words = words_for(int(kinds.max(initial=0)) + 1)
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
            there = _bits([mask], len(self._kinds))[0]
            known = self._known[mask] = mask_of(set(self._kinds[there].tolist()))
        return known


def _bits(masks: Iterable[int], count: int) -> Array:
    """Masks as rows of so many truth values, the lowest bit first."""
    held = b"".join(mask.to_bytes(-(-count // 8), "little") for mask in masks)
    rows = np.frombuffer(held, np.uint8).reshape(-1, -(-count // 8))
    return np.unpackbits(rows, axis=1, count=count, bitorder="little").astype(bool)


def of_codes(index: RuleIndex) -> Merging:
    """Definitions of the same code come to the same when it is asked which codes there are."""
    return Merging(_codes(index))


def of_question(index: RuleIndex, axis: str) -> Merging:
    """Definitions come to the same for a question when their code is the same, and all that an answer changes."""
    touched, _ = index.rows_touched[axis]
    masks = [index.excludes[n] for n in index.axes[axis].values]
    for name, unasked, accepts, may_accept in touched:
        masks.append(unasked)
        masks += [row[n] for row in (accepts, may_accept) for n in index.axes[name].values]
    told = np.vstack([_bits(masks, len(index.definitions)), _codes(index)])
    _, kinds = np.unique(told, axis=1, return_inverse=True)
    return Merging(kinds.reshape(-1))


def _codes(index: RuleIndex) -> Array:
    numbers: dict[str, int] = {}
    return np.array([numbers.setdefault(code, len(numbers)) for code in index.codes_of_bits], np.int64)
