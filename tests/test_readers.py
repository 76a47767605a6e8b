"""Three readers, one answer: the reasoner, SPARQL over the axioms, and the rule index."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import owlrl
import pytest
import rdflib
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyoxigraph import NamedNode, Quad, RdfFormat, Store, serialize

from spinecode.catalogue import catalogue
from spinecode.description import Description, describe, from_mapping
from spinecode.errors import ContradictionError
from spinecode.index import RuleIndex
from spinecode.knowledge import Knowledge, load
from spinecode.selection import check_contradictions, select, services_of
from tests.closed import axioms, description_triples, sparql_codes, store_with, triples_of

Facts = dict[str, tuple[int, ...]]

IMPLIES = "https://w3id.org/spinecode/impliesCode"


def every_combination(index: RuleIndex) -> list[Facts]:
    """Closed facts for every combination of the values that definitions ask about, the level's ordinal included."""
    asked = [
        a
        for a in index.axes
        if a in index.slots and (a not in {d.name for d in index.derived_axes} or index.axes[a].counts_within)
    ]
    found = []
    for numbers in itertools.product(*(index.axes[axis].values for axis in asked)):
        stated = {axis: (number,) for axis, number in zip(asked, numbers, strict=True)}
        facts = index.effective(stated, [link for number in numbers for link in index.values[number].implies])
        index.derive(facts)
        found.append(facts)
    return found


@pytest.fixture(scope="module")
def combinations(index: RuleIndex) -> list[Facts]:
    return every_combination(index)


def nodes(count: int) -> list[NamedNode]:
    return [NamedNode(f"urn:combination:{number}") for number in range(count)]


def index_codes(index: RuleIndex, facts: Facts, day: str | None = None) -> tuple[str, ...]:
    return index.codes_in(index.implied(facts, index.all if day is None else index.valid_on(day)))


def test_there_is_a_combination_for_every_value(index: RuleIndex, combinations: list[Facts]) -> None:
    met = {number for facts in combinations for numbers in facts.values() for number in numbers}
    assert {n for axis in set(index.slots) for n in index.axes[axis].values} <= met
    assert len(combinations) > 20_000


def test_sparql_agrees_on_every_combination_and_date(
    index: RuleIndex, knowledge: Knowledge, combinations: list[Facts]
) -> None:
    named = list(zip(nodes(len(combinations)), combinations, strict=True))
    store = store_with(knowledge, (t for node, facts in named for t in triples_of(index, facts, node)))
    for day in index.boundaries[1:]:
        found = sparql_codes(store, day)
        for node, facts in named:
            assert tuple(sorted(found.get(node.value, ()))) == index_codes(index, facts, day), (day, facts)


def test_a_rust_reasoner_agrees_on_every_combination(
    index: RuleIndex, knowledge: Knowledge, combinations: list[Facts], tmp_path: Path
) -> None:
    import reasonable

    # in parts, since the reasoner hands back all that it concludes
    for start in range(0, len(combinations), 6000):
        part = combinations[start : start + 6000]
        named = list(zip(nodes(len(part)), part, strict=True))
        data = serialize(
            (t for node, facts in named for t in triples_of(index, facts, node)), format=RdfFormat.N_TRIPLES
        )
        file = tmp_path / "data.ttl"
        file.write_bytes(axioms(knowledge) + (data or b""))
        reasoner = reasonable.PyReasoner()
        reasoner.load_file(str(file))
        found: dict[str, set[str]] = {}
        for subject, predicate, value in reasoner.reason():
            if str(predicate) == IMPLIES:
                found.setdefault(str(subject), set()).add(str(value).rpartition("/")[2])
        for node, facts in named:
            assert tuple(sorted(found.get(node.value, ()))) == index_codes(index, facts), facts


