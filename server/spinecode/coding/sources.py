"""Tables that are read in pieces: Parquet, Arrow, CSV and NDJSON, and what in them cannot be read.

A piece is the same each time a file is read, so that a run that was ended can go on after the pieces it had finished.
"""

from __future__ import annotations

import json
import re
from codecs import BOM_UTF8
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import orjson
import pyarrow as pa
import pyarrow.parquet as pa_parquet

from spinecode.coding.coder import Options, match_columns
from spinecode.coding.csv_source import CsvSource
from spinecode.coding.pieces import Piece, Reject, Source, broken, text_axes
from spinecode.errors import InputError
from spinecode.index import RuleIndex

#: Rows that are read at a time from Parquet and Arrow, and lines from NDJSON.
PIECE_ROWS: Final = 1 << 18
PIECE_LINES: Final = 1 << 14
_BUFFER: Final = 1 << 20
#: A mark on columns whose texts are JSON.
JSON_MARK: Final = {b"spinecode": b"json"}
#: Whole numbers up to this size are exact among those that are none.
_EXACT: Final = 1 << 53
#: What may be a whole number that the parser would round.
_DIGITS: Final = re.compile(rb"\d{19}")
_MOST_DIGITS: Final = 20
TEXT_KINDS: Final = {int: pa.int64(), float: pa.float64(), bool: pa.bool_(), str: pa.string()}


