"""The page at /validate: samples, texts of every syntax, files, and fixes that keep what they promise."""

import io
import json
import re
from typing import Any

import html5rdf
import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyoxigraph import NamedNode, Quad, RdfFormat, serialize

from spinecode.description import CODE, DATE
from spinecode.documents import parse_submitted
from spinecode.knowledge import Knowledge
from spinecode.mending import with_edits
from spinecode.report import Report, Result
from spinecode.shape_catalogue import is_json, shape_catalogue
from spinecode.validation import statements_of
from spinecode.vocabulary import SPINE
from spinecode.web.bodies import SYNTAXES, TOLD_BY_TEXT, syntax_in
from spinecode.whole import SYNTAXES as READ
from spinecode.whole import validate_text

from .conftest import BROWSER, WHOLE, WHOLE_TURTLE, Browser, problem_of

PREFIXES = {"spine": SPINE, "cpt": f"{SPINE}cpt/", "xsd": "http://www.w3.org/2001/XMLSchema#"}
RDF = {
    "turtle": RdfFormat.TURTLE,
    "trig": RdfFormat.TRIG,
    "ntriples": RdfFormat.N_TRIPLES,
    "nquads": RdfFormat.N_QUADS,
    "jsonld": RdfFormat.JSON_LD,
    "rdfxml": RdfFormat.RDF_XML,
}
MENDED = ("json", "turtle", "trig", "ntriples", "nquads")


def written(knowledge: Knowledge, mapping: dict[str, Any], syntax: str) -> bytes:
    """A description by axis names in a syntax."""
    if syntax in ("json", "ndjson"):
        return json.dumps(mapping, ensure_ascii=False, indent=None if syntax == "ndjson" else 1).encode()
    quads = statements_of(knowledge.index, mapping, NamedNode("urn:example:one"))
    kind = RDF[syntax]
    if syntax == "nquads":
        quads = [Quad(quad.subject, quad.predicate, quad.object, NamedNode("urn:example:graph")) for quad in quads]
    prefixes = PREFIXES if syntax in ("turtle", "trig", "rdfxml") else None
    statements: Any = quads if syntax == "nquads" else [quad.triple for quad in quads]
    content = serialize(statements, format=kind, prefixes=prefixes)
    assert content is not None
    return content


def mended(knowledge: Knowledge, content: bytes, syntax: str) -> Report:
    kind = READ[syntax]
    rdf = kind if isinstance(kind, RdfFormat) else None
    quads = parse_submitted(knowledge.index, content, rdf) if rdf is not None else None

    def again(text: bytes) -> Report:
        return validate_text(knowledge, text, syntax)

    return with_edits(again(content), knowledge.index, content, rdf, quads, again)


def key(result: Result) -> tuple[str | None, ...]:
    return result.shape, result.path, result.value


def check_edits(knowledge: Knowledge, content: bytes, syntax: str) -> int:
    """Make each edit by itself and look: its result is gone, and no violation came. How many there were."""
    report = mended(knowledge, content, syntax)
    text = content.decode("utf-8-sig")
    edits = 0
    for result in report.results:
        if result.edit is None:
            continue
        edits += 1
        after = validate_text(knowledge, result.edit.applied(text).encode(), syntax)
        assert key(result) not in [key(one) for one in after.results], result
        before = {key(one) for one in report.results if one.severity == "violation"}
        assert {key(one) for one in after.results if one.severity == "violation"} <= before, result
        assert result.edit.told
        assert len(after.answers) == len(report.answers)
    return edits


# ---------------------------------------------------------------- fixes


