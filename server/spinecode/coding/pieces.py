"""A table that is read in pieces, the rows of it that cannot be read, and what is said of a file that is broken."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import pyarrow as pa

from spinecode.coding.coder import Options, match_columns
from spinecode.errors import InputError
from spinecode.index import RuleIndex

#: Bytes that are read at a time from CSV and RDF.
PIECE_BYTES: Final = 1 << 24


class Reject(NamedTuple):
    """A row that cannot be read: its number from 1 (a line of RDF, a row without the heading), why, and the row."""

    row: int
    reason: str
    text: str


class Piece(NamedTuple):
    """Some rows of a table; ``first`` is the number of the first row, ``lost`` are those that could not be read."""

    batch: pa.RecordBatch
    first: int
    lost: tuple[Reject, ...] = ()
    #: How much of the input has been read with it, in the unit of the source's ``size``.
    read: int = 0
    #: The numbers that rows of the table would have that are lost, where those of ``lost`` are not all such.
    gone: frozenset[int] | None = None

    def numbers(self) -> Sequence[int]:
        """The numbers of the rows of the batch in the input."""
        gone = {reject.row for reject in self.lost} if self.gone is None else self.gone
        if not gone:
            return range(self.first, self.first + len(self.batch))
        found = range(self.first, self.first + len(self.batch) + len(gone))
        return [number for number in found if number not in gone]


class Source:
    """A table in a file. ``size`` is how much there is to read, in rows or bytes (``unit``)."""

    schema: pa.Schema
    size: int
    unit = "rows"

    def pieces(self, skip: int = 0) -> Iterator[Piece]:
        """The pieces of the table, without the first ones. Raises InputError where the file is broken."""
        raise NotImplementedError


def text_axes(index: RuleIndex, schema: pa.Schema, options: Options) -> list[str]:
    """The columns of axes that are texts, and are held as dictionaries."""
    named = match_columns(index, schema.names, options)
    texts = [name for names in named.values() for name in names]
    return [name for name in texts if pa.types.is_string(schema.field(name).type)]


def broken(path: Path, kind: str, error: BaseException) -> InputError:
    """What to say of a file that cannot be read."""
    told = " ".join(str(error).split())
    return InputError.of(f"The file cannot be read as {kind}: {told}", file=str(path))
