"""The difference of two versions: what is changed in a copy is told, and nothing else; answers as by brute force."""

from __future__ import annotations

import json
import os
import random
import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pyoxigraph import BlankNode, Quad, RdfFormat, serialize

from spinecode.answer_difference import Answer, AnswerDifference, answer_difference
from spinecode.cases import Case
from spinecode.cli import cli, main
from spinecode.combinations import clashes, close
from spinecode.difference import Difference, difference
from spinecode.difference_formats import difference_json, markdown
from spinecode.difference_outline import outline, summary
from spinecode.errors import InputError, OntologyError
from spinecode.files import data_folder
from spinecode.graph import Ontology
from spinecode.index import RuleIndex
from spinecode.term_difference import Change
from spinecode.versions import Version, read_version
from tests.conftest import ROOT

#: A part of the ontology that stands by itself, so that copies of it are closed in a second.
PART = ("spinecode.ttl", "terms.ttl", "sources.ttl", "reporting.ttl", "axes")
FAMILIES = ("scheme", "interlaminar", "catheter", "retired", "transforaminal")
MADE_UP = ROOT / "tests" / "fixtures" / "made-up-family.ttl"


def copy_to(folder: Path, families: Iterable[str] = FAMILIES) -> Path:
    ours = data_folder("ontology")
    (folder / "codes").mkdir(parents=True)
    for name in PART:
        if (ours / name).is_dir():
            shutil.copytree(ours / name, folder / name)
        else:
            shutil.copy(ours / name, folder / name)
    for family in families:
        shutil.copy(ours / "codes" / f"{family}.ttl", folder / "codes")
    return folder


