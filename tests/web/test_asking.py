"""The queries that pages offer about a code or a term can be asked as they are offered."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlsplit

from flask import Flask
from flask.testing import FlaskClient
from pyoxigraph import NamedNode

from spinecode.knowledge import Knowledge
from spinecode.parameters import bindings_of
from spinecode.web.asking import Asking, queries_about, queries_about_code


def check(knowledge: Knowledge, offered: list[Asking]) -> None:
    for one in offered:
        given = dict(parse_qsl(urlsplit(one.url).query))
        assert given
        bindings_of(knowledge.queries[one.name], given, knowledge.index)  # raises where a value is not understood


def test_every_code_is_asked_about(app: Flask, knowledge: Knowledge) -> None:
    with app.test_request_context():
        for code in knowledge.index.codes:
            offered = queries_about_code(code)
            assert {"requirements", "lineage", "confusions"} <= {one.name for one in offered}
            assert "differences" not in {one.name for one in offered}  # which needs another code too
            check(knowledge, offered)


def test_every_value_is_asked_about(app: Flask, knowledge: Knowledge) -> None:
    with app.test_request_context():
        for value in knowledge.index.values:
            offered = queries_about(knowledge.graph, NamedNode(value.iri))
            assert "codes-by-value" in {one.name for one in offered}
            check(knowledge, offered)


def test_a_source_is_asked_about_and_a_property_is_not(app: Flask, knowledge: Knowledge) -> None:
    with app.test_request_context():
        source = knowledge.index.codes["62321"].sources[0]
        offered = queries_about(knowledge.graph, NamedNode(source))
        assert [one.name for one in offered] == ["cited-by"]
        check(knowledge, offered)
        assert queries_about(knowledge.graph, NamedNode("https://w3id.org/spinecode/spinalRegion")) == []


def test_the_page_of_a_code_runs_them(client: FlaskClient) -> None:
    text = client.get("/codes/62323", headers={"Accept": "text/html"}).get_data(as_text=True)
    assert 'href="/queries/lineage/results?code=62323"' in text
    rows = client.get("/queries/lineage/results?code=62323&format=json").get_json()["results"]["bindings"]
    assert [row["relative"]["value"] for row in rows] == ["62311"]
