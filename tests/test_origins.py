"""Places: what stands where we say is the value, however the text is written; in doubt there is no place."""

from __future__ import annotations

import dataclasses
import html
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, serialize

from spinecode.errors import InputError
from spinecode.graph import parse_rdf
from spinecode.index import RuleIndex
from spinecode.knowledge import Knowledge
from spinecode.origins import Origins, placed
from spinecode.text_places import Lines
from spinecode.validation import validate_mapping, validate_rdf
from tests.conftest import ROOT

E = "urn:example:e/"
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
#: What may stand between two tokens.
gaps = st.lists(st.sampled_from([" ", "\t", "\n", "\r\n", "\n\n", " # é [ ( . \" '\n", "#\r\n"]), max_size=3).map(
    "".join
)
words = st.text(st.sampled_from("ab\"'\\\n\r\té€\U0001d4b3 #.;,[]()<>@^{}"), max_size=8)


def escaped(text: str, quote: str) -> str:
    """A text between quotes of one kind, written with as few escapes as that allows."""
    text = text.replace("\\", "\\\\")
    if len(quote) == 3:
        return text.replace(quote[0], "\\" + quote[0])
    return text.replace(quote, "\\" + quote).replace("\n", "\\n").replace("\r", "\\u000D")


@dataclass
class Writer:
    """Writes statements in one of the ways that Turtle allows, and notes where each value begins."""

    draw: Callable[[Any], Any]
    plain: bool = False  # as N-Triples has it
    text: str = ""
    places: dict[str, int] = field(default_factory=dict)
    count: int = 0

    def gap(self) -> None:
        self.text += (self.draw(st.sampled_from([" ", "\t", "  "])) if self.plain else " " + self.draw(gaps)) or " "

    def put(self, token: str) -> None:
        self.text += token
        self.gap()

    def iri(self, name: str) -> str:
        if self.plain or self.draw(st.booleans()):
            return f"<{E}{name}>"
        return self.draw(st.sampled_from(["e:", "p.q:"])) + name.replace(",", "\\,")

    def value(self, depth: int) -> None:
        self.count += 1
        name = f"v{self.count}"
        kind = self.draw(st.sampled_from(["iri", "text", "number", "bnode", *([] if self.plain else ["node", "list"])]))
        if kind in ("node", "list") and depth > 2:
            kind = "iri"
        at = len(self.text)
        if kind == "iri":
            name += self.draw(st.sampled_from(["", ".x", ",y", "-z"]))
            self.put(self.iri(name))
            self.places[E + name] = at
        elif kind == "text":
            told = name + self.draw(words)
            quotes = ['"'] if self.plain else ['"', "'", '"""', "'''"]
            quote = self.draw(st.sampled_from(quotes))
            self.text += quote + escaped(told, quote) + quote
            tag = self.draw(st.sampled_from(["", "@en", "@de-CH", "^^"]))
            if tag == "^^":
                self.text += f"^^{'' if self.plain else self.draw(gaps)}{self.iri('type')}"
            else:
                self.text += tag
            self.gap()
            self.places[told] = at
        elif kind == "number":
            told = f"{self.count}" + ("" if self.plain else self.draw(st.sampled_from(["", ".5", "e3", ".0E-1"])))
            self.put(f'"{told}"' if self.plain else told)
            self.places[told] = at
        elif kind == "bnode":
            self.put(f"_:{name}")
        elif kind == "node":
            self.put("[")
            if self.draw(st.booleans()):
                self.properties(depth + 1)
            self.put("]")
        else:
            self.put("(")
            for _ in range(self.draw(st.integers(1, 2))):
                self.value_in_list(depth + 1)
            self.put(")")

    def value_in_list(self, depth: int) -> None:
        if self.draw(st.booleans()):
            self.put("[")
            self.properties(depth + 1)
            self.put("]")
        else:
            self.put(self.draw(st.sampled_from(['"x"@en', "1.5", "e:y", "()"])))

    def properties(self, depth: int) -> None:
        for number in range(self.draw(st.integers(1, 3))):
            if number:
                self.put(self.draw(st.sampled_from([";", ";;", "; ;"])))
            self.put(self.draw(st.sampled_from(["a", self.iri("p"), f"<{RDF}type>"])))
            for more in range(self.draw(st.integers(1, 2))):
                if more:
                    self.put(",")
                self.value(depth)

    def statement(self) -> None:
        kind = self.draw(st.sampled_from(["iri", "label", "node", "named"]))
        if kind == "node":
            self.put("[")
            self.properties(1)
            self.put("]")
            if self.draw(st.booleans()):
                self.properties(0)
        else:
            self.put({"iri": f"<{E}s>", "label": "_:s", "named": "e:s.t"}[kind])
            self.properties(0)
        self.put(".")


