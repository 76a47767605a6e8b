"""The header of a query of the catalogue: what the comment at the top of a ``.rq`` file says, read strictly.

Its form is told in ``docs/queries.md``: the question in one line, notes, then fields.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from spinecode.errors import OntologyError
from spinecode.query_text import bare, select_clause

#: The kinds that a value may be of. "value" is a value of any axis, "value of AXIS" one of that axis.
KINDS: Final = ("code", "date", "iri", "language", "text", "value")
#: The default that stands for the current day.
TODAY: Final = "today"
#: Names that the web gives a meaning of their own.
RESERVED: Final = ("format",)

_FIELDS: Final = ("Title", "Keywords", "Reads", "Gives", "Parameter", "Column")
_REPEATED: Final = ("Parameter", "Column")
_FIELD = re.compile(r"([A-Z]\w*):(?:\s+(.*))?$")
_PARAMETER = re.compile(r"\?([a-z]\w*) \(([^()]*)\) (\S.*)$", re.IGNORECASE)
_COLUMN = re.compile(r"\?([a-z]\w*) (\S.*)$", re.IGNORECASE)
_AXIS = re.compile(r"value of ([a-z][\w-]*)$")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A variable that a value can be given for.

    ``kind`` is one of KINDS, ``axis`` the axis of a "value of AXIS". Without a value the variable has its ``default``;
    if that is None too it stays open, unless the parameter is ``needed``.
    """

    name: str
    kind: str
    axis: str | None
    needed: bool
    default: str | None
    example: str
    description: str

    @property
    def kind_text(self) -> str:
        """The kind as the header has it."""
        return f"{self.kind} of {self.axis}" if self.axis else self.kind

    def as_dict(self) -> dict[str, object]:
        """The parameter as JSON."""
        return {
            "name": self.name,
            "kind": self.kind,
            "axis": self.axis,
            "needed": self.needed,
            "default": self.default,
            "example": self.example,
            "description": self.description,
        }

    @property
    def use(self) -> str:
        """Whether a value has to be given, in words."""
        return "needed" if self.needed else f"default {self.default}" if self.default else "optional"


@dataclass(frozen=True, slots=True)
class Column:
    """A variable of the result, and what it holds."""

    name: str
    description: str


@dataclass(frozen=True, slots=True)
class Header:
    """What a query says of itself.

    ``gives`` is what a query without columns gives; ``reads`` what it needs beside the ontology; ``kind`` is SELECT,
    CONSTRUCT, ASK or DESCRIBE.
    """

    question: str
    notes: str
    title: str
    keywords: tuple[str, ...]
    reads: str
    gives: str
    parameters: tuple[Parameter, ...]
    columns: tuple[Column, ...]
    kind: str


class _Lines:
    """The comment at the top of a file, and the faults found in it."""

    def __init__(self, text: str, file: str) -> None:
        self.file = file
        self.lines: list[str] = []
        for line in text.splitlines():
            if not line.startswith("#"):
                break
            if line != "#" and not line.startswith("# "):
                raise self.fault("A line of the header begins with '# '.", len(self.lines) + 1)
            self.lines.append(line[2:].rstrip())

    def fault(self, message: str, line: int) -> OntologyError:
        return OntologyError.of(message, file=self.file, line=line)

    def fields(self, start: int) -> Iterator[tuple[int, str, str]]:
        """The fields from a line on: line number, name and text with its further lines."""
        number = start
        while number < len(self.lines):
            first, line = number, self.lines[number]
            number += 1
            found = _FIELD.match(line)
            if found is None or found[1] not in _FIELDS:
                known = ", ".join(_FIELDS)
                raise self.fault(f"{line!r} is no field of a header. The fields are {known}.", first + 1)
            parts = [found[2] or ""]
            while number < len(self.lines) and self.lines[number].startswith(" "):
                parts.append(self.lines[number].strip())
                number += 1
            yield first + 1, found[1], " ".join(part for part in parts if part)


def read_header(text: str, file: str) -> Header:
    """What a query says of itself. Raises OntologyError with file and line when it is not as it should be."""
    lines = _Lines(text, file)
    question = lines.lines[0] if lines.lines else ""
    if not question.endswith("?"):
        raise lines.fault("The first line is a comment with the question, which ends in '?'.", 1)
    if len(lines.lines) < 2 or lines.lines[1]:
        raise lines.fault("After the question comes an empty comment line.", 2)
    start = next((n for n, line in enumerate(lines.lines) if n and _FIELD.match(line)), len(lines.lines))
    notes = "\n".join(lines.lines[2:start]).strip()
    found: dict[str, list[tuple[int, str]]] = {name: [] for name in _FIELDS}
    last = 0
    for number, name, content in lines.fields(start):
        place = _FIELDS.index(name)
        if place < last:
            raise lines.fault(f"{name} stands too late: the order is {', '.join(_FIELDS)}.", number)
        if not content:
            raise lines.fault(f"{name} says nothing.", number)
        if found[name] and name not in _REPEATED:
            raise lines.fault(f"{name} stands twice.", number)
        last = place
        found[name].append((number, content))
    for name in ("Title", "Keywords"):
        if not found[name]:
            raise lines.fault(f"The header has no {name}.", len(lines.lines))
    header = Header(
        question=question,
        notes=notes,
        title=found["Title"][0][1],
        keywords=tuple(word.strip() for word in found["Keywords"][0][1].split(",")),
        reads=" ".join(content for _, content in found["Reads"]),
        gives=" ".join(content for _, content in found["Gives"]),
        parameters=tuple(_parameter(lines, *one) for one in found["Parameter"]),
        columns=tuple(_column(lines, *one) for one in found["Column"]),
        kind=_kind(text),
    )
    _check(lines, header, text, found)
    return header


