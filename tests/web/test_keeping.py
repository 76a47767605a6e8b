from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient

from spinecode.knowledge import Knowledge
from spinecode.web import create_app, finding, keeping
from spinecode.web.keeping import Keeper, Kept
from spinecode.web.site import Site

from .conftest import BROWSER, WHOLE


@pytest.fixture
def fresh(knowledge: Knowledge) -> Flask:
    return create_app(knowledge)


@pytest.fixture
def client(fresh: Flask) -> FlaskClient:
    return fresh.test_client()


def kept_answers(app: Flask) -> int:
    site: Site = app.extensions["spinecode"]
    text = site.metrics.text(site.keeper.size)
    return int(next(line for line in text.splitlines() if line.startswith("spinecode_kept_answers_total")).split()[1])


def test_the_second_answer_is_the_first_one(client: FlaskClient, fresh: Flask) -> None:
    first, second = (client.get("/select", query_string=WHOLE) for _ in range(2))
    assert first.data == second.data
    without_date = [{name: value for name, value in one.headers.items() if name != "Date"} for one in (first, second)]
    assert without_date[0] == without_date[1]
    assert kept_answers(fresh) == 1


def test_representations_are_kept_apart(client: FlaskClient) -> None:
    for _ in range(2):
        assert client.get("/codes/62321").mimetype == "application/json"
        assert client.get("/codes/62321", headers={"Accept": BROWSER}).mimetype == "text/html"
        assert client.get("/codes/62321", headers={"Accept": "text/turtle"}).mimetype == "text/turtle"


def test_a_tag_saves_the_body(client: FlaskClient) -> None:
    tag = client.get("/select", query_string=WHOLE).headers["ETag"]
    for wanted in (tag, f'"other", {tag}', f"W/{tag}", "*"):
        response = client.get("/select", query_string=WHOLE, headers={"If-None-Match": wanted})
        assert response.status_code == 304
        assert response.data == b""
        assert response.headers["ETag"] == tag
    assert client.get("/select", query_string=WHOLE, headers={"If-None-Match": '"other"'}).status_code == 200


def test_a_tag_of_an_answer_that_is_not_kept_yet(client: FlaskClient, knowledge: Knowledge) -> None:
    tag = client.get("/codes").headers["ETag"]
    other = create_app(knowledge).test_client()
    assert other.get("/codes", headers={"If-None-Match": tag}).status_code == 304
    assert other.get("/codes").data == client.get("/codes").data


def test_today_is_part_of_the_question(client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    class Day(date):
        now = date(2016, 12, 31)

        @classmethod
        def today(cls) -> "Day":
            return cls(cls.now.year, cls.now.month, cls.now.day)

    monkeypatch.setattr(keeping, "date", Day)
    monkeypatch.setattr(finding, "date", Day)
    query = {name: value for name, value in WHOLE.items() if name != "date"}
    before = client.get("/select", query_string=query).get_json()
    Day.now = date(2017, 1, 1)
    after = client.get("/select", query_string=query).get_json()
    assert [line["code"] for line in before["lines"]] == ["62311"]
    assert [line["code"] for line in after["lines"]] == ["62323"]


def test_nothing_posted_and_no_error_is_kept(client: FlaskClient, fresh: Flask) -> None:
    site: Site = fresh.extensions["spinecode"]
    client.post("/select", json=WHOLE)
    client.post("/select", data=WHOLE)
    client.post("/validate", json=WHOLE)
    client.get("/select?region=nonsense")
    client.get("/nothing")
    client.get("/metrics")
    client.get("/healthz")
    assert site.keeper.size == 0
    assert client.post("/select", json=WHOLE).headers["Cache-Control"] == "no-store"


def test_very_long_addresses_are_answered_and_not_kept(client: FlaskClient, fresh: Flask) -> None:
    response = client.get(
        "/select?" + "level=L4-L5&date=" + "2024-05-01" + "&format=" + "json" + "&purpose=" + "%20" * 4000
    )
    assert response.status_code == 200
    assert fresh.extensions["spinecode"].keeper.size == 0


def entry(size: int) -> Kept:
    return Kept("200 OK", [], b"x" * size, '"tag"', "/")


def key(name: str) -> keeping.Key:
    return "", name, "", "", "2026-01-01"


def test_the_longest_unused_goes_first() -> None:
    keeper = Keeper(100_000)
    for name in "abcdefghijkl":
        keeper.keep(key(name), entry(6_000))
        keeper.get(key("a"))
    keeper.keep(key("m"), entry(10_000))
    assert keeper.size <= keeper.limit
    assert keeper.get(key("a")) is not None
    assert keeper.get(key("b")) is None
    assert keeper.get(key("m")) is not None


def test_what_is_large_is_not_kept() -> None:
    keeper = Keeper(100_000)
    keeper.keep(key("a"), entry(50_000))
    assert keeper.get(key("a")) is None
    assert keeper.size == 0


def test_an_answer_is_replaced() -> None:
    keeper = Keeper(100_000)
    keeper.keep(key("a"), entry(1_000))
    size = keeper.size
    keeper.keep(key("a"), entry(1_000))
    assert keeper.size == size
