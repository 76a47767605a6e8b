"""The page that finds a code: its address is its state, it reads words, and it says what is ruled out and why."""

from __future__ import annotations

import re
from html import unescape

import pytest
from flask.testing import FlaskClient

from spinecode.knowledge import load
from spinecode.web import create_app

from .conftest import BROWSER, Browser

WORDS = "right L4-5 and L5-S1 TFESI under fluoro"
ASKED = "/?text=right+L4-5+and+L5-S1+TFESI+under+fluoro"


def shown(text: str) -> str:
    """What a page shows, as one line."""
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", text)))


def part(text: str, identifier: str) -> str:
    """The page from an element on."""
    return text[text.index(f'id="{identifier}"') :]


def field(text: str, axis: str) -> str:
    """The part of the form that asks for an axis."""
    return part(text, f"f-{axis}").partition("</fieldset>")[0]


def test_words_fill_in_the_form_and_are_coded(browser: Browser) -> None:
    text = browser.get("/", query_string={"text": WORDS}).get_data(as_text=True)
    assert "<title>64483, 64484 " in text
    assert "RT" in part(text, "answer")
    for axis, value in [("approach", "transforaminal"), ("level", "L4-L5"), ("level", "L5-S1"), ("side", "right")]:
        assert f'name="{axis}" value="{value}" checked' in text
    assert f'value="{WORDS}"' in text
    assert "approach transforaminal; space epidural; substance corticosteroid" in shown(text)


def test_what_was_not_understood_or_is_not_certain_is_told(browser: Browser) -> None:
    text = browser.get("/?text=L4+TFESI%2C+quickly").get_data(as_text=True)
    assert "Not understood: quickly." in shown(text)
    assert "L4 was not taken: a vertebra has an interspace above and one below." in shown(text)
    # a meaning is taken by a link, and the words stay
    assert 'href="/?text=L4+TFESI%2C+quickly&amp;level=L4-L5"' in text
    assert not re.search(r'name="level" value="[^"]+" checked', text)


def test_a_field_takes_the_place_of_what_the_words_say(browser: Browser) -> None:
    text = browser.get(f"{ASKED}&side=left").get_data(as_text=True)
    assert 'name="side" value="left" checked' in text
    assert "LT" in part(text, "answer")
    # blank takes it back, and stays in the address for that
    page = browser.get(f"{ASKED}&side=")
    assert page.status_code == 200
    assert not re.search(r'name="side" value="\w+" checked', page.get_data(as_text=True))


def test_the_form_sends_everything_and_the_address_keeps_what_it_needs(browser: Browser) -> None:
    sent = f"{ASKED}&approach=transforaminal&region=&level=&level=L4-L5&level=L5-S1&guidance=&side=right&date="
    page = browser.get(sent)
    assert page.status_code == 303
    assert page.headers["Location"] == f"{ASKED}&guidance="
    assert browser.get(page.headers["Location"]).status_code == 200
    assert browser.get("/?region=lumbar&level=&code=+").headers["Location"] == "/?region=lumbar"


def test_every_fact_can_be_taken_away(browser: Browser) -> None:
    text = browser.get("/?approach=transforaminal&level=L4-L5,L5-S1&date=2026-03-02").get_data(as_text=True)
    given = text[text.index('<ul class="given"') :].partition("</ul>")[0]
    assert [unescape(link) for link in re.findall(r'href="([^"]+)"', given)] == [
        "/?level=L4-L5%2CL5-S1&date=2026-03-02",
        "/?approach=transforaminal&level=L5-S1&date=2026-03-02",
        "/?approach=transforaminal&level=L4-L5&date=2026-03-02",
        "/?approach=transforaminal&level=L4-L5%2CL5-S1",
    ]


