"""Validation in bulk: long texts piece by piece give what whole ones give, whatever is wrong in them, and no memory."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, Triple, parse, serialize

from spinecode import splitting, validate, validate_each
from spinecode import vocabulary as v
from spinecode.bulk import Judged, validate_stream
from spinecode.cli import cli
from spinecode.errors import InputError
from spinecode.index import RuleIndex
from spinecode.judging import Judge
from spinecode.knowledge import Knowledge
from spinecode.report import Report
from spinecode.splitting import PIECE_LIMIT, WINDOW, pieces
from spinecode.whole import SYNTAXES, validate_text
from tests.conftest import ROOT
from tests.made_descriptions import Maker

PREFIXES = {name: v.PREFIXES[name] for name in ("spine", "xsd")} | {"cpt": v.SPINE + "cpt/", "": "urn:made:"}
STREAMED = ("ntriples", "nquads", "turtle", "trig")


def made(index: RuleIndex, number: int, seed: int = 3) -> list[list[Quad]]:
    return [one for one in Maker(index, seed).many(number) if one]


def written(quads: list[Quad], syntax: str) -> bytes:
    kind = SYNTAXES[syntax]
    assert isinstance(kind, RdfFormat)
    statements: list[Any] = [quad.triple for quad in quads]
    if syntax in ("nquads", "trig"):
        statements = [Quad(*triple, NamedNode("urn:graph")) for triple in statements]
    prefixes = PREFIXES if syntax in ("turtle", "trig") else {}
    return serialize(statements, format=kind, prefixes=prefixes) or b""


def streamed(knowledge: Knowledge, content: bytes, syntax: str | None, jobs: int = 1) -> list[Judged]:
    kind = SYNTAXES[syntax] if syntax is not None else None
    return list(validate_stream(knowledge, io.BytesIO(content), kind if isinstance(kind, RdfFormat) else None, jobs))


def by_node(reports: list[Report]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for report in reports:
        assert not report.unread
        for answer in report.answers:
            found[answer["description"]] = [answer]
        for result in report.results:
            found[result.focus_node].append(result.to_json())
    return found


@pytest.mark.parametrize("syntax", STREAMED)
def test_a_stream_says_what_the_whole_says(knowledge: Knowledge, index: RuleIndex, syntax: str) -> None:
    quads = [quad for one in made(index, 150) for quad in one]
    content = written(quads, syntax)
    expected = by_node([validate_text(knowledge, content, syntax)])
    judged = streamed(knowledge, content, syntax)
    assert by_node([one.report for one in judged]) == expected
    assert [one.number for one in judged] == sorted(one.number for one in judged)
    assert [one.line for one in judged] == sorted(one.line for one in judged)


def test_lines_of_json_say_what_a_list_says(knowledge: Knowledge) -> None:
    items = [{"approach": "interlaminar", "region": "lumbar", "guidance": "ultrasnd"}, {"code": ["62323"]}, {"date": 3}]
    content = b"\n\n".join(json.dumps(item).encode() for item in items[:2]) + b"\n"
    judged = streamed(knowledge, content, None)
    whole = validate(items[:2])
    assert [result.message for one in judged for result in one.report.results] == [r.message for r in whole.results]
    assert {result.line for result in judged[1].report.results} == {3}
    assert {result.focus_node for result in judged[1].report.results} == {"urn:spinecode:description:2"}


def test_processes_say_the_same_in_the_same_order(knowledge: Knowledge, index: RuleIndex) -> None:
    content = written([quad for one in made(index, 700, seed=4) for quad in one], "ntriples")
    assert streamed(knowledge, content, "ntriples", jobs=2) == streamed(knowledge, content, "ntriples")


def test_what_is_remembered_is_what_would_be_found(knowledge: Knowledge, index: RuleIndex) -> None:
    """Descriptions that are alike but for their names, their labels and the order of the statements."""
    descriptions = made(index, 60, seed=5)
    text = b""
    for turn in range(3):
        for number, one in enumerate(descriptions):
            node = NamedNode(f"http://example.org/{turn}/{number}") if number % 2 else BlankNode(f"x{turn}x{number}")
            about = [Quad(node, quad.predicate, quad.object) for quad in one]
            about.append(Quad(node, v.LABEL, Literal(f"procedure {turn} of {number}\nand more")))
            text += written(list(reversed(about)) if turn == 2 else about, "ntriples")
    kind = RdfFormat.N_TRIPLES
    found = list(pieces(io.BytesIO(text), kind))
    remembering = Judge(knowledge, kind)
    with_memory = [remembering.reports([piece], number)[0] for number, piece in enumerate(found, 1)]
    small = Judge(knowledge, kind, memory=3).reports(found, 1)
    without = Judge(knowledge, kind, memory=0).reports(found, 1)
    assert with_memory == without
    assert small == without
    assert 0 < len(remembering._known) <= 2 * len(descriptions)


GOOD = (
    "a spine:SpinalInjection ; spine:accessApproach spine:Caudal ; spine:imagingGuidance spine:Fluoroscopy ; "
    "spine:injectedSubstance spine:Corticosteroid ; spine:deliveryMethod spine:SingleInjection ; "
    'spine:dateOfService "2024-05-01"^^xsd:date .'
)
HEAD = "".join(f"@prefix {name}: <{iri}> .\n" for name, iri in PREFIXES.items())


def unread(judged: list[Judged]) -> list[tuple[int | None, str]]:
    return [(fault.line, fault.message) for one in judged for fault in one.report.unread]


@pytest.mark.parametrize(
    "broken",
    [
        "<urn:b> spine:side 'left .",
        '<urn:b> spine:side "left\n" .',
        "<urn:b> spine:side .",
        "<urn:b> spine:side [ spine:side spine:Left .",
        "<urn:b> nothing:here 1 .",
        "<urn b> spine:side spine:Left .",
        "}}} .",
    ],
)
def test_a_broken_statement_of_turtle_does_not_stop_the_others(knowledge: Knowledge, broken: str) -> None:
    content = f"{HEAD}<urn:a> {GOOD}\n# . a comment\n{broken}\n\n<urn:c> {GOOD}\n".encode()
    judged = streamed(knowledge, content, "turtle")
    described = [answer["description"] for one in judged for answer in one.report.answers]
    assert described == ["urn:a", "urn:c"]
    places = unread(judged)
    assert places
    first = HEAD.count("\n") + 3
    assert all(line is not None and first <= line <= first + broken.count("\n") for line, _ in places)


def test_a_broken_line_does_not_stop_the_others(knowledge: Knowledge, index: RuleIndex) -> None:
    one, two = (written(Maker(index, 1).right(NamedNode(f"urn:{name}")), "ntriples") for name in "ac")
    line = one.count(b"\n") + 2
    judged = streamed(knowledge, one + b"\n<urn:b> <urn:p> oops .\n" + two, "ntriples")
    assert [answer["description"] for found in judged for answer in found.report.answers] == ["urn:a", "urn:c"]
    assert [place for place, _ in unread(judged)] == [line]
    assert "line 1" not in unread(judged)[0][1]
    lines = streamed(knowledge, b'{"code": "62323"}\n{"code": \n[1]\n\xff\n{"side": {}}\n{"side": "left"}', None)
    assert [place for place, _ in unread(lines)] == [2, 3, 4, 5]
    assert sum(len(found.report.answers) for found in lines) == 2


def test_statements_near_one_another_are_put_together(knowledge: Knowledge) -> None:
    side, kind = f"<{v.SPINE}side> <{v.SPINE}NoSide>", f"<{v.TYPE.value}> <{v.INJECTION.value}>"
    count = WINDOW // 2
    text = "".join(f"<urn:{n}> {kind} .\n" for n in range(count)) + "".join(
        f"<urn:{n}> {side} .\n" for n in range(count)
    )
    judged = streamed(knowledge, text.encode(), "ntriples")
    assert [answer["description"] for one in judged for answer in one.report.answers] == [
        f"urn:{n}" for n in range(count)
    ]
    assert unread(judged) == []
    assert any(result.line == count + 3 for result in judged[2].report.results)


@pytest.mark.parametrize("syntax", ["ntriples", "turtle"])
def test_a_description_that_comes_back_is_told_of_with_both_places(knowledge: Knowledge, syntax: str) -> None:
    count = WINDOW * 3
    text = "".join(f"<urn:{n}> <{v.TYPE.value}> <{v.INJECTION.value}> .\n" for n in [*range(count), 0])
    told = unread(streamed(knowledge, text.encode(), syntax))
    assert len(told) == 1
    line, message = told[0]
    assert line == count + 1
    assert "urn:0 was described already at line 1" in message
    assert "Sort the file" in message


def test_what_is_too_long_is_told_of_and_passed_over(knowledge: Knowledge) -> None:
    note = "x" * (PIECE_LIMIT + 10)
    lines = f'<urn:a> <urn:p> "{note}" .\n<urn:b> <{v.TYPE.value}> <{v.INJECTION.value}> .\n'
    turtle = f"{HEAD}<urn:a> spine:note '''{note}\n''' .\n<urn:b> {GOOD}\n"
    for content, syntax in ((lines, "ntriples"), (turtle, "turtle"), (json.dumps({"a": note}) + '\n{"side": 1}', None)):
        judged = streamed(knowledge, content.encode(), syntax)
        assert "is longer than" in unread(judged)[0][1]
        assert sum(len(one.report.answers) for one in judged) == 1


# ---------------------------------------------------------------- how texts are parted

iris = st.sampled_from([NamedNode("urn:a"), NamedNode("urn:made:b.c"), NamedNode("http://e.org/#x"), BlankNode("n.o")])
texts = st.text(alphabet="ab \"'\\.#<>[](){}@;,\n\t\r:é", max_size=12)
things = iris | st.builds(Literal, texts) | st.builds(lambda text: Literal(text, language="en"), texts)


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.builds(Triple, iris, st.sampled_from([NamedNode("urn:p"), v.TYPE]), things), min_size=1, max_size=20),
    st.sampled_from(STREAMED),
    st.sampled_from([16, 50, 333, 1 << 16]),
)
def test_the_pieces_hold_all_that_the_text_holds(triples: list[Triple], syntax: str, block: int) -> None:
    content = written([Quad(*triple) for triple in triples], syntax)
    kind = SYNTAXES[syntax]
    assert isinstance(kind, RdfFormat)
    before = splitting._BLOCK
    splitting._BLOCK = block  # type: ignore[misc]
    try:
        found = list(pieces(io.BytesIO(content), kind))
    finally:
        splitting._BLOCK = before  # type: ignore[misc]
    assert [piece.fault for piece in found if piece.fault] == []
    held = {str(quad.triple) for piece in found for quad in parse(piece.content, format=kind)}
    assert held == {str(quad.triple) for quad in parse(content, format=kind)}


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                *(b"<urn:a>", b" <urn:p> ", b"'''", b'"""', b'"', b"'", b".", b" .\n", b"\n", b"{", b"}", b"[", b"#"),
                *(b"\\", b"@prefix p: <urn:> .", b"PREFIX q: <urn:q>\n", b"@base <urn:x> .", b"\xff", b"\x00", b"a.b"),
                b"\xef\xbb\xbf",
            ]
        ),
        max_size=25,
    ).map(b"".join),
    st.sampled_from(STREAMED),
)
def test_any_text_is_parted_and_comes_to_an_end(content: bytes, syntax: str) -> None:
    kind = SYNTAXES[syntax]
    assert isinstance(kind, RdfFormat)
    lines = content.count(b"\n") + 1
    assert all(1 <= piece.line <= lines for piece in pieces(io.BytesIO(content), kind))


