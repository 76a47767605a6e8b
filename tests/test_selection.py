"""What selection does beyond the cases: assumptions, questions, several levels, contradictions, dates."""

from __future__ import annotations

from typing import Any

import pytest

import spinecode
from spinecode.description import from_mapping, parse_date
from spinecode.errors import ContradictionError, InputError
from spinecode.index import RuleIndex

LUMBAR = {
    "approach": "interlaminar",
    "region": "lumbar",
    "guidance": "fluoroscopy",
    "delivery": "single-injection",
    "substance": ["corticosteroid"],
    "date": "2024-05-01",
}


def told(answer: dict[str, Any]) -> list[tuple[str, int, list[str]]]:
    return [(line["code"], line["units"], line["modifiers"]) for line in answer["lines"]]


def test_three_levels_through_the_foramen() -> None:
    answer = spinecode.select(
        approach="transforaminal", level=["L5-S1", "L3-L4", "L4-L5"], guidance="fluoroscopy",
        substance=["corticosteroid"], date="2024-05-01",
    )  # fmt: skip
    assert told(answer) == [("64483", 1, []), ("64484", 2, [])]
    assert [line["levels"] for line in answer["lines"]] == [["L3-L4"], ["L4-L5", "L5-S1"]]
    assert [a["value"] for a in answer["assumptions"]] == ["single-injection"]
    assert any("modifier for the side" in note for note in answer["notes"])


def test_each_coding_region_has_a_first_level() -> None:
    answer = spinecode.select(
        approach="transforaminal", level=["C5-C6", "C6-C7", "T12-L1", "L1-L2", "S1"], guidance="ct",
        substance=["local-anesthetic"], side="bilateral", date="2024-05-01",
    )  # fmt: skip
    both = ["50"]
    assert told(answer) == [("64479", 1, both), ("64480", 2, both), ("64483", 1, both), ("64484", 1, both)]


def test_silence_about_imaging_is_a_question_and_never_none() -> None:
    answer = spinecode.select({k: v for k, v in LUMBAR.items() if k != "guidance"})
    assert answer["status"] == "undetermined"
    assert answer["lines"] == []
    assert answer["ask"]["axis"] == "guidance"
    assert answer["ask"]["leads_to"]["none"] == ["62322"]
    assert answer["ask"]["leads_to"]["ultrasound"] == ["62322"]
    assert answer["ask"]["leads_to"]["fluoroscopy"] == ["62323"]


def test_silence_about_the_level_leaves_the_first_one_certain() -> None:
    answer = spinecode.select(
        approach="transforaminal",
        region="lumbar",
        guidance="fluoroscopy",
        substance=["corticosteroid"],
        date="2024-05-01",
    )
    assert answer["status"] == "undetermined"
    assert answer["certain"] == ["64483"]
    assert answer["candidates"] == ["64483", "64484"]
    assert answer["ask"]["axis"] == "level"
    assert not {"C5-C6", "T12-L1"} & set(answer["ask"]["values"])


def test_the_explanation_names_what_is_missing_and_what_is_wrong() -> None:
    answer = spinecode.select(LUMBAR)
    assert answer["explanation"]["62323"]["region"] == {
        "requires": "lumbar or sacral",
        "given": ["lumbar"],
        "holds": True,
    }
    assert answer["explanation"]["62321"]["region"] == {
        "requires": "cervical or thoracic", "given": ["lumbar"], "holds": False,
    }  # fmt: skip
    assert answer["ruled_out"]["62321"] == ["region"]
    assert answer["ruled_out"]["62322"] == ["guidance"]
    assert answer["ruled_out"]["62311"] == ["date"]
    assert "62323" not in answer["ruled_out"]


@pytest.mark.parametrize(("code", "verdict", "axes"), [("62323", "implied", []), ("62321", "refuted", ["region"])])
def test_a_reported_code_is_checked(code: str, verdict: str, axes: list[str]) -> None:
    answer = spinecode.select({**LUMBAR, "code": code})
    assert answer["reported"] == [{"code": code, "verdict": verdict, "decided_by": axes}]


def test_a_catheter_of_either_kind_is_enough() -> None:
    assert told(spinecode.select({**LUMBAR, "delivery": "catheter"})) == [("62327", 1, [])]


def test_an_open_space_is_asked_about_only_where_it_decides() -> None:
    assert spinecode.select({**LUMBAR, "space": "epidural-or-subarachnoid"})["status"] == "determined"
    neurolytic = spinecode.select({**LUMBAR, "space": "neuraxial", "substance": ["phenol"]})
    assert neurolytic["ask"]["axis"] == "space"
    assert neurolytic["ask"]["leads_to"] == {"epidural": ["62282"], "subarachnoid": ["62280"]}


