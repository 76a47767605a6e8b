"""Part 8: how throughput grows with cores, against DuckDB on as many threads, and on Spark."""

from __future__ import annotations

import os
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

from measure import Plan, Row, Section, Verdict, ratios
from plots import draw
from spinecode.knowledge import Knowledge
from tables import ByHand, cores, seconds_of_command, takes_jobs, written

_OURS, _SPARK, _CASE = "spinecode code", "spinecode code --engine spark", "CASE WHEN by hand, 4 codes, DuckDB"
#: Cores beyond these double: 1, 2, 4, 8 ...
_ALL_UP_TO = 2
#: Of the rate of one core, how much a second one has to bring.
WORTH = 1.3


def _counts() -> list[int]:
    most = len(cores())
    found = list(range(1, min(most, _ALL_UP_TO) + 1))
    while found[-1] * 2 <= most:
        found.append(found[-1] * 2)
    return found


def measure(knowledge: Knowledge, plan: Plan) -> Section:
    """Measure from Parquet to Parquet, on one core and on more."""
    rows = 100_000 if plan.quick else 3_000_000
    section = Section(f"8  Cores: {rows:,} rows, Parquet to Parquet", "rows a second", "to one core / ours to peer")
    by_hand = ByHand(knowledge) if find_spec("duckdb") else None
    spark = find_spec("pyspark") is not None and shutil.which("java") is not None
    names = [_OURS, *([_CASE] if by_hand else []), *([_SPARK] if spark else [])]
    counts = _counts()
    rates: dict[str, dict[int, list[float]]] = {name: {count: [] for count in counts} for name in names}
    with TemporaryDirectory() as folder:
        source = written(knowledge.index, Path(folder, "claims.parquet"), rows)
        for _ in range(plan.rounds):
            for count in counts:
                taken, _ = seconds_of_command(source, Path(folder, "coded.parquet"), count)
                rates[_OURS][count].append(rows / taken)
                if by_hand:
                    seconds = by_hand.seconds_of_files(source, Path(folder, "by_hand.parquet"), count)
                    rates[_CASE][count].append(rows / seconds)
                if spark:
                    rates[_SPARK][count].append(rows / _seconds_on_spark(source, Path(folder, "on_spark"), count))
    for name in names:
        section.rows.append(Row(name, ()))
        for count in counts:
            told = ratios(rates[name][count], rates[name][1])
            section.rows.append(Row(f"  {count} core{'s' if count > 1 else ''}", rates[name][count], told))
            if name != _OURS:
                section.rows.append(Row("    ours to it", (), ratios(rates[_OURS][count], rates[name][count])))
    section.remarks.append(f"Processes are held to the cores; `--jobs` is {'' if takes_jobs() else 'not '}given.")
    section.remarks.append(
        "The start of our program counts, and that of Spark (Java, some seconds); DuckDB's does not."
    )
    if by_hand is None:
        section.remarks.append("DuckDB is not installed, and was not measured.")
    if not spark:
        section.remarks.append("PySpark or Java is not installed, and was not measured.")
    if len(counts) > 1:
        gained = sorted(ratios(rates[_OURS][2], rates[_OURS][1]))[plan.rounds // 2]
        section.verdicts.append(Verdict(f"8 two cores: {WORTH:g} x one", f"{gained:.2f} x", gained >= WORTH))
    if plan.plots:
        path = plan.plots / "throughput-by-cores.svg"
        lacking = draw(path, rates, "Throughput against cores, Parquet to Parquet", "cores", "rows a second")
        if lacking:
            section.remarks.append(lacking)
        else:
            section.plots.append((path.name, "Throughput against cores"))
    return section


def _seconds_on_spark(source: Path, output: Path, count: int) -> float:
    """How long the same command takes on Spark in this machine, with so many workers."""
    before = os.environ.get("PYSPARK_SUBMIT_ARGS"), os.environ.get("PYSPARK_PYTHON")
    settings = ("spark.ui.enabled=false", "spark.driver.host=127.0.0.1", "spark.driver.memory=2g")
    given = " ".join(f"--conf {setting}" for setting in settings)
    os.environ["PYSPARK_SUBMIT_ARGS"] = f"--master local[{count}] {given} pyspark-shell"
    os.environ["PYSPARK_PYTHON"] = sys.executable
    try:
        return seconds_of_command(source, output, count, "--engine", "spark")[0]
    finally:
        for name, value in zip(("PYSPARK_SUBMIT_ARGS", "PYSPARK_PYTHON"), before, strict=True):
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
