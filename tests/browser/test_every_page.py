"""Every page in Chromium: it asks nothing of others, fits the screen, works in print, and keeps nobody out."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import pytest

from spinecode.knowledge import load
from spinecode.web import create_app
from spinecode.web.site import Site
from tests.browser.crawl import PAUSE, UNLINKED, WAIT, Crawl, crawl
from tests.browser.visiting import opened, violations
from tests.conftest import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

TEMPLATES = ROOT / "server" / "spinecode" / "web" / "templates"
#: What answers with data only, and what a body has to be sent for.
DATA = {"/healthz", "/readyz", "/metrics", "/openapi.json", "/context.jsonld", "/.well-known/void"}
POSTED = {"select.html"}
#: What is found by axe is told with what it calls these.
GRAVE = ("serious", "critical")
WIDTHS = (390, 1024, 1600)
#: The pages are visited in so many parts, so that the workers share them.
PARTS = 4


@lru_cache(maxsize=1)
def crawled() -> Crawl:
    app = create_app(load())
    found = crawl(app)
    site: Site = app.extensions["spinecode"]
    site.close()
    return found


def test_the_crawl_forgets_no_page() -> None:
    found = crawled()
    whole = {file.name for file in TEMPLATES.glob("*.html") if 'extends "base.html"' in file.read_text("utf-8")}
    assert whole - found.templates - POSTED == set()
    # /term is for the terms of packs
    assert found.known - found.routes - DATA - {"/term"} == set()
    assert {address: found.pages[address] for address in UNLINKED} == UNLINKED
    assert all(status == 200 for address, status in found.pages.items() if address not in UNLINKED)


@pytest.mark.parametrize("part", range(PARTS))
def test_a_page_keeps_nobody_out(chromium: Browser, server: str, axe: str, part: int) -> None:
    pages = list(crawled().pages.items())[part::PARTS]
    faults = {}
    with opened(chromium, server, "/", refused=tuple({status for _, status in pages})) as page:
        page.add_init_script(axe)
        for address, status in pages:
            response = page.goto(server + address)
            while response is not None and response.status == WAIT:
                page.wait_for_timeout(PAUSE * 1000)
                response = page.goto(server + address)
            assert response is not None
            assert response.status == status
            # what is folded up is looked at too; one of the many on a page is like the other
            page.evaluate("[...document.querySelectorAll('details')].slice(0, 12).forEach((one) => (one.open = true))")
            found = wide(page) + axe_finds(page) + violations(page)
            page.emulate_media(color_scheme="dark")
            # no other rule depends on the colours
            found += [f"dark: {one}" for one in axe_finds(page, {"runOnly": ["color-contrast"]})]
            page.emulate_media(color_scheme="light")
            if found:
                faults[address] = found
    assert faults == {}


def wide(page: Page) -> list[str]:
    """Where a page is wider than the screen."""
    found = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        needed = page.evaluate("document.documentElement.scrollWidth")
        if needed > width:
            found.append(f"{needed} pixels wide on a screen of {width}")
    return found


def axe_finds(page: Page, options: dict[str, Any] | None = None) -> list[str]:
    """What axe-core, which the page has to have, finds of the grave kinds, in short."""
    results = page.evaluate(f"axe.run(document, {json.dumps({**(options or {}), 'resultTypes': ['violations']})})")
    return [
        f"{one['id']} ({one['impact']}): {node['html'][:150]}: {node['failureSummary']}"
        for one in results["violations"]
        if one["impact"] in GRAVE
        for node in one["nodes"][:3]
    ]


def test_what_axe_would_find(chromium: Browser, server: str, axe: str) -> None:
    """The test above can fail."""
    with opened(chromium, server, "/problems") as page:
        page.evaluate(axe)
        page.evaluate("document.body.append(document.createElement('input'), document.createElement('img'))")
        assert {one.partition(" ")[0] for one in axe_finds(page)} == {"label", "image-alt"}


def test_what_the_visit_would_find(chromium: Browser, server: str) -> None:
    def visit() -> None:
        with opened(chromium, server, "/problems") as page:
            page.evaluate("new Image().src = 'http://127.0.0.2:9/far.png'")
            page.evaluate("document.body.insertAdjacentHTML('beforeend', '<p style=\"color: red\">')")
            page.evaluate("document.cookie = 'one=1'; localStorage.setItem('two', '2')")
            page.wait_for_timeout(50)

    with pytest.raises(AssertionError) as caught:
        visit()
    for word in ("policy: img-src", "policy: style-src", "console: ", "cookie one", "keeps two"):
        assert word in str(caught.value)


def test_the_printed_page(chromium: Browser, server: str) -> None:
    """A printed answer has its claim, what rules the others out, and the tables whole; none of the forms."""
    address = "/?text=right+L4-5+and+L5-S1+TFESI+under+fluoro"
    with opened(chromium, server, address) as page:
        page.emulate_media(media="print")
        assert page.locator("table.lines").is_visible()
        assert page.locator("ul.misses").first.is_visible()
        assert page.locator("table.explanation").is_visible()
        assert not page.locator("header nav").is_visible()
        assert not page.locator("form").first.is_visible()
        assert page.locator("footer").get_by_text("no billing advice").is_visible()
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        assert page.pdf(format="A4").startswith(b"%PDF")


@pytest.mark.parametrize("path", ["/", "/sparql"])
def test_the_first_view_is_small(chromium: Browser, server: str, path: str) -> None:
    """What comes over the wire for the first view, compressed; the editor only where it is used."""
    sizes: dict[str, int] = {}
    context = chromium.new_context()
    page = context.new_page()
    page.on("requestfinished", lambda one: sizes.update({one.url: sum(map(one.sizes().get, SIZES))}))
    page.goto(server + path, wait_until="networkidle")
    context.close()
    editor = [url for url in sizes if "/vendor/" in url]
    if path == "/":
        assert len(sizes) > 3
        assert editor == []
        assert sum(sizes.values()) < 100_000
    else:
        assert len(editor) > 1


SIZES = ("responseBodySize", "responseHeadersSize")
