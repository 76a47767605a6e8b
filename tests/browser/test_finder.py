"""Finding a code and comparing in a browser, with and without scripts, by pointer and by keys."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.visiting import opened

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

WORDS = "right L4-5 and L5-S1 TFESI under fluoro"


def lines(page: Page) -> list[list[str]]:
    """The code, units and modifiers of each line of the claim."""
    rows = page.locator("table.lines tbody tr").all()
    return [[cell.inner_text().strip() for cell in row.locator("th, td").all()[:3]] for row in rows]


def modifiers(page: Page, shown: str) -> None:
    """Wait until the lines have a modifier."""
    page.locator("table.lines td[data-name=modifiers]").get_by_text(shown, exact=True).first.wait_for()


@pytest.mark.parametrize("scripts", [True, False])
def test_a_transforaminal_injection_at_two_levels(chromium: Browser, server: str, scripts: bool) -> None:
    with opened(chromium, server, "/", java_script_enabled=scripts) as page:
        page.fill("#words", WORDS)
        page.keyboard.press("Enter")
        page.wait_for_url("**/?text=*")
        page.wait_for_selector("table.lines")
        assert lines(page) == [["64483", "1", "RT"], ["64484", "1", "RT"]]
        page.locator("#f-side-bilateral").check()
        if not scripts:
            page.click("#describe button[type=submit]")
        page.wait_for_url("**side=bilateral*")
        modifiers(page, "50")
        assert lines(page) == [["64483", "1", "50"], ["64484", "1", "50"]]
        page.go_back()
        modifiers(page, "RT")
        assert page.locator("#f-side-right").is_checked()
        # the address is the whole state
        page.reload()
        assert lines(page) == [["64483", "1", "RT"], ["64484", "1", "RT"]]


@pytest.mark.parametrize("scripts", [True, False])
def test_going_back_shows_the_words_of_that_page(chromium: Browser, server: str, scripts: bool) -> None:
    with opened(chromium, server, "/?text=caudal", java_script_enabled=scripts) as page:
        page.fill("#words", "L4-5 TFESI")
        page.keyboard.press("Enter")
        page.wait_for_url("**/?text=L4-5*")
        page.locator("#answer ul.given").get_by_text("transforaminal").wait_for()
        page.go_back()
        page.locator("#answer ul.given").get_by_text("caudal").wait_for()
        page.wait_for_function("document.getElementById('words').value === 'caudal'")


@pytest.mark.parametrize("scripts", [True, False])
def test_why_a_code_is_wrong_for_a_lumbar_injection(chromium: Browser, server: str, scripts: bool) -> None:
    with opened(chromium, server, "/", java_script_enabled=scripts) as page:
        for answer in ("#f-approach-interlaminar", "#f-region-lumbar", "#f-guidance-fluoroscopy"):
            page.locator(answer).check()
        page.locator("#f-delivery-single-injection").check()
        page.locator("#f-substance-corticosteroid").check()
        page.fill("#f-code", "62321")
        page.click("#describe button[type=submit]")
        page.wait_for_selector("ul.verdicts")
        assert "62323" in page.locator("#answer h2.verdict").inner_text()
        reported = page.locator("ul.verdicts > li")
        assert "the region rules it out" in reported.inner_text()
        assert "asks for cervical or thoracic; given was lumbar" in reported.inner_text()
        assert "Often confused" in reported.inner_text()
        # it is told once
        assert page.locator("ul.misses").get_by_text("62321", exact=True).count() == 0
        reported.get_by_role("link", name="62323 and 62321 side by side").click()
        page.wait_for_url("**/differ?*")
        assert "differ only in the region" in page.locator("h1").inner_text()
        assert page.locator("figure.spine").count() == 2


@pytest.mark.parametrize("scripts", [True, False])
def test_all_codes_for_a_caudal_injection(chromium: Browser, server: str, scripts: bool) -> None:
    with opened(chromium, server, "/", java_script_enabled=scripts) as page:
        page.locator("#answer .choices").get_by_role("link", name="caudal").click()
        page.wait_for_url("**/?approach=caudal")
        page.wait_for_selector("table.apart")
        codes = [row.inner_text() for row in page.locator("table.apart tbody a.code").all()]
        assert codes == ["62273", "62282", "62322", "62323", "62326", "62327"]


def test_the_keys_alone_and_the_focus_stays(chromium: Browser, server: str) -> None:
    with opened(chromium, server, "/", refused=(422,)) as page:
        page.locator("#f-approach-").focus()
        for _ in range(2):
            page.keyboard.press("ArrowDown")
        page.wait_for_url("**/?approach=caudal")
        page.wait_for_function("document.body.getAttribute('aria-busy') === null")
        assert page.evaluate("document.activeElement.id") == "f-approach-caudal"
        assert "6 codes are possible" in page.locator("#announce").inner_text()
        # a value that is ruled out says so, and can be reached
        greyed = page.locator("#f-region-cervical")
        described = greyed.get_attribute("aria-describedby")
        assert "cannot stand beside approach caudal" in page.locator(f"#{described}").inner_text()
        page.keyboard.press("Tab")
        page.keyboard.press("ArrowDown")
        page.wait_for_url("**region=cervical*")
        page.wait_for_selector("#answer h2:has-text('cannot both be true')")
        assert page.evaluate("document.activeElement.id") == "f-region-cervical"
        page.locator("#answer ul.given").get_by_role("link", name="Take away region cervical").click()
        page.wait_for_url("**/?approach=caudal")
        page.wait_for_selector("table.apart")
        assert page.evaluate("document.activeElement.className") == "verdict"


def test_typing_goes_on_while_answers_come(chromium: Browser, server: str) -> None:
    with opened(chromium, server, "/") as page:
        page.locator("#f-side-left").check()
        page.locator("#words").focus()
        page.keyboard.type("L4-5 TFESI", delay=30)
        page.wait_for_url("**/?side=left")
        assert page.locator("#words").input_value() == "L4-5 TFESI"
