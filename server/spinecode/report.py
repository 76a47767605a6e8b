"""The report of a validation: its results, as JSON and as a SHACL report graph."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from spinecode import vocabulary as v
from spinecode.errors import Fault
from spinecode.vocabulary import term

#: From the worst down.
SEVERITIES = ("violation", "warning", "info")
#: The properties by which a report graph tells more of a result than SHACL has words for.
GIVEN: Final = term("spine:given")
EXPECTED: Final = term("spine:expected")
RESTS_ON: Final = term("spine:restsOn")
LINE: Final = term("spine:line")
COLUMN: Final = term("spine:column")
FIX: Final = term("spine:fix")
FILE: Final = term("spine:submittedFile")
UNREAD: Final = term("spine:unread")


@dataclass(frozen=True, slots=True)
class Edit:
    """What mends a result for certain: the characters from ``start`` to before ``end`` give way to ``replacement``.

    They are counted from 0 in the text that was submitted, without a mark of its byte order. ``told`` says it in words.
    """

    start: int
    end: int
    replacement: str
    told: str

    def applied(self, text: str) -> str:
        """The text with the edit in it."""
        return text[: self.start] + self.replacement + text[self.end :]

    def to_json(self) -> dict[str, Any]:
        """The edit as JSON."""
        return {"start": self.start, "end": self.end, "replacement": self.replacement, "told": self.told}


@dataclass(frozen=True, slots=True)
class Result:
    """One thing that a shape found.

    ``path``, ``shape``, ``rules`` (definitions and codes it rests on) and ``sources`` are IRIs, ``axis`` is the name of
    the axis concerned; ``given`` and ``expected`` are labels; ``line`` and ``column``, from 1, are where the fact
    stands in what was submitted, where that is known. ``edit`` mends it, where it was looked for and is certain.
    """

    severity: str
    focus_node: str
    axis: str | None
    path: str | None
    value: str | None
    message: str
    fix: str
    shape: str
    component: str = field(compare=False)
    value_is_node: bool = field(default=False, compare=False)
    given: tuple[str, ...] = ()
    expected: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    line: int | None = None
    column: int | None = None
    edit: Edit | None = field(default=None, compare=False)

    def to_json(self) -> dict[str, Any]:
        """The result as JSON; IRIs of ours as prefixed names, and ``edit`` where there is one."""
        found: dict[str, Any] = {
            "severity": self.severity,
            "focus_node": self.focus_node,
            "axis": self.axis,
            "path": v.shorten(self.path) if self.path else None,
            "value": self.value,
            "message": self.message,
            "fix": self.fix,
            "shape": v.shorten(self.shape) if self.shape.startswith(v.SPINE) else self.shape,
            "line": self.line,
            "column": self.column,
            "given": list(self.given),
            "expected": list(self.expected),
            "rules": [v.shorten(rule) for rule in self.rules],
            "sources": list(self.sources),
        }
        return found | ({"edit": self.edit.to_json()} if self.edit is not None else {})


@dataclass(frozen=True, slots=True)
class Report:
    """What validation found, worst first, and what the descriptions imply as far as they go.

    ``unread`` is what could not be read beside the descriptions that could.
    """

    results: tuple[Result, ...]
    answers: tuple[dict[str, Any], ...] = field(default=())
    unread: tuple[Fault, ...] = ()

    @property
    def conforms(self) -> bool:
        """Whether all was read and no result is a violation; warnings and information do not count."""
        return not self.unread and all(result.severity != "violation" for result in self.results)

    def to_json(self) -> dict[str, Any]:
        """The report as JSON.

        That is ``conforms``, ``results``, ``answers`` with status and lines by description, and ``unread`` where
        something could not be read.
        """
        found = {
            "conforms": self.conforms,
            "results": [result.to_json() for result in self.results],
            "answers": list(self.answers),
        }
        return found | ({"unread": [fault.as_dict() for fault in self.unread]} if self.unread else {})

    def counts(self) -> dict[str, int]:
        """How many results there are of each severity, and how much was not read, without what there is none of."""
        found = {name: sum(result.severity == name for result in self.results) for name in SEVERITIES}
        return {name: count for name, count in (*found.items(), ("unread", len(self.unread))) if count}

    def triples(self, name: str = "", file: str | None = None) -> list[Triple]:
        """The report as a SHACL validation report graph.

        ``name`` tells its nodes from those of other reports in the same graph, ``file`` is what was validated.
        """
        report = BlankNode(f"report{name}")
        found = [
            Triple(report, v.TYPE, term("sh:ValidationReport")),
            Triple(report, term("sh:conforms"), Literal(self.conforms)),
        ]
        if file is not None:
            found.append(Triple(report, FILE, Literal(file)))
        found += [Triple(report, UNREAD, Literal(str(fault))) for fault in self.unread]
        nodes = [BlankNode(f"result{name}-{number}") for number in range(1, len(self.results) + 1)]
        found += [Triple(report, term("sh:result"), node) for node in nodes]
        for node, result in zip(nodes, self.results, strict=True):
            found += _about(node, result, name)
        return found


def joined(reports: Iterable[Report]) -> Report:
    """Several reports as one, in their order."""
    found = list(reports)
    if len(found) == 1:
        return found[0]
    return Report(
        tuple(result for report in found for result in report.results),
        tuple(answer for report in found for answer in report.answers),
        tuple(fault for report in found for fault in report.unread),
    )


def _about(node: BlankNode, result: Result, name: str) -> Iterable[Triple]:
    yield Triple(node, v.TYPE, term("sh:ValidationResult"))
    yield Triple(node, term("sh:focusNode"), node_of(result.focus_node, name))
    yield Triple(node, term("sh:resultSeverity"), term("sh:" + result.severity.capitalize()))
    yield Triple(node, term("sh:resultMessage"), Literal(result.message, language="en"))
    if result.shape:
        yield Triple(node, term("sh:sourceShape"), NamedNode(result.shape))
    yield Triple(node, term("sh:sourceConstraintComponent"), NamedNode(result.component))
    if result.path:
        yield Triple(node, term("sh:resultPath"), NamedNode(result.path))
    if result.value:
        value = node_of(result.value, name) if result.value_is_node else Literal(result.value)
        yield Triple(node, term("sh:value"), value)
    if result.fix:
        yield Triple(node, FIX, Literal(result.fix, language="en"))
    for predicate, texts in ((GIVEN, result.given), (EXPECTED, result.expected)):
        yield from (Triple(node, predicate, Literal(text)) for text in texts)
    for predicate, iris in ((RESTS_ON, result.rules), (v.SOURCE, result.sources)):
        yield from (Triple(node, predicate, NamedNode(iri)) for iri in iris)
    for predicate, number in ((LINE, result.line), (COLUMN, result.column)):
        if number is not None:
            yield Triple(node, predicate, Literal(number))


def node_of(text: str, name: str = "") -> NamedNode | BlankNode:
    """The node that a person names: an IRI, or a blank node after ``_:``, which is none of the report ``name``."""
    return BlankNode(f"given{name}-{text[2:]}") if text.startswith("_:") else NamedNode(text)
