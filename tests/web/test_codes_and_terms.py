import pyoxigraph
import pytest
from flask import Flask
from flask.testing import FlaskClient

from spinecode.index import RuleIndex
from spinecode.knowledge import Knowledge
from spinecode.vocabulary import CPT, SPINE
from spinecode.web.terms import our_terms

from .conftest import Browser, problem_of

SYNTAXES = {
    "turtle": pyoxigraph.RdfFormat.TURTLE,
    "jsonld": pyoxigraph.RdfFormat.JSON_LD,
    "ntriples": pyoxigraph.RdfFormat.N_TRIPLES,
    "rdfxml": pyoxigraph.RdfFormat.RDF_XML,
}


# ---------------------------------------------------------------- the list


def test_every_code_is_listed(client: FlaskClient, browser: Browser, index: RuleIndex) -> None:
    listed = client.get("/codes").get_json()["codes"]
    assert [one["code"] for one in listed] == list(index.codes)
    assert listed[0]["url"] == f"/codes/{listed[0]['code']}"
    text = browser.get("/codes").get_data(as_text=True)
    assert all(f'href="/codes/{code}"' in text for code in index.codes)


@pytest.mark.parametrize("family", ["RetiredInterlaminarFamily", SPINE + "RetiredInterlaminarFamily"])
def test_the_codes_of_a_family(client: FlaskClient, family: str) -> None:
    listed = client.get("/codes", query_string={"family": family}).get_json()["codes"]
    assert [one["code"] for one in listed] == ["62310", "62311", "62318", "62319"]


def test_a_family_by_its_label(client: FlaskClient, index: RuleIndex) -> None:
    label = index.codes["64483"].family_label
    listed = client.get("/codes", query_string={"family": label}).get_json()["codes"]
    assert {"64483", "64484"} <= {one["code"] for one in listed}


def test_the_codes_of_a_day(client: FlaskClient) -> None:
    before = {one["code"] for one in client.get("/codes?date=2016-12-31").get_json()["codes"]}
    after = {one["code"] for one in client.get("/codes?date=2017-01-01").get_json()["codes"]}
    assert "62310" in before - after
    assert "62321" in after - before


def test_filters_that_are_wrong(client: FlaskClient) -> None:
    problem_of(client.get("/codes?date=2016-13-45"), 400)
    found = problem_of(client.get("/codes?family=TransforaminlFamily"), 400)
    assert found["errors"][0]["nearest"][0] == "TransforaminalFamily"
    assert problem_of(client.get("/codes?familly=x"), 400)["errors"][0]["nearest"] == ["family"]


def test_the_list_in_rdf(client: FlaskClient) -> None:
    response = client.get("/codes", headers={"Accept": "text/turtle"})
    subjects = {quad.subject for quad in pyoxigraph.parse(response.data, format=pyoxigraph.RdfFormat.TURTLE)}
    assert pyoxigraph.NamedNode(CPT + "62321") in subjects


# ---------------------------------------------------------------- one code


@pytest.mark.parametrize("path", ["/codes/62321", "/cpt/62321"])
def test_one_code(client: FlaskClient, browser: Browser, path: str) -> None:
    code = client.get(path).get_json()
    assert code["code"] == "62321"
    assert code["validity"]["from"] == "2017-01-01"
    assert code["definitions"][0]["requires"]["guidance"] == "fluoroscopy or CT"
    text = browser.get(path).get_data(as_text=True)
    assert code["label"] in text
    assert 'href="/differ?code=62321&amp;code=62323"' in text
    for name, syntax in SYNTAXES.items():
        response = client.get(path, query_string={"format": name})
        assert response.mimetype == syntax.media_type
        subjects = {quad.subject for quad in pyoxigraph.parse(response.data, format=syntax)}
        assert pyoxigraph.NamedNode(CPT + "62321") in subjects


