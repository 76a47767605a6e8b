"""Every way of coding a table gives the same answer: the SQL of ``spinecode compile`` against the local engine.

Both with and without a check of the reported codes.

As many made-up rows as wanted (a million), all drawn anew: descriptions that fit, partial and contradictory ones, and
such that nobody understands. ``python bench/same_answers.py`` says how many rows differ, and how long
each took; its status is 1 when some do.
"""

from __future__ import annotations

import argparse
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.made_claims import claims  # noqa: E402

from spinecode.coding.coder import Coder, Options, code_table  # noqa: E402  # after the path is set
from spinecode.coding.compiled import compiled_rules  # noqa: E402
from spinecode.coding.sql_select import Claims, select_statement  # noqa: E402
from spinecode.coding.sql_tables import table_script  # noqa: E402
from spinecode.knowledge import Knowledge, load  # noqa: E402

FIELDS = ("status", "codes", "units", "modifiers", "candidates")
CHECKED = (*FIELDS, "verdict")
TODAY = "2026-01-01"


def plain(table: pa.Table) -> pa.Table:
    """A table of texts, as databases have them."""
    kinds = [pa.string() if pa.types.is_dictionary(field.type) else field.type for field in table.schema]
    return table.cast(pa.schema(list(zip(table.column_names, kinds, strict=True))))


def in_duckdb(script: str, select: str, table: pa.Table, fields: Sequence[str]) -> list[tuple[object, ...]]:
    """The answers of DuckDB, in the order of the claims."""
    with duckdb.connect() as database:
        database.execute(script)
        database.register("arrow", table)
        database.execute("CREATE TABLE claims AS SELECT * FROM arrow")
        return database.execute(f"SELECT {', '.join(fields)} FROM ({select}) ORDER BY claim").fetchall()


def in_sqlite(script: str, select: str, table: pa.Table, fields: Sequence[str]) -> list[tuple[object, ...]]:
    """The answers of SQLite, in the order of the claims."""
    with tempfile.TemporaryDirectory() as folder:
        database = sqlite3.connect(Path(folder) / "claims.db")
        database.executescript(script)
        database.execute(f"CREATE TABLE claims ({', '.join(table.column_names)})")
        marks = ", ".join("?" * table.num_columns)
        for batch in table.to_batches(max_chunksize=50_000):
            columns = [column.to_pylist() for column in batch.columns]
            database.executemany(f"INSERT INTO claims VALUES ({marks})", zip(*columns, strict=True))
        database.commit()
        found = database.execute(f"SELECT {', '.join(fields)} FROM ({select}) ORDER BY claim").fetchall()
        database.close()
        return found


ENGINES: dict[str, Callable[[str, str, pa.Table, Sequence[str]], list[tuple[object, ...]]]] = {
    "duckdb": in_duckdb,
    "sqlite": in_sqlite,
}


def main() -> int:
    """Compare the engines; 1 when some row differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--pool", type=int, default=None, help="how many rows are different; else all")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--engine", choices=list(ENGINES), action="append")
    given = parser.parse_args()
    knowledge = load()
    started = time.monotonic()
    table = plain(claims(knowledge.index, given.rows, given.seed, pool=given.pool or given.rows))
    print(f"{len(table):,} rows made in {time.monotonic() - started:.1f} s", flush=True)
    wrong = sum(compare(knowledge, table, given.engine or list(ENGINES), check=check) for check in (False, True))
    return int(wrong > 0)


def compare(knowledge: Knowledge, table: pa.Table, engines: Sequence[str], *, check: bool) -> int:
    """How many rows differ from those of the local engine, in all engines together."""
    fields = CHECKED if check else FIELDS
    started = time.monotonic()
    coded = code_table(table, None, Coder(knowledge.index.rules, Options(today=TODAY, check=check)))
    how = "with a check" if check else "without a check"
    print(f"local engine {how}: {time.monotonic() - started:.1f} s", flush=True)
    expected = list(zip(*(coded[name].to_pylist() for name in fields), strict=True))
    for column in (0, len(fields) - 1) if check else (0,):
        counts = Counter(row[column] for row in expected).most_common()
        print(", ".join(f"{number:,} {told or 'without a verdict'}" for told, number in counts))
    compiled = compiled_rules(knowledge)
    script = "\n".join(table_script(compiled))
    select = select_statement(compiled, Claims(today=TODAY, check=check))
    wrong = 0
    for name in engines:
        started = time.monotonic()
        found = ENGINES[name](script, select, table, fields)
        took = time.monotonic() - started
        differing = sum(one != other for one, other in zip(found, expected, strict=True))
        wrong += differing
        print(f"{name} {how}: {differing:,} of {len(found):,} rows differ, {took:.1f} s with loading", flush=True)
    return wrong


if __name__ == "__main__":
    sys.exit(main())
