from __future__ import annotations

import csv
import html
import io
import json
import re
from urllib.parse import quote

import pytest
import rdflib
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spinecode.catalogue import catalogue
from spinecode.web.negotiation import RDF

from .conftest import Browser, problem_of

NAMES = list(catalogue())
WHICH = "/queries/which-code/results"
FACTS = {
    "approach": "interlaminar",
    "level": "L4-L5",
    "guidance": "fluoroscopy",
    "delivery": "single-injection",
    "substance": "corticosteroid",
    "date": "2026-03-02",
}


def rows_of(client: FlaskClient, name: str, **values: str) -> list[dict[str, str]]:
    response = client.get(f"/queries/{name}/results", query_string=values | {"format": "csv"})
    assert response.status_code == 200, response.get_data(as_text=True)
    return list(csv.DictReader(io.StringIO(response.get_data(as_text=True))))


def test_the_catalogue(client: FlaskClient, browser: Browser) -> None:
    listed = client.get("/queries").get_json()["queries"]
    assert [query["name"] for query in listed] == NAMES
    assert all(query["question"].endswith("?") and query["title"] for query in listed)
    assert all(client.get(query["example"]).status_code == 200 for query in listed)
    text = browser.get("/queries").get_data(as_text=True)
    assert all(f'href="/queries/{name}"' in text for name in NAMES)


@pytest.mark.parametrize("form", [representation.name for representation in RDF])
def test_the_catalogue_in_every_syntax_of_rdf(client: FlaskClient, form: str) -> None:
    whole, one = rdflib.Dataset(default_union=True), rdflib.Dataset(default_union=True)
    syntax = {"jsonld": "json-ld", "ntriples": "nt", "rdfxml": "xml"}.get(form, form)
    whole.parse(data=client.get(f"/queries?format={form}").get_data(), format=syntax)
    one.parse(data=client.get(f"/queries/valid-codes?format={form}").get_data(), format=syntax)
    sh = rdflib.Namespace("http://www.w3.org/ns/shacl#")
    assert len(list(whole.subjects(rdflib.RDF.type, sh.SPARQLExecutable))) == len(NAMES)
    (node,) = one.subjects(rdflib.RDF.type, sh.SPARQLSelectExecutable)
    (parameter,) = one.objects(node, sh.parameter)
    assert str(one.value(node, sh.select)) == catalogue()["valid-codes"].text
    assert str(one.value(parameter, sh.datatype)).endswith("#date")


@pytest.mark.parametrize("name", NAMES)
def test_one_query(client: FlaskClient, browser: Browser, name: str) -> None:
    query = catalogue()[name]
    raw = client.get(f"/queries/{name}")
    assert raw.mimetype == "application/sparql-query"
    assert raw.get_data(as_text=True) == query.text
    assert client.get(f"/queries/{name}", headers={"Accept": "text/plain"}).get_data(as_text=True) == query.text
    told = client.get(f"/queries/{name}?format=json").get_json()
    assert told["text"] == query.text
    assert [one["name"] for one in told["parameters"]] == [one.name for one in query.parameters]
    text = browser.get(f"/queries/{name}").get_data(as_text=True)
    assert f'action="/queries/{name}/results"' in text
    assert all(f'name="{parameter.name}"' in text for parameter in query.parameters)
    assert all(f"<code>{column.name}</code>" in text for column in query.columns)
    assert 'href="/sparql?query=' in text


def test_an_unknown_query(client: FlaskClient, browser: Browser) -> None:
    for address in ("/queries/selct", "/queries/selct/results"):
        found = problem_of(client.get(address), 404)
        assert "select" in found["errors"][0]["nearest"]
        assert f'href="{address.replace("selct", "select")}"' in browser.get(address).get_data(as_text=True)


def test_a_query_runs_with_values(client: FlaskClient, browser: Browser) -> None:
    (row,) = rows_of(client, "which-code", **FACTS)
    assert row["code"] == "62323"
    assert rows_of(client, "which-code", **FACTS | {"date": "2016-12-31"})[0]["code"] == "62311"
    # a number, an IRI and a prefixed name are the same code; what is left empty is left out
    for code in ("62323", "cpt:62323", "https://w3id.org/spinecode/cpt/62323"):
        assert {row["code"] for row in rows_of(client, "requirements", code=code)} == {"62323"}
    assert len(rows_of(client, "requirements", code="")) > 100
    page = browser.get(WHICH, query_string=FACTS).get_data(as_text=True)
    assert "62323" in page
    assert '<option value="fluoroscopy" selected>' in page


