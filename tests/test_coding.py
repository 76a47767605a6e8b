"""Tables are coded as the library codes their rows one by one, and files as tables."""

from __future__ import annotations

import doctest
import pickle
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
import polars
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pyoxigraph
import pytest
from click.testing import CliRunner

import spinecode
from spinecode import vocabulary as v
from spinecode.cli import cli
from spinecode.coding.answers import CONTRADICTORY, REJECTED, answer_of, joined, verdict_of
from spinecode.coding.coder import Coder, Options, code_table
from spinecode.description import CODE, DATE, from_mapping, from_rdf
from spinecode.errors import ContradictionError, InputError
from spinecode.index import RuleIndex
from spinecode.selection import select
from tests.made_claims import Given, claims, descriptions

ROWS = 3_000
TODAY = "2026-01-01"


def by_library(index: RuleIndex, given: Given) -> dict[str, str | None]:
    try:
        description = from_mapping(index, given)
        selection = select(index, description, TODAY)
    except ContradictionError:
        return {"status": CONTRADICTORY}
    except InputError:
        return {"status": REJECTED}
    answer = answer_of(index, selection)
    verdict = verdict_of(index, selection, sorted(description.reported, key=list(index.codes).index))
    found = {**answer._asdict(), **verdict._asdict()}
    return {name: joined(value) if value not in ("", ()) else None for name, value in found.items()}


@pytest.mark.parametrize("lists", [False, True])
def test_each_row_has_the_answer_of_the_library(index: RuleIndex, lists: bool) -> None:
    coder = pickle.loads(pickle.dumps(Coder(index.rules, Options(check=True, today=TODAY))))
    coded = code_table(claims(index, ROWS, 5, pool=ROWS, lists=lists), None, coder).to_pylist()
    made = descriptions(index, 5)
    for row in coded:
        expected = by_library(index, next(made))
        assert {name: row[name] for name in expected} == expected
    assert {row["status"] for row in coded} == {"determined", "undetermined", "no-code", CONTRADICTORY, REJECTED}
    assert all(row["reason"] for row in coded if row["status"] in (CONTRADICTORY, REJECTED))


def test_frames_of_polars_and_pandas(index: RuleIndex) -> None:
    table = claims(index, 500, 3)
    expected = code_table(table, Options(today=TODAY))["codes"].to_pylist()
    frame = polars.from_arrow(table)
    assert spinecode.code_frame(frame, today=TODAY)["codes"].to_list() == expected
    coded = spinecode.code_frame(table.to_pandas(), today=TODAY)
    assert coded["codes"].astype(object).where(coded["codes"].notna(), None).to_list() == expected


@pytest.mark.parametrize("ending", ["parquet", "csv", "arrow", "ndjson"])
def test_files_hold_all_rows_but_the_rejected(index: RuleIndex, tmp_path: Path, ending: str) -> None:
    table = claims(index, 2_000, 4, pool=2_000)
    pa.parquet.write_table(table, tmp_path / "in.parquet")
    expected = [r for r in code_table(table, Options(today=TODAY)).to_pylist() if r["status"] != REJECTED]
    for source, out in (("in.parquet", f"mid.{ending}"), (f"mid.{ending}", "out.parquet")):
        arguments = ["code", str(tmp_path / source), str(tmp_path / out), "--date", TODAY]
        # the second time the columns of the first answer are there already
        result = CliRunner().invoke(cli, [*arguments, *(["--prefix", "again_"] if source != "in.parquet" else [])])
        assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    again = pa.parquet.read_table(tmp_path / "out.parquet").to_pylist()
    assert [int(row["claim"]) for row in again] == [row["claim"] for row in expected]
    assert [row["again_codes"] for row in again] == [row["codes"] for row in expected]
    assert not list(tmp_path.glob("*.parts"))
    rejects = (tmp_path / f"mid.{ending}.rejects.csv").read_text(encoding="utf-8").splitlines()
    assert len(rejects) - 1 == len(table) - len(expected)


