"""The ontology itself: well formed, within its profile, consistent, sourced, and in our own words."""

from __future__ import annotations

import dataclasses
import itertools
import re

import pytest
from pyoxigraph import NamedNode

from spinecode import hermit
from spinecode.checking import check_ontology
from spinecode.combinations import Space
from spinecode.coverage import Coverage
from spinecode.coverage import coverage as measure
from spinecode.files import data_folder
from spinecode.graph import Ontology
from spinecode.index import RuleIndex
from spinecode.knowledge import Knowledge
from spinecode.rules import day_after
from spinecode.spelling import fold
from spinecode.vocabulary import term
from tests.reasoners import needs_java

FIRST_FAMILIES = [
    *("62320", "62321", "62322", "62323", "62324", "62325", "62326", "62327"),
    *("64479", "64480", "64483", "64484"),
    *("62280", "62281", "62282"),
    *("62310", "62311", "62318", "62319"),
]


def test_the_check_finds_no_fault() -> None:
    assert check_ontology([data_folder("ontology")]) == []


def test_the_first_families_are_there(index: RuleIndex) -> None:
    assert set(FIRST_FAMILIES) <= set(index.codes)


def test_every_level_and_its_region(index: RuleIndex) -> None:
    vertebrae = [
        *(f"C{n}" for n in range(1, 8)),
        *(f"T{n}" for n in range(1, 13)),
        *(f"L{n}" for n in range(1, 6)),
        "S1",
    ]
    expected = [f"{one}-{other}" for one, other in itertools.pairwise(vertebrae)] + ["S1", "S2", "S3", "S4"]
    levels = sorted((index.values[n] for n in index.axes["level"].values), key=lambda value: value.position)
    assert [level.name for level in levels] == expected
    regions = {level.name: {index.values[n].name for n in dict(level.implies)["region"]} for level in levels}
    assert regions["C7-T1"] == {"cervical", "thoracic"}
    assert regions["T12-L1"] == {"thoracic"}
    assert regions["L5-S1"] == {"lumbar", "sacral"}
    assert regions["S3"] == {"sacral"}


@pytest.mark.parametrize(
    "spelling", ["L4-L5", "L4/L5", "L4-5", "l4/5", "L4 \u2013 L5", "https://w3id.org/spinecode/L4-L5"]
)
def test_spellings_of_a_level(index: RuleIndex, spelling: str) -> None:
    number = index.value_named("level", spelling)
    assert number is not None
    assert index.values[number].name == "L4-L5"


def test_no_name_stands_for_two_values_of_an_axis(index: RuleIndex) -> None:
    for axis in index.axes.values():
        taken: dict[str, str] = {}
        for number in axis.values:
            value = index.values[number]
            for name in {fold(n) for n in (value.name, value.label, *value.alt_labels)}:
                assert taken.setdefault(name, value.name) == value.name, (axis.name, name)


def test_every_definition_has_a_source_and_a_level_of_trust(index: RuleIndex) -> None:
    for item in (*index.definitions, *index.codes.values(), *index.rules.confusions, *index.rules.advisories):
        assert item.sources
        assert item.trust in ("A", "B", "C")


def test_every_source_has_an_address(knowledge: Knowledge, index: RuleIndex) -> None:
    named = {iri for item in (*index.definitions, *index.codes.values()) for iri in item.sources}
    for iri in named:
        assert knowledge.graph.iris(NamedNode(iri), term("dcterms:source")), iri


def test_no_injection_meets_two_definitions_on_one_day(index: RuleIndex, coverage: Coverage) -> None:
    combinations = list(Space(index))
    for era in coverage.eras:
        valid = index.valid_on(era.first)
        for combination in combinations:
            implied = index.implied(combination.facts, valid)
            assert implied & (implied - 1) == 0, (era, combination.stated)


@pytest.fixture(scope="module")
def coverage(index: RuleIndex) -> Coverage:
    return measure(index)


def test_every_combination_has_its_code_or_a_reason(coverage: Coverage) -> None:
    assert coverage.combinations > 20_000
    assert coverage.gaps == ()
    assert coverage.overlaps == ()
    assert set(coverage.unexplained) == {0}
    assert coverage.unused == ()


def test_every_family_covers_something_and_shares_nothing(coverage: Coverage) -> None:
    for family, cells in coverage.families.items():
        assert any(cell.covered for cell in cells), family
        assert all(cell.covered == cell.alone for cell in cells), family


def test_coverage_finds_what_lost_its_code(index: RuleIndex) -> None:
    """Without one definition, the combinations that it was for are told, in the terms of the axes."""
    lost = index.rules.definitions[0]
    rules = dataclasses.replace(index.rules, definitions=index.rules.definitions[1:])
    found = measure(RuleIndex(rules))
    assert found.gaps
    assert found.overlaps == ()
    named = {axis for gap in found.gaps for pattern in gap.patterns for axis, _ in pattern.facts}
    assert {r.axis for r in lost.requirements if index.axes[r.axis].derived_from is None} & named


def test_coverage_finds_two_codes_for_one_combination(index: RuleIndex) -> None:
    """A definition that is given to another code too overlaps everywhere, and nothing else is told."""
    first, *_ = index.rules.definitions
    other = next(code.code for code in index.rules.codes if code.valid_until is None and code.code != first.code)
    rules = dataclasses.replace(
        index.rules, definitions=(*index.rules.definitions, dataclasses.replace(first, code=other))
    )
    found = measure(RuleIndex(rules))
    assert found.gaps == ()
    assert {frozenset(d.code for d in overlap.definitions) for overlap in found.overlaps} == {
        frozenset((first.code, other))
    }


def test_successors_begin_when_their_predecessors_end(index: RuleIndex) -> None:
    for code in index.codes.values():
        for name in code.replaced_by:
            successor = index.codes[name]
            assert code.valid_until is not None
            assert (successor.valid_until or "9999-12-31") > code.valid_until
            assert successor.valid_from is None or successor.valid_from == day_after(code.valid_until)
            assert code.code in successor.replaces


def test_every_text_has_a_language(knowledge: Knowledge) -> None:
    for quad in knowledge.ontology.stated():
        if quad.predicate in (
            term("rdfs:label"),
            term("skos:prefLabel"),
            term("skos:definition"),
            term("skos:altLabel"),
        ):
            assert quad.object.language, quad


@needs_java
def test_hermit_accepts_it_and_finds_nothing_unsatisfiable() -> None:
    triples = [quad.triple for quad in Ontology([data_folder("ontology")]).stated()]
    told = hermit.classification(triples)
    assert told is not None
    assert "CervicothoracicImageGuidedInterlaminarInjection" in told
    assert hermit.empty_classes(told) == []


def test_labels_are_not_the_publishers_descriptors(index: RuleIndex) -> None:
    """The long turns of phrase that the publisher's descriptors are made of stand in no text of ours."""
    phrases = "|".join(
        (
            r"injection\(s\)",
            "including needle or catheter placement",
            "not including neurolytic",
            r"anesthetic agent\(s\)",
            "separately in addition",
        )
    )
    for code in index.codes.values():
        for text in (code.label, code.definition, code.note, *code.alt_labels):
            assert not re.search(phrases, text, re.IGNORECASE), text
