"""What may be posted: each syntax alike, JSON-LD by our context, lines, files, and compressed bodies."""

from __future__ import annotations

import gzip
import io
import json
import zlib
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openapi_spec_validator import validate as validate_openapi
from pyoxigraph import RdfFormat, parse

from spinecode.jsonld_context import ADDRESS
from spinecode.web.bodies import FORM_TYPES, READABLE
from tests import hostile_submissions as submissions
from tests.web.conftest import WHOLE, WHOLE_TURTLE, problem_of

OURS = {"@context": ADDRESS, "@id": "urn:one", "type": "SpinalInjection", **WHOLE}


def lines_of(client: FlaskClient, body: bytes | str, kind: str, **headers: str) -> list[dict[str, Any]]:
    response = client.post("/select", data=body, content_type=kind, headers=headers)
    assert response.status_code == 200, response.get_data(as_text=True)
    lines: list[dict[str, Any]] = response.get_json()["lines"]
    return lines


def test_the_same_in_each_syntax(client: FlaskClient) -> None:
    good = submissions.good()
    answers = {}
    for name in ("turtle", "ntriples", "nquads", "trig", "rdfxml", "jsonld", "jsonld by our context", "json"):
        answers[name] = lines_of(client, good[name].body, good[name].kind)
        report = client.post("/validate", data=good[name].body, content_type=good[name].kind).get_json()
        assert report["conforms"] is True, name
    assert all(answer == answers["turtle"] for answer in answers.values())
    assert answers["turtle"][0]["code"]


# ---------------------------------------------------------------- JSON-LD by our context


def test_our_context_is_served_and_makes_the_same_statements(client: FlaskClient) -> None:
    response = client.get("/context.jsonld")
    assert response.mimetype == "application/ld+json"
    inlined = OURS | {"@context": json.loads(response.get_data())["@context"]}
    quads = set(parse(json.dumps(inlined), format=RdfFormat.JSON_LD))
    assert quads == set(parse(WHOLE_TURTLE, format=RdfFormat.TURTLE))
    for context in (ADDRESS, [ADDRESS], [{"mine": "urn:mine"}, ADDRESS], inlined["@context"]):
        body = json.dumps(OURS | {"@context": context})
        assert client.post("/validate", data=body, content_type="application/ld+json").get_json()["conforms"]


@pytest.mark.parametrize(("name", "axis"), [("region", "region"), ("code", "code")])
def test_what_is_not_known_in_json_ld_is_not_lost(client: FlaskClient, name: str, axis: str) -> None:
    body = json.dumps(OURS | {name: "zzz"})
    report = client.post("/validate", data=body, content_type="application/ld+json").get_json()
    assert [r["severity"] for r in report["results"] if r["axis"] == axis and "zzz" in json.dumps(r)] == ["violation"]


def test_an_unknown_name_in_json_ld_is_told(client: FlaskClient) -> None:
    body = json.dumps(OURS | {"colour": "red"})
    report = client.post("/validate", data=body, content_type="application/ld+json").get_json()
    assert any("spine:colour" in result["message"] for result in report["results"])


@pytest.mark.parametrize("context", ["https://example.org/c", [ADDRESS, "https://example.org/c"], {"@import": ADDRESS}])
def test_other_contexts_are_refused_by_name(client: FlaskClient, context: Any) -> None:
    body = json.dumps(OURS | {"@context": context})
    found = problem_of(client.post("/validate", data=body, content_type="application/ld+json"), 400)
    assert ADDRESS in found["detail"]
    assert "not fetched" in found["detail"]


# ---------------------------------------------------------------- lines


def test_lines(client: FlaskClient) -> None:
    body = "\n".join(json.dumps(one) for one in (WHOLE, submissions.fhir("bundle"), WHOLE | {"code": "62321"}))
    for kind in ("application/x-ndjson", "application/jsonl", "application/fhir+ndjson"):
        answers = client.post("/select", data=body, content_type=kind).get_json()
        assert [answer["status"] for answer in answers] == ["determined"] * 3
        report = client.post("/validate", data=body, content_type=kind).get_json()
        assert [len(report["answers"]), report["conforms"]] == [3, False]
        assert {result["line"] for result in report["results"] if result["severity"] == "violation"} == {3}


def test_a_line_that_cannot_be_read_does_not_stop_the_others(client: FlaskClient) -> None:
    body = f"{json.dumps(WHOLE)}\n{{broken\n\n[]\n{json.dumps(WHOLE)}\n"
    report = client.post("/validate", data=body, content_type="application/x-ndjson").get_json()
    assert [len(report["answers"]), report["conforms"]] == [2, False]
    assert [fault["line"] for fault in report["unread"]] == [2, 4]
    found = problem_of(client.post("/select", data=body, content_type="application/x-ndjson"), 400)
    assert [fault["line"] for fault in found["errors"]] == [2, 4]


# ---------------------------------------------------------------- files


def posted(client: FlaskClient, path: str, *files: tuple[str, str, str]) -> Any:
    data = {f"f{n}": (io.BytesIO(text.encode()), name, kind) for n, (name, kind, text) in enumerate(files)}
    return client.post(path, data=data, content_type="multipart/form-data")


