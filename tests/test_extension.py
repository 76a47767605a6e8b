"""A made-up family, one Turtle file beside the ontology, is found by every interface; no Python knows of it."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

from spinecode.cli import cli
from spinecode.knowledge import Knowledge, load
from spinecode.web import create_app
from tests.conftest import ROOT

FAMILY = ROOT / "tests" / "fixtures" / "made-up-family.ttl"
DESCRIPTION = {
    "approach": "through the disc",
    "level": ["L4-L5", "L5-S1"],
    "substance": ["ozone"],
    "side": "bilateral",
    "date": "2024-05-01",
}
LINES = [{"code": "Z0001", "units": 2, "modifiers": ["50"]}]


@pytest.fixture(scope="module")
def extended() -> Knowledge:
    return load([FAMILY])


@pytest.fixture(scope="module")
def client(extended: Knowledge) -> FlaskClient:
    return create_app(extended).test_client()


def run(*arguments: str) -> tuple[Any, int]:
    result = CliRunner().invoke(
        cli, ["--ontology", str(FAMILY), *arguments], standalone_mode=False, catch_exceptions=False
    )
    return json.loads(result.stdout), result.return_value


def lines(answer: dict[str, Any]) -> list[dict[str, Any]]:
    return [{key: line[key] for key in ("code", "units", "modifiers")} for line in answer["lines"]]


def given_options() -> list[str]:
    pairs = [(axis, v) for axis, value in DESCRIPTION.items() for v in (value if isinstance(value, list) else [value])]
    return [text for axis, value in pairs for text in (f"--{axis}", value)]


def test_the_ontology_alone_does_not_know_it() -> None:
    assert "Z0001" not in load().index.codes


def test_select_on_the_command_line() -> None:
    answer, status = run("select", "--format", "json", *given_options())
    assert (lines(answer), status) == (LINES, 0)


def test_the_new_value_stands_in_the_help() -> None:
    text = CliRunner().invoke(cli, ["--ontology", str(FAMILY), "select", "--help"]).output
    assert "transdiscal" in text
    assert "ozone" in text


def test_select_over_http(client: FlaskClient) -> None:
    assert lines(client.post("/select", json=DESCRIPTION).get_json()) == LINES


def test_a_partial_description_asks_about_the_new_values(client: FlaskClient) -> None:
    given = {"approach": "transdiscal", "region": "lumbar", "date": "2024-05-01"}
    answer = client.get("/select", query_string=given, headers={"Accept": "application/json"}).get_json()
    assert answer["status"] == "undetermined"
    assert "Z0001" in answer["candidates"]
    assert answer["ask"]["axis"] == "substance"
    assert answer["ask"]["leads_to"]["ozone"] == ["Z0001"]


def test_differ(client: FlaskClient) -> None:
    answer, _ = run("differ", "--format", "json", "Z0001", "62323")
    assert answer["differences"]["approach"]["Z0001"]["values"] == ["transdiscal"]
    over_http = client.get("/differ?code=Z0001&code=62323", headers={"Accept": "application/json"}).get_json()
    assert over_http == answer


def test_validate(client: FlaskClient, tmp_path: Path) -> None:
    file = tmp_path / "description.json"
    file.write_text(json.dumps({**DESCRIPTION, "code": ["Z0001"]}), encoding="utf-8")
    report, status = run("validate", "--format", "json", str(file))
    assert (report["conforms"], status) == (True, 0)
    wrong = client.post("/validate", json={**DESCRIPTION, "code": ["Z0002"]}).get_json()
    assert wrong["conforms"] is False
    assert any("Z0001" in result["message"] and "region" in result["message"] for result in wrong["results"])


def test_codes_and_terms(client: FlaskClient) -> None:
    listed = client.get("/codes", headers={"Accept": "application/json"}).get_json()
    assert "Z0001" in json.dumps(listed)
    assert (
        client.get("/codes/Z0001", headers={"Accept": "application/json"}).get_json()["label"].startswith("Transdiscal")
    )
    assert client.get("/Transdiscal", headers={"Accept": "text/turtle"}).status_code == 200


def test_sparql(client: FlaskClient) -> None:
    query = 'SELECT ?value WHERE { ?code skos:notation "Z0001" ; spine:inFamily/rdfs:label ?value }'
    answer = client.get("/sparql", query_string={"query": query}).get_json()
    assert [row["value"]["value"] for row in answer["results"]["bindings"]] == ["transdiscal injection"]


def test_the_knowledge_pages_tell_of_it(client: FlaskClient) -> None:
    def page(address: str) -> str:
        return client.get(address, headers={"Accept": "text/html"}).get_data(as_text=True)

    code = page("/codes/Z0001")
    assert "Z0001 is for an injection where the approach is transdiscal" in code
    assert 'href="/codes/Z0002"' in code  # of the same family
    assert "/queries/requirements/results?code=Z0001" in code
    assert client.get("/codes/Z0001?format=json").get_json()["lineage"][0]["spans"] == [
        {"from": "2020-01-01", "until": None}
    ]
    value = page("/Transdiscal")
    assert 'href="/codes/Z0001"' in value
    assert "/queries/codes-by-value/results?value=transdiscal" in value
    assert "transdiscal" in page("/ontology")
    assert "Z0001" in page("/ontology")
    assert "transdiscal" in page("/api")
    found = client.get("/search?q=through+the+disc&format=json").get_json()["results"]
    assert (found[0]["label"], found[0]["kind"]) == ("transdiscal", "value")
    assert client.get("/search?q=z0001&format=json").get_json()["results"][0]["url"] == "/codes/Z0001"


#: Each page that tells of codes or of values, and what it has to tell of the family.
PAGES = {
    "/": ["transdiscal", "ozone"],
    "/?approach=transdiscal": ["Z0001", "Z0002", "What sets the candidates apart"],
    "/?text=through+the+disc+L4-5+ozone": ["The record implies", "Z0001"],
    "/?text=through+the+disc+L4-5+ozone&code=Z0002": ["is not what the record implies", "lumbar or sacral"],
    "/differ": ["Z0001", "transdiscal injection"],
    "/differ?code=Z0001,62323": ["transdiscal", "differ"],
    "/differ?family=https://example.org/codes/MadeUpFamily": ["Z0001", "Z0002", "cervical or thoracic"],
    "/codes": ["Z0001", "transdiscal injection"],
    "/codes/Z0002": ["Transdiscal injection, cervical or thoracic", "Covers cervical and thoracic"],
    "/cpt/Z0001": ["Z0001 is for an injection where"],
    "/Ozone": ["ozone", "Z0001"],
    "/Transdiscal": ["transdiscal", "Z0001", "through the disc"],
    "/search?q=transdiscal": ["Z0001", "transdiscal"],
    "/ontology": ["transdiscal injection", "Z0002"],
    "/queries/codes/results": ["Z0001"],
    "/queries/codes-by-value/results?value=transdiscal": ["Z0001", "Z0002"],
    "/sparql?query=SELECT+*+%7B+%3Fcode+spine%3AinFamily+%3Chttps%3A%2F%2Fexample.org%2Fcodes%2FMadeUpFamily%3E+%7D": [
        "cpt:Z0001"
    ],
    "/api": ["transdiscal", "Z0001"],
    "/shapes": ["known approach"],
}


@pytest.mark.parametrize("address", PAGES)
def test_every_page_tells_of_it(client: FlaskClient, address: str) -> None:
    response = client.get(address, headers={"Accept": "text/html"}, follow_redirects=True)
    assert (response.status_code, response.mimetype) == (200, "text/html")
    text = " ".join(re.sub(r"<[^>]+>", " ", response.get_data(as_text=True)).split())
    for words in PAGES[address]:
        assert words in text


def test_the_page_that_validates_tells_of_it(client: FlaskClient) -> None:
    content = json.dumps({**DESCRIPTION, "code": ["Z0002"]})
    form = {"content": content, "syntax": "json"}
    text = client.post("/validate", data=form, headers={"Accept": "text/html"}).get_data(as_text=True)
    assert "Z0001" in text
    assert "The region decides" in text
