"""Descriptions in RDF as a table: a row a description, a column an axis, with the IRIs and texts that were given.

N-Triples and N-Quads, which have a statement a line, are taken apart as arrays (``triples``); what is not in their
usual form, and every other syntax, goes through the parser of the project. The statements of a description have to
stand together, as writers of RDF put them, since the file is never held as a whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, parse

from spinecode import vocabulary as v
from spinecode.coding import triples
from spinecode.coding.coder import Options, match_columns
from spinecode.coding.columns import Numbers, distinct
from spinecode.coding.nodes_seen import SeenNodes
from spinecode.coding.sources import PIECE_BYTES, Piece, Reject, Source, broken
from spinecode.coding.triples import Ends, Statements
from spinecode.description import CODE, DATE, fact_properties
from spinecode.errors import InputError
from spinecode.graph import format_of
from spinecode.index import RuleIndex

#: The column with the IRI of a description, or with ``_:`` and the label of its blank node.
DESCRIPTION: Final = "description"
_LINES: Final = {RdfFormat.N_TRIPLES, RdfFormat.N_QUADS}
_ROWS: Final = 1 << 14
_NEWLINE: Final = 0x0A
_HELD: Final = 1 << 16
_BLANK: Final = "The value of {} has to be an IRI or a text, not a blank node."
#: No statements, to which others are added.
_NONE: Final = Statements(pa.array([], pa.string()), *(np.zeros(0, np.int32) for _ in range(3)))
_TEXT: Final = pa.dictionary(pa.int32(), pa.string())


class _Rows(NamedTuple):
    """Statements of interest in the order of their rows; ``nodes`` are the subjects of the rows."""

    nodes: pa.Array
    rows: npt.NDArray[np.int64]
    columns: Numbers
    values: Numbers


class RdfSource(Source):
    """The descriptions in a file of RDF."""

    unit = "bytes"

    def __init__(self, path: Path, index: RuleIndex, options: Options) -> None:
        self._path = path
        self._syntax = format_of(path)
        self.size = path.stat().st_size
        self._axis_of = fact_properties(index)
        self._axes = [axis.name for axis in index.asked_axes] + [DATE, CODE]
        fields = [pa.field(name, _TEXT if name == DATE else pa.list_(_TEXT)) for name in self._axes]
        self.schema = self.plain = pa.schema([pa.field(DESCRIPTION, pa.string()), *fields])
        match_columns(index, self.schema.names, options)

    def pieces(self, skip: int = 0) -> Iterator[Piece]:
        """A piece is the descriptions of a block of the file. Raises InputError for broken syntax other than lines'."""
        seen, ends = SeenNodes(), Ends(self._axes, self._axis_of)
        first, rows = 1, 0
        for place, (statements, lost, read) in enumerate(self._statements(ends)):
            found = _in_rows(statements)
            for again in seen.add(found.nodes):
                self._see_whether_new([found.nodes[row].as_py() for row in again], place)
            batch, wrong = self._table(found, statements, ends)
            rejects = (*lost, *(Reject(first + row, reason, node) for row, reason, node in wrong))
            rows = len(batch) + len(wrong)
            if place >= skip:
                yield _RdfPiece(batch, first, rejects, read)
            first += rows
            if ends.crowded:
                ends.clear()
        if first == 1 and not rows:
            raise InputError.of("The RDF holds no description of an injection.", file=str(self._path))

    def _see_whether_new(self, nodes: list[str], blocks: int) -> None:
        """See whether nodes are in none of the first blocks. Raises InputError for the first one that is."""
        earlier: set[str] = set()
        for statements, _, _ in islice(self._statements(Ends(self._axes, self._axis_of)), blocks):
            rows = _in_rows(statements).nodes
            earlier.update(rows.filter(pc.is_in(rows, pa.array(nodes, pa.string()))).to_pylist())
        if again := [node for node in nodes if node in earlier]:
            told = f"The statements about {again[0]} do not stand together. Sort the file by line first."
            raise InputError.of(told, file=str(self._path))

    # ------------------------------------------------------------------ statements

    def _statements(self, ends: Ends) -> Iterator[tuple[Statements, list[Reject], int]]:
        """The statements block by block, with the lines that are none, and how much has been read."""
        return self._blocks(ends) if self._syntax in _LINES else self._parsed(ends)

    def _blocks(self, ends: Ends) -> Iterator[tuple[Statements, list[Reject], int]]:
        """The statements of a file of lines; the last description of a block is left for the next."""
        number, read, held = 1, 0, 0
        # with room for what is left of a block, and for the end of a last line that has none
        memory = bytearray(PIECE_BYTES + _HELD)
        with self._path.open("rb") as file:
            while True:
                if held + PIECE_BYTES >= len(memory):
                    memory = memory[:held] + bytearray(PIECE_BYTES + held + _HELD)
                count = file.readinto(memoryview(memory)[held : held + PIECE_BYTES])
                read += count
                end = held + count
                cut = end
                if count:
                    cut = _start_of_last(memory, whole := memory.rfind(b"\n", 0, end) + 1)
                    if cut == whole and count < PIECE_BYTES:
                        cut = 0  # one description is all that is left: its last line may have no end
                elif end and memory[end - 1] != _NEWLINE:
                    memory[end] = _NEWLINE
                    cut = end = end + 1
                if cut:
                    statements, lost, lines = self._lines(np.frombuffer(memory, np.uint8, cut), number, ends)
                    number += lines
                    yield statements, lost, read
                if not count:
                    return
                held = end - cut
                memory[:held] = memory[cut:end]

    def _lines(self, block: triples.Bytes, number: int, ends: Ends) -> tuple[Statements, list[Reject], int]:
        """The statements of lines, the first of which has a number; what is no statement, and the count of lines."""
        lost: list[Reject] = []
        cuts, ascii_only = triples.cuts_of(block)
        if not ascii_only:
            try:
                str(block.data, "utf-8")
            except UnicodeDecodeError as error:
                before = int(np.count_nonzero(block[: error.start] == _NEWLINE))
                lost.append(Reject(number + before, "The line is not UTF-8.", ""))
                lines = str(block.data, "utf-8", "replace").split("\n")
                kept = "\n".join("" if "\ufffd" in text else text for text in lines)
                block = np.frombuffer(kept.encode(), np.uint8)
                cuts, _ = triples.cuts_of(block)
        statements, odd, line_of = triples.of_lines(block, cuts, ends)
        further: list[Quad] = []
        for place in odd:
            line = line_of(place)
            if line.strip():
                try:
                    further += parse(line, format=self._syntax)
                except SyntaxError as error:
                    lost.append(Reject(number + place, f"The line is no statement: {error.msg}", line))
        if further:
            statements = _with(statements, further, ends)
        return statements, lost, len(cuts) // 2

    def _parsed(self, ends: Ends) -> Iterator[tuple[Statements, list[Reject], int]]:
        """The statements of any other syntax."""
        held: list[Quad] = []
        try:
            for quad in parse(path=str(self._path), format=self._syntax):
                if len(held) >= _ROWS * 8 and quad.subject != held[-1].subject:
                    yield _with(_NONE, held, ends), [], 0
                    held = []
                held.append(quad)
        except (SyntaxError, OSError) as error:
            raise broken(self._path, "RDF", error) from None
        if held:
            yield _with(_NONE, held, ends), [], self.size

    # ------------------------------------------------------------------ the table

    def _table(
        self, found: _Rows, statements: Statements, ends: Ends
    ) -> tuple[pa.RecordBatch, list[tuple[int, str, str]]]:
        """The rows that can be used, and the others by number, each with the reason and its node."""
        nodes, rows, columns, values = found
        # an unknown property of ours, or a value that is a blank node
        faults = np.flatnonzero((columns > ends.types) | ((columns < ends.types) & (values < 0)))
        wrong: dict[int, tuple[int, str, str]] = {}
        if len(faults):
            unknown = self._unknown(statements, ends)
            for fault in faults[::-1].tolist():
                row, column = int(rows[fault]), int(columns[fault])
                blank = column < ends.types
                reason = _BLANK.format(self._axes[column]) if blank else f"There is no axis for {unknown}."
                wrong[row] = (row, reason, nodes[row].as_py())
            kept = np.ones(len(nodes), bool)
            kept[list(wrong)] = False
            nodes = nodes.filter(pa.array(kept))
            mine = np.flatnonzero(kept.take(rows))
            rows, columns, values = (np.cumsum(kept) - 1).take(rows[mine]), columns[mine], values[mine]
        return self._batch(_Rows(nodes, rows, columns, values), ends), list(wrong.values())

    @staticmethod
    def _unknown(statements: Statements, ends: Ends) -> str:
        """The properties of ours in a block that are no axis."""
        numbers = statements.values[statements.columns > ends.types].tolist()
        known = ends.unknown
        return " or ".join(v.shorten(known[number]) for number in dict.fromkeys(numbers))

    def _batch(self, found: _Rows, ends: Ends) -> pa.RecordBatch:
        """The rows as a table."""
        nodes, rows, columns, values = found
        count = len(nodes)
        facts = np.flatnonzero(columns < ends.types)
        cells = columns[facts] * np.int64(count) + rows[facts]
        single = np.full(ends.types * count, -1, np.int32)
        single[cells] = values[facts]
        counts = np.bincount(cells, minlength=len(single)) if np.count_nonzero(single >= 0) < len(cells) else None
        arrays = [_names(nodes)]
        for place, name in enumerate(self._axes):
            mine = slice(place * count, (place + 1) * count)
            own, lengths = single[mine], None
            if counts is not None and counts[mine].max() > 1:
                lengths = counts[mine]
                own = values[columns == place]
                if name == DATE:
                    own, lengths = _days(own, lengths, ends, place), None
            if name == DATE:
                arrays.append(ends.column(place, own))
            else:
                present = own >= 0 if lengths is None else lengths > 0
                items = ends.column(place, own[present] if lengths is None else own)
                arrays.append(_lists(items, present, present if lengths is None else lengths))
        return pa.RecordBatch.from_arrays(arrays, schema=self.schema)


