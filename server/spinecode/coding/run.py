"""Coding of a file to a file: in parts that are kept when a run is ended, and an output that is whole or absent.

Beside the output lies a folder with the finished parts (``parts``) and a manifest of what they were made from.
"""

from __future__ import annotations

import errno
import filecmp
import hashlib
import os
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from queue import Queue
from threading import Event, Thread
from typing import Any, Final

import numpy as np
import orjson
import pyarrow as pa
from filelock import FileLock, Timeout

from spinecode.coding.answers import REJECTED
from spinecode.coding.coder import Coder, Options
from spinecode.coding.parts import PARTS_REVISION, Parts, sync_folder
from spinecode.coding.pieces import Piece, Reject, Source
from spinecode.coding.rdf import open_rdf
from spinecode.coding.sinks import join_parts
from spinecode.coding.sources import READ_ONLY, open_table, table_format
from spinecode.errors import InputError, OutputError
from spinecode.graph import format_of
from spinecode.rules import Rules

#: A part has at least so many rows (the last one may have fewer).
PART_ROWS: Final = 1_000_000
_AHEAD: Final = 2
#: Bytes that are hashed at a time.
_HASHED: Final = 1 << 20
#: Told of progress: how much of the input is read, how many rows are done.
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Job:
    """What to code, and to where. ``rejects`` is the file of the rows that cannot be understood."""

    source: Path
    output: Path
    rejects: Path
    options: Options
    source_format: str
    output_format: str
    resume: bool = False
    force: bool = False
    limit_rejects: int | None = None
    part_rows: int = PART_ROWS


@dataclass
class Summary:
    """What was done; counts of rows."""

    rows: int = 0
    rejected: int = 0
    statuses: Counter[str] = field(default_factory=Counter)
    verdicts: Counter[str] = field(default_factory=Counter)
    parts: int = 0
    resumed: int = 0
    seconds: float = 0.0

    def add(self, record: dict[str, Any]) -> None:
        """Count a part."""
        self.rows += record["rows"]
        self.rejected += record["rejected"]
        self.statuses.update(record["statuses"])
        self.verdicts.update(record["verdicts"])
        self.parts += 1


def formats_of(source: Path, output: Path) -> tuple[str, str]:
    """The formats of the input and the output by the endings of their names. Raises InputError for unknown ones."""
    read = table_format(source) or ("rdf" if format_of(source) is not None else None)
    if read is None:
        told = (
            "Known are .parquet, .arrow, .csv, .tsv, .ndjson, .jsonl, .csv.gz, .tsv.gz, .nt, .nq, .ttl and other RDF."
        )
        raise InputError.of(f"The ending of the name does not tell the format. {told}", file=str(source))
    write = table_format(output) if output.suffix.lower() not in READ_ONLY else None
    if write is None:
        told = "Known are .parquet, .arrow, .csv, .ndjson and .jsonl."
        raise InputError.of(f"The ending of the name does not tell the format of the output. {told}", file=str(output))
    return read, write


def run(
    job: Job, rules: Rules, progress: Progress = lambda read, rows: None, opened: Callable[[Source], None] = print
) -> Summary:
    """Code a file. ``opened`` is told of the source when its size is known.

    Raises InputError where the input cannot be used, OutputError where the output cannot be written; finished parts
    are kept then, for ``resume``.
    """
    started = time.monotonic()
    _see_places(job)
    parts = Parts(job.output)
    parts.see_own()
    opening = open_rdf if job.source_format == "rdf" else open_table
    coder = Coder(rules, job.options)
    source = opening(job.source, job.source_format, coder.index, job.options)
    coder.schema(source.schema)  # what is wrong with the columns shows before anything is written
    with _told_as_output(parts.folder):
        if job.force and not job.resume:
            parts.clear()
        parts.folder.mkdir(exist_ok=True)
        lock = FileLock(parts.folder / "lock", timeout=0)
        try:
            lock.acquire()
        except Timeout:
            raise OutputError.of("Another run is writing this output.", file=str(job.output)) from None
        try:
            opened(source)
            with _digest(job.source) as digest:
                summary = _code(job, coder, source, parts, progress, digest)
            _finish(job, parts, summary)
        except BaseException:
            if not parts.records():
                parts.clear()  # there is nothing to go on with
            raise
        finally:
            lock.release()
        parts.clear()
    summary.seconds = time.monotonic() - started
    return summary


