"""What the documents show is what happens: commands and examples are run, links lead somewhere."""

from __future__ import annotations

import doctest
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.request import urlopen

import pytest

import spinecode.api
from tests.conftest import ROOT

DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
ADDRESS = "http://127.0.0.1:8000"


def blocks(kind: str) -> list[tuple[Path, str]]:
    pattern = re.compile(rf"^```{kind}\n(.*?)^```", re.DOTALL | re.MULTILINE)
    return [(file, found) for file in DOCUMENTS for found in pattern.findall(file.read_text(encoding="utf-8"))]


def commands() -> list[tuple[str, str]]:
    """Each command of a console block (with the indented lines that continue it) and the output shown below it."""
    found = []
    for _, block in blocks("console"):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            lines = part.splitlines()
            # a quote that is still open goes on in the next line
            end = next(n for n in range(1, len(lines) + 1) if "\n".join(lines[:n]).count("'") % 2 == 0)
            found.append(("\n".join(lines[:end]), "\n".join(lines[end:])))
    return found


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "spinecode", "serve", "--port", str(port)], stdout=subprocess.DEVNULL
    )
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(200):
            try:
                urlopen(f"{address}/readyz", timeout=5).close()
                break
            except OSError:
                time.sleep(0.1)
        yield address
    finally:
        process.terminate()
        process.wait(20)


@pytest.mark.parametrize(
    ("command", "expected"), commands(), ids=lambda text: text.splitlines()[0][:60] if text else ""
)
def test_commands_print_what_is_shown(command: str, expected: str, server: str) -> None:
    folder = Path(sys.executable).parent
    environment = {**os.environ, "COLUMNS": "80", "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}"}
    text = command.replace(ADDRESS, server)
    result = subprocess.run(
        ["bash", "-c", text], cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=60
    )
    shown = [line.rstrip() for line in result.stdout.splitlines()]
    assert shown[: len(expected.splitlines())] == [line.rstrip() for line in expected.splitlines()], result.stderr
    assert not any(line.strip() for line in shown[len(expected.splitlines()) :])


@pytest.mark.parametrize(("file", "text"), blocks("python"), ids=lambda item: getattr(item, "name", ""))
def test_python_examples_are_true(file: Path, text: str) -> None:
    example = doctest.DocTestParser().get_doctest(text, {}, file.name, str(file), 0)
    assert doctest.DocTestRunner().run(example).failed == 0


def test_the_examples_of_the_library_are_true() -> None:
    assert doctest.testmod(spinecode.api, extraglobs={}).failed == 0


@pytest.mark.parametrize("file", DOCUMENTS, ids=lambda file: file.name)
def test_links_lead_to_files(file: Path) -> None:
    for link in re.findall(r"\]\((?!https?://)([^)#]+)\)", file.read_text(encoding="utf-8")):
        assert (file.parent / link).exists(), link


def test_the_targets_that_the_readme_names_exist() -> None:
    made = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in re.findall(r"`make (\w+)", (ROOT / "README.md").read_text(encoding="utf-8")):
        assert re.search(rf"^{target}:", made, re.MULTILINE)
