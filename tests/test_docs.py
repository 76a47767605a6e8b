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
#: A guide that is followed from its beginning to its end, in an empty folder.
GUIDE = ROOT / "docs" / "packs.md"


def blocks(kind: str) -> list[tuple[Path, str]]:
    pattern = re.compile(rf"^```{kind}\n(.*?)^```", re.DOTALL | re.MULTILINE)
    return [(file, found) for file in DOCUMENTS for found in pattern.findall(file.read_text(encoding="utf-8"))]


def commands() -> list[tuple[str, str]]:
    """The commands of all documents that can be run by themselves, with the output shown below each."""
    return [found for file, block in blocks("console") if file != GUIDE for found in commands_in(block)]


def commands_in(block: str) -> Iterator[tuple[str, str]]:
    """Each command of a console block (with the indented lines that continue it) and the output shown below it."""
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        lines = part.splitlines()
        # a quote that is still open goes on in the next line
        end = next(n for n in range(1, len(lines) + 1) if "\n".join(lines[:n]).count("'") % 2 == 0)
        yield "\n".join(lines[:end]), "\n".join(lines[end:])


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


class Follower:
    """Someone who follows a guide: makes the files that it shows, types its commands, and compares what is printed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        kept = {name: value for name, value in os.environ.items() if not name.startswith("SPINECODE_")}
        cache = {"SPINECODE_CACHE": os.environ["SPINECODE_CACHE"], "COLUMNS": "80"}
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        self.environment = {**kept, **cache, "PATH": path}
        self.server: subprocess.Popen[str] | None = None
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.address = f"http://127.0.0.1:{probe.getsockname()[1]}"

    def follow(self, text: str) -> int:
        """Follow a guide to its end; the number of commands."""
        done = 0
        for kind, name, block in re.findall(r"^```(\w+)(?: (\S+))?\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
            if name:
                (self.folder / name).parent.mkdir(parents=True, exist_ok=True)
                (self.folder / name).write_text(block, encoding="utf-8")
            for command, expected in commands_in(block) if kind == "console" else ():
                assert self.typed(command) == self._plain(expected), command
                done += 1
        return done

    def typed(self, command: str) -> list[str]:
        """What a terminal shows of a command, output and errors."""
        if command.startswith("export "):
            name, _, value = command.removeprefix("export ").partition("=")
            self.environment[name] = value
            return []
        if command.endswith("serve"):
            return self._serve(command)
        done = subprocess.run(
            ["bash", "-c", command.replace(ADDRESS, self.address)],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=120,
        )
        return self._plain(done.stdout)

    def _serve(self, command: str) -> list[str]:
        port = self.address.rpartition(":")[2]
        self.server = subprocess.Popen(
            f"exec {command} --port {port}",
            shell=True,
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self.server.stdout is not None
        return self._plain(self.server.stdout.readline().replace(self.address, ADDRESS))

    def _plain(self, text: str) -> list[str]:
        """Without what may differ: how many files spinecode itself has, and the line that says what takes long."""
        lines = (re.sub(r"in \d+ files", "in some files", line.rstrip()) for line in text.strip("\n").splitlines())
        return [line for line in lines if not line.startswith("spinecode: Closing the ontology")]

    def close(self) -> None:
        if self.server is not None:
            self.server.terminate()
            self.server.communicate(timeout=20)


def test_the_guide_to_packs_can_be_followed(tmp_path: Path) -> None:
    follower = Follower(tmp_path)
    try:
        assert follower.follow(GUIDE.read_text(encoding="utf-8")) > 20
    finally:
        follower.close()


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
