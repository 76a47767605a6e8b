"""One server and one Chromium for all tests of a worker; they skip with what is lacking."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from tests.conftest import ROOT

if TYPE_CHECKING:
    from playwright.sync_api import Browser

FAMILY = ROOT / "tests" / "fixtures" / "made-up-family.ttl"
AXE = ROOT / "tests" / "clients" / "node_modules" / "axe-core" / "axe.min.js"


@contextmanager
def _served(*options: str) -> Iterator[str]:
    command = [
        sys.executable,
        "-m",
        "spinecode",
        *options,
        "serve",
        "--port",
        "0",
        "--workers",
        "1",
        "--format",
        "json",
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    yield str(json.loads(process.stdout.readline())["url"]).rstrip("/")
    process.terminate()
    process.stdout.close()
    process.wait(30)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium."""
    api = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        pytest.skip("there is no Chromium")
    with api.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def server(chromium: Browser) -> Iterator[str]:
    """The address of a served site; not started where there is no browser to ask it."""
    with _served() as address:
        yield address


@pytest.fixture(scope="session")
def extended_server(chromium: Browser) -> Iterator[str]:
    """The address of a site with a made-up family beside the ontology."""
    with _served("--ontology", str(FAMILY)) as address:
        yield address


@pytest.fixture(scope="session")
def axe() -> str:
    """The program that finds what keeps people out of a page."""
    if not AXE.is_file():
        pytest.skip("axe-core is not installed; npm ci --prefix tests/clients does")
    return AXE.read_text(encoding="utf-8")