def owlrl_codes(knowledge: Knowledge, triples: bytes) -> dict[str, set[str]]:
    graph = rdflib.Graph().parse(data=axioms(knowledge) + triples, format="nt")
    owlrl.DeductiveClosure(owlrl.OWLRL_Semantics).expand(graph)
    found: dict[str, set[str]] = {}
    for subject, value in graph.subject_objects(rdflib.URIRef(IMPLIES)):
        found.setdefault(str(subject), set()).add(str(value).rpartition("/")[2])
    return found


def alike(index: RuleIndex, knowledge: Knowledge, number: int) -> Any:
    """What a reasoner can tell a value by: its classes and its links. Two values alike in that are the same to it."""
    node = NamedNode(index.values[number].iri)
    quads = knowledge.graph.store.quads_for_pattern(node, None, None)
    links = {link for value in index.values for link, _ in value.implies}
    told = {(q.predicate.value, q.object.value) for q in quads if isinstance(q.object, NamedNode)}
    value = index.values[number]
    hidden = {index.values[n].iri for n in value.narrower} | {value.coding_region}
    return frozenset(
        pair for pair in told if pair[1] not in hidden and "reportedWith" not in pair[0] and "sameAs" not in pair[0]
    ), len(links)


def test_owlrl_agrees_on_every_combination_of_values_that_it_can_tell_apart(
    index: RuleIndex, knowledge: Knowledge, combinations: list[Facts]
) -> None:
    signatures = {value.id: alike(index, knowledge, value.id) for value in index.values}
    chosen: dict[Any, Facts] = {}
    for facts in combinations:
        key = tuple((axis, frozenset(signatures[n] for n in numbers)) for axis, numbers in facts.items())
        chosen.setdefault(key, facts)
    assert len(chosen) < len(combinations) / 10
    named = list(zip(nodes(len(chosen)), chosen.values(), strict=True))
    data = serialize((t for node, facts in named for t in triples_of(index, facts, node)), format=RdfFormat.N_TRIPLES)
    found = owlrl_codes(knowledge, data or b"")
    for node, facts in named:
        assert tuple(sorted(found.get(node.value, ()))) == index_codes(index, facts), facts


# ---------------------------------------------------------------- partial descriptions, and how they are closed


@st.composite
def descriptions(draw: st.DrawFn) -> Description:
    """Descriptions that leave any axis out, with several levels and substances, contradictions included."""
    index = load().index
    facts = {}
    for axis in index.asked_axes:
        most = 4 if axis.repeatable else 1
        numbers = draw(st.lists(st.sampled_from(axis.values), max_size=most, unique=True))
        if numbers:
            facts[axis.name] = numbers
    day = draw(st.sampled_from([*index.boundaries[1:], "2016-12-31", "2010-12-31", "2026-06-01"]))
    return describe(index, facts, day)


SOME = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@SOME
@given(description=descriptions())
def test_sparql_agrees_on_partial_descriptions(description: Description) -> None:
    knowledge = load()
    index = knowledge.index
    node = NamedNode("urn:description")
    store = store_with(knowledge, description_triples(index, description, node))
    closed = list(store.query(catalogue()["close"].text))
    parts = {t.object.value for t in closed if t.predicate.value.endswith("injectionAtLevel")} or {node.value}
    store.extend(Quad(*triple) for triple in closed)
    assert description.date is not None
    valid = index.valid_on(description.date)
    services, _ = services_of(index, description)

    # the query closes a description as Python does
    stated = {(t.subject.value, t.predicate.value, t.object.value) for t in closed if t.subject.value in parts}
    for service in services:
        name = node.value if service.level is None else f"{node.value}#{index.values[service.level].name}"
        for triple in triples_of(index, service.facts, NamedNode(name)):
            assert (name, triple.predicate.value, triple.object.value) in stated

    # and finds the same codes and units
    expected: dict[str, int] = {}
    for service in services:
        for code in index.codes_in(index.implied(service.facts, valid)):
            expected[code] = expected.get(code, 0) + 1
    capped = {code: min(units, index.codes[code].max_units or units) for code, units in expected.items()}
    assert sparql_codes(store, description.date).get(node.value, {}) == capped


