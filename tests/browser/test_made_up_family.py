"""A made-up family from one Turtle file is in the pages as in ours, scripts included; no line of them knows of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.browser.visiting import opened

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def test_it_is_found_by_the_form(chromium: Browser, extended_server: str) -> None:
    with opened(chromium, extended_server, "/") as page:
        page.locator("#answer .choices").get_by_role("link", name="transdiscal").click()
        page.wait_for_url("**/?approach=transdiscal")
        page.locator("#f-substance-ozone").check()
        page.wait_for_url("**substance=ozone*")
        page.locator("#f-level-L4-L5").check()
        page.wait_for_selector("table.lines")
        assert page.locator("table.lines tbody a.code").all_inner_texts() == ["Z0001"]
        page.get_by_label("reported code").fill("Z0002")
        page.keyboard.press("Enter")
        page.wait_for_selector("ul.verdicts")
        assert "asks for cervical or thoracic; given was lumbar" in page.locator("ul.verdicts").inner_text()
        page.get_by_role("link", name="Z0001 and Z0002 side by side").click()
        page.wait_for_url("**/differ?*")
        assert page.locator("table.comparison thead a.code").all_inner_texts() == ["Z0001", "Z0002"]
        assert page.locator("figure.spine").count() == 2


def test_its_names_complete(chromium: Browser, extended_server: str) -> None:
    with opened(chromium, extended_server, "/sparql") as page:
        page.locator("#search-field").fill("through the disc")
        page.wait_for_selector("form.search [role=option]")
        assert "transdiscal" in page.locator("form.search [role=option]").first.inner_text()
        page.wait_for_selector(".CodeMirror")
        page.evaluate("document.querySelector('.CodeMirror').CodeMirror.setValue('SELECT * { ?a ?b ')")
        page.evaluate("document.querySelector('.CodeMirror').CodeMirror.focus()")
        page.evaluate("document.querySelector('.CodeMirror').CodeMirror.setCursor(0, 99)")
        page.keyboard.type("spine:Transd", delay=30)
        page.wait_for_selector(".CodeMirror-hint")
        assert page.locator(".CodeMirror-hint").first.inner_text().startswith("spine:Transdiscal")