@pytest.mark.parametrize("syntax", MENDED)
def test_every_fix_of_the_failing_examples_keeps_its_promise(knowledge: Knowledge, syntax: str) -> None:
    fixed = set()
    for shape in shape_catalogue(knowledge):
        if is_json(shape.failing):
            content = written(knowledge, json.loads(shape.failing), syntax)
        elif syntax == "turtle":
            content = shape.failing.encode()
        else:
            continue
        if check_edits(knowledge, content, syntax):
            fixed.add(shape.name)
    # what is determined is mended, in each of these syntaxes
    assert {"CodeNotRefuted", "CodeInForce", "AddOnAccompanied", "AddOnsComplete", "UnitsAsImplied"} <= fixed
    assert {"ModifierTaken", "ModifierAsGiven", "ModifierPresent", "GuidanceNotIncluded", "Guidance", "Region"} <= fixed
    # and what a person has to decide is not
    assert not fixed & {"OneApproach", "LumbarLevels", "GuidanceRequired", "Level", "Space", "ModifierKnown", "Side"}


@st.composite
def wrong_descriptions(draw: st.DrawFn) -> tuple[dict[str, Any], str]:
    names = draw(st.sampled_from(["interlaminar", "transforaminal", "caudal"]))
    levels = draw(st.lists(st.sampled_from(["L3-L4", "L4-L5", "L5-S1", "C6-C7", "T12-L1"]), max_size=3, unique=True))
    mapping: dict[str, Any] = {
        "approach": names,
        "level": levels,
        "guidance": draw(st.sampled_from(["fluoroscopy", "ct", "none"])),
        "delivery": "single-injection",
        "substance": draw(st.lists(st.sampled_from(["corticosteroid", "local-anesthetic"]), min_size=1, unique=True)),
        DATE: draw(st.sampled_from(["2024-05-01", "2016-05-01", "2010-12-31"])),
        "side": draw(st.sampled_from(["left", "bilateral", None])),
        CODE: draw(
            st.lists(
                st.sampled_from(
                    ["62321", "62323", "62311", "64483", "64484", "64483-50", "64484 x2", "77003", "64483-RT-KX"]
                ),
                max_size=3,
                unique=True,
            )
        ),
    }
    mapping = {name: value for name, value in mapping.items() if value}
    for name in draw(st.lists(st.sampled_from(["approach", "guidance", "delivery"]), max_size=2, unique=True)):
        text = mapping[name]
        place = draw(st.integers(0, len(text) - 1))
        slip = draw(st.sampled_from(["out", "twice", "other"]))
        middle = {"out": "", "twice": text[place] * 2, "other": "x"}[slip]
        mapping[name] = text[:place] + middle + text[place + 1 :]
    return mapping, draw(st.sampled_from((*MENDED, "jsonld")))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(wrong_descriptions())
def test_an_offered_fix_removes_its_result_and_brings_no_violation(
    knowledge: Knowledge, wrong: tuple[dict[str, Any], str]
) -> None:
    mapping, syntax = wrong
    check_edits(knowledge, written(knowledge, mapping, syntax), syntax)


def test_fixes_one_after_the_other_lead_to_a_text_that_conforms(knowledge: Knowledge) -> None:
    text = """# é 🩻 before the places that are counted
PREFIX spine: <https://w3id.org/spinecode/>
prefix cpt: <https://w3id.org/spinecode/cpt/>\r
<urn:one> a spine:SpinalInjection ; spine:accessApproach spine:Transforaminal ;
  spine:vertebralLevel spine:L4-L5 , spine:L5-S1 ; spine:imagingGuidence spine:Fluoroscopy ;
  spine:injectedSubstance spine:Corticosteriod ; spine:dateOfService "2024-05-01" ; spine:reportedCode cpt:64484 .
"""
    made = []
    for _ in range(12):
        report = mended(knowledge, text.encode(), "turtle")
        edit = next((one.edit for one in report.results if one.edit is not None), None)
        if edit is None:
            break
        made.append(edit.told)
        text = edit.applied(text)
    assert report.conforms, (text, [one.message for one in report.results])
    assert len(made) == 4
    assert '"2024-05-01"^^<http://www.w3.org/2001/XMLSchema#date>' in text
    assert "cpt:64484 , cpt:64483" in text
    assert text.startswith("# é 🩻 before")


