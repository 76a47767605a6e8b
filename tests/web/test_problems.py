import logging

import pytest
from flask import Flask
from flask.testing import FlaskClient

from spinecode.knowledge import Knowledge
from spinecode.vocabulary import SPINE
from spinecode.web import create_app
from spinecode.web.problems import KINDS

from .conftest import BROWSER, WHOLE, Browser, problem_of


def test_a_method_that_is_not_allowed(client: FlaskClient) -> None:
    response = client.delete("/select")
    found = problem_of(response, 405)
    assert found["type"] == "about:blank"
    assert {"GET", "POST"} <= set(response.headers["Allow"].replace(" ", "").split(","))


def test_the_error_page_helps(browser: Browser) -> None:
    page = browser.get("/nothing/here")
    assert page.status_code == 404
    assert page.mimetype == "text/html"
    text = page.get_data(as_text=True)
    assert 'href="/codes"' in text
    assert "404" in text


def test_what_was_given_is_escaped(browser: Browser) -> None:
    text = browser.get("/select?region=<script>alert(1)</script>").get_data(as_text=True)
    assert "<script>" not in text
    assert "&lt;script&gt;" in text


def test_problems_have_their_page(client: FlaskClient, browser: Browser) -> None:
    types = {one["type"] for one in client.get("/problems").get_json()["problems"]}
    assert types == {kind.iri for kind in KINDS.values()}
    text = browser.get("/problems").get_data(as_text=True)
    for iri in types:
        assert iri.startswith(f"{SPINE}problems#")
        assert f'id="{iri.partition("#")[2]}"' in text


@pytest.fixture(scope="module")
def broken(knowledge: Knowledge) -> Flask:
    app = create_app(knowledge)

    @app.get("/broken")
    def fail() -> str:
        raise RuntimeError("patient 4711")

    return app


def test_a_fault_of_ours_says_nothing_of_what_was_sent(broken: Flask, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        response = broken.test_client().get("/broken?name=4711")
        page = broken.test_client().get("/broken?name=4711", headers={"Accept": BROWSER})
    problem_of(response, 500)
    assert page.mimetype == "text/html"
    assert "4711" not in response.get_data(as_text=True)
    assert "4711" not in caplog.text
    assert "RuntimeError" in caplog.text
    assert "/broken" in caplog.text


BAD_DATE = """
@prefix spine: <https://w3id.org/spinecode/> .
<urn:a> a spine:SpinalInjection ; spine:dateOfService "4711-13-45"^^<http://www.w3.org/2001/XMLSchema#date> .
"""


def test_nothing_that_is_sent_is_logged(
    client: FlaskClient, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    with caplog.at_level(logging.DEBUG):
        for path in ("/select", "/validate"):
            client.post(path, json=WHOLE | {"region": "patient 4711"})
            client.post(path, data="<urn:patient-4711> a", content_type="text/turtle")
            client.post(path, data="<urn:patient-4711> <urn:b> <urn:c> .", content_type="text/turtle")
            client.post(path, data=BAD_DATE, content_type="text/turtle")
        client.get("/select?region=patient-4711")
    told = capfd.readouterr()
    assert "4711" not in caplog.text + told.out + told.err


POLICY = ("default-src 'none'", "style-src 'self'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'")


@pytest.mark.parametrize("address", ["/", "/select", "/nothing", "/healthz", "/static/style.css", "/codes?date=x"])
def test_every_answer_is_guarded(client: FlaskClient, address: str) -> None:
    for accept in (BROWSER, "*/*"):
        for _ in range(2):
            headers = client.get(address, headers={"Accept": accept}).headers
            assert all(part in headers["Content-Security-Policy"] for part in POLICY)
            assert headers["X-Content-Type-Options"] == "nosniff"
            assert headers["Referrer-Policy"] == "no-referrer"
            assert headers["Access-Control-Allow-Origin"] == "*"
            assert "Set-Cookie" not in headers