def _see_places(job: Job) -> None:
    """See that the output and the rejects have a place, before anything is coded. Raises OutputError."""
    for path, named in ((job.output, "The output"), (job.rejects, "The file of rejects")):
        if path.exists() and not path.is_file():
            raise OutputError.of("This is no file, and is not replaced by one. Give another name.", file=str(path))
        if path.exists() and not job.force and not (job.resume and path == job.rejects):
            told = f"{named} exists already. Give another name, or --force to replace it."
            raise OutputError.of(told, file=str(path))
        if path.exists() and job.source.exists() and path.samefile(job.source):
            raise OutputError.of(f"{named} is the input.", file=str(path))
        if not path.parent.is_dir():
            raise OutputError.of("There is no such folder.", file=str(path.parent))
    if job.rejects.resolve() == job.output.resolve():
        raise OutputError.of("The file of rejects is the output.", file=str(job.rejects))


@contextmanager
def _digest(path: Path) -> Iterator[Callable[[], str]]:
    """What gives the SHA-256 of a file, which is worked out beside what goes on meanwhile, and left when that ends."""
    ended = Event()

    def work_out() -> str:
        digest = hashlib.sha256()
        with path.open("rb") as file:
            while (block := file.read(_HASHED)) and not ended.is_set():
                digest.update(block)
        return digest.hexdigest()

    with ThreadPoolExecutor(1) as pool:
        found = pool.submit(work_out)
        try:
            yield found.result
        finally:
            ended.set()


def _manifest(job: Job, coder: Coder) -> dict[str, Any]:
    options = job.options
    return {
        "parts": PARTS_REVISION,
        "ontology": coder.rules.digest,
        "format": f"{job.source_format} to {job.output_format}",
        "columns": dict(options.columns),
        "check": options.check,
        "lists": options.lists,
        "prefix": options.prefix,
        "part_rows": job.part_rows,
        "today": options.today,
    }


def _code(
    job: Job, coder: Coder, source: Source, parts: Parts, progress: Progress, digest: Callable[[], str]
) -> Summary:
    held = parts.begin(_manifest(job, coder), digest, resume=job.resume)
    if held["today"] != coder.today:  # a run that goes on keeps the day on which it began
        coder = Coder(coder.rules, replace(job.options, today=held["today"]))
    schema = coder.schema(source.schema)
    summary = Summary()
    records = parts.records()
    for record in records:
        summary.add(record)
    summary.resumed = summary.parts
    done = records[-1]["pieces"] if records else 0
    ended = bool(records and records[-1]["last"])
    rows = summary.rows
    with ThreadPoolExecutor(1) as pool:
        writing: Future[dict[str, Any]] | None = None
        number, coded, lost, taken = summary.parts, [], [], 0
        pieces: Iterator[Piece | None] = iter(()) if ended else chain(_ahead(source.pieces(done)), [None])
        for piece in pieces:
            if piece is not None:
                batch, rejected = _split(coder.code_batch(piece.batch), piece, job.options.prefix)
                coded.append(batch)
                lost += rejected
                taken += len(piece.batch) + len(piece.lost)
                rows += len(piece.batch) + len(piece.lost)
                done += 1
                progress(piece.read, rows)
            if piece is None or taken >= job.part_rows:
                record = _record(coded, lost, taken, done, last=piece is None, options=job.options)
                if writing is not None:
                    summary.add(writing.result())
                _check_limit(job, summary.rejected + len(lost), lost)
                writing = pool.submit(parts.keep, number, job.output_format, coded, schema, lost, record)
                number, coded, lost, taken = number + 1, [], [], 0
        if writing is not None:
            summary.add(writing.result())
    return summary


def _check_limit(job: Job, rejected: int, lost: list[Reject]) -> None:
    if job.limit_rejects is not None and rejected > job.limit_rejects:
        first = f" Row {lost[0].row}: {lost[0].reason}" if lost else ""
        many = "1 row is" if rejected == 1 else f"{rejected} rows are"
        told = f"{many} rejected, which is more than --limit-rejects {job.limit_rejects}.{first}"
        raise InputError.of(told, file=str(job.source))


