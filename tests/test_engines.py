"""The fast SHACL engine says what pySHACL says, on every case and on thousands of descriptions made up for it."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat

from spinecode import validation
from spinecode import vocabulary as v
from spinecode.bridge import Found
from spinecode.errors import NoDescriptionError
from spinecode.fast_shacl import FastEngine, engine_for
from spinecode.graph import Graph, parse_rdf
from spinecode.index import RuleIndex
from spinecode.knowledge import Knowledge
from spinecode.shacl import Engine
from spinecode.understanding import Reading
from spinecode.validation import validate_mapping, validate_rdf
from spinecode.vocabulary import term
from tests import coding_cases, validation_cases
from tests.made_descriptions import DATE_TYPE, Maker

MADE = 5000
SEED = 20240501


@pytest.fixture(scope="module")
def reference(knowledge: Knowledge) -> Engine:
    return Engine(knowledge)


@pytest.fixture(scope="module")
def fast(knowledge: Knowledge) -> FastEngine:
    return FastEngine(knowledge)


class Both:
    """Runs both engines on all it is given, and holds one against the other."""

    def __init__(self, reference: Engine, fast: FastEngine) -> None:
        self.reference, self.fast = reference, fast
        self.shapes: Graph = reference.shapes
        self.results = 0

    def run(self, facts: Sequence[Quad]) -> list[Found]:
        expected, found = self.reference.run(facts), self.fast.run(facts)
        assert Counter(found) == Counter(expected), list(facts)[:30]
        self.results += len(found)
        return found


@pytest.fixture
def both(reference: Engine, fast: FastEngine, monkeypatch: pytest.MonkeyPatch) -> Both:
    engines = Both(reference, fast)
    monkeypatch.setattr(validation, "engine_for", lambda _: engines)
    return engines


def with_conclusions(index: RuleIndex, stated: list[Quad]) -> list[Quad]:
    node = stated[0].subject
    assert isinstance(node, NamedNode | BlankNode)
    return [*stated, *Reading(index, node, stated).concluded()]


def in_parts(quads: Iterator[list[Quad]], size: int) -> Iterator[list[Quad]]:
    part: list[list[Quad]] = []
    for one in quads:
        part.append(one)
        if len(part) == size:
            yield [quad for about in part for quad in about]
            part = []
    yield [quad for about in part for quad in about]


def test_both_find_the_same_in_thousands_of_descriptions(
    index: RuleIndex, reference: Engine, fast: FastEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    handed_on: set[Any] = set()
    run = fast._reference.run

    def counted(facts: Sequence[Quad]) -> list[Found]:
        handed_on.update(quad.subject for quad in facts)
        return run(facts)

    monkeypatch.setattr(fast._reference, "run", counted)
    made = (with_conclusions(index, stated) for stated in Maker(index, SEED).many(MADE) if stated)
    shapes: Counter[str] = Counter()
    for facts in in_parts(made, 100):
        expected = Counter(reference.run(facts))
        found = Counter(fast.run(facts))
        assert found == expected, [*(found - expected), *(expected - found)][:5]
        shapes.update(one.shape.value for one in found if one.shape is not None)
    # the comparison is worth something: few are handed on to pySHACL, and most shapes have found something
    assert len(handed_on) < MADE * 0.2
    aimed = {str(shape.node) for shape in reference._aimed}
    assert len(aimed & set(shapes)) > len(aimed) * 0.6
    assert sum(shapes.values()) > MADE


@pytest.mark.parametrize("case", coding_cases.SELECTIONS, ids=lambda case: case.id)
def test_both_find_the_same_in_the_coding_cases(knowledge: Knowledge, both: Both, case: coding_cases.Case) -> None:
    validate_mapping(knowledge, case.given)


@pytest.mark.parametrize("case", validation_cases.CASES, ids=lambda case: case.id)
def test_both_find_the_same_in_the_validation_cases(
    knowledge: Knowledge, both: Both, case: validation_cases.ValidationCase
) -> None:
    if case.given is not None:
        validate_mapping(knowledge, case.given)
    else:
        validate_rdf(knowledge, parse_rdf(case.content, RdfFormat.TURTLE))
    assert both.results >= len(case.results)


DAYS = [
    *("2024-05-01", "2024-02-30", "0000-01-01", "0001-01-01", "-2024-05-01", "12024-05-01", "2024-05-01Z"),
    *("2024-05-01+02:00", "1999-12-31Z", "1999-12-31-14:00", " 2024-05-01 ", "2024-05-01\n", "", "today", "5/1/2024"),
    *("2024-05-01T00:00:00", "2024-13-01T00:00:00", "2024-05-01T24:00:00", "2024-05-01T10:00:00Z", "2024", "1e3", "1"),
]
TYPES = ["date", "dateTime", "string", "gYear", "integer", "decimal", "boolean", "duration", "anyURI", "time"]


@pytest.mark.parametrize("kind", TYPES)
def test_both_read_the_same_in_days(index: RuleIndex, both: Both, kind: str) -> None:
    facts = []
    for number, text in enumerate([*DAYS, "true", "false"]):
        node = NamedNode(f"urn:day:{number}")
        facts.append(Quad(node, v.TYPE, v.INJECTION))
        facts.append(Quad(node, v.DATE_OF_SERVICE, Literal(text, datatype=term(f"xsd:{kind}"))))
    both.run(facts)
    assert both.results


nodes = st.sampled_from(
    [
        *(NamedNode("urn:x"), NamedNode("http://a/../b?c#d"), NamedNode("urn:%C3%A9"), NamedNode("urn:\u00e9\u4e00")),
        *(BlankNode("b"), BlankNode("c"), term("spine:Lumbar"), term("cpt:62323"), term("spine:SpinalInjection")),
        *(NamedNode("HTTP://EXAMPLE.org:80/"), NamedNode("urn:\U0001f489"), NamedNode("a:b(c),'d'")),
    ]
)
texts = st.text(max_size=8) | st.sampled_from(["\r\n", "\u2028", "\x00", "\\u0041", '"', "\ud7ff", "\ufeff"])
literals = st.builds(Literal, texts) | st.builds(lambda text: Literal(text, language="en"), texts)
literals |= st.builds(lambda text: Literal(text, datatype=DATE_TYPE), texts)
predicates = st.sampled_from(
    [
        *(term(f"spine:{name}") for name in ("accessApproach", "spinalRegion", "vertebralLevel", "dateOfService")),
        *(term(f"spine:{name}") for name in ("reportedCode", "injectedSubstance", "nonsense", "refutedCode")),
        *(term("rdf:type"), term("rdfs:label"), NamedNode("urn:p%20q")),
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(nodes, predicates, nodes | literals), min_size=1, max_size=10))
def test_both_find_the_same_in_any_rdf(
    reference: Engine, fast: FastEngine, triples: list[tuple[Any, Any, Any]]
) -> None:
    facts = [Quad(*triple) for triple in triples]
    assert Counter(fast.run(facts)) == Counter(reference.run(facts))


def test_without_the_fast_engine_pyshacl_does_the_work(knowledge: Knowledge, monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(engine_for.__wrapped__(knowledge), FastEngine)
    monkeypatch.setitem(sys.modules, "shacl", None)
    assert isinstance(engine_for.__wrapped__(knowledge), Engine)


OTHER_SHAPES = """
@prefix sh: <http://www.w3.org/ns/shacl#> . @prefix spine: <https://w3id.org/spinecode/> .
@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> . @prefix ex: <http://example.org/shape/> .
ex:OneLabel a sh:PropertyShape ; sh:targetClass spine:SpinalInjection ; sh:path rdfs:label ; sh:uniqueLang true ;
    sh:message "One label in each language."@en .
