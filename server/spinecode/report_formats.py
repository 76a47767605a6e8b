"""Reports in every form: for people, for programs, for continuous integration, and as RDF.

``write`` gives a whole document; a ``Writer`` gives it piece by piece, a report at a time, for what does not fit into
memory. The same reports give the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any, Final

from spinecode import report_rdf
from spinecode.artifacts import SARIF_SCHEMA
from spinecode.errors import InputError
from spinecode.graph import Graph
from spinecode.knowledge import Knowledge
from spinecode.report import Report
from spinecode.report_ci import Sarif, junit_suite
from spinecode.report_page import page_begun, page_ended, page_section
from spinecode.report_text import WIDTH, report_text

#: What validated a report, by file name; None where it came without one.
Named = tuple[str | None, Report]


class Writer:
    """A form of reports: what stands at the beginning, each report, what stands at the end."""

    def begin(self) -> bytes:
        """What stands before the first report."""
        return b""

    def report(self, name: str | None, report: Report) -> bytes:
        """The next report."""
        raise NotImplementedError

    def end(self) -> bytes:
        """What stands after the last report."""
        return b""


class _Text(Writer):
    def __init__(self, width: int, colour: bool) -> None:
        self._width, self._colour = width, colour
        self._between = ""

    def report(self, name: str | None, report: Report) -> bytes:
        told = self._between + report_text(name, report, self._width, self._colour)
        self._between = "\n"
        return told.encode("utf-8", "replace")


class _Listed(Writer):
    """Items between a beginning and an end, with commas between them."""

    first, last, between = "[\n", "\n]\n", ",\n"

    def __init__(self) -> None:
        self._number = 0

    def begin(self) -> bytes:
        return self.first.encode()

    def report(self, name: str | None, report: Report) -> bytes:
        found = []
        for item in self.items(name, report):
            found.append((self.between if self._number else "") + item)
            self._number += 1
        return "".join(found).encode("utf-8", "replace")

    def items(self, name: str | None, report: Report) -> Iterable[str]:
        raise NotImplementedError

    def end(self) -> bytes:
        return self.last.encode()


def _as_json(name: str | None, report: Report, indent: int | None) -> str:
    found = report.to_json()
    return json.dumps(({"file": name} if name is not None else {}) | found, ensure_ascii=False, indent=indent)


class _Json(_Listed):
    def items(self, name: str | None, report: Report) -> Iterable[str]:
        return (_as_json(name, report, 2),)


class _OneJson(_Json):
    first, last = "", "\n"


class _Lines(_Listed):
    first, last, between = "", "", ""

    def items(self, name: str | None, report: Report) -> Iterable[str]:
        return (_as_json(name, report, None) + "\n",)


class _JsonLd(_Listed):
    first = f'{{"@context": {json.dumps(report_rdf.CONTEXT, indent=1)},\n"@graph": [\n'
    last = "\n]}\n"

    def items(self, name: str | None, report: Report) -> Iterable[str]:
        return (report_rdf.jsonld(str(self._number + 1), name, report),)


class _Sarif(_Listed):
    first = f'{{"$schema": "{SARIF_SCHEMA}",\n"version": "2.1.0",\n"runs": [{{\n"results": [\n'

    def __init__(self, shapes: Graph | None) -> None:
        super().__init__()
        self._sarif = Sarif(shapes)

    def items(self, name: str | None, report: Report) -> Iterable[str]:
        return (json.dumps(result, ensure_ascii=False, indent=1) for result in self._sarif.results(name, report))

    def end(self) -> bytes:
        run = json.dumps(self._sarif.run(), ensure_ascii=False, indent=1)
        return f"\n],\n{run[1:-1].strip()}\n}}]}}\n".encode("utf-8", "replace")


class _Rdf(Writer):
    def __init__(self, form: str) -> None:
        self._form, self._number = form, 0

    def begin(self) -> bytes:
        return report_rdf.begun(self._form)

    def report(self, name: str | None, report: Report) -> bytes:
        self._number += 1
        return report_rdf.graph(self._form, str(self._number), name, report)

    def end(self) -> bytes:
        return report_rdf.ended(self._form)


class _JUnit(Writer):
    def begin(self) -> bytes:
        return b'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="spinecode validate">\n'

    def report(self, name: str | None, report: Report) -> bytes:
        return junit_suite(name, report).encode("utf-8", "replace")

    def end(self) -> bytes:
        return b"</testsuites>\n"


class _Html(Writer):
    def begin(self) -> bytes:
        return page_begun().encode()

    def report(self, name: str | None, report: Report) -> bytes:
        return page_section(name, report).encode("utf-8", "replace")

    def end(self) -> bytes:
        return page_ended().encode()


#: Every form, by name. ``ndjson`` is a report a line.
FORMS: Final = ("text", "json", "ndjson", "jsonld", *report_rdf.SYNTAXES, "sarif", "junit", "html")


def writer(
    form: str, knowledge: Knowledge | None = None, many: bool = True, width: int = WIDTH, colour: bool = False
) -> Writer:
    """What writes reports in a form, one after the other.

    ``knowledge`` tells more of the rules where a form has room for it. Without ``many`` there will be one report, which
    JSON has as an object and not as a list. ``width`` and ``colour`` are of text. Raises InputError for no such form.
    """
    if form in report_rdf.SYNTAXES:
        return _Rdf(form)
    if form == "json":
        return _Json() if many else _OneJson()
    if form == "sarif":
        return _Sarif(_shapes(knowledge) if knowledge is not None else None)
    if form == "text":
        return _Text(width, colour)
    simple: dict[str, type[Writer]] = {"ndjson": _Lines, "jsonld": _JsonLd, "junit": _JUnit, "html": _Html}
    if form not in simple:
        raise InputError.of(f"There is no form {form!r} of a report. The forms are {', '.join(FORMS)}.")
    return simple[form]()


@lru_cache(maxsize=8)
def _shapes(knowledge: Knowledge) -> Graph:
    found = Graph.of(knowledge.description_shapes)
    found.language = knowledge.language
    return found


def write(reports: Sequence[Named], form: str, knowledge: Knowledge | None = None, **options: Any) -> bytes:
    """Reports, each with the name of its file, in one of the forms; ``options`` are those of ``writer``.

    Raises InputError for no such form.
    """
    pieces = writer(form, knowledge, many=len(reports) != 1, **options)
    return b"".join([pieces.begin(), *(pieces.report(name, report) for name, report in reports), pieces.end()])