class ParquetSource(Source):
    """A Parquet file; the columns of axes are read as dictionaries, as they lie in it."""

    def __init__(self, path: Path, index: RuleIndex, options: Options) -> None:
        self._path = path
        try:
            schema = pa_parquet.read_schema(path)
            texts = text_axes(index, schema, options)
            # read through a buffer, so that neither a large file nor a large row group is ever in memory
            self._file = pa_parquet.ParquetFile(path, buffer_size=_BUFFER, read_dictionary=texts)
        except (pa.ArrowException, OSError) as error:
            raise broken(path, "Parquet", error) from None
        self.plain = schema
        self.schema = self._file.schema_arrow
        self.size = self._file.metadata.num_rows

    def pieces(self, skip: int = 0) -> Iterator[Piece]:
        """A piece is a part of a row group."""
        first, place = 1, 0
        for group in range(self._file.num_row_groups):
            rows = self._file.metadata.row_group(group).num_rows
            count = -(-rows // PIECE_ROWS)
            if place + count <= skip:
                place, first = place + count, first + rows
                continue
            try:
                for batch in self._file.iter_batches(PIECE_ROWS, row_groups=[group]):
                    if place >= skip:
                        yield Piece(batch, first, (), first + len(batch) - 1)
                    place, first = place + 1, first + len(batch)
            except (pa.ArrowException, OSError) as error:
                raise broken(self._path, f"Parquet, from row {first} on", error) from None


class ArrowSource(Source):
    """An Arrow file (IPC, as a file or as a stream)."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._memory = pa.memory_map(str(path))
            try:
                file = pa.ipc.open_file(self._memory)
                self.size = sum(file.get_batch(n).num_rows for n in range(file.num_record_batches))
                self.schema = file.schema
            except pa.ArrowInvalid:
                self.schema = pa.ipc.open_stream(pa.memory_map(str(path))).schema
                self.size, self.unit = self._memory.size(), "bytes"
        except (pa.ArrowException, OSError) as error:
            raise broken(path, "an Arrow file", error) from None

    def pieces(self, skip: int = 0) -> Iterator[Piece]:
        """A piece is a part of a record batch."""
        first, place = 1, 0
        memory = pa.memory_map(str(self._path))
        try:
            for whole in self._batches(memory):
                for start in range(0, len(whole), PIECE_ROWS):
                    batch = whole.slice(start, PIECE_ROWS)
                    if place >= skip:
                        batch.validate()
                        yield Piece(batch, first, (), memory.tell() if self.unit == "bytes" else first + len(batch) - 1)
                    place, first = place + 1, first + len(batch)
        except (pa.ArrowException, OSError) as error:
            raise broken(self._path, f"an Arrow file, from row {first} on", error) from None

    def _batches(self, memory: Any) -> Iterator[pa.RecordBatch]:
        if self.unit == "bytes":
            yield from pa.ipc.open_stream(memory)
            return
        file = pa.ipc.open_file(memory)
        for number in range(file.num_record_batches):
            yield file.get_batch(number)


class NdjsonSource(Source):
    """A file with a JSON object a line. Fields that are no axis keep their kind; where it varies, they are JSON."""

    unit = "bytes"

    def __init__(self, path: Path, index: RuleIndex, options: Options) -> None:
        self._path = path
        self.size = path.stat().st_size
        kinds: dict[str, set[type]] = {}
        for _, _, line in self._lines():
            item = _object(line)
            if isinstance(item, dict):
                for name, value in item.items():
                    kinds.setdefault(name, set()).add(_kind(value))
        if not kinds:
            raise InputError.of("The file holds no row: no line is a JSON object.", file=str(path))
        named = match_columns(index, list(kinds), options)
        self._axes = {name for names in named.values() for name in names}
        fields = []
        for name, found in kinds.items():
            found.discard(type(None))
            if name in self._axes:
                fields.append(pa.field(name, pa.list_(pa.string()) if list in found else pa.string()))
            elif _Long in found and found <= {_Long, int}:
                fields.append(pa.field(name, pa.int64()))
            elif found == {int, float}:
                fields.append(pa.field(name, pa.float64()))
            elif len(found) == 1 and (kind := TEXT_KINDS.get(next(iter(found)))) is not None:
                fields.append(pa.field(name, kind))
            else:
                fields.append(pa.field(name, pa.string(), metadata=JSON_MARK if found else None))
        self.schema = self.plain = pa.schema(fields)

    def _lines(self) -> Iterator[tuple[int, int, bytes]]:
        """The lines that are not blank, each with its number and where it ends."""
        try:
            with self._path.open("rb") as file:
                end = 0
                for number, line in enumerate(file, 1):
                    text = line.removeprefix(BOM_UTF8) if number == 1 else line
                    end += len(line)
                    if text.strip():
                        yield number, end, text
        except OSError as error:
            raise broken(self._path, "NDJSON", error) from None

    def pieces(self, skip: int = 0) -> Iterator[Piece]:
        """A piece is a number of lines."""
        rows: list[dict[str, Any]] = []
        lost: list[Reject] = []
        first, place, end, number = 1, 0, 0, 0
        for number, (_, end, line) in enumerate(self._lines(), 1):  # they are used after the loop
            if place >= skip:
                item = self._row(line)
                if isinstance(item, str):
                    lost.append(Reject(number, item, line.decode("utf-8", "replace").strip()))
                else:
                    rows.append(item)
            if number % PIECE_LINES == 0:
                if place >= skip:
                    yield Piece(self._batch(rows, first), first, tuple(lost), end)
                place, first, rows, lost = place + 1, number + 1, [], []
        if (rows or lost) and place >= skip:
            yield Piece(self._batch(rows, first), first, tuple(lost), end)

    def _batch(self, rows: list[dict[str, Any]], first: int) -> pa.RecordBatch:
        try:
            return pa.RecordBatch.from_pylist(rows, self.schema)
        except (pa.ArrowException, OverflowError) as error:  # such as a file that has changed meanwhile
            raise broken(self._path, f"NDJSON, from row {first} on", error) from None

    def _row(self, line: bytes) -> dict[str, Any] | str:
        """A line as a row, or why it is none."""
        item = _object(line)
        if isinstance(item, str):
            return item
        if _DIGITS.search(line):
            try:
                json.loads(line, parse_int=_whole)
            except OverflowError:
                return "The line has a whole number of more than 64 bits."
        row: dict[str, Any] = {}
        for field in self.schema:
            value = item.get(field.name)
            if value is None:
                row[field.name] = None
            elif field.name in self._axes:
                texts = [_text(one) for one in (value if isinstance(value, list) else [value]) if one is not None]
                if None in texts:
                    return f"{field.name} takes a text or a list of texts."
                row[field.name] = texts if pa.types.is_list(field.type) else texts[0]
            elif field.metadata:
                row[field.name] = orjson.dumps(value).decode()
            else:
                row[field.name] = value
        return row


class _Long:
    """Stands for whole numbers that a column of whole numbers holds, but one of other numbers does not hold exactly."""


def _kind(value: object) -> type:
    """The kind of a value of a field, which is ``object`` for a number that is too large for any column."""
    if not isinstance(value, int) or -_EXACT <= value <= _EXACT:
        return type(value)
    return _Long if value.bit_length() < 64 else object


def _text(value: object) -> str | None:
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None


def _whole(digits: str) -> int:
    """A whole number. Raises OverflowError where it has more than 64 bits."""
    if len(digits) > _MOST_DIGITS or not -(1 << 63) <= (number := int(digits)) < 1 << 64:
        raise OverflowError
    return number


def _object(line: bytes) -> dict[str, Any] | str:
    try:
        item = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        return f"The line is no JSON: {error}."
    return item if isinstance(item, dict) else "The line is no JSON object."


_MAKERS: Final[Mapping[str, str]] = {
    ".parquet": "parquet",
    ".pq": "parquet",
    ".arrow": "arrow",
    ".arrows": "arrow",
    ".feather": "arrow",
    ".ipc": "arrow",
    ".csv": "csv",
    ".tsv": "csv",
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
}
#: Endings of tables that are read, but not written.
READ_ONLY: Final = (".tsv", ".gz")


def table_format(path: Path) -> str | None:
    """The format of a table by the ending of its name (``.gz`` after .csv is understood); None for others."""
    endings = [ending.lower() for ending in path.suffixes]
    if endings[-1:] == [".gz"] and endings[-2:-1] in ([".csv"], [".tsv"]):
        return "csv"
    return _MAKERS.get(endings[-1]) if endings else None


def open_table(path: Path, kind: str, index: RuleIndex, options: Options) -> Source:
    """A table in a file of a format of ``table_format``. Raises InputError where it cannot be read, or not be coded."""
    if not path.is_file():
        raise InputError.of("There is no such file.", file=str(path))
    if kind == "parquet":
        return ParquetSource(path, index, options)
    if kind == "arrow":
        return ArrowSource(path)
    return CsvSource(path, index, options) if kind == "csv" else NdjsonSource(path, index, options)
