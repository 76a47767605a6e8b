import html
import json
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from spinecode.errors import ContradictionError
from spinecode.index import RuleIndex
from spinecode.web.bodies import DESCRIPTION_LIMIT
from spinecode.web.select import SHOWN

from .conftest import WHOLE, WHOLE_TURTLE, Browser, problem_of

FIXTURES = Path(__file__).parents[1] / "fixtures"


def codes_of(answer: dict[str, object]) -> list[str]:
    lines = answer["lines"]
    assert isinstance(lines, list)
    return [line["code"] for line in lines]


def test_parameters_decide_the_code(client: FlaskClient) -> None:
    response = client.get("/select", query_string=WHOLE)
    assert response.status_code == 200
    assert response.mimetype == "application/json"
    answer = response.get_json()
    assert answer["status"] == "determined"
    assert codes_of(answer) == ["62323"]
    assert answer["lines"][0]["units"] == 1
    assert set(answer) >= {"status", "lines", "candidates", "ask", "explanation"}
    assert answer["explanation"]["62323"]["guidance"] == {
        "requires": "fluoroscopy or CT",
        "given": ["fluoroscopy"],
        "holds": True,
    }


@pytest.mark.parametrize("query", ["level=L3-L4&level=L4-L5&level=L5-S1", "level=L3-L4,L4-L5,L5-S1"])
def test_a_parameter_may_be_repeated_or_listed_with_commas(client: FlaskClient, query: str) -> None:
    answer = client.get(
        f"/select?{query}&approach=transforaminal&guidance=ct&substance=corticosteroid&side=right"
    ).get_json()
    assert [(line["code"], line["units"], line["modifiers"]) for line in answer["lines"]] == [
        ("64483", 1, ["RT"]),
        ("64484", 2, ["RT"]),
    ]


def test_too_little_gives_the_next_question(client: FlaskClient) -> None:
    answer = client.get("/select?region=lumbar&approach=interlaminar").get_json()
    assert answer["status"] == "undetermined"
    assert answer["ask"]["axis"]
    assert answer["ask"]["values"]
    assert len(answer["candidates"]) > 1


def test_no_parameter_gives_the_first_question(client: FlaskClient) -> None:
    assert client.get("/select").get_json()["ask"] is not None


def test_a_json_body(client: FlaskClient) -> None:
    answer = client.post("/select", json=WHOLE).get_json()
    assert codes_of(answer) == ["62323"]


def test_a_list_of_json_descriptions_gives_a_list(client: FlaskClient) -> None:
    answers = client.post("/select", json=[WHOLE, WHOLE | {"guidance": "none"}]).get_json()
    assert [codes_of(answer) for answer in answers] == [["62323"], ["62322"]]
    assert len(client.post("/select", json=[WHOLE]).get_json()) == 1


def test_a_form_body(client: FlaskClient) -> None:
    assert codes_of(client.post("/select", data=WHOLE).get_json()) == ["62323"]


