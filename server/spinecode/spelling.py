"""Names as they are compared, and mistyped ones: what a name can only stand for, or comes closest to."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Collection, Hashable, Mapping
from typing import Final, TypeVar

#: The shortest name that is taken for a mistyped one; of shorter ones too much hangs on each letter.
_SHORTEST: Final = 5
Known = TypeVar("Known", bound=Hashable)

#: What is written for a hyphen, and means the same in a name.
DASHES: Final = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"


def fold(text: str) -> str:
    """A name in the form in which names are compared: no case, no runs of space, one kind of dash and slash."""
    text = unicodedata.normalize("NFKC", text).casefold().strip()
    text = re.sub(f"[{DASHES}]", "-", text)
    return re.sub(r"\s*([-/])\s*", r"\1", re.sub(r"[\s_]+", " ", text))


def meant(name: str, names: Mapping[str, Known]) -> Known | None:
    """What a mistyped name can only stand for: that with one letter other, more or less, or with two swapped.

    None where there is no such name, or where there are such names of several things. A name with a digit in it is
    never taken for another.

    >>> meant("garden", {"gardne": 1, "house": 2}), meant("A4-A6", {"A4-A5": 1})
    (1, None)
    """
    if len(name) < _SHORTEST or any(letter.isdigit() for letter in name):
        return None
    found = {what for known, what in names.items() if _one_slip(name, known)}
    return found.pop() if len(found) == 1 else None


def nearest_codes(name: str, codes: Collection[str]) -> tuple[str, ...]:
    """The codes, three at most, that a mistyped code comes closest to."""
    begun = {code: _shared(code, name) for code in codes}
    near = [code for code in codes if begun[code] >= min(2, len(name))]
    near = near or difflib.get_close_matches(name, codes, n=3, cutoff=0.5)
    return tuple(sorted(near, key=lambda code: (-begun[code], _apart(code, name), code))[:3])


def _apart(one: str, other: str) -> int:
    """How far apart two codes are as numbers; nothing for codes with letters."""
    return abs(int(one) - int(other)) if one.isdecimal() and other.isdecimal() else 0


def _one_slip(name: str, known: str) -> bool:
    if abs(len(name) - len(known)) > 1:
        return False
    start = _shared(name, known)
    left, right = name[start:], known[start:]
    end = _shared(left[::-1], right[::-1])
    left, right = left[: len(left) - end], right[: len(right) - end]
    return max(len(left), len(right)) <= 1 or (len(left) == 2 and left == right[::-1])


def _shared(one: str, other: str) -> int:
    """How many letters two texts begin with in common."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, (left, right) in pairs if left != right), min(len(one), len(other)))