def test_parts_are_taken_over(index: RuleIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from dataclasses import replace

    from spinecode.coding import run as coding_run
    from spinecode.coding import sources

    monkeypatch.setattr(sources, "PIECE_ROWS", 500)
    source, output = tmp_path / "in.parquet", tmp_path / "out.parquet"
    pa.parquet.write_table(claims(index, 5_000, 6), source)
    job = coding_run.Job(
        source, output, tmp_path / "r.csv", Options(today=TODAY), "parquet", "parquet", part_rows=1_000
    )
    quiet: dict[str, Any] = {"opened": lambda _: None}
    whole = coding_run.run(job, index.rules, **quiet)
    once = pa.parquet.read_table(output)
    output.unlink()
    (tmp_path / "r.csv").unlink()

    def end(read: int, rows: int) -> None:
        if rows > 3_200:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        coding_run.run(job, index.rules, end, **quiet)
    assert not output.exists()
    resumed = coding_run.run(replace(job, resume=True), index.rules, **quiet)
    assert 0 < resumed.resumed < resumed.parts
    assert (resumed.rows, resumed.statuses, resumed.rejected) == (whole.rows, whole.statuses, whole.rejected)
    assert pa.parquet.read_table(output).equals(once)


def coded(source: Path, output: Path, *options: str) -> list[dict[str, object]]:
    result = CliRunner().invoke(cli, ["code", str(source), str(output), "--date", TODAY, *options])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    return list(pa.parquet.read_table(output).to_pylist())


def test_every_name_of_a_value_says_the_same(index: RuleIndex) -> None:
    for axis in index.asked_axes:
        for number in axis.values:
            value = index.values[number]
            names = {value.name, value.label, *value.alt_labels, *value.other_names, value.iri, value.name.upper()}
            known = [name for name in names if index.value_named(axis.name, name) == number]
            frame = polars.DataFrame({axis.name: known})
            answers = spinecode.code_frame(frame, today=TODAY).select("status", "candidates", "ask", "codes")
            assert len(answers.unique()) == 1, (axis.name, known)
            assert answers["status"][0] != REJECTED


def test_several_values_in_each_format(index: RuleIndex, tmp_path: Path) -> None:
    repeatable = [axis for axis in index.asked_axes if axis.repeatable]
    chosen = {axis.name: [index.values[n].name for n in axis.values[:2]] for axis in repeatable}
    lists = pa.table({name: pa.array([values], pa.list_(pa.string())) for name, values in chosen.items()})
    expected = code_table(lists, Options(today=TODAY)).select(["status", "candidates", "ask"]).to_pylist()
    pa.parquet.write_table(lists, tmp_path / "lists.parquet")
    with pa.ipc.new_file(tmp_path / "lists.arrow", lists.schema) as writer:
        writer.write_table(lists)
    (tmp_path / "lists.ndjson").write_bytes(orjson.dumps(chosen) + b"\n")
    for number, between in enumerate((";", "|", ", ", " ; ")):
        texts = pa.table({name: [between.join(values)] for name, values in chosen.items()})
        pyarrow.csv.write_csv(texts, tmp_path / f"lists{number}.csv")
    node = "<urn:it> "
    triples = [f"{node}<{v.TYPE.value}> <{v.INJECTION.value}> ."]
    for axis in repeatable:
        triples += [f"{node}<{axis.property}> <{index.values[n].iri}> ." for n in axis.values[:2]]
    (tmp_path / "lists.nt").write_text("\n".join(triples) + "\n", encoding="utf-8")
    files = sorted(tmp_path.glob("lists*"))
    assert len(files) == 8
    for place, file in enumerate(files):
        rows = coded(file, tmp_path / f"out{place}.parquet")
        assert [{name: row[name] for name in expected[0]} for row in rows] == expected, file


def test_fields_that_are_no_axis_stay_what_they_are(index: RuleIndex, tmp_path: Path) -> None:
    axis = index.asked_axes[0]
    others: list[dict[str, Any]] = [
        {"id": 2**64 - 1, "of": {"a": [1]}, "n": 1},
        {"id": -(2**63), "of": None, "n": 2.5},
        {"id": 3, "of": 4, "n": None},
    ]
    rows = [{axis.name: index.values[axis.values[0]].name} | other for other in others]
    (tmp_path / "in.ndjson").write_bytes(b"\n".join(map(orjson.dumps, rows)) + b"\n")
    result = CliRunner().invoke(cli, ["code", str(tmp_path / "in.ndjson"), str(tmp_path / "out.ndjson")])
    assert result.exit_code == 0, result.output
    out = [orjson.loads(line) for line in (tmp_path / "out.ndjson").read_bytes().splitlines()]
    assert [{name: row[name] for name in ("id", "of", "n")} for row in out] == others


def test_a_mapping_names_the_columns(index: RuleIndex, tmp_path: Path) -> None:
    table = claims(index, 300, 8, pool=300)
    renamed = table.rename_columns([f"our {name}" for name in table.column_names])
    pa.parquet.write_table(renamed, tmp_path / "in.parquet")
    mapping = {f"our {name}": name for name in table.column_names[1:]}
    (tmp_path / "map.json").write_bytes(orjson.dumps(mapping))
    rows = coded(tmp_path / "in.parquet", tmp_path / "out.parquet", "--columns", str(tmp_path / "map.json"), "--check")
    expected = [r for r in code_table(table, Options(check=True, today=TODAY)).to_pylist() if r["status"] != REJECTED]
    for name in ("status", "codes", "units", "modifiers", "candidates", "ask", "verdict", "why"):
        assert [row[name] for row in rows] == [row[name] for row in expected]
    assert [row["our claim"] for row in rows] == [row["claim"] for row in expected]


def test_reported_codes_are_checked(index: RuleIndex) -> None:
    for made in islice(descriptions(index, 9, odd=0), 400):
        made.pop(CODE, None)
        selection = by_library(index, made)
        if selection["status"] != "determined" or not selection["codes"]:
            continue
        right = str(selection["codes"]).split("|")
        other = next(code for code in index.codes if code not in right)
        given = {name: ["; ".join(values)] * 4 for name, values in made.items()}
        given[CODE] = ["; ".join(right), "; ".join([*right, other]), other, ""]
        found = code_table(pa.table(given), Options(check=True, today=TODAY)).to_pylist()
        assert [row["verdict"] for row in found] == ["correct", "wrong", "wrong", None]
        assert found[0]["why"] is None
        assert other in found[1]["why"]
        assert all(code in found[2]["why"] for code in (*right, other))
        return
    pytest.fail("no description is determined")


@pytest.mark.parametrize("unusual", [False, True])
def test_triples_are_read_as_the_library_reads_them(index: RuleIndex, tmp_path: Path, unusual: bool) -> None:
    lines = []
    for number, given in enumerate(islice(descriptions(index, 10), 300)):
        node = f"<urn:it:{number}>" if number % 3 else f"_:b{number}"
        stated = [(v.TYPE.value, f"<{v.INJECTION.value}>")]
        for name, texts in given.items():
            for text in texts:
                if name == DATE:
                    stated.append((v.DATE_OF_SERVICE.value, f'"{text}"^^<{v.term("xsd:date").value}>'))
                elif name == CODE:
                    stated.append((v.REPORTED_CODE.value, f'"{text}"'))
                else:
                    known = index.value_named(name, text)
                    told = f"<{index.values[known].iri}>" if known is not None and number % 2 else f'"{text}"'
                    stated.append((index.axes[name].property, told))
        lines += [f"{node} <{relation}> {told} ." for relation, told in stated]
    if unusual:
        ways = (
            lambda line: line.replace(" ", "\t", 2),
            lambda line: "  " + line.replace(" ", "   ", 1) + "  # so it is",
            lambda line: line.replace("https:", "https\\u003A").replace("> .", ">."),
            lambda line: line,
        )
        lines = [ways[place % 4](line) for place, line in enumerate(lines)]
        lines.insert(len(lines) // 2, "")
    (tmp_path / "in.nt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    rows = coded(tmp_path / "in.nt", tmp_path / "out.parquet")
    expected = []
    quads = list(pyoxigraph.parse(path=str(tmp_path / "in.nt")))
    for node in dict.fromkeys(quad.subject for quad in quads):
        own = [quad for quad in quads if quad.subject == node]
        try:
            answer = answer_of(index, select(index, from_rdf(index, own)[0], TODAY))
            expected.append((answer.status, joined(answer.codes) or None))
        except ContradictionError:
            expected.append((CONTRADICTORY, None))
        except InputError:
            pass
    assert [(row["status"], row["codes"]) for row in rows] == expected
    assert 200 < len(rows) <= 300


def test_the_examples_of_the_library_are_true() -> None:
    import spinecode.coding.frames as module

    found = doctest.testmod(module)
    assert found.attempted
    assert not found.failed
