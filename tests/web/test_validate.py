import json
import re

import html5rdf
import pyoxigraph
import pytest
from flask.testing import FlaskClient

from spinecode.report import Report, Result
from spinecode.vocabulary import SPINE
from spinecode.web.submitted import submitted_lines

from .conftest import WHOLE, WHOLE_TURTLE, Browser, problem_of

SHACL = "http://www.w3.org/ns/shacl#"


def test_a_description_that_conforms(client: FlaskClient) -> None:
    for response in (
        client.post("/validate", data=WHOLE_TURTLE, content_type="text/turtle"),
        client.post("/validate", json=WHOLE),
    ):
        assert response.status_code == 200
        assert response.mimetype == "application/json"
        assert response.get_json()["conforms"] is True, response.get_json()


def test_a_reported_code_that_is_not_implied(client: FlaskClient) -> None:
    report = client.post("/validate", json=WHOLE | {"code": "62321"}).get_json()
    assert report["conforms"] is False
    assert any("62323" in result["message"] for result in report["results"])


def test_what_cannot_be_true_is_reported_not_refused(client: FlaskClient) -> None:
    report = client.post("/validate", json={"region": "cervical", "level": "L4-L5"}).get_json()
    assert report["conforms"] is False


@pytest.mark.parametrize(
    ("name", "syntax"),
    [
        ("turtle", pyoxigraph.RdfFormat.TURTLE),
        ("jsonld", pyoxigraph.RdfFormat.JSON_LD),
        ("ntriples", pyoxigraph.RdfFormat.N_TRIPLES),
        ("rdfxml", pyoxigraph.RdfFormat.RDF_XML),
    ],
)
def test_the_report_in_rdf(client: FlaskClient, name: str, syntax: pyoxigraph.RdfFormat) -> None:
    response = client.post(f"/validate?format={name}", json=WHOLE | {"code": "62321"})
    by_accept = client.post("/validate", json=WHOLE | {"code": "62321"}, headers={"Accept": syntax.media_type})
    for one in (response, by_accept):
        assert one.mimetype == syntax.media_type
        quads = list(pyoxigraph.parse(one.data, format=syntax))
        conforms = [q.object for q in quads if q.predicate.value == SHACL + "conforms"]
        assert conforms == [pyoxigraph.Literal(False)]
        assert any(q.predicate.value == SHACL + "resultMessage" for q in quads)


def test_the_form_is_answered_with_a_page(browser: Browser) -> None:
    page = browser.post("/validate", data={"content": WHOLE_TURTLE, "syntax": "turtle"})
    assert page.mimetype == "text/html"
    assert "conforms" in page.get_data(as_text=True)
    page = browser.post("/validate", data={"content": '{"region": "nonsense"}', "syntax": "json"})
    text = page.get_data(as_text=True)
    assert "does not conform" in text
    assert "violation" in text
    assert "&#34;nonsense&#34;" in text


def test_a_broken_document_comes_back_in_the_form(browser: Browser) -> None:
    page = browser.post("/validate", data={"content": "<urn:a> <urn:b> .", "syntax": "turtle"})
    text = page.get_data(as_text=True)
    assert page.status_code == 400
    assert "line 1" in text
    assert "&lt;urn:a&gt; &lt;urn:b&gt; ." in text


def test_bad_bodies(client: FlaskClient) -> None:
    problem_of(client.post("/validate", data="", content_type="text/turtle"), 400)
    problem_of(client.post("/validate", data="<a", content_type="text/turtle"), 400)
    problem_of(client.post("/validate", data="a", content_type="text/csv"), 415)
    problem_of(client.post("/validate", data="x" * 2_000_000, content_type="text/turtle"), 413)
    problem_of(client.post("/validate", data="<urn:a> <urn:b> <urn:c> .", content_type="text/turtle"), 422)
    problem_of(client.post("/validate", data={"content": "x", "syntax": "nonsense"}), 400)
    problem_of(client.post("/validate", json=WHOLE, headers={"Accept": "image/png"}), 406)
    problem_of(client.get("/validate", headers={"Accept": "image/png"}), 406)


