import pytest
from flask import Flask
from flask.testing import FlaskClient

from spinecode.errors import InputError
from spinecode.web.negotiation import CSV, HTML, JSON, JSONLD, RDFXML, TURTLE, Representation, by_accept, by_name

from .conftest import BROWSER, WHOLE, problem_of


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", JSON),
        ("*/*", JSON),
        ("*", JSON),
        (BROWSER, HTML),
        ("text/html", HTML),
        ("application/xhtml+xml", HTML),
        ("text/*", HTML),
        ("text/turtle", TURTLE),
        ("TEXT/TURTLE", TURTLE),
        ("text/turtle, */*", TURTLE),
        ("text/turtle;q=0.5, application/ld+json;q=0.9", JSONLD),
        ("application/rdf+xml;q=0.1", RDFXML),
        ("application/json;q=0, */*", HTML),
        ("application/*;q=0.9, text/turtle;q=0.8", JSON),
        ("text/turtle;q=nonsense, text/html;q=0.1", HTML),
        ("text/csv", None),
        ("text/turtle;q=0", None),
        ("nonsense", None),
        (",,;", None),
    ],
)
def test_the_accept_header(accept: str, expected: Representation | None) -> None:
    assert by_accept(accept, (JSON, HTML, TURTLE, JSONLD, RDFXML)) is expected


@pytest.mark.parametrize("name", ["turtle", "TURTLE", "ttl", "text/turtle"])
def test_names_of_formats(name: str) -> None:
    assert by_name(name, (JSON, TURTLE)) is TURTLE


def test_an_unknown_name() -> None:
    with pytest.raises(InputError) as caught:
        by_name("turtel", (JSON, TURTLE, CSV))
    assert caught.value.faults[0].nearest == ("turtle",)


RESOURCES = [
    "/select",
    "/differ?code=62321,62323",
    "/codes",
    "/codes/62321",
    "/Fluoroscopy",
    "/queries",
    "/queries/codes",
]


@pytest.mark.parametrize("address", RESOURCES)
def test_what_no_resource_has(client: FlaskClient, address: str) -> None:
    found = problem_of(client.get(address, headers={"Accept": "image/png"}), 406)
    assert "application/json" in found["detail"]
    joint = "&" if "?" in address else "?"
    found = problem_of(client.get(f"{address}{joint}format=jsn"), 400)
    assert found["errors"][0]["nearest"][0] == "json"


@pytest.mark.parametrize("address", RESOURCES)
def test_the_format_overrides_the_header(client: FlaskClient, address: str) -> None:
    joint = "&" if "?" in address else "?"
    assert client.get(f"{address}{joint}format=json", headers={"Accept": BROWSER}).mimetype == "application/json"
    assert client.get(f"{address}{joint}format=html").mimetype == "text/html"


def test_answers_vary_by_the_header(client: FlaskClient) -> None:
    assert client.get("/select", query_string=WHOLE).headers["Vary"] == "Accept, Accept-Encoding"


@pytest.mark.parametrize(
    "address", [*RESOURCES, "/", "/ontology", "/validate", "/sparql", "/openapi.json", "/problems"]
)
def test_head_and_options(client: FlaskClient, app: Flask, address: str) -> None:
    headers = {"Accept": "*/*" if address != "/sparql" else "text/html"}
    answer = client.get(address, headers=headers)
    for _ in range(2):
        head = client.head(address, headers=headers)
        assert head.status_code == 200
        assert head.data == b""
        assert head.headers["Content-Length"] == str(len(answer.data))
        assert head.headers["ETag"] == answer.headers["ETag"]
    options = client.options(address)
    assert options.status_code == 200
    assert "GET" in options.headers["Allow"]
    assert options.headers["Access-Control-Allow-Methods"] == options.headers["Allow"]
    assert "Content-Type" in options.headers["Access-Control-Allow-Headers"]
