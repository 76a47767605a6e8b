"""Coding of tables on Apache Spark: the answers of ``coding``, row by row, by as many workers as a cluster has.

The compiled rules are broadcast: a worker neither reads the ontology nor reasons. A row becomes one row within its
task, and the day of rows without a date is fixed before a task starts. So a task that Spark runs again, since a worker
was lost, gives the same rows again, and Spark takes one of the two.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final
from warnings import catch_warnings, filterwarnings

import pyarrow as pa

from spinecode.coding.coder import Coder, Options
from spinecode.errors import InputError
from spinecode.knowledge import load
from spinecode.rules import Rules

if TYPE_CHECKING:
    from pyspark.sql import DataFrame
    from pyspark.sql.types import DataType, StructType

#: How Spark names the types that may stand for an axis, and what its workers get for them. Others are refused.
_KINDS: Final = {
    **dict.fromkeys(("string", "varchar", "char"), pa.string()),
    **dict.fromkeys(("byte", "short", "integer", "long", "tinyint", "smallint", "int", "bigint"), pa.int64()),
    **dict.fromkeys(("float", "double"), pa.float64()),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us", "UTC"),
    "timestamp_ntz": pa.timestamp("us"),
    "void": pa.null(),
}


def code(df: DataFrame, *, rules: Rules | None = None, **options: Any) -> DataFrame:
    """A frame of Spark with the columns of the answer; nothing is computed before an action on it.

    ``rules`` are those of ``Knowledge.index``, by default of the installed ontology. The other keyword arguments are
    the fields of ``coding.coder.Options``: ``columns``, ``check``, ``lists``, ``today``, ``prefix``. Rows that cannot
    be understood stay in the table, with the status ``rejected`` and the reason. Raises InputError where PySpark is not
    installed, where the columns cannot be coded (see ``Coder.matched``) or one has a type that cannot be.
    """
    _see_frame(df)
    chosen = Options(**options)
    fixed = replace(chosen, today=chosen.today or date.today().isoformat())
    worker = _Worker(Coder(rules or load().index.rules, fixed))
    schema = _schema(df, worker.coder)
    connected = _is_connected(df)
    carried = None if connected else df.sparkSession.sparkContext.broadcast(worker)
    content = pickle.dumps(worker) if connected else b""

    # workers are sent this function itself, not its name, so that it can say what they lack
    def coded(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        try:
            here = carried.value if carried is not None else pickle.loads(content)  # noqa: S301  # it is ours
        except ModuleNotFoundError as error:
            told = f"Spark's workers have no {error.name}: install spinecode[tables] there too, in the same version."
            raise ModuleNotFoundError(told, name=error.name) from None
        for batch in batches:
            yield here.code(batch)

    with catch_warnings():
        # it warns of the newest pandas, which has no part in this
        filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)
        return df.mapInArrow(coded, schema)


def _see_frame(df: Any) -> None:
    if type(df).__module__.startswith("pyspark.sql."):
        return
    if find_spec("pyspark") is None:
        raise InputError.of("Coding on Spark needs PySpark: pip install 'spinecode[spark]'.")
    raise InputError.of(f"This is no frame of Spark, but {type(df).__qualname__}.")


def _is_connected(df: Any) -> bool:
    """Whether a frame is one of Spark Connect, which has no broadcasts: the rules go with each task then."""
    return ".connect." in type(df).__module__


class _Worker:
    """Codes batches in a worker. There is one a process, which knows the rows that it has seen in earlier tasks."""

    def __init__(self, coder: Coder) -> None:
        self.coder = coder

    def code(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """The same rows with the columns of the answer, in the types that Spark has."""
        found = self.coder.code_batch(batch)
        added = [found.column(name) for name in self.coder.options.added]
        plain = [column.dictionary_decode() if _is_encoded(column) else column for column in added]
        return pa.RecordBatch.from_arrays([*batch.columns, *plain], names=found.schema.names)


def _is_encoded(column: pa.Array) -> bool:
    return bool(pa.types.is_dictionary(column.type))


def _schema(df: DataFrame, coder: Coder) -> StructType:
    """The schema of the coded frame; see that all columns can be coded before a task finds that one cannot."""
    from pyspark.sql.types import ArrayType, IntegerType, StringType, StructField, StructType

    named = coder.matched(pa.schema([pa.field(name, pa.null()) for name in df.columns]))
    taken = {name.casefold() for name in coder.options.added} & {name.casefold() for name in df.columns}
    if taken:
        # names differ by more than case in Spark's SQL, unless it is told otherwise
        message = f"The table has a column {min(taken)!r} already, which the answer needs. Give a prefix."
        raise InputError.of(message, value=min(taken))
    told = {name for names in named.values() for name in names}
    kinds = [(f.name, _kind(f.name, f.dataType) if f.name in told else pa.null()) for f in df.schema.fields]
    trial = coder.code_batch(pa.RecordBatch.from_pylist([], pa.schema(kinds)))
    added = []
    for name in coder.options.added:
        kind = trial.schema.field(name).type
        if pa.types.is_list(kind):
            item = IntegerType() if pa.types.is_integer(kind.value_type) else StringType()
            added.append(StructField(name, ArrayType(item)))
        else:
            added.append(StructField(name, StringType()))
    return StructType([*df.schema.fields, *added])


def _kind(name: str, kind: DataType) -> pa.DataType:
    from pyspark.sql.types import ArrayType

    if isinstance(kind, ArrayType) and kind.elementType.typeName() in _KINDS:
        return pa.list_(_KINDS[kind.elementType.typeName()])
    found = _KINDS.get(kind.typeName())
    if found is None:
        told = f"The column {name!r} has the type {kind.simpleString()}; it takes texts or lists of texts."
        raise InputError.of(told, axis=name, value=kind.simpleString())
    return found
