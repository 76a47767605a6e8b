"""The SPARQL 1.1 Protocol, rule by rule, as a read-only endpoint keeps it (W3C Recommendation, section 2.1)."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest
import rdflib
from flask import Flask
from flask.testing import FlaskClient
from pyoxigraph import RdfFormat, parse

from spinecode.dataset import CLOSURE, GRAPHS, QUERIES, SHAPES, VOID
from spinecode.knowledge import Knowledge
from spinecode.web import create_app
from spinecode.web.site import Site

from .conftest import Browser, problem_of

ASK = "ASK { ?s ?p ?o }"
FORM, DIRECT = "application/x-www-form-urlencoded", "application/sparql-query"
FAMILY = GRAPHS + "ontology/codes/interlaminar"
FACET = GRAPHS + "ontology/codes/facet"


def truth(response: Any) -> bool:
    assert response.status_code == 200, response.get_data(as_text=True)
    answer: bool = json.loads(response.data)["boolean"]
    return answer


# ---------------------------------------------------------------- 2.1.1 to 2.1.3: three ways to send a query


def test_query_by_get(client: FlaskClient) -> None:
    assert truth(client.get(f"/sparql?query={quote(ASK)}"))


def test_query_by_url_encoded_post(client: FlaskClient) -> None:
    assert truth(client.post("/sparql", data=f"query={quote(ASK)}", content_type=FORM))
    assert truth(client.post("/sparql", data=f"query={quote(ASK)}", content_type=f"{FORM}; charset=UTF-8"))


def test_query_by_direct_post(client: FlaskClient) -> None:
    assert truth(client.post("/sparql", data=ASK, content_type=DIRECT))
    assert truth(client.post("/sparql", data='ASK { FILTER ("é" != "e") }'.encode(), content_type=DIRECT))


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_other_methods_are_not_allowed(client: FlaskClient, method: str) -> None:
    response = getattr(client, method)(f"/sparql?query={quote(ASK)}")
    problem_of(response, 405)
    assert {"GET", "HEAD", "POST", "OPTIONS"} <= set(response.headers["Allow"].replace(",", " ").split())


def test_head_is_get_without_the_body(client: FlaskClient) -> None:
    get = client.get(f"/sparql?query={quote(ASK)}")
    head = client.head(f"/sparql?query={quote(ASK)}")
    assert (head.status_code, head.data) == (200, b"")
    assert head.headers["Content-Length"] == str(len(get.data))
    assert head.headers["Content-Type"] == get.headers["Content-Type"]
    assert client.head("/sparql?query=ASK").status_code == 400


# ---------------------------------------------------------------- one query only


def test_two_queries_are_refused(client: FlaskClient) -> None:
    both = f"query={quote(ASK)}&query={quote(ASK)}"
    problem_of(client.get(f"/sparql?{both}"), 400)
    problem_of(client.post("/sparql", data=both, content_type=FORM), 400)
    problem_of(client.post(f"/sparql?query={quote(ASK)}", data=ASK, content_type=DIRECT), 400)
    problem_of(client.post(f"/sparql?query={quote(ASK)}", data=f"query={quote(ASK)}", content_type=FORM), 400)


def test_no_query_is_refused(client: FlaskClient) -> None:
    for response in (
        client.get("/sparql?query="),
        client.get("/sparql?query=%20"),
        client.post("/sparql", data="", content_type=FORM),
        client.post("/sparql", data="other=1", content_type=FORM),
        client.post("/sparql", data="", content_type=DIRECT),
    ):
        assert "There is no query" in problem_of(response, 400)["detail"]


# ---------------------------------------------------------------- what cannot be read


def test_a_media_type_that_carries_no_query(client: FlaskClient) -> None:
    for kind in ("text/plain", "application/json", "multipart/form-data; boundary=x"):
        response = client.post("/sparql", data=f"query={quote(ASK)}", content_type=kind)
        problem_of(response, 415)
        assert DIRECT in response.headers["Accept-Post"]


def test_a_missing_media_type(client: FlaskClient) -> None:
    problem_of(client.post("/sparql", data=ASK), 415)
    problem_of(client.post("/sparql", data=f"query={quote(ASK)}"), 415)


@pytest.mark.parametrize("charset", ["UTF-16", "latin-1", "nonsense"])
def test_a_query_in_another_character_set(client: FlaskClient, charset: str) -> None:
    body = ASK.encode("utf-16")
    assert (
        charset.lower()
        in problem_of(client.post("/sparql", data=body, content_type=f"{DIRECT}; charset={charset}"), 415)["detail"]
    )


def test_bytes_that_are_not_utf_8(client: FlaskClient) -> None:
    problem_of(client.post("/sparql", data=b"ASK { FILTER('\xff') }", content_type=DIRECT), 400)
    problem_of(client.post("/sparql", data=b"query=ASK%20%7B%FF%7D", content_type=FORM), 400)
    problem_of(client.post("/sparql", data=b"query=ASK {\xff}", content_type=FORM), 400)
    problem_of(client.get("/sparql?query=ASK%20%7B%FF%7D"), 400)


def test_broken_syntax(client: FlaskClient) -> None:
    for query in ("SELECT", "ASK { ?s ?p }", "ASK {} ASK {}", "SELECT ?s WHERE {"):
        found = problem_of(client.get(f"/sparql?query={quote(query)}"), 400)
        assert found["type"].endswith("#query")
        assert found["errors"][0]["line"] == 1


UPDATES = ["INSERT DATA { <urn:a> <urn:b> 1 }", "DELETE WHERE { ?s ?p ?o }", "CLEAR ALL", "LOAD <http://127.0.0.1:9/>"]


@pytest.mark.parametrize("update", UPDATES)
def test_updates_are_refused_as_such(client: FlaskClient, update: str) -> None:
    for response in (
        client.get(f"/sparql?update={quote(update)}"),
        client.post("/sparql", data=f"update={quote(update)}", content_type=FORM),
        client.post("/sparql", data=update, content_type="application/sparql-update"),
        client.post(f"/sparql?using-graph-uri={quote(FAMILY)}", data=update, content_type="application/sparql-update"),
    ):
        assert "read-only" in problem_of(response, 400)["detail"]
    problem_of(client.get(f"/sparql?query={quote(update)}"), 400)
    problem_of(client.post("/sparql", data=update, content_type=DIRECT), 400)


# ---------------------------------------------------------------- 2.1.4: the dataset

WITHOUT = f"ASK {{ <{GRAPHS}none> ?p ?o }}"
HAS_62321 = "ASK { ?code skos:notation '62321' ; skos:prefLabel ?label }"
HAS_64490 = "ASK { ?code skos:notation '64490' ; skos:prefLabel ?label }"


def asked(client: FlaskClient, query: str, **graphs: list[str]) -> list[bool]:
    """The answers by GET, by a form and by direct POST."""
    pairs = [(f"{name}-graph-uri", iri) for name, iris in graphs.items() for iri in iris]
    address = "&".join(f"{name}={quote(iri, safe='')}" for name, iri in pairs)
    return [
        truth(client.get(f"/sparql?query={quote(query)}&{address}")),
        truth(client.post("/sparql", data=f"query={quote(query)}&{address}", content_type=FORM)),
        truth(client.post(f"/sparql?{address}", data=query, content_type=DIRECT)),
    ]


def test_a_default_graph(client: FlaskClient) -> None:
    assert asked(client, HAS_62321, default=[FAMILY]) == [True] * 3
    assert asked(client, HAS_64490, default=[FAMILY]) == [False] * 3


def test_several_default_graphs_are_merged(client: FlaskClient) -> None:
    both = f"{HAS_62321[:-1]} . {HAS_64490[6:].replace('?code', '?other').replace('?label', '?second')}"
    assert asked(client, both, default=[FAMILY, FACET]) == [True] * 3
    assert asked(client, both, default=[FAMILY]) == [False] * 3


def test_named_graphs(client: FlaskClient) -> None:
    query = "ASK { GRAPH ?g { ?code skos:notation '64490' } }"
    assert asked(client, query, named=[FAMILY, FACET]) == [True] * 3
    assert asked(client, query, named=[FAMILY]) == [False] * 3
    # where only named graphs are named the default graph is empty
    assert asked(client, "ASK { ?s ?p ?o }", named=[FAMILY]) == [False] * 3


def test_default_and_named_graphs(client: FlaskClient) -> None:
    query = "ASK { ?one skos:notation '62321' . GRAPH ?g { ?two skos:notation '64490' } }"
    assert asked(client, query, default=[FAMILY], named=[FACET]) == [True] * 3
    assert asked(client, query, default=[FACET], named=[FAMILY]) == [False] * 3


def test_the_request_goes_before_the_query(client: FlaskClient) -> None:
    query = f"ASK FROM <{FACET}> {{ ?code skos:notation '64490' }}"
    assert truth(client.get(f"/sparql?query={quote(query)}"))
    assert asked(client, query, default=[FAMILY]) == [False] * 3


def test_a_graph_that_is_not_there_is_empty_and_not_fetched(client: FlaskClient) -> None:
    assert asked(client, "ASK { ?s ?p ?o }", default=["http://127.0.0.1:9/none"]) == [False] * 3


def test_a_graph_named_by_no_iri(client: FlaskClient) -> None:
    assert (
        "absolute IRI" in problem_of(client.get(f"/sparql?query={quote(ASK)}&default-graph-uri=a%20b"), 400)["detail"]
    )
    problem_of(client.get(f"/sparql?query={quote(ASK)}&named-graph-uri="), 400)


def test_from_names_graphs_of_ours_only(client: FlaskClient) -> None:
    assert truth(client.get(f"/sparql?query={quote(f'ASK FROM NAMED <{FACET}> {{ GRAPH ?g {{ ?s ?p ?o }} }}')}"))
    assert truth(client.get(f"/sparql?query={quote(f'PREFIX g: <{GRAPHS}> ASK FROM g:closure {{ ?s ?p ?o }}')}"))
    found = problem_of(client.get(f"/sparql?query={quote(f'ASK FROM <{FACET}s> {{ ?s ?p ?o }}')}"), 400)
    assert found["errors"][0]["nearest"][0] == FACET
    problem_of(client.get(f"/sparql?query={quote('ASK FROM <http://127.0.0.1:9/> { ?s ?p ?o }')}"), 400)


# ---------------------------------------------------------------- the graphs


def graphs(client: FlaskClient) -> dict[str, int]:
    query = "SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g"
    rows = json.loads(client.get(f"/sparql?query={quote(query)}").data)["results"]["bindings"]
    return {row["g"]["value"]: int(row["n"]["value"]) for row in rows}


def test_each_concern_has_its_graph(client: FlaskClient, knowledge: Knowledge) -> None:
    found = graphs(client)
    concerns = {CLOSURE.value, SHAPES.value, QUERIES.value, VOID.value}
    assert {*concerns, FAMILY, FACET, GRAPHS + "ontology/spinecode"} <= set(found)
    stated = sum(number for name, number in found.items() if name.startswith(GRAPHS + "ontology/"))
    assert stated == len(knowledge.ontology.stated())
    assert found[CLOSURE.value] == len(knowledge.ontology.graph())


def test_the_catalogue_and_what_is_published_can_be_asked_for(client: FlaskClient, knowledge: Knowledge) -> None:
    query = f"SELECT (COUNT(?q) AS ?g) (1 AS ?n) {{ GRAPH <{QUERIES.value}> {{ ?q a sh:SPARQLExecutable }} }}"
    rows = json.loads(client.get(f"/sparql?query={quote(query)}").data)["results"]["bindings"]
    assert int(rows[0]["g"]["value"]) == len(knowledge.queries)
    size = len(knowledge.ontology.graph())
    assert truth(client.get(f"/sparql?query={quote(f'ASK FROM <{VOID.value}> {{ ?d void:triples {size} }}')}"))


def test_the_default_graph_has_them_all_and_each_definition_once(client: FlaskClient) -> None:
    assert truth(client.get(f"/sparql?query={quote('ASK { spine:Cervical a spine:AxisValue . ?s a sh:NodeShape }')}"))
    definitions = "?c owl:intersectionOf ?l ; rdfs:subClassOf ?d . ?d rdfs:label ?x . FILTER isBlank(?c)"
    query = f"SELECT (COUNT(*) AS ?n) {{ {definitions} }}"
    once = json.loads(client.get(f"/sparql?query={quote(query)}").data)["results"]["bindings"][0]["n"]["value"]
    alone = client.get(f"/sparql?query={quote(query)}&default-graph-uri={quote(CLOSURE.value)}")
    assert once == json.loads(alone.data)["results"]["bindings"][0]["n"]["value"]


def test_data_of_ones_own_keeps_its_graphs(tmp_path: Any, knowledge: Knowledge) -> None:
    file = tmp_path / "own.trig"
    file.write_text('<urn:a> <urn:p> "default" . GRAPH <urn:mine> { <urn:a> <urn:p> "named" }')
    app: Flask = create_app(Knowledge(knowledge.ontology.folders, [file]))
    client = app.test_client()
    ask = "ASK { GRAPH <%s> { <urn:a> <urn:p> '%s' } . <urn:a> <urn:p> '%s' }"
    assert truth(client.get(f"/sparql?query={quote(ask % ('urn:mine', 'named', 'named'))}"))
    assert truth(client.get(f"/sparql?query={quote(ask % (GRAPHS + 'data/own.trig', 'default', 'default'))}"))
    site: Site = app.extensions["spinecode"]
    site.close()


# ---------------------------------------------------------------- 2.1.5, 2.1.6: media types

TABLE_TYPES = {
    "application/sparql-results+json": b'{"head"',
    "application/sparql-results+xml": b"<?xml",
    "text/csv": b"s\r\n",
    "text/tab-separated-values": b"?s\n",
}
GRAPH_TYPES = {
    "text/turtle": RdfFormat.TURTLE,
    "application/n-triples": RdfFormat.N_TRIPLES,
    "application/rdf+xml": RdfFormat.RDF_XML,
    "application/ld+json": RdfFormat.JSON_LD,
    "application/trig": RdfFormat.TRIG,
    "application/n-quads": RdfFormat.N_QUADS,
}
ROW = quote("SELECT ?s { ?s a spine:ProcedureCode } LIMIT 1")
GRAPH = quote("CONSTRUCT { ?s a ?t } { ?s a ?t } LIMIT 5")


@pytest.mark.parametrize(("kind", "begins"), TABLE_TYPES.items())
def test_tables(client: FlaskClient, kind: str, begins: bytes) -> None:
    response = client.get(f"/sparql?query={ROW}", headers={"Accept": kind})
    assert response.mimetype == kind
    assert response.data.startswith(begins)


@pytest.mark.parametrize("kind", TABLE_TYPES)
def test_ask_in_every_table_type(client: FlaskClient, kind: str) -> None:
    response = client.get(f"/sparql?query={quote(ASK)}", headers={"Accept": kind})
    assert response.mimetype == kind
    assert b"true" in response.data


@pytest.mark.parametrize(("kind", "syntax"), GRAPH_TYPES.items())
def test_graphs(client: FlaskClient, kind: str, syntax: RdfFormat) -> None:
    for query in (GRAPH, quote("DESCRIBE spine:Cervical")):
        response = client.get(f"/sparql?query={query}", headers={"Accept": kind})
        assert response.mimetype == kind
        assert len(list(parse(response.data, format=syntax))) >= 5


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("", "application/sparql-results+json"),
        ("*/*", "application/sparql-results+json"),
        ("text/*", "text/csv"),
        ("text/csv;q=0.5, application/sparql-results+xml;q=0.9", "application/sparql-results+xml"),
        ("text/csv, */*;q=0.1", "text/csv"),
        ("application/sparql-results+json;q=0, */*", "application/sparql-results+xml"),
        ("image/png, text/tab-separated-values;q=0.2", "text/tab-separated-values"),
        ("APPLICATION/SPARQL-RESULTS+XML", "application/sparql-results+xml"),
    ],
)
def test_q_values_and_ranges(client: FlaskClient, accept: str, kind: str) -> None:
    response = client.get(f"/sparql?query={ROW}", headers={"Accept": accept})
    assert response.mimetype == kind
    assert "Accept" in response.headers["Vary"]


def test_nothing_fits(client: FlaskClient) -> None:
    for accept in ("image/png", "application/sparql-results+json;q=0", "text/turtle"):
        assert "text/csv" in problem_of(client.get(f"/sparql?query={ROW}", headers={"Accept": accept}), 406)["detail"]


def test_texts_name_their_character_set(client: FlaskClient) -> None:
    for kind in ("text/csv", "text/tab-separated-values"):
        response = client.get(f"/sparql?query={ROW}", headers={"Accept": kind})
        assert response.headers["Content-Type"] == f"{kind}; charset=utf-8"


# ---------------------------------------------------------------- CORS and caches


def test_a_page_from_elsewhere_may_ask(client: FlaskClient) -> None:
    preflight = client.options(
        "/sparql", headers={"Origin": "https://example.org", "Access-Control-Request-Method": "POST"}
    )
    assert preflight.status_code == 200
    assert preflight.headers["Access-Control-Allow-Origin"] == "*"
    assert "POST" in preflight.headers["Access-Control-Allow-Methods"]
    assert "Content-Type" in preflight.headers["Access-Control-Allow-Headers"]
    assert client.get(f"/sparql?query={ROW}").headers["Access-Control-Allow-Origin"] == "*"


def test_a_tag_tells_that_nothing_changed(client: FlaskClient) -> None:
    first = client.get(f"/sparql?query={ROW}")
    again = client.get(f"/sparql?query={ROW}", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    other = client.get(f"/sparql?query={ROW}", headers={"Accept": "text/csv"})
    assert other.headers["ETag"] != first.headers["ETag"]


# ---------------------------------------------------------------- long answers, and limits


def test_a_long_answer_is_whole(client: FlaskClient) -> None:
    query = quote("SELECT ?s ?p ?o { GRAPH ?g { ?s ?p ?o } }")
    with client.get(f"/sparql?query={query}", headers={"Accept": "text/csv"}) as response:
        assert int(response.headers["Content-Length"]) == len(response.data) > 1 << 20
        assert response.data.count(b"\n") > 15_000


@pytest.mark.parametrize("kind", TABLE_TYPES)
def test_the_row_limit_is_exact(knowledge: Knowledge, kind: str) -> None:
    app = create_app(knowledge, row_limit=50)
    query = "SELECT ?s ?p ('line\\nbreak \"quoted\"' AS ?x) {{ ?s ?p ?o }} LIMIT {}"
    at_limit = app.test_client().get(f"/sparql?query={quote(query.format(50))}", headers={"Accept": kind})
    assert at_limit.status_code == 200
    beyond = app.test_client().get(f"/sparql?query={quote(query.format(53))}", headers={"Accept": kind})
    assert "50 rows" in problem_of(beyond, 400)["detail"]
    site: Site = app.extensions["spinecode"]
    site.close()


def test_the_length_limit(client: FlaskClient) -> None:
    response = client.post("/sparql", data=ASK + " " * 70_000, content_type=DIRECT)
    assert "at most 65536" in problem_of(response, 400)["detail"]


# ---------------------------------------------------------------- the service description


@pytest.mark.parametrize(("kind", "syntax"), GRAPH_TYPES.items())
def test_the_service_describes_itself_in_every_syntax(client: FlaskClient, kind: str, syntax: RdfFormat) -> None:
    response = client.get("/sparql", headers={"Accept": kind})
    assert response.mimetype == kind
    assert len(list(parse(response.data, format=syntax))) > 100


def test_what_the_description_says_is_true(client: FlaskClient) -> None:
    described = rdflib.Graph().parse(data=client.get("/sparql").data, format="turtle")
    sd = rdflib.Namespace("http://www.w3.org/ns/sparql-service-description#")
    void = rdflib.Namespace("http://rdfs.org/ns/void#")
    (service,) = described.subjects(rdflib.RDF.type, sd.Service)
    assert described.value(service, sd.endpoint) == rdflib.URIRef("http://localhost/sparql")
    assert set(described.objects(service, sd.supportedLanguage)) == {sd.SPARQL11Query}
    counts = {
        str(described.value(node, sd.name)): int(str(described.value(described.value(node, sd.graph), void.triples)))
        for node in described.objects(None, sd.namedGraph)
    }
    assert counts == graphs(client)
    formats = {str(iri).rpartition("/")[2] for iri in described.objects(service, sd.resultFormat)}
    assert len(formats) == len(TABLE_TYPES) + len(GRAPH_TYPES)


def test_a_browser_gets_the_page(browser: Browser) -> None:
    assert "<textarea" in browser.get("/sparql").get_data(as_text=True)