NTRIPLES = """<urn:one> <https://w3id.org/spinecode/accessApproach> <https://w3id.org/spinecode/Caudal> .
<urn:one> <https://w3id.org/spinecode/imagingGuidance> <https://w3id.org/spinecode/Fluoroscopy> .
<urn:one> <https://w3id.org/spinecode/deliveryMethod> <https://w3id.org/spinecode/SingleInjection> .
<urn:one> <https://w3id.org/spinecode/injectedSubstance> <https://w3id.org/spinecode/Corticosteroid> .
"""
RDFXML = """<?xml version="1.0"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="https://w3id.org/spinecode/">
  <SpinalInjection rdf:about="urn:one">
    <accessApproach rdf:resource="https://w3id.org/spinecode/Caudal"/>
    <imagingGuidance rdf:resource="https://w3id.org/spinecode/Fluoroscopy"/>
    <deliveryMethod rdf:resource="https://w3id.org/spinecode/SingleInjection"/>
    <injectedSubstance rdf:resource="https://w3id.org/spinecode/Corticosteroid"/>
  </SpinalInjection>
</rdf:RDF>"""
JSONLD = json.dumps(
    {
        "@context": {"@vocab": "https://w3id.org/spinecode/"},
        "@id": "urn:one",
        "@type": "SpinalInjection",
        "accessApproach": {"@id": "https://w3id.org/spinecode/Caudal"},
        "imagingGuidance": {"@id": "https://w3id.org/spinecode/Fluoroscopy"},
        "deliveryMethod": {"@id": "https://w3id.org/spinecode/SingleInjection"},
        "injectedSubstance": {"@id": "https://w3id.org/spinecode/Corticosteroid"},
    }
)


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("text/turtle", WHOLE_TURTLE),
        ("text/turtle; charset=utf-8", WHOLE_TURTLE),
        ("application/trig", WHOLE_TURTLE),
        ("application/n-triples", NTRIPLES),
        ("application/n-quads", NTRIPLES),
        ("application/rdf+xml", RDFXML),
        ("application/ld+json", JSONLD),
    ],
)
def test_an_rdf_body(client: FlaskClient, kind: str, body: str) -> None:
    response = client.post("/select", data=body, content_type=kind)
    assert response.status_code == 200, response.get_data(as_text=True)
    answer = response.get_json()
    assert codes_of(answer) == ["62323"]
    assert "urn:one" in answer["description"]


def test_several_descriptions_in_rdf_give_a_list(client: FlaskClient) -> None:
    body = WHOLE_TURTLE + WHOLE_TURTLE.replace("urn:one", "urn:two").replace("Fluoroscopy", "Ultrasound")
    answers = client.post("/select", data=body, content_type="text/turtle").get_json()
    assert {answer["description"]: codes_of(answer) for answer in answers} == {
        "urn:one": ["62323"],
        "urn:two": ["62322"],
    }


# ---------------------------------------------------------------- pages


def test_the_page_shows_lines_reasons_and_the_form_filled_in(browser: Browser) -> None:
    page = browser.get("/select", query_string=WHOLE | {"side": "left", "code": "62321"})
    text = page.get_data(as_text=True)
    assert page.mimetype == "text/html"
    assert "62323" in text
    assert 'href="/codes/62323"' in text
    assert "rules it out" in text
    assert 'name="guidance" value="fluoroscopy" checked' in text
    assert 'value="corticosteroid" checked' in text
    assert 'value="2026-03-02"' in text
    assert "is not what the record implies" in text


def test_each_answer_to_the_question_is_a_link_that_keeps_the_rest(browser: Browser) -> None:
    text = browser.get("/select?approach=interlaminar&region=cervical&date=2026-03-02").get_data(as_text=True)
    assert "/?approach=interlaminar&amp;region=cervical&amp;date=2026-03-02&amp;substance=corticosteroid" in text


def test_the_page_of_a_posted_description_keeps_its_date_and_code(browser: Browser) -> None:
    given = {"approach": "interlaminar", "region": "lumbar", "date": "2016-05-01", "code": ["62311"]}
    text = browser.post("/select", json=given).get_data(as_text=True)
    assert "/?approach=interlaminar&amp;region=lumbar&amp;date=2016-05-01&amp;code=62311&amp;" in text


def test_the_page_of_a_posted_description_states_no_date_that_was_not_given(browser: Browser) -> None:
    text = browser.post("/select", json={"approach": "interlaminar", "region": "lumbar"}).get_data(as_text=True)
    assert "/?approach=interlaminar&amp;region=lumbar&amp;" in text
    assert "date=" not in text


def test_the_page_of_a_fhir_resource_tells_what_was_not_read(client: FlaskClient, browser: Browser) -> None:
    data, kind = (FIXTURES / "fhir" / "procedure-ehr.json").read_bytes(), "application/fhir+json"
    notes = client.post("/select", data=data, content_type=kind).get_json()["notes"]
    page = html.unescape(browser.post("/select", data=data, content_type=kind).get_data(as_text=True))
    assert notes
    assert [note for note in notes if note not in page] == []


