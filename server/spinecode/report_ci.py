"""Reports for continuous integration: results and rules of SARIF 2.1.0, and suites of JUnit XML."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from importlib.metadata import version
from typing import Any, Final
from xml.etree import ElementTree

from pyoxigraph import NamedNode

from spinecode import vocabulary as v
from spinecode.artifacts import artifact, root, shown, xml_text
from spinecode.errors import Fault
from spinecode.graph import Graph
from spinecode.report import FIX, Report, Result
from spinecode.vocabulary import term

Json = dict[str, Any]

_LEVELS: Final = {"violation": "error", "warning": "warning", "info": "note"}
#: What a submission is called that has no name.
_BODY: Final = "body"
#: The rule of what could not be read.
_UNREAD: Final = "unread"


# ---------------------------------------------------------------- SARIF


class Sarif:
    """The results of a run; ``shapes`` tells more of the rules, ``rules`` are those that had results so far."""

    def __init__(self, shapes: Graph | None = None) -> None:
        self._shapes = shapes
        self.rules: dict[str, Json] = {}
        self._named = False

    def results(self, name: str | None, report: Report) -> list[Json]:
        """The results of a report."""
        self._named |= name is not None
        found = [self._unread(name, fault) for fault in report.unread]
        return found + [self._result(name, result) for result in report.results]

    def run(self) -> Json:
        """All of the run but its results."""
        driver = {
            "name": "spinecode",
            "semanticVersion": version("spinecode"),
            "informationUri": v.SPINE,
            "rules": list(self.rules.values()),
        }
        found: Json = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints"}
        return found | ({"originalUriBaseIds": {"ROOT": {"uri": root()}}} if self._named else {})

    def _result(self, name: str | None, result: Result) -> Json:
        rule = _rule_id(result.shape)
        if rule not in self.rules:
            self.rules[rule] = self._rule(rule, result)
        about = {
            "focusNode": result.focus_node,
            "axis": result.axis,
            "path": result.path,
            "value": result.value,
            "fix": result.fix,
            "given": list(result.given),
            "expected": list(result.expected),
            "rules": list(result.rules),
            "sources": list(result.sources),
        }
        mark = "\0".join((name or "", result.shape, result.focus_node, result.path or "", result.value or ""))
        return {
            "ruleId": rule,
            "ruleIndex": list(self.rules).index(rule),
            "level": _LEVELS[result.severity],
            "message": {"text": f"{result.message} {result.fix}".strip() or rule},
            "locations": [_location(name, result.line, result.column, result.focus_node)],
            "partialFingerprints": {"spinecode/v1": hashlib.sha256(mark.encode()).hexdigest()[:32]},
            "properties": {key: value for key, value in about.items() if value},
        }

    def _unread(self, name: str | None, fault: Fault) -> Json:
        self.rules.setdefault(
            _UNREAD, {"id": _UNREAD, "shortDescription": {"text": "A description that could not be read."}}
        )
        return {
            "ruleId": _UNREAD,
            "ruleIndex": list(self.rules).index(_UNREAD),
            "level": "error",
            "message": {"text": fault.message},
            "locations": [_location(fault.file or name, fault.line, fault.column, None)],
        }

    def _rule(self, rule: str, result: Result) -> Json:
        node = NamedNode(result.shape)
        said = self._shapes
        message = (said.text(node, term("sh:message")) if said else None) or result.message
        fix = (said.text(node, FIX) if said else None) or result.fix
        label = said.text(node, v.LABEL) if said else None
        found: Json = {
            "id": rule,
            "shortDescription": {"text": label or message or rule},
            "fullDescription": {"text": message or rule},
            "help": {"text": f"{message} {fix}".strip() or rule},
            "defaultConfiguration": {"level": _LEVELS[result.severity]},
        }
        if result.shape.startswith(("http://", "https://")):
            found["helpUri"] = result.shape
        return found


def _rule_id(shape: str) -> str:
    return v.shorten(shape.removeprefix(f"{v.SPINE}shape/"))


def _location(name: str | None, line: int | None, column: int | None, node: str | None) -> Json:
    physical: Json = {"artifactLocation": artifact(name) if name is not None else {"uri": _BODY}}
    region = {"startLine": line, "startColumn": column}
    if line is not None:
        physical["region"] = {key: number for key, number in region.items() if number is not None}
    found: Json = {"physicalLocation": physical}
    return found | ({"logicalLocations": [{"fullyQualifiedName": node, "kind": "object"}]} if node else {})


# ---------------------------------------------------------------- JUnit


def junit_suite(name: str | None, report: Report) -> str:
    """A report as a suite of JUnit XML: a case for each description.

    A violation fails its case; warnings and information are its output. What could not be read is an error.
    """
    cases: dict[str, list[Result]] = {}
    for answer in report.answers:
        cases.setdefault(str(answer.get("description") or "description"), [])
    for result in report.results:
        cases.setdefault(result.focus_node, []).append(result)
    named = shown(name) if name is not None else _BODY
    suite = ElementTree.Element(
        "testsuite",
        name=xml_text(named),
        tests=str(len(cases) + len(report.unread)),
        failures=str(sum(any(result.severity == "violation" for result in found) for found in cases.values())),
        errors=str(len(report.unread)),
        skipped="0",
        time="0",
    )
    for fault in report.unread:
        case = _case(suite, named, f"line {fault.line}" if fault.line is not None else "not read")
        error = ElementTree.SubElement(case, "error", message=xml_text(fault.message), type=_UNREAD)
        error.text = xml_text(str(fault))
    for node, found in cases.items():
        _fill(_case(suite, named, node), named, found)
    ElementTree.indent(suite, level=1)
    return "  " + ElementTree.tostring(suite, encoding="unicode") + "\n"


def _case(suite: ElementTree.Element, named: str, case: str) -> ElementTree.Element:
    return ElementTree.SubElement(suite, "testcase", classname=xml_text(named), name=xml_text(case), time="0")


def _fill(case: ElementTree.Element, named: str, results: Iterable[Result]) -> None:
    wrong = [result for result in results if result.severity == "violation"]
    others = [result for result in results if result.severity != "violation"]
    if wrong:
        more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
        message = xml_text(f"{wrong[0].message}{more}")
        failure = ElementTree.SubElement(case, "failure", message=message, type=xml_text(_rule_id(wrong[0].shape)))
        failure.text = xml_text("\n\n".join(_told(named, result) for result in wrong))
    if others:
        ElementTree.SubElement(case, "system-out").text = xml_text("\n\n".join(_told(named, r) for r in others))


def _told(named: str, result: Result) -> str:
    place = ":".join(str(part) for part in (named, result.line, result.column) if part is not None)
    rows = (
        ("about", result.focus_node),
        ("path", result.path),
        ("value", result.value),
        ("given", ", ".join(result.given)),
        ("expected", ", ".join(result.expected)),
        ("fix", result.fix),
        ("rule", " ".join((result.shape, *result.rules))),
        ("source", " ".join(result.sources)),
    )
    told = [f"{place}: {result.severity}: {result.message}"]
    return "\n".join(told + [f"{label}: {text}" for label, text in rows if text])
