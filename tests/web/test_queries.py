from flask.testing import FlaskClient

from spinecode.catalogue import catalogue

from .conftest import Browser, problem_of


def test_the_catalogue(client: FlaskClient, browser: Browser) -> None:
    listed = client.get("/queries").get_json()["queries"]
    assert [query["name"] for query in listed] == list(catalogue())
    assert all(query["question"] for query in listed)
    text = browser.get("/queries").get_data(as_text=True)
    assert all(f'href="/queries/{name}"' in text for name in catalogue())


def test_one_query(client: FlaskClient, browser: Browser) -> None:
    for name, query in catalogue().items():
        raw = client.get(f"/queries/{name}")
        assert raw.mimetype == "application/sparql-query"
        assert raw.get_data(as_text=True) == query.text
        assert client.get(f"/queries/{name}", headers={"Accept": "text/plain"}).get_data(as_text=True) == query.text
        assert client.get(f"/queries/{name}?format=json").get_json()["text"] == query.text
        assert 'href="/sparql?query=' in browser.get(f"/queries/{name}").get_data(as_text=True)


def test_an_unknown_query(client: FlaskClient, browser: Browser) -> None:
    found = problem_of(client.get("/queries/selct"), 404)
    assert "select" in found["errors"][0]["nearest"]
    assert 'href="/queries/select"' in browser.get("/queries/selct").get_data(as_text=True)