def check(index: RuleIndex, text: str, places: dict[str, int], syntax: RdfFormat) -> None:
    content = text.encode()
    quads = parse_rdf(content, syntax)
    lines = Lines(text)
    for origins in (Origins.of(index, content, syntax, quads), Origins.of(index, content, syntax)):
        for quad in quads:
            value = quad.object
            if quad.predicate.value == f"{RDF}first" or value.value not in places:
                continue
            found = origins.place(quad.subject, quad.predicate, value)
            assert found == lines.place(places[value.value]), (str(quad), found)
            assert origins.node(quad.subject) is not None
        told = {value for facts in origins.facts.values() for fact in facts for value in fact.values}
        assert set(places) <= told


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_turtle_and_trig(index: RuleIndex, data: st.DataObject) -> None:
    writer = Writer(data.draw)
    heads = ["@prefix e: <{}> .\n", "PREFIX e: <{}>\n", "prefix e:<{}>#\n"]
    writer.text = data.draw(st.sampled_from(heads)).format(E) + f"@prefix p.q: <{E}> . @base <urn:b> .\n"
    trig = data.draw(st.booleans())
    for _ in range(data.draw(st.integers(1, 3))):
        named = trig and data.draw(st.booleans())
        if named:
            writer.put(data.draw(st.sampled_from(["GRAPH e:g {", "e:g {", "{", "[] {", "graph _:g{"])))
        writer.statement()
        if named:
            writer.put("}")
    check(index, writer.text, writer.places, RdfFormat.TRIG if trig else RdfFormat.TURTLE)


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_ntriples_and_nquads(index: RuleIndex, data: st.DataObject) -> None:
    writer = Writer(data.draw, plain=True)
    graphs = data.draw(st.booleans())
    for _ in range(data.draw(st.integers(1, 6))):
        writer.text += data.draw(st.sampled_from(["", "# é\n", "\n", "  "]))
        writer.put(data.draw(st.sampled_from([f"<{E}s>", "_:s"])))
        writer.put(f"<{E}p>")
        writer.value(9)
        writer.text += (f"<{E}g> " if graphs and data.draw(st.booleans()) else "") + ".\n"
    check(index, writer.text, writer.places, RdfFormat.N_QUADS if graphs else RdfFormat.N_TRIPLES)


texts = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)
literals = texts.map(lambda text: Literal(f"  {text}"))
nodes = st.sampled_from([NamedNode(f"{E}a"), NamedNode(f"{E}b"), BlankNode("c"), BlankNode("d")])
statements = st.lists(
    st.tuples(nodes, st.sampled_from([f"{E}p", f"{E}q", f"{RDF}type"]).map(NamedNode), nodes | literals),
    min_size=1,
    max_size=8,
    unique=True,
)


@settings(max_examples=80, deadline=None)
@given(statements)
def test_rdf_xml(index: RuleIndex, said: list[tuple[Any, Any, Any]]) -> None:
    content = serialize([Quad(*one).triple for one in said], format=RdfFormat.RDF_XML, prefixes={"e": E}) or b""
    text = content.decode()
    quads = parse_rdf(content, RdfFormat.RDF_XML)
    origins = Origins.of(index, content, RdfFormat.RDF_XML, quads)
    lines = re.split("\n", text)
    for quad in quads:
        found = origins.place(quad.subject, quad.predicate, quad.object)
        if isinstance(quad.object, BlankNode):
            continue
        assert found is not None
        rest = "\n".join(lines[found[0] - 1 :])[found[1] - 1 :]
        if isinstance(quad.object, NamedNode):
            assert rest.startswith((quad.object.value, "<e:"))
        else:
            assert html.unescape(rest).startswith((quad.object.value.strip(), "<")), rest


NAMES = {
    "side": ["left", "right", "nonsense"],
    "level": ["L4-5", "C7-T1", "x"],
    "code": ["62323", 62321, "64483-50 x2"],
}


@settings(max_examples=80, deadline=None)
@given(st.lists(st.data(), min_size=1, max_size=1))
def test_json_by_axis_names(knowledge: Knowledge, drawn: list[st.DataObject]) -> None:
    """Every value of a description is found at its place, and the name of what is no axis at its own."""
    draw = drawn[0].draw
    text, places, number = draw(gap_of_json) + "[", {}, draw(st.integers(1, 3))
    for item in range(number):
        text += ("," if item else "") + draw(gap_of_json) + "{"
        for count, (name, values) in enumerate([*NAMES.items(), ('é"x', ["y"])]):
            value = draw(st.sampled_from(values))
            text += ("," if count else "") + draw(gap_of_json)
            at = len(text)
            text += json.dumps(name, ensure_ascii=draw(st.booleans())) + ":" + draw(gap_of_json)
            opening = draw(st.sampled_from(["", "["]))
            text += opening
            places[item + 1, name] = at if name not in NAMES else len(text)
            text += json.dumps(value) + ("]" if opening else "")
        text += "}"
    text += draw(gap_of_json) + "]"
    report = placed(validate_mapping(knowledge, json.loads(text)), knowledge.index, text.encode(), None)
    lines = Lines(text)
    unknown = [result for result in report.results if result.component.endswith("#ClosedConstraintComponent")]
    assert len(unknown) == number
    for result in report.results:
        item = int(result.focus_node.rpartition(":")[2])
        if result in unknown:
            assert (result.line, result.column) == lines.place(places[item, 'é"x'])
        elif (
            result.value is not None
            and result.axis in NAMES
            and result.path
            and result.path.endswith(("side", "Level"))
        ):
            assert (result.line, result.column) == lines.place(places[item, result.axis]), result