def test_files_each_with_its_own_type(client: FlaskClient) -> None:
    octets = "application/octet-stream"
    files = (
        ("a.ttl", octets, WHOLE_TURTLE),
        ("b", "application/json", json.dumps(WHOLE | {"code": "62321"})),
        ("c.ndjson", octets, json.dumps(submissions.fhir("bundle"))),
    )
    reports = posted(client, "/validate", *files).get_json()
    assert [(report["file"], report["conforms"]) for report in reports] == [
        ("a.ttl", True),
        ("b", False),
        ("c.ndjson", True),
    ]
    answers = posted(client, "/select", *files).get_json()
    assert [answer["status"] for answer in answers] == ["determined"] * 3
    assert posted(client, "/validate", files[0]).get_json()["conforms"] is True


def test_a_file_that_cannot_be_used_is_named(client: FlaskClient) -> None:
    found = problem_of(posted(client, "/select", ("a.ttl", "text/turtle", WHOLE_TURTLE), ("b.ttl", "", "<")), 400)
    assert [(fault["file"], fault["line"]) for fault in found["errors"]] == [("b.ttl", 1)]
    found = problem_of(posted(client, "/validate", ("c.exe", "application/octet-stream", "MZ")), 415)
    assert found["errors"][0]["file"] == "c.exe"


def test_files_stay_in_memory(app: Flask) -> None:
    sent = submissions.multipart(("a", "text/turtle", b"x" * 900_000))
    with app.test_request_context("/", method="POST", data=sent.body, content_type=sent.kind) as context:
        assert isinstance(context.request.files["f0"].stream, io.BytesIO)


# ---------------------------------------------------------------- compressed


def raw_deflate(content: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(content) + packer.flush()


@pytest.mark.parametrize(
    ("coding", "pack"),
    [
        ("gzip", gzip.compress),
        ("GZIP", gzip.compress),
        ("x-gzip", gzip.compress),
        ("gzip", lambda body: gzip.compress(body[:50]) + gzip.compress(body[50:])),
        ("deflate", zlib.compress),
        ("deflate", raw_deflate),
        ("identity", lambda body: body),
    ],
)
def test_compressed_bodies(client: FlaskClient, coding: str, pack: Any) -> None:
    plain = lines_of(client, WHOLE_TURTLE, "text/turtle")
    body = pack(WHOLE_TURTLE.encode())
    assert lines_of(client, body, "text/turtle", **{"Content-Encoding": coding}) == plain


def test_a_compressed_body_is_expanded_up_to_the_limit_and_no_further(client: FlaskClient) -> None:
    def status(size: int) -> int:
        body = gzip.compress(b'{"region":"lumbar"}' + b" " * (size - 19))
        headers = {"Content-Encoding": "gzip"}
        return client.post("/select", data=body, content_type="application/json", headers=headers).status_code

    assert status(1 << 20) == 200
    assert status((1 << 20) + 1) == 413


def test_a_coding_that_is_not_read_is_told_with_those_that_are(client: FlaskClient) -> None:
    response = client.post("/select", data=b"x", content_type="text/turtle", headers={"Content-Encoding": "br"})
    problem_of(response, 415)
    assert response.headers["Accept-Encoding"] == "gzip, deflate"


@pytest.mark.parametrize(
    "body",
    [b"{}", gzip.compress(b"{}")[:-4], gzip.compress(b"{}") + b"x", b""],
    ids=["not compressed", "cut off", "more after it", "nothing"],
)
def test_what_is_not_whole_is_refused(client: FlaskClient, body: bytes) -> None:
    response = client.post("/select", data=body, content_type="application/json", headers={"Content-Encoding": "gzip"})
    assert response.status_code == 400


# ---------------------------------------------------------------- RDF that only seems whole


def test_cut_off_xml_is_not_taken_for_a_whole(client: FlaskClient) -> None:
    whole = submissions.good()["rdfxml"].body
    for end in range(len(whole) // 2, len(whole) - 5, 7):
        found = problem_of(client.post("/validate", data=whole[:end], content_type="application/rdf+xml"), 400)
        assert found["errors"][0]["line"]


def test_so_many_statements_are_refused(client: FlaskClient) -> None:
    body = f"<urn:a> <urn:b> {', '.join(str(n) for n in range(50_001))} ."
    assert "50000" in problem_of(client.post("/validate", data=body, content_type="text/turtle"), 400)["detail"]


def test_the_api_document_tells_of_all_that_is_read(client: FlaskClient) -> None:
    document = client.get("/openapi.json").get_json()
    validate_openapi(document)
    for path in ("/select", "/validate"):
        assert set(document["paths"][path]["post"]["requestBody"]["content"]) == {*READABLE, *FORM_TYPES}
    accepted = client.post("/validate", data=b"x", content_type="image/png").headers["Accept-Post"]
    assert set(accepted.split(", ")) == {*READABLE, *FORM_TYPES}