# ---------------------------------------------------------------- the forms of a report

WRONG = """@prefix spine: <https://w3id.org/spinecode/> .
<urn:one> a spine:SpinalInjection ;
    spine:imagingGuidance "<b>sonar</b>" .
"""


@pytest.mark.parametrize(
    ("name", "media_type", "begins"),
    [
        ("text", "text/plain", "does not conform"),
        ("sarif", "application/sarif+json", '{"$schema"'),
        ("junit", "application/junit+xml", "<?xml"),
        ("ndjson", "application/x-ndjson", '{"conforms": false'),
        ("trig", "application/trig", "@prefix"),
        ("nquads", "application/n-quads", "_:report1"),
    ],
)
def test_the_report_for_other_programs(client: FlaskClient, name: str, media_type: str, begins: str) -> None:
    by_name = client.post(f"/validate?format={name}", data=WRONG, content_type="text/turtle")
    by_accept = client.post("/validate", data=WRONG, content_type="text/turtle", headers={"Accept": media_type})
    for one in (by_name, by_accept):
        assert one.status_code == 200
        assert one.mimetype == media_type
        assert one.get_data(as_text=True).startswith(begins)
        assert "sonar" in one.get_data(as_text=True)
    assert by_name.data == by_accept.data


def test_every_result_tells_where(client: FlaskClient) -> None:
    found = client.post("/validate", data=WRONG, content_type="text/turtle").get_json()["results"]
    guidance = [(one["line"], one["column"]) for one in found if one["value"]]
    assert (3, 27) in guidance
    assert all(one["line"] for one in found)
    found = client.post("/validate", data='{"region":\n ["lumber"]}', content_type="application/json").get_json()
    assert (2, 3) in [(one["line"], one["column"]) for one in found["results"]]


@pytest.mark.parametrize("name", ["json", "html", "sarif", "turtle", "text"])
def test_a_report_that_does_not_conform_as_an_error(client: FlaskClient, name: str) -> None:
    wrong = {"data": WRONG, "content_type": "text/turtle"}
    right = {"data": WHOLE_TURTLE, "content_type": "text/turtle"}
    plain = client.post(f"/validate?format={name}", **wrong)
    asked = client.post(f"/validate?format={name}&status=422", **wrong)
    preferred = client.post(
        f"/validate?format={name}", **wrong, headers={"Prefer": 'respond-async, Handling = "strict"'}
    )
    assert [one.status_code for one in (plain, asked, preferred)] == [200, 422, 422]
    assert plain.data == asked.data == preferred.data
    assert preferred.headers["Preference-Applied"] == "handling=strict"
    assert "Preference-Applied" not in asked.headers
    assert client.post(f"/validate?format={name}&status=422", **right).status_code == 200
    assert (
        client.post(f"/validate?format={name}&status=200", **wrong, headers={"Prefer": "handling=strict"}).status_code
        == 200
    )
    lenient = client.post("/validate", **wrong, headers={"Prefer": "handling=lenient, wait=5"})
    assert lenient.status_code == 200
    assert "Preference-Applied" not in lenient.headers


def test_no_other_status_can_be_asked_for(client: FlaskClient) -> None:
    error = problem_of(client.post("/validate?status=418", json=WHOLE), 400)["errors"][0]
    assert (error["axis"], error["value"]) == ("status", "418")


@pytest.mark.parametrize(
    ("content", "kind", "line", "column", "piece"),
    [
        ("<urn:a>\n  <urn:b> .", "text/turtle", 2, 11, "."),
        ('{"region":\n  lumbar}', "application/json", 2, 3, "lumbar}"),
        ('{"@id":\n 1,,}', "application/ld+json", 2, 4, ",}"),
        ("<a>\n<b></c></a>", "application/rdf+xml", 2, 6, "c></a>"),
        ("<urn:a> <urn:b> <urn:c> .\nx y z .", "application/n-triples", 2, 1, "x y z ."),
    ],
)
def test_what_cannot_be_parsed_is_told_with_its_place_and_text(
    client: FlaskClient, content: str, kind: str, line: int, column: int, piece: str
) -> None:
    error = problem_of(client.post("/validate", data=content, content_type=kind), 400)["errors"][0]
    assert (error["line"], error["column"], error["value"]) == (line, column, piece)