def _split(batch: pa.RecordBatch, piece: Piece, prefix: str) -> tuple[pa.RecordBatch, list[Reject]]:
    """The rows that could be understood, and the others with what could not be read, by number."""
    lost = list(piece.lost)
    status = batch.column(prefix + "status")
    kinds = status.dictionary.to_pylist()
    if REJECTED in kinds:
        wrong = status.indices.to_numpy() == kinds.index(REJECTED)
        if wrong.any():
            numbers = piece.numbers()
            places = np.flatnonzero(wrong)
            reasons = batch.column(prefix + "reason").take(pa.array(places)).to_pylist()
            rows = piece.batch.take(pa.array(places)).to_pylist()
            for place, reason, row in zip(places.tolist(), reasons, rows, strict=True):
                lost.append(Reject(numbers[place], reason, orjson.dumps(row, default=str).decode()))
            batch = batch.filter(pa.array(~wrong))
    return batch, sorted(lost)


def _record(
    batches: list[pa.RecordBatch], lost: list[Reject], rows: int, pieces: int, *, last: bool, options: Options
) -> dict[str, Any]:
    def counted(name: str) -> dict[str, int]:
        found: Counter[str] = Counter()
        for batch in batches:
            column = batch.column(options.prefix + name)
            places = column.indices.drop_null().to_numpy()
            counts = np.bincount(places, minlength=len(column.dictionary)).tolist()
            found.update({text: n for text, n in zip(column.dictionary.to_pylist(), counts, strict=True) if n})
        return dict(found)

    return {
        "rows": rows,
        "rejected": len(lost),
        "pieces": pieces,
        "last": last,
        "statuses": counted("status"),
        "verdicts": counted("verdict") if options.check else {},
    }


def _finish(job: Job, parts: Parts, summary: Summary) -> None:
    """Put the parts together beside the output, and give it its name."""
    numbers = range(summary.parts)
    whole, rejects = parts.folder / "whole", parts.folder / "rejects"
    join_parts([parts.path(n, job.output_format) for n in numbers], job.output_format, whole)
    join_parts([parts.path(n, "rejects") for n in numbers], "csv", rejects)
    # what a run that was ended had moved already is no other's
    ours = job.resume and job.rejects.exists() and filecmp.cmp(rejects, job.rejects, shallow=False)
    appeared = [path for path in (job.output, job.rejects) if path.exists() and not (ours and path == job.rejects)]
    if appeared and not job.force:
        told = "There is a file of this name by now; it is not replaced without --force."
        raise OutputError.of(told, file=str(appeared[0]))
    if summary.rejected:
        shutil.move(rejects, job.rejects)  # which may lie on another disk
    elif job.force:
        job.rejects.unlink(missing_ok=True)
    whole.replace(job.output)
    sync_folder(job.output.parent)


def _ahead(pieces: Iterator[Piece]) -> Iterator[Piece]:
    """The same pieces, read by a thread of their own, a few ahead."""
    queue: Queue[Piece | BaseException | None] = Queue(_AHEAD)
    stopped = Event()

    def read() -> None:
        try:
            for piece in pieces:
                queue.put(piece)
                if stopped.is_set():
                    return
            queue.put(None)
        except BaseException as error:  # it is raised where the pieces are used
            queue.put(error)

    thread = Thread(target=read, daemon=True)
    thread.start()
    try:
        while (found := queue.get()) is not None:
            if isinstance(found, BaseException):
                raise found
            yield found
    finally:
        stopped.set()
        while thread.is_alive():
            # a reader that waits for room is let go on to see that it is stopped
            while not queue.empty():
                queue.get_nowait()
            thread.join(0.05)


@contextmanager
def _told_as_output(folder: Path) -> Iterator[None]:
    """What the system says when it cannot write, as an error that tells how to go on."""
    try:
        yield
    except OSError as error:
        told = error.strerror or os.strerror(error.errno or errno.EIO)
        kept = ""
        if (folder / "manifest.json").exists():
            kept = f" The parts that were finished lie in {folder}: go on with --resume."
        raise OutputError.of(f"The output cannot be written: {told}.{kept}", file=error.filename) from None
