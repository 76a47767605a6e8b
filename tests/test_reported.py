"""Lines of a claim as texts and objects, and claims of any kind against a description."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import spinecode
from spinecode.errors import Fault, InputError
from spinecode.index import RuleIndex
from spinecode.knowledge import load
from spinecode.reported import line_of, text_of

CODES = ("62323", "64483", "64484", "64490", "77003", "62311", "0230T")
modifiers = st.lists(st.sampled_from(["50", "LT", "RT", "KX", "59", "X5"]), max_size=4)
units = st.none() | st.integers(1, 9999)


@given(st.sampled_from(CODES), units, st.none() | modifiers)
def test_an_object_and_its_text_tell_the_same(code: str, number: int | None, told: list[str] | None) -> None:
    text = text_of({"code": code, "units": number, "modifiers": told})
    assert isinstance(text, str)
    line = line_of(load().index, text)
    assert line is not None
    assert (line.code, line.units) == (code, number)
    assert line.modifiers == (None if told is None else tuple(told))


@pytest.mark.parametrize(
    ("text", "code", "number", "told"),
    [
        ("64483", "64483", None, None),
        (" 64483-lt ", "64483", None, ("LT",)),
        ("64483-50 x2", "64483", 2, ("50",)),
        ("64483-", "64483", None, ()),
        ("64483 x0", "64483", None, None),
        ("64483 xtwo", "64483", None, None),
    ],
)
def test_texts(index: RuleIndex, text: str, code: str, number: int | None, told: tuple[str, ...] | None) -> None:
    line = line_of(index, text)
    assert line is not None
    assert (line.code, line.units, line.modifiers) == (code, number, told)


@pytest.mark.parametrize("text", ["", "99999", "99999-50", "x2", "-50", "64483 50", "64483x2"])
def test_what_is_no_line(index: RuleIndex, text: str) -> None:
    assert line_of(index, text) is None


@pytest.mark.parametrize(
    "bad",
    [
        {},
        {"code": None},
        {"code": ""},
        {"code": ["64483"]},
        {"code": "64483", "unit": 1},
        {"code": "64483", "units": 1.5},
        {"code": "64483", "units": True},
        {"code": "64483", "modifiers": {"a": 1}},
        {"code": "64483", "modifiers": [None]},
        {"code": "64483", "modifiers": ["50"] * 21},
    ],
)
def test_an_object_that_is_no_line_is_refused(bad: dict[str, Any]) -> None:
    assert isinstance(text_of(bad), Fault)
    with pytest.raises(InputError) as caught:
        spinecode.validate({"code": bad})
    assert caught.value.faults[0].axis == "code"


def test_selection_takes_lines_for_their_codes() -> None:
    told = spinecode.select({"approach": "caudal", "code": [{"code": "62323", "units": 1}, "62321-50", "77003"]})
    verdicts = {one["code"]: one["verdict"] for one in told["reported"]}
    assert verdicts == {"62323": "possible", "62321": "refuted", "77003": "apart"}


lines = st.builds(
    lambda code, told, number: f"{code}{''.join('-' + one for one in told)}{'' if number is None else f' x{number}'}",
    st.sampled_from([*CODES, "99999", "a b"]),
    modifiers,
    st.none() | st.integers(0, 3),
)
facts = st.fixed_dictionaries(
    {"code": st.lists(lines, max_size=5)},
    optional={
        "approach": st.sampled_from(["interlaminar", "transforaminal", "facet-joint", "caudal", "nonsense"]),
        "level": st.lists(st.sampled_from(["L4-L5", "L5-S1", "T12-L1", "S1"]), max_size=3),
        "guidance": st.sampled_from(["fluoroscopy", "none", "ultrasound"]),
        "substance": st.sampled_from(["corticosteroid", "phenol", "blood"]),
        "space": st.sampled_from(["epidural", "subarachnoid"]),
        "side": st.sampled_from(["left", "bilateral"]),
        "date": st.sampled_from(["2024-05-01", "2016-12-31", "2010-12-31", "2999-01-01", "1999-01-01"]),
    },
)


@settings(max_examples=150)
@given(facts)
def test_any_claim_gets_a_report_that_says_why(told: dict[str, Any]) -> None:
    report = spinecode.validate(told)
    for result in report.results:
        assert result.message
        assert result.fix
        assert result.rules
        assert result.sources
    assert spinecode.validate(told).to_json() == report.to_json()
