"""Validation: each shape passing and failing, messages that say what to do, and agreement with the other readers."""

from __future__ import annotations

import itertools
from typing import Any

import pyshacl
import pytest
import rdflib
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import BlankNode, NamedNode, Quad, RdfFormat, serialize

import spinecode
from spinecode.description import describe
from spinecode.errors import ContradictionError, InputError, NoDescriptionError
from spinecode.graph import Graph, parse_rdf
from spinecode.index import RuleIndex
from spinecode.knowledge import Knowledge, load
from spinecode.selection import check_contradictions
from spinecode.understanding import Reading
from spinecode.validation import Report, validate_rdf
from spinecode.vocabulary import PREFIXES, term
from tests.closed import triples_of

GOOD: dict[str, Any] = {
    "approach": "interlaminar",
    "level": ["L4-L5"],
    "space": "epidural",
    "guidance": "fluoroscopy",
    "delivery": "single-injection",
    "substance": ["corticosteroid", "local-anesthetic"],
    "date": "2024-05-01",
    "code": ["62323"],
}
FORAMEN = {"approach": "transforaminal", "space": "epidural", "delivery": None, "code": ["64483"]}


def changed(**changes: Any) -> dict[str, Any]:
    return {name: value for name, value in {**GOOD, **changes}.items() if value is not None}


def found(report: Report) -> list[tuple[str | None, str]]:
    return [(result.axis, result.message) for result in report.results]


def test_a_good_description_conforms() -> None:
    report = spinecode.validate(GOOD)
    assert report.conforms
    assert report.results == ()
    assert report.answers[0]["lines"][0]["code"] == "62323"


@pytest.mark.parametrize(
    ("changes", "axis", "words"),
    [
        ({"guidance": "flouroscopy"}, "guidance", ["flouroscopy", "spine:Fluoroscopy"]),
        ({"approach": "intralaminar"}, "approach", ["intralaminar", "spine:Interlaminar"]),
        ({"level": ["L4-L6"]}, "level", ["L4-L6", "spine:L4-L5"]),
        ({"substance": ["cortison"]}, "substance", ["cortison"]),
        ({"side": "middle"}, "side", ["middle", "spine:Left"]),
        ({"purpose": "fun"}, "purpose", ["fun", "spine:Diagnostic"]),
        ({"space": "intradural"}, "space", ["intradural"]),
        ({"region": "lumber", "level": None}, "region", ["lumber", "spine:Lumbar"]),
        ({"delivery": "drip"}, "delivery", ["drip", "spine:SingleInjection"]),
        ({"guidance": ["fluoroscopy", "ct"]}, "guidance", ["one kind"]),
        ({"approach": ["interlaminar", "caudal"], "level": None}, "approach", ["one approach"]),
        ({"region": ["lumbar", "cervical"], "level": None}, "region", ["one region", "contradict"]),
        ({"delivery": ["single-injection", "continuous-infusion"]}, "delivery", ["one way"]),
        ({"space": ["epidural", "subarachnoid"]}, "space", ["one target space"]),
        ({"side": ["left", "right"]}, "side", ["one side"]),
        ({"purpose": ["diagnostic", "therapeutic"]}, "purpose", ["one purpose"]),
        ({"date": "2016-13-45"}, "date", ["not a date", "2016-13-45"]),
        ({"date": ["2024-05-01", "2024-05-02"]}, "date", ["one date"]),
        ({"code": ["99999"]}, "code", ["99999"]),
        ({"approach": None}, "approach", ["missing"]),
        ({"substance": None}, "substance", ["missing"]),
        ({"level": None}, "region", ["Neither a region nor a level"]),
        ({"guidance": None}, "guidance", ["missing", "silence"]),
        ({"delivery": None}, "delivery", ["single"]),
        ({**FORAMEN, "guidance": None}, "guidance", ["missing", "silence"]),
        ({**FORAMEN, "level": None, "region": "lumbar"}, "level", ["by level"]),
        ({**FORAMEN, "space": "subarachnoid"}, "space", ["epidural space only"]),
        ({"approach": "caudal", "space": "subarachnoid", "level": None}, "space", ["epidural space only"]),
        ({"approach": "caudal", "region": "lumbar", "level": None}, "region", ["sacral", "caudal"]),
        ({"approach": "caudal", "level": ["L3-L4"]}, "region", ["sacral", "L3-L4"]),
        ({"level": ["S1"], "approach": "interlaminar"}, "level", ["sacral foramen"]),
        ({"region": "cervical"}, "region", ["L4-L5", "cervical", "lumbar"]),
        ({"region": "thoracic"}, "region", ["L4-L5", "thoracic"]),
        ({"region": "sacral"}, "region", ["L4-L5", "sacral"]),
        ({"region": "lumbar", "level": ["T12-L1"]}, "region", ["T12-L1", "thoracic"]),
    ],
)
def test_what_is_wrong_is_told_with_a_fix(changes: dict[str, Any], axis: str, words: list[str]) -> None:
    report = spinecode.validate(changed(**changes))
    assert not report.conforms
    mine = [result for result in report.results if result.axis == axis]
    assert mine, found(report)
    assert any(all(word in result.message for word in words) for result in mine), found(report)
    for result in report.results:
        assert result.severity == "violation" or result.shape.endswith(("CodeDetermined", "SideMatters"))
        assert result.fix
        assert result.shape.startswith("https://w3id.org/spinecode/shape/")


