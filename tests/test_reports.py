"""Reports: each form by its parts and by a reader that is not ours, and all of them telling the same."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import html5rdf
import jsonschema
import pytest
import rdflib
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import RdfFormat

from spinecode.errors import Fault, InputError
from spinecode.graph import parse_rdf
from spinecode.knowledge import Knowledge
from spinecode.origins import placed
from spinecode.report import Report, Result
from spinecode.report_formats import FORMS, write, writer
from spinecode.report_rdf import CONTEXT
from spinecode.report_text import report_text
from spinecode.validation import validate_mapping, validate_rdf
from tests.sarif import SARIF

SPINE = "https://w3id.org/spinecode/"
SH = rdflib.Namespace("http://www.w3.org/ns/shacl#")
OURS = rdflib.Namespace(SPINE)
RDF_FORMS = {
    "turtle": "turtle",
    "trig": "trig",
    "ntriples": "nt",
    "nquads": "nquads",
    "rdfxml": "xml",
    "jsonld": "json-ld",
}

TURTLE = """@prefix spine: <https://w3id.org/spinecode/> .
[] a spine:SpinalInjection ;
    spine:accessApproach spine:Interlaminar ; spine:vertebralLevel spine:L4-L5 ;
    spine:imagingGuidance "sonar <&> ]]> \\u0001 \\u001b[31m \\uFFFE" ; spine:guidence spine:CT ;
    spine:deliveryMethod spine:SingleInjection ; spine:injectedSubstance spine:Corticosteroid ;
    spine:dateOfService "2024-05-01"^^<http://www.w3.org/2001/XMLSchema#date> ;
    spine:reportedCode <https://w3id.org/spinecode/cpt/62321> .
