"""Free entry: what a phrase says is filled in, what it may say is offered, and nothing is guessed."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spinecode.description import from_mapping
from spinecode.errors import InputError
from spinecode.free_text import TEXT_LIMIT, Reading, read_text
from spinecode.index import RuleIndex
from spinecode.selection import select
from spinecode.tokens import dates, is_numeral, tokens
from tests.test_phrases import WORDS

TFESI = {"approach": ["transforaminal"], "space": ["epidural"], "substance": ["corticosteroid"]}
#: A phrase, and all that it fills in.
PHRASES = {
    "right L4-5 and L5-S1 TFESI under fluoro": {
        **TFESI,
        "level": ["L4-L5", "L5-S1"],
        "guidance": ["fluoroscopy"],
        "side": ["right"],
    },
    "ILESI C7-T1 w/o image guidance": {
        "approach": ["interlaminar"],
        "level": ["C7-T1"],
        "space": ["epidural"],
        "guidance": ["none"],
        "substance": ["corticosteroid"],
    },
    "caudal epidural steroid injection 2024-05-31": {
        "approach": ["caudal"],
        "space": ["epidural"],
        "substance": ["corticosteroid"],
        "date": ["2024-05-31"],
    },
    "caudal ESI": {"approach": ["caudal"], "space": ["epidural"], "substance": ["corticosteroid"]},
    "62321 for a lumbar ILESI, C-arm": {
        "approach": ["interlaminar"],
        "region": ["lumbar"],
        "space": ["epidural"],
        "guidance": ["fluoroscopy"],
        "substance": ["corticosteroid"],
        "code": ["62321"],
    },
    "L3/4/5 TFESI": {**TFESI, "level": ["L3-L4", "L4-L5"]},
    "L 4-5 tfesi": {**TFESI, "level": ["L4-L5"]},
    "L4 to L5 TFESI": {**TFESI, "level": ["L4-L5"]},
    "T12-1, L5/1": {"level": ["T12-L1", "L5-S1"]},
    "L2\u2013L3 through L4\u2013L5": {"level": ["L2-L3", "L3-L4", "L4-L5"]},
    "S1-S3": {"level": ["S1", "S2", "S3"]},
    "epidural catheter, continuous infusion": {"space": ["epidural"], "delivery": ["continuous-infusion"]},
    "Kenalog-40 and 1% lidocaine, both sides": {
        "substance": ["corticosteroid", "local-anesthetic"],
        "side": ["bilateral"],
    },
    "two muscles": {"muscles": ["one-or-two"]},
    "lumbar ESI with a 22G spinal needle": {
        "region": ["lumbar"],
        "space": ["epidural"],
        "substance": ["corticosteroid"],
    },
    "epidural or intrathecal, not said which": {"space": ["epidural-or-subarachnoid"]},
    "on March 3, 2026": {"date": ["2026-03-03"]},
    "3rd of May, 31 May 2024": {"date": ["2024-05-31"]},
    "done 5/31/2024": {"date": ["2024-05-31"]},
    "not L4-5 but L5-S1": {"level": ["L5-S1"]},
    "no contrast, fluoro used": {"guidance": ["fluoroscopy"]},
}
#: A phrase, the words in it that are not certain, and what these may mean.
UNSURE = [
    ("L3 to S1 facet", "L3 to S1", [{"level": ["L3-L4", "L4-L5", "L5-S1"]}]),
    ("L3-S1 MBB", "L3-S1", [{"level": ["L3-L4", "L4-L5", "L5-S1"]}]),
    ("L4 TFESI", "L4", [{"level": ["L3-L4"]}, {"level": ["L4-L5"]}]),
    ("both levels", "both", [{"side": ["bilateral"]}]),
    ("single level", "single", [{"delivery": ["single-injection"]}]),
    ("inject it", "it", [{"space": ["subarachnoid"]}]),
    ("under us", "us", [{"guidance": ["ultrasound"]}]),
    ("complications: none", "none", [{"guidance": ["none"]}]),
    ("without fluoroscopy", "without fluoroscopy", [{"guidance": ["fluoroscopy"]}]),
    ("w/o fluoro or CT", "CT", [{"guidance": ["ct"]}]),
    ("contrast was not used", "contrast was not", [{"substance": ["contrast"]}]),
    ("contrast was not under CT", "CT", [{"guidance": ["ct"]}]),
    ("non-contrast CT", "non-contrast", [{"substance": ["contrast"]}]),
    ("never done under CT", "never done under CT", [{"guidance": ["ct"]}]),
    ("avoided the right side", "avoided the right side", [{"side": ["right"]}]),
    ("TFESI, not done at L5-S1", "not done at L5-S1", [{"level": ["L5-S1"]}]),
    ("fluoro, then ultrasound", "ultrasound", [{"guidance": ["ultrasound"]}]),
    ("right L4-5, left L5-S1", "right", [{"side": ["right"]}]),
    ("3/2/2026", "3/2/2026", [{"date": ["2026-03-02"]}, {"date": ["2026-02-03"]}]),
    ("5/31/24", "5/31/24", [{"date": ["2024-05-31"]}]),
    ("2024-05-31, 2024-06-01", "2024-06-01", [{"date": ["2024-06-01"]}]),
]


def offered(reading: Reading, words: str) -> list[dict[str, list[str]]]:
    unsure = next(one for one in reading.unsure if one.words == words)
    return [{axis: list(names) for axis, names in facts.given} for facts in unsure.readings]


@pytest.mark.parametrize("text", PHRASES)
def test_a_phrase_fills_in_what_it_says(index: RuleIndex, text: str) -> None:
    assert read_text(index, text).given == PHRASES[text]


@pytest.mark.parametrize(("text", "words", "meanings"), UNSURE, ids=[text for text, _, _ in UNSURE])
def test_what_is_not_certain_is_offered_and_fills_in_nothing(
    index: RuleIndex, text: str, words: str, meanings: list[dict[str, list[str]]]
) -> None:
    reading = read_text(index, text)
    assert offered(reading, words) == meanings
    for meaning in meanings:
        assert not set(meaning) & set(reading.given)


def test_the_phrase_of_two_levels_is_coded(index: RuleIndex) -> None:
    given = read_text(index, "right L4-5 and L5-S1 TFESI under fluoro").given
    lines = select(index, from_mapping(index, given), "2026-03-02").lines
    assert [(line.code, line.units, line.modifiers) for line in lines] == [("64483", 1, ("RT",)), ("64484", 1, ("RT",))]


def test_what_is_not_understood_is_told(index: RuleIndex) -> None:
    reading = read_text(index, "Xylophone at L4-5, two bananas and a pear")
    assert reading.not_understood == ("Xylophone", "two bananas", "pear")
    assert reading.given == {"level": ["L4-L5"]}


@pytest.mark.parametrize(("axis", "value", "word"), WORDS, ids=[f"{axis}: {word}" for axis, _, word in WORDS])
def test_the_words_of_notes_are_understood(index: RuleIndex, axis: str, value: str, word: str) -> None:
    reading = read_text(index, word)
    meant = [
        *reading.given.get(axis, ()),
        *(n for u in reading.unsure for f in u.readings for n in dict(f.given).get(axis, ())),
    ]
    assert value in meant, reading


def test_every_name_in_the_ontology_is_understood(index: RuleIndex) -> None:
    missed = []
    for axis in index.asked_axes:
        for number in axis.values:
            value = index.values[number]
            for name in (value.label, *value.alt_labels):
                said = name if not is_numeral(tokens(name)) else f"{name} {axis.label}"
                reading = read_text(index, said)
                meant = reading.given.get(axis.name, [])
                meant = [
                    *meant,
                    *(n for u in reading.unsure for f in u.readings for n in dict(f.given).get(axis.name, ())),
                ]
                if value.name not in meant:
                    missed.append((axis.name, value.name, name, reading.given, reading.unsure))
    assert missed == []


def test_a_long_text_is_refused(index: RuleIndex) -> None:
    read_text(index, "x" * TEXT_LIMIT)
    with pytest.raises(InputError, match=str(TEXT_LIMIT)):
        read_text(index, "x" * (TEXT_LIMIT + 1))


PIECES = st.sampled_from(
    [
        *PHRASES,
        *(text for text, _, _ in UNSURE),
        *(str(w) for _, _, w in WORDS),
        "and",
        "to",
        "not",
        "L3",
        "S1",
        "-",
        ",",
        "1/2",
        "L",
    ]
)


@given(
    st.lists(st.one_of(PIECES, st.text(string.printable + "\u2013\u2212½ﬁİß", max_size=8)), max_size=8).map(" ".join)
)
def test_any_text_is_read_and_every_word_accounted_for(index: RuleIndex, text: str) -> None:
    text = text[:TEXT_LIMIT]
    reading = read_text(index, text)
    spans = [(one.start, one.end) for one in (*reading.understood, *reading.unsure)]
    assert spans == sorted(spans) or len(reading.unsure) > 0
    for one in (*reading.understood, *reading.unsure):
        assert text[one.start : one.end] == one.words
    for start, end in spans:
        assert sum(start < other and begin < end for begin, other in spans) == 1, "no word is read twice"
    # what was filled in is a description: every name is known, and an axis that takes one value has one
    from_mapping(index, reading.given)
    again = read_text(index, text)
    assert again == reading


def test_words_have_their_places() -> None:
    text = "L4\u20135, C-arm; w/o 0.9% saline (L5S1)"
    found = tokens(text)
    assert [word.text for word in found] == ["l4", "5", "c", "arm", "without", "0.9%", "saline", "l5", "s1"]
    assert [text[word.start : word.end] for word in found] == [word.raw for word in found]
    assert [word.joint for word in found] == [".", "-", ",", "-", ".", " ", " ", ".", ""]


@pytest.mark.parametrize(
    "text", ["2024-13-40", "99/99/2024", "L3/4/5", "1.2.3.4", "12/5", "40/2/1mg", "31 Feb 2024", "Marcaine 5 2024"]
)
def test_what_is_no_date_is_none(text: str) -> None:
    assert list(dates(text)) == []
