"""Rows that are taken together get the answer of the library, whatever the rules are."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

import pyarrow as pa
import pytest

from spinecode.coding import answers
from spinecode.coding.coder import ANSWER_FIELDS, Coder, Options, code_table
from spinecode.description import CODE, DATE, Description
from spinecode.index import RuleIndex
from spinecode.knowledge import load
from spinecode.rules import Rules
from spinecode.selection import Selection, select
from tests.conftest import ROOT
from tests.made_claims import BETWEEN, Given, descriptions
from tests.test_coding import TODAY, by_library

ROWS = 1_500
FAMILY = ROOT / "tests" / "fixtures" / "made-up-family.ttl"
#: More than two words of definitions.
DEFINITIONS = 140


def twisted(rules: Rules, seed: int) -> Rules:
    """Rules that nobody would write: values that imply, presume and leave open what they like, and many definitions."""
    chance = random.Random(seed)
    asked = [axis for axis in rules.axes if axis.derived_from is None]
    values = list(rules.values)
    for axis in asked:
        others = [other for other in asked if other is not axis]
        for number in chance.sample(axis.values, min(3, len(axis.values))):
            other, further = chance.sample(others, 2)
            implied = tuple(sorted(chance.sample(other.values, chance.choice((1, 1, 2)))))
            value = values[number]
            values[number] = replace(
                value,
                implies=(*value.implies, *(() if other.name in dict(value.implies) else ((other.name, implied),))),
                presumes=tuple(chance.sample(further.values, 1)) if chance.random() < 0.5 else value.presumes,
            )
        if len(axis.values) > 2 and not any(values[number].narrower for number in axis.values):
            wide, *narrow = chance.sample(axis.values, 3)
            values[wide] = replace(values[wide], narrower=frozenset(narrow))
    of_axis = {axis.name: axis.values for axis in rules.axes}
    definitions = []
    for place in range(DEFINITIONS):
        pattern = chance.choice(rules.definitions)
        code = chance.choice(rules.codes).code
        kept = [r for r in pattern.requirements if chance.random() < 0.8]
        widened = [replace(r, accepts=tuple(sorted({*r.accepts, chance.choice(of_axis[r.axis])}))) for r in kept]
        definitions.append(replace(pattern, iri=f"{pattern.iri}-{place}", code=code, requirements=tuple(widened)))
    return replace(rules, values=tuple(values), definitions=tuple(definitions), digest=f"twisted-{seed}")


def near(index: RuleIndex, seed: int) -> Iterator[Given]:
    """Descriptions of a few values an axis, which are near each other: what is taken together wrongly shows."""
    chance = random.Random(seed)
    pools = {
        axis.name: [index.values[n].name for n in chance.sample(axis.values, min(4, len(axis.values)))]
        for axis in index.asked_axes
    }
    while True:
        given = {}
        for axis in index.asked_axes:
            if chance.random() < 0.4:
                most = min(3, len(pools[axis.name])) if axis.repeatable else 1
                given[axis.name] = chance.sample(pools[axis.name], chance.randint(1, most))
        yield given | {DATE: [chance.choice(("2012-05-01", "2024-05-01"))]}


def all_as_by_library(rules: Rules, made: list[Given]) -> set[str]:
    index = RuleIndex(rules)
    names = [*(axis.name for axis in index.asked_axes), DATE, CODE]
    # where several values presume something, the first of them counts
    made = [{name: given[name] for name in names if name in given} for given in made]
    table = pa.table({name: [BETWEEN.join(given.get(name, ())) or None for given in made] for name in names})
    coded = code_table(table, None, Coder(rules, Options(today=TODAY))).to_pylist()
    for given, row in zip(made, coded, strict=True):
        expected = by_library(index, given)
        assert {name: row[name] for name in ANSWER_FIELDS if name in expected} == {
            name: expected[name] for name in ANSWER_FIELDS if name in expected
        }, given
    return {row["status"] for row in coded}


def test_with_a_made_up_family() -> None:
    index = load([FAMILY]).index
    assert len(all_as_by_library(index.rules, list(islice(descriptions(index, 21), ROWS)))) == 5


def test_with_rows_near_each_other(index: RuleIndex) -> None:
    for seed in range(3):
        all_as_by_library(index.rules, list(islice(near(index, seed), ROWS)))


@pytest.mark.parametrize("seed", range(3))
def test_with_rules_that_nobody_would_write(index: RuleIndex, seed: int) -> None:
    rules = twisted(index.rules, seed)
    strange = RuleIndex(rules)
    assert len(strange.definitions) > 128
    made = [*islice(descriptions(strange, seed), ROWS), *islice(near(strange, seed), 2 * ROWS)]
    assert {"determined", "undetermined", "contradictory"} <= all_as_by_library(rules, made)


def test_few_of_many_different_rows_are_worked_out(index: RuleIndex, monkeypatch: pytest.MonkeyPatch) -> None:
    made = list(islice(descriptions(index, 22, odd=0), 6_000))
    names = [*(axis.name for axis in index.asked_axes), DATE]
    told = [tuple(BETWEEN.join(given.get(name, ())) or None for name in names) for given in made]
    worked_out = []

    def counted(index: RuleIndex, description: Description) -> Selection:
        worked_out.append(description)
        return select(index, description)

    monkeypatch.setattr(answers, "select", counted)
    columns = zip(names, zip(*told, strict=True), strict=True)
    code_table(pa.table({name: list(texts) for name, texts in columns}), None, Coder(index.rules))
    assert 0 < len(worked_out) < len(set(told)) / 4
