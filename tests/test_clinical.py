"""The clinical knowledge: all that the source document states, each statement sourced, none part of a rule."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import rdflib
import yaml
from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, serialize

from spinecode.catalogue import catalogue
from spinecode.files import data_folder
from spinecode.graph import Graph, Node, parse_file
from spinecode.index import RuleIndex
from spinecode.knowledge import Knowledge, load
from spinecode.sparql import rows, run
from spinecode.vocabulary import SPINE, TYPE, term

FOLDER = data_folder("ontology") / "clinical"
STATEMENTS = Path(__file__).parent / "fixtures" / "clinical-statements.yaml"
SOURCE, TRUST = term("dcterms:source"), term("spine:trust")
#: The concept scheme of each kind of clinical concept.
SCHEMES = {
    "AnatomicalStructure": "AnatomyScheme",
    "AnatomicalSpace": "AnatomyScheme",
    "MedicalSubstance": "MedicalSubstanceScheme",
    "SubstanceMixture": "MedicalSubstanceScheme",
    "ClinicalAim": "AimScheme",
    "DiagnosticConclusion": "ConclusionScheme",
    "ClinicalCondition": "ConditionScheme",
    "Risk": "RiskScheme",
    "ClinicalProcedure": "ProcedureScheme",
    "ProcedureStep": "StepScheme",
    "BodyPosition": "PositionScheme",
    "Equipment": "EquipmentScheme",
    "CareSetting": "SettingScheme",
    "PreparationMeasure": "PreparationScheme",
    "AftercareMeasure": "AftercareScheme",
    "ExpectedEffect": "EffectScheme",
    "WarningSign": "WarningSignScheme",
    "PatientAction": "ActionScheme",
    "CodingPurpose": "CodingPurposeScheme",
}


# ---------------------------------------------------------------- each statement carries its source


def clinical_quads() -> list[Quad]:
    """What the clinical files state, apart from the terms that they are written with."""
    return [quad for file in sorted(FOLDER.glob("*.ttl")) if file.stem != "terms" for quad in parse_file(file)]


def annotated(quads: list[Quad]) -> dict[tuple[object, ...], Node]:
    """The statements that have an axiom annotation, with the node of it."""
    about = Graph.of(quads)
    found: dict[tuple[object, ...], Node] = {}
    for node in about.subjects(TYPE, term("owl:Axiom")):
        parts = [about.objects(node, term(f"owl:annotated{name}")) for name in ("Source", "Property", "Target")]
        assert [len(part) for part in parts] == [1, 1, 1]
        found[tuple(part[0] for part in parts)] = node
    return found


def unsourced(quads: list[Quad]) -> list[Quad]:
    """The statements with no source and level of trust, neither of their own nor of a subject that is defined here."""
    about = Graph.of(quads)
    own = annotated(quads)

    def told(node: Node) -> bool:
        return bool(about.objects(node, SOURCE)) and len(about.objects(node, TRUST)) == 1

    return [
        quad
        for quad in quads
        if quad.predicate not in (SOURCE, TRUST) and quad.subject not in own.values()
        if not told(own.get((quad.subject, quad.predicate, quad.object), quad.subject))
    ]


def test_every_statement_carries_its_source() -> None:
    assert unsourced(clinical_quads()) == []


def test_a_statement_without_a_source_would_be_found() -> None:
    planted = Quad(term("spine:Epidural"), term("spine:liesOutside"), term("spine:SpinalCord"))
    assert unsourced([*clinical_quads(), planted]) == [planted]
    assert unsourced([q for q in clinical_quads() if q.subject != term("spine:Fever") or q.predicate != SOURCE])


def test_what_is_annotated_is_also_stated() -> None:
    quads = clinical_quads()
    stated = {(quad.subject, quad.predicate, quad.object) for quad in quads}
    assert [statement for statement in annotated(quads) if statement not in stated] == []


def test_sources_are_documents_with_an_address(knowledge: Knowledge) -> None:
    for quad in clinical_quads():
        if quad.predicate in (SOURCE, term("spine:verdictSource")):
            assert isinstance(quad.object, NamedNode)
            assert knowledge.graph.has(quad.object, TYPE, term("spine:Source"))
            assert knowledge.graph.iris(quad.object, SOURCE), quad.object


def test_clinical_properties_are_used_in_the_clinical_files_alone(knowledge: Knowledge) -> None:
    """Otherwise a statement could be made elsewhere that nothing checks for its source."""
    properties = {quad.subject for quad in parse_file(FOLDER / "terms.ttl") if quad.subject != term("skos:broader")}
    here = {(quad.predicate, quad.subject) for quad in clinical_quads()}
    elsewhere = [
        quad
        for quad in knowledge.ontology.stated()
        if quad.predicate in properties and (quad.predicate, quad.subject) not in here
    ]
    assert elsewhere == []


# ---------------------------------------------------------------- well-made concepts


def test_every_concept_is_described_and_in_the_scheme_of_its_kind(knowledge: Knowledge) -> None:
    graph = knowledge.graph
    own = {quad.subject for quad in clinical_quads() if quad.predicate == SOURCE}
    seen = set()
    for kind, scheme in SCHEMES.items():
        assert graph.has(term(f"spine:{scheme}"), TYPE, term("skos:ConceptScheme"))
        for concept in graph.instances(term(f"spine:{kind}")):
            seen.add(concept)
            assert graph.has(concept, term("skos:inScheme"), term(f"spine:{scheme}")), concept
            for needed in ("rdfs:label", "skos:altLabel", "skos:definition"):
                assert graph.texts(concept, term(needed)), (concept, needed)
            assert concept not in own or graph.has(concept, TYPE, term("skos:Concept"))
    assert set(graph.instances(term("spine:ClinicalConcept"))) == seen


def test_labels_of_a_scheme_differ(knowledge: Knowledge) -> None:
    graph = knowledge.graph
    for scheme in set(SCHEMES.values()):
        concepts = graph.subjects(term("skos:inScheme"), term(f"spine:{scheme}"))
        labels = [graph.text(concept, term("rdfs:label")) for concept in concepts]
        assert len(labels) == len(set(labels)) > 0


def test_broader_concepts_are_of_the_same_scheme_and_not_in_a_circle(knowledge: Knowledge) -> None:
    broader = "SELECT ?c WHERE { ?c skos:broader ?b FILTER NOT EXISTS { ?c skos:inScheme ?s . ?b skos:inScheme ?s } }"
    assert rows(knowledge.graph.store, broader) == []
    assert rows(knowledge.graph.store, "SELECT ?c WHERE { ?c skos:broader+ ?c }") == []
    assert rows(knowledge.graph.store, "SELECT ?c WHERE { ?c spine:partOf+ ?c }") == []


def test_steps_are_numbered_without_a_gap(knowledge: Knowledge) -> None:
    found = rows(knowledge.graph.store, "SELECT ?n WHERE { ?step a spine:ProcedureStep ; spine:stepOrder ?n }")
    numbers = sorted(int(row["n"]) for row in found)
    assert numbers == list(range(1, len(numbers) + 1))
    assert len(numbers) >= 8


def test_bounds_of_time_spans_can_be_compared(knowledge: Knowledge) -> None:
    """They are literals that a SPARQL engine reckons with, not mere texts."""
    reversed_bounds = "ASK { ?span spine:shortest ?low ; spine:longest ?high FILTER (?low > ?high) }"
    in_order = 'ASK { spine:OneToTwoDays spine:shortest ?low FILTER (?low = "P1D"^^xsd:dayTimeDuration) }'
    assert not run(knowledge.graph.store, reversed_bounds, {})
    assert run(knowledge.graph.store, in_order, {})
    bounds = [q.object for q in clinical_quads() if q.predicate.value in (f"{SPINE}shortest", f"{SPINE}longest")]
    assert {literal.datatype for literal in bounds if isinstance(literal, Literal)} == {term("xsd:dayTimeDuration")}


# ---------------------------------------------------------------- no part in the rules


@pytest.fixture(scope="module")
def without(tmp_path_factory: pytest.TempPathFactory) -> Knowledge:
    """The ontology without its clinical files."""
    entries = [entry for entry in sorted(data_folder("ontology").iterdir()) if entry.name != "clinical"]
    return Knowledge(entries)


def test_the_rules_are_the_same_without_the_clinical_files(without: Knowledge, index: RuleIndex) -> None:
    assert without.ontology.digest != index.rules.digest
    assert dataclasses.replace(without.index.rules, digest="") == dataclasses.replace(index.rules, digest="")


def test_no_clinical_term_is_an_axis_or_a_value(knowledge: Knowledge, index: RuleIndex) -> None:
    own = {q.subject.value for q in clinical_quads() if q.predicate == SOURCE and isinstance(q.subject, NamedNode)}
    terms = {q.subject.value for q in parse_file(FOLDER / "terms.ttl") if isinstance(q.subject, NamedNode)}
    assert len(own) > 100
    assert not own & {value.iri for value in index.values}
    assert not (own | terms) & {axis.property for axis in index.rules.axes}
    assert not own & {node.value for node in knowledge.graph.instances(term("spine:AxisValue"))}


def test_verdicts_on_claims_agree_with_the_rules(knowledge: Knowledge, index: RuleIndex) -> None:
    """What is upheld is what the code requires; what is rejected, no definition of it takes."""
    asked = """SELECT ?code ?axis ?value ?verdict WHERE {
        ?claim spine:claimAbout/skos:notation ?code ; spine:claimOnAxis/skos:notation ?axis ;
            spine:claimedValue/skos:notation ?value ; spine:hasVerdict/rdfs:label ?verdict }"""
    found = [row for row in rows(knowledge.graph.store, asked) if row["code"] in index.codes]
    assert {row["verdict"] for row in found} == {"upheld", "rejected"}
    for row in found:
        value = index.value_named(row["axis"], row["value"])
        definitions = [d for d in index.definitions if d.code == row["code"]]
        takes = [value in r.accepts for d in definitions for r in d.requirements if r.axis == row["axis"]]
        assert takes
        assert all(taken == (row["verdict"] == "upheld") for taken in takes), row


def test_procedures_have_the_codes_that_the_rules_give_them(knowledge: Knowledge, index: RuleIndex) -> None:
    """The procedure that the document describes is not coded as its title says."""
    from spinecode import select

    graph = knowledge.graph
    procedure = term("spine:LumbarEpiduralInjection")
    levels = [graph.text(node, term("skos:notation")) for node in graph.nodes(procedure, term("spine:typicalLevel"))]
    assert levels == ["L4-L5", "L5-S1"]
    coded = [graph.text(node, term("skos:notation")) for node in graph.nodes(procedure, term("spine:codedAs"))]
    for level in levels:
        for guidance in graph.nodes(procedure, term("spine:usesGuidance")):
            answer = select(
                approach=graph.nodes(procedure, term("spine:usesApproach"))[0].value,
                level=[level],
                space="epidural",
                guidance=guidance.value,
                delivery="single-injection",
                substance=["corticosteroid", "local-anesthetic"],
                date="2026-03-02",
            )
            assert [line["code"] for line in answer["lines"]] == coded


# ---------------------------------------------------------------- all that the document states

WHOLE = "spine:LumbarEpiduralInjection"
REQUIRES = """
    ?class{n} rdfs:subClassOf [ owl:onProperty spine:impliesCode ; owl:hasValue cpt:{code} ] .
    ?whole{n} rdfs:subClassOf ?class{n} ; owl:intersectionOf/rdf:rest*/rdf:first ?one{n} .
    ?one{n} owl:onProperty spine:{axis} ; owl:someValuesFrom spine:{filler} ."""


def requires(code: str, **fillers: str) -> str:
    """The pattern of a code whose definition asks for these classes of values."""
    return "".join(
        REQUIRES.format(n=n, code=code, axis=axis, filler=filler) for n, (axis, filler) in enumerate(fillers.items())
    )


def statements() -> list[tuple[str, str]]:
    """The statements of the document, each with the pattern that holds if it is in the graph."""
    return [
        (
            f"{section}: {one['says']}",
            (requires(**one["requires"]) if "requires" in one else "") + " " + one.get("ask", ""),
        )
        for section, found in yaml.safe_load(STATEMENTS.read_text(encoding="utf-8")).items()
        for one in found
    ]


@pytest.mark.parametrize(("statement", "pattern"), statements(), ids=[told for told, _ in statements()])
def test_what_the_document_states_is_in_the_graph(knowledge: Knowledge, statement: str, pattern: str) -> None:
    assert run(knowledge.graph.store, f"ASK {{ {pattern} }}", {}), statement


def test_what_the_document_does_not_state_is_not_in_the_graph(knowledge: Knowledge) -> None:
    """Its error least of all: nothing that is so says that 62321 is lumbar."""
    wrong = [
        f"{WHOLE} spine:codedAs cpt:62321",
        requires("62321", spinalRegion="LumbosacralRegion"),
        "spine:Claim-62321-Lumbar spine:hasVerdict spine:Upheld",
    ]
    for pattern in wrong:
        assert not run(knowledge.graph.store, f"ASK {{ {pattern} }}", {}), pattern


# ---------------------------------------------------------------- the queries, on two engines


@pytest.fixture(scope="module")
def in_rdflib(knowledge: Knowledge) -> rdflib.Graph:
    content = serialize((quad.triple for quad in knowledge.graph.store), format=RdfFormat.N_TRIPLES)
    return rdflib.Graph().parse(data=content, format="nt")


def query_rows(knowledge: Knowledge, name: str, **values: str) -> list[dict[str, str]]:
    return rows(knowledge.graph.store, catalogue()[name].text, {key: Literal(text) for key, text in values.items()})


EXPECTED = {
    "indications": [
        {
            "condition": "lumbar radiculopathy",
            "code": "62323",
            "frequency": "among the most common reasons",
            "trust": "C",
            "source": "What Is CPT 62321? Lumbar Epidural Injection Explained",
        },
        {
            "condition": "neurogenic claudication",
            "code": "62321",
            "trust": "B",
            "source": "Local Coverage Determination: Epidural Steroid Injections for Pain Management (L33906)",
        },
    ],
    "causes": [
        {"condition": "herniated disc", "relation": "causes", "other": "nerve compression"},
        {"condition": "nerve compression", "relation": "causes", "other": "irritation of a spinal nerve"},
        {"condition": "lumbar radiculopathy", "relation": "has symptom", "other": "pain radiating down the leg"},
        {"condition": "spinal stenosis", "relation": "is a kind of", "other": "structural disorder of the spine"},
    ],
    "procedure-steps": [
        {
            "code": "62323",
            "order": "5",
            "step": "inject contrast",
            "aspect": "has aim",
            "what": "confirm the needle placement",
        },
        {"code": "62323", "order": "7", "step": "monitor the patient", "aspect": "lasts", "what": "15 to 30 minutes"},
        {"code": "62323", "order": "6", "step": "inject the medication", "aspect": "manner", "what": "slowly"},
        {"code": "62323", "order": "8", "step": "discharge the patient"},
    ],
    "care": [
        {
            "code": "62323",
            "kind": "preparation",
            "told": "pause blood thinners",
            "aspect": "because of",
            "what": "bleeding at the injection site",
        },
        {
            "code": "62323",
            "kind": "what to expect",
            "told": "pain flare",
            "aspect": "lasts",
            "what": "24 to 48 hours",
        },
        {
            "code": "62323",
            "kind": "aftercare",
            "told": "ice the injection site",
            "aspect": "relieves",
            "what": "soreness at the injection site",
        },
        {
            "code": "62323",
            "kind": "warning sign",
            "told": "fever",
            "aspect": "calls for",
            "what": "contact the healthcare provider immediately",
        },
    ],
    "warning-signs": [
        {
            "sign": "severe headache",
            "definition": "A severe headache that does not get better when the patient lies down.",
            "action": "contact the healthcare provider immediately",
            "source": "What Is CPT 62321? Lumbar Epidural Injection Explained",
        },
    ],
    "anatomy": [
        {"structure": "epidural", "relation": "lies outside", "other": "dura mater", "trust": "B"},
        {"structure": "interlaminar", "relation": "passes between", "other": "spinous process", "trust": "C"},
        {"structure": "L5-S1", "relation": "common site of", "other": "nerve compression", "trust": "C"},
        {"structure": "nerve root", "relation": "exits through", "other": "intervertebral foramen", "trust": "C"},
    ],
    "substances": [
        {"substance": "corticosteroid", "aspect": "used for", "what": "reduce inflammation"},
        {
            "substance": "corticosteroid",
            "aspect": "has effect",
            "what": "longer-term pain relief",
            "begins": "a few days to a week",
        },
        {"substance": "contrast", "aspect": "reduces risk", "what": "injection into a blood vessel"},
        {
            "substance": "local anesthetic",
            "aspect": "has effect",
            "what": "numbness",
            "begins": "at once",
            "lasts": "a few hours",
        },
    ],
}


@pytest.mark.parametrize("name", EXPECTED)
def test_queries_give_the_expected_rows_on_both_engines(
    knowledge: Knowledge, in_rdflib: rdflib.Graph, name: str
) -> None:
    query = catalogue()[name]
    ours = query_rows(knowledge, name)
    theirs = [{str(k): str(v) for k, v in row.asdict().items()} for row in in_rdflib.query(query.text)]
    assert [row for row in EXPECTED[name] if row not in ours] == []
    assert ours == theirs
    assert query.question


def test_contradictions_name_claim_verdict_and_reason_on_both_engines(
    knowledge: Knowledge, in_rdflib: rdflib.Graph
) -> None:
    ours = query_rows(knowledge, "contradictions")
    assert [(row["claim"], row["verdict"]) for row in ours] == [
        ("62321 is a cervical or thoracic injection", "upheld"),
        ("62321 is a lumbar injection", "rejected"),
        ("62323 is the lumbar or sacral injection", "upheld"),
        ("the epidural space is reached interlaminarly", "qualified"),
    ]
    assert all("62323" in row["reason"] for row in ours if row["verdict"] == "rejected")
    found = in_rdflib.query(catalogue()["contradictions"].text)
    assert ours == [{str(k): str(v) for k, v in row.asdict().items()} for row in found]


@pytest.mark.parametrize("name", ["indications", "procedure-steps", "care"])
def test_queries_by_code_tell_of_that_code_alone(knowledge: Knowledge, name: str) -> None:
    found = query_rows(knowledge, name, code="62323")
    assert {row["code"] for row in found} == {"62323"}
    assert found == [row for row in query_rows(knowledge, name) if row["code"] == "62323"]
    assert query_rows(knowledge, name, code="62320") == []


# ---------------------------------------------------------------- open to more


def test_a_further_indication_needs_turtle_alone(tmp_path: Path) -> None:
    """A statement about a condition of ours, with a source of its own: the query tells that source."""
    (tmp_path / "more.ttl").write_text(
        """@prefix spine: <https://w3id.org/spinecode/> . @prefix src: <https://w3id.org/spinecode/source/> .
        @prefix owl: <http://www.w3.org/2002/07/owl#> . @prefix dcterms: <http://purl.org/dc/terms/> .
        spine:AcuteHerpesZoster spine:indicationFor spine:LumbarEpiduralInjection .
        [] a owl:Axiom ; owl:annotatedSource spine:AcuteHerpesZoster ; owl:annotatedProperty spine:indicationFor ;
            owl:annotatedTarget spine:LumbarEpiduralInjection ; dcterms:source src:OHIMA-2017 ;
            spine:trust spine:TrustC ."""
    )
    found = query_rows(load([tmp_path]), "indications", code="62323")
    told = [(row["trust"], row["source"]) for row in found if row["condition"] == "acute herpes zoster"]
    assert told == [
        ("C", "Epidural Steroid Injection codes"),
        ("B", "Local Coverage Determination: Epidural Steroid Injections for Pain Management (L33906)"),
    ]
