"""What is published, described: in every syntax, with services where the server stands, and the files themselves."""

from __future__ import annotations

import pyoxigraph
import pytest
from flask.testing import FlaskClient

from spinecode import publication, writing
from spinecode.knowledge import Knowledge
from spinecode.vocabulary import SPINE

from .conftest import Browser, problem_of
from .test_ontology import SYNTAXES

ENDPOINT = pyoxigraph.NamedNode("http://rdfs.org/ns/void#sparqlEndpoint")
PLACES = [("http://example.org/", ""), ("https://codes.example.org/spine/", "/spine")]


@pytest.mark.parametrize(("base", "root"), PLACES)
@pytest.mark.parametrize(("name", "syntax"), SYNTAXES)
def test_every_syntax_says_the_same_wherever_it_is_served(
    client: FlaskClient, knowledge: Knowledge, name: str, syntax: pyoxigraph.RdfFormat, base: str, root: str
) -> None:
    origin = base.removesuffix("/").removesuffix(root)
    response = client.get(
        "/void", query_string={"format": name}, base_url=origin, environ_overrides={"SCRIPT_NAME": root}
    )
    assert response.mimetype == syntax.media_type
    read = list(pyoxigraph.parse(response.data, format=syntax, base_iri=f"{base}void"))
    assert [quad.object for quad in read if quad.predicate == ENDPOINT] == [pyoxigraph.NamedNode(f"{base}sparql")]
    described = publication.described(publication.publication(knowledge), base)
    assert writing.canonical(read) == writing.canonical(described)


def test_an_answer_that_names_its_host_is_not_kept(client: FlaskClient) -> None:
    address = "/void?format=ntriples"
    first = client.get(address, base_url="http://one.example/")
    second = client.get(address, base_url="http://two.example/")
    assert first.headers["Cache-Control"] == "no-store"
    assert b"one.example" not in second.data
    assert "ETag" in client.get("/void?format=turtle").headers


def test_the_endpoint_answers_and_is_as_large_as_told(client: FlaskClient) -> None:
    described = client.get("/void", headers={"Accept": "application/json"}).get_json()
    closed = next(one for one in described["datasets"] if one["closed"])
    query = "SELECT (COUNT(*) AS ?n) { GRAPH <https://w3id.org/spinecode/graph/closure> { ?s ?p ?o } }"
    answer = client.get(f"/{described['sparql']}", query_string={"query": query})
    assert int(answer.get_json(force=True)["results"]["bindings"][0]["n"]["value"]) == closed["triples"]


def test_those_who_know_only_the_host_are_led_to_it(client: FlaskClient) -> None:
    response = client.get(
        "/.well-known/void", headers={"Accept": "text/turtle"}, environ_overrides={"SCRIPT_NAME": "/at"}
    )
    assert (response.status_code, response.headers["Location"]) == (303, "/at/void")


@pytest.mark.parametrize("one", publication.DISTRIBUTIONS, ids=lambda one: one.name)
def test_every_file_is_to_be_had_where_the_description_says(
    client: FlaskClient, knowledge: Knowledge, one: publication.Distribution
) -> None:
    found = publication.publication(knowledge)
    response = client.get("/" + found.url(one.name).removeprefix(SPINE))
    assert (response.status_code, response.mimetype) == (200, one.media_type)
    syntax = pyoxigraph.RdfFormat.from_media_type(one.media_type)
    assert syntax is not None
    number = len(set(writing.canonical(pyoxigraph.parse(response.data, format=syntax))))
    assert number == found.counts(one.closed).triples


def test_the_description_and_the_shapes_of_the_version_are_there_too(client: FlaskClient, knowledge: Knowledge) -> None:
    version = publication.publication(knowledge).version
    for name in ("void.ttl", "shapes.ttl", "shapes-ontology.ttl"):
        response = client.get(f"/{version}/{name}")
        assert (response.status_code, response.mimetype) == (200, "text/turtle")
    for name in ("nothing.ttl", "", "../ontology", "README.txt"):
        assert client.get(f"/{version}/{name}").status_code in (404, 308)
    problem_of(client.get("/0.0.1/spinecode.ttl"), 404)


def test_the_page(browser: Browser, knowledge: Knowledge) -> None:
    text = browser.get("/void").get_data(as_text=True)
    found = publication.publication(knowledge)
    for one in publication.DISTRIBUTIONS:
        assert f'href="/{found.version}/{one.name}"' in text
    assert f"{found.closed.triples} statements" in text
    assert 'href="/sparql"' in text
    assert 'href="/void"' in browser.get("/ontology").get_data(as_text=True)


def test_a_wrong_parameter(client: FlaskClient) -> None:
    problem_of(client.get("/void?format=owl"), 400)
    problem_of(client.get("/void", headers={"Accept": "image/png"}), 406)
