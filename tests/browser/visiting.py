"""A visit to a page in Chromium: what it asks of other addresses, keeps, or complains of fails the test."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Response

#: What Chromium writes to the console for an answer with an error status.
_REFUSED = "Failed to load resource: the server responded with a status of "
#: Told before anything else runs, so that none is missed.
_WATCH = "window.violated = []; addEventListener('securitypolicyviolation', (e) => violated.push(e.violatedDirective));"


@contextmanager
def opened(chromium: Browser, server: str, path: str, refused: tuple[int, ...] = (), **options: Any) -> Iterator[Page]:
    """A page at a path of a server, and that nothing was amiss with it.

    ``refused`` are the statuses other than 200 that answers may have; ``options`` are those of a context.
    """
    context = chromium.new_context(**{"viewport": {"width": 1024, "height": 900}, **options})
    page = context.new_page()
    page.set_default_timeout(20_000)
    faults: list[str] = []

    def asked(request: Request) -> None:
        if not request.url.startswith((f"{server}/", "data:", "blob:", "about:")):
            faults.append(f"asks {request.url}")

    def told(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not any(
            message.text.startswith(f"{_REFUSED}{status}") for status in refused
        ):
            faults.append(f"console: {message.text}")

    page.on("request", asked)
    page.on("console", told)
    page.on("pageerror", lambda error: faults.append(f"script: {error}"))
    page.on("requestfailed", lambda one: _failed(one, faults))
    # what a page is made of has to be there, also where the page itself tells of an error
    page.on("response", lambda one: _missing(one, faults))
    page.add_init_script(_WATCH)
    page.goto(server + path)
    yield page
    if options.get("java_script_enabled", True) and page.url.startswith(server):
        faults += violations(page)
        kept = page.evaluate("[...Object.keys(localStorage), ...Object.keys(sessionStorage)]")
        faults += [f"keeps {name}" for name in kept]
    faults += [f"cookie {one.get('name')}" for one in context.cookies()]
    context.close()
    assert faults == [], f"{path}: {faults}"


def violations(page: Page) -> list[str]:
    """What the policy forbade on the page that is open."""
    return [f"policy: {directive}" for directive in page.evaluate("window.violated")]


def _missing(response: Response, faults: list[str]) -> None:
    if response.status >= 400 and response.request.resource_type in ("stylesheet", "script", "image", "font"):
        faults.append(f"missing: {response.url}: {response.status}")


def _failed(request: Request, faults: list[str]) -> None:
    # what a script gives up because a newer question came, or what a page left behind, is no fault
    if request.failure != "net::ERR_ABORTED":
        faults.append(f"failed: {request.url}: {request.failure}")
