"""The SELECT of compiled rules checks reported codes as the library does, in two engines."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spinecode.coding.answers import CONTRADICTORY, REJECTED, RIGHT, UNDECIDED, WRONG
from spinecode.coding.coder import Coder, Options, code_table
from spinecode.coding.compiled import compiled_rules
from spinecode.coding.sql_select import Claims, select_statement
from spinecode.coding.sql_tables import table_script
from spinecode.description import CODE, DATE, from_mapping
from spinecode.errors import InputError
from spinecode.index import RuleIndex
from spinecode.knowledge import Knowledge, load
from spinecode.selection import select
from tests.made_claims import BETWEEN, claims
from tests.test_compiling import ENGINES, FAMILY, FIELDS, STATUSES, TODAY, coded, in_duckdb, plain

CHECKED = [*FIELDS, "verdict"]
WHY = ["refuted", "missing"]
Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def compiled(knowledge: Knowledge) -> dict[str, Any]:
    return compiled_rules(knowledge)


def checked(index: RuleIndex, table: pa.Table, **how: Any) -> Rows:
    """What the local engine says."""
    rows: Rows = code_table(table, None, Coder(index.rules, Options(today=TODAY, check=True, **how))).to_pylist()
    return rows


def told(rows: Rows) -> list[list[Any]]:
    return [[row[name] for name in CHECKED] for row in rows]


def why(index: RuleIndex, row: dict[str, Any]) -> list[str | None]:
    """The reported codes of a row that do not fit, and those that are missing, by the library."""
    if row["verdict"] is None:
        return [None, None]
    asked = [axis.name for axis in index.asked_axes]
    said = {name: row[name].split(BETWEEN) for name in (*asked, DATE, CODE) if row.get(name)}
    description = from_mapping(index, said)
    selection = select(index, description, TODAY)
    implied = {line.code for line in selection.lines} | set(selection.certain)
    refuted = set(description.reported) - implied - set(selection.candidates)
    return ["|".join(sorted(codes)) or None for codes in (refuted, implied - set(description.reported))]


def same(found: Rows, expected: Rows, index: RuleIndex) -> None:
    for row, other in zip(found, expected, strict=True):
        assert [row[name] for name in CHECKED] == [other[name] for name in CHECKED], other
        assert [row[name] for name in WHY] == why(index, other), other


def about(index: RuleIndex, reported: list[Any], facts: dict[str, str]) -> pa.Table:
    """Claims that say the same, and report what is given."""
    axes = [axis.name for axis in index.asked_axes]
    columns = {name: pa.array([facts.get(name)] * len(reported), pa.string()) for name in (*axes, DATE)}
    return pa.table({"claim": list(range(len(reported))), **columns, CODE: pa.array(reported)})


@ENGINES
def test_each_row_has_the_verdict_of_the_local_engine(engine: Any, compiled: dict[str, Any], index: RuleIndex) -> None:
    table = plain(claims(index, 8_000, 41, pool=8_000))
    rows = coded(engine, compiled, table, check=True)
    same(rows, checked(index, table), index)
    assert {row["status"] for row in rows} == STATUSES
    assert {row["verdict"] for row in rows} == {RIGHT, WRONG, UNDECIDED, None}
    # what holds however the question is answered is missing too, and so are several codes
    assert any(row["status"] == "undetermined" and row["missing"] and not row["refuted"] for row in rows)
    assert all(any("|" in (row[name] or "") for row in rows) for name in WHY)
    assert all(row["verdict"] is None for row in rows if row["status"] in (CONTRADICTORY, REJECTED))
    assert all(bool(row["unread"]) == (row["status"] == REJECTED) for row in rows)


@ENGINES
def test_a_pack_is_checked_too(engine: Any) -> None:
    extended = load([FAMILY])
    table = plain(claims(extended.index, 3_000, 42, pool=3_000))
    same(coded(engine, compiled_rules(extended), table, check=True), checked(extended.index, table), extended.index)


def test_more_codes_than_an_integer_has_bits(knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spinecode.coding.sql_tables.BITS", 11)
    table = plain(claims(knowledge.index, 3_000, 43, pool=3_000))
    compiled = compiled_rules(knowledge)
    assert "own_4" in next(text for text in table_script(compiled) if "spinecode_code (" in text)
    same(coded(in_duckdb, compiled, table, check=True), checked(knowledge.index, table), knowledge.index)


#: What may stand behind a code: modifiers, units, both, and what is neither.
BEHIND = [
    "",
    "-",
    "-50",
    "-RT-LT",
    " - 50",
    " x2",
    "-50 x2",
    " x",
    " x 2",
    "  x2",
    " x2-50",
    " x2 -50",
    "0",
    ".",
    " 50",
]


def cells(index: RuleIndex) -> st.SearchStrategy[str]:
    """What may stand in a cell of reported codes: lines with modifiers and units, lists of them, and some nonsense."""
    line = st.builds(str.__add__, st.sampled_from(sorted(index.code_names)), st.sampled_from(BEHIND[:7]))
    part = st.builds(
        str.__add__, st.sampled_from([";", "|", ",", "; ", " , ", ";;"]), line | st.text("01x- ;", max_size=5)
    )
    return st.builds(lambda first, rest: first + "".join(rest), line, st.lists(part, max_size=3))


@ENGINES
@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_reported_codes_are_read_as_the_local_engine_reads_them(
    data: st.DataObject, engine: Any, compiled: dict[str, Any], index: RuleIndex
) -> None:
    code = data.draw(st.sampled_from(list(index.codes)))
    lines = [name + behind for name, called in index.code_names.items() if called == code for behind in BEHIND]
    texts = [*lines, *data.draw(st.lists(st.none() | cells(index), min_size=20, max_size=80))]
    table = about(index, texts, {"approach": "caudal", DATE: "2024-05-31"})
    rows = coded(engine, compiled, table, check=True)
    assert told(rows) == told(checked(index, table))
    assert 0 < sum(row["status"] == REJECTED for row in rows[: len(lines)]) < len(lines)


@ENGINES
def test_a_hyphen_may_belong_to_a_code(engine: Any, knowledge: Knowledge) -> None:
    rules = knowledge.index.rules
    short = min(rules.codes, key=lambda code: code.code)
    own = copy.copy(knowledge)
    longer = replace(short, code=f"{short.code}-9", iri=f"{short.iri}-9")
    own.__dict__["index"] = RuleIndex(replace(rules, codes=(*rules.codes, longer)))
    texts = [f"{short.code}{behind}" for behind in ("-9", "-9-50 x2", "-9 x2", "-99", "-9 2", "-9 -50")]
    table = about(own.index, texts, {"approach": "caudal", DATE: "2024-05-31"})
    rows = coded(engine, compiled_rules(own), table, check=True)
    assert told(rows) == told(checked(own.index, table))
    whole, begun = longer.code, short.code
    assert [row["refuted"] for row in rows] == [whole, whole, whole, begun, begun, whole]


@ENGINES
def test_codes_in_several_columns_and_as_numbers(engine: Any, compiled: dict[str, Any], index: RuleIndex) -> None:
    first, second = sorted(code for code in index.codes if code.isdecimal() and code[0] != "0")[:2]
    table = about(index, [int(first), int(second), None, 1], {"approach": "caudal", DATE: "2024-05-31"})
    table = table.rename_columns(["claim", *table.column_names[1:-1], "billed"])
    table = table.append_column("more", pa.array([None, f"{first}; {second}", "", first], pa.string()))
    columns = {name: [name] for name in table.column_names if name not in ("claim", "billed", "more")}
    rows = coded(engine, compiled, table, check=True, columns={**columns, CODE: ["billed", "more"]})
    texts = table.set_column(table.num_columns - 2, "billed", table["billed"].cast(pa.string()))
    expected = checked(index, texts, columns={"billed": CODE, "more": CODE})
    assert told(rows) == told(expected)
    assert [row["unread"] for row in rows] == [None, None, None, CODE]
    assert rows[2]["verdict"] is None


@ENGINES
def test_an_unknown_code_comes_before_a_contradiction(engine: Any, compiled: dict[str, Any], index: RuleIndex) -> None:
    known = min(index.codes)
    table = about(index, [f"{known};nothing", known, None], {"approach": "caudal", "level": "C6-C7"})
    rows = coded(engine, compiled, table, check=True)
    assert [row["status"] for row in rows] == [REJECTED, CONTRADICTORY, CONTRADICTORY]
    assert told(rows) == told(checked(index, table))
    # without a check nobody reads them
    assert {row["status"] for row in coded(engine, compiled, table)} == {CONTRADICTORY}


@ENGINES
def test_claims_that_do_not_tell_levels(engine: Any, compiled: dict[str, Any], index: RuleIndex) -> None:
    table = plain(claims(index, 3_000, 44, pool=3_000)).select(["claim", "approach", "guidance", "substance", CODE])
    columns = {name: [name] for name in ("approach", "guidance", "substance", CODE)}
    rows = coded(engine, compiled, table, check=True, columns=columns)
    same(rows, checked(index, table), index)
    assert {row["verdict"] for row in rows} == {RIGHT, WRONG, UNDECIDED, None}


@ENGINES
def test_a_table_without_rows(engine: Any, compiled: dict[str, Any], index: RuleIndex) -> None:
    assert coded(engine, compiled, plain(claims(index, 10, 1)).slice(0, 0), check=True) == []


def test_without_reported_codes_nothing_is_checked(compiled: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="No column has the reported codes"):
        select_statement(compiled, Claims(columns={"approach": ["approach"]}, check=True))


def test_every_code_is_called_by_its_names(compiled: dict[str, Any], index: RuleIndex) -> None:
    called = {name: code["code"] for code in compiled["codes"] for name in code["names"]}
    assert called == index.code_names
    assert all(called[code] == code for code in index.codes)
