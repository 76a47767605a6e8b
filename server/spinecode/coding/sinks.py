"""Coded tables that are written in parts, and the parts put together: Parquet, Arrow, CSV and NDJSON."""

from __future__ import annotations

import base64
import os
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any, Final

import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv
import pyarrow.parquet as pa_parquet

from spinecode.coding.columns import plain_schema, plain_type
from spinecode.coding.parquet_join import join_parquet
from spinecode.coding.sources import JSON_MARK
from spinecode.errors import OutputError

FORMATS: Final = ("parquet", "arrow", "csv", "ndjson")
_BYTES_AT_A_TIME: Final = 1 << 20


def _plain(batches: Sequence[pa.RecordBatch], schema: pa.Schema) -> pa.Table:
    return pa.Table.from_batches(batches, schema).cast(plain_schema(schema))


def write_part(path: Path, kind: str, batches: Sequence[pa.RecordBatch], schema: pa.Schema, *, first: bool) -> None:
    """Write a part of a table, and see it on the disk. ``first`` parts have what stands once in a table.

    Raises OutputError where a column cannot be written in this format.
    """
    try:
        _write_part(path, kind, batches, schema, first=first)
    except (pa.ArrowException, UnicodeDecodeError) as error:
        told = f"The table cannot be written as {kind}: {error}. Parquet and Arrow take columns of any type."
        raise OutputError.of(told) from None


def _write_part(path: Path, kind: str, batches: Sequence[pa.RecordBatch], schema: pa.Schema, *, first: bool) -> None:
    with path.open("wb") as file:
        if kind == "parquet":
            _write_parquet(file, batches, schema)
        elif kind == "arrow":
            with pa.ipc.new_file(file, plain_schema(schema)) as writer:
                writer.write_table(_plain(batches, schema))
        elif kind == "csv":
            _write_csv(file, batches, schema, first)
        else:
            for batch in batches:
                _write_ndjson(file, batch)
        file.flush()
        os.fsync(file.fileno())


def _write_parquet(file: IO[bytes], batches: Sequence[pa.RecordBatch], schema: pa.Schema) -> None:
    # readers that know Arrow are told the types that the table has, not that its texts were held as dictionaries
    told = base64.b64encode(plain_schema(schema).serialize().to_pybytes())
    # texts that come again and again stand in each row group: their least and greatest let no reader skip one
    told_apart = [field.name for field in schema if plain_type(field.type) == field.type]
    table = pa.Table.from_batches(batches, schema).unify_dictionaries()
    with pa_parquet.ParquetWriter(file, schema, store_schema=False, write_statistics=told_apart) as writer:
        writer.write_table(table, row_group_size=max(1, len(table)))
        writer.add_key_value_metadata({**(schema.metadata or {}), b"ARROW:schema": told})


def _write_csv(file: IO[bytes], batches: Sequence[pa.RecordBatch], schema: pa.Schema, first: bool) -> None:
    table = _plain(batches, schema)
    columns = [_joined(column) if pa.types.is_list(column.type) else column for column in table.columns]
    flat = pa.table(columns, names=table.column_names)
    pa_csv.write_csv(flat, file, pa_csv.WriteOptions(include_header=first, quoting_style="needed"))


def _joined(column: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.binary_join(column.cast(pa.list_(pa.string())), "|")


def _write_ndjson(file: IO[bytes], batch: pa.RecordBatch) -> None:
    cells: list[list[Any]] = []
    for field, column in zip(batch.schema, batch.columns, strict=True):
        values = column.cast(plain_type(column.type)).to_pylist()
        if field.metadata and dict(field.metadata).items() >= JSON_MARK.items():
            values = [None if value is None else orjson.Fragment(value) for value in values]
        cells.append(values)
    names = batch.schema.names
    for row in zip(*cells, strict=True):
        file.write(orjson.dumps(dict(zip(names, row, strict=True)), default=str, option=orjson.OPT_APPEND_NEWLINE))


def join_parts(parts: Sequence[Path], kind: str, into: Path) -> None:
    """Put parts together in one file, and see it on the disk."""
    with into.open("wb") as file:

        def copy(part: Path, start: int, length: int) -> None:
            with part.open("rb") as source:
                source.seek(start)
                while length:
                    block = source.read(min(length, _BYTES_AT_A_TIME))
                    file.write(block)
                    length -= len(block)

        if kind == "parquet":
            join_parquet(parts, file, copy)
        elif kind == "arrow":
            _join_arrow(parts, file)
        else:
            for part in parts:
                copy(part, 0, part.stat().st_size)
        file.flush()
        os.fsync(file.fileno())


def _join_arrow(parts: Sequence[Path], file: IO[bytes]) -> None:
    with pa.ipc.open_file(pa.memory_map(str(parts[0]))) as start, pa.ipc.new_file(file, start.schema) as writer:
        for part in parts:
            with pa.memory_map(str(part)) as memory, pa.ipc.open_file(memory) as reader:
                for number in range(reader.num_record_batches):
                    writer.write_batch(reader.get_batch(number))
