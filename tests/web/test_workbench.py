"""The workbench at ``/sparql``: what it is made of, what its script is told, and the form where no script runs."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from spinecode.index import RuleIndex
from spinecode.knowledge import Knowledge
from spinecode.web.workbench import filled
from tests.conftest import ROOT

from .conftest import Browser

STATIC = ROOT / "server" / "spinecode" / "web" / "static"
VENDORED = STATIC / "vendor" / "yasqe"
BUILD = ROOT / "server" / "vendor"


def test_the_editor_asks_nobody_and_evaluates_nothing() -> None:
    text = (VENDORED / "yasqe.js").read_text(encoding="utf-8")
    for part in ("prefix.cc", "lov.linkeddata", "dbpedia", "eval(", "new Function", "importScripts"):
        assert part not in text, part
    addresses = set(re.findall(r"https?://[^\"'`\s)>]+", text))
    assert all(address.startswith("http://www.w3.org/") for address in addresses), addresses
    sheet = (VENDORED / "yasqe.css").read_text(encoding="utf-8")
    assert re.findall(r"url\(\s*[\"']?(?!data:)[^)]*", sheet) == []
    assert "@import" not in sheet


def test_the_editor_comes_with_its_version_and_licences() -> None:
    pinned = json.loads((BUILD / "package.json").read_text(encoding="utf-8"))["devDependencies"]["@zazuko/yasqe"]
    assert f"Yasqe {pinned}" in (VENDORED / "yasqe.js").read_text(encoding="utf-8")[:200]
    licences = (VENDORED / "LICENSES.txt").read_text(encoding="utf-8")
    for name in (f"@zazuko/yasqe {pinned}", "codemirror ", "lodash-es ", "dompurify "):
        assert name in licences
    notice = (ROOT / "NOTICE").read_text(encoding="utf-8")
    assert f"Yasqe {pinned}" in notice


def test_only_its_page_loads_the_editor(browser: Browser) -> None:
    assert "workbench.js" in browser.get("/sparql").get_data(as_text=True)
    for address in ("/", "/queries", "/queries/codes", "/codes/62321", "/ontology", "/search", "/nothing"):
        text = browser.get(address).get_data(as_text=True)
        assert "workbench" not in text, address
        assert "yasqe" not in text, address


def test_what_the_script_is_told(browser: Browser) -> None:
    text = browser.get("/sparql").get_data(as_text=True)
    found = re.search(r'<script type="application/json" id="workbench-data">(.*?)</script>', text)
    assert found is not None
    told = json.loads(found[1])
    assert told["endpoint"] == "/sparql"
    assert told["prefixes"]["spine"] == "https://w3id.org/spinecode/"
    assert "http://www.w3.org/2004/02/skos/core#prefLabel" in told["terms"]
    assert not any(one.startswith(told["prefixes"]["spine"]) for one in told["terms"])


def test_below_a_prefix_the_addresses_are_below_it(client: FlaskClient) -> None:
    page = client.get("/sparql", headers={"Accept": "text/html"}, base_url="https://example.com/spine/")
    assert '"endpoint": "/spine/sparql"' in page.get_data(as_text=True)


def test_without_scripts_the_form_runs_a_query(browser: Browser) -> None:
    assert '<textarea id="query" name="query"' in browser.get("/sparql").get_data(as_text=True)
    text = browser.get("/sparql", query_string={"query": "SELECT (1 AS ?one) WHERE {}"}).get_data(as_text=True)
    assert "<td>1</td>" in text
    wrong = browser.get("/sparql", query_string={"query": "SELECT ?x\nWHERE { ?x"})
    assert wrong.status_code == 400
    assert "line 2" in wrong.get_data(as_text=True)


def test_every_query_of_the_catalogue_runs_as_it_is_loaded(
    client: FlaskClient, knowledge: Knowledge, index: RuleIndex
) -> None:
    for query in knowledge.queries.values():
        text = filled(query, index)
        for parameter in query.parameters:
            if parameter.needed:
                assert parameter.example.rpartition(":")[2] in text
        response = client.post("/sparql", data=text, content_type="application/sparql-query")
        assert response.status_code == 200, (query.name, response.get_data(as_text=True)[:300])
    one = client.get("/queries/lineage?format=json").get_json()
    assert one["filled"] != one["text"]


@pytest.mark.parametrize("name", sorted(file.name for file in STATIC.glob("*.js")))
def test_our_scripts_are_small_modules_that_are_served_as_such(client: FlaskClient, name: str) -> None:
    response = client.get(f"/static/{name}")
    assert response.mimetype == "text/javascript"
    text = Path(STATIC / name).read_text(encoding="utf-8")
    assert len(text.splitlines()) < 420
    for part in ("innerHTML", "eval(", "localStorage", "document.cookie", "http://", "https://"):
        assert part not in text.replace("http://www.w3.org/", ""), part


def test_the_editor_is_no_larger_than_it_was() -> None:
    assert (VENDORED / "yasqe.js").stat().st_size < 520_000
