import csv
import io
import json
from xml.etree import ElementTree

import pyoxigraph
import pytest
from flask import Flask
from flask.testing import FlaskClient

from spinecode.catalogue import catalogue
from spinecode.knowledge import Knowledge
from spinecode.web import create_app

from .conftest import Browser, problem_of

SELECT = "SELECT ?code WHERE { ?c a spine:ProcedureCode ; skos:notation ?code } ORDER BY ?code"
CONSTRUCT = "CONSTRUCT { ?c skos:notation ?n } WHERE { ?c a spine:ProcedureCode ; skos:notation ?n }"
TABLES = {
    "json": "application/sparql-results+json",
    "xml": "application/sparql-results+xml",
    "csv": "text/csv",
    "tsv": "text/tab-separated-values",
}


def names(name: str, content: bytes) -> list[str]:
    if name == "json":
        return [row["code"]["value"] for row in json.loads(content)["results"]["bindings"]]
    if name == "xml":
        return [node.text or "" for node in ElementTree.fromstring(content).iter() if node.tag.endswith("literal")]
    rows = list(csv.reader(io.StringIO(content.decode()), delimiter="," if name == "csv" else "\t"))
    return [row[0].strip('"') for row in rows[1:]]


@pytest.mark.parametrize("name", TABLES)
def test_tables_in_every_format(client: FlaskClient, name: str) -> None:
    by_accept = client.get("/sparql", query_string={"query": SELECT}, headers={"Accept": TABLES[name]})
    by_format = client.get("/sparql", query_string={"query": SELECT, "format": name})
    by_form = client.post("/sparql", data={"query": SELECT}, headers={"Accept": TABLES[name]})
    by_body = client.post(
        "/sparql", data=SELECT, content_type="application/sparql-query", headers={"Accept": TABLES[name]}
    )
    for response in (by_accept, by_format, by_form, by_body):
        assert response.status_code == 200, response.get_data(as_text=True)
        assert response.mimetype == TABLES[name]
        found = names(name, response.data)
        assert "62321" in found
        assert found == sorted(found)


@pytest.mark.parametrize(
    ("name", "syntax"),
    [
        ("turtle", pyoxigraph.RdfFormat.TURTLE),
        ("jsonld", pyoxigraph.RdfFormat.JSON_LD),
        ("ntriples", pyoxigraph.RdfFormat.N_TRIPLES),
        ("rdfxml", pyoxigraph.RdfFormat.RDF_XML),
    ],
)
def test_graphs_in_every_format(client: FlaskClient, name: str, syntax: pyoxigraph.RdfFormat) -> None:
    by_accept = client.get("/sparql", query_string={"query": CONSTRUCT}, headers={"Accept": syntax.media_type})
    by_format = client.get("/sparql", query_string={"query": CONSTRUCT, "format": name})
    for response in (by_accept, by_format):
        assert response.mimetype == syntax.media_type
        assert len(list(pyoxigraph.parse(response.data, format=syntax))) > 10


def test_a_client_that_takes_either_kind(client: FlaskClient) -> None:
    accept = "application/sparql-results+json, text/turtle;q=0.9"
    table = client.get("/sparql", query_string={"query": SELECT}, headers={"Accept": accept})
    graph = client.get("/sparql", query_string={"query": CONSTRUCT}, headers={"Accept": accept})
    assert table.mimetype == "application/sparql-results+json"
    assert graph.mimetype == "text/turtle"


def test_json_and_xml_of_a_graph(client: FlaskClient) -> None:
    found = client.get("/sparql", query_string={"query": CONSTRUCT, "format": "json"})
    assert found.mimetype == "application/ld+json"
    found = client.get("/sparql", query_string={"query": CONSTRUCT, "format": "xml"})
    assert found.mimetype == "application/rdf+xml"


def test_a_format_of_the_other_kind(client: FlaskClient) -> None:
    problem_of(client.get("/sparql", query_string={"query": SELECT, "format": "turtle"}), 400)
    problem_of(client.get("/sparql", query_string={"query": CONSTRUCT, "format": "csv"}), 400)
    problem_of(client.get("/sparql", query_string={"query": SELECT}, headers={"Accept": "text/turtle"}), 406)
    problem_of(client.get("/sparql", query_string={"query": CONSTRUCT}, headers={"Accept": "text/csv"}), 406)
    problem_of(client.get("/sparql", query_string={"query": SELECT}, headers={"Accept": "image/png"}), 406)
    problem_of(client.get("/sparql", query_string={"query": SELECT, "format": "nonsense"}), 400)


