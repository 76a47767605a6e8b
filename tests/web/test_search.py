"""``/search``, by which every page leads to every term."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from .conftest import Browser, problem_of


def test_as_data(client: FlaskClient) -> None:
    found = client.get("/search?q=62321&limit=2", headers={"Accept": "application/json"}).get_json()
    assert (found["query"], len(found["results"])) == ("62321", 2)
    assert found["number"] > 2
    first = found["results"][0]
    assert (first["code"], first["url"], first["short"], first["past"]) == ("62321", "/codes/62321", "cpt:62321", False)


def test_as_a_page_without_scripts(browser: Browser) -> None:
    text = browser.get("/search?q=caudal+injection").get_data(as_text=True)
    assert text.index('href="/Caudal"') < text.index('href="/codes/62323"')
    assert 'value="caudal injection"' in text
    # every page has the field, which asks this address
    for address in ("/", "/codes/62321", "/Caudal", "/sparql", "/nothing", "/ontology", "/queries"):
        page = browser.get(address).get_data(as_text=True)
        assert '<form class="search" role="search" action="/search" method="get">' in page, address


def test_a_page_without_results_helps(browser: Browser) -> None:
    text = browser.get("/search?q=transforamnal").get_data(as_text=True)
    assert 'href="/search?q=transforaminal"' in text
    assert "Write a code" in browser.get("/search").get_data(as_text=True)


def test_every_result_leads_to_a_page(client: FlaskClient, browser: Browser) -> None:
    seen = set()
    for text in ("injection", "code", "spine", "the", "property", "lumbar", "source"):
        for one in client.get(f"/search?q={text}&limit=100&format=json").get_json()["results"]:
            if (one["kind"], one["url"]) not in seen:
                seen.add((one["kind"], one["url"]))
                assert browser.get(one["url"]).status_code == 200, one
    assert len({kind for kind, _ in seen}) > 7


def test_text_is_shown_as_text(browser: Browser) -> None:
    text = browser.get("/search?q=%3Cscript%3Ealert(1)%3C/script%3E").get_data(as_text=True)
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)" in text


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("q=x&limit=0", "1 to 100"),
        ("q=x&limit=many", "1 to 100"),
        ("q=x&kind=cod", "'cod'"),
        ("q=x&limt=3", "'limt'"),
        (f"q={'x' * 201}", "200"),
        ("q=" + quote("\ufdfa" * 50), "not 9"),  # one ligature, eighteen letters
    ],
)
def test_what_is_wrong_is_told(client: FlaskClient, query: str, said: str) -> None:
    problem = problem_of(client.get(f"/search?{query}", headers={"Accept": "application/json"}), 400)
    assert said in problem["detail"]
