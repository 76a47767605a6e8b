"""Descriptions in RDF as a table: a row a description, a column an axis, with the IRIs and texts that were given.

N-Triples and N-Quads, which have a statement a line, are taken apart as columns of text; what is not in their usual
form, and every other syntax, goes through the parser of the project. The statements of a description have to stand
together, as writers of RDF put them, since the file is never held as a whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, parse

from spinecode import vocabulary as v
from spinecode.coding.coder import Options, match_columns
from spinecode.coding.sources import PIECE_BYTES, Piece, Reject, Source, broken
from spinecode.description import CODE, DATE, fact_properties
from spinecode.errors import InputError
from spinecode.graph import format_of
from spinecode.index import RuleIndex

#: The column with the IRI of a description, or with ``_:`` and the label of its blank node.
DESCRIPTION: Final = "description"
_LINES: Final = {RdfFormat.N_TRIPLES, RdfFormat.N_QUADS}
#: A statement in its usual form: no escapes, no comment.
_NODE: Final = r"^(?P<s><[^<>\\ ]*>|_:[^ \t<>]+)$"
_RELATION: Final = r"^<(?P<p>[^<>\\ ]*)>$"
_END: Final = (
    r"^(?:<(?P<i>[^<>\\ ]*)>|\"(?P<l>[^\"\\]*)\"(?:@[A-Za-z0-9-]+|\^\^<[^<>\\ ]*>)?|(?P<b>_:[^ \t<>]+))"
    r"[ \t]*(?:<[^<>\\ ]*>|_:[^ \t<>]+)?[ \t]*\.[ \t\r]*$"
)
_STATEMENT: Final = rf"{_NODE[:-1]}[ \t]+{_RELATION[1:-1]}[ \t]+{_END[1:]}"
_ROWS: Final = 1 << 14
Statements = tuple[pa.Array, pa.Array, pa.Array]


class RdfSource(Source):
    """The descriptions in a file of RDF."""

    unit = "bytes"

    def __init__(self, path: Path, index: RuleIndex, options: Options) -> None:
        self._path = path
        self._syntax = format_of(path)
        self.size = path.stat().st_size
        self._axis_of = fact_properties(index)
        self._axes = [axis.name for axis in index.asked_axes] + [DATE, CODE]
        several = pa.list_(pa.string())
        fields = [pa.field(name, pa.string() if name == DATE else several) for name in self._axes]
        self.schema = self.plain = pa.schema([pa.field(DESCRIPTION, pa.string()), *fields])
        match_columns(index, self.schema.names, options)

    def pieces(self, skip: int = 0) -> Iterator[Piece]:
        """A piece is the descriptions of a block of the file. Raises InputError for broken syntax other than lines'."""
        seen = _Seen(self._path)
        first, rows = 1, 0
        blocks = self._blocks() if self._syntax in _LINES else self._parsed()
        for place, (statements, lost, read) in enumerate(blocks):
            batch, wrong = self._table(statements, seen)
            rejects = (*lost, *(Reject(first + row, reason, node) for row, reason, node in wrong))
            if wrong:
                kept = np.ones(len(batch), bool)
                kept[[row for row, _, _ in wrong]] = False
                batch = batch.filter(pa.array(kept))
            rows = len(batch) + len(wrong)
            if place >= skip:
                yield _RdfPiece(batch, first, rejects, read)
            first += rows
        if first == 1 and not rows:
            raise InputError.of("The RDF holds no description of an injection.", file=str(self._path))

    # ------------------------------------------------------------------ statements

    def _blocks(self) -> Iterator[tuple[Statements, list[Reject], int]]:
        """The statements of a file of lines; the last description of a block is left for the next."""
        number, read, rest = 1, 0, b""
        with self._path.open("rb") as file:
            while True:
                block = file.read(PIECE_BYTES)
                read += len(block)
                whole = rest + block
                cut = whole.rfind(b"\n") + 1 if block else len(whole)
                if block:
                    cut = _start_of_last(whole, cut)
                rest = whole[cut:]
                if cut:
                    statements, lost, lines = self._lines(whole[:cut], number)
                    number += lines
                    yield statements, lost, read
                if not block:
                    return

    def _lines(self, block: bytes, number: int) -> tuple[Statements, list[Reject], int]:
        lost: list[Reject] = []
        try:
            text = block.decode()
        except UnicodeDecodeError as error:
            line = number + block.count(b"\n", 0, error.start)
            lost.append(Reject(line, "The line is not UTF-8.", ""))
            text = "\n".join("" if "\ufffd" in one else one for one in block.decode("utf-8", "replace").split("\n"))
        lines = pc.split_pattern(pa.array([text], pa.large_string()), "\n").values.cast(pa.string())
        count = len(lines) - (1 if text.endswith("\n") else 0)
        statements, odd = _by_parts(lines)
        found = pc.extract_regex(lines.take(pa.array(odd)), _STATEMENT)
        usual = found.is_valid()
        subjects, predicates, iris, literals = (found.field(name).filter(usual) for name in ("s", "p", "i", "l"))
        statements = _joined(statements, (subjects, predicates, pc.if_else(pc.equal(iris, ""), literals, iris)))
        odd = odd[~usual.to_numpy(zero_copy_only=False)]
        further: list[Quad] = []
        for place in odd.tolist():
            line = lines[place].as_py()
            if line.strip():
                try:
                    further += parse(line, format=self._syntax)
                except SyntaxError as error:
                    lost.append(Reject(number + place, f"The line is no statement: {error.msg}", line))
        if further:
            statements = _joined(statements, self._statements(further))
        return statements, lost, count

    def _parsed(self) -> Iterator[tuple[Statements, list[Reject], int]]:
        """The statements of any other syntax."""
        held: list[Quad] = []
        try:
            for quad in parse(path=str(self._path), format=self._syntax):
                if len(held) >= _ROWS * 8 and quad.subject != held[-1].subject:
                    yield self._statements(held), [], 0
                    held = []
                held.append(quad)
        except (SyntaxError, OSError) as error:
            raise broken(self._path, "RDF", error) from None
        if held:
            yield self._statements(held), [], self.size

    @staticmethod
    def _statements(quads: list[Quad]) -> Statements:
        subjects = [str(quad.subject) for quad in quads]
        objects = [q.object.value if isinstance(q.object, NamedNode | Literal) else "" for q in quads]
        return pa.array(subjects), pa.array([quad.predicate.value for quad in quads]), pa.array(objects, pa.string())

    # ------------------------------------------------------------------ the table

    def _table(self, statements: Statements, seen: _Seen) -> tuple[pa.RecordBatch, list[tuple[int, str, str]]]:
        subjects, predicates, objects = statements
        encoded = predicates.dictionary_encode()
        kinds = [self._kind(text, objects) for text in encoded.dictionary.to_pylist()]
        of_statement = np.array([place for place, _ in kinds] or [-1], np.int64).take(encoded.indices.to_numpy())
        typed = of_statement == len(self._axes)
        if typed.any():
            # of what is typed otherwise nothing is known
            injections = pc.equal(objects, v.INJECTION.value).to_numpy(zero_copy_only=False)
            of_statement[typed & ~injections] = -1
        of_interest = np.flatnonzero(of_statement >= 0)
        kept = subjects.take(pa.array(of_interest)).dictionary_encode()
        nodes, rows = kept.dictionary, kept.indices.to_numpy()
        of_statement, texts = of_statement[of_interest], objects.take(pa.array(of_interest))
        seen.add(nodes)
        if len(rows) and (np.diff(rows) < 0).any():
            order = np.argsort(rows, kind="stable")
            rows, of_statement, texts = rows[order], of_statement[order], texts.take(pa.array(order))
        columns: list[pa.Array] = [pc.replace_substring_regex(nodes, "^<(.*)>$", r"\1")]
        for place, name in enumerate(self._axes):
            mine = np.flatnonzero(of_statement == place)
            columns.append(_listed(rows[mine], texts.take(pa.array(mine)), len(nodes), as_text=name == DATE))
        batch = pa.RecordBatch.from_arrays(columns, schema=self.schema)
        wrong = [
            (int(rows[n]), _unknown(kinds, of_statement[n], self._axes), "") for n in self._odd(of_statement, texts)
        ]
        return batch, list({row: (row, reason, nodes[row].as_py()) for row, reason, _ in reversed(wrong)}.values())

    def _kind(self, predicate: str, objects: pa.Array) -> tuple[int, str]:
        """The place of the column that a property fills; one more for types, further ones for what is unknown."""
        if (axis := self._axis_of.get(predicate)) is not None:
            return self._axes.index(axis), predicate
        if predicate == v.TYPE.value:
            return len(self._axes), predicate
        if predicate.startswith(v.SPINE) and predicate not in v.CONCLUDED:
            return len(self._axes) + 1, predicate
        return -1, predicate

    def _odd(self, of_statement: npt.NDArray[np.int64], texts: pa.Array) -> list[int]:
        """The statements that make a row unusable: an unknown property of ours, or a value that is a blank node."""
        unknown = of_statement > len(self._axes)
        blank = (of_statement < len(self._axes)) & pc.equal(texts, "").to_numpy(zero_copy_only=False)
        return [int(n) for n in np.flatnonzero(unknown | blank)]


