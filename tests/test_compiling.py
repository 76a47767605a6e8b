"""Compiled rules code as the library does: read from JSON and Arrow, and as SQL in two engines."""

from __future__ import annotations

import copy
import importlib.util
import json
import random
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import duckdb
import jsonschema
import pyarrow as pa
import pytest

from spinecode.coding.answers import CONTRADICTORY, REJECTED
from spinecode.coding.coder import Coder, Options, code_table
from spinecode.coding.compiled import compiled_rules
from spinecode.coding.compiled_files import arrow_file, json_file, sql_file
from spinecode.coding.sql_select import Claims, quoted, select_statement
from spinecode.coding.sql_tables import table_script
from spinecode.description import CODE
from spinecode.errors import InputError
from spinecode.index import RuleIndex
from spinecode.knowledge import Knowledge, load
from spinecode.rules import Constraint
from tests.conftest import ROOT
from tests.made_claims import Given, claims, descriptions
from tests.test_coding import by_library

TODAY = "2026-01-01"
ROWS = 20_000
FAMILY = ROOT / "tests" / "fixtures" / "made-up-family.ttl"
#: What the SELECT tells, as ``code`` does.
FIELDS = ["status", "codes", "units", "modifiers", "candidates"]
STATUSES = {"determined", "undetermined", "no-code", CONTRADICTORY, REJECTED}


@pytest.fixture(scope="module")
def compiled(knowledge: Knowledge) -> dict[str, Any]:
    return compiled_rules(knowledge)


@pytest.fixture(scope="module")
def extended() -> Knowledge:
    return load([FAMILY])


