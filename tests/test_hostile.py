"""Input that is meant to harm, or only broken: a clear refusal everywhere, nothing logged, nothing fetched."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

import spinecode
from spinecode.errors import InputError
from spinecode.web import create_app

MARKER = "JANE-DOE-4711"


@pytest.fixture(scope="module")
def client() -> FlaskClient:
    return create_app().test_client()


BAD_JSON = [
    '{"region": "' + MARKER + ' \\ud800"}',
    '{"\\ud800": "' + MARKER + '"}',
    '{"region": ' + "1" * 5000 + "}",
    '{"region": ' + "[" * 600 + '"x"' + "]" * 600 + "}",
    "[" * 100_000,
    '{"region": "lumbar", "region": "cervical"}',
    '{"region": {"a": 1}}',
    '{"level": ' + json.dumps([f"x{n}" for n in range(5000)]) + "}",
    '{"@context": "https://example.org/context", "region": "lumbar"}',
    "\xff",
]


@pytest.mark.parametrize("body", BAD_JSON, ids=range(len(BAD_JSON)))
@pytest.mark.parametrize("path", ["/select", "/validate"])
def test_json_that_cannot_be_used(
    client: FlaskClient, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], path: str, body: str
) -> None:
    caplog.set_level(logging.DEBUG)
    response = client.post(path, data=body.encode("latin-1"), content_type="application/json")
    assert response.status_code == 400
    problem = response.get_json()
    assert problem["detail"]
    assert len(response.get_data()) < 20_000
    written = capfd.readouterr()
    assert MARKER not in caplog.text + written.out + written.err


@pytest.mark.parametrize("body", BAD_JSON, ids=range(len(BAD_JSON)))
def test_files_of_such_json(tmp_path: Path, body: str) -> None:
    file = tmp_path / "bad.json"
    file.write_bytes(body.encode("latin-1"))
    command = [sys.executable, "-m", "spinecode", "select", str(file)]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert result.returncode == 2
    assert "Traceback" not in result.stderr
    assert "bad.json" in result.stderr


def bomb(levels: int) -> bytes:
    entities = '<!ENTITY a0 "lol">' + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, levels))
    rdf = 'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
    return (
        f'<!DOCTYPE r [{entities}]>\n<rdf:RDF {rdf}><rdf:Description rdf:about="&a{levels - 1};"/></rdf:RDF>'.encode()
    )


@pytest.mark.parametrize(
    ("kind", "body", "words"),
    [
        ("application/rdf+xml", bomb(12), "entities"),
        ("application/rdf+xml", bomb(12).decode().encode("utf-16"), "UTF-8"),
        ("application/rdf+xml", b'<!DOCTYPE r SYSTEM "file:///etc/passwd"><r/>', "entities"),
        ("application/ld+json", b'{"@context": "http://127.0.0.1:9/context", "@id": "urn:a"}', "context"),
        (
            "text/turtle",
            b"@prefix s: <https://w3id.org/spinecode/> . <urn:a> s:side <<( <urn:a> <urn:b> <urn:c> )>> .",
            "",
        ),
        ("text/turtle", b"\xff\xfe", ""),
    ],
)
@pytest.mark.parametrize("path", ["/select", "/validate"])
def test_rdf_that_cannot_be_used(client: FlaskClient, path: str, kind: str, body: bytes, words: str) -> None:
    response = client.post(path, data=body, content_type=kind)
    assert response.status_code == 400
    assert words in response.get_json()["detail"]


def test_a_byte_order_mark_is_no_fault(client: FlaskClient) -> None:
    body = "\ufeff<urn:a> a <https://w3id.org/spinecode/SpinalInjection> .".encode()
    assert client.post("/validate", data=body, content_type="text/turtle").status_code == 200


def test_a_value_that_is_a_blank_node_is_refused_and_not_dropped(client: FlaskClient) -> None:
    body = "@prefix s: <https://w3id.org/spinecode/> . <urn:a> s:accessApproach [ a s:Interlaminar ] ."
    response = client.post("/select", data=body, content_type="text/turtle")
    assert response.status_code == 400
    assert "blank node" in response.get_json()["detail"]


def test_a_description_with_very_many_values_is_refused() -> None:
    for call in (spinecode.select, spinecode.validate):
        with pytest.raises(InputError, match="at most 200"):
            call({"substance": ["corticosteroid"] * 500})


def test_many_faults_are_told_in_part() -> None:
    with pytest.raises(InputError) as caught:
        spinecode.select({"level": [f"x{n}" for n in range(150)]})
    assert len(caught.value.faults) <= 21


@pytest.mark.parametrize("date", ["1999-12-31", "2024-W22-5", "2024-13-01", "2024-05-31Z", "1.5.2024"])
def test_what_select_refuses_as_a_date_does_not_conform(date: str) -> None:
    given: dict[str, Any] = {"approach": "caudal", "guidance": "ct", "delivery": "single", "substance": "steroid"}
    with pytest.raises(InputError):
        spinecode.select({**given, "date": date})
    assert not spinecode.validate({**given, "date": date, "code": "62321"}).conforms


@pytest.mark.parametrize("fact", ["side s:Left", "purpose s:Diagnostic", 'dateOfService "2024-05-31"'])
def test_whatever_makes_a_description_is_held_to_the_shapes(client: FlaskClient, fact: str) -> None:
    body = f"@prefix s: <https://w3id.org/spinecode/> . <urn:a> s:{fact} ; s:bogus 3 ."
    report = client.post("/validate", data=body, content_type="text/turtle").get_json()
    assert report["conforms"] is False
    assert any("spine:bogus" in result["message"] for result in report["results"])


@pytest.mark.parametrize(
    ("codes", "severity", "told"),
    [
        (["64483", "64484"], None, ""),
        (["64484"], "violation", "64484 is an add-on, reported only beside 64483"),
        (["64483"], "warning", "the description implies 64484 too"),
    ],
)
def test_an_incomplete_claim_is_told(codes: list[str], severity: str | None, told: str) -> None:
    given = {"approach": "transforaminal", "level": "L4-L5, L5-S1", "guidance": "ct", "substance": "steroid"}
    report = spinecode.validate({**given, "date": "2026-03-02", "code": codes})
    assert report.conforms == (severity != "violation")
    assert [(r.severity, told in r.message) for r in report.results] == ([(severity, True)] if severity else [])


def test_select_and_validate_read_alike() -> None:
    given = {"approach": "transforaminal", "level": "L3-4, L4/L5", "guidance": "ct", "substance": "steroid", "side": ""}
    answer = spinecode.select({**given, "code": "64483,64484"})
    report = spinecode.validate({**given, "code": "64483,64484"})
    assert report.conforms
    assert report.answers[0]["lines"] == answer["lines"]


def test_methods_of_ones_own_leave_no_mark(client: FlaskClient) -> None:
    for number in range(30):
        client.open("/select", method=f"MADEUP{number}")
    assert "MADEUP" not in client.get("/metrics").get_data(as_text=True)