gap_of_json = st.sampled_from(["", " ", "\n", "\r\n", "\t", "\n  \n"])


SPINE = "https://w3id.org/spinecode/"
JSONLD: list[tuple[Any, str]] = [
    (
        {"@context": {"spine": SPINE}, "@type": "spine:SpinalInjection", "spine:side": {"@id": "spine:Middle"}},
        "spine:Middle",
    ),
    ({"@context": {"@vocab": SPINE}, "@id": "urn:d", "side": [{"@id": f"{SPINE}Left"}, "middle"]}, "middle"),
    (
        {
            "@context": {"s": {"@id": f"{SPINE}side", "@type": "@id"}, "d": f"{SPINE}dateOfService", "id": "@id"},
            "@graph": [{"id": "urn:a", "s": f"{SPINE}Left"}, {"id": "urn:b", "s": f"{SPINE}Middle", "d": "x"}],
        },
        f"{SPINE}Middle",
    ),
]


@pytest.mark.parametrize(("document", "wanted"), JSONLD)
@pytest.mark.parametrize("indent", [None, 3])
def test_jsonld(knowledge: Knowledge, document: Any, wanted: str, indent: int | None) -> None:
    text = json.dumps(document, indent=indent)
    quads = parse_rdf(text.encode(), RdfFormat.JSON_LD)
    report = placed(validate_rdf(knowledge, quads), knowledge.index, text.encode(), RdfFormat.JSON_LD, quads)
    results = [
        r for r in report.results if r.axis == "side" and r.path == f"{SPINE}side" and "Left" not in str(r.value)
    ]
    assert results
    for result in results:
        assert result.line is not None
        assert result.column is not None
        rest = text.splitlines()[result.line - 1][result.column - 1 :]
        assert json.JSONDecoder().raw_decode(rest)[0] == wanted


@pytest.mark.parametrize(
    ("file", "about", "piece"),
    [
        (
            "claim.json",
            "77003 was reported beside",
            '{"coding": [{"system": "http://www.ama-assn.org/go/cpt", "code": "77003"}',
        ),
        ("claim.json", "The approach is missing", "{"),
        (
            "procedure-ehr.json",
            "Procedure.bodySite[2]",
            '{"coding": [{"system": "http://snomed.info/sct", "code": "24028007"',
        ),
        ("bundle.json", "Bundle.entry[2].resource.status", '"not-done"'),
    ],
)
def test_fhir(knowledge: Knowledge, file: str, about: str, piece: str) -> None:
    content = (ROOT / "tests" / "fixtures" / "fhir" / file).read_bytes()
    report = placed(validate_mapping(knowledge, json.loads(content)), knowledge.index, content, None)
    result = next(result for result in report.results if about in result.message)
    assert result.line is not None
    assert result.column is not None
    assert content.decode().splitlines()[result.line - 1][result.column - 1 :].startswith(piece)
    assert all(result.line is not None for result in report.results)


# ---------------------------------------------------------------- what a person sees


def test_what_a_result_points_at(knowledge: Knowledge) -> None:
    text = (
        "@prefix spine: <https://w3id.org/spinecode/> .\n"
        "[] a spine:SpinalInjection ;\n"
        "   spine:side spine:Left ,\n"
        "     spine:Right ; spine:guidence spine:CT ;\n"
        "   spine:vertebralLevel 'L9' .\n"
    )
    quads = parse_rdf(text.encode(), RdfFormat.TURTLE)
    report = placed(
        validate_rdf(knowledge, quads), knowledge.index, text.encode(), RdfFormat.TURTLE, quads, first_line=101
    )
    found = {(r.axis, r.component.rpartition("#")[2]): (r.line, r.column) for r in report.results}
    assert found["side", "MaxCountConstraintComponent"] == (104, 6), "the last of too many"
    assert found["level", "ClassConstraintComponent"] == (105, 25), "the value"
    assert (104, 20) in found.values(), "the property that there is not"
    assert found["substance", "MinCountConstraintComponent"] == (102, 1), "the description, where something is missing"


