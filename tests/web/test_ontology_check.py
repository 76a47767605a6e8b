"""What the check says, told by the server that serves what was checked."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from spinecode.knowledge import load
from spinecode.web import create_app

PACK = """
@prefix spine: <https://w3id.org/spinecode/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
@prefix skos: <http://www.w3.org/2004/02/skos/core#> .
spine:Fish a spine:Approach ; skos:notation "fish" ; rdfs:label "fish"@en ; spine:reachesSpace spine:Nowhere .
"""


def wait_for(client: FlaskClient) -> dict[str, object]:
    for _ in range(240):
        response = client.get("/ontology/check", headers={"Accept": "application/json"})
        if response.status_code == 200:
            found: dict[str, object] = response.get_json()
            return found
        assert response.status_code == 202
        assert response.headers["Retry-After"]
        assert response.get_json() == {"status": "running"}
        time.sleep(0.5)
    pytest.fail("the check does not end")


def test_the_report_is_made_once_and_told(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "fishbone.ttl").write_text(PACK, encoding="utf-8")
    client = create_app(load([folder])).test_client()
    first = client.get("/ontology/check", headers={"Accept": "text/html"})
    assert first.status_code in (200, 202)
    report = wait_for(client)
    assert report["conforms"] is False
    findings = report["findings"]
    assert isinstance(findings, list)
    named = [one for one in findings if "Nowhere" in one["message"]]
    assert named
    assert named[0]["file"] == "mine/fishbone.ttl"
    assert named[0]["line"] == 5
    assert str(tmp_path) not in str(report)
    page = client.get("/ontology/check", headers={"Accept": "text/html"}).get_data(as_text=True)
    assert "mine/fishbone.ttl" in page
    assert "error" in page


def test_the_ontology_page_leads_to_it_and_tells_the_version_as_it_is(client: FlaskClient) -> None:
    text = client.get("/ontology", headers={"Accept": "text/html"}).get_data(as_text=True)
    assert 'href="/ontology/check"' in text
    about = client.get("/ontology?format=json").get_json()["about"]
    assert about["version_iri"] in text or "/" + about["version_iri"].rpartition("/")[2] in text
    assert ("it names no version before it" in text) == (about["prior_version"] is None)
