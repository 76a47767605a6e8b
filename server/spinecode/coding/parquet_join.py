"""Parquet files joined to one without reading their data: the bodies are copied, the footers are made one.

The footer of a Parquet file is one structure of Thrift's compact protocol (parquet.thrift of Apache Parquet, Thrift
compact protocol specification). It is read and written here as plain fields, whatever they are; only the places in the
file, which move, and the counts are changed.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

_MAGIC: Final = b"PAR1"
_TRUE, _FALSE, _BYTE, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT = 1, 2, 3, 7, 8, 9, 10, 11, 12

# fields of FileMetaData, RowGroup, ColumnChunk and ColumnMetaData, by the numbers that parquet.thrift gives them
_ROWS, _GROUPS = 3, 4
_COLUMNS, _GROUP_PLACE, _ORDINAL = 1, 5, 7
_CHUNK_PLACES, _CHUNK_DATA = (2, 4, 6), 3
_DATA_PLACES: Final = (9, 10, 11, 14)


class Field(NamedTuple):
    """A value with its kind of the compact protocol."""

    kind: int
    value: Any


Struct = dict[int, Field]


class _Reader:
    def __init__(self, content: bytes) -> None:
        self._content = content
        self._at = 0

    def byte(self) -> int:
        self._at += 1
        return self._content[self._at - 1]

    def varint(self) -> int:
        found = shift = 0
        while True:
            byte = self.byte()
            found |= (byte & 0x7F) << shift
            if byte < 0x80:
                return found
            shift += 7

    def number(self) -> int:
        found = self.varint()
        return found >> 1 ^ -(found & 1)

    def taken(self, length: int) -> bytes:
        self._at += length
        return self._content[self._at - length : self._at]

    def struct(self) -> Struct:
        found: Struct = {}
        last = 0
        while head := self.byte():
            last = last + (head >> 4) if head >> 4 else self.number()
            kind = head & 0x0F
            found[last] = Field(kind, kind == _TRUE if kind in (_TRUE, _FALSE) else self.value(kind))
        return found

    def value(self, kind: int) -> Any:
        if kind in (_TRUE, _FALSE, _BYTE):
            return self.byte()
        if kind == _DOUBLE:
            return self.taken(8)
        if kind == _BINARY:
            return self.taken(self.varint())
        if kind in (_LIST, _SET):
            head = self.byte()
            length = self.varint() if head >> 4 == 15 else head >> 4
            return (head & 0x0F, [self.value(head & 0x0F) for _ in range(length)])
        if kind == _MAP:
            raise ValueError("a map in the footer")
        return self.struct() if kind == _STRUCT else self.number()


class _Writer:
    def __init__(self) -> None:
        self.content = bytearray()

    def varint(self, number: int) -> None:
        while number > 0x7F:
            self.content.append(number & 0x7F | 0x80)
            number >>= 7
        self.content.append(number)

    def number(self, number: int) -> None:
        self.varint((number << 1) ^ (number >> 63))

    def struct(self, fields: Struct) -> None:
        last = 0
        for number, (kind, value) in sorted(fields.items()):
            marked = (_TRUE if value else _FALSE) if kind in (_TRUE, _FALSE) else kind
            if 0 < number - last < 16:
                self.content.append(number - last << 4 | marked)
            else:
                self.content.append(marked)
                self.number(number)
            last = number
            if kind not in (_TRUE, _FALSE):
                self.value(kind, value)
        self.content.append(0)

    def value(self, kind: int, value: Any) -> None:
        if kind in (_TRUE, _FALSE, _BYTE):
            self.content.append(value)
        elif kind == _DOUBLE:
            self.content += value
        elif kind == _BINARY:
            self.varint(len(value))
            self.content += value
        elif kind in (_LIST, _SET):
            inner, items = value
            self.content.append(min(len(items), 15) << 4 | inner)
            if len(items) >= 15:
                self.varint(len(items))
            for item in items:
                self.value(inner, item)
        elif kind == _STRUCT:
            self.struct(value)
        else:
            self.number(value)


def _footer(path: Path) -> tuple[Struct, int]:
    """The footer of a file, and how long its body is without the magic number before it."""
    with path.open("rb") as file:
        end = file.seek(-8, 2)
        length, magic = struct.unpack("<I4s", file.read(8))
        if magic != _MAGIC or length > end:
            raise ValueError(f"{path} is no whole Parquet file")
        file.seek(end - length)
        return _Reader(file.read(length)).struct(), end - length - len(_MAGIC)


def _moved(fields: Struct, numbers: Sequence[int], by: int) -> None:
    for number in numbers:
        # a place of 0 is no place: writers leave some unset
        if number in fields and fields[number].value:
            fields[number] = Field(fields[number].kind, fields[number].value + by)


def join_parquet(parts: Sequence[Path], into: Any, copy: Any) -> None:
    """Write the rows of Parquet files of one schema, in their order, to a file that is open for writing bytes.

    ``copy`` is called with a part, the place to begin and the length, and copies these bytes. The schema and further
    metadata are those of the first part.
    """
    into.write(_MAGIC)
    at = len(_MAGIC)
    whole: Struct = {}
    for part in parts:
        footer, length = _footer(part)
        copy(part, len(_MAGIC), length)
        _, groups = footer[_GROUPS].value
        for group in groups:
            _moved(group, (_GROUP_PLACE,), at - len(_MAGIC))
            for chunk in group[_COLUMNS].value[1]:
                _moved(chunk, _CHUNK_PLACES, at - len(_MAGIC))
                _moved(chunk[_CHUNK_DATA].value, _DATA_PLACES, at - len(_MAGIC))
        at += length
        if not whole:
            whole = footer
            continue
        whole[_GROUPS].value[1].extend(groups)
        whole[_ROWS] = Field(whole[_ROWS].kind, whole[_ROWS].value + footer[_ROWS].value)
    for place, group in enumerate(whole[_GROUPS].value[1]):
        if _ORDINAL in group:
            group[_ORDINAL] = Field(group[_ORDINAL].kind, place)
    writer = _Writer()
    writer.struct(whole)
    into.write(bytes(writer.content))
    into.write(struct.pack("<I4s", len(writer.content), _MAGIC))