@SOME
@given(description=descriptions())
def test_what_is_concluded_survives_every_further_fact(description: Description) -> None:
    """A candidate ruled out stays out, and an implied code stays implied, whatever is added on a silent axis."""
    index = load().index
    try:
        before = select(index, description)
    except ContradictionError:
        return
    for axis in index.asked_axes:
        if axis.name in description.facts:
            continue
        for number in axis.values:
            fuller = describe(index, {**description.facts, axis.name: (number,)}, description.date)
            try:
                after = select(index, fuller)
            except ContradictionError:
                continue
            assert set(after.candidates) <= set(before.candidates) or before.assumptions
            if before.status == "determined" and not axis.repeatable and not before.assumptions:
                assert {line.code for line in before.lines} == {line.code for line in after.lines}


@SOME
@given(description=descriptions())
def test_the_next_question_leads_on(description: Description) -> None:
    index = load().index
    try:
        selection = select(index, description)
    except ContradictionError:
        return
    if selection.status != "undetermined":
        assert selection.question is None
        return
    question = selection.question
    assert question is not None
    for name, leaves in zip(question.values, question.leads_to, strict=True):
        number = index.value_named(question.axis, name)
        assert number is not None
        answered = describe(index, {**description.facts, question.axis: (number,)}, description.date)
        assert select(index, answered).candidates == leaves
        assert leaves


def test_contradictions_are_those_that_the_reasoner_finds(index: RuleIndex, knowledge: Knowledge) -> None:
    """Where the constraints of the ontology speak, owlrl calls the description inconsistent, and we refuse it."""
    store = Store()
    store.bulk_extend(knowledge.ontology.stated())
    ontology = serialize((quad.triple for quad in store), format=RdfFormat.N_TRIPLES) or b""
    checked = 0
    for constraint in index.rules.constraints:
        condition = constraint.conditions[0]
        for other in index.axes[constraint.axis].values:
            if any(index.compatible(other, allowed) for allowed in constraint.allowed):
                continue
            facts = {condition.axis: condition.accepts[:1], constraint.axis: (other,)}
            with pytest.raises(ContradictionError):
                check_contradictions(index, describe(index, facts))
            if checked < 6:
                checked += 1
                node = NamedNode("urn:contradiction")
                data = serialize(triples_of(index, facts, node), format=RdfFormat.N_TRIPLES) or b""
                graph = rdflib.Graph().parse(data=ontology + data, format="nt")
                closure = owlrl.DeductiveClosure(owlrl.OWLRL_Semantics)
                closure.expand(graph)
                errors = list(graph.objects(None, rdflib.URIRef("http://www.daml.org/2002/03/agents/agent-ont#error")))
                assert errors, facts
    assert checked


def test_one_description_does_not_change_what_follows_of_another(index: RuleIndex, knowledge: Knowledge) -> None:
    """Two consistent records in one graph: the open space of a caudal one says nothing of an interlaminar one."""
    first = {"approach": "caudal", "space": "epidural-or-subarachnoid", "delivery": "single-injection"}
    second = {"approach": "interlaminar", "region": "lumbar", "substance": "phenol"}
    triples = []
    for name, given_facts in (("urn:first", first), ("urn:second", second)):
        description = from_mapping(index, given_facts)
        (service,), _ = services_of(index, description)
        triples += triples_of(index, {**service.facts, **description.facts}, NamedNode(name))
    stated = serialize((quad.triple for quad in knowledge.ontology.stated()), format=RdfFormat.N_TRIPLES) or b""
    data = serialize(triples, format=RdfFormat.N_TRIPLES) or b""
    graph = rdflib.Graph().parse(data=stated + data, format="nt")
    owlrl.DeductiveClosure(owlrl.OWLRL_Semantics).expand(graph)
    assert not list(graph.objects(rdflib.URIRef("urn:second"), rdflib.URIRef(IMPLIES)))
    assert select(index, from_mapping(index, second)).status == "undetermined"
