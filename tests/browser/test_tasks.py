"""What informaticians and terminology editors come for, from the first page on, with scripts and without.

A coder's tasks are in ``test_finder``.
"""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.visiting import opened

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

both = pytest.mark.parametrize("scripts", [True, False])
#: Codes of injections through the sacral hiatus, by what asks for that way or accepts it.
CAUDAL = {"62322", "62323", "62326", "62327"}


def follow(page: Page, name: str) -> None:
    """Go where a link of the main navigation leads."""
    page.get_by_role("navigation", name="Main").get_by_role("link", name=name, exact=True).click()


@both
def test_a_query_of_the_catalogue_in_the_workbench_and_its_download(
    chromium: Browser, server: str, scripts: bool, tmp_path: Path
) -> None:
    with opened(chromium, server, "/", java_script_enabled=scripts, accept_downloads=True) as page:
        follow(page, "SPARQL")
        if scripts:
            page.wait_for_selector(".CodeMirror")
        page.locator("details.catalogue").get_by_role("link", name="Common confusions").click()
        if not scripts:
            # its page leads to the same form, with the query in it
            page.get_by_role("link", name="Open in the SPARQL form").click()
            page.get_by_role("button", name="Run").click()
        page.wait_for_selector("table.results")
        shown = page.locator("table.results tbody tr").count()
        if scripts:
            with page.expect_download() as download:
                page.locator("#answer").get_by_text("CSV", exact=True).click()
            rows = list(csv.reader(Path(download.value.path()).read_text(encoding="utf-8").splitlines()))
        else:
            address = page.get_by_role("link", name="CSV").get_attribute("href")
            rows = list(csv.reader(page.request.get(f"{server}{address}").text().splitlines()))
        assert len(rows) == shown + 1 > 1
        assert any({"62321", "62323"} <= set(" ".join(row).replace(",", " ").split()) for row in rows)


@both
def test_the_codes_that_accept_a_value(chromium: Browser, server: str, scripts: bool) -> None:
    with opened(chromium, server, "/", java_script_enabled=scripts) as page:
        follow(page, "Queries")
        page.get_by_role("link", name="Codes that accept a value").click()
        page.get_by_label("value").fill("caudal")
        page.get_by_role("button", name="Run").click()
        page.wait_for_selector("table.results")
        assert set(page.locator("table.results tbody").inner_text().split()) >= CAUDAL


@both
def test_a_term_its_definition_and_what_it_rests_on(chromium: Browser, server: str, scripts: bool) -> None:
    with opened(chromium, server, "/", java_script_enabled=scripts) as page:
        page.locator("#search-field").fill("caudal route")
        page.keyboard.press("Enter")
        page.wait_for_url("**/search?q=*")
        page.locator("ol.found a").first.click()
        page.wait_for_url("**/Caudal")
        assert "sacral hiatus" in page.locator("main .lead").inner_text()
        codes = page.locator("main ul.codes a.code").all_inner_texts()
        assert set(codes) >= CAUDAL
        page.locator("main ul.codes").get_by_role("link", name="62323", exact=True).click()
        page.wait_for_url("**/62323")
        told = page.locator("main").inner_text()
        assert "A: stated by CMS or agreed by many sources" in told
        sources = page.locator("p.sources a")
        assert sources.count() > 1
        name = sources.first.inner_text()
        sources.first.click()
        assert name in page.locator("h1").inner_text()


@both
def test_what_the_check_says(chromium: Browser, server: str, scripts: bool) -> None:
    with opened(chromium, server, "/", java_script_enabled=scripts) as page:
        follow(page, "Ontology")
        page.get_by_role("link", name="What it says of the files loaded").click()
        page.get_by_text("No error was found").wait_for(timeout=120_000)
        assert page.locator("main table tbody tr").count() > 5


@both
def test_a_name_that_is_not_known_leads_on(chromium: Browser, server: str, scripts: bool) -> None:
    """An error page has the nearest names, and the way to look for another."""
    with opened(chromium, server, "/codes/62332", refused=(404,), java_script_enabled=scripts) as page:
        near = page.locator("ul.faults a").first
        name = near.inner_text()
        near.click()
        assert page.url.endswith(f"/codes/{name}")
        assert page.locator("h1").inner_text().startswith(name)
    with opened(chromium, server, "/transforamnal", refused=(404,), java_script_enabled=scripts) as page:
        page.get_by_role("link", name="Search for transforamnal").click()
        page.locator("main").get_by_role("link", name="transforaminal", exact=True).first.click()
        assert "ransforaminal" in page.locator("h1").inner_text()
    with opened(chromium, server, "/select?region=lumber", refused=(400,), java_script_enabled=scripts) as page:
        page.get_by_role("link", name="lumbar", exact=True).click()
        assert page.url.endswith("/?region=lumbar")
    with opened(chromium, server, "/differ?code=62321&code=62332", refused=(400,), java_script_enabled=scripts) as page:
        near = page.locator("ul.faults a").first
        name = near.inner_text()
        near.click()
        assert page.locator("table.comparison thead a.code").all_inner_texts() == ["62321", name]