ex:NoMessage a sh:PropertyShape ; sh:targetClass spine:SpinalInjection ; sh:path rdfs:comment ; sh:minCount 1 .
ex:Unnamed a sh:NodeShape ; sh:targetClass spine:SpinalInjection ; sh:nodeKind sh:IRI ;
    sh:message "Give it a name."@en .
ex:Number a sh:PropertyShape ; sh:targetClass spine:SpinalInjection ; sh:path rdfs:seeAlso ; sh:pattern "^\\\\d+$" ;
    sh:message "A number."@en .
ex:Short a sh:PropertyShape ; sh:targetClass spine:SpinalInjection ; sh:path rdfs:seeAlso ; sh:maxCount 1 ;
    sh:message "One is enough."@en .
"""


def test_shapes_of_other_kinds_go_to_pyshacl(knowledge: Knowledge, tmp_path: Path) -> None:
    (tmp_path / "own.ttl").write_text(OTHER_SHAPES, encoding="utf-8")
    folders = knowledge.folders
    own = Knowledge(folders.ontology, shapes=[*folders.shapes, tmp_path])
    reference, fast = Engine(own), FastEngine(own)
    assert fast._others is not None
    others = {str(shape.node).rpartition("/")[2] for shape in fast._others._aimed}
    assert others == {"OneLabel", "NoMessage", "Unnamed", "Number"}
    facts = [
        *(Quad(node, v.TYPE, v.INJECTION) for node in (NamedNode("urn:a"), BlankNode("b"))),
        *(Quad(BlankNode("b"), term("rdfs:seeAlso"), Literal(text)) for text in ("12", "\u0664", "x")),
        *(Quad(NamedNode("urn:a"), v.LABEL, Literal(text, language="en")) for text in ("one", "two")),
    ]
    found = fast.run(facts)
    assert Counter(found) == Counter(reference.run(facts))
    told = {(one.focus_node, one.shape.value.rpartition("/")[2]) for one in found if one.shape is not None}
    expected = {("urn:a", "OneLabel"), ("_:b", "Unnamed"), ("_:b", "Number"), ("_:b", "Short"), ("urn:a", "NoMessage")}
    assert expected <= told


@pytest.mark.parametrize("name", ["reference", "fast"])
def test_a_description_is_judged_by_itself(request: pytest.FixtureRequest, index: RuleIndex, name: str) -> None:
    """What one description says is nothing that another can rest on, nor does a name of ours make it a value."""
    engine: Engine | FastEngine = request.getfixturevalue(name)
    value = next(number for axis in index.asked_axes if not axis.repeatable for number in axis.values)
    prop = NamedNode(index.axes[index.values[value].axis].property)
    kind = next(
        quad.object
        for quad in engine.shapes.store.quads_for_pattern(None, term("sh:class"), None)
        if prop in {q.object for q in engine.shapes.store.quads_for_pattern(quad.subject, term("sh:path"), None)}
    )
    mine, other = NamedNode("urn:mine"), NamedNode("urn:other")
    alone = [Quad(mine, v.TYPE, v.INJECTION), Quad(mine, prop, other)]
    claims = [Quad(other, v.TYPE, v.INJECTION), Quad(other, v.TYPE, kind)]
    about_mine = [one for one in engine.run([*alone, *claims]) if one.focus_node == "urn:mine"]
    assert Counter(about_mine) == Counter(engine.run(alone))
    assert any(one.value == "urn:other" for one in about_mine)
    # the name of a value as that of a description leaves the value what it is
    named = NamedNode(index.values[value].iri)
    as_named = engine.run([Quad(named, v.TYPE, v.INJECTION), Quad(mine, v.TYPE, v.INJECTION), Quad(mine, prop, named)])
    assert {one.focus_node for one in as_named} == {named.value, "urn:mine"}


def test_no_description_is_told_apart_from_a_good_one(knowledge: Knowledge) -> None:
    with pytest.raises(NoDescriptionError):
        validate_rdf(knowledge, [Quad(NamedNode("urn:a"), v.LABEL, Literal("a"))])