def reader(rules: dict[str, Any]) -> Any:
    """The reader that docs/compiled.md shows."""
    spec = importlib.util.spec_from_file_location("compiled_reader", ROOT / "docs" / "compiled_reader.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Reader(rules)


# ---------------------------------------------------------------------- JSON and Arrow


def read_by(found: Any, description: Given) -> dict[str, str | None]:
    try:
        answer = found.code(description, TODAY)
    except (KeyError, ValueError):
        return {"status": REJECTED}

    def told(name: str) -> str | None:
        return "|".join(map(str, answer[name])) if answer.get(name) else None

    modifiers = "|".join(" ".join(line) for line in answer["modifiers"]) if "modifiers" in answer else None
    return {"modifiers": modifiers, **{name: told(name) for name in ("codes", "units", "candidates")}} | {
        "status": answer["status"]
    }


@pytest.mark.parametrize("form", ["json", "arrow"])
def test_a_reader_of_the_file_codes_as_the_library(compiled: dict[str, Any], index: RuleIndex, form: str) -> None:
    if form == "json":
        rules = json.loads(json_file(compiled))
    else:
        table = pa.ipc.open_file(arrow_file(compiled)).read_all()
        assert table.schema.metadata[b"sha256"].decode() == compiled["ontology"]["sha256"]
        [rules] = table.to_pylist()
        assert rules == compiled
    found = reader(rules)
    made = descriptions(index, 21)
    seen = set()
    for _ in range(2_000 if form == "json" else 200):
        # what was reported is not coded
        description = {axis: texts for axis, texts in next(made).items() if axis != CODE}
        expected = by_library(index, description)
        told = read_by(found, description)
        assert told == {name: expected.get(name) for name in told}, description
        seen.add(told["status"])
    assert seen == STATUSES


def test_json_is_as_its_schema_says(compiled: dict[str, Any]) -> None:
    schema = json.loads((ROOT / "docs" / "compiled.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(json.loads(json_file(compiled)), schema)
    assert [value["id"] for value in compiled["values"]] == list(range(len(compiled["values"])))


def test_the_same_ontology_gives_the_same_bytes(compiled: dict[str, Any], knowledge: Knowledge) -> None:
    again = compiled_rules(Knowledge(knowledge.ontology.folders))
    for written in (json_file, arrow_file, lambda rules: sql_file(rules, Claims())):
        assert written(again) == written(compiled)
    assert compiled_rules(load([FAMILY]))["ontology"]["sha256"] != compiled["ontology"]["sha256"]


# ---------------------------------------------------------------------- SQL


def plain(table: pa.Table) -> pa.Table:
    """A table of texts, as databases have them."""
    kinds = [pa.string() if pa.types.is_dictionary(field.type) else field.type for field in table.schema]
    return table.cast(pa.schema(list(zip(table.column_names, kinds, strict=True))))


def in_duckdb(script: str, select: str, table: pa.Table) -> list[dict[str, Any]]:
    with duckdb.connect() as database:
        database.execute(script)
        database.register("claims", table)
        found = database.execute(select)
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def in_sqlite(script: str, select: str, table: pa.Table) -> list[dict[str, Any]]:
    database = sqlite3.connect(":memory:")
    try:
        database.executescript(script)
        names = ", ".join(map(quoted, table.column_names))
        database.execute(f"CREATE TABLE claims ({names})")
        marks = ", ".join("?" * table.num_columns)
        rows = zip(*(column.to_pylist() for column in table.columns), strict=True)
        database.executemany(f"INSERT INTO claims VALUES ({marks})", rows)
        found = database.execute(select)
        return [dict(zip([column[0] for column in found.description], row, strict=True)) for row in found]
    finally:
        database.close()


ENGINES = pytest.mark.parametrize("engine", [in_duckdb, in_sqlite])


def coded(engine: Any, compiled: dict[str, Any], table: pa.Table, **how: Any) -> list[dict[str, Any]]:
    select = select_statement(compiled, Claims(today=TODAY, **how))
    return sorted(engine("\n".join(table_script(compiled)), select, table), key=lambda row: row["claim"])


def told(rows: list[dict[str, Any]]) -> list[list[Any]]:
    return [[row[name] for name in FIELDS] for row in rows]


def by_coder(index: RuleIndex, table: pa.Table) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = code_table(table, None, Coder(index.rules, Options(today=TODAY))).to_pylist()
    return rows


@ENGINES
def test_each_row_has_the_answer_of_the_local_engine(engine: Any, compiled: dict[str, Any], index: RuleIndex) -> None:
    table = plain(claims(index, ROWS, 31, pool=ROWS))
    rows = coded(engine, compiled, table)
    expected = by_coder(index, table)
    for row, other in zip(told(rows), expected, strict=True):
        assert row == [other[name] for name in FIELDS], other
    assert {row["status"] for row in rows} == STATUSES
    assert all(bool(row["unread"]) == (row["status"] == REJECTED) for row in rows)


@ENGINES
def test_a_made_up_family_is_compiled_too(engine: Any, extended: Knowledge) -> None:
    compiled = compiled_rules(extended)
    description = {
        "approach": ["through the disc"],
        "level": ["L4-L5; L5-S1"],
        "substance": ["ozone"],
        "side": ["bilateral"],
    }
    index = extended.index
    table = pa.table({axis.name: description.get(axis.name, [None]) for axis in index.asked_axes}).cast(
        pa.schema([(axis.name, pa.string()) for axis in index.asked_axes])
    )
    table = table.append_column("date", pa.array(["2024-05-01"])).append_column("claim", pa.array([1]))
    [row] = coded(engine, compiled, table)
    assert [row[name] for name in FIELDS] == ["determined", "Z0001", "2", "50", "Z0001"]
    several = plain(claims(index, 2_000, 5, pool=2_000))
    assert told(coded(engine, compiled, several)) == told(by_coder(index, several))


DAYS = [
    "2016-12-31", "2024-02-29", "2023-02-29", "2000-02-29", "2100-02-29", "2017-04-31", " 2017-01-01 ", "2017-1-1",
    "20170101", "", "today", "1999-12-31", "0000-01-01", "9999-12-31", "2017-01-01T00:00", "٢017-01-01",
]  # fmt: skip


def as_people_write(compiled: dict[str, Any], rows: int) -> pa.Table:
    """Rows with names in other cases and spacing, lists with other marks, and broken ones."""
    chance = random.Random(17)
    asked = {axis["name"]: axis for axis in compiled["axes"] if axis["derived_from"] is None}
    names = {name: [n for v in compiled["values"] if v["axis"] == name for n in v["names"]] for name in asked}
    changes: list[Callable[[str], str]] = [
        str.upper, lambda text: f"  {text.replace(' ', '_')} ", lambda text: text.replace("-", " \u2013 "),
        lambda text: text.replace("/", " / "), lambda text: text.replace(" ", "   "),
    ]  # fmt: skip

    def one(axis: str) -> str:
        name = chance.choice(names[axis])
        if chance.random() < 0.3:
            name = chance.choice(changes)(name)
        odd = ["", " ", ";", "[", "]", "a][b", f"{name}]", f"[{name}", f"[{name}]", f"{name}][", "?", "0", "-1", "||"]
        return name if chance.random() < 0.98 else chance.choice(odd)

    def cell(axis: str) -> str | None:
        if chance.random() < 0.5:
            return None
        if not asked[axis]["repeatable"]:
            return one(axis)
        several = [one(axis) for _ in range(chance.choice((0, 1, 1, 2, 3, 5)))]
        return chance.choice((";", "; ", " ; ", ",", ", ", "|", " | ")).join(several)

    made: list[dict[str, Any]] = [
        {
            "claim": n,
            **{axis: cell(axis) for axis in asked},
            "date": chance.choice([None, "2020-05-01", chance.choice(DAYS)]),
        }
        for n in range(rows)
    ]
    return pa.Table.from_pylist(
        made, pa.schema([("claim", pa.int64()), *((name, pa.string()) for name in (*asked, "date"))])
    )


@ENGINES
def test_what_people_write_is_read_as_the_local_engine_reads_it(
    engine: Any, compiled: dict[str, Any], index: RuleIndex
) -> None:
    table = as_people_write(compiled, 4_000)
    rows = coded(engine, compiled, table)
    for row, other in zip(told(rows), by_coder(index, table), strict=True):
        assert row == [other[name] for name in FIELDS], other
    assert {row["status"] for row in rows} == STATUSES


@ENGINES
def test_only_some_columns_with_other_names(engine: Any, compiled: dict[str, Any], index: RuleIndex) -> None:
    table = plain(claims(index, 1_000, 8, pool=1_000))
    table = table.select(["claim", "approach", "level", "substance", "date"])
    parts = [None if cell is None else cell.partition("; ") for cell in table["level"].to_pylist()]
    table = table.append_column("first", pa.array([p and p[0] for p in parts], pa.string()))
    table = table.append_column("rest", pa.array([p and (p[2] or None) for p in parts], pa.string()))
    renamed = table.drop_columns(["level"]).rename_columns({"approach": 'by "way"', "date": "svc date"})
    columns = {"approach": ['by "way"'], "level": ["first", "rest"], "substance": ["substance"], "date": ["svc date"]}
    rows = coded(engine, compiled, renamed, columns=columns, prefix="")
    expected = by_coder(index, table.drop_columns(["first", "rest"]))
    assert told(rows) == told(expected)


def test_days_of_a_date_column(compiled: dict[str, Any], index: RuleIndex) -> None:
    table = plain(claims(index, 500, 9, pool=500))
    typed = table.set_column(table.column_names.index("date"), "date", table["date"].cast(pa.date32()))
    assert told(coded(in_duckdb, compiled, typed)) == told(by_coder(index, typed))


@ENGINES
def test_constraints_with_several_conditions(engine: Any, knowledge: Knowledge) -> None:
    rules = knowledge.index.rules
    first = next(d for d in rules.definitions if len(d.requirements) > 2)
    side = next(axis for axis in knowledge.index.asked_axes if axis.name == "side")
    wide = Constraint(first.requirements[:2], side.name, side.values[:1], "one of them")
    own = copy.copy(knowledge)
    own.__dict__["index"] = RuleIndex(replace(rules, constraints=(*rules.constraints, wide)))
    table = plain(claims(own.index, 2_000, 12, pool=2_000))
    assert own.index.wide_constraints
    assert told(coded(engine, compiled_rules(own), table)) == told(by_coder(own.index, table))
    assert told(by_coder(own.index, table)) != told(by_coder(knowledge.index, table))


def test_more_facts_than_an_integer_has_bits(knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spinecode.coding.sql_tables.BITS", 11)
    table = plain(claims(knowledge.index, 2_000, 13, pool=2_000))
    compiled = compiled_rules(knowledge)
    assert "own_3" in "\n".join(table_script(compiled))
    assert told(coded(in_duckdb, compiled, table)) == told(by_coder(knowledge.index, table))


@ENGINES
def test_names_with_commas_in_lists(engine: Any, knowledge: Knowledge) -> None:
    rules = knowledge.index.rules
    axis = next(a for a in knowledge.index.asked_axes if a.repeatable and a.name != "level")
    further = dict(zip(axis.values, ("thin, cold", "thin", "cold", "thin; warm", "warm"), strict=False))
    values = [replace(v, alt_labels=(*v.alt_labels, further[v.id])) if v.id in further else v for v in rules.values]
    own = copy.copy(knowledge)
    own.__dict__["index"] = RuleIndex(replace(rules, values=tuple(values)))
    texts = [
        "thin, cold", "thin,cold", "cold, thin", "thin, cold; warm", "warm; thin, cold", "warm, thin, cold",
        "thin; warm", "thin; warm; cold", "xthin, cold", "thin, cold, thin", "thin|cold", " thin , cold ",
        "[thin, cold]", "thin[ cold",
    ]  # fmt: skip
    others = {
        a.name: pa.array(["caudal" if a.name == "approach" else None] * len(texts), pa.string())
        for a in own.index.asked_axes
    }
    table = pa.table(
        {"claim": list(range(len(texts))), **others, axis.name: texts, "date": ["2024-05-31"] * len(texts)}
    )
    rows = coded(engine, compiled_rules(own), table)
    for row, other in zip(told(rows), by_coder(own.index, table), strict=True):
        assert row == [other[name] for name in FIELDS], other
    assert {row["status"] for row in rows} >= {"undetermined", REJECTED}


def unsayable() -> Iterator[tuple[str, Callable[[dict[str, Any]], object]]]:
    def value(compiled: dict[str, Any], axis: str) -> dict[str, Any]:
        return next(v for v in compiled["values"] if v["axis"] == axis)

    yield "has a modifier", lambda c: value(c, "substance")["modifiers"].append("XX")
    yield "implies a value that is counted", lambda c: value(c, "approach")["implies"].append(value(c, "level")["id"])
    yield "presume different things", lambda c: value(c, "approach")["presumes"].append(value(c, "delivery")["id"] + 1)
    yield "from which others follow", lambda c: value(c, "level")["implies"].append(value(c, "substance")["id"])
    yield (
        "leaves open what leaves",
        lambda c: next(v for v in c["values"] if v["narrower"])["narrower"].append(
            next(v for v in c["values"] if v["narrower"])["id"]
        ),
    )
    yield "leave [ and ] out", lambda c: value(c, "substance")["names"].append("a [b]")


@pytest.mark.parametrize(
    ("message", "change"), list(unsayable()), ids=lambda item: item if isinstance(item, str) else ""
)
def test_what_sql_cannot_say_is_refused(
    message: str, change: Callable[[dict[str, Any]], object], compiled: dict[str, Any]
) -> None:
    changed = copy.deepcopy(compiled)
    change(changed)
    with pytest.raises(InputError, match="SQL cannot") as error:
        sql_file(changed, Claims())
    assert message in str(error.value)