class _RdfPiece(Piece):
    """Rows of RDF are counted by description; what is lost before that has the number of its line."""

    def numbers(self) -> Sequence[int]:
        return range(self.first, self.first + len(self.batch))


def _with(statements: Statements, quads: list[Quad], ends: Ends) -> Statements:
    """The same and further statements, as the parser gives them."""
    subjects = pa.array([str(quad.subject) for quad in quads])
    objects = [q.object.value if isinstance(q.object, NamedNode | Literal) else "" for q in quads]
    predicates = pa.array([quad.predicate.value for quad in quads])
    return triples.joined(statements, subjects, ends.of_terms(predicates, pa.array(objects, pa.string())))


def _in_rows(statements: Statements) -> _Rows:
    """The statements of interest by row, in the order in which their subjects appear."""
    interest = np.flatnonzero(statements.columns > triples.NOTHING)
    subjects, columns, values = (numbers.take(interest) for numbers in statements[1:])
    steps = np.diff(subjects, prepend=subjects[:1])
    if (steps >= 0).all():
        rows = np.cumsum(steps != 0)
        different = subjects[np.flatnonzero(np.diff(rows, prepend=-1))]
    else:
        found = distinct(subjects)
        rows, different = found[0].astype(np.int64), found[1]
        order = np.argsort(rows, kind="stable")
        rows, columns, values = rows[order], columns[order], values[order]
    return _Rows(statements.nodes.take(pa.array(different)), rows, columns, values)


