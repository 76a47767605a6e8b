"""Search: what people write finds what they mean, in the same order each time."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spinecode.knowledge import Knowledge, load
from spinecode.search import KINDS, SearchIndex, folded
from spinecode.vocabulary import CPT, SPINE
from tests.conftest import ROOT


@pytest.fixture(scope="session")
def search(knowledge: Knowledge) -> SearchIndex:
    return SearchIndex(knowledge)


def names(search: SearchIndex, text: str, limit: int = 5) -> list[str]:
    return [hit.entry.key or hit.entry.label for hit in search.find(text, limit).hits]


@pytest.mark.parametrize(
    ("text", "kind", "label"),
    [
        ("62321", "code", None),
        ("+64480", "code", None),
        ("caudal injection", "value", "caudal"),
        ("Tfesi", "value", "transforaminal"),
        ("fluoro", "value", "fluoroscopy"),
        ("L4/5", "value", "L4-L5"),
        ("l4 - l5", "value", "L4-L5"),
        ("spine:Caudal", "value", "caudal"),
        (f"<{SPINE}Caudal>", "value", "caudal"),
        (CPT + "62321", "code", None),
        ("spine:imagingGuidance", "property", None),
        ("indications", "query", "Indications"),
        ("sacroiliac joint injection", "value", None),
    ],
)
def test_the_first_is_what_is_meant(search: SearchIndex, text: str, kind: str, label: str | None) -> None:
    best = search.find(text).hits[0].entry
    assert best.kind == kind
    if label is not None:
        assert best.label == label
    if kind == "code":
        assert best.key in text


def test_all_words_have_to_be_there_in_any_order(search: SearchIndex) -> None:
    found = {hit.entry.key for hit in search.find("lumbar transforaminal first", kinds=["code"]).hits}
    assert {"64483", "0230T"} == found
    assert found == {hit.entry.key for hit in search.find("first TRANSFORAMINAL lumb", kinds=["code"]).hits}


def test_what_is_in_force_comes_before_what_was(search: SearchIndex) -> None:
    codes = [hit.entry for hit in search.find("interlaminar lumbar", 50, ["code"]).hits]
    assert [code.past for code in codes] == sorted(code.past for code in codes)
    assert {"62311", "62323"} <= {code.key for code in codes}


def test_every_name_finds_its_thing(search: SearchIndex) -> None:
    for entry in search.entries:
        for name in entry.names:
            found = search.find(name.text, len(search.entries))
            assert entry in [hit.entry for hit in found.hits], (entry.iri, name.text)


def test_every_code_and_value_is_there(search: SearchIndex, knowledge: Knowledge) -> None:
    known = {entry.iri for entry in search.entries}
    assert {code.iri for code in knowledge.index.codes.values()} <= known
    assert {value.iri for value in knowledge.index.values} <= known
    assert {query.name for query in knowledge.queries.values()} <= {e.key for e in search.entries if e.kind == "query"}


def test_a_misspelled_word_has_a_neighbour_that_is_found(search: SearchIndex) -> None:
    found = search.find("lumbar transforamnal")
    assert found.hits == ()
    assert found.nearest[0] == "lumbar transforaminal"
    assert all(search.find(one).number for one in found.nearest)
    assert search.find("qzxv wkjq").nearest == ()


def test_nothing_is_asked(search: SearchIndex) -> None:
    assert search.find("  ?! ").number == 0


@cache
def ours() -> SearchIndex:
    return SearchIndex(load())


@settings(max_examples=150)
@given(st.text(max_size=60), st.integers(1, 30))
def test_any_text_is_answered_and_the_same_each_time(text: str, limit: int) -> None:
    search = ours()
    found = search.find(text, limit)
    assert found == search.find(text, limit)
    assert len(found.hits) == min(limit, found.number)
    assert all(hit.entry.kind in KINDS for hit in found.hits)
    assert folded(folded(text)) == folded(text)


def test_labels_in_every_language_are_found(tmp_path: Path) -> None:
    file = tmp_path / "deutsch.ttl"
    file.write_text(
        "@prefix spine: <https://w3id.org/spinecode/> .\n"
        "@prefix rdfs: <http://www.w3.org/2000/01/rdf-schema#> .\n"
        'spine:Caudal rdfs:label "über den Kreuzbeinspalt"@de .\n',
        encoding="utf-8",
    )
    hit = SearchIndex(load([file])).find("uber Kreuzbein").hits[0]
    assert (hit.entry.iri, hit.name.text if hit.name else "", hit.entry.label) == (
        SPINE + "Caudal",
        "über den Kreuzbeinspalt",
        "caudal",
    )
    assert hit.name is not None
    assert hit.name.language == "de"


def test_a_family_of_a_pack_is_found() -> None:
    found = SearchIndex(load([ROOT / "tests" / "fixtures" / "made-up-family.ttl"]))
    assert names(found, "Z0001") == ["Z0001"]
    assert {"Z0001", "Z0002"} <= set(names(found, "transdiscal", 20))
    assert found.find("ozone").hits[0].entry.kind == "value"