def test_what_is_told_and_need_not_go_stays(knowledge: Knowledge) -> None:
    mapping = {
        "approach": "transforaminal",
        "level": ["L4-L5"],
        "guidance": "fluoroscopy",
        "substance": ["corticosteroid"],
        DATE: "2024-05-01",
        "side": "left",
        CODE: ["64483-RT-KX"],
    }
    report = mended(knowledge, json.dumps(mapping).encode(), "json")
    edits = [one.edit.replacement for one in report.results if one.edit is not None]
    assert edits == ['"64483-LT-KX"']


def test_a_long_report_and_what_has_no_places_have_no_fixes(knowledge: Knowledge) -> None:
    wrong = {**WHOLE, CODE: "62321"}
    assert mended(knowledge, json.dumps([wrong]).encode(), "json").results[0].edit is not None
    assert all(one.edit is None for one in mended(knowledge, json.dumps([wrong] * 21).encode(), "json").results)
    xml = written(knowledge, wrong, "rdfxml")
    assert [one.edit for one in mended(knowledge, xml, "rdfxml").results] == [None]


def test_the_data_have_the_fix(client: FlaskClient) -> None:
    text = json.dumps({**WHOLE, CODE: "62321"})
    result = client.post("/validate", data=text, content_type="application/json").get_json()["results"][0]
    edit = result["edit"]
    assert text[edit["start"] : edit["end"]] == '"62321"'
    assert edit["replacement"] == '"62323"'
    assert "edit" not in json.dumps(client.post("/validate", json=WHOLE).get_json())


# ---------------------------------------------------------------- the page


def test_the_form_is_empty_or_shows_a_sample(browser: Browser, client: FlaskClient) -> None:
    empty = browser.get("/validate").get_data(as_text=True)
    html5rdf.HTMLParser(strict=True).parse(empty)
    assert re.search(r"<textarea[^>]*>\s*</textarea>", empty)
    told = client.get("/validate", headers={"Accept": "application/json"}).get_json()
    names = [one["name"] for one in told["samples"]]
    assert len(set(names)) == len(names) > 50
    assert {one["name"] for one in told["syntaxes"]} == {one.name for one in SYNTAXES}
    assert "report" not in told
    for name in names[:7] + names[-2:]:
        page = browser.get(f"/validate?sample={name}")
        assert page.status_code == 200
        text = page.get_data(as_text=True)
        html5rdf.HTMLParser(strict=True).parse(text)
        assert f'<option value="{name}" selected>' in text
        one = client.get(f"/validate?sample={name}&format=json").get_json()
        assert ("The description conforms" in text) == one["report"]["conforms"]
    assert "passes-" in problem_of(client.get("/validate?sample=passes-Approch"), 404)["detail"]


def test_the_samples_of_shapes_are_what_they_say(client: FlaskClient) -> None:
    """What fails a shape has a result of it, also in the lines in which the sample is laid out."""
    for sample in client.get("/validate?format=json").get_json()["samples"]:
        kind, _, shape = sample["name"].partition("-")
        if kind in ("fails", "passes"):
            answer = client.post("/validate", data=sample["text"], content_type=sample["media_type"]).get_json()
            shapes = {result["shape"] for result in answer["results"]}
            assert (f"{SPINE}shape/{shape}" in shapes) == (kind == "fails"), sample["name"]


