"""Stores for the tests: real ones that are started here, and one that does whatever it is told."""

from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import requests

from spinecode.store_version import Version

OXIGRAPH = Path(sys.executable).with_name("oxigraph")
VIRTUOSO = shutil.which("virtuoso-t")
JSON = "application/sparql-results+json"

#: How long a store may take to start, in seconds.
_PATIENCE = 60.0


def free_port() -> int:
    """A port where nothing listens."""
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


@contextmanager
def _running(command: list[str], url: str, folder: Path) -> Iterator[None]:
    with (folder / "output.txt").open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, cwd=folder)
        try:
            ends = time.monotonic() + _PATIENCE
            while not _answers(url):
                assert process.poll() is None, (folder / "output.txt").read_text()
                assert time.monotonic() < ends, f"{command[0]} does not answer"
                time.sleep(0.05)
            yield
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _answers(url: str) -> bool:
    with suppress(requests.RequestException):
        return requests.get(url, params={"query": "ASK {}"}, timeout=2).ok
    return False


@contextmanager
def oxigraph(folder: Path, kind: str = "serve", *arguments: str) -> Iterator[str]:
    """Oxigraph's own server, which writes its output into a folder; gives the address of its queries.

    It holds its graphs in memory, unless ``--location`` names another place, where it waits for the disk at each graph.
    """
    port = free_port()
    url = f"http://127.0.0.1:{port}/query"
    command = [str(OXIGRAPH), kind, "--bind", f"127.0.0.1:{port}", *arguments]
    with _running(command, url, folder):
        yield url


_VIRTUOSO_SETTINGS = """
[Database]
DatabaseFile = {folder}/virtuoso.db
ErrorLogFile = {folder}/virtuoso.log
LockFile = {folder}/virtuoso.lck
TransactionFile = {folder}/virtuoso.trx
xa_persistent_file = {folder}/virtuoso.pxa
[TempDatabase]
DatabaseFile = {folder}/temporary.db
TransactionFile = {folder}/temporary.trx
[Parameters]
ServerPort = 127.0.0.1:{port}
NumberOfBuffers = 4000
MaxDirtyBuffers = 3000
DirsAllowed = .
SchedulerInterval = 0
[HTTPServer]
ServerPort = 127.0.0.1:{web}
ServerThreads = 10
[SPARQL]
ResultSetMaxRows = 200000
"""


@contextmanager
def virtuoso(folder: Path) -> Iterator[str]:
    """OpenLink Virtuoso with a database of its own, whose user and password are dba."""
    assert VIRTUOSO is not None
    web = free_port()
    settings = folder / "virtuoso.ini"
    settings.write_text(_VIRTUOSO_SETTINGS.format(folder=folder, port=free_port(), web=web))
    url = f"http://127.0.0.1:{web}/sparql"
    with _running([VIRTUOSO, "+foreground", "+configfile", str(settings)], url, folder):
        yield url


def version_answer(version: Version) -> bytes:
    """What a store that holds a version whole says of it."""
    rows = ", ".join(
        '{"graph": {"type": "uri", "value": "https://w3id.org/spinecode/graph/version"}, '
        f'"s": {{"type": "uri", "value": "urn:x"}}, "p": {{"type": "uri", "value": "{triple.predicate.value}"}}, '
        f'"o": {{"type": "literal", "value": "{getattr(triple.object, "value", "")}"}}}}'
        for triple in version.triples({}, whole=True)
    )
    return f'{{"head": {{"vars": ["graph", "s", "p", "o"]}}, "results": {{"bindings": [{rows}]}}}}'.encode()


@dataclass
class Fake:
    """A server that answers what it is told to; ``asked`` are the bodies of what it was asked beside its version."""

    url: str = ""
    asked: list[str] = field(default_factory=list)
    authorizations: list[str | None] = field(default_factory=list)
    answer: Callable[[BaseHTTPRequestHandler], None] = lambda _: None


def says(status: int, body: bytes = b"", kind: str = JSON, **headers: str) -> Callable[[BaseHTTPRequestHandler], None]:
    """An answer of a fake store."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        handler.send_header("Content-Type", kind)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


@contextmanager
def fake(version: Version | None = None) -> Iterator[Fake]:
    """A store that tells a version, if it is given one, and answers everything else as it is told."""
    found = Fake()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            found.authorizations.append(self.headers.get("Authorization"))
            if version is not None and "graph%2Fversion%3E" in body:
                says(200, version_answer(version))(self)
                return
            found.asked.append(body)
            with suppress(ConnectionError):
                found.answer(self)

        def __getattr__(self, name: str) -> Any:
            if name in ("do_GET", "do_PUT", "do_DELETE"):
                return self.do_POST
            raise AttributeError(name)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    found.url = f"http://127.0.0.1:{server.server_address[1]}/query"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
