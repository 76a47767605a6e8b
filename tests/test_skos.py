"""The ontology as SKOS tools read it: schemes, labels and collections that nobody has to write."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
import rdflib
import yaml
from pyoxigraph import NamedNode, Quad, RdfFormat, Store, Triple, parse, serialize

from spinecode.catalogue import catalogue
from spinecode.checking import check
from spinecode.closing import close, constructed
from spinecode.files import data_folder
from spinecode.graph import CLOSING_RULES, Graph, Ontology
from spinecode.index import RuleIndex
from spinecode.knowledge import Knowledge, load
from spinecode.reading import read_rules
from spinecode.sparql import rows, run
from spinecode.vocabulary import PREFIXES, SPINE, TYPE, term

FIXTURES = Path(__file__).parent / "fixtures"
CONDITIONS = yaml.safe_load((FIXTURES / "skos-integrity.yaml").read_text(encoding="utf-8"))
SKOS_RULE = "schemes.rq"
RULE = (data_folder("queries") / SKOS_RULE).read_text(encoding="utf-8")


def turtle(text: str) -> list[Quad]:
    declared = "".join(f"@prefix {prefix}: <{iri}> .\n" for prefix, iri in PREFIXES.items())
    return list(parse(f"{declared}{text} .", format=RdfFormat.TURTLE))


def breaking(store: Store, pattern: str) -> list[str]:
    return [row["node"] for row in rows(store, f"SELECT DISTINCT ?node WHERE {{ {pattern} }} ORDER BY ?node")]


@pytest.mark.parametrize("one", CONDITIONS, ids=[one["condition"] for one in CONDITIONS])
def test_the_closed_ontology_keeps_the_conditions_of_skos(knowledge: Knowledge, one: dict[str, str]) -> None:
    assert breaking(knowledge.graph.store, one["finds"]) == []


@pytest.mark.parametrize("one", CONDITIONS, ids=[one["condition"] for one in CONDITIONS])
def test_what_breaks_a_condition_would_be_found(knowledge: Knowledge, one: dict[str, str]) -> None:
    store = Store()
    store.bulk_extend(knowledge.graph.store)
    store.bulk_extend(turtle(one["breaks"]))
    assert breaking(store, one["finds"])


def test_a_concept_that_is_a_scheme_contradicts_the_ontology(tmp_path: Path) -> None:
    """SKOS's disjointness is an axiom here, so that the check and the loader tell of it."""
    (tmp_path / "clash.ttl").write_text(
        "@prefix spine: <https://w3id.org/spinecode/> . @prefix skos: <http://www.w3.org/2004/02/skos/core#> ."
        "spine:ApproachAxis a skos:Concept ."
    )
    _, contradictions = close(quad.triple for quad in Ontology([data_folder("ontology"), tmp_path]).stated())
    assert contradictions


def test_an_axis_is_the_scheme_of_its_values_and_of_nothing_else(knowledge: Knowledge, index: RuleIndex) -> None:
    graph = knowledge.graph
    for axis in index.rules.axes:
        found = {str(node) for node in graph.subjects(term("skos:inScheme"), NamedNode(axis.iri))}
        assert found == {str(NamedNode(index.values[number].iri)) for number in axis.values}, axis.name


def test_values_that_an_open_one_may_stand_for_are_narrower(knowledge: Knowledge, index: RuleIndex) -> None:
    broader = {
        (row["narrow"], row["open"])
        for row in rows(
            knowledge.graph.store, "SELECT ?narrow ?open WHERE { ?narrow a spine:AxisValue ; skos:broader ?open }"
        )
    }
    assert broader == {(index.values[n].iri, value.iri) for value in index.values for n in value.narrower}
    assert broader


# ---------------------------------------------------------------- nobody writes it


def test_preferred_labels_schemes_and_members_are_not_written(knowledge: Knowledge) -> None:
    """Of an axis, its values and the families the files say nothing that the rule tells."""
    stated = Graph.of(knowledge.ontology.stated())
    told = {"skos:topConceptOf", "skos:hasTopConcept", "skos:member"}
    assert [curie for curie in told if list(stated.store.quads_for_pattern(None, term(curie), None))] == []
    values = knowledge.graph.instances(term("spine:AxisValue"))
    assert len(values) > 70
    assert [node for node in values if stated.objects(node, term("skos:prefLabel"))] == []


