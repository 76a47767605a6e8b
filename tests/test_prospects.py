"""What each value that could still be given would do: the same as giving it."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from spinecode.description import describe, from_mapping
from spinecode.errors import ContradictionError
from spinecode.index import RuleIndex
from spinecode.knowledge import load
from spinecode.prospects import Prospect, prospects, set_apart
from spinecode.selection import select

DAY = "2026-03-02"
INDEX = load().index
FACTS = st.fixed_dictionaries(
    {},
    optional={
        axis.name: st.lists(st.sampled_from(axis.values), min_size=1, max_size=2 if axis.repeatable else 1, unique=True)
        for axis in INDEX.asked_axes
    },
)


def at(index: RuleIndex, given: dict[str, object]) -> dict[tuple[str, str], Prospect]:
    found = prospects(index, from_mapping(index, given), DAY)
    return {(axis, index.values[one.value].name): one for axis, ones in found.items() for one in ones}


@settings(max_examples=60)
@given(FACTS)
def test_they_say_what_giving_the_value_does(facts: dict[str, list[int]]) -> None:
    for axis, ones in prospects(INDEX, describe(INDEX, facts), DAY).items():
        for one in ones:
            before = tuple(n for n in facts.get(axis, ()) if n != one.value) if INDEX.axes[axis].repeatable else ()
            changed = {**facts, axis: [*before, one.value]}
            try:
                selection = select(INDEX, describe(INDEX, changed, DAY), DAY)
            except ContradictionError:
                # of two facts that clash, each is told to; a third may be possible but for them
                continue
            assert one.state != "contradicts"
            assert (one.state == "possible") >= bool(selection.candidates)
            if selection.candidates:
                assert one.codes == selection.candidates


@settings(max_examples=60)
@given(FACTS)
def test_a_value_that_contradicts_is_refused_by_selection(facts: dict[str, list[int]]) -> None:
    for axis, ones in prospects(INDEX, describe(INDEX, facts), DAY).items():
        for one in ones:
            if one.state == "contradicts":
                stated = {n for name, numbers in facts.items() if name != axis for n in numbers}
                assert set(one.because) <= stated
                assert one.because
                assert one.reason


def test_the_fact_that_rules_a_value_out_is_named(index: RuleIndex) -> None:
    found = at(index, {"level": "S1", "guidance": "ct"})
    one = found["approach", "interlaminar"]
    assert one.state == "contradicts"
    assert [index.values[n].name for n in one.because] == ["S1"]
    one = found["space", "facet-joint"]
    assert (one.state, [index.values[n].name for n in one.because]) == ("no-code", ["S1"])


def test_a_substance_is_possible_where_another_beside_it_makes_a_code(index: RuleIndex) -> None:
    found = at(index, {})
    assert found["substance", "contrast"].state == "possible"


def test_candidates_are_set_apart_on_open_axes_only(index: RuleIndex) -> None:
    selection = select(
        index, from_mapping(index, {"approach": "interlaminar", "guidance": "ct", "region": "lumbar"}), DAY
    )
    apart = set_apart(index, selection)
    assert list(apart) == list(selection.candidates)
    assert {axis for asks in apart.values() for axis in asks} <= {"space", "delivery", "substance"}
    assert set_apart(index, select(index, from_mapping(index, {}), DAY)) == {}
