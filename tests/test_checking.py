"""The check of an ontology: a fault planted in a copy of ours is found once, where it stands, and nothing else is."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
from click.testing import CliRunner
from pyoxigraph import Literal, NamedNode

from spinecode import hermit
from spinecode.checking import CheckReport, check, check_ontology
from spinecode.cli import cli
from spinecode.companions import check_queries, check_shapes
from spinecode.files import data_folder
from spinecode.finding_formats import junit, report_json, sarif
from spinecode.graph import parse_file
from spinecode.places import Places
from spinecode.vocabulary import NIL, PREFIXES
from tests.conftest import ROOT

DECLARED = "".join(f"@prefix {name}: <{iri}> .\n" for name, iri in PREFIXES.items())


@dataclass(frozen=True)
class Fault:
    """A fault: what is replaced in which file, and what the one finding has to say.

    ``at`` is a text of the changed file, whose line is where the finding has to be.
    """

    name: str
    file: str
    old: str
    new: str
    at: str
    kind: str
    words: str
    fix: str = ""

    def __str__(self) -> str:
        return self.name


INTERLAMINAR, LEVEL, SPACE = "codes/interlaminar.ttl", "axes/level.ttl", "axes/space.ttl"
CODE_62322 = 'skos:notation "62322" ; skos:inScheme spine:CodeScheme ; spine:inFamily spine:InterlaminarFamily ;\n'
VALID_62311 = """ spine:validFrom "2000-01-01"^^xsd:date ;
    spine:validUntil "2016-12-31"^^xsd:date ;
    spine:replacedBy cpt:62322"""

GUIDED_REGION = """spine:spinalRegion ; owl:someValuesFrom spine:{}Region ]
    [ a owl:Restriction ; owl:onProperty spine:targetSpace ; owl:someValuesFrom spine:NeuraxialSpace ]
    [ a owl:Restriction ; owl:onProperty spine:imagingGuidance ; owl:someValuesFrom spine:FluoroscopyOrCT"""

FAULTS = [
    Fault(
        "broken syntax",
        SPACE,
        "    spine:displayOrder 2 .\nspine:EpiduralOrSub",
        "    spine:displayOrder 2 \nspine:EpiduralOrSub",
        "spine:EpiduralOrSubarachnoid a",
        "syntax",
        "expected",
    ),
    Fault(
        "a value that is not there",
        INTERLAMINAR,
        CODE_62322,
        CODE_62322.replace("InterlaminarFamily", "InterlaminrFamily"),
        "spine:InterlaminrFamily",
        "name",
        "spine:InterlaminrFamily is not described",
        "Did you mean spine:InterlaminarFamily?",
    ),
    Fault(
        "a property that is not there",
        "axes/side.ttl",
        "spine:reportedWithModifier mod:RT",
        "spine:reportedWithModifer mod:RT",
        "spine:reportedWithModifer",
        "name",
        "spine:reportedWithModifer is not described",
        "Did you mean spine:reportedWithModifier?",
    ),
    Fault(
        "a term that OWL does not have",
        SPACE,
        "spine:TargetSpace a owl:Class ; rdfs:subClassOf",
        "spine:TargetSpace a owl:Class ; rdfs:subClasOf",
        "rdfs:subClasOf",
        "name",
        "rdfs:subClasOf is not described",
        "Did you mean rdfs:subClassOf?",
    ),
    Fault(
        "a class that is not there, above others",
        "axes/region.ttl",
        "spine:LumbosacralRegion a owl:Class ; rdfs:subClassOf spine:SpinalRegion",
        "spine:LumbosacralRegion a owl:Class ; rdfs:subClassOf spine:SpinalRegions",
        "spine:SpinalRegions",
        "name",
        "spine:SpinalRegions",
    ),
    Fault(
        "a thing whose own name is misspelt",
        "reporting.ttl",
        "spine:PerLevel a spine:ReportingUnit",
        "spine:PerLevl a spine:ReportingUnit",
        "",
        "name",
        "spine:PerLevel is not described",
        "spine:PerLevl",
    ),
    Fault(
        "a level in a region far away",
        LEVEL,
        '"L3 L4"@en , "L3L4"@en ;\n    spine:inRegion spine:Lumbar',
        '"L3 L4"@en , "L3L4"@en ;\n    # swapped\n    spine:inRegion spine:Thoracic',
        "# swapped\n    spine:inRegion spine:Thoracic",
        "region",
        "spine:L3-L4 is out of order",
    ),
    Fault(
        "a level at the end of its region in another",
        LEVEL,
        '"T12-1"@en , "T12/1"@en ;\n    spine:inRegion spine:Thoracic',
        '"T12-1"@en , "T12/1"@en ;\n    spine:inRegion spine:Sacral',
        '"T12/1"@en ;\n    spine:inRegion spine:Sacral',
        "region",
        "spine:T12-L1 is out of order",
    ),
    Fault(
        "a region in the class of others",
        "axes/region.ttl",
        "spine:Lumbar a spine:LumbosacralRegion",
        "spine:Lumbar a spine:CervicothoracicRegion",
        "spine:Lumbar a spine:CervicothoracicRegion",
        "region",
        "spine:Lumbar counts with spine:Sacral",
    ),
    Fault(
        "a region that counts with others",
        "axes/region.ttl",
        "spine:displayOrder 3 ;\n    spine:inCodingRegion spine:LumbosacralCodingRegion",
        "spine:displayOrder 3 ;\n    spine:inCodingRegion spine:CervicothoracicCodingRegion",
        "spine:Lumbar a spine:LumbosacralRegion",
        "region",
        "spine:Lumbar counts with spine:Cervical",
    ),
    Fault(
        "no interval",
        "codes/retired.ttl",
        VALID_62311,
        VALID_62311.partition(";")[2],
        "cpt:62311 a spine:ProcedureCode",
        "interval",
        "cpt:62311: A code has exactly one beginning",
        "spine:validFrom",
    ),
    Fault(
        "a date that is none",
        INTERLAMINAR,
        'spine:validFrom "2017-01-01"^^xsd:date',
        'spine:validFrom "2017-02-30"^^xsd:date',
        '"2017-02-30"',
        "interval",
        "cpt:62320: spine:validFrom is one date of the calendar",
    ),
    Fault(
        "an interval that ends before it begins",
        "codes/retired.ttl",
        'spine:validFrom "2000-01-01"^^xsd:date',
        'spine:validFrom "2020-01-01"^^xsd:date',
        '"2020-01-01"',
        "interval",
        "cpt:62310: The interval ends before it begins",
    ),
    Fault(
        "two definitions on one day",
        "codes/transforaminal.ttl",
        '    spine:validUntil "2010-12-31"^^xsd:date ;\n',
        "",
        "spine:CervicothoracicFirstLevelTransforaminalInjectionBefore2011 a owl:Class",
        "interval",
        "both are in force on 2011-01-01",
    ),
    Fault(
        "no label of a code",
        INTERLAMINAR,
        '    skos:prefLabel "Interlaminar injection, lumbar or sacral, without fluoroscopy or CT"@en ;\n',
        "",
        "cpt:62322 a spine:ProcedureCode",
        "label",
        "cpt:62322: A code needs a skos:prefLabel",
    ),
    Fault(
        "no source of a definition",
        "codes/transforaminal.ttl",
        "    dcterms:source src:CMS-A58993 , src:AAPC-Levels-2013 , src:AAPC-Warning-2012 ; spine:trust",
        "    spine:trust",
        "spine:CervicothoracicFirstLevelTransforaminalInjection a owl:Class",
        "source",
        "needs a dcterms:source",
    ),
    Fault(
        "no definition of a code",
        INTERLAMINAR,
        "  rdfs:subClassOf spine:LumbosacralUnguidedInterlaminarInjection ] .",
        "  rdfs:subClassOf spine:SpinalInjection ] .",
        "cpt:62322 a spine:ProcedureCode",
        "code",
        "cpt:62322 has no definition",
    ),
    Fault(
        "a unit of the wrong kind",
        INTERLAMINAR,
        "spine:reportingUnit spine:OncePerSessionAndRegion",
        "spine:reportingUnit\n    spine:CervicothoracicCodingRegion",
        "    spine:CervicothoracicCodingRegion",
        "unit",
        "cpt:62320: A code has exactly one spine:reportingUnit",
    ),
    Fault(
        "one number for two codes",
        INTERLAMINAR,
        'skos:notation "62320"',
        'skos:notation "62323"',
        'cpt:62320 a spine:ProcedureCode ;\n    skos:notation "62323"',
        "duplicate",
        "cpt:62320 and cpt:62323 are two codes with the same skos:notation",
    ),
    Fault(
        "one name for two values",
        "axes/side.ttl",
        'skos:notation "right" ; rdfs:label "right"@en',
        'skos:notation "right" ; rdfs:label "left"@en',
        'rdfs:label "left"@en ; skos:altLabel "RT"@en',
        "duplicate",
        "spine:Left and spine:Right are two values of one axis with the same rdfs:label, left",
    ),
    Fault(
        "a text without a language",
        "axes/guidance.ttl",
        'skos:altLabel "fluoro"@en',
        'skos:altLabel "fluoro"',
        'skos:altLabel "fluoro" ,',
        "language",
        "spine:Fluoroscopy: This skos:altLabel has no language",
    ),
    Fault(
        "a circle of classes",
        SPACE,
        "spine:NeuraxialSpace a owl:Class ; rdfs:subClassOf spine:TargetSpace",
        "spine:NeuraxialSpace a owl:Class ; rdfs:subClassOf spine:TargetSpace , spine:EpiduralSpace",
        "rdfs:subClassOf spine:TargetSpace , spine:EpiduralSpace",
        "cycle",
        "spine:EpiduralSpace is, by rdfs:subClassOf, below itself",
    ),
    Fault(
        "a circle of values",
        SPACE,
        "spine:displayOrder 1 .",
        "spine:displayOrder 1 ; spine:narrowerValue spine:EpiduralOrSubarachnoid .",
        "spine:narrowerValue spine:EpiduralOrSubarachnoid .",
        "cycle",
        "narrower than itself",
    ),
    Fault(
        "a circle of add-ons",
        "codes/transforaminal.ttl",
        "    spine:addOnTo cpt:64479 ;",
        "    spine:addOnTo cpt:64480 ;",
        "    spine:addOnTo cpt:64480 ;",
        "cycle",
        "cpt:64480 is, by spine:addOnTo, an add-on to itself",
    ),
    Fault(
        "a source without an address",
        "sources.ttl",
        "    dcterms:source <https://www.cms.gov/medicare-coverage-database/view/article.aspx?articleid=58993> .",
        "    .",
        "src:CMS-A58993 a spine:Source",
        "source",
        "src:CMS-A58993: A source needs the address",
    ),
    Fault(
        "an axis without its class of values",
        "axes/purpose.ttl",
        "    spine:valueClass spine:Purpose ;\n",
        "",
        "spine:PurposeAxis a spine:Axis",
        "axis",
        "spine:PurposeAxis: An axis has exactly one spine:valueClass",
    ),
    Fault(
        "outside the profile",
        INTERLAMINAR,
        "owl:onProperty spine:imagingGuidance ; owl:someValuesFrom spine:FluoroscopyOrCT",
        "owl:onProperty spine:imagingGuidance ;\n        owl:allValuesFrom spine:FluoroscopyOrCT",
        "        owl:allValuesFrom spine:FluoroscopyOrCT",
        "profile",
        "owl:allValuesFrom spine:FluoroscopyOrCT on spine:imagingGuidance may not stand below",
    ),
    Fault(
        "a value in two classes that are disjoint",
        SPACE,
        "spine:Subarachnoid a spine:SubarachnoidSpace",
        "spine:Subarachnoid a spine:EpiduralSpace , spine:SubarachnoidSpace",
        "spine:Subarachnoid a spine:EpiduralSpace",
        "consistency",
        "spine:Subarachnoid",
    ),
    Fault(
        "a value of another axis in a requirement",
        INTERLAMINAR,
        "owl:onProperty spine:deliveryMethod ; owl:someValuesFrom spine:SingleInjectionDelivery ]",
        "owl:onProperty spine:deliveryMethod ; owl:someValuesFrom spine:LumbosacralRegion ]",
        "spine:deliveryMethod ; owl:someValuesFrom spine:LumbosacralRegion",
        "rule",
        "requires, on the axis 'delivery', spine:LumbosacralRegion",
    ),
    Fault(
        "a region swapped in a definition",
        INTERLAMINAR,
        GUIDED_REGION.format("Cervicothoracic"),
        GUIDED_REGION.format("Lumbosacral"),
        "spine:CervicothoracicImageGuidedInterlaminarInjection a owl:Class",
        "overlap",
        "62321 (Interlaminar injection, cervical or thoracic, with fluoroscopy or CT) holds together with 62323",
    ),
    Fault(
        "two codes for one combination",
        "codes/catheter.ttl",
        "spine:imagingGuidance ; owl:someValuesFrom spine:NeitherFluoroscopyNorCT",
        "spine:imagingGuidance ; owl:someValuesFrom spine:ImagingGuidance",
        "spine:CervicothoracicUnguidedCatheterInterlaminarInjection a owl:Class",
        "overlap",
        "holds together with",
    ),
    Fault(
        "a combination that loses its code",
        "codes/catheter.ttl",
        "spine:imagingGuidance ; owl:someValuesFrom spine:FluoroscopyOrCT",
        "spine:imagingGuidance ; owl:hasValue spine:Fluoroscopy",
        "spine:CervicothoracicImageGuidedCatheterInterlaminarInjection a owl:Class",
        "coverage",
        "No code, and no reason for having none",
    ),
]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    folder = tmp_path / "ontology"
    shutil.copytree(data_folder("ontology"), folder)
    return folder


def planted(folder: Path, file: str, old: str, new: str) -> str:
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text, "the fault has to be planted"
    text = text.replace(old, new, 1)
    path.write_text(text, encoding="utf-8")
    return text


def line_of(text: str, at: str) -> int:
    assert text.count(at) == 1, f"{at!r} has to be in the file once"
    return text.count("\n", 0, text.index(at) + at.rindex("\n") + 1 if "\n" in at else text.index(at)) + 1


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_planted_fault_is_found_once_where_it_stands(copy: Path, fault: Fault) -> None:
    text = planted(copy, fault.file, fault.old, fault.new)
    findings = check_ontology([copy])
    assert [str(finding) for finding in findings] == [str(findings[0])], "one fault, one finding"
    finding = findings[0]
    assert finding.kind == fault.kind
    assert fault.words in finding.message
    assert fault.fix in finding.fix
    assert finding.fix
    assert finding.column is not None
    if fault.at:
        assert (finding.file, finding.line) == (str(copy / fault.file), line_of(text, fault.at))


def test_our_ontology_shapes_and_queries_have_no_fault() -> None:
    report = check([data_folder("ontology")], with_hermit=False)
    assert report.findings == ()
    assert report.left_out == ()
    assert {file.suffix for file in report.files} == {".ttl", ".rq"}


# ---------------------------------------------------------------- a family of one's own, beside ours

GOOD_CODE = """
cpt:11111 a spine:ProcedureCode ; skos:notation "11111" ; skos:prefLabel "x"@en ; skos:definition "x"@en ;
    spine:inFamily spine:InterlaminarFamily ; spine:reportingUnit spine:PerLevel ; spine:trust spine:TrustC ;
    dcterms:source src:OHIMA-2017 ; spine:validFrom "2020-01-01"^^xsd:date .
spine:New a owl:Class ; rdfs:label "x"@en ; dcterms:source src:OHIMA-2017 ; spine:trust spine:TrustC ;
    rdfs:subClassOf [ a owl:Restriction ; owl:onProperty spine:impliesCode ; owl:hasValue cpt:11111 ] .
[ a owl:Class ; owl:intersectionOf ( spine:SpinalInjection
    [ a owl:Restriction ; owl:onProperty spine:side ; owl:hasValue spine:Left ]
    [ a owl:Restriction ; owl:onProperty spine:deliveryMethod ; owl:hasValue spine:SingleInjection ] ) ;
  rdfs:subClassOf spine:New ] .
"""
#: It belongs to no approach, so that it stands beside every other code.
GOOD_CODE += """[] a spine:AcceptedFinding ; spine:findingKind "overlap" ; spine:aboutTerm spine:New ;
    rdfs:comment "It is reported beside the others."@en .
"""
ACCEPTED = '[] a spine:AcceptedFinding ; spine:findingKind "{}" ; spine:aboutTerm {} ; rdfs:comment "it is so"@en .\n'


def checked(folder: Path, turtle: str, **options: Any) -> CheckReport:
    """The report on our ontology with one more file."""
    (folder / "planted.ttl").write_text(DECLARED + turtle, encoding="utf-8")
    options = {"with_hermit": False, "shapes": (), "queries": (), **options}
    return check([data_folder("ontology"), folder], **options)


@pytest.mark.parametrize(
    ("good", "bad", "line", "kind", "words"),
    [
        ("", "", 0, "", ""),
        ('"11111" ;', '"62323" ;', 2, "duplicate", "cpt:11111 and cpt:62323"),
        ("onProperty spine:side", "onProperty spine:inRegion", 8, "rule", "spine:inRegion, which is not the property"),
        (
            "spine:New a",
            'spine:Odd a spine:Side ; skos:notation "odd" ; rdfs:label "odd"@en ; skos:altLabel "LT"@en .\nspine:New a',
            5,
            "rule",
            "spine:Odd has the name 'lt'",
        ),
        ("spine:New a", "spine:Epidural a spine:SubarachnoidSpace .\nspine:New a", 5, "consistency", "spine:Epidural"),
        (
            "spine:New a",
            "spine:Left owl:sameAs spine:Right ; owl:differentFrom spine:Right .\nspine:New a",
            5,
            "consistency",
            "spine:Left",
        ),
        ("owl:hasValue spine:Left ]", "owl:allValuesFrom spine:Side ]", 8, "profile", "owl:allValuesFrom spine:Side"),
    ],
)  # fmt: skip
def test_a_family_beside_ours(tmp_path: Path, good: str, bad: str, line: int, kind: str, words: str) -> None:
    assert good in GOOD_CODE
    findings = checked(tmp_path, GOOD_CODE.replace(good, bad, 1)).findings
    assert len(findings) == bool(kind), findings
    for finding in findings:
        assert finding.kind == kind
        assert words in finding.message
        assert finding.file == str(tmp_path / "planted.ttl")
        assert finding.line == line + len(PREFIXES)


def test_a_step_that_would_find_echoes_waits(tmp_path: Path) -> None:
    report = checked(tmp_path, GOOD_CODE.replace("spine:PerLevel", "spine:PerLevl"), with_hermit=True)
    assert [finding.kind for finding in report.findings] == ["name"]
    assert report.left_out == ("consistency", "rules", "coverage")
    assert report.hermit.startswith("not run: ")


def test_a_code_that_stands_beside_others_is_told_once(tmp_path: Path) -> None:
    alone = GOOD_CODE.partition("[] a spine:AcceptedFinding")[0]
    (finding,) = checked(tmp_path, alone).findings
    assert (finding.kind, finding.line) == ("overlap", len(PREFIXES) + 5)
    assert "11111 (x) holds together with" in finding.message
    assert "62323" in finding.message


# ---------------------------------------------------------------- accepted findings


def test_an_accepted_finding_does_not_count(tmp_path: Path) -> None:
    turtle = GOOD_CODE.replace('skos:definition "x"@en ;', "") + ACCEPTED.format("definition", "cpt:11111")
    report = checked(tmp_path, turtle)
    assert report.conforms
    assert [(a.finding.kind, a.finding.about, a.reason) for a in report.accepted if a.finding.kind != "overlap"] == [
        ("definition", "https://w3id.org/spinecode/cpt/11111", "it is so")
    ]


def test_what_accepts_nothing_is_a_finding(tmp_path: Path) -> None:
    (finding,) = checked(tmp_path, GOOD_CODE + ACCEPTED.format("definition", "cpt:11111")).findings
    assert (finding.kind, finding.line) == ("acceptance", len(PREFIXES) + 13)
    assert "accepts nothing" in finding.message


def test_nothing_is_accepted_without_a_reason(tmp_path: Path) -> None:
    accepted = ACCEPTED.format("definition", "cpt:11111").replace(' ; rdfs:comment "it is so"@en', "")
    report = checked(tmp_path, GOOD_CODE.replace('skos:definition "x"@en ;', "") + accepted)
    assert [finding.kind for finding in report.findings] == ["definition", "acceptance"]


# ---------------------------------------------------------------- HermiT

needs_hermit = pytest.mark.skipif(
    shutil.which("java") is None, reason="HermiT needs Java, which is not on this machine"
)
PLANTED_CLASS = """spine:Both a owl:Class ; rdfs:label "both"@en ;
    rdfs:subClassOf spine:EpiduralSpace , spine:SubarachnoidSpace .
spine:Under a owl:Class ; rdfs:label "under"@en ; rdfs:subClassOf spine:Both .
"""


@needs_hermit
def test_hermit_names_a_class_that_can_have_no_member(tmp_path: Path) -> None:
    report = checked(tmp_path, PLANTED_CLASS, with_hermit=True)
    (finding,) = report.findings
    assert (finding.kind, finding.about, finding.line) == (
        "unsatisfiable",
        "https://w3id.org/spinecode/Both",
        len(PREFIXES) + 1,
    )
    assert report.hermit == "run"


def test_without_java_the_report_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(hermit.HermitError, match="no Java"):
        hermit.jar_folder()
    result = CliRunner().invoke(cli, ["check"], standalone_mode=False)
    assert result.output.splitlines()[-1] == "HermiT was not run: there is no Java on the path."


# ---------------------------------------------------------------- shapes and queries

SHAPE = """spine:MyShape a sh:NodeShape ; sh:targetClass spine:Source ;
    sh:property [ sh:path rdfs:label ; sh:minCount 1 ] .
"""


@pytest.mark.parametrize(
    ("good", "bad", "line", "kind", "words"),
    [
        ("", "", 0, "", ""),
        ("sh:minCount 1 ]", "sh:minCount 1", 2, "syntax", ""),
        ("sh:minCount", "sh:minCont", 2, "shape", "sh:minCont is not a term of SHACL"),
        ("spine:Source", "spine:Sauce", 1, "name", "spine:Sauce is not described"),
        ("sh:minCount 1", 'sh:minCount "one"', 2, "shape", "sh:minCount must be a literal"),
    ],
)
def test_faults_of_shapes(tmp_path: Path, good: str, bad: str, line: int, kind: str, words: str) -> None:
    file = tmp_path / "shapes.ttl"
    file.write_text(DECLARED + SHAPE.replace(good, bad, 1), encoding="utf-8")
    findings = check_shapes([file], {PREFIXES["spine"] + "Source"})
    assert [finding.kind for finding in findings] == ([kind] if kind else []), findings
    for finding in findings:
        assert words in finding.message
        assert (finding.file, finding.line) == (str(file), line + len(PREFIXES))


def test_faults_of_queries(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.rq", tmp_path / "bad.rq"
    good.write_text("# A question\nSELECT ?code WHERE { ?code a spine:ProcedureCode }\n")
    bad.write_text("# A question\nSELECT ?code\nWHERE { ?code a }\n")
    (finding,) = check_queries([good, bad])
    assert (finding.kind, finding.file, finding.line) == ("query", str(bad), 3)
    assert finding.column is not None


# ---------------------------------------------------------------- places


LAYOUT = '''PREFIX ex: <https://example.org/>
@prefix x: <https://example.org/x#> . # a "comment" .
ex:a ex:p "\u00e4[\u00f6", "b" ; ex:q """two
 lines""" , [ ex:r 1.5 ,
    ( ex:b "c" ) ] .
<https://example.org/d> a ex:e .ex:f a
 ex:g .
'''


def test_places_are_those_of_the_statements(tmp_path: Path) -> None:
    """Whatever the layout: comments, long texts, brackets, characters of several bytes, SPARQL's way of prefixes."""
    file = tmp_path / "layout.ttl"
    file.write_text(LAYOUT, encoding="utf-8")
    places = Places()
    assert len(places.read(file)) == len(list(parse_file(file)))
    lines = LAYOUT.splitlines()
    found = {}
    for quad in places.quads:
        place, home = places.of(quad.triple), places.home(quad.subject)  # type: ignore[arg-type]
        assert place is not None
        assert home is not None
        if isinstance(quad.object, NamedNode | Literal) and quad.object != NIL:
            value = quad.object.value.rpartition("/")[2]
            found[value] = (lines[place.line - 1][place.column - 1 :][:3], (home.line, home.column))
    assert found == {
        "\u00e4[\u00f6": ('"\u00e4[', (3, 1)),
        "b": ("ex:", (5, 5)),
        "two\n lines": ('"""', (3, 1)),
        "1.5": ("1.5", (4, 13)),
        "c": ('"c"', (5, 5)),
        "e": ("ex:", (6, 1)),
        "g": ("ex:", (6, 33)),
    }


# ---------------------------------------------------------------- formats


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> CheckReport:
    folder = tmp_path_factory.mktemp("formats")
    turtle = GOOD_CODE.replace('skos:definition "x"@en ;', "").replace("skos:prefLabel", "# <&>\n    skos:preLabel")
    return checked(folder, turtle + ACCEPTED.format("definition", "cpt:11111"))


def test_json_has_every_field(report: CheckReport) -> None:
    told = report_json(report)
    assert not told["conforms"]
    (finding,) = told["findings"]
    assert list(finding) == ["kind", "message", "file", "line", "column", "severity", "fix", "rule", "about"]
    assert told["hermit"].startswith("not run")


def test_junit_counts_what_it_holds(report: CheckReport) -> None:
    suite = ElementTree.fromstring(junit(report))[0]  # our own output
    cases = suite.findall("testcase")
    assert int(suite.attrib["tests"]) == len(cases)
    assert int(suite.attrib["failures"]) == len(suite.findall("testcase/failure")) == len(report.findings)
    assert int(suite.attrib["skipped"]) == len(suite.findall("testcase/skipped")) == len(report.accepted)
    assert all(case.attrib["classname"] and case.attrib["name"] for case in cases)


#: What SARIF 2.1.0 asks of the parts that we write (OASIS, sections 3.13 to 3.30).
SARIF = {
    "type": "object",
    "required": ["version", "runs"],
    "properties": {
        "version": {"const": "2.1.0"},
        "runs": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["tool"],
                "properties": {
                    "tool": {
                        "type": "object",
                        "required": ["driver"],
                        "properties": {
                            "driver": {
                                "type": "object",
                                "required": ["name"],
                                "properties": {"rules": {"type": "array", "uniqueItems": True}},
                            }
                        },
                    },
                    "results": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "required": ["message", "ruleId"],
                            "properties": {
                                "level": {"enum": ["none", "note", "warning", "error"]},
                                "message": {"type": "object", "required": ["text"]},
                                "locations": {
                                    "type": "array",
                                    "items": {
                                        "type": "object",
                                        "required": ["physicalLocation"],
                                        "properties": {
                                            "physicalLocation": {
                                                "type": "object",
                                                "required": ["artifactLocation"],
                                                "properties": {
                                                    "region": {
                                                        "type": "object",
                                                        "properties": {
                                                            "startLine": {"type": "integer", "minimum": 1},
                                                            "startColumn": {"type": "integer", "minimum": 1},
                                                        },
                                                    }
                                                },
                                            }
                                        },
                                    },
                                },
                            },
                        },
                    },
                },
            },
        },
    },
}