def _names(nodes: pa.Array) -> pa.Array:
    """The nodes without the brackets of IRIs."""
    if triples.are_iris(nodes):
        return pc.ascii_trim(nodes, "<>")
    return pc.replace_substring_regex(nodes, "^<(.*)>$", r"\1")


def _lists(items: pa.Array, present: npt.NDArray[np.bool_], lengths: npt.NDArray[np.bool_ | np.int64]) -> pa.Array:
    """Items in the order of the rows as a list a row, nothing where there are none."""
    offsets = np.zeros(len(present) + 1, np.int32)
    np.cumsum(lengths, out=offsets[1:])
    return pa.ListArray.from_arrays(pa.array(offsets), items, mask=pa.array(~present))


def _days(values: Numbers, lengths: npt.NDArray[np.int64], ends: Ends, place: int) -> Numbers:
    """One value a row, or -1, for a column that takes no lists: several are one text."""
    found = np.full(len(lengths), -1, np.int32)
    begins = np.cumsum(lengths) - lengths
    one = lengths == 1
    found[one] = values[begins[one]]
    for row in np.flatnonzero(lengths > 1).tolist():
        several = values[begins[row] : begins[row] + lengths[row]]
        found[row] = ends.number(place, ";".join(ends.texts(place, several.tolist())))
    return found


def _start_of_last(block: bytearray, end: int) -> int:
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


def open_rdf(path: Path, kind: str, index: RuleIndex, options: Options) -> Source:
    """The descriptions in a file of RDF. Raises InputError where there is none."""
    if not path.is_file():
        raise InputError.of("There is no such file.", file=str(path))
    return RdfSource(path, index, options)