@pytest.mark.parametrize(
    ("facts", "axis", "words"),
    [
        ({"region": "cervical", "level": "L4-L5"}, "region", ["L4-L5", "cervical", "lumbar"]),
        ({"region": "lumbar", "level": "T12-L1"}, "region", ["T12-L1", "lumbar", "thoracic"]),
        (
            {"approach": "transforaminal", "space": "subarachnoid"},
            "space",
            ["transforaminal", "subarachnoid", "epidural"],
        ),
        ({"approach": "caudal", "region": "lumbar"}, "region", ["caudal", "lumbar", "sacral"]),
        ({"approach": "caudal", "level": "L4-L5"}, "region", ["caudal", "L4-L5", "sacral", "lumbar"]),
        ({"approach": "interlaminar", "level": "S1"}, "level", ["interlaminar", "S1"]),
        ({"region": ["lumbar", "cervical"]}, "region", ["lumbar", "cervical", "Give the levels"]),
        ({"guidance": ["ct", "ultrasound"]}, "guidance", ["ct", "ultrasound", "it is what counts"]),
        ({"side": ["left", "right"]}, "side", ["left", "right", "the value that says both"]),
    ],
)
def test_contradictions_are_refused_with_a_reason(facts: dict[str, object], axis: str, words: list[str]) -> None:
    with pytest.raises(ContradictionError) as caught:
        spinecode.select(facts)
    fault = caught.value.faults[0]
    assert fault.axis == axis
    for word in words:
        assert word in fault.message


@pytest.mark.parametrize("facts", [{"region": "sacral", "level": "L5-S1"}, {"approach": "caudal", "level": "L5-S1"},
                                   {"region": "thoracic", "level": "C7-T1"}])  # fmt: skip
def test_a_border_level_agrees_with_both_its_regions(facts: dict[str, object]) -> None:
    assert spinecode.select(facts)["status"] == "undetermined"


@pytest.mark.parametrize("text", ["2016-13-45", "2016-02-30", "20160101", "2016-W01-1", "1 May 2016", "", "2016-1-1"])
def test_only_dates_of_the_calendar_are_dates(text: str) -> None:
    with pytest.raises(InputError, match="YYYY-MM-DD"):
        parse_date(text)


def test_dates_before_the_ontology_are_refused() -> None:
    with pytest.raises(InputError, match="2000-01-01"):
        spinecode.select({**LUMBAR, "date": "1999-12-31"})


@pytest.mark.parametrize(
    ("facts", "words", "nearest"),
    [
        ({"guidance": "flouroscopy"}, "not a known guidance", "fluoroscopy"),
        ({"regoin": "lumbar"}, "no axis 'regoin'", "region"),
        ({"code": "62312"}, "not a code", "62310"),
        ({"level": "L5-L6"}, "not a known level", "L5-S1"),
        ({"side": "middle"}, "not a known side", "left"),
    ],
)
def test_unknown_names_are_told_with_the_nearest(facts: dict[str, object], words: str, nearest: str) -> None:
    with pytest.raises(InputError, match=words) as caught:
        spinecode.select(facts)
    assert nearest in caught.value.faults[0].nearest


def test_every_fault_is_told_at_once() -> None:
    with pytest.raises(InputError) as caught:
        spinecode.select({"regoin": "lumbar", "guidance": "x-ray vision", "date": "2016-13-45", "level": 4.5})
    assert len(caught.value.faults) == 4


def test_labels_iris_and_alternative_labels_are_understood(index: RuleIndex) -> None:
    for name in ("fluoroscopy", "Fluoroscopy", " fluoro ", "https://w3id.org/spinecode/Fluoroscopy", "C-arm"):
        description = from_mapping(index, {"guidance": name})
        assert [index.values[n].name for n in description.facts["guidance"]] == ["fluoroscopy"]


def test_lists_may_be_written_with_commas(index: RuleIndex) -> None:
    description = from_mapping(index, {"level": "L4-5, L5-S1", "substance": ["steroid,lidocaine"]})
    assert [index.values[n].name for n in description.facts["level"]] == ["L4-L5", "L5-S1"]
    assert len(description.facts["substance"]) == 2


def test_a_payers_wish_is_a_note_and_no_modifier() -> None:
    answer = spinecode.select(
        approach="transforaminal", level="L4-L5", guidance="fluoroscopy", substance=["local-anesthetic"],
        side="left", purpose="diagnostic", date="2024-05-01",
    )  # fmt: skip
    assert told(answer) == [("64483", 1, ["LT"])]
    assert any("KX" in note for note in answer["notes"])