def test_ask(client: FlaskClient) -> None:
    query = "ASK { ?c a spine:ProcedureCode }"
    assert client.get("/sparql", query_string={"query": query}).get_json(force=True)["boolean"] is True
    assert client.get("/sparql", query_string={"query": query, "format": "csv"}).status_code == 200


def test_the_page_has_the_form_and_the_answer(browser: Browser) -> None:
    assert "<textarea" in browser.get("/sparql").get_data(as_text=True)
    text = browser.get("/sparql", query_string={"query": SELECT}).get_data(as_text=True)
    assert "<td>62321</td>" in text
    assert "?code WHERE" in text
    text = browser.get("/sparql", query_string={"query": CONSTRUCT}).get_data(as_text=True)
    assert "cpt:62321" in text
    text = browser.get("/sparql", query_string={"query": "ASK {}"}).get_data(as_text=True)
    assert "Yes." in text


def test_no_query(client: FlaskClient) -> None:
    problem_of(client.get("/sparql?query="), 400)
    problem_of(client.post("/sparql", data={"query": ""}), 400)
    problem_of(client.post("/sparql", data="", content_type="application/sparql-query"), 400)


def test_two_queries(client: FlaskClient) -> None:
    problem_of(client.get("/sparql", query_string=[("query", SELECT), ("query", SELECT)]), 400)


def test_updates_are_refused(client: FlaskClient) -> None:
    update = "INSERT DATA { <urn:a> <urn:b> <urn:c> }"
    for response in (
        client.get("/sparql", query_string={"update": update}),
        client.post("/sparql", data={"update": update}),
        client.post("/sparql", data=update, content_type="application/sparql-update"),
    ):
        assert "read-only" in problem_of(response, 400)["detail"]
    problem_of(client.post("/sparql", data=update, content_type="application/sparql-query"), 400)


def test_a_syntax_error_tells_line_and_column(client: FlaskClient, browser: Browser) -> None:
    query = "SELECT *\nWHERE { ?s ?p }"
    found = problem_of(client.get("/sparql", query_string={"query": query}), 400)
    assert found["type"].endswith("#query")
    assert found["errors"][0]["line"] == 2
    assert found["errors"][0]["column"] > 8
    page = browser.get("/sparql", query_string={"query": query})
    assert page.status_code == 400
    assert "WHERE { ?s ?p }" in page.get_data(as_text=True)


def test_other_servers_are_refused(client: FlaskClient) -> None:
    query = "SELECT * { SERVICE <https://example.com/sparql> { ?s ?p ?o } }"
    problem_of(client.get("/sparql", query_string={"query": query}), 400)


def test_bad_requests(client: FlaskClient) -> None:
    assert client.get("/sparql", query_string={"query": SELECT, "output": "json"}).status_code == 200
    problem_of(client.get("/sparql", query_string={"query": "SELECT * FROM <urn:g> { ?s ?p ?o }"}), 400)
    problem_of(client.post("/sparql", data="x", content_type="text/plain"), 415)
    problem_of(client.post("/sparql", data=b"SELECT \xff", content_type="application/sparql-query"), 400)
    assert client.put("/sparql").status_code == 405


def test_an_answer_that_changes_is_not_kept(client: FlaskClient) -> None:
    query = {"query": "SELECT (RAND() AS ?x) {}"}
    first, second = (client.get("/sparql", query_string=query) for _ in range(2))
    assert first.data != second.data
    assert first.headers["Cache-Control"] == "no-store"


@pytest.fixture(scope="module")
def hurried(knowledge: Knowledge) -> Flask:
    return create_app(knowledge, query_time_limit=0.5, result_limit=2000)


def test_the_time_limit(hurried: Flask) -> None:
    slow = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i . ?j ?k ?l }"
    response = hurried.test_client().get("/sparql", query_string={"query": slow})
    assert int(response.headers["Retry-After"]) > 0
    assert "0.5 seconds" in problem_of(response, 503)["detail"]
    hurried.extensions["spinecode"].close()


def test_the_result_limit(hurried: Flask) -> None:
    response = hurried.test_client().get("/sparql", query_string={"query": "SELECT * { ?s ?p ?o }"})
    assert "LIMIT" in problem_of(response, 400)["detail"]
    hurried.extensions["spinecode"].close()


@pytest.mark.parametrize("name", [query.name for query in catalogue().values()])
def test_every_query_of_the_catalogue_runs(client: FlaskClient, name: str) -> None:
    with client.get("/sparql", query_string={"query": catalogue()[name].text}) as response:
        assert response.status_code == 200, response.get_data(as_text=True)
