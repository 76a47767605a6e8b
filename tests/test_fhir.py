"""FHIR resources as descriptions: what is read and from where, and what is told of the rest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import spinecode
from spinecode.cli import cli
from spinecode.errors import InputError, NoDescriptionError
from spinecode.fhir import FhirReading, read_fhir
from spinecode.fhir_elements import Described, Note
from spinecode.fhir_mapping import fhir_mapping
from spinecode.knowledge import Knowledge, load
from spinecode.vocabulary import term
from tests.conftest import ROOT
from tests.hostile_submissions import fhir

CPT, SNOMED = "http://www.ama-assn.org/go/cpt", "http://snomed.info/sct"
RXNORM, UBERON = "http://www.nlm.nih.gov/research/umls/rxnorm", "http://purl.obolibrary.org/obo/uberon.owl"
SPINE = "https://w3id.org/spinecode/"


def coded(system: str | None, code: str, display: str | None = None) -> dict[str, Any]:
    coding = {"system": system, "code": code, "display": display}
    return {"coding": [{name: text for name, text in coding.items() if text is not None}]}


def procedure(**elements: Any) -> dict[str, Any]:
    return {"resourceType": "Procedure", "status": "completed", **elements}


def line(code: str, **elements: Any) -> dict[str, Any]:
    return {"productOrService": coded(CPT, code), **elements}


def claim(*lines: dict[str, Any], **elements: Any) -> dict[str, Any]:
    return {"resourceType": "Claim", "status": "active", "item": list(lines), **elements}


def bundle(*resources: dict[str, Any]) -> dict[str, Any]:
    return {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": one} for one in resources]}


def only(knowledge: Knowledge, resource: dict[str, Any]) -> Described:
    reading = read_fhir(knowledge, resource)
    assert len(reading.described) == 1
    return reading.described[0]


def notes_of(reading: FhirReading) -> list[Note]:
    return [*reading.notes, *(note for one in reading.described for note in one.notes)]


# ---------------------------------------------------------------- what is read


@pytest.mark.parametrize(
    ("elements", "given"),
    [
        ({"code": coded(CPT, "62323")}, {"code": ["62323"]}),
        ({"code": coded("urn:oid:2.16.840.1.113883.6.12", "62323")}, {"code": ["62323"]}),
        ({"code": coded(CPT, "64483-50")}, {"code": ["64483-50"]}),
        ({"code": {"text": "TFESI"}}, {"approach": ["transforaminal"]}),
        ({"code": coded(CPT, "62310")}, {"code": ["62310"]}),
        ({"category": {"text": "diagnostic"}}, {"purpose": ["diagnostic"]}),
        ({"bodySite": [{"text": "L4/L5"}, {"text": "L5-S1, left"}]}, {"level": ["L4-L5", "L5-S1"], "side": ["left"]}),
        ({"bodySite": [coded(UBERON, "UBERON:0006074")]}, {"region": ["lumbar"]}),
        ({"bodySite": [coded(UBERON, "0006074")]}, {"region": ["lumbar"]}),
        ({"bodySite": [coded(None, "http://purl.obolibrary.org/obo/UBERON_0003691")]}, {"space": ["epidural"]}),
        ({"bodySite": [coded(f"{SPINE}LevelAxis", "L5/S1")]}, {"level": ["L5-S1"]}),
        (
            {"usedCode": [coded(RXNORM, "10759"), coded(RXNORM, "6387")]},
            {"substance": ["corticosteroid", "local-anesthetic"]},
        ),
        ({"usedCode": [coded(SNOMED, "1", "C-arm")]}, {"guidance": ["fluoroscopy"]}),
        ({"focalDevice": [{"manipulated": {"display": "fluoroscopy"}}]}, {"guidance": ["fluoroscopy"]}),
        ({"extension": [{"url": f"{SPINE}side", "valueCode": "left"}]}, {"side": ["left"]}),
        ({"extension": [{"url": f"{SPINE}reportedCode", "valueString": "62323"}]}, {"code": ["62323"]}),
        (
            {
                "extension": [
                    {"url": f"{SPINE}imagingGuidance", "valueCoding": {"system": f"{SPINE}GuidanceAxis", "code": "ct"}}
                ]
            },
            {"guidance": ["ct"]},
        ),
        (
            {
                "extension": [
                    {
                        "url": "http://hl7.org/fhir/StructureDefinition/procedure-method",
                        "valueCodeableConcept": {"text": "interlaminar"},
                    }
                ]
            },
            {"approach": ["interlaminar"]},
        ),
    ],
)
def test_what_a_procedure_says(knowledge: Knowledge, elements: dict[str, Any], given: dict[str, Any]) -> None:
    found = only(knowledge, procedure(**elements))
    assert found.given == given
    assert set(found.origins) == set(given)


@pytest.mark.parametrize(
    ("elements", "day"),
    [
        ({"performedDateTime": "2024-05-31"}, "2024-05-31"),
        ({"performedDateTime": "2024-05-31T23:30:00-05:00"}, "2024-05-31"),
        ({"performedPeriod": {"start": "2024-05-31T23:30:00Z", "end": "2024-06-01T00:10:00Z"}}, "2024-05-31"),
        ({"performedPeriod": {"end": "2024-05-31"}}, "2024-05-31"),
    ],
)
def test_the_day(knowledge: Knowledge, elements: dict[str, Any], day: str) -> None:
    assert only(knowledge, procedure(code=coded(CPT, "62323"), **elements)).given["date"] == [day]


@pytest.mark.parametrize("given", ["2024", "2024-05", "2024-02-30", "last week", 5, None, {"start": 5}])
def test_what_is_no_day_is_told_and_not_taken(knowledge: Knowledge, given: Any) -> None:
    elements = {"performedPeriod": given} if isinstance(given, dict) else {"performedDateTime": given}
    found = only(knowledge, procedure(code=coded(CPT, "62323"), **elements))
    assert "date" not in found.given
    assert [note.axis for note in found.notes] == ([] if given is None else ["date"])


def test_resources_that_are_referred_to(knowledge: Knowledge) -> None:
    medication = {"resourceType": "Medication", "id": "m", "code": coded(RXNORM, "3264")}
    contained = procedure(usedReference=[{"reference": "#m"}], contained=[medication])
    assert only(knowledge, contained).given == {"substance": ["corticosteroid"]}
    beside = bundle(procedure(usedReference=[{"reference": "Medication/m"}]), medication)
    assert only(knowledge, beside).given == {"substance": ["corticosteroid"]}
    absent = read_fhir(knowledge, procedure(code=coded(CPT, "62323"), usedReference=[{"reference": "Medication/m"}]))
    assert any("was not sent along" in note.message for note in notes_of(absent))


def test_what_was_given_in_the_course_of_a_procedure_belongs_to_it(knowledge: Knowledge) -> None:
    given = {
        "resourceType": "MedicationAdministration",
        "status": "completed",
        "partOf": [{"reference": "Procedure/p"}],
        "medicationCodeableConcept": coded(RXNORM, "10759"),
    }
    found = only(knowledge, bundle(given, procedure(id="p", code=coded(CPT, "62323"))))
    assert found.given["substance"] == ["corticosteroid"]
    assert found.origins["substance"] == ["Bundle.entry[0].resource.medicationCodeableConcept"]
    apart = read_fhir(knowledge, bundle(given, procedure(id="other", code=coded(CPT, "62323"))))
    assert "belongs to no procedure" in apart.notes[0].message


# ---------------------------------------------------------------- claims


def test_lines_of_a_claim_with_units_and_modifiers(knowledge: Knowledge) -> None:
    fifty = {"modifier": [coded(CPT, "50")]}
    found = only(
        knowledge,
        claim(
            line("64483", bodySite={"text": "L4-L5"}, quantity={"value": 1}, servicedDate="2024-05-31", **fifty),
            line("64484", bodySite={"text": "L5-S1"}, quantity={"value": 1}, servicedDate="2024-05-31", **fifty),
        ),
    )
    assert found.given == {
        "level": ["L4-L5", "L5-S1"],
        "date": ["2024-05-31"],
        "side": ["bilateral"],
        "code": [
            {"code": "64483", "units": 1, "modifiers": ["50"]},
            {"code": "64484", "units": 1, "modifiers": ["50"]},
        ],
    }
    assert found.origins["side"] == ["Claim.item[0].modifier"]


def test_lines_of_other_days_and_families_are_other_descriptions(knowledge: Knowledge) -> None:
    reading = read_fhir(
        knowledge,
        claim(
            line("64483", servicedDate="2024-05-31"),
            line("62321", servicedDate="2024-05-31"),
            line("64484", servicedDate="2024-05-31"),
            line("64483", servicedDate="2024-06-30"),
            line("77003", servicedDate="2024-06-30"),
        ),
    )
    assert [one.given["code"] for one in reading.described] == [["64483", "64484"], ["62321"], ["64483", "77003"]]
    assert len({one.node for one in reading.described}) == 3


def test_the_day_of_the_whole_claim_is_that_of_lines_without_one(knowledge: Knowledge) -> None:
    period = {"billablePeriod": {"start": "2024-05-31"}}
    assert only(knowledge, claim(line("64483"), **period)).given["date"] == ["2024-05-31"]
    assert only(knowledge, claim(line("64483", servicedDate="2024-06-01"), **period)).given["date"] == ["2024-06-01"]


def test_the_side_of_a_modifier_is_taken_only_where_nothing_else_says_it(knowledge: Knowledge) -> None:
    left = {"modifier": [coded("https://www.cms.gov/Medicare/Coding/HCPCSReleaseCodeSets", "LT")]}
    right = {"modifier": [coded(CPT, "RT")]}
    assert only(knowledge, claim(line("64483", **left))).given["side"] == ["left"]
    assert only(knowledge, claim(line("64483", bodySite={"text": "right"}, **left))).given["side"] == ["right"]
    both = only(knowledge, claim(line("64483", **left), line("64483", **right)))
    assert "side" not in both.given
    assert any("LT, RT" in note.message for note in both.notes)


def test_a_line_of_another_kind_is_left_out_and_told(knowledge: Knowledge) -> None:
    reading = read_fhir(knowledge, claim(line("99213", modifier=[coded(CPT, "25")]), line("62323")))
    assert [one.given["code"] for one in reading.described] == [["62323"]]
    assert [(note.severity, note.element) for note in reading.notes] == [("info", "Claim.item[0]")]
    assert f"{CPT}|99213" in reading.notes[0].message


def test_a_claim_is_judged_by_the_procedure_that_it_names(knowledge: Knowledge) -> None:
    done = fhir("bundle")["entry"][0]["resource"] | {"usedCode": [{"text": "fluoro"}, {"text": "steroid"}]}
    named = [{"sequence": 1, "procedureReference": {"reference": "Procedure/p1"}}]
    lines = [line("62323", quantity={"value": 1}), line("77003")]
    whole = bundle(claim(*lines, procedure=named), done)
    found = only(knowledge, whole)
    assert found.given["code"] == [{"code": "62323", "units": 1, "modifiers": []}, "77003"]
    assert found.origins["code"][-2:] == [f"Bundle.entry[0].resource.item[{n}].productOrService" for n in (0, 1)]
    report = spinecode.validate(whole)
    assert [result.value for result in report.results if result.severity == "violation"] == [f"{SPINE}cpt/77003"]
    by_number = claim(line("62323", procedureSequence=[2]), line("64483", procedureSequence=[1]), procedure=named)
    reading = read_fhir(knowledge, bundle(done, by_number))
    assert [one.given["code"] for one in reading.described] == [["62323", "64483"], ["62323"]]
    absent = read_fhir(knowledge, bundle(claim(*lines, procedure=named)))
    assert "no procedure that was sent along" in absent.notes[0].message


def test_a_claim_is_judged_by_its_lines() -> None:
    report = spinecode.validate(
        claim(
            line("64483", quantity={"value": 3}, bodySite={"text": "L4-L5"}),
            line("77003"),
            line("62323"),
            extension=[],
            billablePeriod={"start": "2024-05-31"},
        )
    )
    told = {(result.severity, result.axis) for result in report.results}
    assert ("violation", "code") in told
    assert any("77003" in result.message for result in report.results)
    assert any("64483" in result.message and result.severity != "info" for result in report.results)


# ---------------------------------------------------------------- what is told of the rest


@pytest.mark.parametrize(
    ("elements", "element", "words"),
    [
        (
            {"bodySite": [coded(SNOMED, "303300008", "Lumbar epidural space")]},
            "Procedure.bodySite[0]",
            ["SNOMED CT 303300008", "region lumbar"],
        ),
        ({"bodySite": [coded("urn:mine", "12")]}, "Procedure.bodySite[0]", ["12", "urn:mine", "not known here"]),
        ({"bodySite": [coded(None, "12")]}, "Procedure.bodySite[0]", ["12", "no system"]),
        ({"bodySite": [coded(UBERON, "0001130")]}, "Procedure.bodySite[0]", ["spinal column", "no axis"]),
        ({"bodySite": [coded(UBERON, "0000178")]}, "Procedure.bodySite[0]", ["substance", "not read from here"]),
        ({"bodySite": [{"text": "not left"}]}, "Procedure.bodySite[0]", ["'not left' is no name", "side left"]),
        ({"bodySite": [{}]}, "Procedure.bodySite[0]", ["neither a code nor a text"]),
        (
            {"usedCode": [coded(RXNORM, "1085754", "triamcinolone 40 MG/ML")]},
            "Procedure.usedCode[0]",
            ["RxNorm 1085754", "corticosteroid"],
        ),
        (
            {"category": coded(SNOMED, "103693007", "Diagnostic procedure")},
            "Procedure.category",
            ["purpose diagnostic"],
        ),
        ({"performedString": "in May"}, "Procedure.performedString", ["not read"]),
        ({"occurrenceDateTime": "2024-05-31"}, "Procedure.occurrenceDateTime", ["not read"]),
        (
            {"note": [{"text": "Depo-Medrol under fluoro"}]},
            "Procedure.note[0].text",
            ["substance corticosteroid", "fluoroscopy"],
        ),
        ({"bodySite": "L4-L5"}, "Procedure.bodySite", ["has to be an object", "a text"]),
        ({"bodySite": [7]}, "Procedure.bodySite[0]", ["has to be an object", "a number"]),
        (
            {"extension": [{"url": f"{SPINE}colour", "valueCode": "x"}]},
            f"Procedure.extension('{SPINE}colour')",
            ["no property"],
        ),
    ],
)
def test_what_cannot_be_read_is_told_and_not_taken(
    knowledge: Knowledge, elements: dict[str, Any], element: str, words: list[str]
) -> None:
    found = only(knowledge, procedure(code=coded(CPT, "62323"), **elements))
    assert found.given == {"code": ["62323"]}
    told = [note for note in found.notes if note.element == element]
    assert len(told) == 1
    assert all(word in told[0].message for word in words), told[0].message
    assert told[0].message.startswith(element)
    assert told[0].fix
    assert told[0].rule.startswith(SPINE)


def test_a_code_that_is_not_known_is_told_with_near_ones(knowledge: Knowledge) -> None:
    found = only(knowledge, procedure(code=coded(CPT, "62332"), bodySite=[{"text": "L4-L5"}]))
    assert "code" not in found.given
    assert "near ones are 6232" in found.notes[0].message


def test_a_display_that_is_a_name_is_read_and_told(knowledge: Knowledge) -> None:
    found = only(knowledge, procedure(bodySite=[coded(SNOMED, "7771000", "Left")]))
    assert found.given == {"side": ["left"]}
    assert [(note.severity, "display was read: side left" in note.message) for note in found.notes] == [("info", True)]


def test_what_is_said_in_our_words_but_not_known_is_for_the_shapes() -> None:
    report = spinecode.validate(procedure(extension=[{"url": f"{SPINE}side", "valueCode": "lefft"}]))
    assert any(result.axis == "side" and result.severity == "violation" for result in report.results)


@pytest.mark.parametrize(
    ("elements", "words"),
    [
        ({"status": "not-done"}, "'not-done'"),
        ({"status": "entered-in-error"}, "'entered-in-error'"),
        ({"modifierExtension": [{"url": "urn:x", "valueBoolean": True}]}, "modifierExtension[0] is there"),
    ],
)
def test_what_bars_a_resource(knowledge: Knowledge, elements: dict[str, Any], words: str) -> None:
    whole = procedure(code=coded(CPT, "62323")) | elements
    reading = read_fhir(knowledge, bundle(whole, procedure(code=coded(CPT, "62321"))))
    assert [one.given["code"] for one in reading.described] == [["62321"]]
    assert words in reading.notes[0].message
    with pytest.raises(NoDescriptionError, match="left out"):
        spinecode.validate(whole)


def test_a_bundle_of_much_else(knowledge: Knowledge) -> None:
    appendectomy = procedure(code=coded(SNOMED, "80146002", "Appendectomy"), bodySite=[{"text": "left knee"}])
    patients = [{"resourceType": "Patient"}, {"resourceType": "Encounter"}]
    reading = read_fhir(knowledge, bundle(*patients, appendectomy, procedure(code=coded(CPT, "62323"))))
    assert len(reading.described) == 1
    assert [note.severity for note in reading.notes] == ["info", "info"]
    assert "80146002" in reading.notes[0].message
    assert "1 Encounter, 1 Patient" in reading.notes[1].message


@pytest.mark.parametrize("resource", [{"resourceType": "Patient"}, {"resourceType": 5}, {"resourceType": "Bundle"}])
def test_other_resources_are_refused(knowledge: Knowledge, resource: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        read_fhir(knowledge, resource)


# ---------------------------------------------------------------- the mapping is data


def test_the_mapping_is_whole(knowledge: Knowledge) -> None:
    mapping = fhir_mapping(knowledge)
    assert set(mapping.described_types) == {"Claim", "Procedure"}
    answered = {axis for kind in mapping.kinds.values() for element in kind.elements for axis in element.answers}
    asked = {axis.name for axis in knowledge.index.asked_axes}
    # how many muscles were injected is not told by any element of FHIR
    assert answered | {"muscles"} == asked | {"date", "code"}
    graph = knowledge.graph
    aligned = {graph.text(node, term("spine:iriStart")) for node in graph.instances(term("spine:TargetSystem"))}
    assert aligned == {system.start for system in mapping.systems.values() if system.start}


def test_a_pack_can_say_more(tmp_path: Path) -> None:
    """A hospital's own codes, an element that we do not read, and its alignment with SNOMED CT, in Turtle alone."""
    folder = tmp_path / "ontology"
    folder.mkdir()
    (folder / "ours.ttl").write_text(
        """
        @prefix spine: <https://w3id.org/spinecode/> .
        @prefix skos: <http://www.w3.org/2004/02/skos/core#> .
        @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
        <urn:mine> a spine:FhirCodeSystem ; rdfs:label "my hospital" ; spine:fhirSystem "urn:mine" ;
            spine:iriStart "urn:mine:" .
        spine:Lumbar skos:exactMatch <urn:mine:LSP> .
        <urn:snomed> a spine:FhirCodeSystem ; rdfs:label "SNOMED" ; spine:fhirSystem "http://snomed.info/sct" ;
            spine:iriStart "http://snomed.info/id/" .
        <urn:reason> a spine:FhirFact ; spine:fhirPath "Procedure.reasonCode" ; spine:answersWith spine:purpose .
        """,
        encoding="utf-8",
    )
    knowledge = load([folder])
    given = procedure(bodySite=[coded("urn:mine", "LSP")], reasonCode=[{"text": "diagnostic"}])
    assert only(knowledge, given).given == {"region": ["lumbar"], "purpose": ["diagnostic"]}