def test_what_a_form_left_blank_is_not_kept_in_the_address(browser: Browser) -> None:
    response = browser.get("/select?approach=&region=lumbar&level=&date=")
    assert response.status_code == 303
    assert response.headers["Location"] == "/?region=lumbar"


def test_the_page_of_several_descriptions(browser: Browser) -> None:
    page = browser.post("/select", json=[WHOLE, {"region": "lumbar"}])
    text = page.get_data(as_text=True)
    assert "Description 2 of 2" in text
    assert "62323" in text
    many = browser.post("/select", json=[{"region": "lumbar"}] * (SHOWN + 1)).get_data(as_text=True)
    assert f"The first {SHOWN} are shown" in many
    assert many.count("<article") == SHOWN


# ---------------------------------------------------------------- what is wrong


def test_an_unknown_axis(client: FlaskClient) -> None:
    found = problem_of(client.get("/select?regoin=lumbar"), 400)
    assert found["errors"][0]["axis"] == "regoin"
    assert "region" in found["errors"][0]["nearest"]


def test_an_unknown_value_names_the_nearest(client: FlaskClient) -> None:
    found = problem_of(client.get("/select?region=lumbur"), 400)
    assert found["errors"][0] | {"nearest": ["lumbar"], "axis": "region", "value": "lumbur"} == found["errors"][0]
    assert found["type"].endswith("/problems#input")


def test_the_page_of_an_unknown_value_links_to_the_right_one(browser: Browser) -> None:
    page = browser.get("/select?region=lumbur&approach=interlaminar")
    text = page.get_data(as_text=True)
    assert page.status_code == 400
    assert page.mimetype == "text/html"
    assert 'href="/?region=lumbar&amp;approach=interlaminar"' in text
    assert 'value="interlaminar" checked' in text


def test_the_page_of_an_unknown_axis_links_to_the_right_one(browser: Browser) -> None:
    text = browser.get("/select?regoin=lumbar").get_data(as_text=True)
    assert 'href="/?region=lumbar"' in text


def test_a_contradiction(client: FlaskClient) -> None:
    found = problem_of(client.get("/select?region=cervical&level=L4-L5"), 422)
    assert found["type"].endswith("#contradiction")
    assert "contradict" in found["detail"]
    problem_of(client.post("/select", json={"region": "cervical", "level": "L4-L5"}), 422)


def test_two_values_where_there_is_one(client: FlaskClient) -> None:
    found = client.get("/select?region=cervical&region=lumbar")
    assert found.status_code in (400, 422)
    assert "contradict" in found.get_json(force=True)["detail"]


@pytest.mark.parametrize("date", ["2016-13-45", "yesterday", "1999-12-31"])
def test_a_bad_date(client: FlaskClient, date: str) -> None:
    found = problem_of(client.get(f"/select?date={date}"), 400)
    assert found["errors"][0]["axis"] == "date"


def test_an_unknown_reported_code(client: FlaskClient) -> None:
    found = problem_of(client.get("/select?code=62399"), 400)
    assert found["errors"][0]["axis"] == "code"
    assert found["errors"][0]["nearest"]


def test_several_faults_are_all_told(client: FlaskClient) -> None:
    found = problem_of(client.get("/select?region=x&approach=y&date=z"), 400)
    assert len(found["errors"]) == 3


@pytest.mark.parametrize("kind", ["application/json", "text/turtle", "application/x-www-form-urlencoded"])
def test_an_empty_body(client: FlaskClient, kind: str) -> None:
    assert "empty" in problem_of(client.post("/select", data="", content_type=kind), 400)["detail"]


def test_no_body_and_no_type(client: FlaskClient) -> None:
    problem_of(client.post("/select"), 400)


@pytest.mark.parametrize("kind", ["text/csv", "application/octet-stream", ""])
def test_a_type_that_is_not_read(client: FlaskClient, kind: str) -> None:
    response = client.post("/select", data="a,b", content_type=kind)
    found = problem_of(response, 415)
    assert "text/turtle" in found["detail"]
    assert "text/turtle" in response.headers["Accept-Post"]


