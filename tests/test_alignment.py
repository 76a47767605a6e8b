"""The alignment with other terminologies: what is stated is looked up and well formed, what is not has a reason."""

from __future__ import annotations

import re
from collections import Counter, defaultdict

import pytest
import rdflib
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, serialize

from spinecode.catalogue import catalogue
from spinecode.checking import check
from spinecode.files import data_folder
from spinecode.graph import Graph, Node, parse_file
from spinecode.index import RuleIndex
from spinecode.knowledge import Knowledge
from spinecode.sparql import rows
from spinecode.vocabulary import SPINE, TYPE, term

FOLDER = data_folder("ontology") / "alignments"
MATCHES = [term(f"skos:{kind}Match") for kind in ("exact", "close", "broad", "narrow", "related")]
REASON = term("spine:unalignedBecause")


def alignment_quads() -> list[Quad]:
    return [quad for file in sorted(FOLDER.glob("*.ttl")) for quad in parse_file(file)]


def mappings(quads: list[Quad]) -> list[Quad]:
    return [quad for quad in quads if quad.predicate in MATCHES]


def notes(quads: list[Quad]) -> dict[tuple[object, ...], Node]:
    """The statements that have an axiom annotation, with the node of it."""
    about = Graph.of(quads)
    found: dict[tuple[object, ...], Node] = {}
    for node in about.subjects(TYPE, term("owl:Axiom")):
        key = tuple(about.objects(node, term(f"owl:annotated{part}"))[0] for part in ("Source", "Property", "Target"))
        assert key not in found, key
        found[key] = node
    return found


def systems(graph: Graph) -> dict[str, tuple[str, str]]:
    """The label of each target system, with the start of its IRIs and the pattern of its identifiers."""
    found = {}
    for node in graph.instances(term("spine:TargetSystem")):
        start, pattern = (graph.text(node, term(f"spine:{name}")) for name in ("iriStart", "identifierPattern"))
        assert start, node
        assert pattern, node
        assert graph.iris(node, term("dcterms:source")), node
        found[graph.label(node) or ""] = (start, pattern)
    return found


def of_system(graph: Graph, iri: str) -> list[str]:
    """The systems whose IRIs look so."""
    return [
        label
        for label, (start, pattern) in systems(graph).items()
        if iri.startswith(start) and re.fullmatch(pattern, iri.removeprefix(start))
    ]


# ---------------------------------------------------------------- each statement is looked up


def test_every_mapping_says_where_and_when_it_was_looked_up(knowledge: Knowledge) -> None:
    quads = alignment_quads()
    about, annotated = Graph.of(quads), notes(quads)
    found = mappings(quads)
    assert len(found) > 140
    for quad in found:
        node = annotated[quad.subject, quad.predicate, quad.object]
        sources = about.iris(node, term("dcterms:source"))
        assert sources
        assert all(knowledge.graph.has(NamedNode(iri), TYPE, term("spine:Source")) for iri in sources), quad
        assert len(about.iris(node, term("spine:trust"))) == 1
        (day,) = about.objects(node, term("spine:checkedOn"))
        assert isinstance(day, Literal)
        assert day.datatype == term("xsd:date")
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", day.value)


def test_what_is_annotated_is_also_stated() -> None:
    quads = alignment_quads()
    assert set(notes(quads)) == {(quad.subject, quad.predicate, quad.object) for quad in mappings(quads)}


def test_every_identifier_is_of_one_system_and_every_system_is_used(knowledge: Knowledge) -> None:
    found = Counter(
        tuple(of_system(knowledge.graph, q.object.value))
        for q in mappings(alignment_quads())
        if isinstance(q.object, NamedNode)
    )
    assert all(len(names) == 1 for names in found), found
    assert {names[0] for names in found} == set(systems(knowledge.graph))
    assert sum(found.values()) == len(mappings(alignment_quads()))


@pytest.mark.parametrize(
    "wrong",
    [
        "http://purl.bioontology.org/ontology/CPT/6232",
        "http://purl.bioontology.org/ontology/ICD10CM/M5416",
        "http://purl.bioontology.org/ontology/ICD10CM/M54.",
        "http://purl.obolibrary.org/obo/UBERON_2412",
        "http://purl.obolibrary.org/obo/UBERON:0002412",
        "http://purl.obolibrary.org/obo/CHEBI_015882",
        "http://purl.bioontology.org/ontology/RXNORM/lidocaine",
        "http://example.org/62321",
    ],
)
def test_a_malformed_identifier_would_be_found(knowledge: Knowledge, wrong: str) -> None:
    assert of_system(knowledge.graph, wrong) == []


def test_no_identifier_is_exactly_the_same_as_two_terms(knowledge: Knowledge) -> None:
    """Nor is a term exactly the same as two of one system."""
    exact = rows(knowledge.graph.store, "SELECT ?term ?target WHERE { ?term skos:exactMatch ?target }")
    assert len(exact) > 40
    assert [target for target, n in Counter(row["target"] for row in exact).items() if n > 1] == []
    by_system = Counter((row["term"], *of_system(knowledge.graph, row["target"])) for row in exact)
    assert [pair for pair, n in by_system.items() if n > 1] == []


def test_two_terms_are_matched_in_one_way(knowledge: Knowledge) -> None:
    ways: dict[tuple[object, object], set[str]] = defaultdict(set)
    for quad in mappings(alignment_quads()):
        ways[quad.subject, quad.object].add(quad.predicate.value)
    assert [pair for pair, kinds in ways.items() if len(kinds) > 1] == []