@pytest.mark.parametrize(
    ("form", "kind"),
    [
        ("json", "application/sparql-results+json"),
        ("xml", "application/sparql-results+xml"),
        ("csv", "text/csv"),
        ("tsv", "text/tab-separated-values"),
        ("html", "text/html"),
    ],
)
def test_a_table_in_every_format(client: FlaskClient, form: str, kind: str) -> None:
    for options in ({"query_string": FACTS | {"format": form}}, {"query_string": FACTS, "headers": {"Accept": kind}}):
        response = client.get(WHICH, **options)
        assert (response.status_code, response.mimetype) == (200, kind)
        assert "62323" in response.get_data(as_text=True)
    problem_of(client.get(WHICH, query_string=FACTS | {"format": "turtle"}), 400)
    problem_of(client.get(WHICH, query_string=FACTS, headers={"Accept": "image/png"}), 406)


def test_a_graph_in_every_format(client: FlaskClient) -> None:
    for representation in RDF:
        for options in ({"format": representation.name}, {}):
            headers = {} if options else {"Accept": representation.media_type}
            address = {"code": "62323"} | options
            response = client.get("/queries/code-graph/results", query_string=address, headers=headers)
            assert (response.status_code, response.mimetype) == (200, representation.media_type)
            assert "62323" in response.get_data(as_text=True)


@pytest.mark.parametrize(
    ("address", "told"),
    [
        (
            "differences/results?one=62321",
            "A value is needed for other: give the number or the IRI of a code, such as 62323.",
        ),
        ("requirements/results?code=62399", "such as 62323"),
        ("requirements/results?codes=62323", "has no parameter &#39;codes&#39;"),
        ("requirements/results?code=62323&code=62321", "given 2 times"),
        ("valid-codes/results?day=yesterday", "YYYY-MM-DD"),
        ("which-code/results?guidance=flouroscopy", "a value of the axis guidance"),
        ("codes/results?limit=1", "it has none"),
    ],
)
def test_bad_values_are_refused(client: FlaskClient, browser: Browser, address: str, told: str) -> None:
    found = problem_of(client.get(f"/queries/{address}"), 400)
    assert told.replace("&#39;", "'") in found["detail"]
    assert found["errors"][0]["axis"]
    page = browser.get(f"/queries/{address}")
    assert page.status_code == 400
    assert told in page.get_data(as_text=True)
    assert f'action="/queries/{address.partition("?")[0]}"' in page.get_data(as_text=True)


def test_without_values_a_browser_gets_the_form(client: FlaskClient, browser: Browser) -> None:
    assert 'name="one"' in browser.get("/queries/differences/results").get_data(as_text=True)
    assert len(problem_of(client.get("/queries/differences/results"), 400)["errors"]) == 2


def test_a_near_value_leads_to_the_answer(browser: Browser) -> None:
    text = browser.get("/queries/differences/results?one=62321&other=62399").get_data(as_text=True)
    assert 'href="/queries/differences/results?one=62321&amp;other=62327"' in text
    text = browser.get("/queries/requirements/results?cod=62321").get_data(as_text=True)
    assert 'href="/queries/requirements/results?code=62321"' in text


HOSTILE = [
    '"} INSERT DATA { <x:a> <x:b> <x:c> } #',
    "<x> . ?s ?p ?o",
    "\\",
    '"""',
    "?words",
    "}\n#",
    "\x00",
    "%",
    "&x=1",
]


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(min_size=1) | st.sampled_from(HOSTILE))
def test_no_value_changes_what_is_asked(client: FlaskClient, words: str) -> None:
    """Rows are those whose name has the words in it, whatever the words look like."""
    response = client.get(f"/queries/find/results?words={quote(words)}&format=json")
    if not words.strip():
        problem_of(response, 400)
        return
    assert response.status_code == 200
    found = json.loads(response.get_data())["results"]["bindings"]
    assert all(words.strip().lower() in row["name"]["value"].lower() for row in found)


def test_answers_are_kept_and_tagged(client: FlaskClient) -> None:
    first = client.get("/queries/valid-codes/results")
    again = client.get("/queries/valid-codes/results", headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304


def test_the_page_of_an_answer_leads_to_the_same_query_as_text(client: FlaskClient, browser: Browser) -> None:
    page = browser.get("/queries/requirements/results?code=62323").get_data(as_text=True)
    link = html.unescape(re.findall(r'href="(/sparql\?query=[^"]+)"', page)[0])
    text = client.get(link, headers={"Accept": "text/csv"}).get_data(as_text=True)
    assert list(csv.DictReader(io.StringIO(text))) == rows_of(client, "requirements", code="62323")
