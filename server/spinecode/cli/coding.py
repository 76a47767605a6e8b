"""``spinecode code INPUT OUTPUT``: code a table of descriptions, or check the codes that it has."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from spinecode.cli.axes import knowledge_of
from spinecode.errors import InputError

if TYPE_CHECKING:
    from spinecode.coding.pieces import Source
    from spinecode.coding.run import Job, Progress, Summary


@click.command(epilog="Example: spinecode code claims.parquet coded.parquet --check")
@click.argument("source", metavar="INPUT", type=click.Path())
@click.argument("output", metavar="OUTPUT", type=click.Path())
@click.option("--check", is_flag=True, help="Say whether the reported codes are right, and why not.")
@click.option("--columns", type=click.Path(path_type=Path), metavar="FILE", help="JSON: the axis of each column.")
@click.option("--date", "today", metavar="DATE", help="Of rows without a date, YYYY-MM-DD; else today.")
@click.option("--lists", is_flag=True, help="Give several values as lists, not as one text with | between.")
@click.option("--prefix", default="", metavar="TEXT", help="Before the names of the columns that are added.")
@click.option("--rejects", type=click.Path(path_type=Path), metavar="FILE", help="For rows not understood.")
@click.option("--limit-rejects", type=click.IntRange(0), metavar="N", help="Stop when more rows are rejected.")
@click.option("--resume", is_flag=True, help="Go on with a run that was ended.")
@click.option("--force", is_flag=True, help="Replace the output, and what a run that was ended has left.")
@click.option("--engine", type=click.Choice(["local", "spark"]), default="local", help="Code here, or on Spark.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="Of the summary.")
@click.pass_context
def code(
    ctx: click.Context,
    source: str,
    output: str,
    check: bool,
    columns: Path | None,
    today: str | None,
    lists: bool,
    prefix: str,
    rejects: Path | None,
    limit_rejects: int | None,
    resume: bool,
    force: bool,
    engine: str,
    form: str,
) -> int:
    """Code a table: the same rows with status, codes, units, modifiers, candidates and the next question.

    The formats follow from the names: CSV, Parquet, NDJSON and Arrow, and for the input RDF too. Columns are named as
    the axes, date and code. Rows that cannot be understood go to the file of rejects. The status is 1 when there are
    some, and with --check when a reported code is wrong.
    """
    try:
        from spinecode.coding.run import Job, formats_of, run
    except ModuleNotFoundError as error:
        raise missing(error) from None
    from spinecode.cli import render
    from spinecode.coding.coder import Options

    if engine == "spark":
        from spinecode.cli.spark import SparkJob, code_on_spark, see_options

        see_options({"--rejects": rejects, "--limit-rejects": limit_rejects, "--resume": resume or None})
        spark_job = SparkJob(source, output, Options(columns_of(columns), check, lists, today, prefix), force)
        return code_on_spark(spark_job, lambda: knowledge_of(ctx).index.rules, form)
    _spare_pandas()
    given, target = Path(source), Path(output)
    read, write = formats_of(given, target)
    options = Options(columns_of(columns), check, lists or write == "ndjson", today, prefix)
    named = rejects or target.with_name(f"{target.name}.rejects.csv")
    job = Job(given, target, named, options, read, write, resume, force, limit_rejects)
    rules = knowledge_of(ctx).index.rules
    with _progress() as (opened, progress):
        summary = run(job, rules, progress, opened)
    if form == "json":
        render.print_json(summary_json(job, summary))
    else:
        _show(job, summary)
    return int(bool(summary.rejected or summary.verdicts["wrong"]))


class _NotYet:
    """Finds no pandas."""

    @staticmethod
    def find_spec(name: str, path: object = None, target: object = None) -> None:
        if name == "pandas":
            raise ModuleNotFoundError(name)


def _spare_pandas() -> None:
    """Let Arrow begin without pandas, which it loads where it is installed (in a third of a second), used or not.

    It is loaded still when something is turned into a frame of it, which nothing here is.
    """
    from pyarrow import array

    sys.meta_path.insert(0, _NotYet)
    try:
        array([])
    finally:
        sys.meta_path.remove(_NotYet)


def missing(error: ModuleNotFoundError) -> InputError:
    """What to say where the libraries of coding tables are not installed."""
    return InputError.of(f"Coding tables needs {error.name}: pip install 'spinecode[tables]'.")


def columns_of(path: Path | None) -> dict[str, str]:
    """The axis of each column, from a file of JSON; none without one. Raises InputError for what is no such file."""
    if path is None:
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8-sig"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise InputError.of(f"The file is no JSON: {error}", file=str(path)) from None
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        told = 'The file has to be one object with the axis of each column, such as {"svc_date": "date"}.'
        raise InputError.of(told, file=str(path))
    return found


@contextmanager
def _progress() -> Iterator[tuple[Any, Progress]]:
    """A bar with the rate and the time left, on a terminal only."""
    if not sys.stderr.isatty():
        yield (lambda source: None), (lambda read, rows: None)
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    shown = (BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[told]}"), TimeRemainingColumn())
    with Progress(*shown, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None, told="")

        def opened(source: Source) -> None:
            bar.update(task, total=source.size)

        def progress(read: int, rows: int) -> None:
            passed = bar.tasks[0].elapsed or 0
            rate = f"{rows:,} rows, {rows / passed:,.0f} a second" if passed else f"{rows:,} rows"
            bar.update(task, completed=read, told=rate)

        yield opened, progress


def summary_json(job: Job, summary: Summary) -> dict[str, Any]:
    """The summary as JSON."""
    return {
        "input": str(job.source),
        "output": str(job.output),
        "rows": summary.rows,
        "coded": summary.rows - summary.rejected,
        "rejected": summary.rejected,
        "rejects": str(job.rejects) if summary.rejected else None,
        "statuses": dict(summary.statuses),
        "verdicts": dict(summary.verdicts) if job.options.check else None,
        "parts": summary.parts,
        "resumed_parts": summary.resumed,
        "seconds": round(summary.seconds, 3),
        "rows_per_second": round(summary.rows / summary.seconds) if summary.seconds else None,
    }


def _show(job: Job, summary: Summary) -> None:
    from spinecode.cli.render import show_pairs

    rate = summary.rows / summary.seconds if summary.seconds else 0
    pairs = [("rows", f"{summary.rows:,} in {summary.seconds:,.1f} s, {rate:,.0f} a second")]
    if summary.resumed:
        pairs.append(("taken over", f"{summary.resumed:,} of {summary.parts:,} parts"))
    pairs += [(name, f"{number:,}") for name, number in summary.statuses.most_common()]
    if job.options.check:
        told = ", ".join(f"{number:,} {name}" for name, number in summary.verdicts.most_common())
        pairs.append(("reported codes", told or "there are none"))
    pairs.append(("rejected", f"{summary.rejected:,}" + (f", see {job.rejects}" if summary.rejected else "")))
    pairs.append(("written to", str(job.output)))
    show_pairs(pairs)
