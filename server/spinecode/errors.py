"""The errors that a user can mend, each saying what was given, where, and what would be right."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Self


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with an input.

    ``axis`` is the name of the axis (or parameter) concerned, ``value`` what was given,
    ``nearest`` known names that may have been meant, ``file``, ``line`` and ``column`` (from 1) the place.
    """

    message: str
    axis: str | None = None
    value: str | None = None
    nearest: tuple[str, ...] = ()
    file: str | None = None
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)
        text = f"{place}: {self.message}" if place else self.message
        if self.nearest:
            text += f" Did you mean {' or '.join(self.nearest)}?"
        return text

    def as_dict(self) -> dict[str, object]:
        """The fault as JSON, without what is not known."""
        named = {
            "message": str(Fault(self.message, nearest=self.nearest)),
            "axis": self.axis,
            "value": self.value,
            "nearest": list(self.nearest) or None,
            "file": self.file,
            "line": self.line,
            "column": self.column,
        }
        return {key: value for key, value in named.items() if value is not None}


@dataclass(eq=False)
class SpinecodeError(Exception):
    """An error that the user can mend; ``faults`` holds at least one."""

    faults: tuple[Fault, ...] = field(default_factory=tuple)

    def __str__(self) -> str:
        return "\n".join(str(fault) for fault in self.faults)

    def __reduce__(self) -> tuple[type[SpinecodeError], tuple[tuple[Fault, ...]]]:
        return type(self), (self.faults,)

    @classmethod
    def of(cls, message: str, **place: object) -> Self:
        """An error of this kind with a single fault."""
        return cls((Fault(message, **place),))  # type: ignore[arg-type]  # keyword arguments are Fault's fields


class InputError(SpinecodeError):
    """The input cannot be understood: unknown axis or value, bad date, broken syntax."""


class OutputError(SpinecodeError):
    """The output cannot be written, or is there already."""


class ContradictionError(SpinecodeError):
    """The input is understood, and says two things that cannot both be true."""


class NoDescriptionError(SpinecodeError):
    """The RDF can be read but describes no spinal injection."""


class OntologyError(SpinecodeError):
    """The ontology itself cannot be used."""


class QueryError(SpinecodeError):
    """A SPARQL query that cannot be run."""


class UnknownNameError(SpinecodeError):
    """A code, query or format that does not exist."""


class QueryTimeoutError(SpinecodeError):
    """A query that took longer than it may."""


class BusyError(SpinecodeError):
    """The server has too much to do just now."""


class StoreError(SpinecodeError):
    """The store behind the endpoint cannot be reached, refuses, or gives what is no answer."""


class StoreVersionError(StoreError):
    """The store behind the endpoint holds another version of the ontology, or not all of it."""


class StoreTimeoutError(StoreError):
    """The store behind the endpoint did not answer in time."""
