"""The page at /validate in a browser: marks at their lines, fixes, files and keys, with and without scripts."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

import pytest

from tests.browser.visiting import opened

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, FloatRect, Locator, Page

WRONG = """@prefix spine: <https://w3id.org/spinecode/> .
@prefix xsd: <http://www.w3.org/2001/XMLSchema#> .
# 🩻 a picture before what is counted
<urn:one> a spine:SpinalInjection ; spine:accessApproach spine:Interlaminar ;
  spine:vertebralLevel spine:L4-L5 ; spine:imagingGuidance spine:Flouroscopy ;
  spine:deliveryMethod spine:SingleInjection ; spine:injectedSubstance spine:Corticosteroid ;
  spine:dateOfService "2024-05-01"^^xsd:date ;
  spine:reportedCode <https://w3id.org/spinecode/cpt/62323> .
"""
RIGHT = WRONG.replace("Flouroscopy", "Fluoroscopy")


def verdict(page: Page, shown: str) -> None:
    """Wait until the result says something."""
    page.locator("#verdict", has_text=shown).wait_for()


def box(thing: Locator) -> FloatRect:
    """Where something lies on the page."""
    found = thing.bounding_box()
    assert found is not None
    return found


def drop(page: Page, name: str, content: bytes) -> None:
    """Drop a file onto the editor."""
    page.evaluate(
        """([name, content]) => {
          const bytes = Uint8Array.from(atob(content), (one) => one.charCodeAt(0));
          const dataTransfer = new DataTransfer();
          dataTransfer.items.add(new File([bytes], name));
          const editor = document.querySelector(".editor");
          for (const kind of ["dragenter", "dragover", "drop"]) {
            editor.dispatchEvent(new DragEvent(kind, { dataTransfer, bubbles: true, cancelable: true }));
          }
        }""",
        [name, base64.b64encode(content).decode()],
    )


@pytest.mark.parametrize("scripts", [True, False])
def test_a_failing_description_is_mended(chromium: Browser, server: str, scripts: bool) -> None:
    with opened(chromium, server, "/validate", java_script_enabled=scripts) as page:
        page.fill("#document", WRONG)
        page.click("#document-form button:has-text('Validate')")
        verdict(page, "does not conform")
        assert "line 5, column 60" in page.locator(".result.violation").first.inner_text()
        page.locator(".result.violation").get_by_role("button", name="Apply fix").click()
        verdict(page, "The description conforms")
        assert page.locator("#document").input_value() == RIGHT
        row = page.locator("#result table.lines tbody tr").first.inner_text()
        assert row.split()[:2] == ["62323", "1"]
        done = page.locator(".applied:visible").inner_text()
        assert "Write spine:Fluoroscopy instead of spine:Flouroscopy" in done


@pytest.mark.parametrize("scripts", [True, False])
def test_a_file(chromium: Browser, server: str, scripts: bool, tmp_path: Path) -> None:
    file = tmp_path / "one.ttl"
    file.write_bytes(b"\xef\xbb\xbf" + WRONG.replace("\n", "\r\n").encode())
    with opened(chromium, server, "/validate", java_script_enabled=scripts) as page:
        page.set_input_files("#file", file)
        if not scripts:
            page.get_by_role("button", name="Validate the file").click()
        verdict(page, "does not conform")
        assert page.locator("#document").input_value() == WRONG
        assert page.locator("#result .standing").is_visible() is not scripts


def test_marks_stand_at_their_lines_and_go_when_it_is_mended(chromium: Browser, server: str) -> None:
    with opened(chromium, server, "/validate") as page:
        page.fill("#document", WRONG)  # and nothing else: it is validated after a pause
        verdict(page, "does not conform")
        number = page.locator(".gutter span.violation")
        assert number.inner_text().split() == ["✗", "5"]
        mark = page.locator(".backdrop mark.violation")
        assert mark.inner_text() == "spine:Flouroscopy"
        # the mark lies where the text is: at the height of its line
        line = page.evaluate("parseFloat(getComputedStyle(document.getElementById('document')).lineHeight)")
        top = box(mark)["y"]
        assert 4 * line <= top - box(page.locator("#document"))["y"] <= 5.6 * line
        assert abs(box(number)["y"] - top) < line / 2
        page.get_by_role("link", name="line 5").first.click()
        selected = "(({ value, selectionStart, selectionEnd }) => value.slice(selectionStart, selectionEnd))"
        assert page.evaluate(f"{selected}(document.activeElement)") == "spine:Flouroscopy"
        page.keyboard.type("spine:Fluoroscopy")
        assert page.locator(".gutter span").count() == 0  # what was found is of another text
        verdict(page, "The description conforms")
        assert "conforms" in page.locator("#announce").inner_text()
        assert page.evaluate("document.activeElement.id") == "document"


def test_a_fix_is_taken_back(chromium: Browser, server: str) -> None:
    with opened(chromium, server, "/validate") as page:
        page.fill("#document", WRONG)
        verdict(page, "does not conform")
        page.get_by_role("button", name="Apply fix").press("Enter")
        verdict(page, "The description conforms")
        assert page.evaluate("document.activeElement.id") == "verdict"
        page.get_by_role("button", name="Undo").click()
        verdict(page, "does not conform")
        assert page.locator("#document").input_value() == WRONG
        # and as a person undoes what was typed
        page.get_by_role("button", name="Apply fix").click()
        verdict(page, "The description conforms")
        page.locator("#document").focus()
        page.keyboard.press("Control+z")
        assert page.locator("#document").input_value() == WRONG


def test_no_fix_of_another_text(chromium: Browser, server: str) -> None:
    with opened(chromium, server, "/validate") as page:
        page.get_by_label("Validate as I type").uncheck()
        page.fill("#document", WRONG)
        page.locator("#document").press("Control+Enter")
        verdict(page, "does not conform")
        page.locator("#document").press("Control+Home")
        page.keyboard.type("# more\n")
        assert page.get_by_role("button", name="Apply fix").is_disabled()
        page.wait_for_timeout(1000)
        assert page.get_by_role("button", name="Apply fix").is_disabled()
        page.locator("#document").press("Control+Enter")
        page.get_by_role("link", name="line 6").first.wait_for()
        page.get_by_role("button", name="Apply fix").click()
        verdict(page, "The description conforms")
        assert page.locator("#document").input_value() == f"# more\n{RIGHT}"


def test_a_dropped_file(chromium: Browser, server: str) -> None:
    with opened(chromium, server, "/validate") as page:
        drop(page, "one.json", json.dumps({"region": "lumber"}, indent=1).encode())
        verdict(page, "does not conform")
        assert "lumber" in page.locator("#document").input_value()
        assert page.locator(".backdrop mark", has_text="lumber").count() == 1
        drop(page, "long.ttl", b"#" * 1_000_001)
        page.locator("#applied", has_text="is longer than").wait_for()
        assert "lumber" in page.locator("#document").input_value()


@pytest.mark.parametrize("scripts", [True, False])
def test_what_cannot_be_read_says_where(chromium: Browser, server: str, scripts: bool) -> None:
    with opened(chromium, server, "/validate", refused=(400, 422), java_script_enabled=scripts) as page:
        page.fill("#document", '{\n "approach": \n}')
        page.click("#document-form button:has-text('Validate')")
        page.locator(".faults li").first.wait_for()
        assert "line 3" in page.locator(".faults").inner_text()
        if scripts:
            assert page.locator(".gutter span.violation").inner_text().split() == ["✗", "3"]
            page.get_by_role("link", name="Go to line 3").click()
            assert page.evaluate("document.activeElement.selectionStart") == 16
        page.fill("#document", WRONG)
        page.click("#document-form button:has-text('Validate')")
        verdict(page, "does not conform")


@pytest.mark.parametrize("scripts", [True, False])
def test_a_sample_is_a_choice_away(chromium: Browser, server: str, scripts: bool) -> None:
    # Chromium asks for an icon of what is no page
    with opened(chromium, server, "/validate", refused=(404,), java_script_enabled=scripts) as page:
        page.get_by_role("link", name="Try a sample").click()
        verdict(page, "does not conform")
        assert page.get_by_role("button", name="Apply fix").count() >= 1
        page.locator("#sample").select_option("passes-UnitsAsImplied")
        page.get_by_role("button", name="Show the sample").click()
        verdict(page, "The description conforms")
        assert "64484" in page.locator("#result table.lines").inner_text()
        # the report as data, of the text that is there
        with page.expect_navigation():
            page.locator("button[formaction$='format=json']").click()
        assert '"conforms":true' in page.locator("body").inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1024, 1600])
def test_it_fits_and_the_editor_scrolls_by_itself(chromium: Browser, server: str, width: int, scheme: str) -> None:
    with opened(chromium, server, "/validate?sample=reported-code-refuted", color_scheme=scheme) as page:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.fill("#document", WRONG + "\n" * 40 + "# " + "x" * 400)
        verdict(page, "does not conform")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        page.evaluate("document.getElementById('document').scrollTop = 100000")
        page.wait_for_function("document.querySelector('.numbers').style.transform !== 'translateY(0px)'")
        last, gutter = box(page.locator(".numbers")), box(page.locator(".gutter"))
        assert abs((last["y"] + last["height"]) - (gutter["y"] + gutter["height"])) < 60


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_keeps_people_out(chromium: Browser, server: str, axe: str, scheme: str) -> None:
    with opened(chromium, server, "/validate", color_scheme=scheme, bypass_csp=True) as page:
        page.fill("#document", WRONG)
        verdict(page, "does not conform")
        page.get_by_role("button", name="Apply fix").click()
        verdict(page, "The description conforms")
        page.fill("#document", WRONG)
        verdict(page, "does not conform")
        page.evaluate(axe)
        found = page.evaluate("axe.run(document, { resultTypes: ['violations'] }).then((r) => r.violations)")
        assert [(one["id"], [node["html"][:120] for node in one["nodes"]]) for one in found] == []
