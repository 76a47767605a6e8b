"""CSV that is read in pieces, and what in it cannot be read."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import orjson
import pyarrow as pa
import pyarrow.csv as pa_csv

from spinecode.coding.coder import Options
from spinecode.coding.pieces import PIECE_BYTES, Piece, Reject, Source, broken, text_axes
from spinecode.errors import InputError
from spinecode.index import RuleIndex

#: A row that is put after the last one; where it is read as a part of another, a quote is not closed.
_END: Final = "\x1eend of the table"


@contextmanager
def _opened(path: Path) -> Iterator[tuple[Any, Callable[[], int]]]:
    """The text of a file as a stream, and what tells how many bytes of the file have been read."""
    with pa.OSFile(str(path)) as file:
        if path.suffix.lower() == ".gz":
            with pa.CompressedInputStream(file, "gzip") as stream:
                yield stream, file.tell
        else:
            yield file, file.tell


class _Ended:
    """A stream with one row more, which is the same wherever the stream is cut."""

    closed = False

    def __init__(self, stream: Any, row: str) -> None:
        self._stream = stream
        self._row: bytes | None = row.encode()
        self._last = b""

    def read(self, size: int) -> bytes:
        """So many bytes, or fewer at the end."""
        block: bytes = self._stream.read(size)
        self._last = block[-1:] or self._last
        if self._row is None or len(block) + len(self._row) >= size:
            return block
        row, self._row = self._row, None  # a stream gives fewer bytes only at its end
        return block + (row if self._last in (b"\n", b"\r") else b"\n" + row)

    def close(self) -> None:
        """Nothing: the stream is closed by who opened it."""


class CsvSource(Source):
    """A CSV file with a heading, parted by commas, semicolons or tabs; every column stays the text that it is."""

    unit = "bytes"

    def __init__(self, path: Path, index: RuleIndex, options: Options) -> None:
        self._path = path
        self.size = path.stat().st_size
        self._name = str(path)
        heading = self._heading()
        self._separator = max(",;\t", key=heading.count)
        try:
            names = next(csv.reader(io.StringIO(heading), delimiter=self._separator))
        except (csv.Error, StopIteration) as error:
            raise broken(path, "CSV with a heading", error) from None
        self._end = _END + self._separator * len(names)  # a cell too many
        plain = pa.schema([pa.field(name, pa.string()) for name in names])
        texts = set(text_axes(index, plain, options))
        coded = pa.dictionary(pa.int32(), pa.string())
        self.plain = plain
        self.schema = pa.schema([pa.field(name, coded if name in texts else pa.string()) for name in names])

    def _heading(self) -> str:
        try:
            with _opened(self._path) as (stream, _):
                start = str(stream.read(1 << 16), "utf-8-sig", "replace")
        except (pa.ArrowException, OSError) as error:
            raise broken(self._path, "CSV with a heading", error) from None
        if not start:
            raise InputError.of("The file is empty; a line with the names of the columns is expected.", file=self._name)
        if not (heading := start.splitlines()[0]):
            raise InputError.of("The first line is blank where the names of the columns are expected.", file=self._name)
        return heading

    def pieces(self, skip: int = 0) -> Iterator[Piece]:
        """A piece is a block of the file. A row with too many or too few cells, or no UTF-8, is lost."""
        bad: list[Reject] = []
        first, place, last = 1, 0, None
        try:
            with _opened(self._path) as (stream, position):
                for batch in self._reader(_Ended(stream, self._end), bad):
                    # the reader is ahead of what it gives: only rows before the end of this batch are its own
                    end = first + len(batch) + sum(1 for _ in _within(bad, first, len(batch)))
                    lost = [reject for reject in bad if reject.row < end and reject.text != self._end]
                    del bad[: len(lost)]
                    last = batch if len(batch) else last
                    if place >= skip:
                        yield self._checked(batch, first, lost, position())
                    place, first = place + 1, end
        except (pa.ArrowException, OSError) as error:
            raise self._broken(first, error) from None
        if not bad or bad[-1].text != self._end:
            raise self._unclosed(last, bad)
        if bad := bad[:-1]:
            empty = pa.RecordBatch.from_pylist([], self.schema)
            yield Piece(empty, first, tuple(bad), self.size)

    def _reader(self, stream: _Ended, bad: list[Reject]) -> Any:
        """What gives the batches, and adds the rows that have too many or too few cells to ``bad``."""

        def refused(row: Any) -> str:
            told = f"The row has {row.actual_columns} cells where the heading has {row.expected_columns}."
            bad.append(Reject(row.number - 1, told, row.text))  # the heading is a row too
            return "skip"

        return pa_csv.open_csv(
            stream,
            pa_csv.ReadOptions(use_threads=False, block_size=PIECE_BYTES),
            pa_csv.ParseOptions(
                delimiter=self._separator,
                newlines_in_values=True,
                # an empty line is a row with one empty cell where there is one column, and no row elsewhere
                ignore_empty_lines=len(self.schema) > 1,
                invalid_row_handler=refused,
            ),
            pa_csv.ConvertOptions(column_types=self.schema, check_utf8=False),
        )

    def _broken(self, first: int, error: BaseException) -> InputError:
        if "straddling" in str(error):
            told = f"a row is longer than {PIECE_BYTES >> 20} MiB, as it is where a quote is not closed"
            return broken(self._path, f"CSV, from row {first} on", ValueError(f"{told}."))
        if "Empty CSV" in str(error):
            return broken(self._path, "CSV", ValueError("a quote in the heading is not closed."))
        return broken(self._path, f"CSV, from row {first} on", error)

    def _unclosed(self, last: pa.RecordBatch | None, bad: list[Reject]) -> InputError:
        """What to say where the end of the file lies in a cell, which is in the last row of those that were read."""
        texts = [bad[-1].text.encode()] if bad else []
        if last is not None:
            texts += [_bytes(column)[-1].as_py() or b"" for column in last.columns]
        cell = next((text for text in texts if text.endswith(self._end.encode())), b"")
        lines = 1 - cell.count(b"\n")
        with _opened(self._path) as (stream, _):
            ended = _Ended(stream, self._end)
            while block := ended.read(PIECE_BYTES):
                lines += block.count(b"\n")
        told = f"The file cannot be read as CSV: the quote that begins in line {lines} is not closed."
        return InputError.of(told, file=self._name)

    def _checked(self, batch: pa.RecordBatch, first: int, lost: list[Reject], read: int) -> Piece:
        piece = Piece(batch, first, tuple(lost), read)
        wrong: dict[int, str] = {}
        for name, column in zip(batch.schema.names, batch.columns, strict=True):
            texts = column.dictionary if pa.types.is_dictionary(column.type) else column
            try:
                texts.cast(pa.binary()).cast(pa.string())
            except pa.ArrowInvalid:
                for row, value in enumerate(_bytes(column).to_pylist()):
                    try:
                        (value or b"").decode()
                    except UnicodeDecodeError:
                        wrong.setdefault(row, f"The column {name!r} is not UTF-8.")
        if not wrong:
            return piece
        numbers = piece.numbers()
        told = [Reject(numbers[row], reason, _told(batch.slice(row, 1))) for row, reason in wrong.items()]
        kept = pa.array([row not in wrong for row in range(len(batch))])
        # made anew, since dictionaries keep what no row has any more
        cells = {n: c.filter(kept).cast(pa.string()) for n, c in zip(batch.schema.names, batch.columns, strict=True)}
        plain = pa.RecordBatch.from_pydict(cells)
        return Piece(plain.cast(self.schema), first, tuple(sorted((*lost, *told))), read)


def _within(bad: list[Reject], first: int, rows: int) -> Iterator[Reject]:
    """Those of the lost rows that lie before the last of so many kept ones."""
    end = first + rows
    for reject in bad:
        if reject.row < end:
            end += 1
            yield reject


def _bytes(column: pa.Array) -> pa.Array:
    """The cells of a column, which need not be UTF-8."""
    return column.cast(pa.string()).cast(pa.binary())


def _told(row: pa.RecordBatch) -> str:
    """A row that is no UTF-8, as JSON, with a mark for what cannot be read."""
    cells = (_bytes(column)[0].as_py() or b"" for column in row.columns)
    texts = [cell.decode("utf-8", "replace") for cell in cells]
    return orjson.dumps(dict(zip(row.schema.names, texts, strict=True))).decode()
