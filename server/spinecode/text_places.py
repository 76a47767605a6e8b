"""Places in a text, and what a reader of a syntax notes: each statement with where its parts stand."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from typing import Final

#: A line and a column, both from 1; columns count characters.
Place = tuple[int, int]

_BREAK: Final = re.compile(r"\r\n|\n|\r")


class UnknownPlacesError(Exception):
    """The text is not what its reader takes it for, so that nothing is said of places in it."""


class Lines:
    """The lines of a text."""

    def __init__(self, text: str) -> None:
        self._starts = [0, *(found.end() for found in _BREAK.finditer(text))]

    def place(self, offset: int) -> Place:
        """The line and the column of a character."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def offset(self, place: Place) -> int:
        """Where the character stands in the text that has this line and column."""
        return self._starts[place[0] - 1] + place[1] - 1


@dataclass(frozen=True, slots=True)
class Said:
    """A statement as it is written.

    ``subject`` is an IRI or a label after ``_:`` as far as it is written out, else the offset of the bracket or the
    element that stands for a node without a name. ``value`` is what is written; for a node without a name its offset.
    ``subject_at``, ``property_at`` and ``value_at`` are offsets of characters.
    """

    subject: str | int
    property: str
    value: str | int
    literal: bool
    subject_at: int
    property_at: int
    value_at: int


@dataclass(frozen=True, slots=True)
class Fact:
    """A statement with its places; ``values`` are all the names by which what is written may be called."""

    subject: str
    property: str
    values: frozenset[str]
    subject_place: Place
    property_place: Place
    value_place: Place


#: How much of a text is told of, in characters.
_LONGEST: Final = 40


def piece_at(text: str, line: int | None, column: int | None) -> str | None:
    """What stands at a place, up to the end of its line and not too much of it; None where there is nothing."""
    if line is None or column is None or line < 1:
        return None
    lines = _BREAK.split(text)
    rest = lines[line - 1][max(column - 1, 0) :] if line <= len(lines) else ""
    piece = rest[:_LONGEST] + ("…" if len(rest) > _LONGEST else "")
    return piece.strip() or None