@pytest.mark.parametrize("syntax", [*RDF, "json", "ndjson"])
@pytest.mark.parametrize("told", [True, False])
def test_every_syntax_is_taken_and_known_by_its_look(
    knowledge: Knowledge, browser: Browser, syntax: str, told: bool
) -> None:
    content = written(knowledge, {**WHOLE, CODE: "62321"}, syntax).decode()
    if syntax == "ndjson":
        content = f"{content}\n{content}\n"
    fields = {"content": content, "syntax": syntax if told else TOLD_BY_TEXT}
    text = browser.post("/validate", data=fields).get_data(as_text=True)
    assert "The description does not conform" in text
    assert '<a class="code" href="/codes/62323">62323</a>' in text
    assert f'<option value="{fields["syntax"]}" selected>' in text


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('<rdf:RDF xmlns:rdf="x">', "rdfxml"),
        ("<!-- a -->\n<RDF xmlns='x'/>", "rdfxml"),
        ("<urn:a> <urn:b> <urn:c> .", "trig"),
        ("<urn:a> <urn:b> <urn:c> <urn:d> .", "nquads"),
        ("# c\n_:a <urn:b> \"x\"@en <urn:d> .", "nquads"),
        ('{"resourceType": "Procedure"}', "json"),
        ('{\n"a": 1}\n', "json"),
        ('{"a": 1}\n{"a": 2}', "ndjson"),
        ('[{"@id": "urn:a"}]', "jsonld"),
        ("", "trig"),
    ],
)  # fmt: skip
def test_a_text_tells_its_syntax(text: str, name: str) -> None:
    assert syntax_in(text).name == name


def test_a_fix_is_made_without_scripts(browser: Browser) -> None:
    for ending in ("\n", "\r\n"):
        fields = {
            "content": json.dumps({**WHOLE, CODE: "62321"}, indent=1).replace("\n", ending),
            "syntax": TOLD_BY_TEXT,
        }
        page = browser.post("/validate", data=fields).get_data(as_text=True)
        name = re.findall(r'name="apply" value="(\w+)"', page)
        after = browser.post("/validate", data={**fields, "apply": name[0]}).get_data(as_text=True)
        html5rdf.HTMLParser(strict=True).parse(after)
        assert "The description conforms" in after
        assert "Done: Write &#34;62323&#34; instead of &#34;62321&#34;" in after
        assert "&#34;code&#34;: &#34;62323&#34;" in after
        other = {**fields, "content": fields["content"] + " ", "apply": "0123456789abcdef"}
        assert "Nothing was changed" in browser.post("/validate", data=other).get_data(as_text=True)


def test_a_file_is_validated_without_scripts(browser: Browser) -> None:
    wrong = WHOLE_TURTLE.replace("spine:Fluoroscopy", "spine:Flouroscopy")
    sent = {"file": (io.BytesIO(b"\xef\xbb\xbf" + wrong.encode()), "a.ttl")}
    page = browser.post("/validate", data=sent, content_type="multipart/form-data").get_data(as_text=True)
    html5rdf.HTMLParser(strict=True).parse(page)
    assert "The description does not conform" in page
    assert "spine:Flouroscopy" in page
    assert '<option value="turtle" selected>' in page
    assert "Write spine:Fluoroscopy instead of spine:Flouroscopy" in page


def test_the_report_in_other_forms_from_the_page(client: FlaskClient, browser: Browser) -> None:
    fields = {"content": WHOLE_TURTLE, "syntax": "turtle"}
    page = browser.post("/validate", data=fields).get_data(as_text=True)
    actions = re.findall(r'formaction="/validate\?format=(\w+)"', page)
    assert {"json", "turtle", "sarif", "junit"} <= set(actions)
    for name in actions:
        answer = client.post(f"/validate?format={name}", data=fields, headers={"Accept": BROWSER})
        assert answer.status_code == 200
        assert answer.mimetype != "text/html"


def test_a_broken_text_comes_back_with_the_place_to_jump_to(browser: Browser) -> None:
    page = browser.post("/validate", data={"content": "{\n nonsense", "syntax": TOLD_BY_TEXT})
    text = page.get_data(as_text=True)
    assert page.status_code == 400
    assert '<li data-line="2"' in text
    assert "validate.js" in text
    assert "nonsense</textarea>" in text