def test_nothing_is_looked_for_without_results(knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Origins, "of", lambda *_: pytest.fail("looked for places"))
    report = dataclasses.replace(validate_mapping(knowledge, {}), results=())
    assert placed(report, knowledge.index, b"{}", None) is report


def test_blank_nodes_without_a_label_are_called_by_their_order() -> None:
    text = b"@prefix e: <urn:e/> . [] e:p [ e:q _:b2 ] . <urn:a> e:p [], _:aaaaaaaaaaaaaaaaaaaa ."
    first = parse_rdf(text, RdfFormat.TURTLE)
    assert first == parse_rdf(text, RdfFormat.TURTLE)
    labels = {node.value for quad in first for node in (quad.subject, quad.object) if isinstance(node, BlankNode)}
    assert labels == {"b1", "b2", "b3", "b4", "aaaaaaaaaaaaaaaaaaaa"}


# ---------------------------------------------------------------- whatever is sent

SAMPLES = [
    (RdfFormat.TURTLE, '@prefix e: <urn:e/> . e:a e:p [ e:q "x"@en ; e:r (1 2) ], 5 . [] a e:T .'),
    (RdfFormat.TRIG, "@prefix e: <urn:e/> . e:g { e:a e:b e:c , [ e:d 1 ] }"),
    (RdfFormat.N_QUADS, '<urn:a> <urn:b> "x"^^<urn:t> <urn:g> .\n_:a <urn:b> _:c .'),
    (
        RdfFormat.RDF_XML,
        f'<r:RDF xmlns:r="{RDF}" xmlns:e="urn:e/"><e:T><e:p r:resource="urn:x"/><e:q>é</e:q></e:T></r:RDF>',
    ),
    (RdfFormat.JSON_LD, '{"@context":{"e":"urn:e/"},"@id":"urn:a","e:p":[{"@id":"urn:b"},{"e:q":"1"}]}'),
    (None, '[{"side":["left",null,{"a":1}],"code":{"code":"1","units":2}},{"x":[]}]'),
]
mutations = st.lists(
    st.tuples(
        st.integers(0, 200), st.text(max_size=3) | st.sampled_from(list("[]{}()\"'<>.;,\\@#:")), st.integers(0, 5)
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(SAMPLES), mutations)
def test_a_text_that_is_not_what_was_read_has_no_wrong_places(index: RuleIndex, sample: Any, changes: Any) -> None:
    syntax, text = sample
    quads = parse_rdf(text.encode(), syntax) if syntax else None
    for at, put, gone in changes:
        text = text[:at] + put + text[at + gone :]
    content = text.encode("utf-8", "surrogatepass")
    for given_quads in (quads, None):
        origins = Origins.of(index, content, syntax, given_quads)
        lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        for facts in origins.facts.values():
            for fact in facts:
                line, column = fact.value_place
                assert 1 <= line <= len(lines)
                assert 1 <= column <= len(lines[line - 1]) + 1


@pytest.mark.parametrize(
    "text",
    [
        "[" * 50_000,
        "<urn:a> <urn:b> " + "[ <urn:c> " * 3000 + "1" + "]" * 3000 + ".",
        '"' + "\\" * 100_001,
        "'''" + "'" * 100_000,
        "<urn:a> <urn:b> (" + "(" * 20_000,
        "@prefix : <urn:> . " + ":" + "." * 100_000 + " :a :b .",
        "\udcff",
    ],
)
def test_tangles(index: RuleIndex, text: str) -> None:
    content = text.encode("utf-8", "surrogateescape")
    for syntax in (RdfFormat.TURTLE, RdfFormat.TRIG, RdfFormat.RDF_XML, RdfFormat.JSON_LD, None):
        Origins.of(index, content, syntax, [])


@pytest.mark.parametrize(
    ("syntax", "text", "place", "piece"),
    [
        (RdfFormat.TURTLE, "<urn:a>\n <urn:b> .", (2, 10), "."),
        (RdfFormat.RDF_XML, f'<r:RDF xmlns:r="{RDF}">\n<r:Seq></r:Bag>', (2, 10), "r:Bag>"),
        (RdfFormat.RDF_XML, f'<r:RDF xmlns:r="{RDF}">\n<r:Seq r:about="a b"/></r:RDF>', (2, 17), 'a b"/></r:RDF>'),
        (RdfFormat.JSON_LD, '{"@id":\n1,,}', (2, 3), ",}"),
    ],
)
def test_broken_syntax_is_told_with_its_place_and_text(syntax: RdfFormat, text: str, place: Any, piece: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_rdf(text.encode(), syntax)
    fault = caught.value.faults[0]
    assert (fault.line, fault.column) == place
    assert fault.value == piece
