"""``spinecode code --engine spark``: tables that Spark reads and writes, coded by its workers."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import PurePosixPath
from time import monotonic
from typing import TYPE_CHECKING, Any, Final
from warnings import filterwarnings

from spinecode.errors import InputError, OutputError, SpinecodeError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

    from spinecode.coding.coder import Options
    from spinecode.rules import Rules

_FORMATS: Final = {"": "parquet", ".parquet": "parquet", ".orc": "orc"}
#: How Spark's message of a failed task names an error of ours.
_OURS: Final = re.compile(r"spinecode\.errors\.\w+: (.+)")
_CLASS: Final = re.compile(r"^\[[A-Z_.]+\]\s*")


@dataclass(frozen=True)
class SparkJob:
    """What to code, and to where: names that Spark understands, of files or folders, ``s3a://`` and the like too."""

    source: str
    output: str
    options: Options
    force: bool = False


def see_options(given: Mapping[str, object]) -> None:
    """Refuse options that Spark has no use for: it keeps finished tasks by itself, and rows have no numbers there."""
    for name, value in given.items():
        if value is not None:
            raise InputError.of(f"{name} does not go with --engine spark: rejected rows stay in the table there.")


def code_on_spark(job: SparkJob, rules: Callable[[], Rules], form: str) -> int:
    """Code a table on Spark, print the summary, and give the exit status.

    Raises InputError where the input cannot be used or Spark is not there, OutputError where Spark cannot write.
    """
    from spinecode.cli import render

    summary = _run(job, rules)
    if form == "json":
        render.print_json(summary)
    else:
        _show(summary)
    return int(bool(summary["rejected"] or (summary["verdicts"] or {}).get("wrong")))


def _show(summary: dict[str, Any]) -> None:
    from spinecode.cli.render import show_pairs

    rate = f"{summary['rows']:,} in {summary['seconds']:,.1f} s, {summary['rows_per_second']:,} a second, on Spark"
    pairs = [("rows", rate), *((name, f"{count:,}") for name, count in summary["statuses"].items())]
    if (verdicts := summary["verdicts"]) is not None:
        told = ", ".join(f"{count:,} {name}" for name, count in verdicts.items())
        pairs.append(("reported codes", told or "there are none"))
    show_pairs([*pairs, ("written to", summary["output"])])


def _run(job: SparkJob, rules: Callable[[], Rules]) -> dict[str, Any]:
    started = monotonic()
    read, write = _format_of(job.source), _format_of(job.output)
    with _session() as session, _told(job.output):
        from spinecode.spark import code

        frame = session.read.format(read).load(job.source)
        coded = code(frame, rules=rules(), **vars(job.options))
        coded.write.format(write).mode("overwrite" if job.force else "error").save(job.output)
        written = session.read.format(write).load(job.output)
        statuses = _counted(written, job.options.prefix + "status")
        verdicts = _counted(written, job.options.prefix + "verdict") if job.options.check else None
    rows, seconds = sum(statuses.values()), monotonic() - started
    rejected = statuses.get("rejected", 0)
    return {
        "engine": "spark",
        "input": job.source,
        "output": job.output,
        "rows": rows,
        "coded": rows - rejected,
        "rejected": rejected,
        "statuses": statuses,
        "verdicts": verdicts,
        "seconds": round(seconds, 3),
        "rows_per_second": round(rows / seconds),
    }


def _format_of(name: str) -> str:
    ending = PurePosixPath(name).suffix.lower()
    if ending not in _FORMATS:
        told = "Known to --engine spark are .parquet and .orc; a folder without an ending is taken for Parquet."
        raise InputError.of(f"{told} Others can be read by a program that calls spinecode.spark.code.", file=name)
    return _FORMATS[ending]


def _counted(frame: DataFrame, column: str) -> dict[str, int]:
    found = {row[0]: row[1] for row in frame.groupBy(frame[f"`{column}`"]).count().collect() if row[0] is not None}
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


@contextmanager
def _session() -> Iterator[SparkSession]:
    """The session there is, or one as Spark is configured here, for as long as this lasts."""
    if find_spec("pyspark") is None:
        raise InputError.of("Coding on Spark needs PySpark: pip install 'spinecode[spark]'.")
    # it warns of the newest pandas, which has no part in this
    filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)
    from pyspark.errors import PySparkException
    from pyspark.sql import SparkSession

    active = SparkSession.getActiveSession()
    if active is not None:
        yield active
        return
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        raise InputError.of("Spark needs Java, 17 or later: there is none on the path, and JAVA_HOME is not set.")
    builder = SparkSession.builder.appName("spinecode code")
    shown = str(sys.stderr.isatty()).lower()
    try:
        session = builder.config("spark.ui.showConsoleProgress", shown).getOrCreate()
    except PySparkException as error:
        told = _first_line(str(error))
        raise InputError.of(f"Spark does not start: {told} Java 17 or later is needed.") from None
    try:
        context = session.sparkContext
        if context.getConf().get("spark.log.level") is None:
            context.setLogLevel("FATAL")  # what fails is told once, by us
        if str(context.master).startswith("local") and "PYSPARK_PYTHON" not in os.environ:
            context.pythonExec = sys.executable
        yield session
    finally:
        session.stop()


@contextmanager
def _told(output: str) -> Iterator[None]:
    """What Spark raises, as one line."""
    from py4j.protocol import Py4JJavaError
    from pyspark.errors import AnalysisException, PySparkException

    try:
        yield
    except (PySparkException, Py4JJavaError) as error:
        text = str(error)
        if ours := _OURS.search(text):
            raise InputError.of(ours[1]) from None
        if "ALREADY_EXISTS" in text:
            told = "The output exists already. Give another name, or --force to replace it."
            raise OutputError.of(told, file=output) from None
        kind: type[SpinecodeError] = InputError if isinstance(error, AnalysisException) else OutputError
        raise kind.of(f"Spark ended the job: {_first_line(text)}") from None


def _first_line(text: str) -> str:
    """What stands in a message of Spark before the trace, without the name of its class."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    told = next((line for line in lines if not line.startswith("An error occurred while calling")), "no reason told.")
    found = _CLASS.sub("", re.sub(r"^:?\s*(?:[a-z]\w*\.)+\w+: ", "", told))
    return re.sub(r" SQLSTATE: \w+$", "", found)
