"""What decides in a family, laid out; and the drawing of the spine with what a code covers."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from flask.testing import FlaskClient

from spinecode.decision_table import decision_table
from spinecode.description import from_mapping
from spinecode.index import RuleIndex
from spinecode.selection import select
from spinecode.specimens import specimen
from spinecode.spine_drawing import spine_drawing
from tests.conftest import ROOT

from .conftest import Browser, problem_of


def cells(table: dict[str, object]) -> dict[tuple[str, ...], list[str]]:
    rows = table["rows"]
    assert isinstance(rows, list)
    return {
        (*row["choices"].values(), cell["column"]): cell["codes"]
        for row in rows
        for cell in row["cells"]
        if cell["codes"]
    }


def test_the_table_of_a_family(client: FlaskClient) -> None:
    table = client.get("/differ?family=InterlaminarFamily&format=json").get_json()
    assert table["row_axes"] == ["region"]
    assert table["column_axis"] == "guidance"
    assert cells(table) == {
        ("cervical or thoracic", "fluoroscopy or CT"): ["62321"],
        ("cervical or thoracic", "neither fluoroscopy nor CT"): ["62320"],
        ("lumbar or sacral", "fluoroscopy or CT"): ["62323"],
        ("lumbar or sacral", "neither fluoroscopy nor CT"): ["62322"],
    }
    assert table["shared"]["approach"] == "interlaminar"


def test_a_code_that_asks_nothing_on_an_axis_stands_in_all_of_its_cells(client: FlaskClient) -> None:
    table = client.get("/differ?family=NeurolyticFamily&format=json").get_json()
    found = cells(table)
    assert [key for key, codes in found.items() if codes == ["62280"]] == [
        ("cervical or thoracic", "subarachnoid"),
        ("lumbar or sacral", "subarachnoid"),
    ]


def test_families_together(client: FlaskClient) -> None:
    table = client.get("/differ?family=InterlaminarFamily,CatheterFamily&format=json").get_json()
    assert {*table["row_axes"], table["column_axis"]} == {"region", "guidance", "delivery"}
    assert sorted(code for codes in cells(table).values() for code in codes) == [f"6232{n}" for n in range(8)]


def test_every_code_stands_in_the_table_of_its_family_and_only_where_it_is_implied(index: RuleIndex) -> None:
    families: dict[str, list[str]] = {}
    for code in index.codes.values():
        if not code.guides_by:  # what is reported beside another is implied by no definition of its own
            families.setdefault(code.family, []).append(code.code)
    for codes in families.values():
        table = decision_table(index, codes)
        assert {code for _, row in table.rows for cell in row for code in cell} == set(codes)


def test_each_code_has_a_description_that_implies_it(index: RuleIndex) -> None:
    for code in (one.code for one in index.codes.values() if not one.guides_by):
        found = specimen(index, code)
        assert found is not None, code
        selection = select(index, from_mapping(index, found))
        assert selection.status == "determined", (code, found)
        assert code in [line.code for line in selection.lines], (code, found)


def test_each_cell_leads_to_the_code_and_to_the_form_filled_in(browser: Browser) -> None:
    text = browser.get("/differ?family=TransforaminalFamily").get_data(as_text=True)
    assert "What decides is the region and the level." in re.sub(r"<[^>]+>", "", text)
    table = text[text.index('<table class="decision"') :].partition("</table>")[0]
    assert re.findall(r'class="code" href="/codes/(\w+)"', table) == ["64479", "64480", "64483", "64484"]
    forms = [link.replace("&amp;", "&") for link in re.findall(r'class="form" href="([^"]+)"', table)]
    assert parse_qs(urlsplit(forms[3]).query)["level"] == ["L1-L2", "L2-L3"]
    for link, code in zip(forms, ("64479", "64480", "64483", "64484"), strict=True):
        assert f'href="/codes/{code}"' in browser.get(link).get_data(as_text=True)


def test_codes_of_one_family_are_shown_with_its_table(browser: Browser) -> None:
    text = browser.get("/differ?code=62321,62323").get_data(as_text=True)
    assert "What decides in interlaminar injection" in text
    assert '<table class="decision"' in text
    assert '<table class="decision"' not in browser.get("/differ?code=62321,64483").get_data(as_text=True)


def test_a_family_that_no_definition_implies_has_no_table(browser: Browser, index: RuleIndex) -> None:
    beside = next(code for code in index.codes.values() if code.guides_by)
    text = browser.get(f"/differ?family={beside.family.rpartition('/')[2]}").get_data(as_text=True)
    assert "each is reported beside another code" in text
    assert '<table class="decision"' not in text
    assert f'href="/codes/{beside.code}"' in text


def test_an_unknown_family_and_both_at_once(client: FlaskClient) -> None:
    found = problem_of(client.get("/differ?family=InterlaminarFamly"), 400)
    assert found["errors"][0]["nearest"][0] == "InterlaminarFamily"
    problem_of(client.get("/differ?family=InterlaminarFamily&code=62321"), 400)


# ---------------------------------------------------------------- the drawing


def test_a_drawing_shows_what_a_code_covers(index: RuleIndex) -> None:
    drawing = spine_drawing(index, "62323")
    assert drawing is not None
    assert drawing.text == "Covers lumbar and sacral: L1-L2 to L5-S1."
    covered = [spot.name for spot in drawing.spots if spot.covered]
    assert covered == ["L1-L2", "L2-L3", "L3-L4", "L4-L5", "L5-S1"]
    assert [stretch.name for stretch in drawing.stretches if stretch.covered] == ["lumbar", "sacral"]


@pytest.mark.parametrize(("code", "last"), [("64483", "S4"), ("64493", "L5-S1"), ("62321", "T12-L1")])
def test_the_levels_end_where_the_approach_does(index: RuleIndex, code: str, last: str) -> None:
    drawing = spine_drawing(index, code)
    assert drawing is not None
    assert [spot.name for spot in drawing.spots if spot.covered][-1] == last


def test_a_covered_level_is_one_that_selection_takes(index: RuleIndex) -> None:
    for code in (one.code for one in index.codes.values() if not one.guides_by):
        found = specimen(index, code)
        drawing = spine_drawing(index, code)
        assert found is not None
        assert drawing is not None
        covered = {spot.name for spot in drawing.spots if spot.covered}
        assert set(found.get("level", [])) <= covered, code


def test_the_drawing_runs_from_head_to_tail(index: RuleIndex) -> None:
    drawing = spine_drawing(index)
    assert drawing is not None
    assert [bone.y for bone in drawing.bones] == sorted(bone.y for bone in drawing.bones)
    assert (drawing.bones[0].name, drawing.bones[-1].name) == ("C1", "S4")
    assert drawing.bones[-1].y + drawing.bones[-1].height <= drawing.height
    assert all(bone.x >= 0 and bone.x + bone.width <= drawing.width for bone in drawing.bones)
    assert drawing.text == "No level of the spine is covered."


@pytest.mark.parametrize("address", ["/differ?code=62321,62323", "/codes/62321"])
def test_pages_show_it_with_the_same_in_words(browser: Browser, address: str) -> None:
    text = browser.get(address).get_data(as_text=True)
    assert 'role="img" aria-label="Spine. Covers cervical and thoracic: C1-C2 to T12-L1."' in text
    assert text.count("Covers cervical and thoracic: C1-C2 to T12-L1.") == 2


def test_the_macro_says_how_it_is_used() -> None:
    macro = (ROOT / "server/spinecode/web/templates/spine.html").read_text(encoding="utf-8")
    assert "spine(code.code)" in macro.partition("#}")[0]
