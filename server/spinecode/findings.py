"""A finding of the check: what is wrong, where, and how to mend it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Self

from spinecode import vocabulary as v
from spinecode.places import Place


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault, with its place where that is known (line and column from 1).

    ``fix`` says how to mend it, ``rule`` is the IRI of what it breaks, ``about`` the IRI of the thing it is said of,
    by which a finding can be accepted.
    """

    kind: str
    message: str
    file: str | None = None
    line: int | None = None
    column: int | None = None
    severity: str = "error"
    fix: str = ""
    rule: str | None = None
    about: str | None = None

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)
        return f"{place + ': ' if place else ''}{self.message}"

    def at(self, place: Place | None) -> Self:
        """The same finding at a place."""
        return self if place is None else replace(self, file=place.file, line=place.line, column=place.column)

    def to_json(self) -> dict[str, Any]:
        """The finding as JSON; what is not known is null."""
        return {
            "kind": self.kind,
            "message": self.message,
            "file": self.file,
            "line": self.line,
            "column": self.column,
            "severity": self.severity,
            "fix": self.fix,
            "rule": self.rule,
            "about": v.shorten(self.about) if self.about else None,
        }


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Findings by file, line and column, those without a place first; no finding twice."""
    found = dict.fromkeys(findings)
    return sorted(found, key=lambda f: (f.file or "", f.line or 0, f.column or 0, f.kind, f.message))
