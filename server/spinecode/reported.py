"""A line of a claim as it was reported: a code, its modifiers and its units, in one short text.

The code comes first, each modifier after a hyphen, and the units after a space and an ``x``. What a text leaves out was
not told; a hyphen with nothing behind it tells that there are no modifiers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from spinecode.errors import Fault
from spinecode.index import RuleIndex

#: The units at the end of a text; whether they are good is for a shape to say.
_LAST: Final = re.compile(r"(?P<before>\S+) x(?P<units>\S+)")
_UNITS: Final = re.compile(r"[1-9][0-9]{0,3}")
#: The members of an object that stands for a line in JSON.
_MEMBERS: Final = ("code", "units", "modifiers")
#: The most modifiers that a line of a claim has room for is four; more are a mistake, and far more are none.
_MODIFIER_LIMIT: Final = 20


@dataclass(frozen=True, slots=True)
class ReportedLine:
    """A reported code; ``units`` and ``modifiers`` are None where nothing was told of them."""

    code: str
    units: int | None = None
    modifiers: tuple[str, ...] | None = None
    text: str = ""


def line_of(index: RuleIndex, text: str) -> ReportedLine | None:
    """The line that a text tells; None when it does not begin with a known code.

    >>> from spinecode.knowledge import load
    >>> index = load().index
    >>> line = line_of(index, f"{min(index.codes)}-50 x2")
    >>> line.units, line.modifiers
    (2, ('50',))
    """
    text = text.strip()
    if (code := index.code_named(text)) is not None:
        return ReportedLine(code, text=text)
    last = _LAST.fullmatch(text)
    units = int(last["units"]) if last is not None and _UNITS.fullmatch(last["units"]) else None
    before = last["before"] if last is not None else text
    parts = before.split("-", _MODIFIER_LIMIT)
    for place in range(len(parts), 0, -1):  # the number of a code may have a hyphen in it
        if (code := index.code_named("-".join(parts[:place]))) is not None:
            modifiers = tuple(part.upper() for part in parts[place:] if part)
            return ReportedLine(code, units, modifiers if place < len(parts) else None, text)
    return None


def text_of(given: Mapping[str, object]) -> str | Fault:
    """The text of a line that was given as an object, or what is wrong with the object.

    >>> text_of({"code": "00000", "units": 2, "modifiers": ["50"]})
    '00000-50 x2'
    """
    if unknown := [name for name in given if name not in _MEMBERS]:
        told = f"A reported code has {', '.join(_MEMBERS)}, and no {unknown[0]!r}."
        return Fault(told, axis="code", value=str(unknown[0]))
    code, units, modifiers = given.get("code"), given.get("units"), given.get("modifiers")
    if isinstance(code, bool) or not isinstance(code, str | int) or not str(code).strip():
        return Fault("The code of a reported line has to be a text.", axis="code")
    if isinstance(units, bool) or not isinstance(units, int | str | None):
        return Fault("The units of a reported line have to be a whole number.", axis="code")
    listed = [modifiers] if isinstance(modifiers, str | int) else modifiers
    if listed is not None and (
        not isinstance(listed, list | tuple)
        or len(listed) > _MODIFIER_LIMIT
        or not all(isinstance(one, str | int) and not isinstance(one, bool) and str(one).strip() for one in listed)
    ):
        return Fault("The modifiers of a reported line have to be a list of texts of two characters.", axis="code")
    parts = [str(one).strip() for one in listed] or [""] if listed is not None else []
    text = "-".join([str(code).strip(), *parts])
    return text if units is None else f"{text} x{units}"
