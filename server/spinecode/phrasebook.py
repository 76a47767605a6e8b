"""The names of all axis values, word by word, as free entry looks them up; and the vertebrae, as levels name them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final

from spinecode.index import RuleIndex
from spinecode.rules import Axis, Value
from spinecode.tokens import DASH, FILLER, SPACE, Token, denies, fits, is_numeral, tokens

#: Abbreviations of up to so many letters are words of other meanings in small letters.
_SHORT: Final = 2
_PAIR: Final = re.compile(r"(\w+)-(\w+)")


@dataclass(frozen=True, slots=True)
class Name:
    """A name of values: its words, the values (one an axis), and how far it may be trusted.

    ``capitals`` tells that it counts only as written in capitals, ``weak`` that it is an everyday word.
    """

    words: tuple[Token, ...]
    values: tuple[int, ...]
    capitals: bool = False
    weak: bool = False


class Phrasebook:
    """What free entry understands: made once from a rule index."""

    def __init__(self, index: RuleIndex) -> None:
        self.index = index
        counting = index.counting_axis
        #: The axis whose values are counted: the levels, from the head downwards.
        self.levels: tuple[Value, ...] = ()
        if counting is not None and counting.derived_from is not None:
            numbers = index.axes[counting.derived_from].values
            self.levels = tuple(sorted((index.values[n] for n in numbers), key=lambda value: value.position))
        #: The two vertebrae of each interspace, by its number.
        self.ends: dict[int, tuple[str, str]] = {}
        for value in self.levels:
            if pair := _PAIR.fullmatch(value.name.casefold()):
                self.ends[value.id] = (pair[1], pair[2])
        #: The vertebrae from the head downwards, each with its place.
        self.vertebrae: dict[str, int] = {}
        for ends in self.ends.values():
            for vertebra in ends:
                self.vertebrae.setdefault(vertebra, len(self.vertebrae))
        self.by_name = {value.name.casefold(): value for value in self.levels}
        self.by_ends = {ends: number for number, ends in self.ends.items()}
        self.names: dict[tuple[str, ...], list[Name]] = {}
        for name in self._all_names():
            self.names.setdefault(tuple(word.text for word in name.words), []).append(name)
        self._also: dict[tuple[str, ...], tuple[int, ...]] = {}
        self.longest = max(map(len, self.names), default=0)
        self._nouns = {
            form: axis.name
            for axis in index.asked_axes
            for form in (axis.label.casefold(), f"{axis.label.casefold()}s")
            if " " not in form
        }

    def _all_names(self) -> Iterator[Name]:
        found: dict[tuple[tuple[str, str], ...], tuple[tuple[Token, ...], dict[int, None], list[str]]] = {}
        for axis in self.index.asked_axes:
            for number in axis.values:
                value = self.index.values[number]
                for text in (value.name, value.label, *value.alt_labels, *value.other_names):
                    words = self._usable(axis, tokens(text, self.vertebrae))
                    if words:
                        key = tuple((word.text, word.joint) for word in words)
                        _, numbers, texts = found.setdefault(key, (words, {}, []))
                        numbers[number] = None
                        texts.append(text)
        for words, numbers, texts in found.values():
            alone = len(words) == 1
            short = alone and len(words[0].text) <= _SHORT and words[0].text.isalpha()
            capitals = short and all(text.isupper() for text in texts)
            yield Name(words, tuple(numbers), capitals, weak=alone and denies(words[0]))
        for value in self.index.values:
            for phrase in value.other_meanings:
                yield Name(tokens(phrase, self.vertebrae), ())

    def _usable(self, axis: Axis, words: tuple[Token, ...]) -> tuple[Token, ...]:
        """The words of a name; a bare number counts only before what is counted."""
        if not is_numeral(words):
            return words
        return tokens(" ".join([*(word.raw for word in words), axis.label]))

    # ------------------------------------------------------------------ looking up

    def longest_at(self, words: Sequence[Token], place: int) -> Name | None:
        """The longest name that begins at a place."""
        for length in range(min(self.longest, len(words) - place), 0, -1):
            fitting = self._fitting(words[place : place + length])
            if fitting:
                values = dict.fromkeys(n for name in fitting for n in name.values)
                capitals = all(name.capitals for name in fitting)
                return Name(fitting[0].words, tuple(values), capitals, any(name.weak for name in fitting))
        return None

    def _fitting(self, run: Sequence[Token]) -> list[Name]:
        """The names of just these words: joined by dashes or spaces they may be of several values."""
        found = self.names.get(tuple(word.text for word in run), ())
        return [n for n in found if all(fits(a, b) for a, b in zip(n.words[1:], run[1:], strict=True))]

    def is_noun_of(self, word: Token) -> str | None:
        """The axis that a word is the name of, in the singular or plural."""
        return self._nouns.get(word.text)

    def related(self, one: str, other: str) -> bool:
        """Whether values of two axes can rule one another out."""
        if one == other:
            return True
        beside = sum(1 << number for number in self.index.axes[other].values)
        return any(self.index.conflicts[number] & beside for number in self.index.axes[one].values)

    def says_nothing(self, word: Token) -> bool:
        """Whether a word needs not be understood."""
        return word.text in FILLER or word.text in self._nouns

    # ------------------------------------------------------------------ what else a name says

    def also(self, name: Name) -> tuple[int, ...]:
        """The values of other axes that the words of a name say too.

        The long name of a way of the needle may hold the space and the substance in its words. An abbreviation says
        what the name says whose letters it is made of.
        """
        key = tuple(word.text for word in name.words)
        if key not in self._also:
            self._also[key] = ()  # what is being worked out says nothing more of itself
            spellings = [name.words]
            if len(name.words) == 1:
                spellings += [
                    other.words
                    for others in self.names.values()
                    for other in others
                    if set(name.values) & set(other.values) and _abbreviates(name.words[0].raw, other.words)
                ]
            further = (n for words in spellings for n in self._parts(words, name.values))
            self._also[key] = tuple(dict.fromkeys(further))
        return self._also[key]

    def _parts(self, words: tuple[Token, ...], values: tuple[int, ...]) -> tuple[int, ...]:
        """The values on other axes that the parts of a name say, where its parts leave nothing unsaid."""
        axis_of = {n: self.index.values[n].axis for n in range(len(self.index.values))}
        axes = {axis_of[n]: n for n in values}
        best: tuple[int, ...] = ()
        for parts in self._splits(words):
            if any(part.capitals or part.weak for part in parts):
                continue
            said = dict.fromkeys(n for part in parts for n in (*part.values, *self.also(part)))
            further = tuple(n for n in said if axis_of[n] not in axes)
            agrees = all(axes.get(axis_of[n], n) == n for n in said)
            if agrees and len({axis_of[n] for n in further}) == len(further) > len(best):
                best = further
        return best

    def _splits(self, words: tuple[Token, ...], whole: bool = True) -> Iterator[list[Name]]:
        """The ways to part words into shorter names and words that say nothing."""
        if not words:
            yield []
            return
        for length in range(len(words) - whole, 0, -1):
            run, rest = words[:length], words[length:]
            for name in self._fitting(run):
                yield from ([name, *others] for others in self._splits(rest, whole=False))
        if self.says_nothing(words[0]):
            yield from self._splits(words[1:], whole=False)

    # ------------------------------------------------------------------ levels

    def between(self, first: Value, last: Value) -> tuple[int, ...] | None:
        """The levels of one kind from one to another; None where the two are not of one kind or in order."""
        paired = first.id in self.ends
        if paired != (last.id in self.ends) or first.position >= last.position:
            return None
        kind = [value for value in self.levels if (value.id in self.ends) == paired]
        return tuple(value.id for value in kind if first.position <= value.position <= last.position)

    def spanned(self, first: str, last: str) -> tuple[int, ...] | None:
        """The interspaces between two vertebrae; None where they are not in order."""
        start, end = self.vertebrae.get(first, -1), self.vertebrae.get(last, -1)
        if not 0 <= start < end:
            return None
        order = list(self.vertebrae)[start : end + 1]
        found = [self.by_ends.get(pair) for pair in pairwise(order)]
        return tuple(n for n in found if n is not None) if None not in found else None

    def beside(self, vertebra: str) -> tuple[int, ...]:
        """The interspaces above and below a vertebra."""
        return tuple(number for number, ends in self.ends.items() if vertebra in ends)


def _abbreviates(short: str, words: Iterable[Token]) -> bool:
    """Whether a word in capitals is made of letters of other words, of each its first and any that follow it."""
    words = tuple(words)
    if len(words) < 2 or not short.isupper() or any(word.joint not in (SPACE, DASH) for word in words[1:]):
        return False
    left = [short.casefold()]
    for word in words:
        left = [rest[taken:] for rest in left for taken in range(1, len(rest) + 1) if _within(rest[:taken], word.text)]
    return "" in left


def _within(letters: str, word: str) -> bool:
    """Whether letters stand in a word in their order, the first at its beginning."""
    if not word.startswith(letters[:1]):
        return False
    rest = iter(word)
    return all(letter in rest for letter in letters)


@lru_cache(maxsize=8)
def phrasebook(index: RuleIndex) -> Phrasebook:
    """The phrasebook of a rule index."""
    return Phrasebook(index)
