"""Compressed answers: for those who take them, the same once unpacked, with a tag of their own."""

from __future__ import annotations

import gzip
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient

from spinecode.web.compression import takes_gzip

LONG = f"/sparql?query={quote('SELECT ?s ?p ?o { GRAPH ?g { ?s ?p ?o } }')}"
SHORT = f"/sparql?query={quote('ASK {}')}"
ZIPPED = {"Accept-Encoding": "gzip, deflate", "Accept": "text/csv"}


@pytest.mark.parametrize("path", ["/codes", "/select?level=L4-L5", LONG, f"{LONG}&format=csv"])
def test_it_is_the_same_once_unpacked(client: FlaskClient, path: str) -> None:
    for _ in range(2):  # the second time from what was kept
        with client.get(path) as plain, client.get(path, headers={"Accept-Encoding": "gzip"}) as packed:
            assert "Content-Encoding" not in plain.headers
            assert packed.headers["Content-Encoding"] == "gzip"
            assert "Accept-Encoding" in packed.headers["Vary"]
            assert "Accept-Encoding" in plain.headers["Vary"]
            assert sorted(gzip.decompress(packed.data).splitlines()) == sorted(plain.data.splitlines())
            assert len(packed.data) < len(plain.data) / 2


def test_what_is_short_is_sent_as_it_is(client: FlaskClient) -> None:
    assert "Content-Encoding" not in client.get(SHORT, headers=ZIPPED).headers


def test_each_form_has_its_tag(client: FlaskClient) -> None:
    plain = client.get("/codes")
    packed = client.get("/codes", headers={"Accept-Encoding": "gzip"})
    assert plain.headers["ETag"] != packed.headers["ETag"]
    for tag in (plain.headers["ETag"], packed.headers["ETag"]):
        again = client.get("/codes", headers={"Accept-Encoding": "gzip", "If-None-Match": tag})
        assert (again.status_code, again.data) == (304, b"")


def test_head_tells_the_encoding_and_has_no_body(client: FlaskClient) -> None:
    head = client.head("/codes", headers={"Accept-Encoding": "gzip"})
    assert (head.status_code, head.data, head.headers["Content-Encoding"]) == (200, b"", "gzip")


TAKING = ["gzip", "GZIP;q=0.5", "*", "br, *;q=0.1"]
REFUSING = ["", "identity", "gzip;q=0", "gzip; q=0.0, *", "*;q=0", "gzip;q=much"]


@pytest.mark.parametrize(("accepted", "taken"), [*((a, True) for a in TAKING), *((a, False) for a in REFUSING)])
def test_who_takes_it(accepted: str, taken: bool) -> None:
    assert takes_gzip(accepted) is taken
