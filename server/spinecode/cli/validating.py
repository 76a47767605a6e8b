"""``spinecode validate``: files as they are, and long ones as a stream with a progress bar and a summary."""

from __future__ import annotations

import os
import signal
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, BinaryIO, Final

import click

from spinecode.cli.axes import knowledge_of
from spinecode.cli.progress import progress_bar
from spinecode.errors import NoDescriptionError

if TYPE_CHECKING:
    from spinecode.knowledge import Knowledge
    from spinecode.report import Report
    from spinecode.report_formats import Writer

#: From which size on a file is read piece by piece.
STREAMED_FROM: Final = 16 << 20
#: The status of what was interrupted, as shells have it.
INTERRUPTED: Final = 130
_FORMS: Final = (
    *("text", "json", "ndjson", "turtle", "ntriples", "nquads", "trig", "rdfxml", "jsonld"),
    *("sarif", "junit", "html"),
)


@click.command(epilog="Example: spinecode validate big.nt --jobs 4 --format ndjson > report.ndjson")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option(
    "--format",
    "form",
    type=click.Choice(_FORMS),
    default="text",
    show_default=True,
    help="The RDF formats give a SHACL validation report; sarif and junit are for continuous integration.",
)
@click.option(
    "--jobs",
    type=click.IntRange(1, 256),
    help="Read the files piece by piece, in this many processes. Files over 16 MiB are always read so.",
)
@click.pass_context
def validate(ctx: click.Context, files: tuple[Path, ...], form: str, jobs: int | None) -> int:
    """Are descriptions well formed, and are their reported codes right?

    Files are of RDF, JSON or FHIR; a folder stands for its files. There is a report on each file, and JSON for several
    is a list. Of a file that is read piece by piece (N-Triples, N-Quads, Turtle, TriG and NDJSON can be) there is a
    report on each description, as text only where something was found, and a summary by rule at the end.

    The status is 0 when all conform, 1 when some do not or could not be read, 2 when a file cannot be used, and 130
    after an interrupt; the report is complete up to there.
    """
    from spinecode.cli.render import READABLE, console
    from spinecode.documents import document_files
    from spinecode.report_formats import writer

    knowledge = knowledge_of(ctx)
    paths = document_files(files)
    streamed = [_is_streamed(path, jobs) for path in paths]
    colour = console.is_terminal and not console.no_color
    many = len(paths) > 1 or any(streamed)
    run = _Run(writer(form, knowledge, many, min(console.width, READABLE), colour), form)
    if not any(streamed):
        # a file that cannot be used shows before anything is written
        reports = [(str(path), _whole(knowledge, path)) for path in paths]
        run.begin()
        for name, report in reports:
            run.write(name, report)
        return run.end()
    run.begin()
    try:
        with _interruptible(run):
            for path, is_streamed in zip(paths, streamed, strict=True):
                if run.interrupted:
                    break
                if is_streamed:
                    _stream(knowledge, path, jobs or min(os.cpu_count() or 1, 8), run)
                else:
                    run.add(str(path), _whole(knowledge, path))
    finally:
        status = run.end()
        run.summarise()
    return INTERRUPTED if run.interrupted else status


@contextmanager
def _interruptible(run: _Run) -> Iterator[None]:
    """Take the first interrupt as a wish to end after the report at hand, and the second as what it is.

    While more is waited for, as from a pipe, there is no report at hand.
    """

    def stop(*_: object) -> None:
        if run.interrupted or run.waiting:
            raise KeyboardInterrupt
        run.interrupted = True

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _is_streamed(path: Path, jobs: int | None) -> bool:
    from spinecode.bulk import SYNTAXES as PIECEWISE
    from spinecode.whole import LINES, SYNTAXES, syntax_of

    if jobs is None and (not path.is_file() or path.stat().st_size <= STREAMED_FROM):
        return False
    syntax = syntax_of(path)
    return syntax == LINES or SYNTAXES[syntax] in PIECEWISE


def _whole(knowledge: Knowledge, path: Path) -> Report:
    from spinecode.whole import validate_file

    return validate_file(knowledge, path)


