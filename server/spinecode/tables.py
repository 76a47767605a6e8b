"""Tables as spreadsheets write them: UTF-8 with or without a mark, commas, semicolons or tabs, quotes and line breaks.

The first row has the names of the columns. Or, in the manner of a ROBOT template, the first row has headings for people
and the second one the names.
"""

from __future__ import annotations

import csv
import difflib
import io
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from spinecode.columns import Column
from spinecode.errors import Fault, InputError

#: The characters that part cells, by the names of the option.
SEPARATORS: Final = {"comma": ",", "semicolon": ";", "tab": "\t"}
_LIMIT: Final = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell that is not empty; ``row`` is the number that a spreadsheet shows."""

    column: Column
    letter: str
    row: int
    text: str

    def fault(self, file: str, message: str, nearest: Iterable[str] = ()) -> Fault:
        """What is wrong with the cell."""
        place = f"row {self.row}, column {self.letter} ({self.column.name})"
        return Fault(f"{place}: {message}", self.column.name, self.text, tuple(nearest), file)

    def parts(self) -> list[str]:
        """The values in the cell: several where its column takes several, parted by ``|``."""
        if not self.column.several:
            return [self.text]
        found = [part.strip().replace("\\|", "|") for part in re.split(r"(?<!\\)\|", self.text)]
        return [part for part in dict.fromkeys(found) if part]


@dataclass(frozen=True, slots=True)
class Row:
    """A row with its cells that are not empty, in the order of the columns."""

    number: int
    cells: tuple[Cell, ...]

    def get(self, name: str) -> Cell | None:
        """The cell of a column that stands once."""
        return next((cell for cell in self.cells if cell.column.name == name), None)


@dataclass(frozen=True, slots=True)
class Table:
    """A table that has been read: its columns, and its rows that are not empty."""

    name: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]


def read_table(
    content: bytes,
    name: str,
    known: Callable[[str], Column | None],
    names: Sequence[str] = (),
    separator: str | None = None,
) -> Table:
    """Read a table; ``known`` gives the column that a heading names, ``names`` are all of them, for near misses.

    ``separator`` is the character between cells, by default the one with which the headings make sense. Raises
    InputError with a fault for everything that is wrong.
    """
    text = _decoded(content, name)
    candidates = [separator] if separator else list(SEPARATORS.values())
    parsed = max(((_records(text, one, name), one) for one in candidates), key=lambda pair: _sense(pair[0], known))[0]
    if isinstance(parsed, InputError):
        raise parsed
    records = [(number, cells) for number, cells in enumerate(parsed, 1) if any(cell.strip() for cell in cells)]
    if not records:
        raise InputError.of("The table is empty.", file=name)
    # people's headings may stand above the names of the columns
    begin = 1 if len(records) > 1 and _score(records[1][1], known) > _score(records[0][1], known) else 0
    number, headings = records[begin]
    faults: list[Fault] = []
    columns = [_column(cell, number, place, known, names, name, faults) for place, cell in enumerate(headings)]
    once = [column for column in columns if column is not None and column.kind != "axis"]
    for column in dict.fromkeys(c for c in once if once.count(c) > 1):
        faults.append(Fault(f"row {number}: the column {column.name} stands twice.", column.name, file=name))
    rows = [_row(number, cells, columns, headings, name, faults) for number, cells in records[begin + 1 :]]
    if faults:
        raise InputError(tuple(faults))
    if not rows:
        raise InputError.of("The table has headings and no rows.", file=name)
    return Table(name, tuple(column for column in columns if column is not None), tuple(rows))


def write_table(headings: Sequence[str], rows: Iterable[Sequence[str]], separator: str = ",") -> str:
    """A table as text, quoted where needed."""
    out = io.StringIO()
    lines = [headings, *rows]
    # the module quotes a line feed in a cell, and a carriage return only with all the others
    returns = any("\r" in cell for line in lines for cell in line)
    quoting: Literal[0, 1] = csv.QUOTE_ALL if returns else csv.QUOTE_MINIMAL
    csv.writer(out, delimiter=separator, lineterminator="\n", quoting=quoting).writerows(lines)
    return out.getvalue()


def joined(values: Iterable[str]) -> str:
    """Several values as one cell."""
    return "|".join(value.replace("|", "\\|") for value in values)


def letter_of(place: int) -> str:
    """The letters that a spreadsheet gives a column, from 0: A to Z, AA, AB ..."""
    letters = ""
    place += 1
    while place:
        place, rest = divmod(place - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def _decoded(content: bytes, name: str) -> str:
    if len(content) > _LIMIT:
        raise InputError.of(f"The table has {len(content)} bytes; at most {_LIMIT} are read.", file=name)
    # "Unicode text" of Excel begins with this mark
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        message = f"Byte {error.start} is not UTF-8. In a spreadsheet, save the table as CSV UTF-8."
        raise InputError.of(message, file=name, line=line) from None
    if "\0" in text:
        raise InputError.of("This is no text. In a spreadsheet, save the table as CSV UTF-8.", file=name)
    return text


def _records(text: str, separator: str, name: str) -> list[list[str]] | InputError:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        return list(reader)
    except csv.Error as error:
        told = str(error)
        if "end of data" in told:
            told = "a quotation mark is open to the end"
        message = f"This is not CSV that can be read: {told}."
        return InputError.of(message, file=name, line=reader.line_num)


def _score(cells: Iterable[str], known: Callable[[str], Column | None]) -> int:
    return sum(known(cell) is not None for cell in cells if cell.strip())


def _sense(found: list[list[str]] | InputError, known: Callable[[str], Column | None]) -> tuple[int, int]:
    """How much sense the headings make, and into how many cells they fall."""
    if isinstance(found, InputError):
        return -1, 0
    heads = [cells for cells in found if any(cell.strip() for cell in cells)][:2]
    return max((_score(cells, known) for cells in heads), default=0), max((len(cells) for cells in heads), default=0)


def _column(
    heading: str,
    row: int,
    place: int,
    known: Callable[[str], Column | None],
    names: Sequence[str],
    file: str,
    faults: list[Fault],
) -> Column | None:
    if not heading.strip():
        return None
    found = known(heading)
    if found is None:
        nearest = tuple(difflib.get_close_matches(heading.strip().casefold(), names, n=2, cutoff=0.6))
        message = f"row {row}, column {letter_of(place)}: {heading.strip()!r} is the name of no column."
        if not nearest:
            message += " spinecode import --columns lists them."
        faults.append(Fault(message, value=heading, nearest=nearest, file=file))
    return found


def _row(
    number: int,
    cells: Sequence[str],
    columns: Sequence[Column | None],
    headings: Sequence[str],
    file: str,
    faults: list[Fault],
) -> Row:
    found = []
    for place, text in enumerate(cells):
        if not text.strip():
            continue
        column = columns[place] if place < len(columns) else None
        if column is not None:
            found.append(Cell(column, letter_of(place), number, text.strip()))
        elif place >= len(headings) or not headings[place].strip():
            message = f"row {number}, column {letter_of(place)}: {text.strip()!r} stands in a column without a heading."
            faults.append(Fault(message, value=text, file=file))
    return Row(number, tuple(found))
