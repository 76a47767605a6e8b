"""The words of notes and clinicians: each leads to its value, and to no other of its axis."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from spinecode.index import RuleIndex
from spinecode.spelling import fold

PHRASES = yaml.safe_load((Path(__file__).parent / "fixtures" / "phrases.yaml").read_text(encoding="utf-8"))
WORDS = [
    (axis, str(value), str(word))
    for axis, values in PHRASES.items()
    for value, words in values.items()
    for word in words
]


@pytest.mark.parametrize(("axis", "value", "word"), WORDS, ids=[f"{axis}: {word}" for axis, _, word in WORDS])
def test_words_of_a_note_lead_to_their_value(index: RuleIndex, axis: str, value: str, word: str) -> None:
    number = index.value_named(axis, word)
    assert number is not None
    assert index.values[number].name == value


def test_the_list_is_long_and_covers_every_axis_that_notes_speak_of(index: RuleIndex) -> None:
    assert len({(axis, fold(word)) for axis, _, word in WORDS}) >= 150
    assert {axis.name for axis in index.asked_axes} - set(PHRASES) <= {"muscles"}


def test_every_value_of_a_covered_axis_but_the_levels_has_words(index: RuleIndex) -> None:
    for axis in set(PHRASES) - {"level"}:
        assert {index.values[n].name for n in index.axes[axis].values} == set(map(str, PHRASES[axis])), axis


@pytest.mark.parametrize(
    ("axis", "word"), [("guidance", "loss of resistance"), ("approach", "ESI"), ("region", "back")]
)
def test_words_that_leave_the_value_open_lead_to_none(index: RuleIndex, axis: str, word: str) -> None:
    """The technique says nothing about imaging, nor the abbreviation about the way of the needle."""
    assert index.value_named(axis, word) is None
