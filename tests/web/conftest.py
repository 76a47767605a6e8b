"""An app over the real ontology, and clients that ask it as a browser and as a program do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from spinecode.knowledge import Knowledge
from spinecode.web import create_app
from spinecode.web.site import Site

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"

#: A description that decides everything, as parameters.
WHOLE = {
    "approach": "interlaminar",
    "level": "L4-L5",
    "space": "epidural",
    "guidance": "fluoroscopy",
    "delivery": "single-injection",
    "substance": "corticosteroid",
    "date": "2026-03-02",
}

#: The same in Turtle.
WHOLE_TURTLE = """
@prefix spine: <https://w3id.org/spinecode/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
<urn:one> a spine:SpinalInjection ;
    spine:accessApproach spine:Interlaminar ; spine:vertebralLevel spine:L4-L5 ; spine:targetSpace spine:Epidural ;
    spine:imagingGuidance spine:Fluoroscopy ; spine:deliveryMethod spine:SingleInjection ;
    spine:injectedSubstance spine:Corticosteroid ; spine:dateOfService "2026-03-02"^^xsd:date .
"""


@pytest.fixture(scope="session")
def app(knowledge: Knowledge) -> Iterator[Flask]:
    app = create_app(knowledge)
    yield app
    site: Site = app.extensions["spinecode"]
    site.close()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


class Browser:
    """A client that prefers pages."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def get(self, address: str, **options: Any) -> TestResponse:
        return self.client.get(address, headers={"Accept": BROWSER}, **options)

    def post(self, address: str, **options: Any) -> TestResponse:
        return self.client.post(address, headers={"Accept": BROWSER}, **options)


@pytest.fixture
def browser(client: FlaskClient) -> Browser:
    return Browser(client)


def problem_of(response: TestResponse, status: int) -> dict[str, Any]:
    """The problem that a response is, which has every field that problems have."""
    assert response.status_code == status, response.get_data(as_text=True)[:500]
    assert response.mimetype == "application/problem+json"
    found: dict[str, Any] = response.get_json(force=True)
    assert {"type", "title", "status", "detail", "instance", "errors"} <= set(found)
    assert found["status"] == status
    assert found["errors"]
    assert all(fault["message"] for fault in found["errors"])
    return found