def test_values_that_cannot_be_are_greyed_with_the_fact_that_rules_them_out(browser: Browser) -> None:
    text = browser.get("/?level=S1").get_data(as_text=True)
    approach = field(text, "approach")
    greyed = re.findall(r'class="chip greyed".*?value="([\w-]+)"', approach)
    assert greyed == ["interlaminar", "caudal", "facet-joint", "medial-branch"]
    assert 'aria-describedby="r-approach"' in approach
    assert "interlaminar, caudal, facet joint, medial branches of a facet joint: cannot stand beside level S1" in shown(
        part(text, "r-approach")
    )
    # they can be chosen all the same: the record is what it is
    assert "disabled" not in text


def test_values_that_leave_no_code_tell_what_they_do_not_go_with(browser: Browser) -> None:
    text = browser.get("/?level=S1&date=2026-03-02").get_data(as_text=True)
    told = "facet joint or its nerves: no code of 2026-03-02 takes it with level S1 foramen."
    assert told in shown(part(text, "r-space"))
    assert 'class="chip greyed"' not in field(text, "guidance")


def test_nothing_is_greyed_before_anything_is_said(browser: Browser) -> None:
    text = browser.get("/").get_data(as_text=True)
    assert "greyed" not in text
    assert "Why not another" not in text


def test_a_contradiction_is_told_beside_the_form(browser: Browser) -> None:
    page = browser.get("/?approach=caudal&level=C4-C5")
    text = page.get_data(as_text=True)
    assert page.status_code == 422
    assert "contradict each other" in shown(part(text, "answer"))
    assert 'href="/?level=C4-C5"' in text
    assert 'value="caudal" checked' in text


def test_candidates_are_set_apart_by_what_is_still_open(browser: Browser) -> None:
    text = browser.get("/?approach=caudal&date=2026-03-02").get_data(as_text=True)
    apart = part(text, "apart").partition("</table>")[0]
    assert re.findall(r'scope="col">([^<]+)', apart) == ["code", "guidance", "delivery", "substance"]
    assert re.findall(r'class="code" href="/codes/(\w+)"', apart) == [
        *("62273", "62282", "62322", "62323", "62326", "62327")
    ]


def test_each_near_miss_tells_why_not(browser: Browser) -> None:
    given = "/?text=62321+for+a+lumbar+ILESI%2C+C-arm%2C+single+shot&date=2026-03-02"
    text = browser.get(given).get_data(as_text=True)
    assert "The record implies 62323" in shown(part(text, "answer"))
    assert "62321 is not what the record implies: the region rules it out." in shown(text)
    reported = shown(part(text, "reported"))
    first = reported[: reported.index("side by side")]
    assert "region: asks for cervical or thoracic; given was lumbar." in first
    assert "Many references call 62321 lumbar" in first
    assert 'href="/differ?code=62323&amp;code=62321"' in text
    # it is told once, and the others below
    assert "/codes/62321" not in part(text, "why-not").partition("</section>")[0]
    assert "27096" in part(text, "why-not")


def test_what_may_be_written_in_words_is_shown_and_is_all_understood(browser: Browser) -> None:
    text = browser.get("/").get_data(as_text=True)
    example = re.search(r'Such as <a href="([^"]+)">', text)
    assert example is not None
    answer = browser.get(unescape(example[1])).get_data(as_text=True)
    assert "The record implies" in shown(part(answer, "answer"))
    assert "was not taken" not in answer
    assert "Not understood" not in answer


def test_the_date_decides(browser: Browser) -> None:
    given = "/?approach=interlaminar&region=lumbar&substance=corticosteroid&delivery=single-injection&guidance=ct&date="
    assert "The record implies 62311" in shown(browser.get(f"{given}2016-12-31").get_data(as_text=True))
    assert "The record implies 62323" in shown(browser.get(f"{given}2017-01-01").get_data(as_text=True))


def test_the_answers_of_a_long_question_are_put_together_and_lead_to_its_field(browser: Browser) -> None:
    given = "/?approach=transforaminal&guidance=ct&substance=corticosteroid&date=2026-03-02"
    text = browser.get(given).get_data(as_text=True)
    choices = text[text.index('<ul class="choices"') :].partition("</ul>")[0]
    assert re.findall(r'href="([^"]+)"', choices) == ["#f-level", "#f-level"]
    assert "C1-C2 to T12-L1 64479 L1-L2 to S4 foramen 64483" in shown(choices)


