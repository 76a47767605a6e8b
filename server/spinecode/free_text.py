"""Free entry: the facts that a phrase of a note states, matched against the names that the ontology gives them.

The longest name comes first. Nothing is guessed: what is not understood is told, and what may mean several things, or
was denied, is told with what it may mean and fills in nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from spinecode.description import CODE, DATE
from spinecode.errors import InputError
from spinecode.index import RuleIndex
from spinecode.phrasebook import Name, Phrasebook, phrasebook
from spinecode.tokens import (
    COMMA,
    DASH,
    END,
    JOINING,
    RANGING,
    SPACE,
    Token,
    dates,
    denied_after,
    denied_before,
    tokens,
)

#: The parameter that has a free text.
TEXT: Final = "text"
#: The longest text that is read, in characters.
TEXT_LIMIT: Final = 1000

_DENIED: Final = "said not to be so"
_SMALL: Final = "only in capitals is this short word sure"
_EVERYDAY: Final = "may speak of something else"
_SPAN: Final = "a span of vertebrae may mean interspaces or vertebrae"
_SINGLE: Final = "a vertebra has an interspace above and one below"
_DAY: Final = "day and month, or the century, are not certain"


@dataclass(frozen=True, slots=True)
class Facts:
    """What some words say, or may say: short names of values by axis; ``label`` is that in words."""

    given: tuple[tuple[str, tuple[str, ...]], ...]
    label: str


@dataclass(frozen=True, slots=True)
class Understood:
    """Words of a text and what they say."""

    words: str
    start: int
    end: int
    facts: Facts


@dataclass(frozen=True, slots=True)
class Unsure:
    """Words that fill in nothing: what they may mean, and why that is not certain."""

    words: str
    start: int
    end: int
    readings: tuple[Facts, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read from a text: ``given`` as a description takes it, and what led to it or was left."""

    text: str
    given: dict[str, list[str]]
    understood: tuple[Understood, ...]
    unsure: tuple[Unsure, ...]
    not_understood: tuple[str, ...]


@dataclass(slots=True)
class _Piece:
    """Words with the values they stand for; ``reason`` tells why they are not certain, if they are not."""

    start: int
    end: int
    choices: list[tuple[int, ...]]
    reason: str = ""
    values: tuple[int, ...] = field(default=())


def read_text(index: RuleIndex, text: str) -> Reading:
    """The facts in a free text. Raises InputError for one that is too long."""
    if len(text) > TEXT_LIMIT:
        message = f"The text has {len(text)} characters; up to {TEXT_LIMIT} are read. Give what names the injection."
        raise InputError.of(message, axis=TEXT)
    return _Reader(index, text).reading()


