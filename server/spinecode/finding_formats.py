"""The report of a check as JSON, as JUnit XML and as SARIF 2.1.0, for programs and continuous integration."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any
from xml.etree import ElementTree

from spinecode.artifacts import SARIF_SCHEMA, artifact, root, shown, xml_text
from spinecode.checking import CheckReport
from spinecode.findings import Finding


def report_json(report: CheckReport) -> dict[str, Any]:
    """The report as JSON: ``conforms``, the number of ``files``, ``findings``, ``accepted``, and what was left out.

    ``coverage`` has the figures by date and family, null where the check did not come so far.
    """
    return {
        "conforms": report.conforms,
        "files": len(report.files),
        "findings": [finding.to_json() for finding in report.findings],
        "accepted": [accepted.to_json() for accepted in report.accepted],
        "left_out": list(report.left_out),
        "hermit": report.hermit,
        "coverage": report.coverage.to_json() if report.coverage is not None else None,
    }


# ---------------------------------------------------------------- JUnit


def junit(report: CheckReport) -> str:
    """The report as JUnit XML: a test case for each finding, and one that passes for each file without any.

    Errors fail; a warning or a note is a case that passes and tells it as its output.
    """
    faulty = {finding.file for finding in report.findings}
    clean = [shown(str(file)) for file in report.files if str(file) not in faulty]
    suite = ElementTree.Element(
        "testsuite",
        name="spinecode check",
        tests=str(len(report.findings) + len(report.accepted) + len(clean)),
        failures=str(sum(finding.severity == "error" for finding in report.findings)),
        errors="0",
        skipped=str(len(report.accepted)),
        time="0",
    )
    for finding in report.findings:
        text = xml_text("\n".join(filter(None, (f"{_where(finding)}: {finding.message}", finding.fix))))
        case = _case(suite, finding)
        if finding.severity == "error":
            failure = ElementTree.SubElement(case, "failure", message=xml_text(finding.message))
            failure.set("type", finding.kind)
            failure.text = text
        else:
            ElementTree.SubElement(case, "system-out").text = text
    for accepted in report.accepted:
        ElementTree.SubElement(_case(suite, accepted.finding), "skipped", message=xml_text(accepted.reason))
    for file in clean:
        ElementTree.SubElement(suite, "testcase", classname=xml_text(file), name="no faults", time="0")
    suites = ElementTree.Element("testsuites")
    suites.append(suite)
    ElementTree.indent(suites)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(suites, encoding="unicode")


def _case(suite: ElementTree.Element, finding: Finding) -> ElementTree.Element:
    file = shown(finding.file) if finding.file else "ontology"
    name = f"{finding.kind}, line {finding.line}" if finding.line else finding.kind
    return ElementTree.SubElement(suite, "testcase", classname=xml_text(file), name=name, time="0")


def _where(finding: Finding) -> str:
    place = (shown(finding.file) if finding.file else "ontology", finding.line, finding.column)
    return ":".join(str(part) for part in place if part is not None)


# ---------------------------------------------------------------- SARIF


def sarif(report: CheckReport) -> dict[str, Any]:
    """The report as SARIF 2.1.0: a rule for each kind of finding, accepted ones as suppressed results."""
    findings = [*report.findings, *(accepted.finding for accepted in report.accepted)]
    kinds = sorted({finding.kind for finding in findings})
    results = [_result(finding, kinds) for finding in report.findings]
    for accepted in report.accepted:
        suppression = {"kind": "inSource", "justification": accepted.reason}
        results.append({**_result(accepted.finding, kinds), "suppressions": [suppression]})
    driver = {
        "name": "spinecode",
        "semanticVersion": version("spinecode"),
        "informationUri": "https://w3id.org/spinecode/",
        "rules": [{"id": kind, "shortDescription": {"text": f"A fault of the kind {kind}."}} for kind in kinds],
    }
    run = {
        "tool": {"driver": driver},
        "originalUriBaseIds": {"ROOT": {"uri": root()}},
        "columnKind": "unicodeCodePoints",
        "results": results,
    }
    return {"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}


def _result(finding: Finding, kinds: list[str]) -> dict[str, Any]:
    text = " ".join(filter(None, (finding.message, finding.fix)))
    properties = {"fix": finding.fix, "rule": finding.rule, "about": finding.about}
    result: dict[str, Any] = {
        "ruleId": finding.kind,
        "ruleIndex": kinds.index(finding.kind),
        "level": finding.severity,
        "message": {"text": text},
        "properties": {name: value for name, value in properties.items() if value},
    }
    if finding.file is not None:
        physical: dict[str, Any] = {"artifactLocation": artifact(finding.file)}
        if finding.line is not None:
            region = {"startLine": finding.line, "startColumn": finding.column}
            physical["region"] = {name: number for name, number in region.items() if number is not None}
        result["locations"] = [{"physicalLocation": physical}]
    return result