@pytest.mark.parametrize(
    "changes",
    [
        {"guidance": None, "date": "2016-12-31", "code": ["62311"]},
        {**FORAMEN, "guidance": None, "date": "2010-06-30"},
        {**FORAMEN, "level": ["S1"]},
        {"approach": "caudal", "level": ["L5-S1"]},
        {"approach": "caudal", "level": None, "space": None},
        {"region": "lumbar"},
        {"region": "sacral", "level": ["L5-S1"]},
        {"space": None},
        {"approach": None, "guidance": None, "delivery": None, "substance": ["phenol"], "code": ["62282"]},
    ],
)
def test_what_is_right_conforms(changes: dict[str, Any]) -> None:
    report = spinecode.validate(changed(**changes))
    assert report.conforms, found(report)


def test_a_wrong_code_is_told_with_the_right_one_and_the_axis_that_decides() -> None:
    report = spinecode.validate(changed(code=["62321"]))
    assert [result.axis for result in report.results] == ["code"]
    message = report.results[0].message
    for part in (
        "62321 was reported",
        "implies 62323",
        "region decides",
        "requires cervical or thoracic",
        "lumbar was given",
    ):
        assert part in message


def test_a_retired_code_is_told_with_its_successors() -> None:
    message = spinecode.validate(changed(code=["62311"])).results[0].message
    assert "date of service decides" in message
    assert "replaced by 62322 and 62323" in message


def test_a_code_that_is_still_possible_is_no_violation() -> None:
    report = spinecode.validate({**changed(guidance=None), "code": ["62323"]})
    assert "code" not in [result.axis for result in report.results]
    ruled_out = spinecode.validate({**changed(guidance=None), "code": ["62321"]})
    assert any("leaves only 62322 and 62323 possible" in result.message for result in ruled_out.results)


def test_unknown_properties_are_told_with_the_nearest() -> None:
    report = spinecode.validate({**GOOD, "guidence": "fluoroscopy"})
    assert not report.conforms
    assert "spine:guidence" in report.results[0].message


TURTLE = """
@prefix spine: <https://w3id.org/spinecode/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
"""


def validated(text: str) -> Report:
    return validate_rdf(load(), parse_rdf((TURTLE + text).encode(), RdfFormat.TURTLE))


