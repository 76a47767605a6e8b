"""The coding cases through the library, the command line and HTTP alike."""

from __future__ import annotations

import json
from typing import Any

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

import spinecode
from spinecode.cli import cli
from spinecode.index import RuleIndex
from tests.coding_cases import CASES, COMPARISONS, SELECTIONS, Case, check_comparison, check_selection

selections = pytest.mark.parametrize("case", SELECTIONS, ids=lambda case: case.id)
comparisons = pytest.mark.parametrize("case", COMPARISONS, ids=lambda case: case.id)


def test_there_are_cases_for_every_code(index: RuleIndex) -> None:
    told = {line["code"] for case in SELECTIONS for line in case.expect.get("lines", ())}
    assert told == {name for name, code in index.codes.items() if not code.guides_by}
    assert len(CASES) >= 60


def test_every_case_has_a_name_and_a_source_of_its_own() -> None:
    assert len({case.id for case in CASES}) == len(CASES)
    assert all(case.source.startswith("http") and case.trust in ("A", "B", "C") for case in CASES)


@selections
def test_library_selects(case: Case) -> None:
    check_selection(case, spinecode.select(case.given))


@comparisons
def test_library_compares(case: Case) -> None:
    check_comparison(case, spinecode.differ(*case.compare))


def run(*arguments: str) -> Any:
    result = CliRunner().invoke(cli, list(arguments), standalone_mode=False, catch_exceptions=False)
    return json.loads(result.stdout), result.return_value


def options(given: dict[str, Any]) -> list[str]:
    pairs = [(axis, v) for axis, value in given.items() for v in (value if isinstance(value, list) else [value])]
    return [text for axis, value in pairs for text in (f"--{axis}", value)]


@selections
def test_command_line_selects(case: Case) -> None:
    answer, status = run("select", "--format", "json", *options(case.given))
    check_selection(case, answer)
    assert status == int(answer["status"] == "no-code")


@comparisons
def test_command_line_compares(case: Case) -> None:
    answer, status = run("differ", "--format", "json", *case.compare)
    check_comparison(case, answer)
    assert status == 0


@pytest.fixture(scope="module")
def client() -> FlaskClient:
    from spinecode.web import create_app

    return create_app().test_client()


@selections
def test_http_get_selects(case: Case, client: FlaskClient) -> None:
    response = client.get("/select", query_string=case.given, headers={"Accept": "application/json"})
    assert response.status_code == 200
    check_selection(case, response.get_json())


@selections
def test_http_post_selects(case: Case, client: FlaskClient) -> None:
    check_selection(case, client.post("/select", json=case.given).get_json())


@comparisons
def test_http_compares(case: Case, client: FlaskClient) -> None:
    response = client.get("/differ", query_string={"code": case.compare}, headers={"Accept": "application/json"})
    check_comparison(case, response.get_json())
