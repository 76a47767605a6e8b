"""Made-up families of codes, as many as wanted and over as many axes, from a seed: to see how cost grows with them."""

from __future__ import annotations

import dataclasses
import random

import numpy as np
import pyarrow as pa

from spinecode.index import RuleIndex
from spinecode.rules import Axis, Definition, Requirement, Rules, Value

VALUES = 16
#: How many different rows a table has.
DISTINCT = 2_000
_SEED = 20260302
_BASE = "urn:made:"


def made_rules(like: Rules, codes: int, axes: int) -> Rules:
    """Rules with so many codes, each with one definition that asks about every axis; else as those of ``like``."""
    chance = random.Random(_SEED)
    names = [f"axis{number}" for number in range(axes)]
    values = tuple(_value(place * VALUES + n, names[place], n) for place in range(axes) for n in range(VALUES))
    made_axes = tuple(_axis(name, place) for place, name in enumerate(names))
    pattern = like.codes[0]
    made_codes = tuple(
        dataclasses.replace(
            pattern,
            **{"code": f"M{n:05}", "iri": f"{_BASE}code/{n}", "label": f"made-up {n}", "alt_labels": ()},
            **{"valid_from": None, "valid_until": None, "replaces": (), "replaced_by": (), "add_on_to": ()},
            **{"modifiers": (), "guides_by": (), "not_beside": ()},
        )
        for n in range(codes)
    )
    definitions = tuple(
        Definition(
            f"{_BASE}definition/{n}", f"made-up {n}", code.code, _requirements(chance, names), None, None, "", (), "C"
        )
        for n, code in enumerate(made_codes)
    )
    return dataclasses.replace(
        like,
        digest=f"made-{codes}-{axes}",
        axes=made_axes,
        values=values,
        codes=made_codes,
        definitions=definitions,
        gaps=(),
        constraints=(),
        confusions=(),
        advisories=(),
    )


def _axis(name: str, place: int) -> Axis:
    numbers = tuple(range(place * VALUES, (place + 1) * VALUES))
    return Axis(
        name, f"{_BASE}{name}", f"{_BASE}has-{name}", name, "", f"Which {name}?", "", place, False, None, None, numbers
    )


def _value(number: int, axis: str, place: int) -> Value:
    name = f"{axis}-{place}"
    return Value(
        id=number,
        iri=f"{_BASE}{name}",
        axis=axis,
        name=name,
        label=f"value {number}",
        alt_labels=(),
        other_names=(),
        other_meanings=(),
        definition="",
        note="",
        narrower=frozenset(),
        implies=(),
        presumes=(),
        modifiers=(),
        coding_region=None,
        position=0,
        when_some=(),
        when_none=(),
        has_condition=False,
    )


def _requirements(chance: random.Random, names: list[str]) -> tuple[Requirement, ...]:
    found = []
    for place, name in enumerate(names):
        numbers = range(place * VALUES, (place + 1) * VALUES)
        accepted = tuple(sorted(chance.sample(numbers, chance.choice((1, 1, 2, 3)))))
        found.append(Requirement(name, name, f"{_BASE}requires-{name}", accepted))
    return tuple(found)


def made_table(index: RuleIndex, rows: int) -> tuple[pa.Table, list[dict[str, tuple[int, ...]]]]:
    """A table of descriptions that fit a code, or leave something out, or say one thing otherwise; and these."""
    chance = random.Random(_SEED + 1)
    drawn: list[dict[str, tuple[int, ...]]] = []
    for _ in range(DISTINCT):
        definition = chance.choice(index.definitions)
        facts = {r.axis: (chance.choice(r.accepts),) for r in definition.requirements}
        kind = chance.random()
        axis = chance.choice(list(facts))
        if kind < 0.3:
            del facts[axis]
        elif kind > 0.85:
            facts[axis] = (chance.choice(index.axes[axis].values),)
        drawn.append(facts)
    places = np.random.default_rng(_SEED).integers(0, len(drawn), rows)
    columns = {}
    for axis in index.asked_axes:
        told = [index.values[facts[axis.name][0]].name if axis.name in facts else None for facts in drawn]
        columns[axis.name] = pa.array(told, pa.string()).take(pa.array(places)).dictionary_encode()
    return pa.table(columns), drawn
