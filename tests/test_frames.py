"""Frames and columns as users have them: other columns of any kind, odd types, two columns for one axis."""

from __future__ import annotations

from datetime import date

import pandas
import polars
import pyarrow as pa
import pytest

import spinecode
from spinecode.coding.coder import Options, code_table, match_columns
from spinecode.errors import InputError
from spinecode.index import RuleIndex

TODAY = "2026-01-01"


def test_frames_may_have_other_columns_of_any_kind() -> None:
    frame = pandas.DataFrame({"approach": ["caudal", None], "note": [1, "x"], "made": [object(), {}], 7: [1.5, None]})
    coded = spinecode.code_frame(frame, today=date(2024, 5, 31))
    assert list(coded.columns[:4]) == ["approach", "note", "made", 7]
    assert coded["status"].tolist() == ["undetermined", "undetermined"]
    # what is added are texts, that can be joined and filled up
    assert (coded["candidates"] + "|").str.endswith("|").all()
    assert coded["codes"].fillna("").tolist() == ["", ""]
    assert polars.DataFrame({"level": ["L4-L5"]}).pipe(spinecode.code_frame)["status"].dtype == polars.String


@pytest.mark.parametrize("odd", [["L4-L5", ["L4-L5", "L5-S1"]], [object(), "L4-L5"]])
def test_a_column_of_a_frame_that_cannot_be_read_is_told(odd: list[object]) -> None:
    with pytest.raises(InputError, match="level cannot be read"):
        spinecode.code_frame(pandas.DataFrame({"level": odd}))


def test_two_columns_of_a_name_are_told() -> None:
    frame = pandas.DataFrame([["caudal", "x", "y"]], columns=["approach", "a", "a"])
    with pytest.raises(InputError, match="name 'a'"):
        spinecode.code_frame(frame)


@pytest.mark.parametrize(
    "column",
    [
        pa.array([62323, 62322], pa.decimal128(9, 0)),
        pa.array([["62323"], ["62322"]], pa.list_(pa.string(), 1)),
        pa.array([62323.0, 62322.0]),
    ],
)
def test_codes_as_warehouses_and_frames_have_them(column: pa.Array) -> None:
    texts = ["single-injection"] * 2, ["lumbar"] * 2, ["fluoroscopy", "none"], ["interlaminar"] * 2, ["steroid"] * 2
    names = "delivery", "region", "guidance", "approach", "substance"
    table = pa.table({**dict(zip(names, map(pa.array, texts), strict=True)), "code": column})
    assert code_table(table, Options(today=TODAY, check=True))["verdict"].to_pylist() == ["correct", "correct"]


def test_a_column_named_as_its_axis_counts_beside_those_that_are_named_for_it(index: RuleIndex) -> None:
    table = pa.table({"level": ["L4-L5"], "further": ["L5-S1"], "date": ["2024-05-31"], "received": ["2024-06-07"]})
    both = match_columns(index, table.column_names, Options(columns={"further": "level"}))
    assert both["level"] == ["further", "level"]
    with pytest.raises(InputError, match="both stand for date"):
        match_columns(index, table.column_names, Options(columns={"received": "date"}))
    told = match_columns(index, table.column_names, Options(columns={"received": "date", "date": ""}))
    assert told["date"] == ["received"]