class _Reader:
    def __init__(self, index: RuleIndex, text: str) -> None:
        self.index = index
        self.text = text
        self.book: Phrasebook = phrasebook(index)
        self.dates = sorted(dates(text), key=lambda date: date.start)
        found = tokens(text, self.book.vertebrae)
        self.words = [w for w in found if not any(d.start < w.end and w.start < d.end for d in self.dates)]

    def reading(self) -> Reading:
        pieces, codes, left = self._pieces()
        self._deny(pieces)
        self._one_each(pieces)
        understood = [
            Understood(*self._quoted(piece), self._facts(piece.values))
            for piece in pieces
            if piece.values and not piece.reason
        ]
        unsure = [
            Unsure(*self._quoted(piece), tuple(map(self._facts, piece.choices)), piece.reason)
            for piece in pieces
            if piece.reason
        ]
        understood += [
            Understood(w.raw, w.start, w.end, Facts(((CODE, (c,)),), f"reported code {c}")) for w, c in codes
        ]
        days = {date.readings[0] for date in self.dates if date.sure}
        for date in self.dates:
            readings = tuple(Facts(((DATE, (day,)),), f"date of service {day}") for day in date.readings)
            quoted = (self.text[date.start : date.end], date.start, date.end)
            if date.sure and len(days) == 1:
                understood.append(Understood(*quoted, readings[0]))
            else:
                unsure.append(Unsure(*quoted, readings, _DAY if not date.sure else "an injection has one date"))
        given: dict[str, dict[str, None]] = {}
        for one in sorted(understood, key=lambda one: one.start):
            for axis, names in one.facts.given:
                given.setdefault(axis, {}).update(dict.fromkeys(names))
        order = [*(axis.name for axis in self.index.asked_axes), DATE, CODE]
        return Reading(
            self.text,
            {axis: list(given[axis]) for axis in order if axis in given},
            tuple(sorted(understood, key=lambda one: one.start)),
            tuple(sorted(unsure, key=lambda one: one.start)),
            self._left([n for n in left if not any(piece.start <= n < piece.end for piece in pieces)]),
        )

    def _quoted(self, piece: _Piece) -> tuple[str, int, int]:
        start, end = self.words[piece.start].start, self.words[piece.end - 1].end
        return self.text[start:end], start, end

    def _facts(self, values: Iterable[int]) -> Facts:
        by_axis: dict[str, list[int]] = {}
        for number in values:
            by_axis.setdefault(self.index.values[number].axis, []).append(number)
        named = tuple((axis, tuple(self.index.values[n].name for n in ns)) for axis, ns in by_axis.items())
        told = (
            f"{self.index.axes[axis].label} {', '.join(self.index.values[n].label for n in ns)}"
            for axis, ns in by_axis.items()
        )
        return Facts(named, "; ".join(told))

    # ------------------------------------------------------------------ pieces

    def _pieces(self) -> tuple[list[_Piece], list[tuple[Token, str]], list[int]]:
        """What is found from left to right, the codes, and the places of the words that nothing was found for."""
        pieces: list[_Piece] = []
        codes: list[tuple[Token, str]] = []
        left: list[int] = []
        place = 0
        while place < len(self.words):
            word = self.words[place]
            level = self._level(place)
            name = self.book.longest_at(self.words, place)
            if level is not None and (name is None or level.end - place >= len(name.words)):
                pieces.append(level)
                place = level.end
            elif name is not None:
                end = place + len(name.words)
                if name.values:
                    pieces.append(self._named(name, place, end))
                else:
                    left += range(place, end)
                place = end
            else:
                code = self.index.code_named(word.raw.upper())
                if code is not None:
                    codes.append((word, code))
                elif not self.book.says_nothing(word):
                    left.append(place)
                place += 1
        return pieces, codes, left

    def _named(self, name: Name, start: int, end: int) -> _Piece:
        values = (*name.values, *self.book.also(name))
        # of two names on one axis that this stands for, neither is certain
        by_axis: dict[str, list[int]] = {}
        for number in name.values:
            by_axis.setdefault(self.index.values[number].axis, []).append(number)
        double = next((ns for ns in by_axis.values() if len(ns) > 1), None)
        if double is not None:
            return _Piece(start, end, [(n,) for n in double], "has several meanings")
        piece = _Piece(start, end, [values], values=values)
        if name.capitals and not self.words[start].raw.isupper():
            piece.reason = _SMALL
        elif name.weak or self._of_another(name, end):
            piece.reason = _EVERYDAY
        return piece

    def _of_another(self, name: Name, end: int) -> bool:
        """Whether a single word goes with the name of another axis, as in "both levels"."""
        if len(name.words) > 1 or end >= len(self.words) or self.words[end].joint != SPACE:
            return False
        noun = self.book.is_noun_of(self.words[end])
        return noun is not None and not any(self.book.related(self.index.values[n].axis, noun) for n in name.values)

    # ------------------------------------------------------------------ levels

    def _level(self, place: int) -> _Piece | None:
        """A chain, a range or a lone vertebra at a place."""
        chain, end = self._chain(place)
        if not chain:
            return None
        book = self.book
        if len(chain) > 2:
            pairs = [book.by_ends.get(pair) for pair in pairwise(chain)]
            if None in pairs:
                return _Piece(place, end, [], _SPAN)
            found = tuple(number for number in pairs if number is not None)
            return _Piece(place, end, [found], values=found)
        ranged = end + 1 < len(self.words) and self.words[end].text in RANGING and self.words[end].joint == SPACE
        last, after = self._chain(end + 1) if ranged else ((), end)
        if 0 < len(last) <= 2:
            return self._range(place, after, chain, last)
        if len(chain) == 2:
            return self._range(place, end, chain[:1], chain[1:])
        if chain[0] in book.by_name:
            number = book.by_name[chain[0]].id
            return _Piece(place, end, [(number,)], values=(number,))
        return _Piece(place, end, [(number,) for number in book.beside(chain[0])], _SINGLE)

    def _range(self, start: int, end: int, first: Sequence[str], last: Sequence[str]) -> _Piece:
        book = self.book
        levels = [book.by_name.get("-".join(part)) for part in (first, last)]
        if levels[0] is not None and levels[1] is not None and (found := book.between(levels[0], levels[1])):
            return _Piece(start, end, [found], values=found)
        # a dash joins the two vertebrae of an interspace, of which one may be the name of a level too
        found = book.spanned(first[0], last[-1])
        if found is not None and len(found) == 1 and len(first) == len(last) == 1:
            return _Piece(start, end, [found], values=found)
        return _Piece(start, end, [found] if found else [], _SPAN)

    def _chain(self, place: int) -> tuple[tuple[str, ...], int]:
        """Vertebrae joined by dashes or slashes, the letter told once or each time; and the place after them."""
        found: list[str] = []
        letter = ""
        while place < len(self.words):
            word = self.words[place]
            if found and word.joint != DASH and not (word.joint == "" and not word.text.isdigit()):
                break
            text = word.text
            if found and text.isdigit():
                text = self._below(found[-1], text) or letter + text
            if text not in self.book.vertebrae and text not in self.book.by_name:
                break
            found.append(text)
            letter = text.rstrip("0123456789")
            place += 1
        return tuple(found), place

    def _below(self, vertebra: str, number: str) -> str | None:
        """The vertebra next below, where it has that number: 1 after the last of a region is the first of the next."""
        order = list(self.book.vertebrae)
        following = order[order.index(vertebra) + 1 :] if vertebra in self.book.vertebrae else []
        return following[0] if following and number.isdigit() and following[0].endswith(number) else None

    # ------------------------------------------------------------------ what is not to be taken

    def _deny(self, pieces: list[_Piece]) -> None:
        """Mark what is denied, and what is joined to it and may be."""
        starts = {piece.start: piece for piece in pieces}
        named = {place for piece in pieces for place in range(piece.start, piece.end)}
        told: set[int] = set()  # words of denial that are told with what stands before them
        for piece in pieces:
            before = denied_before(self.words, piece.start)
            after = denied_after(self.words, piece.end)
            if before is not None and before not in named:
                self._denied_from(piece, starts)
                piece.start = piece.start if before in told else before
            elif after is not None and not self._denies_next(piece.end, starts):
                piece.reason = _DENIED
                piece.end = after + 1
                told.add(after)

    def _denied_from(self, piece: _Piece | None, starts: dict[int, _Piece]) -> None:
        while piece is not None:
            piece.reason = _DENIED
            end = piece.end
            if end < len(self.words) and self.words[end].text in JOINING and self.words[end].joint == SPACE:
                piece = starts.get(end + 1)
            elif end < len(self.words) and self.words[end].joint == DASH:
                piece = starts.get(end)
            else:
                piece = None

    def _denies_next(self, place: int, starts: dict[int, _Piece]) -> bool:
        """Whether the word of denial at a place speaks of what follows it."""
        return place + 1 in starts and self.words[place + 1].joint not in (COMMA, END)

    def _one_each(self, pieces: list[_Piece]) -> None:
        """Where an axis takes one value and several are said, keep the narrower of two that agree, else none."""
        index = self.index
        said: dict[str, dict[int, None]] = {}
        sure: Callable[[_Piece], bool] = lambda piece: bool(piece.values) and not piece.reason  # noqa: E731
        for piece in filter(sure, pieces):
            for number in piece.values:
                said.setdefault(index.values[number].axis, {})[number] = None
        dropped: set[int] = set()
        for axis, numbers in said.items():
            if index.axes[axis].repeatable:
                continue
            wider = {n for n in numbers if not index.values[n].narrower.isdisjoint(numbers)}
            dropped |= wider
            if len(set(numbers) - wider) > 1:
                reason = f"an injection has one {index.axes[axis].label}. {index.axes[axis].when_several}".strip()
                for piece in filter(sure, pieces):
                    if set(piece.values) & set(numbers):
                        piece.reason = reason
        for piece in pieces:
            piece.values = tuple(number for number in piece.values if number not in dropped)

    def _left(self, places: Sequence[int]) -> tuple[str, ...]:
        """What was not understood, neighbouring words together."""
        found: list[tuple[int, int]] = []
        for place in places:
            word = self.words[place]
            if found and place - 1 in places and word.joint in (SPACE, DASH, ""):
                found[-1] = (found[-1][0], word.end)
            else:
                found.append((word.start, word.end))
        return tuple(dict.fromkeys(self.text[start:end] for start, end in found))
