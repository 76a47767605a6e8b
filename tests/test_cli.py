"""The command line as its users meet it: exit statuses, one clear line of error, tables of 80 columns."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT

EXAMPLES = ROOT / "shapes" / "examples"
DESCRIPTION = (EXAMPLES / "lumbar-interlaminar.ttl").read_text(encoding="utf-8")


def spinecode(*arguments: str | Path, text: str | None = None, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in a terminal of 80 columns, from another folder."""
    variables = {**os.environ, "COLUMNS": "80", **environment}
    command = [sys.executable, "-m", "spinecode", *map(str, arguments)]
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env=variables, input=text, cwd="/", timeout=60
    )


def refused(result: subprocess.CompletedProcess[str], *words: str) -> None:
    assert result.returncode == 2, result
    assert result.stdout == ""
    assert "Traceback" not in result.stderr
    lines = result.stderr.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("spinecode: ")
    for word in words:
        assert word in lines[0]


@pytest.mark.parametrize(
    "arguments",
    [
        ["select", EXAMPLES],
        ["differ", "62321", "62323", "64483"],
        ["validate", EXAMPLES],
        ["query", "confusions"],
        ["--help"],
        ["select", "--help"],
    ],
)
def test_output_fits_80_columns_and_has_no_colour_in_a_pipe(arguments: list[Any]) -> None:
    result = spinecode(*arguments)
    long = [line for line in result.stdout.splitlines() if len(line.rstrip()) > 80]
    # a line that names a place may be longer, so that it can be clicked
    assert [line for line in long if not line.startswith(f"{EXAMPLES}/")] == []
    assert "\x1b" not in result.stdout


def test_every_command_has_help_with_an_example() -> None:
    for command in ("select", "differ", "validate", "query", "serve", "check"):
        result = spinecode(command, "--help")
        assert result.returncode == 0
        assert "Example: spinecode" in result.stdout
        assert "--format" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (["select", EXAMPLES / "lumbar-interlaminar.ttl"], 0),
        (["select", EXAMPLES / "guidance-not-said.json"], 0),
        (
            [
                "select",
                "--approach",
                "transforaminal",
                "--level",
                "L4-L5",
                "--guidance",
                "fluoroscopy",
                "--delivery",
                "continuous-infusion",
                "--substance",
                "steroid",
            ],
            1,
        ),
        (["validate", EXAMPLES / "lumbar-interlaminar.ttl"], 0),
        (["validate", EXAMPLES / "reported-code-refuted.json"], 1),
        (["check"], 0),
        (["check", "--no-hermit", ROOT / "tests" / "fixtures" / "made-up-family.ttl"], 1),
        (["query", "codes", "--format", "csv"], 0),
        (["differ", "62321", "62323"], 0),
    ],
)
def test_exit_statuses(arguments: list[Any], status: int) -> None:
    assert spinecode(*arguments).returncode == status


def test_select_as_json_is_one_object_or_a_list() -> None:
    one = json.loads(spinecode("select", EXAMPLES / "caudal-2016.ttl", "--format", "json").stdout)
    assert [line["code"] for line in one["lines"]] == ["62311"]
    several = json.loads(spinecode("select", EXAMPLES, "--format", "json").stdout)
    assert len(several) == len(list(EXAMPLES.iterdir()))


def test_validate_gives_a_shacl_report_in_any_syntax() -> None:
    for form in ("turtle", "ntriples", "jsonld", "rdfxml"):
        result = spinecode("validate", EXAMPLES, "--format", form)
        assert "ValidationReport" in result.stdout
        assert result.returncode == 1


