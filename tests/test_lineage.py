"""A code in words and in time."""

from __future__ import annotations

from spinecode.index import RuleIndex
from spinecode.lineage import add_ons, codes_taking, lineage, rule_in_words


def test_a_definition_in_words_tells_every_axis_that_it_asks(index: RuleIndex) -> None:
    for bit, definition in enumerate(index.definitions):
        if definition.code:
            text = rule_in_words(index, bit)
            assert text.startswith(f"{definition.code} is for an injection where ")
            assert all(f"the {asked.label} is {asked.text}" in text for asked in index.asked[bit])


def test_the_lineage_of_a_code_that_took_the_place_of_another(index: RuleIndex) -> None:
    found = [(life.code, life.relation, life.direct) for life in lineage(index, "62323")]
    assert found == [("62311", "predecessor", True), ("62323", "itself", True)]
    after = [(life.code, life.relation) for life in lineage(index, "62311")]
    assert after == [("62311", "itself"), ("62322", "successor"), ("62323", "successor")]


def test_a_code_that_changed_its_meaning_has_several_spans(index: RuleIndex) -> None:
    spans = lineage(index, "64483")[0].spans
    assert [(span.first, span.last) for span in spans] == [
        ("2000-01-01", "2010-06-30"),
        ("2010-07-01", "2010-12-31"),
        ("2011-01-01", None),
    ]


def test_lineage_reads_the_same_from_both_ends(index: RuleIndex) -> None:
    opposite = {"predecessor": "successor", "successor": "predecessor"}
    for code in index.codes:
        for life in lineage(index, code):
            if life.relation != "itself":
                back = {other.code: other for other in lineage(index, life.code)}[code]
                assert (back.relation, back.direct) == (opposite[life.relation], life.direct)


def test_add_ons(index: RuleIndex) -> None:
    assert add_ons(index, "64483") == ("64484",)
    for code in index.codes.values():
        assert all(code.code in add_ons(index, primary) for primary in code.add_on_to)


def test_the_codes_that_a_value_leaves(index: RuleIndex) -> None:
    caudal = index.value_named("approach", "caudal")
    assert caudal is not None
    taking = codes_taking(index, caudal)
    # the caudal route goes to the sacrum, so no cervical code is left
    assert {"62322", "62323", "62326", "62327", "62311"} <= set(taking)
    assert not {"62320", "62321", "64483"} & set(taking)