PREFIX_LATER = """
PREFIX s: <https://w3id.org/spinecode/>
<urn:a> a s:SpinalInjection . @prefix s: <urn:other:> . <urn:b> a s:SpinalInjection .
@base <https://w3id.org/spinecode/> . <urn:c> a <SpinalInjection> . @base <deeper/> . <urn:d> a <../SpinalInjection> .
"""


def test_prefixes_and_bases_hold_from_where_they_stand(knowledge: Knowledge) -> None:
    judged = streamed(knowledge, PREFIX_LATER.encode(), "turtle")
    described = [answer["description"] for one in judged for answer in one.report.answers]
    assert described == ["urn:a", "urn:c", "urn:d"]


# ---------------------------------------------------------------- memory

MEASURE = """
import io, sys
from pyoxigraph import RdfFormat
from spinecode.bulk import validate_stream
from spinecode.knowledge import load

class Endless(io.RawIOBase):
    def __init__(self, text, count):
        self.text, self.count, self.number, self.left = text, count, 0, b""
    def readable(self):
        return True
    def readinto(self, buffer):
        while len(self.left) < len(buffer) and self.number < self.count:
            self.left += self.text.replace(b"NUMBER", b"%d" % self.number)
            self.number += 1
        part, self.left = self.left[: len(buffer)], self.left[len(buffer) :]
        buffer[: len(part)] = part
        return len(part)

text = open(sys.argv[1], "rb").read()
def peak(count):
    stream = io.BufferedReader(Endless(text, count))
    number = sum(1 for _ in validate_stream(load(), stream, RdfFormat.N_TRIPLES))
    assert number == count, number
    # not ru_maxrss, which begins with what the process that started this one had
    return int(open("/proc/self/status").read().split("VmHWM:")[1].split()[0]) / 1024
print(peak(500), peak(20000))
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the system does not tell what a process took")
def test_memory_does_not_grow_with_the_text(index: RuleIndex, tmp_path: Path) -> None:
    one = written(Maker(index, 2).right(NamedNode("urn:made:NUMBER")), "ntriples")
    (tmp_path / "one.nt").write_bytes(one)
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(tmp_path / "one.nt")],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ,
    )
    small, large = map(float, done.stdout.split())
    assert large < 200
    # the marks of what was described take 16 MiB; 20 MB of text are read
    assert large - small < 30


# ---------------------------------------------------------------- the command


def run(*arguments: str) -> Any:
    return CliRunner().invoke(cli, ["validate", *arguments], standalone_mode=False)


@pytest.fixture
def big(index: RuleIndex, tmp_path: Path) -> Path:
    file = tmp_path / "big.nt"
    maker = Maker(index, 6)
    descriptions = [maker.right(NamedNode(f"urn:good:{n}")) for n in range(5)]
    descriptions += [maker.bad(NamedNode(f"urn:bad:{n}")) for n in range(5)]
    content = b"".join(written(one, "ntriples") for one in descriptions if one)
    file.write_bytes(content + b"<urn:broken> <urn:p> .\n")
    return file


def test_the_command_reports_each_description_and_sums_up(big: Path) -> None:
    done = run(str(big), "--jobs", "1", "--format", "ndjson")
    reports = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(reports) == 11
    assert all(report["file"] == str(big) for report in reports)
    assert reports[-1]["unread"][0]["line"] == big.read_bytes().count(b"\n")
    assert done.return_value == 1
    assert re.search(r"10 descriptions, \d+ conform, \d+ do not, 1 could not be read; .* a second", done.stderr)
    counted = sum(
        int(number) for number in re.findall(r"^ *(\d+)  (?:violation|warning|info)", done.stderr, re.MULTILINE)
    )
    assert counted == sum(len(report["results"]) for report in reports)


@pytest.mark.parametrize("form", ["json", "sarif", "jsonld"])
def test_reports_piece_by_piece_are_whole_documents(big: Path, form: str) -> None:
    json.loads(run(str(big), "--jobs", "1", "--format", form).stdout)


def test_a_text_tells_only_of_what_was_found(index: RuleIndex, tmp_path: Path) -> None:
    file = tmp_path / "good.ttl"
    file.write_text(f"{HEAD}<urn:good> {GOOD}\n<urn:bad> a spine:SpinalInjection .\n", encoding="utf-8")
    done = run(str(file), "--jobs", "1")
    assert "urn:bad" in done.stdout
    assert "urn:good" not in done.stdout
    assert "2 descriptions, 1 conform, 1 do not; " in done.stdout


def test_a_stream_without_a_description_cannot_be_used(tmp_path: Path) -> None:
    file = tmp_path / "other.nt"
    file.write_text("<urn:a> <urn:b> <urn:c> .\n", encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "spinecode", "validate", str(file), "--jobs", "1", "--format", "json"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert json.loads(done.stdout) == []
    assert f"spinecode: {file}: The file holds no description." in done.stderr.splitlines()


@pytest.mark.parametrize("form", ["json", "sarif"])
def test_an_interrupt_leaves_a_whole_report(index: RuleIndex, tmp_path: Path, form: str) -> None:
    pipe = tmp_path / "endless.nt"
    os.mkfifo(pipe)
    report = tmp_path / "report.json"
    # into files, since a pipe that nobody reads would keep the command from going on
    with (
        report.open("wb") as out,
        (tmp_path / "told").open("wb") as err,
        subprocess.Popen(
            [sys.executable, "-m", "spinecode", "validate", str(pipe), "--jobs", "1", "--format", form],
            stdout=out,
            stderr=err,
        ) as process,
    ):
        maker = Maker(index, 8)
        # the pipe breaks once the command has ended
        with suppress(BrokenPipeError), pipe.open("wb") as feed:
            interrupted = False
            for number in range(20_000):
                feed.write(written(maker.bad(NamedNode(f"urn:d:{number}")), "ntriples"))
                if not interrupted and report.stat().st_size > 10_000:
                    process.send_signal(signal.SIGINT)
                    interrupted = True
        assert process.wait(timeout=60) == 130
    found = json.loads(report.read_bytes())
    told = (tmp_path / "told").read_text(encoding="utf-8")
    assert found["runs"][0]["results"] if form == "sarif" else found
    assert "Interrupted; the report is complete up to here." in told
    assert "Traceback" not in told


def test_an_interrupt_is_heard_while_more_is_waited_for(index: RuleIndex, tmp_path: Path) -> None:
    pipe = tmp_path / "silent.nt"
    os.mkfifo(pipe)
    report = tmp_path / "report.json"
    with (
        report.open("wb") as out,
        subprocess.Popen(
            [sys.executable, "-m", "spinecode", "validate", str(pipe), "--jobs", "1", "--format", "json"], stdout=out
        ) as process,
        pipe.open("wb", buffering=0) as feed,
    ):
        maker, number = Maker(index, 8), 0
        while report.stat().st_size < 10_000:
            feed.write(written(maker.bad(NamedNode(f"urn:d:{number}")), "ntriples"))
            number += 1
        # part of a statement, and nothing after it
        feed.write(b"<urn:d:last> <urn:p")
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 130
    assert json.loads(report.read_bytes())


# ---------------------------------------------------------------- the library


def test_the_library_takes_texts_files_and_mappings(tmp_path: Path) -> None:
    text = f"{HEAD}<urn:a> {GOOD}"
    file = tmp_path / "one.ttl"
    file.write_text(text, encoding="utf-8")
    reports = [validate(text, syntax="turtle"), validate(text.encode(), syntax="turtle"), validate(file)]
    assert reports[0].conforms
    assert reports == [reports[0]] * 3
    for content in (text, text.encode()):
        with pytest.raises(InputError, match="syntax"):
            validate(content)  # type: ignore[call-overload]
    with pytest.raises(InputError, match="no syntax 'docx'"):
        validate(text, syntax="docx")
    with pytest.raises(InputError, match="ending"):
        validate(tmp_path / "one.docx")


def test_the_library_validates_one_by_one(tmp_path: Path) -> None:
    def items() -> Iterator[dict[str, Any]]:
        yield {"side": "left"}
        yield {"side": "middle"}

    lines = "\n".join(json.dumps(item) for item in items())
    file = tmp_path / "many.ndjson"
    file.write_text(lines, encoding="utf-8")
    for source in (items(), file):
        reports = list(validate_each(source))
        assert [any("middle" in r.message for r in report.results) for report in reports] == [False, True]
    reports = list(validate_each(io.BytesIO(lines.encode()), syntax="ndjson"))
    assert len(reports) == 2
    with pytest.raises(InputError, match="piece by piece"):
        list(validate_each(io.BytesIO(b"{}"), syntax="json"))


def test_every_streamed_syntax_is_named() -> None:
    assert set(STREAMED) <= set(SYNTAXES)
    assert (ROOT / "docs").is_dir()
