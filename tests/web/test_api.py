"""The API's page: it is complete, and what it says to try is run against a server."""

from __future__ import annotations

import contextlib
import io
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
import requests
from flask.testing import FlaskClient

from .conftest import Browser

PROGRAM = """
from spinecode.knowledge import load
from spinecode.web.server import serve
if __name__ == "__main__":
    serve(load(), port=0, workers=1, form="json")
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    program = tmp_path_factory.mktemp("api") / "program.py"
    program.write_text(PROGRAM)
    process = subprocess.Popen(
        [sys.executable, str(program)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout is not None
    yield str(json.loads(process.stdout.readline())["url"]).rstrip("/")
    process.terminate()  # it ends its workers, which have its output open too
    process.stdout.close()
    process.wait(30)


def tried(server: str, language: str) -> list[str]:
    page = requests.get(f"{server}/api", headers={"Accept": "text/html"}, timeout=30).text
    return [unescape(text) for text in re.findall(rf'<code class="{language}">(.*?)</code>', page, re.DOTALL)]


def test_the_page_tells_all_that_the_document_does(client: FlaskClient, browser: Browser) -> None:
    document = client.get("/openapi.json").get_json()
    text = unescape(browser.get("/api").get_data(as_text=True))
    for path, item in document["paths"].items():
        for method, operation in item.items():
            assert f'<span class="method">{method.upper()}</span> {path}</code></h2>' in text
            start = text.index(f'<h2 id="{operation["operationId"]}">')
            section = text[start : text.find("</section>", start)]
            assert operation["summary"] in section
            for parameter in operation.get("parameters", ()):
                assert f"<code>{parameter['name']}</code>" in section
                assert parameter["description"] in section
            for status, answer in operation["responses"].items():
                assert f'<th scope="row">{status}</th>' in section
                assert answer["description"] in section
            for kind in operation.get("requestBody", {}).get("content", {}):
                assert f"<code>{kind}</code>" in section
    for name in document["components"]["schemas"]:
        assert f'id="schema-{name}"' in text


def test_the_page_has_its_data(client: FlaskClient) -> None:
    assert client.get("/api", headers={"Accept": "application/json"}).get_json()["openapi"] == "3.1.0"


def test_nearly_everything_can_be_tried(server: str) -> None:
    number = sum(len(item) for item in requests.get(f"{server}/openapi.json", timeout=30).json()["paths"].values())
    commands = tried(server, "curl")
    assert number - 1 <= len(commands) <= number  # a term of a pack has no example where no pack is loaded
    assert len(tried(server, "python")) == len(commands)


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_commands_run(server: str) -> None:
    for command in tried(server, "curl"):
        assert command.startswith("curl -s ")
        done = subprocess.run(
            ["bash", "-c", command.replace("curl -s ", "curl -s --fail-with-body -L --max-time 60 ")],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, (command, done.stdout[:500], done.stderr)
        assert done.stdout.strip(), command
        if "Accept: application/json" in command:
            json.loads(done.stdout)


def test_the_lines_of_python_run(server: str) -> None:
    for lines in tried(server, "python"):
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(compile(lines, "example", "exec"), {})
        assert printed.getvalue().strip(), lines


def test_examples_have_this_server_in_them(client: FlaskClient, tmp_path: Path) -> None:
    text = client.get("/api", headers={"Accept": "text/html"}, base_url="https://codes.example/spine/").get_data(
        as_text=True
    )
    assert "https://codes.example/spine/select?" in unescape(text)
