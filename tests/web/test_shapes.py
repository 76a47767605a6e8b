"""``/shapes``: the list, each shape, the files, and that what is served runs alone."""

import pyoxigraph
import pyshacl
import pytest
import rdflib
from flask.testing import FlaskClient
from pyoxigraph import RdfFormat

from spinecode.knowledge import Knowledge
from spinecode.shape_catalogue import shape_catalogue

from .conftest import Browser, problem_of

SHAPE = "https://w3id.org/spinecode/shape/"
SH = rdflib.Namespace("http://www.w3.org/ns/shacl#")


def test_the_list(client: FlaskClient) -> None:
    told = client.get("/shapes", headers={"Accept": "application/json"}).get_json()
    assert len(told["shapes"]) > 50
    for shape in told["shapes"]:
        assert shape["iri"] == SHAPE + shape["name"]
        assert shape["severity"] in ("violation", "warning", "info")
        for name in ("label", "message", "fix", "expected", "passing_example", "failing_example", "file"):
            assert shape[name] or name == "expected", shape
    assert {"violation", "warning", "info"} == {shape["severity"] for shape in told["shapes"]}


@pytest.mark.parametrize(
    "syntax", [RdfFormat.TURTLE, RdfFormat.JSON_LD, RdfFormat.N_TRIPLES, RdfFormat.RDF_XML], ids=lambda one: one.name
)
def test_the_list_in_rdf_is_all_that_an_engine_needs(
    client: FlaskClient, knowledge: Knowledge, syntax: RdfFormat
) -> None:
    response = client.get("/shapes", headers={"Accept": syntax.media_type})
    assert response.mimetype == syntax.media_type
    quads = list(pyoxigraph.parse(response.data, format=syntax))
    assert len(quads) == len({quad.triple for quad in knowledge.description_shapes})


def test_the_page_leads_to_every_shape(browser: Browser, knowledge: Knowledge) -> None:
    text = browser.get("/shapes").get_data(as_text=True)
    for shape in shape_catalogue(knowledge):
        assert f'href="/shapes/{shape.name}"' in text


def test_each_shape_has_a_page_with_examples(browser: Browser, client: FlaskClient, knowledge: Knowledge) -> None:
    for shape in shape_catalogue(knowledge):
        page = browser.get(f"/shapes/{shape.name}")
        text = page.get_data(as_text=True)
        assert page.status_code == 200
        assert "A description that passes" in text
        assert "A description that fails" in text
        assert f"<strong>{shape.severity}</strong>" in text  # the result about the one that fails
        assert (
            client.get(f"/shapes/{shape.name}", headers={"Accept": "application/json"}).get_json()["iri"] == shape.iri
        )


@pytest.mark.parametrize("name", ["Approach", "GuidanceRequired", "EpiduralOnly"])
def test_one_shape_runs_alone(client: FlaskClient, name: str) -> None:
    """What is served of one shape names it and what serves it; pySHACL runs it on nothing without complaint."""
    content = client.get(f"/shapes/{name}", headers={"Accept": "text/turtle"}).data
    graph = rdflib.Graph().parse(data=content, format="turtle")
    assert (rdflib.URIRef(SHAPE + name), SH.message, None) in graph
    facts = "<urn:a> a s:SpinalInjection ; s:accessApproach s:Interlaminar . s:Interlaminar a s:InterlaminarApproach ."
    data = rdflib.Graph().parse(data=f"@prefix s: <https://w3id.org/spinecode/> . {facts}", format="turtle")
    conforms, _, text = pyshacl.validate(data, shacl_graph=graph)
    assert conforms == (name == "EpiduralOnly"), text


def test_the_files(client: FlaskClient) -> None:
    told = client.get("/shapes", headers={"Accept": "application/json"}).get_json()
    total = 0
    for address in told["files"]:
        response = client.get(address)
        assert response.mimetype == "text/turtle"
        total += len(list(pyoxigraph.parse(response.data, format=RdfFormat.TURTLE)))
    assert total > 500


def test_what_there_is_not(client: FlaskClient) -> None:
    assert "Approach" in str(problem_of(client.get("/shapes/Aproach"), 404))
    problem_of(client.get("/shapes/nothing.ttl"), 404)
    problem_of(client.get("/shapes", headers={"Accept": "image/png"}), 406)
