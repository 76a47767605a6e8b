"""Tables are coded as the library codes their rows one by one, and files as tables."""

from __future__ import annotations

import pickle
from pathlib import Path

import polars
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import pytest
from click.testing import CliRunner

import spinecode
from spinecode.cli import cli
from spinecode.coding.answers import CONTRADICTORY, REJECTED, answer_of, joined, verdict_of
from spinecode.coding.coder import Coder, Options, code_table
from spinecode.description import from_mapping
from spinecode.errors import ContradictionError, InputError
from spinecode.index import RuleIndex
from spinecode.selection import select
from tests.made_claims import Given, claims, descriptions

ROWS = 5_000
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
    quiet = {"opened": lambda _: None}
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