def _stream(knowledge: Knowledge, path: Path, jobs: int, run: _Run) -> None:
    from pyoxigraph import RdfFormat

    from spinecode.bulk import validate_stream
    from spinecode.documents import naming
    from spinecode.whole import SYNTAXES, syntax_of

    syntax = SYNTAXES[syntax_of(path)]
    name, before = str(path), run.descriptions + run.unread
    kind = syntax if isinstance(syntax, RdfFormat) else None
    with (
        naming(name),
        path.open("rb") as file,
        progress_bar(file) as show,
        closing(validate_stream(knowledge, _Waiting(file, run), kind, jobs)) as judged,
    ):
        for one in judged:
            if run.interrupted:
                return
            run.add(name, one.report)
            show(run.descriptions)
    if run.interrupted:
        return
    if run.descriptions + run.unread == before:
        raise NoDescriptionError.of("The file holds no description.", file=name)


class _Waiting:
    """A file that ends where its reader is interrupted while it waits for more."""

    def __init__(self, file: BinaryIO, run: _Run) -> None:
        self._file = file
        self._run = run

    def _take(self, read: Callable[[int], bytes], size: int) -> bytes:
        self._run.waiting = True
        try:
            return read(size) if not self._run.interrupted else b""
        except KeyboardInterrupt:
            self._run.interrupted = True
            return b""
        finally:
            self._run.waiting = False

    def read(self, size: int, /) -> bytes:
        return self._take(self._file.read, size)

    def readline(self, size: int, /) -> bytes:
        return self._take(self._file.readline, size)


class _Run:
    """What is written, and what is counted on the way."""

    def __init__(self, writer: Writer, form: str) -> None:
        self._writer = writer
        self._form = form
        self._begun = monotonic()
        self._rules: Counter[tuple[str, str]] = Counter()
        self._conforming = 0
        self._all_conform = True
        self.descriptions = 0
        self.unread = 0
        self.interrupted = False
        #: Whether more of a file is waited for.
        self.waiting = False

    def begin(self) -> None:
        self._put(self._writer.begin())

    def write(self, name: str, report: Report) -> None:
        self._all_conform &= report.conforms
        self._put(self._writer.report(name, report))

    def add(self, name: str, report: Report) -> None:
        """Count a report; write it unless it is a text that says nothing is wrong."""
        from spinecode import vocabulary as v

        failing = {result.focus_node for result in report.results if result.severity == "violation"}
        self.descriptions += len(report.answers)
        self._conforming += max(len(report.answers) - len(failing), 0)
        self.unread += len(report.unread)
        self._rules.update((result.severity, v.shorten(result.shape)) for result in report.results)
        if self._form != "text" or report.results or report.unread:
            self.write(name, report)
        else:
            self._all_conform &= report.conforms

    def end(self) -> int:
        self._put(self._writer.end())
        sys.stdout.flush()
        return int(not self._all_conform)

    def summarise(self) -> None:
        """The summary by rule; beside the report when that is for programs."""
        from rich.console import Console
        from rich.table import Table

        from spinecode.report import SEVERITIES

        out = Console(stderr=self._form != "text", highlight=False)
        taken = max(monotonic() - self._begun, 1e-9)
        table = Table(box=None, pad_edge=False)
        table.add_column("results")
        table.add_column("severity", no_wrap=True)
        table.add_column("rule", overflow="fold")
        for (severity, shape), count in sorted(
            self._rules.items(), key=lambda item: (SEVERITIES.index(item[0][0]), -item[1], item[0][1])
        ):
            table.add_row(f"{count:>7,}", severity, shape)
        if self._rules:
            if self._form == "text":
                out.print()  # between the last report and this
            out.print(table)
        if self.interrupted:
            out.print("Interrupted; the report is complete up to here.")
        unread = f", {self.unread:,} could not be read" if self.unread else ""
        out.print(
            f"{self.descriptions:,} description{'' if self.descriptions == 1 else 's'}, {self._conforming:,} conform, "
            f"{self.descriptions - self._conforming:,} do not{unread}; {taken:.1f} s, "
            f"{self.descriptions / taken:,.0f} a second",
            soft_wrap=True,
        )

    @staticmethod
    def _put(content: bytes) -> None:
        if sys.stdout.isatty():
            sys.stdout.write(content.decode("utf-8", "replace"))  # so that it stands above the bar
        else:
            sys.stdout.buffer.write(content)