def test_the_page_as_data(client: FlaskClient) -> None:
    answer = client.get("/?approach=caudal&level=L5-S1&date=2026-03-02&format=json").get_json()
    assert answer["status"] == "undetermined"
    assert answer["prospects"]["region"]["cervical"]["state"] == "contradicts"
    assert answer["prospects"]["guidance"]["ct"]["state"] == "possible"
    assert "62323" in answer["prospects"]["guidance"]["ct"]["codes"]
    # without a description it is the ontology, whose IRI this is
    assert "status" not in client.get("/?format=json").get_json()
    assert client.get("/", headers={"Accept": "text/turtle"}).mimetype == "text/turtle"


def test_words_as_data(client: FlaskClient) -> None:
    answer = client.get("/select", query_string={"text": f"{WORDS}, quickly, L3 too", "date": "2026-03-02"}).get_json()
    assert [line["code"] for line in answer["lines"]] == ["64483", "64484"]
    reading = answer["reading"]
    assert reading["given"]["level"] == ["L4-L5", "L5-S1"]
    assert reading["not_understood"] == ["quickly", "too"]
    assert [one["given"] for one in reading["unsure"][0]["may_mean"]] == [{"level": ["L2-L3"]}, {"level": ["L3-L4"]}]
    assert "reading" not in client.get("/select?level=L4-L5").get_json()


def test_words_are_not_kept(client: FlaskClient) -> None:
    for address in (f"{ASKED}", "/select?text=caudal&format=json"):
        response = client.get(address, headers={"Accept": BROWSER})
        assert response.headers["Cache-Control"] == "no-store"
    assert "no-store" not in client.get("/?region=lumbar", headers={"Accept": BROWSER}).headers["Cache-Control"]


def test_what_is_described_has_no_rdf_and_is_not_kept_beside_that_of_the_ontology(client: FlaskClient) -> None:
    for query in ("text=L4-5", "region=lumbar"):
        assert client.get(f"/?{query}", headers={"Accept": "text/turtle"}).status_code == 406
        assert client.get(f"/?{query}&format=turtle").headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{7*7}}"])
def test_words_are_shown_as_they_are(browser: Browser, text: str) -> None:
    page = browser.get("/", query_string={"text": text}).get_data(as_text=True)
    assert text not in page or text == "{{7*7}}"
    assert "<img src=x" not in page


def test_a_text_that_is_too_long(client: FlaskClient) -> None:
    found = client.get("/select", query_string={"text": "x " * 600})
    assert found.status_code == 400
    assert found.get_json(force=True)["errors"][0]["axis"] == "text"


def test_a_made_up_family_is_found_in_words_and_laid_out() -> None:
    from tests.test_extension import FAMILY

    client = create_app(load([FAMILY])).test_client()
    text = client.get("/?text=ozone+through+the+disc+L4-5", headers={"Accept": BROWSER}).get_data(as_text=True)
    assert 'value="transdiscal" checked' in text
    assert 'value="ozone" checked' in text
    assert "The record implies Z0001" in shown(text)
    compare = client.get("/differ", headers={"Accept": BROWSER}).get_data(as_text=True)
    address = next(link for link in re.findall(r'href="(/differ\?family=[^"]+)"', compare) if "MadeUp" in link)
    assert client.get(f"{address}&format=json").get_json()["codes"] == ["Z0001", "Z0002"]


def test_the_first_view_is_small(client: FlaskClient) -> None:
    """As the files tell; ``tests/browser`` weighs what a browser loads, ``bench`` how long the pages take."""
    packed = {"Accept": BROWSER, "Accept-Encoding": "gzip"}
    text = client.get("/", headers={"Accept": BROWSER}).get_data(as_text=True)
    assets = set(re.findall(r'(?:src|href)="(/static/[^"]+)"', text))
    assert len(assets) > 3
    assert sum(len(client.get(address, headers=packed).data) for address in ("/", *assets)) < 100_000
