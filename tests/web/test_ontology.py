import pyoxigraph
import pytest
from flask.testing import FlaskClient

from spinecode.index import RuleIndex
from spinecode.knowledge import Knowledge
from spinecode.vocabulary import SPINE
from spinecode.web.ontology import version_iri

from .conftest import Browser, problem_of

SYNTAXES = [
    ("turtle", pyoxigraph.RdfFormat.TURTLE),
    ("jsonld", pyoxigraph.RdfFormat.JSON_LD),
    ("ntriples", pyoxigraph.RdfFormat.N_TRIPLES),
    ("rdfxml", pyoxigraph.RdfFormat.RDF_XML),
]


@pytest.mark.parametrize(("name", "syntax"), SYNTAXES)
def test_the_ontology_as_written(
    client: FlaskClient, knowledge: Knowledge, name: str, syntax: pyoxigraph.RdfFormat
) -> None:
    for address, accept in (
        (f"/ontology?format={name}", "*/*"),
        ("/ontology", syntax.media_type),
        ("/", syntax.media_type),
    ):
        response = client.get(address, headers={"Accept": accept})
        assert response.mimetype == syntax.media_type
        written = pyoxigraph.Dataset(pyoxigraph.parse(response.data, format=syntax))
        stated = pyoxigraph.Dataset(knowledge.ontology.stated())
        for dataset in (written, stated):
            dataset.canonicalize(pyoxigraph.CanonicalizationAlgorithm.UNSTABLE)
        assert written == stated


@pytest.mark.parametrize(("name", "syntax"), SYNTAXES)
def test_the_closure(client: FlaskClient, knowledge: Knowledge, name: str, syntax: pyoxigraph.RdfFormat) -> None:
    response = client.get(f"/ontology?closure=1&format={name}")
    assert len(set(pyoxigraph.parse(response.data, format=syntax))) == len(knowledge.graph)


def test_two_workers_write_the_same(client: FlaskClient, knowledge: Knowledge) -> None:
    from spinecode.web import create_app

    other = create_app(knowledge).test_client()
    assert client.get("/ontology").data == other.get("/ontology").data


def test_the_version_iri_gives_the_ontology(client: FlaskClient, knowledge: Knowledge) -> None:
    iri = version_iri(knowledge.graph)
    assert iri is not None
    response = client.get("/" + iri.removeprefix(SPINE), headers={"Accept": "text/turtle"})
    assert response.data == client.get("/ontology", headers={"Accept": "text/turtle"}).data


def test_the_overview(client: FlaskClient, browser: Browser, index: RuleIndex) -> None:
    overview = client.get("/ontology?format=json").get_json()
    assert [axis["name"] for axis in overview["axes"]] == [axis.name for axis in index.rules.axes]
    text = browser.get("/ontology").get_data(as_text=True)
    for value in index.values:
        assert f'href="/{value.iri.removeprefix(SPINE)}"' in text
    for code in index.codes:
        assert f'href="/codes/{code}"' in text


def test_a_wrong_parameter(client: FlaskClient) -> None:
    problem_of(client.get("/ontology?closure=maybe"), 400)
    problem_of(client.get("/ontology?format=owl"), 400)
    problem_of(client.get("/ontology", headers={"Accept": "image/png"}), 406)
