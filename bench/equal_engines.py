"""Every engine gives the same answer: the library row by row, columns, Spark, and SQL in DuckDB and SQLite.

As many made-up rows as wanted (a million), all drawn anew: descriptions that fit a definition, partial and
contradictory ones, and such that nobody understands. ``python bench/equal_engines.py`` says how many rows differ from
what the columns say, and how long each took; its status is 1 when some do. An engine that is not installed is told.
"""

from __future__ import annotations

import argparse
import itertools
import multiprocessing
import os
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from time import monotonic

import pyarrow as pa
import pyarrow.parquet as pq

from spinecode.coding.answers import CONTRADICTORY, REJECTED, answer_of, joined, verdict_of
from spinecode.coding.coder import Coder, Options, code_table
from spinecode.description import from_mapping
from spinecode.errors import ContradictionError, InputError
from spinecode.knowledge import load
from spinecode.selection import select

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT))

from tests.made_claims import Given, claims, descriptions  # noqa: E402  # after the path is set

TODAY = "2026-01-01"
FIELDS = ("status", "codes", "units", "modifiers", "candidates", "ask", "question", "verdict", "why")
#: What SQL gives; it does not ask, and tells why in columns of its own.
SQL_FIELDS = (*FIELDS[:5], "verdict")
Rows = list[tuple[object, ...]]
_AT_A_TIME = 2_000
#: The library gives of every hundredth row the verdict, which takes it a hundred times as long as the answer.
_VERDICT_OF = 100


def _by_library(some: Sequence[tuple[int, Given]]) -> Rows:
    index = load().index
    order = list(index.codes).index
    found: Rows = []
    for number, given in some:
        try:
            description = from_mapping(index, given)
            selection = select(index, description, TODAY)
        except ContradictionError:
            told: tuple[object, ...] = (CONTRADICTORY,)
        except InputError:
            told = (REJECTED,)
        else:
            answer = answer_of(index, selection)
            told = (*answer[:5], answer.ask, answer.question)
            if number % _VERDICT_OF == 0:
                told += verdict_of(index, selection, sorted(description.reported, key=order))
        texts = [joined(value) if value not in ("", ()) else None for value in told]
        width = len(FIELDS) if number % _VERDICT_OF == 0 else len(FIELDS) - 2
        found.append(tuple(texts + [None] * (width - len(texts))))
    return found


def library(table: pa.Table, seed: int) -> Iterator[tuple[object, ...]]:
    """The answers of ``selection.select``, in as many processes as there are cores; of some rows the verdict too."""
    made = enumerate(itertools.islice(descriptions(load().index, seed), len(table)))
    pieces = iter(lambda: list(itertools.islice(made, _AT_A_TIME)), [])
    with multiprocessing.get_context("spawn").Pool() as pool:
        for rows in pool.imap(_by_library, pieces):
            yield from rows


def spark(table: pa.Table, seed: int) -> Iterator[tuple[object, ...]]:
    """The answers of Spark, on all cores of this machine."""
    del seed
    from pyspark.sql import SparkSession

    from spinecode.spark import code

    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    builder = SparkSession.builder.master(f"local[{os.cpu_count()}]").config("spark.ui.enabled", "false")
    builder = builder.config("spark.driver.host", "127.0.0.1").config("spark.driver.memory", "2g")
    session = builder.config("spark.log.level", "ERROR").config("spark.ui.showConsoleProgress", "false").getOrCreate()
    with tempfile.TemporaryDirectory() as folder:
        source, output = f"{folder}/in.parquet", f"{folder}/out.parquet"
        pq.write_table(table, source, row_group_size=100_000)
        code(session.read.parquet(source), today=TODAY, check=True).write.parquet(output)
        session.stop()
        yield from _rows(pq.read_table(output).sort_by("claim"), FIELDS)


def _sql(name: str) -> Callable[[pa.Table, int], Iterator[tuple[object, ...]]]:
    def answers(table: pa.Table, seed: int) -> Iterator[tuple[object, ...]]:
        del seed
        from same_answers import ENGINES
        from spinecode.coding.compiled import compiled_rules
        from spinecode.coding.sql_select import Claims, select_statement
        from spinecode.coding.sql_tables import table_script

        compiled = compiled_rules(load())
        script, select = "\n".join(table_script(compiled)), select_statement(compiled, Claims(today=TODAY, check=True))
        yield from ENGINES[name](script, select, table, SQL_FIELDS)

    return answers


_ALL: dict[str, tuple[Callable[[pa.Table, int], Iterator[tuple[object, ...]]], tuple[str, ...]]] = {
    "library": (library, FIELDS),
    "spark": (spark, FIELDS),
    "duckdb": (_sql("duckdb"), SQL_FIELDS),
    "sqlite": (_sql("sqlite"), SQL_FIELDS),
}


def _rows(table: pa.Table, fields: Sequence[str]) -> Iterator[tuple[object, ...]]:
    for batch in table.select(list(fields)).to_batches(max_chunksize=50_000):
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def main() -> int:
    """Compare the engines; 1 when some row differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--engine", choices=list(_ALL), action="append", help="only this one; may be repeated")
    given = parser.parse_args()
    index = load().index
    start = monotonic()
    encoded = claims(index, given.rows, given.seed, pool=given.rows)
    kinds = [pa.string() if pa.types.is_dictionary(field.type) else field.type for field in encoded.schema]
    table = encoded.cast(pa.schema(list(zip(encoded.column_names, kinds, strict=True))))
    print(f"{len(table):,} rows made in {monotonic() - start:.1f} s", flush=True)
    start = monotonic()
    coded = code_table(table, None, Coder(index.rules, Options(today=TODAY, check=True)))
    print(f"columns: {monotonic() - start:.1f} s", flush=True)
    counts = Counter(coded["status"].to_pylist()).most_common()
    print(", ".join(f"{number:,} {status}" for status, number in counts), flush=True)
    wrong = 0
    for name in given.engine or _ALL:
        answers, fields = _ALL[name]
        start = monotonic()
        differing = compared = 0
        try:
            for found, expected in zip(answers(table, given.seed), _rows(coded, fields), strict=True):
                compared += 1
                if found != expected[: len(found)]:
                    differing += 1
                    if differing == 1:
                        print(f"{name}, row {compared - 1}: {found}, not {expected}", flush=True)
        except ImportError as error:
            print(f"{name}: not compared, {error.name} is not installed", flush=True)
            continue
        wrong += differing
        print(f"{name}: {differing:,} of {compared:,} rows differ, {monotonic() - start:.1f} s", flush=True)
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