@pytest.fixture
def bad_files(tmp_path: Path) -> Path:
    (tmp_path / "not.ttl").write_text("this is not Turtle")
    (tmp_path / "other.ttl").write_text("<urn:a> <urn:b> <urn:c> .")
    (tmp_path / "empty.ttl").write_text(" \n")
    (tmp_path / "broken.json").write_text('{"region": \n "lumbar",,}')
    (tmp_path / "axis.json").write_text('{"regoin": "lumbar"}')
    (tmp_path / "value.json").write_text('{"guidance": "flouroscopy"}')
    (tmp_path / "clash.json").write_text('{"region": "cervical", "level": "L4-L5"}')
    (tmp_path / "date.json").write_text('{"date": "2016-13-45"}')
    (tmp_path / "code.json").write_text('{"code": "62312", "region": "lumbar"}')
    (tmp_path / "list.json").write_text("[]")
    (tmp_path / "notes.docx").write_text("notes")
    (tmp_path / "latin.json").write_bytes(b'{"region": "\xe9"}')
    (tmp_path / "query.rq").write_text("SELECT *\nWHERE { ?s ?p }")
    return tmp_path


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("not.ttl", ["not.ttl:1:", "not Turtle"]),
        ("other.ttl", ["other.ttl", "no description"]),
        ("empty.ttl", ["empty.ttl", "empty"]),
        ("broken.json", ["broken.json:2:11", "not JSON"]),
        ("axis.json", ["axis.json", "'regoin'", "region"]),
        ("value.json", ["value.json", "'flouroscopy'", "fluoroscopy"]),
        ("clash.json", ["clash.json", "cervical", "L4-L5", "lumbar"]),
        ("date.json", ["date.json", "2016-13-45", "YYYY-MM-DD"]),
        ("code.json", ["code.json", "'62312'", "62310"]),
        ("list.json", ["list.json", "no description"]),
        ("notes.docx", ["notes.docx", ".docx", ".ttl"]),
        ("latin.json", ["latin.json", "not JSON"]),
        ("missing.ttl", ["missing.ttl", "No such file"]),
    ],
)
def test_files_that_cannot_be_used(bad_files: Path, name: str, words: list[str]) -> None:
    refused(spinecode("select", bad_files / name), *words)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["select", "--regoin", "lumbar"], ["--regoin", "--region"]),
        (["select", "--region", "lumber"], ["'lumber'", "lumbar"]),
        (["select", "--region", "lumbar", "--region", "cervical"], ["contradict"]),
        (["select", "--date", "2016-13-45"], ["2016-13-45"]),
        (["select"], ["--help"]),
        (["select", "--format", "yaml", "--region", "lumbar"], ["yaml", "json"]),
        (["differ", "62321", "62399"], ["'62399'", "62327"]),
        (["differ", "62321"], ["two"]),
        (["differ"], ["CODES"]),
        (["query", "nothing-like-it"], ["nothing-like-it", "codes"]),
        (["query", "codez"], ["Did you mean codes"]),
        (["query", "codes", "--param", "day"], ["NAME=VALUE"]),
        (["query", "valid-codes", "--param", "date=2016-05-05"], ["no parameter 'date'", "day"]),
        (["query", "requirements", "--param", "code=cpt:a b"], ["cpt:a b"]),
        (["query", "close", "--format", "csv"], ["graph", "csv"]),
        (["validate", "/nowhere.ttl"], ["/nowhere.ttl"]),
        (["--ontology", "/nowhere", "check"], ["/nowhere"]),
        (["frobnicate"], ["frobnicate"]),
    ],
)
def test_arguments_that_cannot_be_used(arguments: list[str], words: list[str]) -> None:
    refused(spinecode(*arguments), *words)


def test_a_broken_query_is_told_with_line_and_column(bad_files: Path) -> None:
    refused(spinecode("query", bad_files / "query.rq"), "query.rq:2:", "line 2, column")


def test_a_query_from_standard_input() -> None:
    result = spinecode(
        "query", "-", "--format", "csv", text="SELECT (COUNT(*) AS ?n) WHERE { ?c a spine:ProcedureCode }"
    )
    assert result.stdout.splitlines()[0] == "n"
    assert int(result.stdout.splitlines()[1]) >= 19


def test_descriptions_are_coded_by_sparql_alone(tmp_path: Path) -> None:
    """The two queries of the catalogue, one after the other, as an informatician would run them."""
    closed = tmp_path / "closed.nt"
    source = EXAMPLES / "transforaminal-three-levels.ttl"
    closed.write_text(spinecode("query", "close", "--data", source, "--format", "ntriples").stdout)
    table = spinecode("query", "select", "--data", closed, "--format", "csv").stdout.splitlines()
    assert [row.split(",")[1:3] for row in table[1:]] == [["64483", "1"], ["64484", "2"]]


