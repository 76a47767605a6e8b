"""For a code, a description that implies it: what a filled-in form for the code looks like."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import date
from functools import lru_cache

from spinecode.description import DATE, describe
from spinecode.errors import SpinecodeError
from spinecode.index import RuleIndex
from spinecode.rules import LAST_DAY, Requirement
from spinecode.selection import names_of, select

#: How many descriptions are tried for a definition, how many values on an axis, and how many values are few.
_TRIES, _VALUES, _MANY = 400, 4, 2


def specimen(index: RuleIndex, code: str) -> dict[str, list[str]] | None:
    """A description by short names that implies a code, on its last day if it is not in force any more.

    None where none was found. What the code leaves open is left out as far as it can be.
    """
    return _specimen(index, code, date.today().isoformat())


@lru_cache(maxsize=1024)
def _specimen(index: RuleIndex, code: str, today: str) -> dict[str, list[str]] | None:
    bits = sorted(index.bits_of_code[code], key=lambda bit: index.spans[bit][1], reverse=True)
    for bit in bits:
        first, last = index.spans[bit]
        day = today if first <= today <= last else last if last != LAST_DAY and last < today else first
        for facts in itertools.islice(_tries(index, bit), _TRIES):
            if _implied(index, facts, day, code):
                named = names_of(index, _needed(index, facts, day, code))
                given = {axis.name: named[axis.name] for axis in index.asked_axes if axis.name in named}
                return given | ({DATE: [day]} if day != today else {})
    return None


def _implied(index: RuleIndex, facts: dict[str, tuple[int, ...]], day: str, code: str) -> bool:
    try:
        found = select(index, describe(index, facts, day), day)
    except SpinecodeError:
        return False
    return found.status == "determined" and code in [line.code for line in found.lines]


def _needed(index: RuleIndex, facts: dict[str, tuple[int, ...]], day: str, code: str) -> dict[str, tuple[int, ...]]:
    """The facts without those that follow from others, such as the region of a level."""
    kept = dict(facts)
    for axis in facts:
        fewer = {name: numbers for name, numbers in kept.items() if name != axis}
        if _implied(index, fewer, day, code):
            kept = fewer
    return kept


def _tries(index: RuleIndex, bit: int) -> Iterator[dict[str, tuple[int, ...]]]:
    """Descriptions that may meet a definition: for each axis that it asks about the answers that do."""
    asked: dict[str, list[Requirement]] = {}
    place = 1
    for requirement in index.definitions[bit].requirements:
        axis = index.axes[requirement.axis]
        if axis.counts_within is not None:
            place = min(index.values[n].position for n in requirement.accepts)
            asked.setdefault(axis.derived_from or "", [])
        else:
            asked.setdefault(axis.derived_from or axis.name, []).append(requirement)
    names = list(asked)
    choices = [_answers(index, name, asked[name], place) for name in names]
    for chosen in itertools.product(*choices):
        yield dict(zip(names, chosen, strict=True))


def _answers(index: RuleIndex, axis: str, requirements: list[Requirement], place: int) -> list[tuple[int, ...]]:
    """Answers on one axis that meet what is asked there; of a counted axis, runs of as many as are counted."""
    counting = index.counting_axis
    values = index.axes[axis].values
    if counting is not None and counting.derived_from == axis:
        runs: dict[str | None, list[tuple[int, ...]]] = {}
        for start in range(len(values) - place + 1):
            run = values[start : start + place]
            if len({index.counted_in[n] for n in run}) == 1:
                runs.setdefault(index.counted_in[run[0]], []).append(run)
        # one run of each coding region comes before further ones
        return [run for together in itertools.zip_longest(*runs.values()) for run in together if run][: 2 * _VALUES]
    direct = [r for r in requirements if r.axis == axis]
    fitting = [n for n in values if all(n in r.accepts for r in direct) and not index.values[n].narrower]
    plain = [n for n in values if not index.values[n].narrower]
    if direct and len(fitting) > _MANY and 2 * len(fitting) > len(plain):
        fitting.reverse()  # what takes nearly everything asks for the absence of the rest, which is told last
    alone: list[tuple[int, ...]] = [(n,) for n in fitting]
    return alone if index.axes[axis].repeatable else alone[:_VALUES]