def _parameter(lines: _Lines, number: int, content: str) -> Parameter:
    found = _PARAMETER.match(content)
    if found is None:
        form = "?name (kind, needed | default VALUE, example VALUE) what it is"
        raise lines.fault(f"A parameter has the form '{form}', not {content!r}.", number)
    kind, *rest = [part.strip() for part in found[2].split(",")]
    axis = _AXIS.match(kind)
    if kind not in KINDS and axis is None:
        raise lines.fault(f"There is no kind {kind!r}. The kinds are {', '.join(KINDS)}, value of AXIS.", number)
    said: dict[str, str] = {}
    for part in rest:
        word, _, value = part.partition(" ")
        if (
            word not in ("needed", "optional", "default", "example")
            or word in said
            or bool(value) != (word in ("default", "example"))
        ):
            raise lines.fault(f"{part!r} is none of needed, optional, default VALUE, example VALUE, once each.", number)
        said[word] = value.strip()
    if len({"needed", "optional", "default"} & set(said)) != 1:
        raise lines.fault(f"Say one of needed, optional and default VALUE of ?{found[1]}.", number)
    if "example" not in said:
        raise lines.fault(f"Give an example of ?{found[1]}: example VALUE.", number)
    if found[1] in RESERVED:
        raise lines.fault(
            f"No parameter can be called {found[1]}, which has a meaning of its own in addresses.", number
        )
    return Parameter(
        name=found[1],
        kind="value" if axis else kind,
        axis=axis[1] if axis else None,
        needed="needed" in said,
        default=said.get("default"),
        example=said["example"],
        description=found[3],
    )


def _column(lines: _Lines, number: int, content: str) -> Column:
    found = _COLUMN.match(content)
    if found is None:
        raise lines.fault(f"A column has the form '?name what it holds', not {content!r}.", number)
    return Column(found[1], found[2])


def _kind(text: str) -> str:
    found = re.search(r"\b(SELECT|CONSTRUCT|ASK|DESCRIBE)\b", bare(text), re.IGNORECASE)
    return found[1].upper() if found else ""


def _check(lines: _Lines, header: Header, text: str, found: dict[str, list[tuple[int, str]]]) -> None:
    """Compare the header with the query. Raises OntologyError where they differ."""
    query = bare(text)
    end = len(lines.lines)
    if not header.kind:
        raise lines.fault("There is no SELECT, CONSTRUCT, ASK or DESCRIBE in the file.", end + 1)
    if (header.kind == "SELECT") == bool(header.gives) or (header.kind == "SELECT") != bool(header.columns):
        wanted = "names its columns" if header.kind == "SELECT" else "says what it gives"
        raise lines.fault(
            f"A {header.kind} query {wanted}, in a field {'Column' if wanted[0] == 'n' else 'Gives'}.", end
        )
    for kind, names in (
        ("Parameter", [one.name for one in header.parameters]),
        ("Column", [one.name for one in header.columns]),
    ):
        for place, ((number, _), name) in enumerate(zip(found[kind], names, strict=True)):
            if name in names[:place]:
                raise lines.fault(f"{kind} ?{name} stands twice.", number)
            if not re.search(rf"[?$]{name}\b", query):
                raise lines.fault(f"The query has no variable ?{name}.", number)
    if header.kind == "SELECT":
        projected = _projected(query)
        named = [column.name for column in header.columns]
        if projected != named:
            told = " ".join(f"?{name}" for name in projected)
            raise lines.fault(f"The query gives {told}; name these as columns, in this order.", found["Column"][0][0])


def _projected(query: str) -> list[str]:
    """The variables that the first SELECT clause gives, in order; of an expression, the name that it is given."""
    found: list[str] = []
    depth, naming = 0, False
    for part in re.findall(r"[()]|[?$]\w+|\bAS\b", select_clause(query), re.IGNORECASE):
        if part in "()":
            depth += 1 if part == "(" else -1
        elif part.upper() == "AS":
            naming = depth == 1
        elif depth == 0 or naming:
            found.append(part[1:])
            naming = False
    return found
