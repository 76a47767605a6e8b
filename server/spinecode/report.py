"""The report of a validation: its results, as JSON and as a SHACL report graph."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from spinecode import vocabulary as v
from spinecode.vocabulary import term

#: From the worst down.
SEVERITIES = ("violation", "warning", "info")


@dataclass(frozen=True, slots=True)
class Result:
    """One thing that a shape found.

    ``path``, ``shape``, ``rules`` (definitions and codes it rests on) and ``sources`` are IRIs, ``axis`` the name of the
    axis concerned; ``given`` and ``expected`` are labels; ``line`` and ``column``, from 1, are where the fact stands in
    what was submitted, where that is known.
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

    def to_json(self) -> dict[str, Any]:
        """The result as JSON; IRIs of ours as prefixed names."""
        return {
            "severity": self.severity,
            "focus_node": self.focus_node,
            "axis": self.axis,
            "path": v.shorten(self.path) if self.path else None,
            "value": self.value,
            "message": self.message,
            "fix": self.fix,
            "shape": v.shorten(self.shape) if self.shape.startswith(v.SPINE) else self.shape,
        }


@dataclass(frozen=True, slots=True)
class Report:
    """What validation found, worst first, and what the descriptions imply as far as they go."""

    results: tuple[Result, ...]
    answers: tuple[dict[str, Any], ...] = field(default=())

    @property
    def conforms(self) -> bool:
        """Whether no result is a violation; warnings and information do not count."""
        return all(result.severity != "violation" for result in self.results)

    def to_json(self) -> dict[str, Any]:
        """The report as JSON: ``conforms``, ``results``, and ``answers`` with status and lines by description."""
        return {
            "conforms": self.conforms,
            "results": [result.to_json() for result in self.results],
            "answers": list(self.answers),
        }

    def triples(self, name: str = "") -> list[Triple]:
        """The report as a SHACL validation report graph; ``name`` tells its nodes from those of other reports."""
        report = BlankNode(f"report{name}")
        found = [
            Triple(report, v.TYPE, term("sh:ValidationReport")),
            Triple(report, term("sh:conforms"), Literal(self.conforms)),
        ]
        for number, result in enumerate(self.results, 1):
            node = BlankNode(f"result{name}-{number}")
            found.append(Triple(report, term("sh:result"), node))
            found.append(Triple(node, v.TYPE, term("sh:ValidationResult")))
            found.append(Triple(node, term("sh:focusNode"), node_of(result.focus_node)))
            found.append(Triple(node, term("sh:resultSeverity"), term("sh:" + result.severity.capitalize())))
            found.append(Triple(node, term("sh:resultMessage"), Literal(result.message, language="en")))
            found.append(Triple(node, term("sh:sourceShape"), NamedNode(result.shape)))
            found.append(Triple(node, term("sh:sourceConstraintComponent"), NamedNode(result.component)))
            if result.path:
                found.append(Triple(node, term("sh:resultPath"), NamedNode(result.path)))
            if result.value:
                value = node_of(result.value) if result.value_is_node else Literal(result.value)
                found.append(Triple(node, term("sh:value"), value))
            if result.fix:
                found.append(Triple(node, term("spine:fix"), Literal(result.fix, language="en")))
        return found


def node_of(text: str) -> NamedNode | BlankNode:
    """The node that a person names: an IRI, or a blank node after ``_:``."""
    return BlankNode(text[2:]) if text.startswith("_:") else NamedNode(text)