def test_a_retired_code_says_what_replaced_it(browser: Browser) -> None:
    text = browser.get("/codes/62310").get_data(as_text=True)
    assert "Not in force any more" in text
    assert 'href="/codes/62321"' in text


@pytest.mark.parametrize("path", ["/codes/62399", "/cpt/62399"])
def test_an_unknown_code(client: FlaskClient, browser: Browser, path: str) -> None:
    found = problem_of(client.get(path), 404)
    assert "62321" in found["errors"][0]["nearest"] or found["errors"][0]["nearest"]
    page = browser.get(path)
    assert page.status_code == 404
    assert f'href="{path[:-5]}{found["errors"][0]["nearest"][0]}"' in page.get_data(as_text=True).replace(
        "/codes/", path[:-5]
    )


# ---------------------------------------------------------------- terms


def test_a_term(client: FlaskClient, browser: Browser) -> None:
    found = client.get("/FluoroscopyOrCT").get_json()
    assert found["iri"] == SPINE + "FluoroscopyOrCT"
    assert found["label"] == "fluoroscopy or CT"
    assert {"iri": SPINE + "Fluoroscopy", "label": "fluoroscopy"} in found["references"]["rdf:type"]
    assert any("62321" not in one["label"] and one["iri"] for one in found["used_in_definitions_of"])
    text = browser.get("/FluoroscopyOrCT").get_data(as_text=True)
    assert 'href="/Fluoroscopy"' in text
    assert "What points to it" in text


def test_a_definition_is_written_as_people_write_them(client: FlaskClient) -> None:
    found = client.get("/CervicothoracicImageGuidedInterlaminarInjection").get_json()
    expressions = [one.get("text", "") for one in found["statements"]["rdfs:subClassOf"]]
    assert any(text.startswith("implies code is ") for text in expressions), expressions


def test_the_rdf_of_a_class_has_its_definition(client: FlaskClient) -> None:
    content = client.get("/CervicothoracicImageGuidedInterlaminarInjection?format=ntriples").get_data(as_text=True)
    assert SPINE + "FluoroscopyOrCT" in content


def test_every_iri_of_ours_is_answered(client: FlaskClient, knowledge: Knowledge) -> None:
    terms = our_terms(knowledge.graph)
    assert len(terms) > 200
    for iri in terms:
        path = "/" + iri.removeprefix(SPINE)
        turtle = client.get(path, headers={"Accept": "text/turtle"})
        assert (turtle.status_code, turtle.mimetype) == (200, "text/turtle"), iri
        assert client.get(path, headers={"Accept": "text/html"}).status_code == 200, iri


def test_no_term_is_hidden_by_a_page(app: Flask, knowledge: Knowledge) -> None:
    adapter = app.url_map.bind("localhost")
    ontology = {SPINE}
    for iri in our_terms(knowledge.graph) - ontology:
        endpoint, _ = adapter.match("/" + iri.removeprefix(SPINE))
        expected = "codes.one_code" if iri.startswith(CPT) else "terms.one_term"
        assert endpoint == expected, f"{iri} is answered by {endpoint}"


def test_the_shapes_are_answered(client: FlaskClient, knowledge: Knowledge) -> None:
    found = sorted(our_terms(knowledge.shapes))
    iri = next(one for one in found if "shape/" in one)
    assert client.get("/" + iri.removeprefix(SPINE)).get_json()["iri"] == iri


def test_an_unknown_term(client: FlaskClient, browser: Browser) -> None:
    found = problem_of(client.get("/Fluoroscop"), 404)
    assert "Fluoroscopy" in found["errors"][0]["nearest"]
    page = browser.get("/Fluoroscop")
    assert page.status_code == 404
    assert 'href="/Fluoroscopy"' in page.get_data(as_text=True)


@pytest.mark.parametrize("path", ["/nothing", "/a/b/c", "/%3Cscript%3E", "/a%20b", "/favicon.ico", "/..%2f..%2fetc"])
def test_other_paths(client: FlaskClient, path: str) -> None:
    problem_of(client.get(path), 404)
