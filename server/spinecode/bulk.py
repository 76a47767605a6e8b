"""Validation in bulk: the reports on a long text as they come, in its order, by as many processes as are wanted.

No more than a few hundred descriptions are held at once, however long the text.
"""

from __future__ import annotations

import signal
from collections import deque
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pyoxigraph import RdfFormat

from spinecode.errors import InputError
from spinecode.files import Folders
from spinecode.judging import Judge
from spinecode.knowledge import Knowledge
from spinecode.report import Report
from spinecode.splitting import LINE_FORMATS, STATEMENT_FORMATS, Piece, Source, pieces

if TYPE_CHECKING:
    from concurrent.futures import Future

#: The syntaxes that can be read piece by piece, and JSON by lines, which is None.
SYNTAXES: Final = (*LINE_FORMATS, *STATEMENT_FORMATS, None)
#: How much goes to a process at once.
_PIECES: Final = 200
_BYTES: Final = 1 << 18


@dataclass(frozen=True, slots=True)
class Judged:
    """A report on one piece of a text that begins at ``line``; ``number`` counts the pieces from 1."""

    number: int
    line: int
    report: Report


def validate_stream(
    knowledge: Knowledge, stream: Source, syntax: RdfFormat | None, jobs: int = 1
) -> Generator[Judged, None, None]:
    """A report on each description of a long text, in its order.

    ``syntax`` is one of ``SYNTAXES``; ``jobs`` above 1 are processes beside this one, which a program that starts them
    has to expect (``if __name__ == "__main__"``). What cannot be read is a report that says where and why.
    Raises InputError for another syntax, and when a process has died.
    """
    if syntax not in SYNTAXES:
        raise InputError.of("Only N-Triples, N-Quads, Turtle, TriG and JSON by lines can be read piece by piece.")
    parts = _parts(pieces(stream, syntax))
    reports = _by_others(knowledge, parts, syntax, jobs) if jobs > 1 else _here(knowledge, parts, syntax)
    for first, part, found in reports:
        for number, (piece, report) in enumerate(zip(part, found, strict=True), first):
            if report is not None:
                yield Judged(number, piece.line, report)


_Part = tuple[int, list[Piece]]
_Reports = list[Report | None]


def _parts(found: Iterator[Piece]) -> Iterator[_Part]:
    part: list[Piece] = []
    size, number = 0, 1
    for piece in found:
        part.append(piece)
        size += len(piece.text)
        if len(part) >= _PIECES or size >= _BYTES:
            yield number, part
            number += len(part)
            part, size = [], 0
    if part:
        yield number, part


def _here(
    knowledge: Knowledge, parts: Iterator[_Part], syntax: RdfFormat | None
) -> Iterator[tuple[int, list[Piece], _Reports]]:
    judge = Judge(knowledge, syntax)
    for number, part in parts:
        yield number, part, judge.reports(part, number)


def _by_others(
    knowledge: Knowledge, parts: Iterator[_Part], syntax: RdfFormat | None, jobs: int
) -> Iterator[tuple[int, list[Piece], _Reports]]:
    # the server reads pieces too, and starts no process for it
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    waiting: deque[tuple[int, list[Piece], Future[_Reports]]] = deque()
    pool = ProcessPoolExecutor(
        jobs,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_begin,
        initargs=(knowledge.folders, knowledge.language, syntax.media_type if syntax is not None else None),
    )
    try:
        for number, part in parts:
            waiting.append((number, part, pool.submit(_judge, part, number)))
            if len(waiting) > jobs * 2:
                yield _first(waiting)
        while waiting:
            yield _first(waiting)
    except BrokenProcessPool:
        told = "A process that validates has ended before its time, perhaps for want of memory. Try fewer --jobs."
        raise InputError.of(told) from None
    finally:
        pool.shutdown(cancel_futures=True)


def _first(waiting: deque[tuple[int, list[Piece], Future[_Reports]]]) -> tuple[int, list[Piece], _Reports]:
    number, part, future = waiting.popleft()
    return number, part, future.result()


#: The judge of a process that was started for this.
_JUDGE: list[Judge] = []


def _begin(folders: Folders, language: str, media_type: str | None) -> None:
    # an interrupt is for the process that writes the report
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    options: dict[str, Any] = {"shapes": folders.shapes, "queries": folders.queries, "language": language}
    syntax = RdfFormat.from_media_type(media_type) if media_type is not None else None
    _JUDGE[:] = [Judge(Knowledge(folders.ontology, **options), syntax)]


def _judge(part: list[Piece], number: int) -> _Reports:
    return _JUDGE[0].reports(part, number)
