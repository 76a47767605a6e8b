import pytest
from flask.testing import FlaskClient

from .conftest import Browser, problem_of


@pytest.mark.parametrize("query", ["code=62321&code=62323", "code=62321,62323", "code=62321,&code=cpt/62323"])
def test_codes_are_compared(client: FlaskClient, query: str) -> None:
    response = client.get(f"/differ?{query}")
    answer = response.get_json()
    assert response.status_code == 200
    assert answer["codes"] == ["62321", "62323"]
    assert list(answer["differences"]) == ["region"]
    assert "guidance" in answer["shared"]
    assert answer["summary"].startswith("62321 and 62323 differ only in the region:")


def test_the_page_marks_what_differs_and_what_is_confused(browser: Browser) -> None:
    page = browser.get("/differ?code=62321&code=62323")
    text = page.get_data(as_text=True)
    assert page.mimetype == "text/html"
    assert "differ only in the region" in text.partition("<h1")[2].partition("</h1>")[0]
    assert text.count("≠") == 1
    assert "Often confused." in text
    assert "Source" in text
    assert 'from <span class="whole">2017-01-01</span>' in text
    assert "once per session and coding region" in text
    assert '<option value="62321" selected>' in text


def test_the_page_of_many_codes(browser: Browser) -> None:
    text = browser.get("/differ?code=62321,62323,64483,62310").get_data(as_text=True)
    assert text.count("≠") >= 3


def test_the_bare_page_is_the_form(browser: Browser) -> None:
    page = browser.get("/differ")
    assert page.status_code == 200
    assert '<option value="62321">' in page.get_data(as_text=True)


def test_an_unknown_code_is_a_wrong_parameter(client: FlaskClient, browser: Browser) -> None:
    found = problem_of(client.get("/differ?code=62321&code=62399"), 400)
    assert found["errors"][0]["value"] == "62399"
    assert found["errors"][0]["nearest"]
    page = browser.get("/differ?code=62321&code=62399")
    assert page.status_code == 400
    assert '<option value="62321" selected>' in page.get_data(as_text=True)


def test_an_address_cannot_ask_for_more_than_all_codes_once(client: FlaskClient, browser: Browser) -> None:
    repeated = browser.get("/differ?code=" + "62321,62323," * 200).get_data(as_text=True)
    assert repeated.count('name="code"') == 3
    many = "/differ?code=" + ",".join(map(str, range(500)))
    assert "500 were given" in problem_of(client.get(many), 400)["detail"]
    assert browser.get(many).get_data(as_text=True).count('name="code"') == 3


@pytest.mark.parametrize("query", ["", "code=62321", "code=62321&code=62321", "code="])
def test_one_code_is_too_few(client: FlaskClient, query: str) -> None:
    assert "two" in problem_of(client.get(f"/differ?{query}"), 400)["detail"]


def test_an_unknown_parameter(client: FlaskClient) -> None:
    problem_of(client.get("/differ?code=62321,62323&codes=1"), 400)