def test_the_page_shows_where_it_stands(browser: Browser) -> None:
    for ending in ("\n", "\r\n"):
        content = WRONG.replace("\n", ending)
        text = browser.post("/validate", data={"content": content, "syntax": "turtle"}).get_data(as_text=True)
        html5rdf.HTMLParser(strict=True).parse(text)
        assert re.search(r'href="#line-3"[^>]*>line 3, column 27</a>', text)
        assert '<li id="line-3" value="3"' in text
        assert '<mark class="violation">&#34;&lt;b&gt;sonar&lt;/b&gt;&#34;</mark>' in text
        assert "<b>sonar" not in text
        for target in set(re.findall(r'href="#((?:line|result)-\d+)"', text)):
            assert f'id="{target}"' in text


def test_the_page_tells_what_follows_and_what_was_not_read(browser: Browser) -> None:
    page = browser.post("/validate", data={"content": WHOLE_TURTLE, "syntax": "turtle"}).get_data(as_text=True)
    line = '<a class="code" href="/codes/62323">62323</a></th> <td class="number" data-name="units">1</td>'
    assert line in " ".join(page.split())
    lines = f'{json.dumps(WHOLE)}\n{{"side": \n'
    page = browser.post("/validate", data=lines, content_type="application/x-ndjson").get_data(as_text=True)
    assert "does not conform" in page
    assert re.search(r"not read</strong> · <a [^>]*>line 2", page)
    html5rdf.HTMLParser(strict=True).parse(page)


def test_only_the_lines_around_what_was_found_are_shown() -> None:
    def result(line: int | None, column: int | None) -> Result:
        return Result("violation", "urn:a", None, None, None, "m", "f", "urn:s", "urn:c", line=line, column=column)

    content = "\n".join(f"line {number} x" for number in range(1, 60))
    shown = submitted_lines(
        content, Report((result(1, 1), result(30, 9), result(30, 9), result(None, None), result(99, 1)))
    )
    assert [line.number for line in shown] == [1, 2, 3, 28, 29, 30, 31, 32]
    assert [line.number for line in shown if line.gap] == [28]
    marked = {line.number: [(part.text, part.marks) for part in line.parts if part.marks] for line in shown}
    assert marked[1] == [("line", (1,))]
    assert marked[30] == [("x", (2, 3))]
    for line in shown:
        assert "".join(part.text for part in line.parts) == f"line {line.number} x"
    assert submitted_lines(content, Report((result(None, None),))) == ()
    assert submitted_lines("", Report((result(5, 5),))) == ()


def test_a_long_body_is_answered_line_by_line(client: FlaskClient) -> None:
    one = "<urn:{n}> a spine:SpinalInjection ; spine:accessApproach spine:Caudal .\n"
    # more than a report that is one document may be about
    text = (
        f"@prefix spine: <{SPINE}> .\n" + "".join(one.format(n=number) for number in range(1500)) + "<urn:x> oops .\n"
    )
    response = client.post(
        "/validate", data=text, headers={"Accept": "application/x-ndjson", "Content-Type": "text/turtle"}
    )
    assert response.status_code == 200
    assert response.is_streamed
    lines = [json.loads(line) for line in response.data.splitlines()]
    assert [line["answers"][0]["description"] for line in lines[:-1]] == [f"urn:{number}" for number in range(1500)]
    assert lines[-1]["unread"][0]["line"] == 1502


def test_a_stream_without_a_description_is_told(client: FlaskClient) -> None:
    headers = {"Accept": "application/x-ndjson", "Content-Type": "application/n-triples"}
    problem_of(client.post("/validate", data="<urn:a> <urn:b> <urn:c> .\n", headers=headers), 422)