def test_an_untyped_node_is_meant_as_a_description() -> None:
    report = validated("[] spine:accessApproach spine:Interlaminar .")
    assert any("typed as a spinal injection" in message for _, message in found(report))


def test_rdf_without_a_description_is_refused() -> None:
    with pytest.raises(NoDescriptionError, match="no description"):
        validated("<urn:a> <urn:b> <urn:c> .")


def test_a_submission_cannot_bring_its_own_vocabulary() -> None:
    report = validated(
        "spine:Sonar a spine:ImagingGuidance, spine:FluoroscopyOrCT . "
        "<urn:a> a spine:SpinalInjection ; spine:imagingGuidance spine:Sonar ; "
        "  spine:impliesCode <urn:x> ; spine:refutedCode <urn:y> ."
    )
    assert any(axis == "guidance" and "Sonar" in message for axis, message in found(report))


def test_several_descriptions_in_one_document() -> None:
    report = validated(
        "_:one a spine:SpinalInjection ; spine:imagingGuidance spine:Sonar . <urn:two> a spine:SpinalInjection ."
    )
    assert {result.focus_node for result in report.results} == {"_:one", "urn:two"}
    assert [answer["description"] for answer in report.answers] == ["_:one", "urn:two"]


@pytest.mark.parametrize("bad", [["text"], [[]], [{"level": [[1]]}], [{"level": {"a": 1}}]])
def test_what_is_no_object_of_texts_is_refused(bad: Any) -> None:
    with pytest.raises(InputError):
        spinecode.validate(bad)


def test_the_report_is_a_shacl_report() -> None:
    report = spinecode.validate(changed(code=["62321"], guidance="flouroscopy"))
    graph = rdflib.Graph().parse(data=serialize(report.triples(), format=RdfFormat.N_TRIPLES) or b"", format="nt")
    sh = rdflib.Namespace(PREFIXES["sh"])
    assert graph.value(predicate=rdflib.RDF.type, object=sh.ValidationReport) is not None
    assert list(graph.objects(None, sh.conforms)) == [rdflib.Literal(False)]
    results = list(graph.subjects(rdflib.RDF.type, sh.ValidationResult))
    assert len(results) == len(report.results)
    for result in results:
        for name in ("focusNode", "resultSeverity", "resultMessage", "sourceShape", "sourceConstraintComponent"):
            assert graph.value(result, sh[name]) is not None


def test_the_order_of_results_is_always_the_same() -> None:
    worst = {"approach": ["a", "b"], "guidance": "c", "date": "d", "level": ["e", "f"], "code": ["g"], "h": "i"}
    first = spinecode.validate(worst).to_json()
    assert all(spinecode.validate(dict(reversed(worst.items()))).to_json() == first for _ in range(5))


# ---------------------------------------------------------------- against pySHACL itself, and against the index


def shapes() -> rdflib.Graph:
    quads = load().description_shapes
    return rdflib.Graph().parse(
        data=serialize((q.triple for q in quads), format=RdfFormat.N_TRIPLES) or b"", format="nt"
    )


