"""A decision table: the codes of a family laid out by the axes that tell them apart."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from spinecode.comparison import ANY, latest_definitions
from spinecode.errors import UnknownNameError
from spinecode.explanation import interval
from spinecode.index import Asked, RuleIndex
from spinecode.rules import Code
from spinecode.specimens import specimen
from spinecode.vocabulary import SPINE


@dataclass(frozen=True, slots=True)
class Choice:
    """What may be asked on an axis: in words, and the values of each thing asked that meet it."""

    text: str
    accepts: tuple[tuple[str, frozenset[int]], ...]

    def within(self, other: Choice) -> bool:
        """Whether whatever meets this meets another; who asks nothing takes everything."""
        asked = dict(self.accepts)
        return all(axis in asked and asked[axis] <= numbers for axis, numbers in other.accepts)


#: A code, and by axis the choice that a definition of it asks for.
_Asks = tuple[str, dict[str, Choice]]


@dataclass(frozen=True, slots=True)
class DecisionTable:
    """Codes by what tells them apart. ``row_axes`` and ``column_axis`` are axis names, ``shared`` what all ask.

    ``rows`` has, for the choices of each row, the codes of each column; ``columns`` are the choices there.
    """

    codes: tuple[str, ...]
    row_axes: tuple[str, ...]
    column_axis: str | None
    columns: tuple[str, ...]
    rows: tuple[tuple[tuple[str, ...], tuple[tuple[str, ...], ...]], ...]
    shared: dict[str, str]


def decision_table(index: RuleIndex, codes: Sequence[str]) -> DecisionTable:
    """The table of some codes by their latest definitions; combinations that no code takes have empty cells."""
    asked = [(code, _choices(index, bit)) for code in codes for bit in latest_definitions(index, code)]
    shared: dict[str, str] = {}
    choices: dict[str, list[Choice]] = {}
    for axis in index.asked_axes:
        found = list(dict.fromkeys(one[axis.name] for _, one in asked))
        if len(found) > 1:
            # one that takes everything is not an answer of its own where others are asked for
            named = [choice for choice in found if choice.accepts]
            choices[axis.name] = _in_order(named if len(named) > 1 else found)
        elif found and found[0].accepts:
            shared[axis.name] = found[0].text
    names = list(choices)
    # the widest axis goes across, the others down
    column = max(names, key=lambda name: (len(choices[name]), names.index(name))) if names else None
    across = choices[column] if column is not None else [Choice(ANY, ())]
    down = [name for name in names if name != column]
    rows = []
    for texts, left in _combinations(asked, [(name, choices[name]) for name in down]):
        cells = tuple(
            tuple(dict.fromkeys(code for code, one in left if column is None or choice.within(one[column])))
            for choice in across
        )
        if any(cells):
            rows.append((texts, cells))
    return DecisionTable(
        tuple(codes), tuple(down), column, tuple(choice.text for choice in across), tuple(rows), shared
    )


def _combinations(
    asked: Sequence[_Asks], axes: Sequence[tuple[str, Sequence[Choice]]], texts: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], Sequence[_Asks]]]:
    """The choices on some axes that leave a definition, in their order, and what is left by them.

    Axis by axis, since with every axis there are many times more combinations, and most leave none.
    """
    if not axes:
        yield texts, asked
        return
    (name, choices), *further = axes
    for choice in choices:
        if left := [one for one in asked if choice.within(one[1][name])]:
            yield from _combinations(left, further, (*texts, choice.text))


def _choices(index: RuleIndex, bit: int) -> dict[str, Choice]:
    asked: dict[str, Asked] = {one.axis: one for one in index.asked[bit]}
    return {axis.name: _choice(asked.get(axis.name)) for axis in index.asked_axes}


def _choice(asked: Asked | None) -> Choice:
    if asked is None:
        return Choice(ANY, ())
    accepts: dict[str, frozenset[int]] = {}
    for requirement in asked.requirements:
        before = accepts.get(requirement.axis)
        taken = frozenset(requirement.accepts)
        accepts[requirement.axis] = taken if before is None else before & taken
    return Choice(asked.text, tuple(accepts.items()))


def _in_order(choices: list[Choice]) -> list[Choice]:
    """Choices in the order of the values that they take."""
    return sorted(choices, key=lambda choice: [sorted(numbers) for _, numbers in choice.accepts])


def codes_of_family(index: RuleIndex, name: str) -> tuple[Code, ...]:
    """The codes of a family by its IRI or what the IRI ends with. Raises UnknownNameError for another name."""
    wanted = name.strip()
    families = dict.fromkeys(code.family for code in index.codes.values())
    for family in families:
        if wanted in (family, family.removeprefix(SPINE)):
            return tuple(code for code in index.codes.values() if code.family == family)
    known = [family.removeprefix(SPINE) for family in families]
    nearest = tuple(difflib.get_close_matches(wanted, known, n=3, cutoff=0.4))
    raise UnknownNameError.of(f"There is no family {wanted!r}.", axis="family", value=wanted, nearest=nearest)


def table_json(index: RuleIndex, table: DecisionTable) -> dict[str, Any]:
    """A decision table as JSON: ``rows`` have ``choices`` by axis and ``cells``, of which each lists its codes.

    ``specimens`` are, by code, descriptions that imply it.
    """
    return {
        "codes": list(table.codes),
        "shared": table.shared,
        "row_axes": list(table.row_axes),
        "column_axis": table.column_axis,
        "columns": list(table.columns),
        "rows": [
            {
                "choices": dict(zip(table.row_axes, choices, strict=True)),
                "cells": [
                    {"column": column, "codes": list(codes)} for column, codes in zip(table.columns, cells, strict=True)
                ],
            }
            for choices, cells in table.rows
        ],
        "validity": {
            code: interval(index.codes[code].valid_from, index.codes[code].valid_until, index.codes[code].in_force_by)
            for code in table.codes
        },
        "specimens": {code: specimen(index, code) for code in table.codes},
    }
