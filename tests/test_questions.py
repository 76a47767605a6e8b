"""The next question: of all questions, worked out one answer at a time by the definitions themselves."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spinecode.description import Description, describe
from spinecode.errors import ContradictionError
from spinecode.index import RuleIndex
from spinecode.knowledge import load
from spinecode.questions import Question
from spinecode.rules import Axis
from spinecode.selection import select
from spinecode.services import Outcome
from tests.conftest import ROOT
from tests.test_alike import twisted

DAYS = ("2012-05-01", "2026-03-02")
Facts = dict[str, list[int]]
OURS = load().index
INDEXES = {
    "ours": OURS,
    "made up": load([ROOT / "tests" / "fixtures" / "made-up-family.ttl"]).index,
    "that nobody would write": RuleIndex(twisted(OURS.rules, 7)),
}


def facts_of(index: RuleIndex) -> st.SearchStrategy[Facts]:
    """What may be stated, mostly on few axes, so that something is open."""
    given_on = {
        axis.name: st.lists(st.sampled_from(axis.values), min_size=1, max_size=3 if axis.repeatable else 1, unique=True)
        for axis in index.asked_axes
    }
    chosen = st.lists(st.sampled_from(sorted(given_on)), max_size=5, unique=True)
    return chosen.flatmap(lambda names: st.fixed_dictionaries({name: given_on[name] for name in names}))


def is_open(index: RuleIndex, outcomes: tuple[Outcome, ...], axis: Axis) -> bool:
    """Whether some candidate asks for something on an axis that is not met."""
    names = {axis.name, *(a.name for a in index.derived_axes if a.derived_from == axis.name)}
    return any(
        requirement.axis in names
        and set(requirement.accepts).isdisjoint(outcome.service.facts.get(requirement.axis, ()))
        for outcome in outcomes
        for bit, definition in enumerate(index.definitions)
        if (outcome.possible & ~outcome.implied) >> bit & 1
        for requirement in definition.requirements
    )


def slowly(index: RuleIndex, description: Description, outcomes: tuple[Outcome, ...]) -> Question | None:
    best: tuple[float, Question] | None = None
    for axis in index.asked_axes:
        if not is_open(index, outcomes, axis):
            continue
        left = {}
        for number in axis.values:
            if not index.conflicts[number] & description.stated:
                facts = {**description.facts, axis.name: (number,)}
                answered = select(index, describe(index, facts, description.date))
                left[number] = 0
                for outcome in answered.outcomes:
                    left[number] |= outcome.possible
        leading = [
            number
            for number, kept in left.items()
            if kept and len({left.get(n) for n in index.values[number].narrower}) < 2
        ]
        leads = tuple(index.codes_in(left[number]) for number in leading)
        if leads:
            average = sum(map(len, set(leads))) / len(set(leads))
            names = tuple(index.values[number].name for number in leading)
            if best is None or average < best[0]:
                best = average, Question(axis.name, axis.label, axis.question, names, leads)
    return best[1] if best is not None else None


@pytest.mark.parametrize("rules", INDEXES)
def test_it_is_the_one_that_leaves_the_fewest_candidates(rules: str) -> None:
    index = INDEXES[rules]
    asked = set()

    @settings(max_examples=150)
    @given(facts=facts_of(index), day=st.sampled_from(DAYS))
    def compare(facts: Facts, day: str) -> None:
        description = describe(index, facts, day)
        try:
            selection = select(index, description)
        except ContradictionError:
            return
        if selection.status == "undetermined":
            expected = slowly(index, description, selection.outcomes)
            assert selection.question == expected
            asked.add(expected.axis if expected else None)
        else:
            assert selection.question is None

    compare()
    assert len(asked) > 2
