"""Tables that are coded on Spark: row by row as here, and no row lost or doubled when a worker is killed.

The Spark is a real one: a cluster on this machine with two processes that execute tasks, each with Python workers.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner, Result

from spinecode.cli import cli
from spinecode.coding.answers import CONTRADICTORY, REJECTED
from spinecode.coding.coder import Options, code_table
from spinecode.errors import InputError
from spinecode.index import RuleIndex
from tests.conftest import ROOT
from tests.made_claims import claims

TODAY = "2026-01-01"
FILES, ROWS = 4, 3_000
BATCH = 500
NOWHERE = "/nowhere/at/all"
needs_spark = [
    pytest.mark.skipif(shutil.which("java") is None, reason="there is no Java on the path"),
    pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
]


@pytest.fixture(scope="module")
def session() -> Iterator[Any]:
    """A cluster of two executors; its workers could not read the ontology, had they to."""
    pyspark = pytest.importorskip("pyspark", reason="PySpark is not installed (pip install 'spinecode[spark]')")
    from pyspark.sql import SparkSession

    paths = os.pathsep.join(map(str, (ROOT / "server", ROOT)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SPARK_HOME", str(Path(pyspark.__file__).parent))
        patch.setenv("PYSPARK_PYTHON", sys.executable)
        patch.setenv("SPARK_LOCAL_IP", "127.0.0.1")
        started = (
            SparkSession.builder.master("local-cluster[2,1,1024]")
            .config("spark.executor.memory", "512m")
            .config("spark.driver.memory", "512m")
            .config("spark.driver.host", "127.0.0.1")
            .config("spark.ui.enabled", "false")
            .config("spark.ui.showConsoleProgress", "false")
            .config("spark.log.level", "FATAL")
            .config("spark.sql.shuffle.partitions", "2")
            .config("spark.sql.files.minPartitionNum", str(FILES))
            .config("spark.sql.execution.arrow.maxRecordsPerBatch", str(BATCH))
            .config("spark.executorEnv.PYTHONPATH", paths)
            .config("spark.executorEnv.SPINECODE_ONTOLOGY", NOWHERE)
            .config("spark.executorEnv.SPINECODE_CACHE", NOWHERE)
            .getOrCreate()
        )
        yield started
        started.stop()


def table_of(index: RuleIndex, *, lists: bool = False) -> pa.Table:
    return claims(index, FILES * ROWS, 11, pool=FILES * ROWS, lists=lists)


def stored(table: pa.Table, folder: Path) -> str:
    folder.mkdir()
    for number in range(FILES):
        pq.write_table(table.slice(number * ROWS, ROWS), folder / f"{number}.parquet")
    return str(folder)


def plain(table: pa.Table) -> pa.Table:
    columns = [c.cast(c.type.value_type) if pa.types.is_dictionary(c.type) else c for c in table.columns]
    return pa.table(columns, names=table.column_names).sort_by("claim").combine_chunks()


def written(folder: Path) -> pa.Table:
    return plain(pq.read_table(folder))


def assert_same(one: pa.Table, other: pa.Table) -> None:
    assert one.column_names == other.column_names
    for name in one.column_names:
        assert one[name].to_pylist() == other[name].to_pylist(), name


class TestOnACluster:
    pytestmark = needs_spark

    def test_each_row_is_coded_as_here(self, session: Any, index: RuleIndex, tmp_path: Path) -> None:
        from spinecode.spark import code

        options = {"check": True, "lists": True, "today": TODAY, "prefix": "x_"}
        table = table_of(index, lists=True)
        frame = code(session.read.parquet(stored(table, tmp_path / "in")), **options)
        assert frame.rdd.getNumPartitions() == FILES
        frame.write.parquet(str(tmp_path / "out"))
        found = written(tmp_path / "out")
        assert_same(found, plain(code_table(table, Options(**options))))
        kinds = set(found["x_status"].to_pylist())
        assert kinds == {"determined", "undetermined", "no-code", CONTRADICTORY, REJECTED}
        assert frame.schema["x_units"].dataType.simpleString() == "array<int>"

    @pytest.mark.parametrize("victim", ["Python workers", "executor"])
    def test_a_killed_worker_neither_loses_nor_doubles_a_row(
        self, session: Any, index: RuleIndex, tmp_path: Path, victim: str
    ) -> None:
        from spinecode.spark import code

        done, again = str(tmp_path / "killed"), str(tmp_path / "again")

        def kill(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            # in a worker beside the one that codes: both hang on the same daemon, and that on the executor
            import os
            import signal
            from pathlib import Path

            from pyspark import TaskContext

            def parent_of(pid: int) -> int:
                return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])

            task = TaskContext.get()
            if task is not None and task.attemptNumber() > 0:
                Path(again).touch()
            for number, batch in enumerate(batches):
                yield batch
                if number == 2:  # what came before it is coded already, and may be written
                    try:
                        os.close(os.open(done, os.O_CREAT | os.O_EXCL))
                    except FileExistsError:
                        continue
                    daemon = os.getppid()
                    if victim == "executor":
                        os.kill(parent_of(daemon), signal.SIGKILL)
                    else:
                        pids = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit()]
                        for pid in pids:
                            if pid != os.getpid() and parent_of(pid) == daemon:
                                os.kill(pid, signal.SIGKILL)
                    os.kill(os.getpid(), signal.SIGKILL)

        table = table_of(index)
        frame = session.read.parquet(stored(table, tmp_path / "in"))
        coded = code(frame.mapInArrow(kill, frame.schema), today=TODAY)
        coded.write.parquet(str(tmp_path / "out"))
        assert Path(done).exists()
        assert Path(again).exists()
        assert_same(written(tmp_path / "out"), plain(code_table(table, Options(today=TODAY))))

    def test_workers_could_not_load_the_ontology(self, session: Any) -> None:
        def tried(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
            import pyarrow

            from spinecode.errors import SpinecodeError
            from spinecode.knowledge import load

            for _ in batches:
                try:
                    told = load().index.rules.version
                except (SpinecodeError, OSError) as error:
                    told = f"no: {error}"
                yield pyarrow.RecordBatch.from_pydict({"told": [told]})

        (row,) = session.range(0, 1, 1, 1).mapInArrow(tried, "told string").collect()
        assert row.told.startswith("no: ")

    def test_other_columns_stay_as_they_are(self, session: Any, index: RuleIndex) -> None:
        from pyspark.sql.types import Row

        from spinecode.spark import code

        axis = index.asked_axes[0]
        name = index.values[axis.values[0]].name
        kinds = (
            f"n decimal(9,2), m map<string,int>, s struct<a:int>, t timestamp, b binary, {axis.name} string, `x y` int"
        )
        rows = [(Decimal("1.50"), {"k": 1}, Row(a=2), None, b"\0", name, None), (None, None, None, None, None, None, 3)]
        frame = session.createDataFrame(rows, kinds)
        found = code(frame, today=TODAY).collect()
        assert [tuple(row[: len(rows[0])]) for row in found] == rows
        assert all(row.status for row in found)

    def test_columns_that_cannot_be_coded_are_told_before_a_task_runs(self, session: Any, index: RuleIndex) -> None:
        from spinecode.spark import code

        axis = index.asked_axes[0].name
        for kinds, told in (
            ("a string", "No column tells of an axis"),
            (f"{axis} map<string,string>", f"'{axis}' has the type map<string,string>"),
            (f"{axis} decimal(3,1)", f"'{axis}' has the type decimal(3,1)"),
            (f"{axis} string, Status string", "'status' already"),
        ):
            with pytest.raises(InputError, match=told.replace("(", r"\(").replace(")", r"\)")):
                code(session.createDataFrame([], kinds))
        with pytest.raises(InputError, match="to check"):
            code(session.createDataFrame([], f"{axis} string"), check=True)

    def test_the_command(self, session: Any, index: RuleIndex, tmp_path: Path) -> None:
        table = table_of(index)
        source, output = stored(table, tmp_path / "in"), str(tmp_path / "out.parquet")
        assert session.getActiveSession() is not None
        arguments = [source, output, "--date", TODAY, "--check"]
        result = invoke(*arguments, "--format", "json")
        assert result.return_value == 1, result.output  # some are rejected
        expected = code_table(table, Options(today=TODAY, check=True))
        assert_same(written(Path(output)), plain(expected))
        assert f'"rows": {len(table)}' in result.output
        statuses = expected["status"].to_pylist()
        assert f'"rejected": {statuses.count(REJECTED)}' in result.output
        assert told(invoke(*arguments)).endswith("Give another name, or --force to replace it.")
        assert "does not exist" in told(invoke(str(tmp_path / "none"), str(tmp_path / "out2")))
        assert written(Path(output)).num_rows == len(table)

    def test_a_fault_in_a_task_is_one_line(self, session: Any, index: RuleIndex, tmp_path: Path) -> None:
        axis = next(axis for axis in index.asked_axes if not axis.repeatable).name
        pq.write_table(pa.table({axis: [1.5]}), tmp_path / "in.parquet")
        assert f"'{axis}' has the type double" in told(invoke(str(tmp_path / "in.parquet"), str(tmp_path / "out")))


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["code", "--engine", "spark", *arguments], standalone_mode=False)


def told(result: Result) -> str:
    assert result.exception is not None
    return str(result.exception)


def test_what_is_missing_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    files = (str(tmp_path / "in.parquet"), str(tmp_path / "out.parquet"))
    monkeypatch.setattr("spinecode.cli.spark.find_spec", lambda name: None)
    assert "pip install 'spinecode[spark]'" in told(invoke(*files))
    monkeypatch.undo()
    pytest.importorskip("pyspark", reason="PySpark is not installed (pip install 'spinecode[spark]')")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setattr("pyspark.sql.SparkSession.getActiveSession", lambda: None)
    assert "Spark needs Java, 17 or later" in told(invoke(*files))


def test_options_and_names_that_do_not_go_with_spark(tmp_path: Path) -> None:
    files = (str(tmp_path / "in.parquet"), str(tmp_path / "out.parquet"))
    for option in (["--resume"], ["--limit-rejects", "3"], ["--rejects", "x.csv"]):
        assert f"{option[0]} does not go with --engine spark" in told(invoke(*files, *option))
    assert ".parquet and .orc" in told(invoke("claims.csv", files[1]))


def test_what_is_no_frame_of_spark() -> None:
    from spinecode.spark import code

    with pytest.raises(InputError, match=r"no frame of Spark, but dict|needs PySpark"):
        code({})  # type: ignore[arg-type]
