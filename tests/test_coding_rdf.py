"""Descriptions in N-Triples and N-Quads become the table that reading them line by line gives."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, parse

from spinecode import vocabulary as v
from spinecode.coding import rdf
from spinecode.coding.coder import Options
from spinecode.coding.nodes_seen import SeenNodes
from spinecode.coding.pieces import Piece, Reject
from spinecode.coding.rdf import DESCRIPTION, RdfSource
from spinecode.description import DATE, fact_properties
from spinecode.errors import InputError
from spinecode.index import RuleIndex

Row = dict[str, Any]
UNKNOWN = (v.SPINE + "isNoAxis", v.SPINE + "isNoneEither")
APART = "do not stand together"


# ------------------------------------------------------------------ read plainly


def subject_of(line: bytes, syntax: RdfFormat) -> str | None:
    """The subject at the start of a line, as the parser writes it."""
    start = re.match(rb"\s*(<[^<>]*>|_:[^\s<>]+)", line)
    try:
        quads = parse(start[1].decode() + " <urn:p> <urn:o> .", format=syntax) if start else ()
        return next((str(quad.subject) for quad in quads), None)
    except (UnicodeDecodeError, SyntaxError):
        return None


def read_plainly(
    index: RuleIndex, content: bytes, syntax: RdfFormat
) -> tuple[list[Row], list[Reject], dict[str, set[str]]]:
    """The rows, the lines that are no statements, and the nodes of rows that cannot be used, each with why."""
    lost: list[Reject] = []
    quads: list[Quad] = []
    written = content.split(b"\n")
    subjects = [subject_of(line, syntax) for line in written]
    doubted: dict[str, str] = {}
    for number, line in enumerate(written, 1):
        try:
            quads += parse(line.decode(), format=syntax)
            continue
        except UnicodeDecodeError:
            told, text = "is not UTF-8.", ""
        except SyntaxError as error:
            told, text = f"is no statement: {error.msg}", line.decode()
        lost.append(Reject(number, f"The line {told}", text))
        before = [subject for subject in subjects[: number - 1] if subject][-1:]
        after = [subject for subject in subjects[number:] if subject][:1]
        own = subjects[number - 1]
        for node in [own] if own else before + after:
            doubted.setdefault(node, f"Line {number} {told}")
    axis_of = fact_properties(index)
    rows: dict[str, dict[str, list[str]]] = {}
    unknown: dict[str, list[str]] = {}
    wrong: dict[str, set[str]] = {}
    for quad in quads:
        node, predicate = str(quad.subject), quad.predicate.value
        if predicate in axis_of:
            known = isinstance(quad.object, NamedNode | Literal) and quad.object.value
            rows.setdefault(node, {}).setdefault(axis_of[predicate], []).append(known or "")
            if not known:
                axis = axis_of[predicate]
                wrong.setdefault(node, set()).add(f"The value of {axis} has to be an IRI or a text, not a blank node.")
        elif predicate in UNKNOWN or (predicate == v.TYPE.value and quad.object == v.INJECTION):
            rows.setdefault(node, {})
            if predicate in UNKNOWN:
                unknown.setdefault(node, []).append(v.shorten(predicate))
    for node, names in unknown.items():
        wrong.setdefault(node, {f"There is no axis for {' or '.join(sorted(set(names)))}."})
    wrong |= {node: {reason} for node, reason in doubted.items() if node in rows}
    made = [
        {DESCRIPTION: node.strip("<>"), **{name: sorted(values) for name, values in row.items()}}
        for node, row in rows.items()
        if node not in wrong
    ]
    return made, lost, wrong


def pieces_of(source: RdfSource) -> tuple[list[Piece], str]:
    """The pieces of a file, or why it is refused."""
    try:
        return list(source.pieces()), ""
    except InputError as error:
        return [], str(error)


def rows_of(batch: pa.RecordBatch) -> list[Row]:
    """The rows of a table; what a row does not say left out, several values sorted."""
    found = []
    for row in batch.to_pylist():
        row[DATE] = row[DATE] and row[DATE].split(";")
        found.append({name: sorted(said) if name != DESCRIPTION else said for name, said in row.items() if said})
    return found


# ------------------------------------------------------------------ lines

spaces = st.sampled_from([" ", "\t", "   ", " \t "])
plain = st.text(st.characters(codec="utf-8", exclude_characters='"\\\r\n;', exclude_categories=["C"]), max_size=12)
locals_ = st.text(st.sampled_from("abcxyz019-_é"), min_size=1, max_size=20)
iris = st.builds("<urn:{}>".format, locals_)
blanks = st.builds("_:b{}".format, st.text(st.sampled_from("ab01"), max_size=3))
nodes = iris | iris | blanks


def escaped(text: str) -> str:
    return "".join(f"\\u{ord(one):04X}" if ord(one) < 0x10000 else f"\\U{ord(one):08X}" for one in text)


literals = st.builds('"{}"'.format, plain | plain.map(escaped) | st.just(r"a \"quoted\" \t text"))
typed = st.builds("{}^^<http://www.w3.org/2001/XMLSchema#{}>".format, literals, st.sampled_from(["date", "string"]))
tagged = st.builds("{}@{}".format, literals, st.sampled_from(["en", "de-CH"]))


@cache
def statements(index: RuleIndex) -> st.SearchStrategy[str]:
    """A predicate and an object, set apart by a mark."""
    properties = st.sampled_from(sorted(fact_properties(index))).map("<{}>".format)
    said = st.builds("{}\0{}".format, properties, iris | literals | typed | tagged)
    few = st.builds("{}\0{}".format, properties, st.sampled_from(["<urn:one>", '"2024-01-01"', '"two words"']))
    injection = st.just(f"<{v.TYPE.value}>\0<{v.INJECTION.value}>")
    others = st.sampled_from(
        [
            f"<{v.TYPE.value}>\0<urn:another>",
            "<urn:note>\0_:b1",
            '<urn:note>\0"a note"',
            *(f"<{unknown}>\0<urn:one>" for unknown in UNKNOWN),
            f"<{sorted(fact_properties(index))[0]}>\0_:b1",
        ]
    )
    return st.one_of(few, few, few, said, injection, others)


@st.composite
def lines(draw: st.DrawFn, node: str, said: str, *, quads: bool) -> str:
    """A statement as a line, mostly in the usual form."""
    predicate, told = said.split("\0")
    way = draw(st.integers(0, 9))
    graph = draw(st.sampled_from(["", " <urn:graph>", " _:g"])) if quads else ""
    if way < 6:
        return f"{node} {predicate} {told}{graph} ."
    if way == 6:
        one, two, three = draw(spaces), draw(spaces), draw(spaces)
        return f"{draw(st.sampled_from(['', ' ', '  ']))}{node}{one}{predicate}{two}{told}{graph}{three}."
    if way == 7:
        return f"{node} {predicate} {told}{graph} . # {draw(plain)}"
    if way == 8:
        return f"{node} {predicate.replace('a', escaped('a'))} {told}{graph} ."
    return f"{node} {predicate} {told}{graph}{draw(st.sampled_from([' ', '', ' . extra', ' ..']))}"


@st.composite
def files(draw: st.DrawFn, index: RuleIndex, *, quads: bool) -> bytes:
    """Descriptions, their lines together for the most part, with what else may stand in a file."""
    odd = st.sampled_from(
        ["", "   ", "# a comment", "no statement", "<urn:a>", "<urn:a> <urn:b>", '"a" <urn:b> <urn:c> .']
    )
    written = []
    known = draw(st.lists(nodes, min_size=1, max_size=4))
    for node in draw(st.lists(nodes | nodes | st.sampled_from(known), max_size=12)):
        for said in draw(st.lists(statements(index), min_size=1, max_size=6)):
            written.append(draw(lines(node, said, quads=quads)))
        if draw(st.integers(0, 5)) == 0:
            written.append(draw(odd))
    ends = draw(st.sampled_from(["\n", "\n", "\r\n"]))
    encoded = [(line + ends).encode() for line in written]
    if draw(st.integers(0, 4)) == 0:
        broken = [b"<urn:\xff> <urn:b> <urn:c> .\n", known[0].encode() + b' <urn:b> "\xff" .\n', b"\xc3\n"]
        for line in draw(st.lists(st.sampled_from(broken), min_size=1, max_size=4)):
            encoded.insert(draw(st.integers(0, len(encoded))), line)
    content = b"".join(encoded)
    return content.removesuffix(b"\n") if draw(st.booleans()) else content


def may_be_apart(content: bytes, syntax: RdfFormat) -> bool:
    """Whether the lines of a node, with such as are about none between them, do not all stand together."""
    runs: list[str] = []
    for line in content.split(b"\n"):
        try:
            found = {str(quad.subject) for quad in parse(line.decode(), format=syntax)}
        except (SyntaxError, UnicodeDecodeError):
            found = set()
        for node in sorted(found | {subject_of(line, syntax)} - {None}, key=str):
            if node and runs[-1:] != [node]:
                runs.append(node)
    return len(runs) != len(set(runs))


@pytest.mark.parametrize("ending", ["nt", "nq"])
def test_lines_are_read_as_one_by_one(index: RuleIndex, ending: str, monkeypatch: pytest.MonkeyPatch) -> None:
    syntax = RdfFormat.from_extension(ending)
    assert syntax is not None

    @settings(max_examples=60)
    @given(files(index, quads=ending == "nq"), st.sampled_from([100, 1000, 3000, 1 << 16]))
    @example(b"", 40)
    def check(content: bytes, size: int) -> None:
        monkeypatch.setattr(rdf, "PIECE_BYTES", size)
        expected, lost, wrong = read_plainly(index, content, syntax)
        with TemporaryDirectory() as folder:
            path = Path(folder, f"in.{ending}")
            path.write_bytes(content)
            pieces, refused = pieces_of(RdfSource(path, index, Options()))
        if refused:
            none = not expected and not wrong and "holds no description" in refused
            assert none or (APART in refused and may_be_apart(content, syntax))
            return
        found = [row for piece in pieces for row in rows_of(piece.batch)]
        assert sorted(found, key=str) == sorted(expected, key=str)
        rejects = [reject for piece in pieces for reject in piece.lost]
        assert sorted(reject for reject in rejects if reject.reason.startswith("The line ")) == sorted(lost)
        others = [reject for reject in rejects if not reject.reason.startswith("The line ")]
        assert sorted(reject.text for reject in others) == sorted(wrong)
        assert all(reject.reason in wrong[reject.text] for reject in others)
        numbers = [number for piece in pieces for number in piece.numbers()] + [reject.row for reject in others]
        assert sorted(numbers) == list(range(1, len(expected) + len(wrong) + 1))
        assert [piece.read for piece in pieces][-1:] == [len(content)][: len(pieces)]

    check()


def test_what_comes_again_is_told_also_where_hashes_are_equal(
    index: RuleIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SeenNodes, "hashes", lambda self, texts: np.zeros(len(texts), np.uint64))
    monkeypatch.setattr(rdf, "PIECE_BYTES", 300)
    relation = sorted(fact_properties(index))[0]
    lines = [f"<urn:{number}> <{relation}> <urn:one> .\n" for number in range(20)]
    path = tmp_path / "in.nt"
    path.write_text("".join(lines), encoding="utf-8")
    pieces, refused = pieces_of(RdfSource(path, index, Options()))
    assert [row[DESCRIPTION] for piece in pieces for row in rows_of(piece.batch)] == [f"urn:{n}" for n in range(20)]
    assert len(pieces) > 2
    path.write_text("".join([*lines, lines[3]]), encoding="utf-8")
    pieces, refused = pieces_of(RdfSource(path, index, Options()))
    assert "about <urn:3> do not" in refused


@given(st.lists(st.text(max_size=40), max_size=30))
def test_nodes_that_were_seen_are_found(texts: list[str]) -> None:
    different = list(dict.fromkeys(texts))
    seen = SeenNodes()
    half = len(different) // 2
    assert not seen.add(pa.array(different[:half], pa.string()))
    assert not seen.add(pa.array(different[half:], pa.string()))
    # also where they stand among others, which have other lengths
    found = {place for places in seen.add(pa.array(["x" * 41, *different], pa.string())) for place in places}
    assert found == set(range(1, len(different) + 1))


# ------------------------------------------------------------------ what is lost


@cache
def some_relation(index: RuleIndex) -> str:
    return sorted(fact_properties(index))[0]


def rejects_and_rows(
    index: RuleIndex, path: Path, written: list[bytes]
) -> tuple[list[tuple[int, str]], list[str], str]:
    """The rejects by number, the descriptions that are left, and why a file is refused."""
    path.write_bytes(b"\n".join(written) + b"\n")
    pieces, refused = pieces_of(RdfSource(path, index, Options()))
    lost = [(reject.row, reject.reason) for piece in pieces for reject in piece.lost]
    return lost, [row[DESCRIPTION] for piece in pieces for row in rows_of(piece.batch)], refused


def about(index: RuleIndex, node: str, text: str = "one") -> bytes:
    return f'<urn:{node}> <{some_relation(index)}> "{text}" .'.encode()


def test_each_line_that_is_not_utf8_is_told_and_its_description_not_coded(index: RuleIndex, tmp_path: Path) -> None:
    broken = [b'<urn:%d> <urn:p> "\xff" .' % number for number in range(2)]
    written = [about(index, "0"), broken[0], about(index, "1"), broken[1], about(index, "2", "\ufffd")]
    lost, rows, _ = rejects_and_rows(index, tmp_path / "in.nt", written)
    assert [told for told in lost if told[1].startswith("The line")] == [
        (2, "The line is not UTF-8."),
        (4, "The line is not UTF-8."),
    ]
    assert [told for told in lost if not told[1].startswith("The line")] == [
        (1, "Line 2 is not UTF-8."),
        (2, "Line 4 is not UTF-8."),
    ]
    assert rows == ["urn:2"]


@pytest.mark.parametrize(
    ("line", "left"),
    [
        (b"<urn:b> <urn:p> .", ["urn:a", "urn:c"]),
        (b"<urn:\\u0062> <urn:p> .", ["urn:a", "urn:c"]),
        (b"<urn:other> <urn:p> .", ["urn:a", "urn:b", "urn:c"]),
        (b"urn:b> <urn:p> .", ["urn:c"]),
        (b"\xff\n# a comment\nnothing", ["urn:c"]),
    ],
)
@pytest.mark.parametrize("size", [1, 60, 150, 1 << 16])
def test_a_description_of_which_a_line_is_no_statement_is_not_coded(
    index: RuleIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: bytes, left: list[str], size: int
) -> None:
    monkeypatch.setattr(rdf, "PIECE_BYTES", size)
    written = [about(index, "a"), b"", line, b"# a comment", about(index, "b"), about(index, "c")]
    assert rejects_and_rows(index, tmp_path / "in.nt", written)[1] == left


def test_an_unknown_property_is_told_to_its_own_row_only(index: RuleIndex, tmp_path: Path) -> None:
    written = [f"<urn:{n}> <{UNKNOWN[n]}> <urn:x> .".encode() for n in range(2)]
    written.append(about(index, "last"))  # so that both are in one block
    lost, _, _ = rejects_and_rows(index, tmp_path / "in.nt", written)
    assert lost == [(n + 1, f"There is no axis for {v.shorten(UNKNOWN[n])}.") for n in range(2)]


@pytest.mark.parametrize("size", [1, 60, 150, 250])
@pytest.mark.parametrize("between", [b"# a comment", b"", b"  "])
def test_a_description_may_be_longer_than_a_block_and_have_comments(
    index: RuleIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int, between: bytes
) -> None:
    monkeypatch.setattr(rdf, "PIECE_BYTES", size)
    written = [line for node in "abc" for n in range(5) for line in (about(index, node, str(n)), between)]
    assert rejects_and_rows(index, tmp_path / "in.nt", written) == ([], ["urn:a", "urn:b", "urn:c"], "")


def test_what_is_held_for_the_end_of_a_description_is_bounded(
    index: RuleIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rdf, "PIECE_BYTES", 100)
    monkeypatch.setattr(rdf, "_LONGEST", 1000)
    refused = rejects_and_rows(index, tmp_path / "in.nt", [about(index, "a", str(n)) for n in range(99)])[2]
    assert "a description of more than 1000 bytes" in refused
