"""A report for people: a result a paragraph, with its place in front as compilers print it."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from typing import Any, Final

from spinecode import vocabulary as v
from spinecode.graph import shortened
from spinecode.report import Report, Result

#: How wide the text is where nobody says otherwise.
WIDTH: Final = 80
_INDENT: Final = 4
_LABEL: Final = 10
#: What would move the cursor, colour the screen or turn the direction of the text.
_UNSAFE: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_COLOURS: Final = {"violation": "31", "warning": "33", "info": "36", "unread": "31", True: "32", False: "31"}


def report_text(name: str | None, report: Report, width: int = WIDTH, colour: bool = False) -> str:
    """A report as text, ended by an empty line; ``colour`` is for a terminal."""
    return "\n".join([*_Text(name, width, colour).lines(report), ""])


def verdict(report: Report) -> str:
    """Whether a report conforms, and how much there is of what."""
    said = "conforms" if report.conforms else "does not conform"
    return f"{said}: {counted(report)}" if report.results or report.unread else said


def counted(report: Report) -> str:
    """How much there is of what."""
    return ", ".join(f"{number} {_many(name, number)}" for name, number in report.counts().items())


def _many(name: str, number: int) -> str:
    if name == "unread":
        return "not read"
    return name if number == 1 or name == "info" else f"{name}s"


class _Text:
    def __init__(self, name: str | None, width: int, colour: bool) -> None:
        self.name = plain(name) if name else None
        self.width = max(width, 30)
        self.colour = colour

    def lines(self, report: Report) -> Iterator[str]:
        head = self._coloured(verdict(report), _COLOURS[report.conforms])
        yield f"{self.name}: {head}" if self.name else head
        for fault in report.unread:
            place = self._place(fault.line, fault.column)
            yield from self._filled(f"{place}{self._coloured('not read', '31')}: {plain(fault.message)}", 0)
        for result in report.results:
            yield from self._result(result)
        for answer in report.answers:
            yield from self._answer(answer, len(report.answers) > 1)

    def _result(self, result: Result) -> Iterator[str]:
        about = f" ({result.axis})" if result.axis else ""
        severity = self._coloured(result.severity, _COLOURS[result.severity])
        yield f"{self._place(result.line, result.column)}{severity}{about}"
        yield from self._filled(plain(result.message), _INDENT)
        rows = (
            ("about", result.focus_node),
            ("path", v.shorten(result.path) if result.path else ""),
            ("value", v.shorten(result.value) if result.value else ""),
            ("given", ", ".join(result.given)),
            ("expected", ", ".join(result.expected)),
            ("fix", result.fix),
            ("rule", " ".join(dict.fromkeys([result.shape, *map(v.shorten, result.rules)]))),
            ("source", " ".join(map(v.shorten, result.sources))),
        )
        for label, text in rows:
            if text:
                yield from self._row(label, plain(text))

    def _answer(self, answer: dict[str, Any], several: bool) -> Iterator[str]:
        lines = answer.get("lines") or []
        whose = f"{answer['description']} " if several and answer.get("description") else ""
        if lines:
            told = ", ".join(" ".join([line["code"], f"x{line['units']}", *line["modifiers"]]) for line in lines)
            yield from self._filled(plain(f"{whose}implies: {told}"), 2)
        elif answer["status"] == "undetermined" and answer["ask"]:
            yield from self._filled(plain(f"{whose}undetermined: {answer['ask']['label']}"), 2)

    def _place(self, line: int | None, column: int | None) -> str:
        if self.name is None:
            return f"line {line}, column {column}: " if line is not None else ""
        return ":".join(str(part) for part in (self.name, line, column) if part is not None) + ": "

    def _row(self, label: str, text: str) -> Iterator[str]:
        first, *others = self._wrapped(text, self.width - _INDENT - _LABEL) or [""]
        yield " " * _INDENT + self._coloured(label.ljust(_LABEL), "2") + first
        yield from (" " * (_INDENT + _LABEL) + other for other in others)

    def _filled(self, text: str, indent: int) -> Iterator[str]:
        yield from (" " * indent + line for line in self._wrapped(text, self.width - indent))

    @staticmethod
    def _wrapped(text: str, width: int) -> list[str]:
        # an address stays whole, so that a terminal can open it
        found: list[str] = []
        for line in textwrap.wrap(text, width, break_long_words=False, break_on_hyphens=False):
            whole = len(line) <= width or line.startswith(("http://", "https://"))
            found += [line] if whole else textwrap.wrap(line, width, break_on_hyphens=False)
        return found

    def _coloured(self, text: str, code: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour else text


def plain(text: str) -> str:
    """A text that a terminal may be given: without control characters, and not endless."""
    return _UNSAFE.sub("\ufffd", shortened(text, 2000))
