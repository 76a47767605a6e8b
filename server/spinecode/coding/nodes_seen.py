"""The nodes of a file so far, as hashes: a node that comes again has been coded without what comes later."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from spinecode.coding.triples import bytes_of

_WORD: Final = 8
_SHIFT: Final = np.uint64(32)
Hashes = npt.NDArray[np.uint64]


class SeenNodes:
    """Finds nodes that may have been there before.

    A node that was is always found, since equal texts have equal hashes. Another may be found by chance: among a
    hundred million nodes two hashes of 64 bits are equal once in some thousand files. So who asks has to see to what
    is found, which takes a reading of the file. That nobody can bring this about, each run hashes in its own way.
    """

    def __init__(self) -> None:
        self._sorted: list[Hashes] = []
        self._factor = np.uint64(secrets.randbits(64) | 1)
        self._start = np.uint64(secrets.randbits(64))

    def add(self, nodes: pa.Array) -> list[list[int]]:
        """Take the distinct nodes of a block; gives the places of those that may be in earlier ones, some together."""
        hashes = self.hashes(nodes)
        found = np.sort(hashes)
        again = []
        for known in self._sorted:
            # in order, so that what is searched for lies beside what was searched before
            places = np.searchsorted(known, found)
            both = known.take(places, mode="clip") == found
            if both.any():
                again.append(np.flatnonzero(np.isin(hashes, found[both])).tolist())
        if len(hashes):
            self._sorted.append(found)
        while len(self._sorted) > 1 and len(self._sorted[-2]) <= 2 * len(self._sorted[-1]):
            last, before = self._sorted.pop(), self._sorted.pop()
            self._sorted.append(np.sort(np.concatenate([before, last])))
        return again

    def hashes(self, texts: pa.Array) -> Hashes:
        """The hashes of texts, word by word for all that have as many words."""
        offsets, _ = bytes_of(texts)
        lengths = np.diff(offsets)
        found = np.zeros(len(texts), np.uint64)
        for places, words in _words(texts, -(-lengths // _WORD)):
            # texts that differ in what they are filled up with differ in length
            state = self._start ^ lengths[places].astype(np.uint64)
            for word in words.T:
                state = (state ^ word) * self._factor
                state ^= state >> _SHIFT
            found[places] = state * self._factor
        return found


def _words(texts: pa.Array, counts: npt.NDArray[np.integer[Any]]) -> Iterator[tuple[Any, Hashes]]:
    """Texts of as many words, filled up, a row a text, each with their places."""
    for count in np.flatnonzero(np.bincount(counts)).tolist():
        mine = np.flatnonzero(counts == count)
        own = texts if len(mine) == len(texts) else texts.take(pa.array(mine))
        _, content = bytes_of(pc.ascii_rpad(own, count * _WORD, padding="\0"))
        yield mine, content.view(np.uint64).reshape(len(mine), count)
