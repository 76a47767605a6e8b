"""Mistyped names: what a name can only stand for that differs by one slip from a known one."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Final, TypeVar

#: The shortest name that is taken for a mistyped one; of shorter ones too much hangs on each letter.
_SHORTEST: Final = 5
Known = TypeVar("Known", bound=Hashable)


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