def with_whole_ontology(knowledge: Knowledge, quads: list[Quad]) -> rdflib.Graph:
    """A description beside the closed ontology, as anyone with a SHACL engine would validate it."""
    closed = serialize((q.triple for q in knowledge.graph.store), format=RdfFormat.N_TRIPLES) or b""
    data = serialize((q.triple for q in quads), format=RdfFormat.N_TRIPLES) or b""
    return rdflib.Graph().parse(data=closed + data, format="nt")


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"guidance": None},
        {"region": "cervical"},
        {**FORAMEN, "space": "subarachnoid"},
        {"approach": "caudal", "region": "lumbar", "level": None},
    ],
)
def test_the_shapes_say_the_same_alone(knowledge: Knowledge, index: RuleIndex, changes: dict[str, Any]) -> None:
    """pySHACL as its manual has it, with the whole closed ontology in the data, finds what our prepared run finds."""
    given_facts = {k: v for k, v in changed(**changes).items() if k not in ("date", "code")}
    description = spinecode.description.from_mapping(index, given_facts)
    quads = [Quad(*triple) for triple in triples_of(index, description.facts, NamedNode("urn:d"))]
    ours = validate_rdf(knowledge, quads)
    concluded = Reading(index, NamedNode("urn:d"), quads).concluded()
    conforms, graph, _ = pyshacl.validate(
        with_whole_ontology(knowledge, quads + concluded), shacl_graph=shapes(), allow_warnings=True
    )
    sh = rdflib.Namespace(PREFIXES["sh"])
    theirs = sorted(
        str(graph.value(node, sh.sourceShape)) for node in graph.subjects(rdflib.RDF.type, sh.ValidationResult)
    )
    assert conforms == ours.conforms
    assert sorted(result.shape for result in ours.results) == [t for t in theirs if t.startswith("http")]


def contradicts(report: Report, graph: Graph) -> bool:
    return any(graph.flag(NamedNode(result.shape), term("spine:contradiction")) for result in report.results)


def test_shapes_and_index_find_the_same_contradictions(knowledge: Knowledge, index: RuleIndex) -> None:
    """Every pair of values of different axes: the shapes call it a contradiction exactly when selection refuses it."""
    graph = Graph.of(knowledge.description_shapes)
    asked = [axis for axis in index.asked_axes if axis.name in {"approach", "region", "level", "space"}]
    pairs = [
        {one.name: (a,), other.name: (b,)}
        for one, other in itertools.combinations(asked, 2)
        for a in one.values
        for b in other.values
    ]
    quads = [
        Quad(*triple)
        for n, facts in enumerate(pairs)
        for triple in triples_of(index, facts, NamedNode(f"urn:pair:{n}"))
    ]
    report = validate_rdf(knowledge, quads)
    by_node: dict[str, list[Any]] = {}
    for result in report.results:
        by_node.setdefault(result.focus_node, []).append(result)
    refused = 0
    for number, facts in enumerate(pairs):
        mine = Report(tuple(by_node.get(f"urn:pair:{number}", ())))
        try:
            check_contradictions(index, describe(index, facts))
            expected = False
        except ContradictionError:
            expected = True
            refused += 1
        assert contradicts(mine, graph) == expected, facts
    assert refused > 50


texts = st.text(max_size=12) | st.sampled_from(
    ["lumbar", "L4-L5", "fluoroscopy", "2024-05-01", "62323", "http://[", "a b"]
)
facts = st.dictionaries(
    st.sampled_from([*GOOD, "side", "region", "colour", "a b", ""]), texts | st.lists(texts, max_size=3), max_size=6
)


@settings(max_examples=100, deadline=None)
@given(facts)
def test_any_object_of_texts_gets_a_report(given_facts: dict[str, Any]) -> None:
    report = spinecode.validate(given_facts)
    assert report.conforms == all(result.severity != "violation" for result in report.results)
    assert serialize(report.triples(), format=RdfFormat.N_TRIPLES) is not None


terms = st.sampled_from(
    [NamedNode("urn:x"), BlankNode("b"), term("spine:Lumbar"), term("cpt:62323"), term("spine:SpinalInjection")]
)
predicates = st.sampled_from(
    [
        term(f"spine:{n}")
        for n in ("accessApproach", "spinalRegion", "vertebralLevel", "dateOfService", "reportedCode", "nonsense")
    ]
    + [term("rdf:type"), term("rdfs:label")]
)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(terms, predicates, terms), min_size=1, max_size=8))
def test_any_rdf_gets_a_report_or_a_clear_refusal(statements: list[tuple[Any, Any, Any]]) -> None:
    try:
        report = validate_rdf(load(), [Quad(*statement) for statement in statements])
    except NoDescriptionError:
        return
    assert report.answers
