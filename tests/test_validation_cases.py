"""The validation cases through the library, the command line and HTTP alike, and each shape passing and failing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient
from pyoxigraph import NamedNode, Quad, QueryTriples, RdfFormat, Store

import spinecode
from spinecode.cli import cli
from spinecode.graph import Graph, parse_rdf
from spinecode.knowledge import Knowledge
from spinecode.report import Report
from spinecode.shacl import Engine
from spinecode.understanding import Reading
from spinecode.validation import statements_of, validate_mapping, validate_rdf
from spinecode.vocabulary import term
from tests.validation_cases import CASES, SHAPE, ValidationCase, check

cases = pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)


def as_json(report: Report) -> dict[str, Any]:
    """The report as every interface gives it."""
    told: dict[str, Any] = json.loads(json.dumps(report.to_json()))
    return told


def validated(knowledge: Knowledge, content: str) -> Report:
    if content.lstrip().startswith("{"):
        return validate_mapping(knowledge, json.loads(content))
    return validate_rdf(knowledge, parse_rdf(content.encode(), RdfFormat.TURTLE))


def test_there_are_enough_cases() -> None:
    assert len(CASES) >= 120
    assert len({case.id for case in CASES}) == len(CASES)
    assert all(case.source is None or case.source.startswith("https://") or "ohiohima" in case.source for case in CASES)


@cases
def test_library(case: ValidationCase, knowledge: Knowledge) -> None:
    if case.given is not None:
        check(case, as_json(spinecode.validate(case.given)))
    else:
        check(case, as_json(validated(knowledge, case.content.decode())))


@cases
def test_command_line(case: ValidationCase, tmp_path: Path) -> None:
    file = tmp_path / ("case.json" if case.given is not None else "case.ttl")
    file.write_bytes(case.content)
    result = CliRunner().invoke(cli, ["validate", "--format", "json", str(file)], standalone_mode=False)
    assert result.exception is None, result.exception
    told = json.loads(result.stdout)
    check(case, told.get("files", [told])[0])
    assert result.return_value == int(not case.conforms)


@pytest.fixture(scope="module")
def client() -> FlaskClient:
    from spinecode.web import create_app

    return create_app().test_client()


@cases
def test_http(case: ValidationCase, client: FlaskClient) -> None:
    kind = "application/json" if case.given is not None else "text/turtle"
    response = client.post("/validate", data=case.content, content_type=kind, headers={"Accept": "application/json"})
    assert response.status_code == 200
    check(case, response.get_json())


def test_pyshacl_says_the_same(knowledge: Knowledge) -> None:
    """Whichever engine is the default, the reference finds what the cases say."""
    engine = Engine(knowledge)
    for case in CASES:
        if case.given is None:
            quads = parse_rdf(case.content, RdfFormat.TURTLE)
            check(case, as_json(validate_rdf(knowledge, quads, engine)))


# ---------------------------------------------------------------- each shape


def speaking(graph: Graph) -> set[str]:
    """The shapes that have results of their own: those with a message."""
    found = {q.subject.value for q in graph.store.quads_for_pattern(None, term("sh:message"), None)}  # type: ignore[union-attr]
    return {iri.removeprefix(SHAPE) for iri in found}


@pytest.fixture(scope="module")
def shapes(knowledge: Knowledge) -> Graph:
    return Graph.of(knowledge.description_shapes)


def test_every_shape_has_a_case_that_fails_and_one_that_passes(shapes: Graph) -> None:
    failing = {result["shape"] for case in CASES for result in case.results}
    assert speaking(shapes) == failing
    for shape in failing:
        assert any(shape not in {result["shape"] for result in case.results} for case in CASES)


def test_every_shape_says_what_people_need(shapes: Graph) -> None:
    for name in speaking(shapes):
        node = NamedNode(SHAPE + name)
        for curie in ("rdfs:label", "sh:message", "spine:fix", "spine:passingExample", "spine:failingExample"):
            assert len(shapes.texts(node, term(curie))) == 1, f"{name} {curie}"


def test_the_examples_of_every_shape_pass_and_fail(shapes: Graph, knowledge: Knowledge) -> None:
    for name in sorted(speaking(shapes)):
        node = NamedNode(SHAPE + name)
        passing = validated(knowledge, shapes.texts(node, term("spine:passingExample"))[0])
        failing = validated(knowledge, shapes.texts(node, term("spine:failingExample"))[0])
        assert node.value not in {result.shape for result in passing.results}, name
        assert node.value in {result.shape for result in failing.results}, name


def test_sources_and_rules_are_terms_of_the_ontology(knowledge: Knowledge) -> None:
    """What a result rests on can be looked up."""
    graph = knowledge.graph
    for case in CASES:
        if case.given is not None:
            for result in spinecode.validate(case.given).results:
                for iri in (*result.rules, *result.sources):
                    assert list(graph.store.quads_for_pattern(NamedNode(iri), None, None)), iri


# ---------------------------------------------------------------- what is concluded first

#: Those of the codes; lines are compared by the program only.
BY_QUERY = (
    *("outdatedCode", "refutedCode", "unreportedCode", "missingAddOn", "unaccompaniedCode"),
    *("includedGuidance", "otherGuidance"),
)


def test_the_query_concludes_the_same(knowledge: Knowledge) -> None:
    """Without our program: what is implied beside what was reported, and the query of the catalogue."""
    store = Store()
    store.extend(Quad(*quad.triple) for quad in knowledge.graph.store)
    expected = set()
    for case in CASES:
        if case.given is None:
            continue
        node = NamedNode(f"urn:case:{case.id}")
        quads = statements_of(knowledge.index, case.given, node)
        reading = Reading(knowledge.index, node, quads)
        # an open or contradictory description implies nothing to compare with
        if reading.selection is None or reading.selection.status != "determined":
            continue
        concluded = reading.concluded()
        expected |= {str(q.triple) for q in concluded if q.predicate.value.rpartition("/")[2] in BY_QUERY}
        store.extend(Quad(*quad.triple) for quad in quads)
        store.extend(Quad(*quad.triple) for quad in concluded if quad.predicate == term("spine:reportedCode"))
        for line in reading.selection.lines:
            code = knowledge.index.codes[line.code]
            store.add(Quad(node, term("spine:impliesCode"), NamedNode(code.iri)))
    found = store.query(knowledge.queries["reported-codes"].text)
    assert isinstance(found, QueryTriples)
    assert {str(triple) for triple in found} == expected
    assert len({text.split()[1] for text in expected}) == len(BY_QUERY)