def test_sarif_is_what_it_says(report: CheckReport, monkeypatch: pytest.MonkeyPatch) -> None:
    file = Path(report.findings[0].file or "")
    monkeypatch.chdir(file.parent)
    log = sarif(report)
    jsonschema.validate(json.loads(json.dumps(log)), SARIF)
    run = log["runs"][0]
    result = run["results"][0]
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
    location = result["locations"][0]["physicalLocation"]
    assert location["artifactLocation"]["uri"] == "planted.ttl", "relative to where the check is run"
    assert location["region"]["startLine"] == report.findings[0].line


@pytest.mark.parametrize("form", ["text", "json", "junit", "sarif"])
def test_every_format_on_the_command_line(copy: Path, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    planted(copy, SPACE, "spine:TargetSpace a owl:Class", "spine:TargetSpace a owl:Clas")
    monkeypatch.setattr("spinecode.files.data_folder", lambda kind: copy if kind == "ontology" else ROOT / kind)
    result = CliRunner().invoke(cli, ["check", "--no-hermit", "--format", form], standalone_mode=False)
    assert result.return_value == 1
    assert "owl:Clas" in result.output
    if form == "text":
        assert all(len(line) <= 80 for line in result.output.splitlines() if not line.startswith("/"))
        assert result.output.splitlines()[0].startswith(f"{copy / SPACE}:")
