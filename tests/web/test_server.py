"""The app on the real server, as ``spinecode serve`` starts it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest

from spinecode.errors import InputError
from spinecode.knowledge import Knowledge
from spinecode.web.server import serve

PROGRAM = """
from spinecode.knowledge import load
from spinecode.web.server import serve
if __name__ == "__main__":
    serve(load(), port=0, workers=2, form="json", settings={"body_limit": 1000})
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[subprocess.Popen[str], int]]:
    program = tmp_path_factory.mktemp("server") / "program.py"
    program.write_text(PROGRAM)
    process = subprocess.Popen(
        [sys.executable, str(program)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=os.environ.copy()
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    yield process, int(json.loads(line)["url"].rstrip("/").rpartition(":")[2])
    process.kill()
    process.communicate()


def ask(
    port: int, method: str, path: str, body: str | None = None, **headers: str
) -> tuple[int, dict[str, str], bytes]:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
    response = connection.getresponse()
    content = response.read()
    connection.close()
    return response.status, {name.lower(): value for name, value in response.getheaders()}, content


def test_it_answers(server: tuple[subprocess.Popen[str], int]) -> None:
    port = server[1]
    for _ in range(4):
        status, headers, content = ask(port, "GET", "/codes/62321")
        assert (status, json.loads(content)["code"]) == (200, "62321")
    assert ask(port, "GET", "/codes/62321", If_None_Match=headers["etag"])[0] == 304
    status, headers, content = ask(port, "HEAD", "/codes/62321")
    assert (status, content) == (200, b"")
    assert int(headers["content-length"]) > 0


def test_it_runs_queries(server: tuple[subprocess.Popen[str], int]) -> None:
    status, _, content = ask(
        server[1], "POST", "/sparql", "ASK { ?c a spine:ProcedureCode }", Content_Type="application/sparql-query"
    )
    assert (status, json.loads(content)["boolean"]) == (200, True)


def test_its_settings_reach_the_workers(server: tuple[subprocess.Popen[str], int]) -> None:
    assert ask(server[1], "POST", "/select", "x" * 1001, Content_Type="text/turtle")[0] == 413


def test_a_body_in_pieces_has_the_same_limit(server: tuple[subprocess.Popen[str], int]) -> None:
    with socket.create_connection(("127.0.0.1", server[1]), timeout=30) as connection:
        connection.sendall(
            b"POST /select HTTP/1.1\r\nHost: x\r\nContent-Type: text/turtle\r\nTransfer-Encoding: chunked\r\n\r\n"
            + b"400\r\n"
            + b"x" * 1024
            + b"\r\n0\r\n\r\n"
        )
        assert b" 413 " in connection.recv(4096).partition(b"\r\n")[0]


def test_a_taken_port_is_told(server: tuple[subprocess.Popen[str], int], knowledge: Knowledge) -> None:
    with pytest.raises(InputError, match=f"port {server[1]}"):
        serve(knowledge, port=server[1])


def test_a_host_that_is_none(knowledge: Knowledge) -> None:
    with pytest.raises(InputError, match="listen"):
        serve(knowledge, host="nowhere.invalid")


def test_it_is_small(server: tuple[subprocess.Popen[str], int]) -> None:
    status = Path(f"/proc/{server[0].pid}/status")
    if not status.exists():
        pytest.skip("no /proc on this platform")
    resident = next(line for line in status.read_text().splitlines() if line.startswith("VmRSS"))
    assert int(resident.split()[1]) < 200 * 1024


def test_an_interrupt_ends_it_quietly(server: tuple[subprocess.Popen[str], int]) -> None:
    process, port = server
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 0
    assert out == ""
    assert err == ""
    time.sleep(0.1)
    with pytest.raises(OSError, match="refused"):
        ask(port, "GET", "/healthz")