def test_only_terms_of_ours_are_aligned_and_nothing_is_said_of_those_of_others(knowledge: Knowledge) -> None:
    """What the others say of their terms is not loaded, so that no check could look at it."""
    written = {quad.subject for file in data_folder("ontology").rglob("*.ttl") for quad in parse_file(file)}
    targets = {quad.object for quad in mappings(alignment_quads())}
    assert targets.isdisjoint(written)
    for quad in mappings(alignment_quads()):
        assert isinstance(quad.subject, NamedNode)
        assert knowledge.graph.has(quad.subject, TYPE, term("skos:Concept")), quad.subject
        assert quad.subject.value.startswith(SPINE)


def test_a_code_is_aligned_by_its_own_number_and_no_name_of_the_publisher_is_told(knowledge: Knowledge) -> None:
    for row in rows(
        knowledge.graph.store,
        "SELECT ?n ?target WHERE { ?code a spine:ProcedureCode ; skos:notation ?n ; skos:exactMatch ?target }",
    ):
        assert row["target"].endswith(f"/{row['n']}")
    named = "SELECT ?c WHERE { ?note owl:annotatedSource ?c ; spine:nameThere ?name . ?c a spine:ProcedureCode }"
    assert rows(knowledge.graph.store, named) == []


def test_every_other_mapping_tells_the_name_there(knowledge: Knowledge) -> None:
    unnamed = """SELECT ?term WHERE { ?note owl:annotatedSource ?term ; spine:checkedOn ?day
        FILTER NOT EXISTS { ?note spine:nameThere ?name } FILTER NOT EXISTS { ?term a spine:ProcedureCode } }"""
    assert rows(knowledge.graph.store, unnamed) == []


# ---------------------------------------------------------------- nothing is forgotten

TO_BE_ALIGNED = {
    "codes": "?term a spine:ProcedureCode",
    "indications": "?term spine:indicationFor ?procedure",
    "conditions": "?term a spine:ClinicalCondition",
    "anatomical structures": "?term a spine:AnatomicalStructure",
    "substances": "{ ?term a spine:MedicalSubstance } UNION { ?term a spine:Substance }",
    "regions": "?term a spine:SpinalRegion",
    "spaces": "?term a spine:TargetSpace FILTER NOT EXISTS { ?term spine:narrowerValue ?narrower }",
}


@pytest.mark.parametrize("kind", TO_BE_ALIGNED)
def test_every_term_is_aligned_or_has_a_reason(knowledge: Knowledge, kind: str) -> None:
    graph = knowledge.graph
    found = {row["term"] for row in rows(graph.store, f"SELECT DISTINCT ?term WHERE {{ {TO_BE_ALIGNED[kind]} }}")}
    assert len(found) >= 4
    for iri in found:
        aligned = any(graph.objects(NamedNode(iri), match) for match in MATCHES)
        reasons = graph.texts(NamedNode(iri), REASON)
        assert aligned != bool(reasons), iri
        assert all(reason.endswith(".") for reason in reasons)


def test_codes_that_are_not_aligned_are_retired_or_of_category_three(knowledge: Knowledge, index: RuleIndex) -> None:
    left = {code.code for code in index.codes.values() if knowledge.graph.texts(NamedNode(code.iri), REASON)}
    assert left == {code.code for code in index.codes.values() if code.valid_until or not code.code.isdecimal()}


# ---------------------------------------------------------------- the check and the query


def test_terms_of_others_are_not_taken_for_names_that_nothing_describes() -> None:
    report = check([data_folder("ontology")], with_hermit=False)
    assert [finding for finding in report.findings if finding.kind == "name"] == []


@pytest.fixture(scope="module")
def in_rdflib(knowledge: Knowledge) -> rdflib.Graph:
    content = serialize((quad.triple for quad in knowledge.graph.store), format=RdfFormat.N_TRIPLES)
    return rdflib.Graph().parse(data=content, format="nt")


def test_the_query_tells_every_mapping_on_both_engines(knowledge: Knowledge, in_rdflib: rdflib.Graph) -> None:
    query = catalogue()["alignment"]
    ours = rows(knowledge.graph.store, query.text)
    theirs = [{str(k): str(v) for k, v in row.asdict().items()} for row in in_rdflib.query(query.text)]
    assert ours == theirs
    pairs = {(row["term"], row["predicate"], row["target"]) for row in ours}
    assert len(pairs) == len(mappings(alignment_quads()))
    assert {row["system"] for row in ours} == set(systems(knowledge.graph))
    assert {
        "term": f"{SPINE}LumbarRadiculopathy",
        "label": "lumbar radiculopathy",
        "predicate": "closeMatch",
        "target": "http://purl.bioontology.org/ontology/ICD10CM/M54.16",
        "name": "Radiculopathy, lumbar region",
        "system": "ICD-10-CM",
        "trust": "B",
        "source": "ICD-10-CM Tabular List of Diseases and Injuries, April 1, 2026",
    } in ours
    assert {
        "term": f"{SPINE}cpt/62321",
        "label": "Interlaminar injection, cervical or thoracic, with fluoroscopy or CT",
        "predicate": "exactMatch",
        "target": "http://purl.bioontology.org/ontology/CPT/62321",
        "system": "CPT (BioPortal)",
        "trust": "B",
        "source": "UMLS CPT Source Information",
    } in ours
