"""The ontology itself: well formed, within its profile, consistent, sourced, and in our own words."""

from __future__ import annotations

import itertools
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from pyoxigraph import NamedNode, Quad, RdfFormat, serialize

from spinecode.checking import check_ontology
from spinecode.files import data_folder
from spinecode.graph import Ontology
from spinecode.index import RuleIndex, fold
from spinecode.knowledge import Knowledge
from spinecode.vocabulary import SPINE, TYPE, term

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


def test_no_two_definitions_of_a_code_hold_on_one_day(index: RuleIndex) -> None:
    for day in index.boundaries[1:]:
        valid = index.valid_on(day)
        codes = [index.codes_of_bits[bit] for bit in range(len(index.definitions)) if valid >> bit & 1]
        assert len(codes) == len(set(codes)), day


def test_successors_begin_when_their_predecessors_end(index: RuleIndex) -> None:
    for code in index.codes.values():
        for name in code.replaced_by:
            successor = index.codes[name]
            assert code.valid_until is not None
            assert successor.valid_from is not None
            assert successor.valid_from > code.valid_until
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


needs_java = pytest.mark.skipif(shutil.which("java") is None, reason="HermiT needs Java, which is not on this machine")


def hermit(quads: list[Quad], folder: Path) -> str:
    """What HermiT, an OWL 2 DL reasoner, concludes of all the classes; it reads the file itself."""
    import owlready2

    content = serialize((quad.triple for quad in quads), format=RdfFormat.RDF_XML)
    assert content is not None
    file = folder / "ontology.owl"
    file.write_bytes(content)
    jars = Path(owlready2.__file__).parent / "hermit"
    command = ["java", "-Xmx1000M", "-cp", f"{jars}:{jars / 'HermiT.jar'}", "org.semanticweb.HermiT.cli.CommandLine"]
    command += ["-c", "-O", "-D", "-I", file.as_uri()]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    assert result.returncode == 0, result.stderr
    return result.stdout


def unsatisfiable(told: str) -> list[str]:
    return [line for line in told.splitlines() if "owl#Nothing" in line]


@needs_java
def test_hermit_accepts_it_and_finds_nothing_unsatisfiable(tmp_path: Path) -> None:
    told = hermit(Ontology([data_folder("ontology")]).stated(), tmp_path)
    assert "CervicothoracicImageGuidedInterlaminarInjection" in told
    assert unsatisfiable(told) == []


@needs_java
def test_hermit_would_find_an_unsatisfiable_class(tmp_path: Path) -> None:
    planted = NamedNode(SPINE + "Planted")
    both = [
        Quad(planted, term("rdfs:subClassOf"), term(f"spine:{name}")) for name in ("EpiduralSpace", "SubarachnoidSpace")
    ]
    quads = [*Ontology([data_folder("ontology")]).stated(), Quad(planted, TYPE, term("owl:Class")), *both]
    assert len(unsatisfiable(hermit(quads, tmp_path))) == 1


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
