"""Descriptions in RDF as a table: a row a description, a column an axis, with the IRIs and texts that were given.

N-Triples and N-Quads, which have a statement a line, are taken apart as arrays (``triples``); what is not in their
usual form, and every other syntax, goes through the parser of the project. The statements of a description have to
stand together, as writers of RDF put them, since the file is never held as a whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from types import MappingProxyType
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
from spinecode.coding.lines import not_utf8, start_of_last, subjects_of
from spinecode.coding.nodes_seen import SeenNodes
from spinecode.coding.pieces import PIECE_BYTES, Piece, Reject, Source, broken
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
#: Bytes that are held at most for the end of a description.
_LONGEST: Final = 1 << 28
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


class _Block(NamedTuple):
    """The statements of a part of the file, and how much has been read with it.

    ``lost`` are its lines that are none, ``doubted`` whom they are about, each with what is the matter.
    """

    statements: Statements
    read: int
    lost: tuple[Reject, ...] = ()
    doubted: Mapping[str, str] = MappingProxyType({})

    def nodes(self, found: _Rows) -> pa.Array:
        """The subjects of its rows, then those of what is lost that have none."""
        if not self.doubted:
            return found.nodes
        doubted = pa.array(list(self.doubted), pa.string())
        return pa.concat_arrays([found.nodes, doubted.filter(pc.invert(pc.is_in(doubted, found.nodes)))])


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
        for place, block in enumerate(self._statements(ends)):
            found = _in_rows(block.statements)
            nodes = block.nodes(found)
            for again in seen.add(nodes):
                self._see_whether_new([nodes[row].as_py() for row in again], place)
            batch, wrong = self._table(found, block.doubted, ends)
            rejects = (Reject(first + row, reason, found.nodes[row].as_py()) for row, reason in wrong.items())
            rows = len(batch) + len(wrong)
            if place >= skip:
                gone = frozenset(first + row for row in wrong)
                yield Piece(batch, first, (*block.lost, *rejects), block.read, gone)
            first += rows
            if ends.crowded:
                ends.clear()
        if first == 1 and not rows:
            raise InputError.of("The RDF holds no description of an injection.", file=str(self._path))

    def _see_whether_new(self, nodes: list[str], blocks: int) -> None:
        """See whether nodes are in none of the first blocks. Raises InputError for the first one that is."""
        earlier: set[str] = set()
        for block in islice(self._statements(Ends(self._axes, self._axis_of)), blocks):
            rows = block.nodes(_in_rows(block.statements))
            earlier.update(rows.filter(pc.is_in(rows, pa.array(nodes, pa.string()))).to_pylist())
        if again := [node for node in nodes if node in earlier]:
            told = f"The statements about {again[0]} do not stand together. Sort the file by line first."
            raise InputError.of(told, file=str(self._path))

    # ------------------------------------------------------------------ statements

    def _statements(self, ends: Ends) -> Iterator[_Block]:
        """The statements block by block."""
        return self._blocks(ends) if self._syntax in _LINES else self._parsed(ends)

    def _blocks(self, ends: Ends) -> Iterator[_Block]:
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
                    cut = start_of_last(memory, memory.rfind(b"\n", 0, end) + 1)
                    if end - cut > _LONGEST:
                        told = f"There is a description of more than {_LONGEST} bytes, or none at all in as many."
                        raise InputError.of(told, file=str(self._path))
                elif end and memory[end - 1] != _NEWLINE:
                    memory[end] = _NEWLINE
                    cut = end = end + 1
                if cut:
                    block, lines = self._lines(np.frombuffer(memory, np.uint8, cut), number, read, ends)
                    number += lines
                    yield block
                if not count:
                    return
                held = end - cut
                memory[:held] = memory[cut:end]

    def _lines(self, block: triples.Bytes, number: int, read: int, ends: Ends) -> tuple[_Block, int]:
        """A block of lines, the first of which has a number; also the count of lines."""
        cuts, ascii_only = triples.cuts_of(block)
        begins, whole = cuts[::2], block
        lost: dict[int, tuple[str, str]] = {}
        if not ascii_only and not _is_utf8(block):
            lines = block.tobytes().split(b"\n")
            for place in not_utf8(lines):
                lines[place] = b""
                lost[place] = "is not UTF-8.", ""
            block = np.frombuffer(b"\n".join(lines), np.uint8)
            cuts, _ = triples.cuts_of(block)
        statements, odd, line_of = triples.of_lines(block, cuts, ends)
        further: list[Quad] = []
        for place in odd:
            line = line_of(place)
            if line.strip():
                try:
                    further += parse(line, format=self._syntax)
                except SyntaxError as error:
                    lost[place] = f"is no statement: {error.msg}", line
        if further:
            statements = _with(statements, further, ends)
        if not lost:
            return _Block(statements, read), len(begins) - 1
        doubted: dict[str, str] = {}
        places = sorted(lost)
        about = subjects_of(places, lambda at: whole[begins[at] : begins[at + 1]].tobytes(), len(begins) - 1)
        for place, nodes in zip(places, about, strict=True):
            for node in nodes:
                doubted.setdefault(node, f"Line {number + place} {lost[place][0]}")
        rejects = tuple(Reject(number + place, f"The line {lost[place][0]}", lost[place][1]) for place in places)
        return _Block(statements, read, rejects, doubted), len(begins) - 1

    def _parsed(self, ends: Ends) -> Iterator[_Block]:
        """The statements of any other syntax."""
        held: list[Quad] = []
        try:
            for quad in parse(path=str(self._path), format=self._syntax):
                if len(held) >= _ROWS * 8 and quad.subject != held[-1].subject:
                    yield _Block(_with(_NONE, held, ends), 0)
                    held = []
                held.append(quad)
        except (SyntaxError, OSError) as error:
            raise broken(self._path, "RDF", error) from None
        if held:
            yield _Block(_with(_NONE, held, ends), self.size)

    # ------------------------------------------------------------------ the table

    def _table(self, found: _Rows, doubted: Mapping[str, str], ends: Ends) -> tuple[pa.RecordBatch, dict[int, str]]:
        """The rows that can be used, and why the others, by number, can not."""
        nodes, rows, columns, values = found
        wrong = self._wrong(found, ends)
        if doubted:
            places = pc.index_in(pa.array(list(doubted), pa.string()), nodes).to_pylist()
            wrong |= {row: why for row, why in zip(places, doubted.values(), strict=True) if row is not None}
        if wrong:
            kept = np.ones(len(nodes), bool)
            kept[list(wrong)] = False
            nodes = nodes.filter(pa.array(kept))
            mine = np.flatnonzero(kept.take(rows))
            rows, columns, values = (np.cumsum(kept) - 1).take(rows[mine]), columns[mine], values[mine]
        return self._batch(_Rows(nodes, rows, columns, values), ends), wrong

    def _wrong(self, found: _Rows, ends: Ends) -> dict[int, str]:
        """Why rows cannot be used: a value that is a blank node, or properties of ours that are no axis."""
        _, rows, columns, values = found
        faults = np.flatnonzero((columns > ends.types) | ((columns < ends.types) & (values < 0)))
        wrong: dict[int, str] = {}
        unknown: dict[int, dict[str, None]] = {}
        known = ends.unknown if len(faults) else []
        for row, column, value in zip(*(part[faults].tolist() for part in (rows, columns, values)), strict=True):
            if column < ends.types:
                wrong.setdefault(row, _BLANK.format(self._axes[column]))
            else:
                unknown.setdefault(row, {})[v.shorten(known[value])] = None
        told = {row: f"There is no axis for {' or '.join(sorted(names))}." for row, names in unknown.items()}
        return told | wrong

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


def _is_utf8(block: triples.Bytes) -> bool:
    try:
        str(block.data, "utf-8")
    except UnicodeDecodeError:
        return False
    return True


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


def open_rdf(path: Path, kind: str, index: RuleIndex, options: Options) -> Source:
    """The descriptions in a file of RDF. Raises InputError where there is none."""
    if not path.is_file():
        raise InputError.of("There is no such file.", file=str(path))
    return RdfSource(path, index, options)
