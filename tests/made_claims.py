"""Made-up claims tables: descriptions that fit a definition, partial ones and contradictory ones, from a seed.

What is in them comes from the rules, so that they grow with the ontology.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np
import pyarrow as pa

from spinecode.description import CODE, DATE
from spinecode.index import RuleIndex

Given = dict[str, list[str]]
#: What stands between the values of a list that is written as one text.
BETWEEN = "; "
FIRST_DAY = date(1999, 7, 1)
DAYS = 10_000


def descriptions(index: RuleIndex, seed: int, *, odd: float = 0.1) -> Iterator[Given]:
    """Ever new descriptions, as names by axis; ``odd`` is how many of a hundredth have a name that is none."""
    chance = random.Random(seed)
    names = {axis.name: {number: _names(index, number) for number in axis.values} for axis in index.asked_axes}
    codes = list(index.codes)
    levelled = index.counting_axis.derived_from if index.counting_axis else None
    while True:
        definition = chance.choice(index.definitions)
        facts: dict[str, set[int]] = {}
        for requirement in definition.requirements:
            if requirement.axis in names:
                facts[requirement.axis] = {chance.choice(requirement.accepts)}
        kind = chance.random()
        for axis in index.asked_axes:
            drawn = chance.random()
            if axis.name in facts:
                # a third of the descriptions leave something out, a sixth say something else
                if kind < 0.33 and drawn < 0.3:
                    del facts[axis.name]
                elif kind > 0.83 and drawn < 0.4:
                    facts[axis.name] = {chance.choice(axis.values)}
            elif drawn < (0.6 if axis.name == levelled or axis.repeatable else 0.2):
                facts[axis.name] = set(
                    chance.sample(axis.values, 1 if not axis.repeatable else chance.choice((1, 1, 2, 3)))
                )
        given = {
            axis: [
                chance.choice(names[axis][number]) if chance.random() < 0.1 else names[axis][number][0]
                for number in found
            ]
            for axis, found in facts.items()
        }
        if chance.random() < 0.95:
            given[DATE] = [(FIRST_DAY + timedelta(days=chance.randrange(DAYS))).isoformat()]
        if chance.random() < 0.9:
            likely = [definition.code, chance.choice(codes)]
            given[CODE] = likely[: chance.choice((1, 1, 1, 2))] if chance.random() < 0.8 else [chance.choice(codes)]
        if chance.random() < odd / 100:
            given[chance.choice(list(given))] = ["no such thing"]
        yield given


def _names(index: RuleIndex, number: int) -> list[str]:
    value = index.values[number]
    found = [value.name, value.label, *value.alt_labels, *value.other_names, value.iri]
    return [name for name in found if index.value_named(value.axis, name) == number and not set(name) & set(";|,")]


def claims(index: RuleIndex, rows: int, seed: int, *, pool: int = 20_000, lists: bool = False) -> pa.Table:
    """A claims table of so many rows, of which ``pool`` are different but for their number; the same for one seed.

    All columns but the number are texts in dictionaries; ``lists`` makes lists of those that take several values.
    """
    made = descriptions(index, seed)
    drawn = [next(made) for _ in range(min(pool, rows))]
    numbers = np.random.default_rng(seed).integers(0, len(drawn), rows) if rows > len(drawn) else np.arange(rows)
    columns: dict[str, pa.Array] = {"claim": pa.array(np.arange(rows))}
    repeatable = {axis.name for axis in index.asked_axes if axis.repeatable} | {CODE}
    for name in [axis.name for axis in index.asked_axes] + [DATE, CODE]:
        cells = [given.get(name) for given in drawn]
        if lists and name in repeatable:
            columns[name] = pa.array(cells, pa.list_(pa.string())).take(pa.array(numbers))
            continue
        encoded = pa.array([None if c is None else BETWEEN.join(c) for c in cells], pa.string()).dictionary_encode()
        columns[name] = pa.DictionaryArray.from_arrays(encoded.indices.take(pa.array(numbers)), encoded.dictionary)
    return pa.table(columns)