# ---------------------------------------------------------------- as users meet it


def test_a_report_on_a_record_as_they_are() -> None:
    """A hospital's record, with SNOMED CT, prose and the wrong code: what it lacks is told, and where it may stand."""
    report = spinecode.validate(fhir("procedure-ehr"))
    assert not report.conforms
    answer = report.answers[0]
    assert answer["description"] == "urn:spinecode:Procedure/proc-4711"
    assert answer["read"]["level"] == {"values": ["L5-S1"], "from": ["Procedure.bodySite[1]"]}
    assert any("approach transforaminal, guidance fluoroscopy" in result.message for result in report.results)
    assert all(result.line is None for result in report.results)


def test_a_bundle_conforms() -> None:
    report = spinecode.validate(fhir("bundle"))
    assert report.conforms
    assert [line["code"] for line in report.answers[0]["lines"]] == ["62323"]


def test_the_command_line(tmp_path: Path) -> None:
    file = tmp_path / "records.ndjson"
    file.write_text("\n".join(json.dumps(fhir(name)) for name in ("bundle", "claim")), encoding="utf-8")
    result = CliRunner().invoke(cli, ["select", str(file), "--format", "json"], standalone_mode=False)
    assert result.exception is None
    answers = json.loads(result.stdout)
    assert [answer["status"] for answer in answers] == ["determined", "undetermined"]


def test_one_resource_is_read_alike_everywhere(knowledge: Knowledge) -> None:
    from spinecode.web import create_app

    client = create_app(knowledge).test_client()
    body = json.dumps(fhir("claim"))
    reports = [
        client.post("/validate", data=body, content_type=kind).get_json()
        for kind in ("application/json", "application/fhir+json", "application/fhir+json; fhirVersion=4.0")
    ]
    assert reports[0] == reports[1] == reports[2]
    assert reports[0]["answers"] == json.loads(json.dumps(spinecode.validate(fhir("claim")).answers))


def test_the_document_tells_of_every_element(knowledge: Knowledge) -> None:
    text = (ROOT / "docs" / "fhir.md").read_text(encoding="utf-8")
    graph = knowledge.graph
    kinds = [term(f"spine:{kind}") for kind in ("FhirFact", "FhirBar", "FhirUnread", "FhirProse")]
    paths = {graph.text(node, term("spine:fhirPath")) for kind in kinds for node in graph.instances(kind)}
    assert len(paths) > 25
    assert {path for path in paths if f"`{path}`" not in text} == set()