class _RdfPiece(Piece):
    """Rows of RDF are counted by description; what is lost before that has the number of its line."""

    def numbers(self) -> Sequence[int]:
        return range(self.first, self.first + len(self.batch))


def _by_parts(lines: pa.Array) -> tuple[Statements, npt.NDArray[np.intp]]:
    """The statements of lines whose parts are set apart by one space each, and the places of the other lines.

    Each distinct part is looked at once.
    """
    parts = pc.split_pattern(lines, " ", max_splits=2)
    offsets = parts.offsets.to_numpy()
    three = np.diff(offsets) == 3
    starts = offsets[:-1][three]
    encoded = parts.values.dictionary_encode()
    places, texts = encoded.indices.to_numpy(), encoded.dictionary
    at = [places.take(starts + n) for n in range(3)]

    def known(number: int, pattern: str) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.int64], pa.StructArray]:
        """Of the texts that stand in one place, which have a form, and what a pattern takes out of them."""
        used = np.zeros(len(texts), bool)
        used[at[number]] = True
        taken = pc.extract_regex(texts.take(pa.array(np.flatnonzero(used))), pattern)
        rank = np.cumsum(used) - 1
        return taken.is_valid().to_numpy(zero_copy_only=False), rank.take(at[number]), taken

    nodes, relations, ends = (known(n, pattern) for n, pattern in enumerate((_NODE, _RELATION, _END)))
    good = np.logical_and.reduce([valid.take(rank) for valid, rank, _ in (nodes, relations, ends)])
    usual = np.flatnonzero(three)[good]
    taken = ends[2]
    objects = pc.if_else(pc.equal(taken.field("i"), ""), taken.field("l"), taken.field("i"))
    columns = [(nodes[2].field("s"), nodes[1]), (relations[2].field("p"), relations[1]), (objects, ends[1])]
    subjects, predicates, values = (texts.take(pa.array(rank[good])) for texts, rank in columns)
    odd = np.ones(len(lines), bool)
    odd[usual] = False
    return (subjects, predicates, values), np.flatnonzero(odd)


