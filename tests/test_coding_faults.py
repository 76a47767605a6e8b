"""What goes wrong with tables: one clear line, nothing lost, nothing doubled, and runs that go on where they ended."""

from __future__ import annotations

import csv
import gzip
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from spinecode.cli import main
from spinecode.coding import csv_source
from spinecode.index import RuleIndex
from tests.conftest import ROOT
from tests.made_claims import claims

TODAY = "2026-01-01"


class Told(NamedTuple):
    status: int
    out: str
    err: str


Code = Callable[..., Told]


@pytest.fixture
def code(capsys: pytest.CaptureFixture[str]) -> Code:
    """Runs ``spinecode code`` as its user does."""

    def run(*arguments: object) -> Told:
        with pytest.raises(SystemExit) as ended:
            main(["code", *map(str, arguments), "--date", TODAY])
        told = capsys.readouterr()
        return Told(int(ended.value.code or 0), told.out, told.err)

    return run


def refused(told: Told, *words: str) -> None:
    assert told.status == 2
    assert told.out == ""
    assert told.err.startswith("spinecode: ")
    assert told.err.count("\n") == 1
    for word in words:
        assert word in told.err


def rejects_of(path: Path) -> list[tuple[int, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return [(int(row["row"]), row["reason"]) for row in csv.DictReader(file)]


@pytest.fixture
def names(index: RuleIndex) -> tuple[str, str, str]:
    """An axis, a value of it, and another axis."""
    axis, other = index.asked_axes[0], index.asked_axes[1]
    return axis.name, index.values[axis.values[0]].name, other.name


# ------------------------------------------------------------------ rows


def test_rows_that_cannot_be_read_are_told_by_number(code: Code, tmp_path: Path, names: tuple[str, str, str]) -> None:
    axis, value, _ = names
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    lines = [f"claim,{axis}", f"a,{value}", "b,one,two", f"c,{value}", "d", "e,nonsense", f"f,{value}"]
    source.write_bytes("\n".join(lines).encode() + b"\ng," + b"\xff\xfe" + f"\nh,{value}\n".encode())
    told = code(source, out, "--format", "json")
    assert told.status == 1
    summary = json.loads(told.out)
    assert (summary["rows"], summary["coded"], summary["rejected"]) == (8, 4, 4)
    found = rejects_of(tmp_path / "out.csv.rejects.csv")
    assert [row for row, _ in found] == [2, 4, 5, 7]
    assert "3 cells" in found[0][1]
    assert "nonsense" in found[2][1]
    assert "UTF-8" in found[3][1]
    with (tmp_path / "out.csv.rejects.csv").open(encoding="utf-8", newline="") as file:
        texts = [row["text"] for row in csv.DictReader(file)]
    assert texts[:2] == ["b,one,two", "d"]
    assert json.loads(texts[3]) == {"claim": "g", axis: "\ufffd\ufffd"}
    with out.open(encoding="utf-8", newline="") as file:
        assert [row["claim"] for row in csv.DictReader(file)] == ["a", "c", "f", "h"]


def test_lines_that_are_no_json_are_told_by_number(code: Code, tmp_path: Path, names: tuple[str, str, str]) -> None:
    axis, value, _ = names
    source, out = tmp_path / "in.ndjson", tmp_path / "out.ndjson"
    good = json.dumps({"claim": 1, axis: value})
    source.write_text("\n".join([good, "{", "[1]", json.dumps({axis: {"a": 1}}), good]) + "\n", encoding="utf-8")
    assert code(source, out).status == 1
    assert [row for row, _ in rejects_of(tmp_path / "out.ndjson.rejects.csv")] == [2, 3, 4]
    assert [json.loads(line)["claim"] for line in out.read_text(encoding="utf-8").splitlines()] == [1, 1]


def test_ndjson_with_a_byte_order_mark(code: Code, tmp_path: Path, names: tuple[str, str, str]) -> None:
    source, out = tmp_path / "in.ndjson", tmp_path / "out.ndjson"
    source.write_text(json.dumps({names[0]: names[1]}) + "\n", encoding="utf-8-sig")
    assert code(source, out).status == 0
    assert json.loads(out.read_text(encoding="utf-8"))[names[0]] == names[1]


NUMBERS = st.one_of(
    st.integers(-(1 << 63), (1 << 64) - 1),
    st.integers(-(1 << 70), 1 << 70),
    st.integers((1 << 53) - 1, (1 << 53) + 2),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([None, True, "x", [1 << 60], {"a": 1.5}, 0, 10**300]),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(numbers=st.lists(NUMBERS, min_size=1, max_size=4))
@example(numbers=[(1 << 53) + 1, 1.5])
@example(numbers=[1 << 64, 1 << 65])
@example(numbers=[(1 << 53) + 1, 1])
def test_numbers_of_ndjson_stay_exact(
    code: Code, tmp_path: Path, names: tuple[str, str, str], numbers: list[object]
) -> None:
    axis, value, _ = names
    source, out = tmp_path / "in.ndjson", tmp_path / "out.ndjson"
    large = [isinstance(number, int) and not -(1 << 63) <= number < 1 << 64 for number in numbers]
    lines = [json.dumps(row) for row in ({axis: value}, *({axis: value, "n": number} for number in numbers))]
    source.write_text("\n".join(lines), encoding="utf-8")
    told = code(source, out, "--force")
    assert (told.status, told.err) == (1 if any(large) else 0, "")
    found = [json.loads(line).get("n") for line in out.read_text(encoding="utf-8").splitlines()[1:]]
    assert found == [number for number, lost in zip(numbers, large, strict=True) if not lost]
    if any(large):
        assert all("64 bits" in reason for _, reason in rejects_of(tmp_path / "out.ndjson.rejects.csv"))


def test_too_many_rejects_end_the_run(code: Code, tmp_path: Path, names: tuple[str, str, str]) -> None:
    source = tmp_path / "in.csv"
    source.write_text(f"{names[0]}\nnonsense\n{names[1]}\nnonsense\n", encoding="utf-8")
    refused(code(source, tmp_path / "out.csv", "--limit-rejects", 1), "2 rows", "Row 1:")
    assert not (tmp_path / "out.csv").exists()
    assert code(source, tmp_path / "out.csv", "--limit-rejects", 2, "--force").status == 1


def test_csv_as_spreadsheets_write_it(code: Code, tmp_path: Path, names: tuple[str, str, str]) -> None:
    axis, value, other = names
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    text = f'{axis};note;{other}\r\n{value};"two\r\nlines; and ""more""";\r\n{value};plain;\r\n'
    source.write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert code(source, out).status == 0
    with out.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["note"] for row in rows] == ['two\r\nlines; and "more"', "plain"]
    assert {row["status"] for row in rows} <= {"undetermined", "determined"}
    assert [row[axis] for row in rows] == [value, value]


def test_csv_that_is_packed(code: Code, tmp_path: Path, names: tuple[str, str, str]) -> None:
    axis, value, _ = names
    text = f"claim\t{axis}\n" + f"a\t{value}\n" * 50_000
    (tmp_path / "plain.tsv").write_text(text, encoding="utf-8")
    packed = gzip.compress(text[:9000].encode()) + gzip.compress(text[9000:].encode())
    for name in ("in.tsv.gz", "IN.CSV.GZ"):
        (tmp_path / name).write_bytes(packed)
        assert code(tmp_path / name, tmp_path / f"{name}.csv").status == 0
    assert code(tmp_path / "plain.tsv", tmp_path / "plain.csv").status == 0
    coded = (tmp_path / "plain.csv").read_bytes()
    assert [(tmp_path / f"{name}.csv").read_bytes() for name in ("in.tsv.gz", "IN.CSV.GZ")] == [coded] * 2
    # what is wrong with the input is not said of the output
    (tmp_path / "cut.csv.gz").write_bytes(packed[: len(packed) * 2 // 3])
    refused(code(tmp_path / "cut.csv.gz", tmp_path / "cut.csv"), "cut.csv.gz", "cannot be read as CSV")
    (tmp_path / "no.csv.gz").write_text(text, encoding="utf-8")
    refused(code(tmp_path / "no.csv.gz", tmp_path / "no.csv"), "no.csv.gz", "cannot be read as CSV")


def test_empty_lines_of_csv(code: Code, tmp_path: Path, names: tuple[str, str, str]) -> None:
    axis, value, _ = names
    source, out, rejects = tmp_path / "in.csv", tmp_path / "out.csv", tmp_path / "out.csv.rejects.csv"
    # in one column, an empty line is an empty cell
    source.write_text(f"{axis}\n{value}\n\n{value}\nnonsense\n\n", encoding="utf-8")
    told = code(source, out, "--format", "json")
    assert json.loads(told.out)["rows"] == 5
    assert [row for row, _ in rejects_of(rejects)] == [4]
    # in more, it is no row
    source.write_text(f"claim,{axis}\na,{value}\n\nb,{value}\nc,nonsense\nd\n\n", encoding="utf-8")
    told = code(source, out, "--format", "json", "--force")
    assert json.loads(told.out)["rows"] == 4
    assert [row for row, _ in rejects_of(rejects)] == [3, 4]


@pytest.mark.parametrize("tail", ["", "\n", '\n{value},"fine"', '\n{value},"fine"\n', "\r\n{value},\r\n"])
@pytest.mark.parametrize("row", ['{value},"open', '"{value},open', '{value},"open\n\n""'])
def test_a_quote_that_is_not_closed(
    code: Code, tmp_path: Path, names: tuple[str, str, str], row: str, tail: str
) -> None:
    axis, value, _ = names
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    before = f'{axis},x\n{value},"two\nlines"\n{value},1\n'
    # a text after a quote would close it, so each of these ends within it
    text = row.replace("{value}", value) + tail.replace("{value}", value).replace('"', '""')
    source.write_text(before + text, encoding="utf-8", newline="")
    refused(code(source, out), "in.csv", "quote that begins in line 5 is not closed")
    assert not out.exists()
    source.write_text(f'{axis}\n"{value}\n{value}\n', encoding="utf-8")
    refused(code(source, out), "quote that begins in line 2 is not closed")
    source.write_text(f'{axis},"x\n{value},\n', encoding="utf-8")
    refused(code(source, out), "quote in the heading is not closed")


@pytest.mark.parametrize("end", ["", "\n"])
def test_csv_of_a_heading_alone(code: Code, tmp_path: Path, names: tuple[str, str, str], end: str) -> None:
    for heading in (names[0], f"claim,{names[0]}"):
        (tmp_path / "in.csv").write_text(heading + end, encoding="utf-8")
        assert code(tmp_path / "in.csv", tmp_path / "out.csv", "--force").status == 0


@pytest.mark.parametrize("size", range(60, 180, 7))
def test_csv_in_pieces_of_any_size(
    code: Code, tmp_path: Path, names: tuple[str, str, str], size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    axis, value, _ = names
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text(f"claim,{axis}" + f"\na,{value}\n\nb\nc,nonsense" * 9, encoding="utf-8")
    monkeypatch.setattr(csv_source, "PIECE_BYTES", size)
    assert code(source, out).status == 1
    assert len(out.read_text(encoding="utf-8").splitlines()) == 10
    found = rejects_of(tmp_path / "out.csv.rejects.csv")
    assert [row for row, _ in found] == [number for number in range(1, 28) if number % 3 != 1]


@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\n\n"])
def test_the_last_row_of_csv_may_be_quoted(code: Code, tmp_path: Path, names: tuple[str, str, str], end: str) -> None:
    axis, value, _ = names
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text(f'{axis},x\n{value},5" long\n{value},"a ""b""\n"{end}', encoding="utf-8", newline="")
    assert code(source, out).status == 0
    with out.open(encoding="utf-8", newline="") as file:
        assert [row["x"] for row in csv.DictReader(file)] == ['5" long', 'a "b"\n']


def test_csv_without_a_heading(code: Code, tmp_path: Path, names: tuple[str, str, str]) -> None:
    source = tmp_path / "in.csv"
    for start in (b"", b"\xef\xbb\xbf"):
        source.write_bytes(start)
        refused(code(source, tmp_path / "out.csv"), "The file is empty")
        source.write_bytes(start + f"\n{names[0]}\n{names[1]}\n".encode())
        refused(code(source, tmp_path / "out.csv"), "The first line is blank")


# ------------------------------------------------------------------ tables


def test_a_table_without_rows_is_coded(code: Code, tmp_path: Path, index: RuleIndex) -> None:
    empty = claims(index, 10, 1).slice(0, 0)
    pa.parquet.write_table(empty, tmp_path / "in.parquet")
    assert code(tmp_path / "in.parquet", tmp_path / "out.csv").status == 0
    # only a heading is left, which is a table too
    assert code(tmp_path / "out.csv", tmp_path / "out.parquet", "--prefix", "again_").status == 0
    found = pa.parquet.read_table(tmp_path / "out.parquet")
    assert found.num_rows == 0
    assert {"again_status", "status", "claim"} <= set(found.column_names)


@pytest.mark.parametrize("name", ["in.csv", "in.ndjson", "in.parquet", "in.arrow", "in.nt"])
def test_an_empty_file_is_no_table(code: Code, tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"")
    refused(code(tmp_path / name, tmp_path / "out.csv"), name)
    assert sorted(path.name for path in tmp_path.iterdir()) == [name]


@pytest.mark.parametrize("ending", ["parquet", "arrow"])
def test_a_truncated_file_is_no_table(code: Code, tmp_path: Path, index: RuleIndex, ending: str) -> None:
    pa.parquet.write_table(claims(index, 2_000, 1), tmp_path / "whole.parquet")
    code(tmp_path / "whole.parquet", tmp_path / f"in.{ending}", "--prefix", "first_")
    whole = (tmp_path / f"in.{ending}").read_bytes()
    (tmp_path / f"in.{ending}").write_bytes(whole[: len(whole) // 2])
    refused(code(tmp_path / f"in.{ending}", tmp_path / "out.csv"), f"in.{ending}")
    assert not (tmp_path / "out.csv").exists()


def test_a_parquet_file_that_is_broken_inside(code: Code, tmp_path: Path, index: RuleIndex) -> None:
    source = tmp_path / "in.parquet"
    pa.parquet.write_table(claims(index, 20_000, 1, pool=20_000), source, row_group_size=5_000)
    place = pa.parquet.ParquetFile(source).metadata.row_group(2).column(0).data_page_offset
    broken = bytearray(source.read_bytes())
    broken[place : place + 200] = b"\xff" * 200
    source.write_bytes(broken)
    refused(code(source, tmp_path / "out.parquet"), "in.parquet", "from row 10001 on")
    assert not (tmp_path / "out.parquet").exists()


def test_columns_that_are_missing_or_of_a_wrong_type(code: Code, tmp_path: Path, names: tuple[str, str, str]) -> None:
    axis, value, _ = names
    out = tmp_path / "out.parquet"

    def table(**columns: pa.Array) -> Path:
        pa.parquet.write_table(pa.table(columns), tmp_path / "in.parquet")
        return tmp_path / "in.parquet"

    refused(code(table(what=pa.array(["x"])), out), "No column tells of an axis", axis)
    refused(code(table(**{axis: pa.array([value])}), out, "--check"), "reported codes")
    (tmp_path / "map.json").write_text(json.dumps({"nowhere": axis}), encoding="utf-8")
    refused(code(table(**{axis: pa.array([value])}), out, "--columns", tmp_path / "map.json"), "'nowhere'")
    (tmp_path / "map.json").write_text(json.dumps({"what": "nothing"}), encoding="utf-8")
    refused(code(table(what=pa.array([value])), out, "--columns", tmp_path / "map.json"), "'nothing'")
    (tmp_path / "map.json").write_text("[", encoding="utf-8")
    refused(code(table(what=pa.array([value])), out, "--columns", tmp_path / "map.json"), "map.json", "no JSON")
    for wrong in (pa.array([True]), pa.array([{"a": 1}]), pa.array([1.5]), pa.array([b"x"])):
        refused(code(table(**{axis: wrong}), out, "--force"), repr(axis), str(wrong.type))
    refused(code(table(**{axis: pa.array([value]), "status": pa.array(["x"])}), out, "--force"), "'status'", "--prefix")
    assert not out.exists()


def test_names_that_tell_no_format(code: Code, tmp_path: Path) -> None:
    (tmp_path / "in.xlsx").write_bytes(b"PK")
    refused(code(tmp_path / "in.xlsx", tmp_path / "out.csv"), "in.xlsx", ".parquet")
    refused(code(tmp_path / "in.csv", tmp_path / "out.txt"), "out.txt", ".parquet")
    refused(code(tmp_path / "in.csv", tmp_path / "out.csv"), "no such file")
    for name in ("out.tsv", "out.TSV", "out.csv.gz", "out.CSV.GZ", "out.csv.Gz"):
        refused(code(tmp_path / "in.csv", tmp_path / name), name, "format of the output")


# ------------------------------------------------------------------ outputs


def test_an_output_that_exists_is_kept(code: Code, tmp_path: Path, names: tuple[str, str, str]) -> None:
    source, out = tmp_path / "in.csv", tmp_path / "out.csv"
    source.write_text(f"{names[0]}\n{names[1]}\n", encoding="utf-8")
    out.write_text("mine", encoding="utf-8")
    refused(code(source, out), "out.csv", "--force")
    assert out.read_text(encoding="utf-8") == "mine"
    refused(code(source, source, "--force"), "is the input")
    assert code(source, out, "--force").status == 0
    assert out.read_text(encoding="utf-8").startswith(f'"{names[0]}"')


def test_rejects_have_a_place_before_anything_is_coded(code: Code, tmp_path: Path, names: tuple[str, str, str]) -> None:
    axis, value, _ = names
    source, out, rejects = tmp_path / "in.csv", tmp_path / "out.csv", tmp_path / "out.csv.rejects.csv"
    source.write_text(f"{axis}\n{value}\nno such thing\n", encoding="utf-8")
    before = source.read_text(encoding="utf-8")
    refused(code(source, out, "--rejects", source, "--force"), "rejects is the input")
    refused(code(source, out, "--rejects", out), "rejects is the output")
    refused(code(source, out, "--rejects", tmp_path / "no" / "rejects.csv"), "no such folder")
    rejects.write_text("dear\n", encoding="utf-8")
    refused(code(source, out), "rejects exists already", "--force")
    # nor is it taken for what a run that was ended has left
    refused(code(source, out, "--resume"), "by now", "--force")
    assert (source.read_text(encoding="utf-8"), rejects.read_text(encoding="utf-8")) == (before, "dear\n")
    assert not out.exists()
    assert code(source, out, "--force").status == 1
    assert [row for row, _ in rejects_of(rejects)] == [2]


def test_what_is_no_file_is_never_replaced(code: Code, tmp_path: Path, names: tuple[str, str, str]) -> None:
    (tmp_path / "in.csv").write_text(f"{names[0]}\n{names[1]}\n", encoding="utf-8")
    pipe = tmp_path / "out.csv"
    os.mkfifo(pipe)
    refused(code(tmp_path / "in.csv", pipe, "--force"), str(pipe), "no file")
    assert pipe.is_fifo()


def test_a_folder_that_is_not_there(code: Code, tmp_path: Path, names: tuple[str, str, str]) -> None:
    source = tmp_path / "in.csv"
    source.write_text(f"{names[0]}\n{names[1]}\n", encoding="utf-8")
    refused(code(source, tmp_path / "no" / "out.csv"), "no such folder")


@pytest.fixture
def mounted(tmp_path: Path) -> Iterator[Callable[[str], Path]]:
    """Mounts a file system in memory, where the machine lets a test do so."""
    folders: list[Path] = []

    def mount(options: str) -> Path:
        folder = tmp_path / f"mounted{len(folders)}"
        folder.mkdir()
        told = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], capture_output=True, text=True, check=False
        )
        if told.returncode:
            pytest.skip(f"a file system cannot be mounted here: {told.stderr.strip()}")
        folders.append(folder)
        return folder

    yield mount
    for folder in folders:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def test_a_folder_that_is_read_only(
    code: Code, tmp_path: Path, names: tuple[str, str, str], request: pytest.FixtureRequest
) -> None:
    source = tmp_path / "in.csv"
    source.write_text(f"{names[0]}\n{names[1]}\n", encoding="utf-8")
    if os.geteuid() == 0:
        # who may do anything may write to any folder that is not mounted otherwise
        folder = request.getfixturevalue("mounted")("ro")
    else:
        folder = tmp_path / "closed"
        folder.mkdir(mode=0o500)
    refused(code(source, folder / "out.csv"), "cannot be written")


def test_a_full_disk_keeps_what_was_finished(whole: Whole, mounted: Callable[[str], Path]) -> None:
    # room for some parts, but not for all
    folder = mounted("size=700k")
    out = folder / "out.parquet"
    told = script(whole.source, out)
    refused(told, "No space left on device", "--resume")
    assert not out.exists()
    assert list(folder.glob("out.parquet.parts/part-*.json"))
    subprocess.run(["mount", "-o", "remount,size=20m", str(folder)], check=True)
    resumed(whole, out)


@pytest.mark.skipif(sys.platform == "win32", reason="there are no limits of this kind")
def test_a_file_that_becomes_too_large_keeps_what_was_finished(tmp_path: Path, whole: Whole) -> None:
    out = tmp_path / "out.parquet"
    # each part has room, all of them together have none
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, resource.RLIM_INFINITY))"
    refused(script(whole.source, out, limit), "cannot be written", "File too large", "--resume")
    assert not out.exists()
    resumed(whole, out)


# ------------------------------------------------------------------ runs that are ended

#: Runs the command with small parts, after what a test changes.
SCRIPT = """
import functools, os, signal, sys
import spinecode.coding.parts as parts
import spinecode.coding.run as run
import spinecode.coding.sources as sources
from spinecode.coding.coder import Coder
from spinecode.cli import main
sources.PIECE_ROWS = 1_000
run.Job = functools.partial(run.Job, part_rows=4_000)
def after(owner, name, count, number):
    original, calls = getattr(owner, name), [0]
    @functools.wraps(original)
    def counted(*arguments, **named):
        calls[0] += 1
        if calls[0] == count:
            os.kill(os.getpid(), number)
        return original(*arguments, **named)
    setattr(owner, name, counted)
{change}
main(sys.argv[1:])
"""


def script(source: Path, out: Path, change: str = "", *more: str) -> Told:
    """Run the command in a process of its own; it can be killed."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "server")}
    text = SCRIPT.replace("{change}", change)
    arguments = ["code", str(source), str(out), "--date", TODAY, "--check", *more]
    found = subprocess.run(
        [sys.executable, "-c", text, *arguments], capture_output=True, text=True, env=environment, check=False
    )
    return Told(found.returncode, found.stdout, found.stderr)


class Whole(NamedTuple):
    """A table, and what becomes of it when nothing goes wrong."""

    source: Path
    coded: pa.Table
    rejects: bytes


@pytest.fixture(scope="module")
def whole(index: RuleIndex, tmp_path_factory: pytest.TempPathFactory) -> Whole:
    folder = tmp_path_factory.mktemp("whole")
    source, out = folder / "in.parquet", folder / "out.parquet"
    pa.parquet.write_table(claims(index, 30_000, 2, pool=300), source, row_group_size=9_000)
    assert script(source, out).status == 1
    return Whole(source, pa.parquet.read_table(out), out.with_name("out.parquet.rejects.csv").read_bytes())


def resumed(whole: Whole, out: Path) -> None:
    """The run goes on to the same result as one that was not ended, and leaves nothing behind."""
    told = script(whole.source, out, "", "--resume", "--format", "json")
    assert told.status == 1, told.err
    assert json.loads(told.out)["resumed_parts"] > 0
    assert pa.parquet.read_table(out).equals(whole.coded)
    assert out.with_name(f"{out.name}.rejects.csv").read_bytes() == whole.rejects
    assert not out.with_name(f"{out.name}.parts").exists()


@pytest.mark.parametrize(
    "moment",
    [
        "after(Coder, 'code_batch', 17, signal.SIGKILL)",
        "after(parts, 'write_part', 3, signal.SIGKILL)",
        "after(parts, 'write_rejects', 3, signal.SIGKILL)",
        "after(parts, '_write', 5, signal.SIGKILL)",
        "after(run, 'join_parts', 2, signal.SIGKILL)",
        "after(run.shutil, 'move', 1, signal.SIGKILL)",
    ],
)
def test_a_run_that_was_killed_goes_on(tmp_path: Path, whole: Whole, moment: str) -> None:
    out = tmp_path / "out.parquet"
    assert script(whole.source, out, moment).status == -signal.SIGKILL
    assert not out.exists()
    resumed(whole, out)


def test_a_run_that_was_interrupted_goes_on(tmp_path: Path, whole: Whole) -> None:
    out = tmp_path / "out.parquet"
    told = script(whole.source, out, "after(Coder, 'code_batch', 17, signal.SIGINT)")
    assert told.status == 130
    assert "Traceback" not in told.err
    assert not out.exists()
    resumed(whole, out)


def test_another_input_is_not_taken_for_the_same(tmp_path: Path, index: RuleIndex) -> None:
    source, out = tmp_path / "in.parquet", tmp_path / "out.parquet"
    pa.parquet.write_table(claims(index, 10_000, 2, pool=100), source)
    assert script(source, out, "after(parts, 'write_part', 2, signal.SIGKILL)").status == -signal.SIGKILL
    before = sorted(path.name for path in out.with_name("out.parquet.parts").iterdir())
    pa.parquet.write_table(claims(index, 10_000, 3, pool=100), source)
    refused(script(source, out, "", "--resume"), "another input", "--force")
    refused(script(source, out), "--resume", "--force")
    assert sorted(path.name for path in out.with_name("out.parquet.parts").iterdir()) == before
    assert script(source, out, "", "--force").status in (0, 1)
    assert pa.parquet.read_table(out).num_rows > 9_000


def test_a_folder_of_others_in_the_place_of_the_parts_is_left_alone(code: Code, tmp_path: Path) -> None:
    folder = tmp_path / "out.csv.parts"
    folder.mkdir()
    for name in ("mine.txt", "in.csv"):
        (folder / name).write_text("approach\ncaudal\n", encoding="utf-8")
    for more in ([], ["--force"], ["--resume"]):
        refused(code(folder / "in.csv", tmp_path / "out.csv", *more), "not of a run", "in.csv")
    assert sorted(path.name for path in folder.iterdir()) == ["in.csv", "mine.txt"]
    assert not (tmp_path / "out.csv").exists()


def test_a_column_that_the_format_cannot_hold_is_told(code: Code, tmp_path: Path, names: tuple[str, str, str]) -> None:
    axis, value, _ = names
    odd = {"struct": [{"a": 1}], "lists": [[["x"]]], "bytes": [b"\xff"]}
    for name, cells in odd.items():
        source = tmp_path / f"{name}.parquet"
        pyarrow.parquet.write_table(pa.table({axis: [value], name: cells}), source)
        refused(code(source, tmp_path / "out.csv"), "cannot be written as csv")
        assert not [path.name for path in tmp_path.iterdir() if path.name.startswith("out")]
        assert code(source, tmp_path / f"{name}-out.parquet").status == 0


def test_parquet_keeps_types_and_metadata(code: Code, tmp_path: Path, names: tuple[str, str, str]) -> None:
    axis, value, _ = names
    noted = pa.field("seen", pa.timestamp("us", "America/New_York"), metadata={"unit": "day"})
    schema = pa.schema([(axis, pa.large_string()), noted, ("took", pa.duration("s"))], metadata={"made": "by us"})
    rows = {axis: [value, None], "seen": [0, None], "took": [1, None]}
    source, out = tmp_path / "in.parquet", tmp_path / "out.parquet"
    pyarrow.parquet.write_table(pa.table(rows, schema), source)
    assert code(source, out).status == 0
    found = pyarrow.parquet.read_table(out)
    assert found.select([axis, "seen", "took"]).schema.equals(schema, check_metadata=True)
    assert found.schema.field("status").type == pa.string()
    assert found.select([axis, "seen", "took"]).to_pylist() == pa.table(rows, schema).to_pylist()
