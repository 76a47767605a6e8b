"""Comparison beyond the cases: the sentence, validity, confusions, unknown codes."""

from __future__ import annotations

import itertools

import pytest

import spinecode
from spinecode.errors import UnknownNameError
from spinecode.index import RuleIndex


def test_the_sentence_of_the_codes_that_are_confused_most() -> None:
    answer = spinecode.differ("62321", "62323")
    assert answer["summary"] == (
        "62321 and 62323 differ only in the region: cervical or thoracic for 62321, lumbar or sacral for 62323."
    )
    assert list(answer["differences"]) == ["region"]
    assert list(answer["shared"]) == ["approach", "space", "guidance", "delivery", "substance"]
    assert answer["differences"]["region"]["62321"]["values"] == ["cervical", "thoracic"]
    confusion = answer["confusions"][0]
    assert confusion["codes"] == ["62321", "62323"]
    assert "https://w3id.org/spinecode/source/BiologyInsights-62321" in confusion["sources"]


def test_since_when_each_is_valid() -> None:
    answer = spinecode.differ("62311", "62323")
    assert answer["validity"]["62311"]["until"] == "2016-12-31"
    assert answer["validity"]["62311"]["replaced_by"] == ["62322", "62323"]
    assert answer["validity"]["62323"]["from"] == "2017-01-01"
    assert "62311 2000-01-01 to 2016-12-31" in answer["summary"]


def test_an_add_on_is_told() -> None:
    assert "64484 is an add-on, reported only beside 64483." in spinecode.differ("64483", "64484")["summary"]


def test_every_pair_has_a_sentence_and_no_axis_twice(index: RuleIndex) -> None:
    for one, other in itertools.combinations(index.codes, 2):
        answer = spinecode.differ(one, other)
        assert one in answer["summary"]
        assert other in answer["summary"]
        assert not set(answer["shared"]) & set(answer["differences"])
        mirrored = spinecode.differ(other, one)
        assert set(mirrored["differences"]) == set(answer["differences"])


def test_codes_by_their_iris() -> None:
    answer = spinecode.differ("https://w3id.org/spinecode/cpt/62321", "62323")
    assert answer["codes"] == ["62321", "62323"]


@pytest.mark.parametrize(
    ("codes", "words"), [(["62321", "62399"], "62399"), (["62321"], "two"), (["62321", "62321"], "two")]
)
def test_unknown_codes_and_lonely_ones_are_refused(codes: list[str], words: str) -> None:
    with pytest.raises(UnknownNameError, match=words):
        spinecode.differ(*codes)
