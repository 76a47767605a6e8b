"""The lines of a submitted text around what was found, for a page to show beside it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from spinecode.report import Report, Result

#: How many lines are shown before and after one that something was found on.
AROUND: Final = 2
#: The most lines and the longest line that are shown.
LINES: Final = 400
LENGTH: Final = 400
_BREAK: Final = re.compile(r"\r\n|\n|\r")
#: A word, an IRI or a text, as far as it is marked where a result begins.
_PIECE: Final = re.compile(r"""<[^<>\s]*>|"(?:[^"\\\n]|\\.)*"|[^\s;,"'<>\[\]{}()]+|.""")


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a line; ``marks`` are the numbers of the results that speak of it, ``severity`` that of the worst."""

    text: str
    marks: tuple[int, ...] = ()
    severity: str = ""


@dataclass(frozen=True, slots=True)
class ShownLine:
    """A line with its number; ``gap`` tells that lines before it are left out."""

    number: int
    parts: tuple[Part, ...]
    gap: bool = False


def submitted_lines(content: str, report: Report) -> tuple[ShownLine, ...]:
    """The lines that a report speaks of and those around them; none when no place is known."""
    found: dict[int, list[tuple[int, Result]]] = {}
    for number, result in enumerate(report.results, 1):
        if result.line is not None:
            found.setdefault(result.line, []).append((number, result))
    lines = _BREAK.split(content)
    wanted = sorted({near for at in found for near in range(at - AROUND, at + AROUND + 1) if 1 <= near <= len(lines)})
    shown: list[ShownLine] = []
    for number in wanted[:LINES]:
        gap = number != (shown[-1].number + 1 if shown else 1)
        shown.append(ShownLine(number, tuple(_parts(lines[number - 1][:LENGTH], found.get(number, ()))), gap))
    return tuple(shown)


def _parts(line: str, found: Sequence[tuple[int, Result]]) -> list[Part]:
    by_column: dict[int, list[tuple[int, Result]]] = {}
    for number, result in found:
        by_column.setdefault((result.column or 1) - 1, []).append((number, result))
    parts: list[Part] = []
    done = 0
    for column in sorted(by_column):
        piece = _PIECE.match(line, column) if column >= done else None
        if piece is None:
            continue
        marks = tuple(number for number, _ in by_column[column])
        parts += [Part(line[done:column]), Part(piece[0], marks, by_column[column][0][1].severity)]
        done = piece.end()
    return [part for part in (*parts, Part(line[done:])) if part.text]
