"""The finished parts of a run, in a folder beside its output: what a run that was ended goes on from.

A part counts when its record is there, which is written after it; a record is on the disk whole or not at all.
"""

from __future__ import annotations

import csv
import json
import os
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from spinecode.coding.pieces import Reject
from spinecode.coding.sinks import write_part
from spinecode.errors import OutputError

#: Raised when the layout of the parts changes.
PARTS_REVISION: Final = 1
#: The names of the files of a run.
_OWN: Final = re.compile(r"part-\d{6}\.\w+|manifest\.(json|new)|lock|whole|rejects")


class Parts:
    """The folder of finished parts beside an output."""

    def __init__(self, output: Path) -> None:
        self.folder = output.with_name(output.name + ".parts")
        self._manifest = self.folder / "manifest.json"
        self._begun: Callable[[], None] | None = None

    def begin(self, manifest: dict[str, Any], digest: Callable[[], str], *, resume: bool) -> dict[str, Any]:
        """See that what lies in the folder was made from the same, or begin anew; gives what holds.

        ``digest`` gives the digest of the input, which a new run waits for only before its first part. Raises
        OutputError where there are parts and ``resume`` is not asked, or they were made otherwise.
        """
        if not self._manifest.exists() or not self.records():  # nothing is lost
            started = manifest | {"today": manifest["today"] or date.today().isoformat()}
            self._begun = lambda: _write(self._manifest, started | {"input": digest()})
            return started
        if not resume:
            told = f"{self.folder} holds the parts of a run that was ended."
            raise OutputError.of(f"{told} Go on with --resume, or begin anew with --force.")
        known: dict[str, Any] = json.loads(self._manifest.read_text(encoding="utf-8"))
        for name, value in (manifest | {"input": digest()}).items():
            # without a day of its own the run goes on with the day on which it began
            if known.get(name) != value and not (name == "today" and value is None):
                told = f"{self.folder} was made with another {name}: {known.get(name)}, not {value}."
                raise OutputError.of(f"{told} Begin anew with --force.")
        return known

    def see_own(self) -> None:
        """See that the folder, if there is one, is that of a run. Raises OutputError where others' files lie in it."""
        if not self.folder.exists():
            return
        found = [] if self.folder.is_dir() else [self.folder]
        found += sorted(path for path in self.folder.glob("*") if not _OWN.fullmatch(path.name) or path.is_dir())
        if found:
            told = f"{self.folder}, where the parts of this run would be kept, holds what is not of a run."
            raise OutputError.of(f"{told} Move it, or give the output another name.", file=str(found[0]))

    def clear(self) -> None:
        """Remove what runs leave in the folder, and the folder."""
        if self.folder.exists():
            for path in self.folder.iterdir():
                if _OWN.fullmatch(path.name):
                    path.unlink(missing_ok=True)
            with suppress(OSError):  # what others have put there meanwhile stays
                self.folder.rmdir()

    def records(self) -> list[dict[str, Any]]:
        """The records of the finished parts, in order."""
        found: list[dict[str, Any]] = []
        while (path := self.path(len(found), "json")).exists():
            found.append(json.loads(path.read_text(encoding="utf-8")))
        return found

    def path(self, number: int, ending: str) -> Path:
        """The file of a part."""
        return self.folder / f"part-{number:06}.{ending}"

    def keep(
        self, number: int, kind: str, batches: list[pa.RecordBatch], schema: pa.Schema, lost: list[Reject], record: Any
    ) -> dict[str, Any]:
        """Write a part: its rows, then what was rejected, then the record that makes it count.

        The manifest is written before the first of a run.
        """
        if self._begun is not None:
            self._begun()
            self._begun = None
        temporary = self.path(number, "tmp")
        write_part(temporary, kind, batches, schema, first=number == 0)
        temporary.replace(self.path(number, kind))
        write_rejects(temporary, lost, heading=number == 0)
        temporary.replace(self.path(number, "rejects"))
        _write(self.path(number, "json"), record)
        found: dict[str, Any] = record
        return found


def _write(path: Path, content: dict[str, Any]) -> None:
    temporary = path.with_suffix(".new")
    with temporary.open("wb") as file:
        file.write(json.dumps(content).encode())
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """See the names in a folder on the disk."""
    # so that the new name is on the disk too; not every system lets a folder be opened
    try:
        opened = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def write_rejects(path: Path, lost: list[Reject], *, heading: bool) -> None:
    """Write rejected rows as CSV: their number, the reason, the row (as JSON where it could be read)."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        if heading:
            writer.writerow(Reject._fields)
        writer.writerows(lost)
        file.flush()
        os.fsync(file.fileno())