def _joined(one: Statements, other: Statements) -> Statements:
    if not len(other[0]):
        return one
    subjects, predicates, objects = (pa.concat_arrays(pair) for pair in zip(one, other, strict=True))
    return subjects, predicates, objects


def _unknown(kinds: list[tuple[int, str]], place: int, axes: list[str]) -> str:
    if place < len(axes):
        return f"The value of {axes[place]} has to be an IRI or a text, not a blank node."
    named = [v.shorten(predicate) for kind, predicate in kinds if kind == place]
    return f"There is no axis for {' or '.join(named)}."


def _listed(rows: npt.NDArray[Any], texts: pa.Array, count: int, *, as_text: bool) -> pa.Array:
    """The texts of each row as a list, nothing where there are none; rows are in order."""
    counts = np.bincount(rows, minlength=count) if len(rows) else np.zeros(count, np.int64)
    offsets = np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)
    if as_text:
        lists = pa.ListArray.from_arrays(pa.array(offsets), texts)
        joined = pc.binary_join(lists, ";")
        return pc.if_else(pa.array(counts > 0), joined, pa.scalar(None, pa.string()))
    return pa.ListArray.from_arrays(pa.array(offsets), texts, mask=pa.array(counts == 0))


def _start_of_last(block: bytes, end: int) -> int:
    """Where the lines of the last subject of a block begin, which may go on in the next; the end where it is alone."""
    if not end:
        return 0
    last = block.rfind(b"\n", 0, end - 1) + 1
    subject = block[last:end].split(None, 1)[:1]
    while last > 0:
        before = block.rfind(b"\n", 0, last - 1) + 1
        if block[before:last].split(None, 1)[:1] != subject:
            return last
        last = before
    return end


class _Seen:
    """The nodes so far, as hashes: one that comes again has been coded without what comes later."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._sorted: list[npt.NDArray[np.int64]] = []

    def add(self, nodes: pa.Array) -> None:
        """Take the nodes of a block. Raises InputError for one of an earlier block."""
        names = nodes.to_pylist()
        hashes = np.array([hash(name) for name in names], np.int64)
        for known in self._sorted:
            places = np.searchsorted(known, hashes).clip(max=len(known) - 1)
            again = np.flatnonzero(known.take(places) == hashes)
            if len(again):
                told = f"The statements about {names[again[0]]} do not stand together. Sort the file by line first."
                raise InputError.of(told, file=str(self._path))
        if len(hashes):
            self._sorted.append(np.sort(hashes))
        while len(self._sorted) > 1 and len(self._sorted[-2]) <= 2 * len(self._sorted[-1]):
            last, before = self._sorted.pop(), self._sorted.pop()
            self._sorted.append(np.sort(np.concatenate([before, last])))


def open_rdf(path: Path, kind: str, index: RuleIndex, options: Options) -> Source:
    """The descriptions in a file of RDF. Raises InputError where there is none."""
    if not path.is_file():
        raise InputError.of("There is no such file.", file=str(path))
    return RdfSource(path, index, options)
