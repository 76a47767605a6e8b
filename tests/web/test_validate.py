import pyoxigraph
import pytest
from flask.testing import FlaskClient

from .conftest import WHOLE, WHOLE_TURTLE, Browser, problem_of

SHACL = "http://www.w3.org/ns/shacl#"


def test_a_description_that_conforms(client: FlaskClient) -> None:
    for response in (
        client.post("/validate", data=WHOLE_TURTLE, content_type="text/turtle"),
        client.post("/validate", json=WHOLE),
    ):
        assert response.status_code == 200
        assert response.mimetype == "application/json"
        assert response.get_json()["conforms"] is True, response.get_json()


def test_a_reported_code_that_is_not_implied(client: FlaskClient) -> None:
    report = client.post("/validate", json=WHOLE | {"code": "62321"}).get_json()
    assert report["conforms"] is False
    assert any("62323" in result["message"] for result in report["results"])


def test_what_cannot_be_true_is_reported_not_refused(client: FlaskClient) -> None:
    report = client.post("/validate", json={"region": "cervical", "level": "L4-L5"}).get_json()
    assert report["conforms"] is False


@pytest.mark.parametrize(
    ("name", "syntax"),
    [
        ("turtle", pyoxigraph.RdfFormat.TURTLE),
        ("jsonld", pyoxigraph.RdfFormat.JSON_LD),
        ("ntriples", pyoxigraph.RdfFormat.N_TRIPLES),
        ("rdfxml", pyoxigraph.RdfFormat.RDF_XML),
    ],
)
def test_the_report_in_rdf(client: FlaskClient, name: str, syntax: pyoxigraph.RdfFormat) -> None:
    response = client.post(f"/validate?format={name}", json=WHOLE | {"code": "62321"})
    by_accept = client.post("/validate", json=WHOLE | {"code": "62321"}, headers={"Accept": syntax.media_type})
    for one in (response, by_accept):
        assert one.mimetype == syntax.media_type
        quads = list(pyoxigraph.parse(one.data, format=syntax))
        conforms = [q.object for q in quads if q.predicate.value == SHACL + "conforms"]
        assert conforms == [pyoxigraph.Literal(False)]
        assert any(q.predicate.value == SHACL + "resultMessage" for q in quads)


def test_the_form_has_a_sample_in_it(browser: Browser) -> None:
    page = browser.get("/validate")
    text = page.get_data(as_text=True)
    assert page.status_code == 200
    assert "spine:SpinalInjection" in text
    assert "spine:SpinalInjection" in browser.get("/validate?sample=nonsense").get_data(as_text=True)


def test_the_form_is_answered_with_a_page(browser: Browser) -> None:
    page = browser.post("/validate", data={"content": WHOLE_TURTLE, "syntax": "turtle"})
    assert page.mimetype == "text/html"
    assert "conforms" in page.get_data(as_text=True)
    page = browser.post("/validate", data={"content": '{"region": "nonsense"}', "syntax": "json"})
    text = page.get_data(as_text=True)
    assert "does not conform" in text
    assert "violation" in text
    assert "&#34;nonsense&#34;" in text


def test_a_broken_document_comes_back_in_the_form(browser: Browser) -> None:
    page = browser.post("/validate", data={"content": "<urn:a> <urn:b> .", "syntax": "turtle"})
    text = page.get_data(as_text=True)
    assert page.status_code == 400
    assert "line 1" in text
    assert "&lt;urn:a&gt; &lt;urn:b&gt; ." in text


def test_bad_bodies(client: FlaskClient) -> None:
    problem_of(client.post("/validate", data="", content_type="text/turtle"), 400)
    problem_of(client.post("/validate", data="<a", content_type="text/turtle"), 400)
    problem_of(client.post("/validate", data="a", content_type="text/csv"), 415)
    problem_of(client.post("/validate", data="x" * 2_000_000, content_type="text/turtle"), 413)
    problem_of(client.post("/validate", data="<urn:a> <urn:b> <urn:c> .", content_type="text/turtle"), 422)
    problem_of(client.post("/validate", data={"content": "x", "syntax": "nonsense"}), 400)
    problem_of(client.post("/validate", json=WHOLE, headers={"Accept": "image/png"}), 406)
    problem_of(client.get("/validate", headers={"Accept": "application/json"}), 406)
