"""Tables that are measured, coded by us in several ways, and by hand as one would without us."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from time import perf_counter
from typing import Any

import pyarrow as pa

from make_claims import Claims, write
from spinecode.coding.coder import Coder, Options, code_table
from spinecode.description import DATE
from spinecode.index import RuleIndex
from spinecode.knowledge import Knowledge

SEED = 20260302
#: The day of rows without a date.
TODAY = "2026-01-01"
#: Different rows of a table in which most rows are like others, as those of claims are.
DISTINCT = 20_000
_BY_HAND = Path(__file__).with_name("four_codes.sql")
_PATIENCE = 1_200


def options() -> Options:
    """How tables are coded here."""
    return Options(today=TODAY)


def made(index: RuleIndex, *, distinct: int = DISTINCT) -> Claims:
    """The maker of tables; the same from the start each time."""
    return Claims(index, SEED, distinct=distinct)


def written(index: RuleIndex, path: Path, rows: int, *, distinct: int = DISTINCT) -> Path:
    """A file with so many rows, in the format of its ending."""
    write(path, made(index, distinct=distinct), rows)
    return path


def cores() -> list[int]:
    """The cores that this process may use."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else list(range(os.cpu_count() or 1))


@contextmanager
def on_cores(number: int) -> Iterator[None]:
    """Let this process use so many cores only, where the system can hold it to that."""
    before, threads = cores(), pa.cpu_count()
    _confine(before[:number])
    pa.set_cpu_count(number)
    try:
        yield
    finally:
        _confine(before)
        pa.set_cpu_count(threads)


def _confine(chosen: Sequence[int]) -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, set(chosen))


def seconds_in_memory(table: pa.Table, coder: Coder) -> float:
    """How long it takes to code a table that is in memory, on one core."""
    with on_cores(1):
        start = perf_counter()
        found = code_table(table, None, coder)
        taken = perf_counter() - start
    if len(found) != len(table):
        raise SystemExit(f"{len(table)} rows became {len(found)}.")
    return taken


@cache
def takes_jobs() -> bool:
    """Whether `spinecode code` has an option for the number of processes."""
    asked = [sys.executable, "-m", "spinecode", "code", "--help"]
    return "--jobs" in subprocess.run(asked, capture_output=True, text=True, check=True).stdout


def seconds_of_command(source: Path, output: Path, number: int, *extra: str) -> tuple[float, dict[str, Any]]:
    """How long `spinecode code` takes for a file on so many cores, from its start to its end, and its summary."""
    command = [sys.executable, "-m", "spinecode", "code", str(source), str(output), "--force", "--format", "json"]
    jobs = ["--jobs", str(number)] if takes_jobs() and "--engine" not in extra else []
    return _timed([*command, "--date", TODAY, *jobs, *extra], number)


def _timed(command: Sequence[str], number: int) -> tuple[float, dict[str, Any]]:
    environment = {**os.environ, "OMP_NUM_THREADS": str(number)}
    with on_cores(number):  # a child begins with the cores of its parent
        start = perf_counter()
        done = subprocess.run(command, capture_output=True, check=False, timeout=_PATIENCE, env=environment)
        taken = perf_counter() - start
    if done.returncode not in (0, 1):  # 1 is that some rows are rejected
        raise SystemExit(f"{' '.join(command[2:5])} failed: {done.stderr.decode()[-500:]}")
    return taken, json.loads(done.stdout)


class ByHand:
    """Four codes by a ``CASE WHEN`` in DuckDB, and by a ``merge`` in pandas with the same as a table."""

    def __init__(self, knowledge: Knowledge) -> None:
        import duckdb

        self.case = _BY_HAND.read_text(encoding="utf-8")
        self._engine = duckdb
        self.axes = [axis.name for axis in knowledge.index.asked_axes if f" {axis.name} " in f" {self.case} "]
        self._index = knowledge.index

    def _connected(self, threads: int) -> Any:
        connection = self._engine.connect()
        connection.execute(f"SET threads = {threads}")
        return connection

    def in_memory(self, table: pa.Table) -> Any:
        """A connection with a table that is in DuckDB's own memory, on one thread."""
        connection = self._connected(1)
        connection.register("arrow_claims", table)
        connection.execute("CREATE TABLE claims AS SELECT * FROM arrow_claims")
        connection.unregister("arrow_claims")
        return connection

    def seconds_in_memory(self, connection: Any) -> float:
        """How long the CASE takes, as a new table with all columns and the code."""
        with on_cores(1):
            start = perf_counter()
            connection.execute(f"CREATE OR REPLACE TABLE coded AS SELECT *, {self.case} AS found FROM claims")
            return perf_counter() - start

    def seconds_of_files(self, source: Path, output: Path, number: int) -> float:
        """How long it takes from Parquet to Parquet, on so many threads."""
        with on_cores(number):
            connection = self._connected(number)
            start = perf_counter()
            connection.execute(f"COPY (SELECT *, {self.case} AS found FROM '{source}') TO '{output}' (FORMAT parquet)")
            return perf_counter() - start

    def codes(self, connection: Any) -> pa.Table:
        """What was found, by the number of the row."""
        return connection.sql("SELECT claim, found FROM coded ORDER BY claim").to_arrow_table()

    def merged(self) -> Any:
        """The codes of all combinations that have one, as a frame to merge with; what is a text in it is left out."""
        connection = self._connected(1)
        index = self._index
        text = "substance"
        asked = [name for name in self.axes if name != text]
        for name in asked:
            values = [index.values[n].name for n in index.axes[name].values]
            connection.register(f"axis_{name}", pa.table({name: pa.array([*values, None], pa.string())}))
        crossed = " CROSS JOIN ".join(f"axis_{name}" for name in asked)
        given = f"'steroid' AS {text}, '{TODAY}' AS \"{DATE}\""
        found = connection.execute(
            f'SELECT * EXCLUDE ({text}, "{DATE}") FROM (SELECT *, {self.case} AS found '
            f"FROM (SELECT *, {given} FROM {crossed})) WHERE found IS NOT NULL"
        )
        return found.df().fillna("")

    def seconds_of_merge(self, frame: Any, combinations: Any) -> float:
        """How long pandas takes: the texts and the day as masks, the rest by a merge."""
        patterns = [part.split("'")[0] for part in self.case.split("regexp_matches(substance, '")[1:]]
        since = self.case.split("< '")[1].split("'")[0]
        asked = [name for name in combinations.columns if name != "found"]
        with on_cores(1):
            start = perf_counter()
            wanted, ruled_out = (frame["substance"].str.contains(pattern, na=False) for pattern in patterns)
            kept = wanted & ~ruled_out & ~(frame[DATE].fillna(TODAY) < since)
            keyed = frame.assign(**{name: frame[name].fillna("") for name in asked})
            keyed = keyed.merge(combinations, on=asked, how="left")
            keyed["found"] = keyed["found"].where(kept.to_numpy())
            return perf_counter() - start