def test_parameters_are_bound_as_terms() -> None:
    day = spinecode("query", "valid-codes", "--param", "day=2016-12-31", "--format", "csv").stdout
    assert "62310" in day
    assert "62320" not in day
    code = spinecode("query", "requirements", "--param", "code=62323", "--format", "csv").stdout
    assert {row.split(",")[0] for row in code.splitlines()[1:]} == {"62323"}
    hostile = spinecode("query", "find", "--param", 'words=" } DROP ALL #', "--format", "csv")
    assert (hostile.returncode, len(hostile.stdout.splitlines())) == (0, 1)
    refused(spinecode("query", "requirements", "--param", 'code=" } DROP ALL #'), "code", "such as 62323")
    refused(spinecode("query", "requirements", "--param", "cod=62323"), "no parameter 'cod'", "Did you mean code?")
    refused(spinecode("query", "siblings"), "A value is needed for code")


def test_a_query_tells_what_it_takes() -> None:
    listed = spinecode("query").stdout
    assert listed == spinecode("query", "--list").stdout
    assert all(len(line) <= 80 for line in listed.splitlines())
    assert "Which codes are valid on a day?" in listed
    names = [query["name"] for query in json.loads(spinecode("query", "--list", "--format", "json").stdout)]
    assert {"select", "close", "which-code"} <= set(names)
    told = " ".join(spinecode("query", "valid-codes", "--describe").stdout.split())
    assert "(date, default today, example 2016-12-31)" in told
    refused(spinecode("query", "--describe"), "Give the name of a query")


def test_check_names_file_line_and_fault(tmp_path: Path) -> None:
    (tmp_path / "broken.ttl").write_text("@prefix spine: <https://w3id.org/spinecode/> .\nspine:a spine:b\n")
    result = spinecode("check", "--no-hermit", tmp_path, "--format", "json")
    finding = json.loads(result.stdout)["findings"][0]
    assert (result.returncode, finding["kind"], finding["line"]) == (1, "syntax", 3)
    assert finding["file"].endswith("broken.ttl")


def test_check_tells_when_a_folder_or_file_adds_nothing(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing")
    result = spinecode("check", "--no-hermit", tmp_path, "--format", "json")
    assert json.loads(result.stdout)["findings"][0]["kind"] == "file"


def test_official_descriptors_can_be_loaded(tmp_path: Path) -> None:
    text = "@prefix spine: <https://w3id.org/spinecode/> . @prefix cpt: <https://w3id.org/spinecode/cpt/> .\n"
    (tmp_path / "official.ttl").write_text(text + 'cpt:62323 spine:officialDescriptor "the licensed text"@en .')
    facts = ["--approach", "caudal", "--guidance", "ct", "--delivery", "single", "--substance", "steroid"]
    result = spinecode("--ontology", tmp_path, "select", *facts, "--date", "2026-03-02", "--format", "json")
    assert json.loads(result.stdout)["lines"][0]["label"] == "the licensed text"
    assert spinecode("check", "--no-hermit", tmp_path).returncode == 0


def test_completion_knows_the_axes_and_their_values() -> None:
    assert "_SPINECODE_COMPLETE" in spinecode("completion", "bash").stdout
    environment = {
        "_SPINECODE_COMPLETE": "bash_complete",
        "COMP_WORDS": "spinecode select --guidance fl",
        "COMP_CWORD": "3",
    }
    assert "fluoroscopy" in spinecode(**environment).stdout
    environment = {"_SPINECODE_COMPLETE": "bash_complete", "COMP_WORDS": "spinecode select --gui", "COMP_CWORD": "2"}
    assert "--guidance" in spinecode(**environment).stdout


def test_the_version() -> None:
    assert spinecode("--version").stdout.startswith("spinecode ")


def test_an_injection_in_words() -> None:
    words = "right L4-5 and L5-S1 TFESI under fluoro, no contrast, quickly"
    told = spinecode("select", "--text", words, "--date", "2026-03-02")
    assert told.returncode == 0, told.stderr
    assert "64483" in told.stdout
    assert "not understood" in told.stdout
    assert all(len(line.rstrip()) <= 80 for line in told.stdout.splitlines())
    answer = json.loads(spinecode("select", "--text", words, "--side", "left", "--format", "json").stdout)
    assert [line["modifiers"] for line in answer["lines"]] == [["LT"], ["LT"]]
    assert answer["reading"]["not_understood"] == ["quickly"]
    refused(spinecode("select", EXAMPLES, "--text", words), "not both")
    refused(spinecode("select", "--text", "x" * 1001), "1000")