def test_a_value_of_a_pack_becomes_a_concept_by_its_label_alone(tmp_path: Path) -> None:
    (tmp_path / "value.ttl").write_text(
        "@prefix spine: <https://w3id.org/spinecode/> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> ."
        "@prefix skos: <http://www.w3.org/2004/02/skos/core#> . @prefix ex: <https://example.org/> ."
        'ex:Ozone a spine:DiagnosticOrTherapeuticSubstance ; skos:notation "ozone" ;'
        '  rdfs:label "ozone"@en , "Ozon"@de ; skos:prefLabel "ozone gas"@en .'
    )
    graph = load([tmp_path]).graph
    ozone = NamedNode("https://example.org/Ozone")
    assert graph.has(ozone, TYPE, term("skos:Concept"))
    assert graph.iris(ozone, term("skos:inScheme")) == [f"{SPINE}SubstanceAxis"]
    assert graph.iris(ozone, term("skos:topConceptOf")) == [f"{SPINE}SubstanceAxis"]
    # what is written is kept, and a language without one gets its label
    assert graph.texts(ozone, term("skos:prefLabel")) == ["ozone gas", "Ozon"]
    for one in CONDITIONS:
        assert breaking(graph.store, one["finds"]) == []


def test_the_rules_do_not_rest_on_what_skos_is_told(knowledge: Knowledge, index: RuleIndex) -> None:
    triples, contradictions = close(quad.triple for quad in knowledge.ontology.stated())
    assert contradictions == []
    told = set(constructed(triples, RULE))
    assert told - set(triples)
    assert dataclasses.replace(read_rules(Graph.of(triples), ""), digest=index.rules.digest) == index.rules


def test_the_closure_is_made_anew_when_the_rule_changes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    before = Ontology([data_folder("ontology")]).digest
    for name in CLOSING_RULES:
        (tmp_path / name).write_bytes((data_folder("queries") / name).read_bytes())
    monkeypatch.setattr("spinecode.graph.data_folder", lambda _kind: tmp_path)
    assert Ontology([data_folder("ontology")]).digest == before
    for name in CLOSING_RULES:
        (tmp_path / name).write_bytes((tmp_path / name).read_bytes() + b"# a word more\n")
        after = Ontology([data_folder("ontology")]).digest
        assert after != before
        before = after


# ---------------------------------------------------------------- the queries, on two engines


@pytest.fixture(scope="module")
def in_rdflib(knowledge: Knowledge) -> rdflib.Graph:
    content = serialize((quad.triple for quad in knowledge.graph.store), format=RdfFormat.N_TRIPLES)
    return rdflib.Graph().parse(data=content, format="nt")


def test_the_rule_gives_the_same_on_both_engines_and_no_more_when_run_again(
    knowledge: Knowledge, in_rdflib: rdflib.Graph
) -> None:
    ours: set[Triple] = set(constructed((quad.triple for quad in knowledge.graph.store), RULE))
    theirs = in_rdflib.query(RULE).graph
    assert theirs is not None
    told = {(str(t.subject.value), str(t.predicate.value), str(getattr(t.object, "value", t.object))) for t in ours}
    assert told == {(str(s), str(p), str(o)) for s, p, o in theirs}
    assert {quad.triple for quad in knowledge.graph.store} >= ours


def test_concepts_are_listed_by_scheme_on_both_engines(knowledge: Knowledge, in_rdflib: rdflib.Graph) -> None:
    query = catalogue()["concepts"]
    ours = rows(knowledge.graph.store, query.text)
    theirs = [{str(k): str(v) for k, v in row.asdict().items()} for row in in_rdflib.query(query.text)]
    assert ours == theirs
    found = {(row["scheme"], row["label"], row.get("broader")) for row in ours}
    assert ("space", "epidural", "epidural or subarachnoid, not said which") in found
    assert ("anatomy of the spine", "epidural", None) in found
    assert ("clinical conditions", "lumbar radiculopathy", "radiculopathy") in found
    assert ("substance", "phenol", None) in found
    assert {scheme for scheme, *_ in found} == {
        row["label"]
        for row in rows(
            knowledge.graph.store, "SELECT ?label WHERE { ?s a skos:ConceptScheme ; skos:prefLabel ?label }"
        )
    }


def test_the_rule_is_a_query_of_the_catalogue(knowledge: Knowledge) -> None:
    query = catalogue()[SKOS_RULE.removesuffix(".rq")]
    assert query.kind == "CONSTRUCT"
    assert query.question.endswith("?")
    assert run(knowledge.graph.store, "ASK { spine:ApproachAxis skos:hasTopConcept spine:Caudal }", {})


def test_an_alternative_label_that_repeats_the_label_is_told_at_its_line(tmp_path: Path) -> None:
    file = tmp_path / "value.ttl"
    file.write_text(
        "@prefix spine: <https://w3id.org/spinecode/> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n"
        "@prefix skos: <http://www.w3.org/2004/02/skos/core#> .\n"
        'spine:Ozone a spine:DiagnosticOrTherapeuticSubstance ; skos:notation "ozone" ; rdfs:label "ozone gas"@en ;\n'
        '    skos:altLabel "O3"@en ,\n'
        '        "ozone gas"@en .\n'
    )
    found = check([data_folder("ontology"), tmp_path], with_hermit=False).findings
    assert [(finding.kind, finding.file, finding.line) for finding in found] == [("duplicate", str(file), 5)]
