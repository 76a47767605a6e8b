"""The words of a free text, each with its place, and the dates in it; what is English about free entry stands here."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from spinecode.rules import is_date

#: How a word is joined to the one before: directly, by a space, by a dash or slash, by a comma, by the end of a clause.
DIRECT, SPACE, DASH, COMMA, END = "", " ", "-", ",", "."

#: Words that say what was not so.
NEGATIONS: Final = frozenset(
    "no non not none nothing without never neither nor denies declined refused avoided avoid".split()  # noqa: SIM905
)
#: Words that join two things of which the same is said.
JOINING: Final = frozenset({"and", "or", "nor", "&"})
#: Words between the first and the last of a range.
RANGING: Final = frozenset({"to", "through", "thru", "until"})
#: Words that may stand between a thing and what denies it.
_BEING: Final = frozenset({"was", "were", "is", "are", "has", "have", "had", "been", "be"})
#: Words for small numbers, and those that stand beside them.
_NUMERALS: Final = frozenset(
    "one two three four five six seven eight nine ten or more than at least".split()  # noqa: SIM905
)
#: Words that say nothing by themselves.
FILLER: Final = (
    JOINING
    | RANGING
    | _BEING
    | frozenset(
        """a an the this that with under at of for in on by via into from using use used per then
        injection injections injected inject procedure procedures performed done made given underwent received
        patient block blocks date dos service code coded cpt""".split()  # noqa: SIM905
    )
)

_TOKEN: Final = re.compile(
    r"w/o\b|\d+(?:\.\d+)*%|\d+(?:\.\d+)?[^\W\d_]*|[^\W\d_]+(?:['\u2019][^\W\d_]+)*\d*|[&+]", re.IGNORECASE
)
_DASHES: Final = re.compile(r"\s*[-/\u2010-\u2015\u2212]\s*")

_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH: Final = (
    r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?"
    r"|nov(?:ember)?|dec(?:ember)?)\b\.?"
)
_DATES: Final = (
    re.compile(r"(?<![\w/.-])(?P<y>\d{4})-(?P<m>\d{1,2})-(?P<d>\d{1,2})(?![\w/]|[.-]\d)"),
    re.compile(r"(?<![\w/.-])(?P<a>\d{1,2})([/.-])(?P<b>\d{1,2})\2(?P<y>\d{4}|\d{2})(?![\w/]|[.-]\d)"),
    re.compile(rf"\b(?P<n>{_MONTH})\s+(?P<d>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<y>\d{{4}})\b", re.IGNORECASE),
    re.compile(rf"\b(?P<d>\d{{1,2}})(?:st|nd|rd|th)?\s+(?P<n>{_MONTH}),?\s+(?P<y>\d{{4}})\b", re.IGNORECASE),
)


@dataclass(frozen=True, slots=True)
class Token:
    """A word: as compared, as written, where it stands in the text, and how it is joined to the one before."""

    text: str
    raw: str
    start: int
    end: int
    joint: str


@dataclass(frozen=True, slots=True)
class WrittenDate:
    """A date in a text; ``readings`` are the days that it may be, as ISO 8601, in the order of likelihood."""

    start: int
    end: int
    readings: tuple[str, ...]
    sure: bool


def tokens(text: str, vertebrae: Iterable[str] = ()) -> tuple[Token, ...]:
    """The words of a text.

    A letter and a number with a space between them are one word where that is among ``vertebrae``.
    """
    known = frozenset(vertebrae)
    found: list[Token] = []
    end = 0
    for match in _TOKEN.finditer(text):
        raw = match[0]
        plain = "without" if raw.casefold() == "w/o" else unicodedata.normalize("NFKC", raw).casefold()
        joint = _joint(text[end : match.start()]) if found else END
        end = match.end()
        if found and joint == SPACE and found[-1].text + plain in known and found[-1].text.isalpha():
            before = found.pop()
            found.append(Token(before.text + plain, text[before.start : end], before.start, end, before.joint))
        else:
            found.append(Token(plain, raw, match.start(), end, joint))
    return tuple(found)


def _joint(between: str) -> str:
    if not between:
        return DIRECT
    if not between.strip():
        return SPACE
    if _DASHES.fullmatch(between):
        return DASH
    return COMMA if between.strip() == "," else END


def fits(name: Token, word: Token) -> bool:
    """Whether a word of a text may be joined to the one before it as a word of a name is."""
    if name.joint == word.joint:
        return True
    if name.joint == DASH:
        # "US guided" is "US-guided", but a number after a space is one of its own
        return word.joint == SPACE and not word.text[:1].isdigit()
    return name.joint == SPACE and word.joint == DASH


def is_numeral(words: Iterable[Token]) -> bool:
    """Whether words say only a number."""
    return all(word.text.isdigit() or word.text in _NUMERALS for word in words)


def denies(word: Token) -> bool:
    """Whether a word says that something was not so."""
    return word.text in NEGATIONS


def denied_before(words: Sequence[Token], place: int) -> int | None:
    """Where the word is that denies what begins at a place, as in "avoided the left" and "non-contrast"; or None."""
    while place > 0 and words[place].joint in (SPACE, DASH):
        place -= 1
        if denies(words[place]):
            return place
        if words[place].text not in FILLER - JOINING:
            break
    return None


def denied_after(words: Sequence[Token], place: int) -> int | None:
    """Where the word is that denies what ends before a place, as in "contrast was not used"; or None."""
    while place < len(words) and words[place].joint == SPACE and words[place].text in _BEING:
        place += 1
    denied = place < len(words) and words[place].joint == SPACE and words[place].text in ("not", "never")
    return place if denied else None


def dates(text: str) -> Iterator[WrittenDate]:
    """The dates in a text; where day and month, or the century, are not certain, none is sure."""
    taken: list[tuple[int, int]] = []
    for pattern in _DATES:
        for match in pattern.finditer(text):
            span = match.span()
            if any(span[0] < end and start < span[1] for start, end in taken):
                continue
            readings = tuple(dict.fromkeys(day for day in _days(match.groupdict()) if is_date(day)))
            if readings:
                taken.append(span)
                sure = len(readings) == 1 and len(match["y"]) == 4
                yield WrittenDate(*span, readings, sure)


def _days(parts: dict[str, str | None]) -> list[str]:
    year = parts["y"] or ""
    year = year if len(year) == 4 else f"20{year}"
    if month := parts.get("n"):
        return [_day(year, _MONTHS.index(month[:3].lower()) + 1, int(parts["d"] or 0))]
    if month := parts.get("m"):
        return [_day(year, int(month), int(parts["d"] or 0))]
    one, other = int(parts["a"] or 0), int(parts["b"] or 0)
    return [_day(year, one, other), _day(year, other, one)]


def _day(year: str, month: int, day: int) -> str:
    return f"{year}-{month:02}-{day:02}"
