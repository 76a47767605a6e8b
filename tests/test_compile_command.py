"""``spinecode compile``: what it writes, and what it says of what it cannot write."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from spinecode.cli import cli
from spinecode.coding.answers import CONTRADICTORY, REJECTED, UNDECIDED, WRONG
from spinecode.description import from_mapping
from spinecode.index import RuleIndex
from spinecode.selection import select

TODAY = "2026-01-01"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["compile", *arguments], standalone_mode=False)


@pytest.mark.parametrize("name", ["rules.json", "rules.arrow", "rules.sql"])
def test_the_command_writes_each_format(tmp_path: Path, name: str) -> None:
    output = tmp_path / name
    result = run(str(output))
    assert result.return_value == 0, result.exception
    assert str(output) in result.output
    content = output.read_bytes()
    refused = run(str(output))
    assert "--force" in str(refused.exception)
    output.write_bytes(b"something else")
    assert run(str(output), "--force").return_value == 0
    assert output.read_bytes() == content
    assert [file.name for file in tmp_path.iterdir()] == [name]


def test_links_and_pipes_stay_what_they_are(tmp_path: Path) -> None:
    link, pipe = tmp_path / "link.json", tmp_path / "pipe.json"
    (tmp_path / "rules.json").write_text("old", encoding="utf-8")
    link.symlink_to("rules.json")
    assert "--force" in str(run(str(link)).exception)
    assert run(str(link), "--force").return_value == 0
    assert link.is_symlink()
    content = (tmp_path / "rules.json").read_bytes()
    os.mkfifo(pipe)
    with ThreadPoolExecutor(1) as pool:
        read = pool.submit(pipe.read_bytes)
        assert run(str(pipe)).return_value == 0
        assert read.result(10) == content
    assert pipe.is_fifo()


def test_columns_are_named_by_a_file(tmp_path: Path) -> None:
    axes = {"way": "approach", "lvl1": "Level", "lvl2": "level", "reported": "code"}
    (tmp_path / "columns.json").write_text(json.dumps(axes), encoding="utf-8")
    columns = ["--columns", str(tmp_path / "columns.json")]
    output = tmp_path / "rules.sql"
    assert run(str(output), *columns, "--view", "coded", "--prefix", "sc_", "--date", TODAY).return_value == 0
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE claims (way, lvl1, lvl2, status)")
    database.execute("INSERT INTO claims VALUES ('caudal', NULL, 'C3-C4', 'paid')")
    database.executescript(output.read_text(encoding="utf-8"))
    assert database.execute("SELECT status, sc_status FROM coded").fetchall() == [("paid", CONTRADICTORY)]
    database.close()


def test_the_view_of_the_script(tmp_path: Path) -> None:
    assert run(str(tmp_path / "rules.sql"), "--table", "main.c", "--view", "coded", "--date", TODAY).return_value == 0
    database = sqlite3.connect(":memory:")
    database.execute(
        "CREATE TABLE c (approach, region, level, space, guidance, delivery, substance, side, purpose, muscles, date)"
    )
    database.execute("INSERT INTO c (approach) VALUES ('nonsense')")
    database.executescript((tmp_path / "rules.sql").read_text(encoding="utf-8"))
    assert database.execute("SELECT status, unread FROM coded").fetchall() == [(REJECTED, "approach")]
    database.close()


def test_the_view_checks_the_reported_codes(tmp_path: Path, index: RuleIndex) -> None:
    axes = {"way": "approach", "billed": "code", "billed_2": "Code"}
    (tmp_path / "columns.json").write_text(json.dumps(axes), encoding="utf-8")
    columns = ["--columns", str(tmp_path / "columns.json"), "--prefix", "sc_", "--date", TODAY]
    assert run(str(tmp_path / "rules.sql"), *columns, "--check", "--view", "coded").return_value == 0
    database = sqlite3.connect(":memory:")
    database.execute("CREATE TABLE claims (way, billed, billed_2)")
    [first, second] = select(index, from_mapping(index, {"approach": "caudal"}), TODAY).candidates[:2]
    other = next(code for code in index.codes if code not in (first, second))
    rows = [("caudal", first, None), ("caudal", first, other), ("caudal", None, "nothing")]
    database.executemany("INSERT INTO claims VALUES (?, ?, ?)", rows)
    database.executescript((tmp_path / "rules.sql").read_text(encoding="utf-8"))
    found = database.execute("SELECT sc_verdict, sc_refuted, sc_missing, sc_unread FROM coded ORDER BY sc_verdict")
    assert found.fetchall() == [(None, None, None, "code"), (UNDECIDED, None, None, None), (WRONG, other, None, None)]
    database.close()


def faults() -> Iterator[tuple[list[str], str]]:
    yield ["rules.xyz"], "ending"
    yield ["-"], "--format"
    yield ["nowhere/rules.json"], "no such folder"
    yield ["folder"], "ending"
    yield ["folder", "--format", "json"], "is a folder"
    yield ["closed/rules.json"], "cannot be written"
    yield ["rules.json", "--table", "claims"], "--table is for SQL"
    yield ["rules.sql", "--date", "1980-01-01"], "from 2000-01-01"
    yield ["rules.sql", "--date", "soon"], "not a date"
    yield ["rules.sql", "--table", "."], "--table needs a name"
    yield ["rules.sql", "--columns", "columns.json"], "no axis 'colour'"
    yield ["rules.sql", "--columns", "twice.json"], "takes one"
    yield ["rules.json", "--check"], "--check is for SQL"
    yield ["rules.sql", "--check", "--columns", "unreported.json"], "No column has the reported codes"


@pytest.mark.parametrize(("arguments", "message"), list(faults()), ids=lambda item: " ".join(item)[:40])
def test_faults_are_told(arguments: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    (tmp_path / "columns.json").write_text('{"c": "colour"}', encoding="utf-8")
    (tmp_path / "unreported.json").write_text('{"way": "approach"}', encoding="utf-8")
    (tmp_path / "twice.json").write_text('{"a": "approach", "b": "Approach"}', encoding="utf-8")
    if arguments[0].startswith("closed"):

        def refuse(*_: object, **__: object) -> None:
            raise PermissionError(13, "Permission denied")

        (tmp_path / "closed").mkdir()
        # a folder is never read-only to root
        monkeypatch.setattr("tempfile.NamedTemporaryFile", refuse)
    before = sorted(tmp_path.rglob("*"))
    result = run(*arguments)
    assert message in str(result.exception)
    assert sorted(tmp_path.rglob("*")) == before