<urn:other> a spine:SpinalInjection .
"""
#: What a form may lose: XML has no control characters, and a terminal gets none.
Told = tuple[str, str, str | None, str | None, str, int | None, int | None, str]


@pytest.fixture(scope="module")
def report(knowledge: Knowledge) -> Report:
    quads = parse_rdf(TURTLE.encode(), RdfFormat.TURTLE)
    found = placed(validate_rdf(knowledge, quads), knowledge.index, TURTLE.encode(), RdfFormat.TURTLE, quads)
    assert {result.severity for result in found.results} >= {"violation"}
    assert len({result.focus_node for result in found.results}) == 2
    assert all(result.line is not None for result in found.results)
    return found


@pytest.fixture(scope="module")
def other(knowledge: Knowledge) -> Report:
    """A report with a warning, an information and something that was not read, none of which fails a description."""
    result = Result(
        "warning",
        "urn:spinecode:description:1",
        "date",
        f"{SPINE}dateOfService",
        "2001-01-01",
        "Odd, but not wrong.",
        "",
        f"{SPINE}shape/CoveredDate",
        f"{SH}MinInclusiveConstraintComponent",
    )
    told = dataclasses.replace(result, severity="info", message="For your information.", value=None)
    return Report((result, told), ({"description": "urn:spinecode:description:1", "status": "no-code"},))


def clean(text: str) -> str:
    """A text without what XML cannot hold."""
    return re.sub("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]", "\ufffd", text)


def told(results: tuple[Result, ...], shown: Callable[[str], str] = str) -> list[Told]:
    return [
        (
            r.severity,
            r.focus_node,
            r.path,
            shown(r.value) if r.value else None,
            shown(r.message),
            r.line,
            r.column,
            shown(r.fix),
        )
        for r in results
    ]


# ---------------------------------------------------------------- JSON


def test_json_has_all_of_a_result(report: Report) -> None:
    found = json.loads(write([("a.ttl", report)], "json"))
    assert list(found)[:3] == ["file", "conforms", "results"]
    assert found["file"] == "a.ttl"
    assert found["conforms"] is False
    for mine, result in zip(found["results"], report.results, strict=True):
        for name in ("severity", "focus_node", "axis", "value", "message", "fix", "line", "column"):
            assert mine[name] == getattr(result, name)
        assert mine["given"] == list(result.given)
        assert mine["expected"] == list(result.expected)
        assert len(mine["rules"]) == len(result.rules)
        assert mine["sources"] == list(result.sources)
    assert any(
        result["given"] and result["expected"] and result["rules"] and result["sources"] for result in found["results"]
    )


def test_json_of_several_is_a_list_and_lines_are_lines(report: Report, other: Report) -> None:
    both: list[tuple[str | None, Report]] = [("a.ttl", report), (None, other)]
    found = json.loads(write(both, "json"))
    lines = [json.loads(line) for line in write(both, "ndjson").splitlines()]
    assert found == lines
    assert [one["conforms"] for one in found] == [False, True]
    assert "file" not in found[1]
    assert json.loads(write([], "json")) == []


# ---------------------------------------------------------------- RDF


def results_of(graph: rdflib.Graph) -> list[Told]:
    def one(node: Any, predicate: Any) -> Any:
        values = list(graph.objects(node, predicate))
        assert len(values) < 2
        return values[0] if values else None

    def text(value: Any) -> str | None:
        return None if value is None else str(value)

    def number(value: Any) -> int | None:
        return None if value is None else int(value)

    found = [
        (
            str(one(node, SH.resultSeverity)).removeprefix(str(SH)).lower(),
            str(one(node, SH.focusNode)) if isinstance(one(node, SH.focusNode), rdflib.URIRef) else "_:b1",
            text(one(node, SH.resultPath)),
            text(one(node, SH.value)),
            str(one(node, SH.resultMessage)),
            number(one(node, OURS.line)),
            number(one(node, OURS.column)),
            text(one(node, OURS.fix)) or "",
        )
        for node in graph.subjects(rdflib.RDF.type, SH.ValidationResult)
    ]
    return sorted(found, key=str)


@pytest.mark.parametrize("form", RDF_FORMS)
def test_rdf_read_by_rdflib(report: Report, other: Report, form: str) -> None:
    content = write([("a.ttl", report), ("b.ttl", other)], form)
    graph: Any = rdflib.Dataset(default_union=True) if form in ("trig", "nquads") else rdflib.Graph()
    graph.parse(data=content, format=RDF_FORMS[form])
    shown = clean if form == "rdfxml" else str
    assert results_of(graph) == sorted(told((*report.results, *other.results), shown), key=str)
    reports = {
        str(graph.value(node, OURS.submittedFile)): node
        for node in graph.subjects(rdflib.RDF.type, SH.ValidationReport)
    }
    assert {name: bool(graph.value(node, SH.conforms)) for name, node in reports.items()} == {
        "a.ttl": False,
        "b.ttl": True,
    }
    assert len(list(graph.objects(reports["a.ttl"], SH.result))) == len(report.results)
    rules = {str(rule) for rule in graph.objects(None, OURS.restsOn)}
    assert rules == {rule for result in report.results for rule in result.rules}
    sources = {str(source) for source in graph.objects(None, rdflib.DCTERMS.source)}
    assert sources == {source for result in report.results for source in result.sources}


def test_all_rdf_forms_are_the_same_graph(report: Report) -> None:
    clear = Report(
        tuple(
            dataclasses.replace(r, message=clean(r.message), value=r.value and clean(r.value), given=())
            for r in report.results
        )
    )
    graphs = []
    for form, name in RDF_FORMS.items():
        if form not in ("trig", "nquads"):
            graphs.append(rdflib.Graph().parse(data=write([("a", clear), ("b", clear)], form), format=name))
    assert all(graph.isomorphic(graphs[0]) for graph in graphs[1:])


def test_blank_nodes_of_a_submission_stay_apart(report: Report) -> None:
    """Two files may each have a blank node of one name, and one of the name that a report has."""
    first = Report((dataclasses.replace(report.results[0], focus_node="_:report1"),))
    graph = rdflib.Graph().parse(data=write([("a", first), ("b", first)], "turtle"), format="turtle")
    assert len(set(graph.objects(None, SH.focusNode))) == 2
    assert not set(graph.objects(None, SH.focusNode)) & set(graph.subjects(rdflib.RDF.type, None))


def test_the_context_is_inside_and_has_every_name(report: Report) -> None:
    document = json.loads(write([("a.ttl", report)], "jsonld"))
    assert document["@context"] == CONTEXT
    assert set(document["@graph"][0]) | {name for r in document["@graph"][0]["results"] for name in r} <= {
        *CONTEXT,
        "@id",
        "@type",
    }


# ---------------------------------------------------------------- continuous integration


def test_sarif_by_its_schema_and_by_its_parts(
    report: Report, other: Report, knowledge: Knowledge, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    both: list[tuple[str | None, Report]] = [("in here/ä.ttl", report), ("/elsewhere/b.ttl", other)]
    log = json.loads(write(both, "sarif", knowledge))
    jsonschema.validate(log, SARIF)
    run = log["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    found = [
        (
            {"error": "violation", "note": "info"}.get(r["level"], r["level"]),
            r["properties"]["focusNode"],
            r["properties"].get("path"),
            r["properties"].get("value"),
            r["message"]["text"].removesuffix(r["properties"].get("fix", "")).rstrip(),
            r["locations"][0]["physicalLocation"].get("region", {}).get("startLine"),
            r["locations"][0]["physicalLocation"].get("region", {}).get("startColumn"),
            r["properties"].get("fix", ""),
        )
        for r in run["results"]
    ]
    assert found == told((*report.results, *other.results))
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
    for rule in rules:
        assert rule["helpUri"].startswith(f"{SPINE}shape/")
        assert rule["help"]["text"]
        assert "sonar" not in json.dumps(rule), "a rule tells nothing of what was submitted"
    places = [r["locations"][0]["physicalLocation"]["artifactLocation"] for r in run["results"]]
    assert places[0] == {"uri": "in%20here/%C3%A4.ttl", "uriBaseId": "ROOT"}
    assert places[-1] == {"uri": "file:///elsewhere/b.ttl"}
    assert run["originalUriBaseIds"]["ROOT"]["uri"] == tmp_path.as_uri() + "/"
    marks = [r["partialFingerprints"]["spinecode/v1"] for r in run["results"]]
    assert marks == [
        r["partialFingerprints"]["spinecode/v1"] for r in json.loads(write(both, "sarif"))["runs"][0]["results"]
    ]


def test_sarif_of_what_came_without_a_name_tells_nothing_of_the_machine(report: Report) -> None:
    log = json.loads(write([(None, report)], "sarif"))
    jsonschema.validate(log, SARIF)
    assert str(Path.cwd()) not in json.dumps(log)
    jsonschema.validate(json.loads(write([("a", Report(()))], "sarif")), SARIF)


#: What Jenkins' schema of JUnit XML lets stand in what, in which order, and the attributes that have to be there.
JUNIT: dict[str, tuple[str, set[str]]] = {
    "testsuites": ("(testsuite )*", set()),
    "testsuite": ("(testcase )*", {"name", "tests", "failures", "errors", "skipped", "time"}),
    "testcase": ("(skipped )?(error )?(failure )?(system-out )?(system-err )?", {"name", "classname", "time"}),
    "failure": ("", {"type", "message"}),
    "error": ("", {"type", "message"}),
    "system-out": ("", set()),
}


def junit_of(content: bytes) -> ElementTree.Element:
    root = ElementTree.fromstring(content)
    assert root.tag == "testsuites"
    for element in root.iter():
        children, attributes = JUNIT[element.tag]
        assert re.fullmatch(children, "".join(f"{child.tag} " for child in element))
        assert attributes <= set(element.attrib)
    for suite in root:
        cases = list(suite)
        assert int(suite.get("tests", "")) == len(cases)
        assert int(suite.get("failures", "")) == len(suite.findall("testcase/failure"))
        assert int(suite.get("errors", "")) == len(suite.findall("testcase/error"))
    return root


def test_junit(report: Report, other: Report) -> None:
    read = dataclasses.replace(other, unread=(Fault("Line 7 is broken.", line=7),))
    root = junit_of(
        write([("a.ttl", report), ("b.nt", read), ("c.nt", Report((), ({"description": "urn:x"},)))], "junit")
    )
    first, second, third = root
    assert [case.get("name") for case in first] == ["_:b1", "urn:other"]
    for case in first:
        mine = [r for r in report.results if r.focus_node == case.get("name")]
        text = "".join(case.itertext())
        for result in mine:
            for part in (clean(result.message), clean(result.fix), result.path or "", clean(result.value or "")):
                assert part in text
            assert f"a.ttl:{result.line}:{result.column}: {result.severity}: " in text
        assert (case.find("failure") is not None) == any(r.severity == "violation" for r in mine)
    assert [child.tag for case in second for child in case] == ["error", "system-out"]
    assert "Odd, but not wrong." in "".join(second.itertext())
    assert [len(case) for case in third] == [0], "a description about which nothing was found passes"


# ---------------------------------------------------------------- for people


def test_text_fits_and_is_safe(report: Report) -> None:
    text = write([("a.ttl", report)], "text").decode()
    assert all(len(line) <= 80 for line in text.splitlines() if "http" not in line)
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", text), "nothing that a terminal takes for an order"
    flowing = " ".join(text.split())
    for severity, node, path, value, message, line, column, fix in told(report.results):
        assert f"a.ttl:{line}:{column}: {severity}" in flowing
        for part in (node, (path or "").removeprefix(SPINE), message, fix):
            assert " ".join(re.sub(r"[\x00-\x1f\x7f-\x9f]", "\ufffd", part).split()) in flowing
        assert value is None or value[:5].removeprefix("https") in flowing
    coloured = report_text("a.ttl", report, colour=True)
    assert re.sub(r"\x1b\[[0-9]+m", "", coloured).encode() == text.encode()
    assert coloured != text


def test_text_without_a_name_tells_line_and_column(report: Report) -> None:
    first = report.results[0]
    assert f"\nline {first.line}, column {first.column}: violation" in report_text(None, report)


def test_the_page_by_the_rules_of_html(report: Report, other: Report) -> None:
    content = write([("<a>.ttl", report), (None, other)], "html").decode()
    parser = html5rdf.HTMLParser(strict=True)
    page = parser.parse(content)
    shown = " ".join("".join(page.itertext()).split()) if hasattr(page, "itertext") else content
    assert "<script" not in content
    for result in report.results:
        assert f'class="place">line {result.line}, column {result.column}<' in content
    for result in (*report.results, *other.results):
        for part in (clean(result.message), clean(result.fix)):
            assert " ".join(part.replace("\x1b", "\ufffd").split()) in shown or part in content


# ---------------------------------------------------------------- all of them


@pytest.mark.parametrize("form", FORMS)
def test_the_same_reports_give_the_same_bytes(knowledge: Knowledge, form: str) -> None:
    def made() -> bytes:
        quads = parse_rdf(TURTLE.encode(), RdfFormat.TURTLE)
        report = placed(validate_rdf(knowledge, quads), knowledge.index, TURTLE.encode(), RdfFormat.TURTLE)
        return write([("a", report), (None, Report(()))], form, knowledge)

    assert made() == made()


@pytest.mark.parametrize("form", FORMS)
def test_what_was_not_read_is_told_in_every_form(form: str) -> None:
    report = Report((), (), (Fault("The line is broken.", line=3, column=9),))
    assert not report.conforms
    content = write([("a.nt", report)], form)
    assert b"The line is broken." in content
    assert re.search(rb"\b3\b", content)
    if form == "junit":
        junit_of(content)
    if form == "sarif":
        jsonschema.validate(json.loads(content), SARIF)


@pytest.mark.parametrize("form", FORMS)
def test_piece_by_piece_is_as_at_once(report: Report, other: Report, form: str, knowledge: Knowledge) -> None:
    pieces = writer(form, knowledge)
    several = b"".join([pieces.begin(), pieces.report("a", report), pieces.report("b", other), pieces.end()])
    assert several == write([("a", report), ("b", other)], form, knowledge)
    none = writer(form)
    assert none.begin() + none.end() == write([], form)


def test_there_is_no_other_form() -> None:
    with pytest.raises(InputError, match=r"no form 'pdf'.*sarif"):
        write([], "pdf")


hostile = st.text(st.characters(exclude_categories=["Cs"]), max_size=20) | st.sampled_from(
    ["\x00", "\x1b[2J", "]]>", "</script>", "a\nb", "\u202e", "x" * 3000, '"', "{{ 1 }}"]
)


@settings(max_examples=25, deadline=None)
@given(
    st.dictionaries(st.sampled_from(["side", "guidance", "level", "date", "code"]) | hostile, hostile, max_size=4),
    hostile,
)
def test_whatever_was_submitted_every_form_can_be_read(knowledge: Knowledge, facts: dict[str, str], name: str) -> None:
    text = json.dumps(facts).encode()
    report = placed(validate_mapping(knowledge, facts), knowledge.index, text, None)
    named: list[tuple[str | None, Report]] = [(name.replace("\x00", "") or None, report)]
    assert len(json.loads(write(named, "json"))["results"]) == len(report.results)
    for form, reader in RDF_FORMS.items():
        if form in ("turtle", "rdfxml", "jsonld"):
            graph = rdflib.Graph().parse(data=write(named, form), format=reader)
            assert len(results_of(graph)) == len(report.results)
    jsonschema.validate(json.loads(write(named, "sarif")), SARIF)
    junit_of(write(named, "junit"))
    html5rdf.HTMLParser(strict=True).parse(write(named, "html").decode())
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", write(named, "text").decode())