def edit(folder: Path, file: str, old: str, new: str) -> Path:
    text = (folder / file).read_text(encoding="utf-8")
    assert text.count(old) == 1, (file, old, text.count(old))
    (folder / file).write_text(text.replace(old, new), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_to(tmp_path_factory.mktemp("base") / "old")


@pytest.fixture(scope="module")
def base(folder: Path) -> Version:
    return read_version(str(folder))


@pytest.fixture(scope="module")
def with_family(folder: Path) -> Version:
    return read_version(f"{folder}{os.pathsep}{MADE_UP}")


def told(found: Difference) -> set[str]:
    """Everything that a difference tells but the answers, a text each."""

    def changes(of: str, some: Iterable[Change]) -> Iterable[str]:
        for change in some:
            before = "; ".join(one.text for one in change.removed)
            after = "; ".join(one.text for one in change.added)
            yield f"{of} | {change.aspect} | {before} -> {after}"

    texts = {f"code added: {code.code}" for code in found.codes_added}
    texts |= {f"code removed: {code.code}" for code in found.codes_removed}
    for code in found.codes_changed:
        texts |= set(changes(code.code, code.changes))
        texts |= {f"{code.code} retired {code.retired}"} if code.retired else set()
        texts |= {f"{code.code} reinstated"} if code.reinstated else set()
        for definition in code.definitions:
            texts |= set(changes(f"{code.code} definition", definition.changes))
            if definition.fate == "changed":
                texts |= {f"{code.code} definition | {a.axis} | {a.before} -> {a.after}" for a in definition.axes}
            else:
                texts.add(f"{code.code} definition {definition.fate} | {definition.valid}")
    texts |= {f"takes: {t.label} | {'; '.join(t.removed)} -> {'; '.join(t.added)}" for t in found.takes}
    texts |= {f"constraint: {c.conditions} | {c.axis} | {c.before} -> {c.after}" for c in found.constraints}
    texts |= {f"no code {gap.fate}: {gap.label}" for gap in found.uncoded}
    texts |= set(changes("ontology", found.header))
    texts |= {f"axiom {axiom.kind} {'added' if axiom.added else 'removed'}" for axiom in found.axioms}
    for kind in found.kinds:
        texts |= {f"{kind.kind} added: {one.name}" for one in kind.added}
        texts |= {f"{kind.kind} removed: {one.name}" for one in kind.removed}
        for changed in kind.changed:
            texts |= set(changes(f"{kind.kind} {changed.thing.name}", changed.changes))
    return texts


def answers(found: Difference) -> set[str]:
    return {f"{change.before} -> {change.after}" for change in found.answers.changes}


@dataclass(frozen=True)
class Edit:
    """What is replaced in which file, what the difference has to tell, and between which answers cases move."""

    file: str
    old: str
    new: str
    told: set[str]
    answers: frozenset[str] = frozenset()


def moves(*pairs: tuple[str, str]) -> frozenset[str]:
    return frozenset(f"{before} -> {after}" for before, after in pairs)


INTERLAMINAR = "codes/interlaminar.ttl"
LUMBOSACRAL_GUIDED = """spine:spinalRegion ; owl:someValuesFrom spine:LumbosacralRegion ]
    [ a owl:Restriction ; owl:onProperty spine:targetSpace ; owl:someValuesFrom spine:NeuraxialSpace ]
    [ a owl:Restriction ; owl:onProperty spine:imagingGuidance ; owl:someValuesFrom spine:FluoroscopyOrCT"""
THROUGH_THE_FORAMEN = """    skos:definition "Through the foramen by which a nerve root leaves the spine."@en ;
    spine:reachesSpace spine:Epidural ;"""
L1_L2 = """"L1/L2"@en , "L1-2"@en , "L1/2"@en , "L1 L2"@en , "L1L2"@en ;
    spine:inRegion"""
FIRST_LEVEL = """spine:impliesCode ; owl:hasValue cpt:64479 ] ;
    rdfs:label "Transforaminal epidural injection, cervical or thoracic, the first level"@en ;
    spine:validFrom """
REPORTED = "\n    dcterms:source src:CMS-A58993 ; spine:trust "
CODE_62322 = """    skos:notation "62322" ; skos:inScheme spine:CodeScheme ; spine:inFamily spine:InterlaminarFamily ;
    skos:prefLabel "Interlaminar injection, lumbar or sacral, without fluoroscopy or CT"@en ;"""

EDITS = {
    "label": Edit(
        INTERLAMINAR,
        CODE_62322,
        CODE_62322.replace("without fluoroscopy or CT", "not guided"),
        {
            "62322 | label | Interlaminar injection, lumbar or sacral, without fluoroscopy or CT"
            " -> Interlaminar injection, lumbar or sacral, not guided"
        },
    ),
    "region": Edit(
        INTERLAMINAR,
        LUMBOSACRAL_GUIDED,
        LUMBOSACRAL_GUIDED.replace("Lumbosacral", "Cervicothoracic"),
        {"62323 definition | region | lumbar or sacral -> cervical or thoracic"},
        moves(("62323", "no code"), ("62321", "62321 and 62323")),
    ),
    "axis": Edit(
        INTERLAMINAR,
        f"    [ a owl:Restriction ; owl:onProperty {LUMBOSACRAL_GUIDED} ]\n",
        """    [ a owl:Restriction ; owl:onProperty spine:spinalRegion ; owl:someValuesFrom spine:LumbosacralRegion ]
    [ a owl:Restriction ; owl:onProperty spine:targetSpace ; owl:someValuesFrom spine:NeuraxialSpace ]
""",
        {"62323 definition | guidance | fluoroscopy or CT -> any"},
        moves(("62322", "62322 and 62323")),
    ),
    "retired": Edit(
        INTERLAMINAR,
        CODE_62322,
        f'{CODE_62322}\n    spine:validUntil "2030-12-31"^^xsd:date ;',
        {"62322 | valid until |  -> 2030-12-31", "62322 retired 2030-12-31"},
        moves(("62322", "no code")),
    ),
    "a day": Edit(
        "codes/transforaminal.ttl",
        f'{FIRST_LEVEL}"2011-01-01"',
        f'{FIRST_LEVEL}"2011-01-02"',
        {"64479 definition | valid from | 2011-01-01 -> 2011-01-02"},
        moves(("64479", "no code"), ("open (64479 or 64480)", "open (64480)")),
    ),
    "unit and trust": Edit(
        "reporting.ttl",
        f"1 ;{REPORTED}spine:TrustA .\n\nspine:OncePerSession a",
        f"2 ;{REPORTED}spine:TrustB .\n\nspine:OncePerSession a",
        {
            "reporting unit once per session and coding region | maximum units | 1 -> 2",
            "reporting unit once per session and coding region | trust | stated by CMS or agreed by many sources"
            " -> stated by several coding references",
        },
    ),
    "presumption": Edit(
        "axes/approach.ttl",
        f"{THROUGH_THE_FORAMEN}\n    spine:presumes spine:SingleInjection ;",
        THROUGH_THE_FORAMEN,
        {"approach value transforaminal | presumes | single injection -> "},
    ),
    "level": Edit(
        "axes/level.ttl",
        f"{L1_L2} spine:Lumbar ;",
        f"{L1_L2} spine:Thoracic ;",
        {"level value L1-L2 | in region | lumbar -> thoracic"},
        moves(
            *(("62322", "62320"), ("62323", "62321"), ("62326", "62324"), ("62327", "62325")),
            *(("62311", "62310"), ("62319", "62318"), ("64483", "64479"), ("64484", "64480")),
        ),
    ),
    "class": Edit(
        "axes/guidance.ttl",
        "spine:MagneticResonanceImaging a spine:NeitherXRayNorUltrasound ;",
        "spine:MagneticResonanceImaging a spine:FluoroscopyOrCT ;",
        {
            "guidance value MRI | class | neither fluoroscopy, CT nor ultrasound -> fluoroscopy or CT",
            "takes: fluoroscopy or CT |  -> MRI",
            "takes: neither fluoroscopy nor CT | MRI -> ",
        },
        moves(
            *(("62320", "62321"), ("62322", "62323"), ("62324", "62325"), ("62326", "62327")),
            *(("no code", code) for code in ("64479", "64480", "64483", "64484")),
            *(("no code", "open (64479 or 64480)"), ("no code", "open (64483 or 64484)")),
        ),
    ),
}


def planted(folder: Path, names: Iterable[str], new: Path) -> Version:
    copied = copy_to(new)
    for name in names:
        edit(copied, EDITS[name].file, EDITS[name].old, EDITS[name].new)
    return read_version(str(copied))


@pytest.mark.parametrize(
    "names",
    [["label", "unit and trust", "presumption", "axis"], ["region", "retired", "a day"], ["level"], ["class"]],
    ids=" and ".join,
)
def test_edits_are_told_and_nothing_else(names: list[str], base: Version, folder: Path, tmp_path: Path) -> None:
    new = planted(folder, names, tmp_path / "new")
    found = difference(base, new)
    assert told(found) == {text for name in names for text in EDITS[name].told}
    assert answers(found) == {text for name in names for text in EDITS[name].answers}
    assert found.differs
    if "retired" in names:
        assert "62322 reinstated" in told(difference(new, base))


# ---------------------------------------------------------------- families


def test_an_added_family_is_told_and_nothing_else(base: Version, with_family: Version) -> None:
    found = difference(base, with_family)
    assert told(found) == {
        "code added: Z0001",
        "code added: Z0002",
        "approach value added: transdiscal",
        "class of values added: transdiscal",
        "substance value added: ozone",
        "code family added: transdiscal injection",
    }
    # of what the old version can be asked, nothing has changed
    assert {change.before.kind for change in found.answers.changes} == {"not known"}
    assert found.answers.changed == 0 < found.answers.one_sided
    ends = {change.after.codes for change in found.answers.changes}
    assert {("Z0001",), ("Z0002",)} < ends


def test_the_other_way_round_is_the_mirror_image(base: Version, with_family: Version) -> None:
    there, back = difference(base, with_family), difference(with_family, base)
    assert told(back) == {text.replace("added", "removed") for text in told(there)}
    assert {(c.after, c.before, c.combinations) for c in there.answers.changes} == {
        (c.before, c.after, c.combinations) for c in back.answers.changes
    }
    assert (there.answers.combinations, there.answers.one_sided) == (back.answers.combinations, back.answers.one_sided)


def test_a_removed_family_leaves_cases_without_a_code(base: Version, tmp_path: Path) -> None:
    new = read_version(str(copy_to(tmp_path / "new", [name for name in FAMILIES if name != "transforaminal"])))
    found = difference(base, new)
    codes = {"64479", "64480", "64483", "64484"}
    assert {f"code removed: {code}" for code in codes} <= told(found)
    assert not found.codes_added
    assert not found.codes_changed
    gone = {code for change in found.answers.changes for code in change.before.codes}
    assert gone == codes
    assert {change.after.kind for change in found.answers.changes} == {"no code"}


# ---------------------------------------------------------------- no difference


def rewritten(folder: Path, file: Path, syntax: RdfFormat) -> Path:
    """The same ontology in one file: other order, other syntax, other names of blank nodes."""
    names: dict[Any, BlankNode] = {}

    def other(node: Any) -> Any:
        return names.setdefault(node, BlankNode(f"other{len(names)}")) if isinstance(node, BlankNode) else node

    quads = [Quad(other(q.subject), q.predicate, other(q.object)) for q in Ontology([folder]).stated()]
    random.Random(1).shuffle(quads)
    serialize(quads, str(file), format=syntax)
    return file


def test_an_ontology_does_not_differ_from_itself(base: Version) -> None:
    found = difference(base, base)
    assert not found.differs
    assert found.answers.combinations > 5_000
    assert outline(found) == []
    assert summary(found) == ["The two say the same."]


@pytest.mark.parametrize(
    ("name", "syntax"),
    [("all.owl", RdfFormat.RDF_XML), ("all.jsonld", RdfFormat.JSON_LD)],
)
def test_nor_from_a_copy_that_is_written_otherwise(
    name: str, syntax: RdfFormat, base: Version, folder: Path, tmp_path: Path
) -> None:
    assert told(difference(base, read_version(str(rewritten(folder, tmp_path / name, syntax))))) == set()


def test_nor_from_its_closure(base: Version, folder: Path, tmp_path: Path) -> None:
    closed = tmp_path / "closed.nt"
    closed.write_bytes(Ontology([folder]).closure())
    version = read_version(str(closed))
    assert not difference(base, version).differs
    assert not difference(version, base).differs


def test_members_of_a_union_in_another_order_are_no_difference(base: Version, folder: Path, tmp_path: Path) -> None:
    new = copy_to(tmp_path / "new")
    lists = re.compile(r"owl:(members|unionOf|oneOf) \( (\S+) (\S+)")
    changed = 0
    for file in new.rglob("*.ttl"):
        text, number = lists.subn(r"owl:\1 ( \3 \2", file.read_text(encoding="utf-8"))
        file.write_text(text, encoding="utf-8")
        changed += number
    assert changed > 3
    assert not difference(base, read_version(str(new))).differs


# ---------------------------------------------------------------- answers, by brute force


def answer(index: RuleIndex, facts: dict[str, list[str]], day: str) -> Answer:
    """What an index answers to short names of values; the place of a level is its number."""
    stated = []
    for axis, names in facts.items():
        if axis == "place":
            counting = index.counting_axis
            assert counting is not None
            stated.append((counting.name, (index.ordinal(int(names[0])),)))
        else:
            numbers = [index.value_named(axis, name) for name in names]
            if None in numbers:
                return Answer("not known")
            stated.append((axis, tuple(number for number in numbers if number is not None)))
    if clashes(index, tuple(stated)):
        return Answer("contradiction")
    valid = index.valid_on(day)
    implied, possible = index.evaluate(close(index, dict(stated)), valid, valid)
    if codes := index.codes_in(implied):
        return Answer("codes", codes)
    return Answer("open", index.codes_in(possible)) if index.codes_in(possible) else Answer("no code")


def covers(case: Case, facts: dict[str, list[str]], day: str, index: RuleIndex) -> bool:
    """Whether a case speaks of facts on a day."""
    if not any(era.first <= day <= (era.last or "9999") for era in case.eras):
        return False
    for fact in case.facts:
        names = facts.get(fact.axis, [])
        if fact.derived:
            names = [index.values[index.ordinal(int(place))].name for place in facts.get("place", [])]
        if not any(len(one) <= len(names) and stands_for(one, names) for one in fact.any_of):
            return False
    return True


def stands_for(answers: tuple[tuple[str, ...], ...], names: list[str]) -> bool:
    """Whether each name is in one of the groups, and each group has one of the names."""
    return all(any(name in group for group in answers) for name in names) and all(
        any(name in group for name in names) for group in answers
    )


@st.composite
def facts_to_ask(draw: st.DrawFn, index: RuleIndex) -> dict[str, list[str]]:
    """Facts on every axis that rules ask about; the place of a level among others as its number."""
    counting = index.counting_axis
    assert counting is not None
    level, region = str(counting.derived_from), str(counting.counts_within)
    implied = {axis for value in index.values for axis, _ in value.implies} - {region}
    asked = {r.axis for d in index.definitions for r in d.requirements}
    asked |= {str(index.axes[axis].derived_from) for axis in asked}
    facts: dict[str, list[str]] = {}
    place = level if draw(st.booleans()) else region
    for axis in index.asked_axes:
        if axis.name in asked and axis.name not in {level, region} - {place}:
            names = [index.values[n].name for n in axis.values if not index.values[n].narrower]
            most = 2 if axis.repeatable and axis.name != level else 1
            least = 0 if axis.name in implied else 1
            if chosen := draw(st.lists(st.sampled_from(names), min_size=least, max_size=most, unique=True)):
                facts[axis.name] = chosen
    if place == level:
        facts["place"] = [str(draw(st.integers(1, 4)))]
    return facts


@st.composite
def cases_to_ask(draw: st.DrawFn, index: RuleIndex, found: AnswerDifference) -> tuple[dict[str, list[str]], str]:
    """Facts of any kind, or those of a case that was found with one fact changed; and a day near one that matters."""
    facts = draw(facts_to_ask(index))
    counting = index.counting_axis
    assert counting is not None
    if draw(st.booleans()):
        change = draw(st.sampled_from(found.changes))
        example = {axis: list(names) for axis, names in draw(st.sampled_from(change.cases)).example}
        counted = example.pop(counting.name, None)
        if counted:
            number = index.value_named(counting.name, counted[0])
            assert number is not None
            example["place"] = [str(index.values[number].position)]
        for axis in draw(st.lists(st.sampled_from(sorted(set(facts) & set(example))), max_size=1)):
            example[axis] = facts[axis]
        facts = example
    days = [day for day in index.boundaries if day >= index.rules.covers_from]
    near = date.fromisoformat(draw(st.sampled_from(days))) + timedelta(days=draw(st.integers(-1, 1)))
    return facts, max(near.isoformat(), index.rules.covers_from)


@pytest.fixture(scope="module")
def pair(
    base: Version, folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[RuleIndex, RuleIndex, AnswerDifference]:
    """Two indexes that differ in values, definitions, dates and what stands beside what, and their difference."""
    new = copy_to(tmp_path_factory.mktemp("pair") / "new")
    shutil.copy(MADE_UP, new)
    for name in ("region", "a day", "level", "class"):
        edit(new, EDITS[name].file, EDITS[name].old, EDITS[name].new)
    old, index = base.index, read_version(str(new)).index
    return old, index, answer_difference(old, index)


@pytest.mark.parametrize("swapped", [False, True], ids=["there", "back"])
@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_answers_agree_with_brute_force(
    data: st.DataObject, swapped: bool, pair: tuple[RuleIndex, RuleIndex, AnswerDifference]
) -> None:
    old, new, found = pair
    facts, day = data.draw(cases_to_ask(old if swapped else new, found))
    before, after = answer(old, facts, day), answer(new, facts, day)
    # what neither version can be asked is no case
    assume(not {before.kind, after.kind} <= {"contradiction", "not known"})
    telling = {
        (change.before, change.after)
        for change in found.changes
        for index in (old, new)
        if any(covers(case, facts, day, index) for case in change.cases)
    }
    assert telling == ({(before, after)} if before != after else set())


# ---------------------------------------------------------------- how it is told


def test_the_json_has_everything(base: Version, with_family: Version) -> None:
    found = difference(base, with_family)
    told = json.loads(json.dumps(difference_json(found)))
    assert set(told) == {
        *("old", "new", "differs", "summary", "codes", "requirements", "uncoded", "constraints", "header", "terms"),
        *("axioms", "answers"),
    }
    assert told["differs"] is True
    assert told["old"]["codes"] + 2 == told["new"]["codes"]
    assert [code["code"] for code in told["codes"]["added"]] == ["Z0001", "Z0002"]
    assert told["codes"]["removed"] == told["codes"]["changed"] == []
    assert {kind["kind"] for kind in told["terms"]} >= {"approach value", "code family"}
    every = told["answers"]
    assert every["spans"][0]["from"] == base.index.rules.covers_from
    assert every["spans"][-1]["until"] is None
    change = next(change for change in every["changes"] if change["after"]["codes"] == ["Z0001"])
    assert change["before"] == {"kind": "not known", "codes": []}
    assert change["combinations"] <= sum(case["combinations"] for case in change["cases"])
    case = change["cases"][0]
    assert case["facts"]["approach"]["any_of"] == [[["transdiscal"]]]
    assert case["spans"][0]["from"] == "2020-01-01"
    # the example can be asked
    assert with_family.index.value_named("approach", case["example"]["approach"][0]) is not None


def test_the_markdown_is_a_release_note(base: Version, folder: Path, tmp_path: Path) -> None:
    text = markdown(difference(base, planted(folder, ["region", "retired", "a day"], tmp_path / "new")))
    assert text.startswith("# Changes of the ontology\n\n|  | old | new |\n| --- | --- | --- |\n")
    for line in (
        "1 code retired, 1 code redefined, 1 code dated otherwise.",
        "### Dated otherwise",
        "### Retired",
        "  - valid until: added 2030-12-31",
        "### Redefined",
        "    - region: lumbar or sacral → cervical or thoracic",
        "    - valid from: 2011-01-01 → 2011-01-02",
        "- **62322 → no code**: ",
        "- **64479 → no code**: ",
    ):
        assert line in text, text
    assert "(from 2031-01-01)" in text
    assert "(2011-01-01 to 2011-01-01)" in text
    # whatever stands in a label is text
    assert not re.search(r"(?m)^\|(?!.*\|$)", text)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, [str(argument) for argument in arguments], standalone_mode=False)


@pytest.mark.parametrize("form", ["text", "markdown", "json"])
def test_the_command_prints_each_format(form: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["diff", str(folder), f"{folder}{os.pathsep}{MADE_UP}", "--format", form])
    printed = capsys.readouterr()
    assert left.value.code == 0
    assert "Z0001" in printed.out
    if form == "text":
        assert all(len(line) <= 80 for line in printed.out.splitlines() if str(folder.parent) not in line)
    if form == "json":
        assert json.loads(printed.out)["differs"] is True


def test_the_status_tells_whether_they_differ_when_asked(folder: Path) -> None:
    other = f"{folder}{os.pathsep}{MADE_UP}"
    assert run("diff", folder, folder, "--exit-code").return_value == 0
    assert run("diff", folder, other, "--exit-code").return_value == 1
    assert run("diff", folder, other).return_value == 0


def test_without_a_second_version_it_is_what_is_loaded() -> None:
    found = json.loads(run("--ontology", MADE_UP, "diff", "ours", "--format", "json").output)
    assert (found["old"]["name"], found["new"]["name"]) == ("ours", f"ours{os.pathsep}{MADE_UP}")
    assert [code["code"] for code in found["codes"]["added"]] == ["Z0001", "Z0002"]


# ---------------------------------------------------------------- what cannot be compared


def test_what_is_not_there_or_not_rdf_is_named(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes.txt").write_text("no RDF")
    (tmp_path / "broken.jsonld").write_text("{")
    for name, words in (
        ("missing", "no such folder or file"),
        ("empty", "no Turtle file"),
        ("notes.txt", "no known syntax"),
        ("broken.jsonld", "not JSON-LD"),
    ):
        error = run("diff", folder, tmp_path / name).exception
        assert isinstance(error, InputError), name
        assert words in str(error)
        assert str(error).startswith(str(tmp_path / name))


def test_a_pack_alone_is_no_version(folder: Path) -> None:
    error = run("diff", folder, MADE_UP).exception
    assert isinstance(error, InputError | OntologyError)
    assert str(MADE_UP) in str(error)
    assert f"ours{os.pathsep}{MADE_UP}" in str(error)


def test_broken_syntax_is_told_with_file_and_line(folder: Path, tmp_path: Path) -> None:
    new = copy_to(tmp_path / "new")
    file = new / "codes" / "retired.ttl"
    lines = file.read_text(encoding="utf-8").splitlines()
    lines.insert(20, "] .")
    file.write_text("\n".join(lines), encoding="utf-8")
    error = run("diff", folder, new).exception
    assert isinstance(error, OntologyError)
    assert str(error).startswith(f"{file}:21:")


def test_rules_that_cannot_be_relied_on_are_told_with_file_and_line(folder: Path, tmp_path: Path) -> None:
    new = edit(copy_to(tmp_path / "new"), INTERLAMINAR, '    skos:notation "62322"', '    skos:notation "62323"')
    error = run("diff", folder, new).exception
    assert isinstance(error, OntologyError)
    assert re.match(rf"{re.escape(str(new))}\S+\.ttl:\d+:\d+: cpt:6232[23] has the skos:notation '62323'", str(error))


def test_further_folders_stand_beside_ours_only(folder: Path) -> None:
    error = run("--ontology", MADE_UP, "diff", folder, folder).exception
    assert isinstance(error, InputError)
    assert "--ontology" in str(error)
