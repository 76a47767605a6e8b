"""Descriptions in N-Triples and N-Quads become the table that reading them line by line gives."""

from __future__ import annotations

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
from spinecode.coding.rdf import DESCRIPTION, RdfSource
from spinecode.coding.sources import Piece, Reject
from spinecode.description import DATE, fact_properties
from spinecode.errors import InputError
from spinecode.index import RuleIndex

Row = dict[str, Any]
UNKNOWN = v.SPINE + "isNoAxis"
APART = "do not stand together"


# ------------------------------------------------------------------ read plainly


def read_plainly(index: RuleIndex, content: bytes, syntax: RdfFormat) -> tuple[list[Row], list[Reject], set[str]]:
    """The rows, the lines that are no statements, and the nodes of rows that cannot be used."""
    lost: list[Reject] = []
    quads: list[Quad] = []
    for number, line in enumerate(content.split(b"\n"), 1):
        try:
            quads += parse(line.decode(), format=syntax)
        except UnicodeDecodeError:
            lost.append(Reject(number, "The line is not UTF-8.", ""))
        except SyntaxError as error:
            lost.append(Reject(number, f"The line is no statement: {error.msg}", line.decode()))
    axis_of = fact_properties(index)
    rows: dict[str, dict[str, list[str]]] = {}
    wrong = set()
    for quad in quads:
        node, predicate = str(quad.subject), quad.predicate.value
        if predicate in axis_of:
            known = isinstance(quad.object, NamedNode | Literal) and quad.object.value
            rows.setdefault(node, {}).setdefault(axis_of[predicate], []).append(known or "")
            wrong |= set() if known else {node}
        elif predicate == UNKNOWN or (predicate == v.TYPE.value and quad.object == v.INJECTION):
            rows.setdefault(node, {})
            wrong |= {node} if predicate == UNKNOWN else set()
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
plain = st.text(
    st.characters(codec="utf-8", exclude_characters='"\\\r\n;\ufffd', exclude_categories=["C"]), max_size=12
)
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
            f"<{UNKNOWN}>\0<urn:one>",
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
    content = "".join(line + ends for line in written).encode()
    if draw(st.integers(0, 9)) == 0:
        content += b"<urn:\xff> <urn:b> <urn:c> .\n"
    return content.removesuffix(b"\n") if draw(st.booleans()) else content


def may_be_apart(content: bytes, syntax: RdfFormat, size: int) -> bool:
    """Whether the lines of a node do not all stand together, written the same, or fill a block of a size."""
    runs: list[tuple[bytes, set[str], int]] = []
    longest = 0
    for line in content.split(b"\n"):
        longest = max(longest, len(line) + 1)
        try:
            found = {str(quad.subject) for quad in parse(line.decode(), format=syntax)}
        except (SyntaxError, UnicodeDecodeError):
            found = set()
        first = b"".join(line.split(None, 1)[:1])
        before = runs.pop() if runs and runs[-1][0] == first else (first, set(), 0)
        runs.append((first, before[1] | found, before[2] + len(line) + 1))
    told = [node for _, found, _ in runs for node in found]
    return len(told) != len(set(told)) or max(length for _, _, length in runs) + longest > size


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
            assert none or (APART in refused and may_be_apart(content, syntax, size))
            return
        found = [row for piece in pieces for row in rows_of(piece.batch)]
        assert sorted(found, key=str) == sorted(expected, key=str)
        rejects = [reject for piece in pieces for reject in piece.lost]
        assert sorted(reject for reject in rejects if reject.text not in wrong) == sorted(lost)
        assert {reject.text for reject in rejects if reject.text in wrong} == wrong
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