def test_a_character_set_or_encoding_that_is_not_read(client: FlaskClient) -> None:
    problem_of(client.post("/select", data="{}", content_type="application/json; charset=utf-16"), 415)
    problem_of(client.post("/select", json=WHOLE, headers={"Content-Encoding": "compress"}), 415)


def test_a_body_over_the_limit(client: FlaskClient) -> None:
    body = json.dumps({"region": "x" * (1024 * 1024)})
    found = problem_of(client.post("/select", data=body, content_type="application/json"), 413)
    assert str(1024 * 1024) in found["detail"]


def test_a_long_input_is_not_given_back_whole(client: FlaskClient) -> None:
    for kind in ("text/turtle", "application/json"):
        body = "x" * 500_000 if kind == "text/turtle" else json.dumps({"region": "x" * 500_000})
        response = client.post("/select", data=body, content_type=kind)
        problem_of(response, 400)
        assert len(response.data) < 5_000


def test_too_many_descriptions(client: FlaskClient) -> None:
    problem_of(client.post("/select", json=[{}] * (DESCRIPTION_LIMIT + 1)), 413)


@pytest.mark.parametrize(
    ("kind", "body", "place"),
    [
        ("text/turtle", "<urn:a> <urn:b> .\n", (1, None)),
        ("text/turtle", "\n\n<urn:a> <urn:b> nonsense .", (3, None)),
        ("application/n-triples", "<urn:a> <urn:b>\n", (2, None)),
        ("application/json", '{"region": \n lumbar}', (2, 2)),
        ("application/ld+json", '{"@id": \n nonsense}', (2, None)),
    ],
)
def test_a_broken_body_tells_line_and_column(
    client: FlaskClient, kind: str, body: str, place: tuple[int, int | None]
) -> None:
    fault = problem_of(client.post("/select", data=body, content_type=kind), 400)["errors"][0]
    assert fault["line"] == place[0]
    assert fault["column"] >= 1
    assert place[1] is None or fault["column"] == place[1]


@pytest.mark.parametrize("body", ['"text"', "3", "null", "[1]", '{"region": {"a": 1}}', '{"region": true}', "[[]]"])
def test_json_that_is_no_description(client: FlaskClient, body: str) -> None:
    problem_of(client.post("/select", data=body, content_type="application/json"), 400)


def test_json_nested_too_deeply(client: FlaskClient) -> None:
    problem_of(client.post("/select", data="[" * 100_000, content_type="application/json"), 400)


def test_json_that_is_not_utf8(client: FlaskClient) -> None:
    problem_of(client.post("/select", data=b'{"region": "\xff"}', content_type="application/json"), 400)


def test_rdf_of_no_description(client: FlaskClient) -> None:
    found = problem_of(client.post("/select", data="<urn:a> <urn:b> <urn:c> .", content_type="text/turtle"), 422)
    assert found["type"].endswith("#no-description")


def test_a_remote_context_is_not_fetched(client: FlaskClient) -> None:
    body = '{"@context": "https://example.com/context", "@id": "urn:a", "b": 1}'
    problem_of(client.post("/select", data=body, content_type="application/ld+json"), 400)


def test_an_external_entity_is_not_read(client: FlaskClient) -> None:
    body = RDFXML.replace(
        '<?xml version="1.0"?>', '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/hostname">]>'
    ).replace("</SpinalInjection>", "<side>&x;</side></SpinalInjection>")
    problem_of(client.post("/select", data=body, content_type="application/rdf+xml"), 400)


def test_the_faults_of_a_list_tell_which_description(client: FlaskClient) -> None:
    found = problem_of(client.post("/select", json=[WHOLE, {"region": "x"}]), 400)
    assert found["errors"][0]["message"].startswith("Description 2:")
    found = problem_of(client.post("/select", json=[WHOLE, {"region": "cervical", "level": "L4-L5"}]), 422)
    assert found["errors"][0]["message"].startswith("Description 2:")


def test_a_contradiction_is_one(index: RuleIndex) -> None:
    from spinecode.description import from_mapping
    from spinecode.selection import select

    with pytest.raises(ContradictionError):
        select(index, from_mapping(index, {"region": "cervical", "level": "L4-L5"}))
