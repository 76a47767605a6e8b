"""Three readers, one answer: the reasoner, SPARQL over the axioms, and the rule index."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import pytest
import rdflib
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyoxigraph import NamedNode, Quad, RdfFormat, Triple, parse, serialize

from spinecode import hermit
from spinecode.catalogue import catalogue
from spinecode.combinations import Combination, Space, close
from spinecode.description import Description, describe, from_mapping
from spinecode.errors import ContradictionError
from spinecode.index import RuleIndex
from spinecode.knowledge import Knowledge, load
from spinecode.selection import check_contradictions, select
from spinecode.services import services_of
from tests.closed import axioms, closed_by_owlrl, description_triples, logic, sparql_codes, store_with, triples_of
from tests.coding_cases import SELECTIONS
from tests.reasoners import needs_java

Facts = dict[str, tuple[int, ...]]

IMPLIES = "https://w3id.org/spinecode/impliesCode"


def nodes(count: int) -> list[NamedNode]:
    return [NamedNode(f"urn:combination:{number}") for number in range(count)]


def index_codes(index: RuleIndex, facts: Facts, day: str | None = None) -> tuple[str, ...]:
    return index.codes_in(index.implied(facts, index.all if day is None else index.valid_on(day)))


def with_other_values(index: RuleIndex, space: Space, every: list[Combination]) -> list[tuple[Facts, Facts]]:
    """Combinations in which each value takes, a few times, the place of the one that stands for its group."""
    uses: dict[int, list[Combination]] = {}
    for combination in every:
        for number in {number for _, numbers in combination.stated for number in numbers}:
            uses.setdefault(number, []).append(combination)
    found = []
    for groups in space.groups.values():
        for first, *others in groups:
            shown = uses.get(first, [])
            for combination in shown[:: max(1, len(shown) // 40)]:
                for other in others:
                    swapped = {
                        axis: tuple(other if n == first else n for n in numbers) for axis, numbers in combination.stated
                    }
                    found.append((combination.facts, close(index, swapped)))
    return found


@pytest.fixture(scope="module")
def every(index: RuleIndex) -> list[Combination]:
    """Every combination that the rules can tell apart; see ``combinations``."""
    return list(Space(index))


@pytest.fixture(scope="module")
def swapped(index: RuleIndex, every: list[Combination]) -> list[tuple[Facts, Facts]]:
    return with_other_values(index, Space(index), every)


@pytest.fixture(scope="module")
def combinations(every: list[Combination], swapped: list[tuple[Facts, Facts]]) -> list[Facts]:
    return [combination.facts for combination in every] + [facts for _, facts in swapped]


def test_there_is_a_combination_for_every_value(index: RuleIndex, combinations: list[Facts]) -> None:
    met = {number for facts in combinations for numbers in facts.values() for number in numbers}
    precise = {n for axis in set(index.slots) for n in index.axes[axis].values if not index.values[n].narrower}
    assert precise <= met
    assert len(combinations) > 20_000


def test_a_value_leads_where_the_one_that_stands_for_it_leads(
    index: RuleIndex, swapped: list[tuple[Facts, Facts]]
) -> None:
    assert len(swapped) > 1000
    for original, facts in swapped:
        assert index_codes(index, original) == index_codes(index, facts), facts


def test_sparql_agrees_on_every_combination(index: RuleIndex, knowledge: Knowledge, combinations: list[Facts]) -> None:
    """Each combination on some date, and on both sides of every day on which its codes change."""
    days = index.boundaries[1:]
    valid = {day: index.valid_on(day) for day in days}
    wanted: dict[str, list[Facts]] = {day: [] for day in days}
    for number, facts in enumerate(combinations):
        codes = [index.implied(facts, valid[day]) for day in days]
        for place, day in enumerate(days):
            before, after = codes[max(place - 1, 0)], codes[min(place + 1, len(days) - 1)]
            if codes[place] not in (before, after) or before != after or number % len(days) == place:
                wanted[day].append(facts)
    assert sum(map(len, wanted.values())) > len(combinations)
    for day, part in wanted.items():
        named = list(zip(nodes(len(part)), part, strict=True))
        store = store_with(knowledge, (t for node, facts in named for t in triples_of(index, facts, node)))
        found = sparql_codes(store, day)
        for node, facts in named:
            assert tuple(sorted(found.get(node.value, ()))) == index_codes(index, facts, day), (day, facts)


def test_a_rust_reasoner_agrees_on_every_combination(
    index: RuleIndex, knowledge: Knowledge, combinations: list[Facts], tmp_path: Path
) -> None:
    # in parts, since the reasoner hands back all that it concludes
    for start in range(0, len(combinations), 6000):
        part = combinations[start : start + 6000]
        named = list(zip(nodes(len(part)), part, strict=True))
        found = rust_codes(knowledge, (t for node, facts in named for t in triples_of(index, facts, node)), tmp_path)
        for node, facts in named:
            assert tuple(sorted(found.get(node.value, ()))) == index_codes(index, facts), facts


def near_the_borders(index: RuleIndex, combinations: list[Facts]) -> list[Facts]:
    """For each definition, what meets it and, for each of its requirements, what fails in that one alone."""
    chosen: dict[int, Facts] = {}
    wanted: dict[tuple[int, int], int] = {}
    for number, facts in enumerate(combinations):
        for bit, definition in enumerate(index.definitions):
            failing = [
                place
                for place, r in enumerate(definition.requirements)
                if set(r.accepts).isdisjoint(facts.get(r.axis, ()))
            ]
            if len(failing) <= 1:
                wanted.setdefault((bit, failing[0] if failing else -1), number)
    for number in wanted.values():
        chosen[number] = combinations[number]
    return list(chosen.values())


def test_owlrl_agrees_on_what_meets_a_definition_and_what_just_fails_it(
    index: RuleIndex, knowledge: Knowledge, combinations: list[Facts]
) -> None:
    chosen = near_the_borders(index, combinations)
    assert len(chosen) > 2 * len(index.definitions)
    named = list(zip(nodes(len(chosen)), chosen, strict=True))
    found = owlrl_codes(knowledge, (t for node, facts in named for t in triples_of(index, facts, node)))
    for node, facts in named:
        assert tuple(sorted(found.get(node.value, ()))) == index_codes(index, facts), facts


# ---------------------------------------------------------------- the cases


def closed_cases(index: RuleIndex) -> dict[str, Facts]:
    """The services of every case, by an IRI; contradictory ones are refused before any reader sees them."""
    found = {}
    for case in SELECTIONS:
        services, _ = services_of(index, from_mapping(index, case.given).facts)
        for number, service in enumerate(services):
            found[f"urn:case:{case.id}:{number}"] = service.facts
    return found


@pytest.fixture(scope="module")
def cases(index: RuleIndex) -> dict[str, Facts]:
    """Of the services with the same facts one, since a reasoner sees nothing else of them."""
    first = {tuple(sorted(facts.items())): iri for iri, facts in reversed(closed_cases(index).items())}
    return {iri: dict(facts) for facts, iri in first.items()}


def case_triples(index: RuleIndex, cases: dict[str, Facts]) -> list[Triple]:
    return [triple for iri, facts in cases.items() for triple in triples_of(index, facts, NamedNode(iri))]


def test_there_are_cases_enough(index: RuleIndex, cases: dict[str, Facts]) -> None:
    assert len(SELECTIONS) >= 150
    assert len(closed_cases(index)) >= len(SELECTIONS)
    assert len(cases) > 300


def assert_same_codes(index: RuleIndex, cases: dict[str, Facts], found: dict[str, set[str]]) -> None:
    for iri, facts in cases.items():
        assert tuple(sorted(found.get(iri, ()))) == index_codes(index, facts), iri


def test_owlrl_derives_the_codes_of_every_case(index: RuleIndex, knowledge: Knowledge, cases: dict[str, Facts]) -> None:
    assert_same_codes(index, cases, owlrl_codes(knowledge, case_triples(index, cases)))


def test_a_rust_reasoner_derives_the_codes_of_every_case(
    index: RuleIndex, knowledge: Knowledge, cases: dict[str, Facts], tmp_path: Path
) -> None:
    assert_same_codes(index, cases, rust_codes(knowledge, case_triples(index, cases), tmp_path))


@needs_java
def test_hermit_derives_the_codes_of_every_case(
    index: RuleIndex, knowledge: Knowledge, cases: dict[str, Facts]
) -> None:
    axiom_triples = [quad.triple for quad in parse(axioms(knowledge), format=RdfFormat.N_TRIPLES)]
    told = hermit.classification([*axiom_triples, *case_triples(index, cases)]) or ""
    codes = {definition.iri: definition.code for definition in index.definitions}
    found: dict[str, set[str]] = {}
    for iri, cls in re.findall(r"^Type\( <(\S+)> <(\S+)> \)", told, re.MULTILINE):
        if cls in codes:
            found.setdefault(iri, set()).add(codes[cls])
    assert_same_codes(index, cases, found)


def rust_codes(knowledge: Knowledge, triples: Iterable[Triple], folder: Path) -> dict[str, set[str]]:
    """The codes that ``reasonable`` derives, by node."""
    import reasonable

    file = folder / "data.ttl"
    file.write_bytes(axioms(knowledge) + (serialize(triples, format=RdfFormat.N_TRIPLES) or b""))
    reasoner = reasonable.PyReasoner()
    reasoner.load_file(str(file))
    found: dict[str, set[str]] = {}
    for subject, predicate, value in reasoner.reason():
        if str(predicate) == IMPLIES:
            found.setdefault(str(subject), set()).add(str(value).rpartition("/")[2])
    return found


def owlrl_codes(knowledge: Knowledge, triples: Iterable[Triple]) -> dict[str, set[str]]:
    """The codes that owlrl derives, by node."""
    graph = closed_by_owlrl(axioms(knowledge), triples)
    found: dict[str, set[str]] = {}
    for subject, value in graph.subject_objects(rdflib.URIRef(IMPLIES)):
        found.setdefault(str(subject), set()).add(str(value).rpartition("/")[2])
    return found


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


def test_an_open_value_gives_way_to_a_precise_one() -> None:
    """The approach leaves open which space it reached, the record does not: no code may rest on the other one."""
    knowledge = load()
    index = knowledge.index
    names = {"approach": "interlaminar", "space": "subarachnoid", "substance": "blood"}
    description = from_mapping(index, {**names, "date": "2024-05-01"})
    node = NamedNode("urn:description")
    store = store_with(knowledge, description_triples(index, description, node))
    closed = list(store.query(catalogue()["close"].text))
    spaces = [t.object.value.rpartition("/")[2] for t in closed if t.predicate.value.endswith("targetSpace")]
    assert spaces == ["Subarachnoid"]
    store.extend(Quad(*triple) for triple in closed)
    assert sparql_codes(store, "2024-05-01") == {}


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
    services, _ = services_of(index, description.facts)

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
    ontology = logic(knowledge)
    checked = 0
    for constraint in index.rules.constraints:
        condition = constraint.conditions[0]
        for other in index.axes[constraint.axis].values:
            if index.allows(constraint, other):
                continue
            facts = {condition.axis: condition.accepts[:1], constraint.axis: (other,)}
            with pytest.raises(ContradictionError):
                check_contradictions(index, describe(index, facts))
            if checked < 6:
                checked += 1
                node = NamedNode("urn:contradiction")
                graph = closed_by_owlrl(ontology, triples_of(index, facts, node))
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
        (service,), _ = services_of(index, description.facts)
        triples += triples_of(index, {**service.facts, **description.facts}, NamedNode(name))
    graph = closed_by_owlrl(logic(knowledge), triples)
    assert not list(graph.objects(rdflib.URIRef("urn:second"), rdflib.URIRef(IMPLIES)))
    assert select(index, from_mapping(index, second)).status == "undetermined"
