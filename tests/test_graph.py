"""The closure: made once, kept whole, and never trusted when it is damaged."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pyoxigraph import NamedNode

from spinecode.cache import CACHE_VARIABLE, cached
from spinecode.errors import OntologyError
from spinecode.files import ONTOLOGY_VARIABLE, data_folder, ontology_folders
from spinecode.graph import Ontology
from spinecode.knowledge import Knowledge, load
from spinecode.vocabulary import SUBCLASS, TYPE, term


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_it_is_made_once(folder: Path) -> None:
    calls = []

    def make() -> bytes:
        calls.append(1)
        return b"content"

    assert [cached("name", make), cached("name", make)] == [b"content", b"content"]
    assert len(calls) == 1


@pytest.mark.parametrize("damage", [b"", b"nonsense", b"0" * 64 + b"\ncontent", None])
def test_a_damaged_file_is_made_again(folder: Path, damage: bytes | None) -> None:
    cached("name", lambda: b"content")
    file = folder / "name"
    file.write_bytes(file.read_bytes()[:-1] if damage is None else damage)
    assert cached("name", lambda: b"again") == b"again"
    assert cached("name", lambda: b"never") == b"again"


def test_a_failed_making_leaves_nothing_behind(folder: Path) -> None:
    def fail() -> bytes:
        raise OntologyError.of("broken")

    with pytest.raises(OntologyError):
        cached("name", fail)
    assert cached("name", lambda: b"content") == b"content"


def test_old_entries_are_dropped_when_a_new_one_is_made(folder: Path) -> None:
    cached("old", lambda: b"content")
    cached("young", lambda: b"content")
    os.utime(folder / "old", (0, 0))
    cached("new", lambda: b"content")
    assert {file.name for file in folder.iterdir() if file.suffix != ".lock"} == {"young", "new"}


def test_two_processes_that_start_at_once_agree(folder: Path) -> None:
    """Eight processes make the same entry; one of them does, and all have it whole."""
    script = """
import os, sys
from spinecode.cache import cached
def make():
    with open(sys.argv[1], "ab") as log:
        log.write(b"x")
    return b"y" * 1_000_000
sys.stdout.write(str(len(cached("name", make))))
"""
    log = folder.parent / "log"
    environment = {**os.environ, CACHE_VARIABLE: str(folder)}
    running = [
        subprocess.Popen([sys.executable, "-c", script, str(log)], env=environment, stdout=subprocess.PIPE)
        for _ in range(8)
    ]
    assert [process.communicate()[0] for process in running] == [b"1000000"] * 8
    assert log.read_bytes() == b"x"


def test_a_folder_that_cannot_be_made_is_done_without(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path / "file"))
    assert cached("name", lambda: b"content") == b"content"


def test_a_change_of_any_file_makes_a_new_closure(tmp_path: Path) -> None:
    file = tmp_path / "more.ttl"
    file.write_text("<urn:a> <urn:b> <urn:c> .")
    before = Ontology([tmp_path]).digest
    assert Ontology([tmp_path]).digest == before
    file.write_text("<urn:a> <urn:b> <urn:d> .")
    assert Ontology([tmp_path]).digest != before


def test_the_closure_says_what_follows_and_not_what_is_trivial(knowledge: Knowledge) -> None:
    graph = knowledge.graph
    epidural = term("spine:Epidural")
    assert graph.has(epidural, TYPE, term("spine:NeuraxialSpace"))
    assert graph.has(epidural, TYPE, term("spine:TargetSpace"))
    assert graph.has(term("cpt:62323"), term("spine:replaces"), term("cpt:62311"))
    assert not graph.has(epidural, term("owl:sameAs"), epidural)
    assert not graph.has(epidural, TYPE, term("owl:Thing"))
    assert not graph.has(term("spine:EpiduralSpace"), SUBCLASS, term("spine:EpiduralSpace"))


def test_broken_turtle_is_told_with_its_place(tmp_path: Path) -> None:
    file = tmp_path / "broken.ttl"
    file.write_text(
        "@prefix spine: <https://w3id.org/spinecode/> .\nspine:a spine:b spine:c .\nspine:c unknown:d 1 .\n"
    )
    with pytest.raises(OntologyError) as caught:
        Ontology([tmp_path]).stated()
    fault = caught.value.faults[0]
    assert (fault.file, fault.line) == (str(file), 3)
    assert "unknown" in fault.message


def test_an_ontology_that_contradicts_itself_is_refused(tmp_path: Path) -> None:
    spine = "@prefix spine: <https://w3id.org/spinecode/> .\n"
    (tmp_path / "clash.ttl").write_text(spine + "spine:Epidural a spine:SubarachnoidSpace .")
    with pytest.raises(OntologyError, match="contradicts itself"):
        load([tmp_path]).index  # noqa: B018  # reading it is what fails


def test_a_form_that_the_readers_do_not_understand_is_told(tmp_path: Path) -> None:
    (tmp_path / "odd.ttl").write_text(
        """@prefix spine: <https://w3id.org/spinecode/> . @prefix cpt: <https://w3id.org/spinecode/cpt/> .
        @prefix owl: <http://www.w3.org/2002/07/owl#> . @prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .
        [ a owl:Class ; owl:intersectionOf ( spine:SpinalInjection
            [ a owl:Restriction ; owl:onProperty spine:colour ; owl:someValuesFrom spine:Substance ] ) ;
          rdfs:subClassOf spine:LumbosacralEpiduralNeurolyticInjection ] ."""
    )
    with pytest.raises(OntologyError, match="spine:colour"):
        load([tmp_path]).index  # noqa: B018


def test_folders_of_the_environment_are_loaded(monkeypatch: pytest.MonkeyPatch, root: Path) -> None:
    family = root / "tests" / "fixtures" / "made-up-family.ttl"
    monkeypatch.setenv(ONTOLOGY_VARIABLE, str(family))
    assert ontology_folders() == (data_folder("ontology"), family)
    assert "Z0001" in load().index.codes


def test_a_missing_folder_is_told() -> None:
    with pytest.raises(OntologyError, match="no such folder"):
        ontology_folders(["/nowhere/at/all"])


def test_rules_survive_the_cache(knowledge: Knowledge) -> None:
    from spinecode.rules import Rules

    rules = knowledge.index.rules
    assert Rules.from_json(rules.to_json()) == rules
    assert NamedNode(rules.codes[0].iri)
