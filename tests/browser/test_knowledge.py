"""Search, the page of a code and the workbench in a browser, with and without scripts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tests.browser.visiting import opened

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def test_search_completes_and_leads_on_by_keys_alone(chromium: Browser, server: str) -> None:
    with opened(chromium, server, "/codes") as page:
        page.locator("#search-field").focus()
        page.keyboard.type("caudal inj", delay=20)
        page.wait_for_selector("form.search [role=option]")
        field = page.locator("#search-field")
        assert field.get_attribute("aria-expanded") == "true"
        page.keyboard.press("ArrowDown")
        active = field.get_attribute("aria-activedescendant")
        assert page.locator(f"#{active}").get_attribute("aria-selected") == "true"
        assert page.locator(f"#{active} .name").inner_text() == "caudal"
        page.keyboard.press("Escape")
        assert field.get_attribute("aria-expanded") == "false"
        assert not page.locator("form.search [role=listbox]").is_visible()
        page.keyboard.press("ArrowDown")
        page.wait_for_selector("form.search [role=option]")
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        page.wait_for_url("**/Caudal")


def test_search_without_scripts(chromium: Browser, server: str) -> None:
    with opened(chromium, server, "/", java_script_enabled=False) as page:
        page.fill("#search-field", "62323")
        page.keyboard.press("Enter")
        page.click("ol.found a >> nth=0")
        assert page.url.endswith("/codes/62323")
        assert "62311" in page.locator("table.timeline").inner_text()


def test_the_workbench_runs_marks_completes_and_draws(chromium: Browser, server: str) -> None:
    with opened(chromium, server, "/sparql", refused=(400,)) as page:
        page.wait_for_selector(".CodeMirror")
        page.click("form.workbench button[type=submit]")
        page.wait_for_selector("table.results")
        assert page.locator("table.results tbody tr").count() == 20
        assert "#query=" in page.url
        assert page.evaluate("Object.keys(localStorage).length") == 0

        page.evaluate("document.querySelector('.CodeMirror').CodeMirror.setValue('SELECT ?a\\nWHERE { ?a ?b. }')")
        page.click("form.workbench button[type=submit]")
        page.wait_for_selector(".refused")
        assert page.locator(".faulty-line").count() == 1
        page.click("text=Go to line 2")
        assert page.evaluate("document.querySelector('.CodeMirror').CodeMirror.getCursor().line") == 1

        page.evaluate("document.querySelector('.CodeMirror').CodeMirror.setValue('SELECT * { ?a ?b ')")
        page.evaluate("document.querySelector('.CodeMirror').CodeMirror.setCursor(0, 99)")
        page.keyboard.type("spine:Caud", delay=30)
        page.wait_for_selector(".CodeMirror-hint")
        assert page.locator(".CodeMirror-hint").first.inner_text().startswith("spine:Caudal ")
        page.keyboard.press("Escape")

        page.click("a[data-query=code-graph]")
        page.click("[data-view=graph]")
        assert page.locator("figure.graph a").count() > 10
        with page.expect_download() as download:
            page.click("text=Turtle")
        assert "@prefix" in Path(download.value.path()).read_text(encoding="utf-8")
        address = page.url
        page.goto("about:blank")
        page.goto(address)
        page.wait_for_selector("figure.graph")


def test_the_editor_is_no_trap_for_the_keyboard(chromium: Browser, server: str) -> None:
    with opened(chromium, server, "/sparql") as page:
        page.wait_for_selector(".CodeMirror")
        page.locator(".CodeMirror textarea").focus()
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "Run"
        page.keyboard.press("Shift+Tab")
        assert page.evaluate("document.activeElement.closest('.CodeMirror') !== null")


def test_the_workbench_without_scripts(chromium: Browser, server: str) -> None:
    with opened(chromium, server, "/sparql", java_script_enabled=False) as page:
        page.fill("#query", "SELECT (1 AS ?one) {}")
        page.click("form.workbench button")
        assert page.locator("table.results td").inner_text() == "1"
