"""Hostile and broken submissions to a served ``/validate`` and ``/select``: a report or a clear refusal each.

Nothing is fetched, the memory stays bounded, and nothing of a submission is left anywhere.
"""

from __future__ import annotations

import gzip
import http.client
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spinecode.cache import cache_folder
from tests import hostile_submissions as hostile
from tests.hostile_submissions import Submitted
from tests.test_hostile_sparql import Listener, Reply, children, fault_in, listener
from tests.web.conftest import WHOLE

__all__ = ["listener"]

#: What the answer to one submission may take, in seconds, and the memory of the process that answers, in MiB.
TIME, MEMORY = 5.0, 300
MARKER = "Zebra4711Doe"
SPINE = hostile.SPINE

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is looked up in /proc")

#: A server as one may run it who wants to know all of what goes on: with a log of each request, of all levels.
SERVER = """
import logging, sys
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server
logging.basicConfig(level=logging.DEBUG)
Server("spinecode.web.server:application", factory=True, interface=Interfaces.WSGI, port=int(sys.argv[1]),
       log_access=True, log_level=LogLevels.debug, blocking_threads=8).serve()
"""


class Served:
    """The running server, in folders of its own."""

    def __init__(self, folder: Path) -> None:
        import socket

        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.folder = folder
        self.log = folder / "log.txt"
        for name in ("home", "tmp", "here"):
            (folder / name).mkdir()
        environment = os.environ | {
            "HOME": str(folder / "home"),
            "TMPDIR": str(folder / "tmp"),
            "SPINECODE_CACHE": str(cache_folder()),
            "PYTHONUNBUFFERED": "1",
        }
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", SERVER, str(self.port)],
                cwd=folder / "here",
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        ends = time.monotonic() + 60
        while time.monotonic() < ends:
            try:
                if self.ask("/healthz").status == 200:
                    break
            except OSError:
                time.sleep(0.1)
        self.workers = children(self.process.pid)

    def ask(
        self, path: str, body: bytes | None = None, headers: dict[str, str] | None = None, patience: float = 30
    ) -> Reply:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=patience)
        try:
            # what is too large may be refused before all of it is sent: the answer is there then
            with suppress(BrokenPipeError):
                connection.request("GET" if body is None else "POST", path, body, headers or {})
            answer = connection.getresponse()
            return Reply(answer.status, {name.lower(): text for name, text in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def submit(self, one: Submitted, path: str) -> Reply:
        return self.ask(path, one.body, {"Content-Type": one.kind, **one.headers})

    def peak(self) -> float:
        """The most memory that a worker has had, in MiB."""
        found = []
        for pid in self.workers:
            lines = Path(f"/proc/{pid}/status").read_text().splitlines()
            found += [int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")]
        return max(found)

    def close(self) -> str:
        self.process.terminate()
        self.process.wait(30)
        return self.log.read_text(errors="replace")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    found = Served(tmp_path_factory.mktemp("served"))
    assert len(found.workers) >= 1
    yield found
    assert children(found.process.pid) == found.workers, "a worker ended"
    assert "Traceback" not in found.close()


def wrong_with(served: Served, one: Submitted, path: str) -> str | None:
    """What is wrong with the answer to a submission, if anything."""
    start = time.monotonic()
    reply = served.submit(one, path)
    took = time.monotonic() - start
    if took > TIME:
        return f"took {took:.1f} s"
    if reply.status == 200:
        answer = json.loads(reply.body)
        for item in answer if isinstance(answer, list) else [answer]:
            if "conforms" not in item and "status" not in item:
                return f"no report and no selection: {item}"
        return None
    wrong = fault_in(reply)
    return None if wrong is None else f"{wrong} {reply.body[:200]!r}"


def judged(served: Served, found: dict[str, Submitted]) -> list[str]:
    wrong = []
    for name, one in found.items():
        for path in ("/validate", "/select"):
            told = wrong_with(served, one, path)
            wrong += [f"{path} {name}: {told}"] if told else []
    return wrong


def test_what_is_made_to_harm(served: Served, listener: Listener) -> None:
    found = hostile.by_hand(listener.port)
    assert len(found) > 150
    assert judged(served, found) == []
    assert listener.visits == []
    assert served.peak() < MEMORY


def test_good_submissions_mutated(served: Served) -> None:
    found = hostile.mutated(random.Random(20240531), 3)
    assert len(found) > 300
    assert judged(served, found) == []
    assert served.peak() < MEMORY


def test_fhir_broken_in_every_place(served: Served) -> None:
    assert judged(served, hostile.broken_fhir(random.Random(4711), 400)) == []
    assert served.peak() < MEMORY


def test_good_submissions_are_answered(served: Served) -> None:
    for name, one in hostile.good().items():
        for path in ("/validate", "/select"):
            assert served.submit(one, path).status == 200, (name, path)


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
KEYS = (
    "resourceType code coding system text display bodySite item entry resource extension url valueCode modifier "
    "quantity value productOrService servicedDate note usedReference reference contained id status"
)
NAMES = st.sampled_from([*KEYS.split(), *WHOLE])
SAID = "http://www.ama-assn.org/go/cpt|http://snomed.info/sct|Procedure|Claim|Bundle|62323|64483-50|50|lumbar|L4-L5|#a"
TEXTS = st.sampled_from([*SAID.split("|"), f"{SPINE}side", "left, right", "completed", *WHOLE.values()])
RESOURCES = st.recursive(
    JSON_VALUES | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=6),
    max_leaves=20,
)


@settings(max_examples=250, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(body=st.dictionaries(NAMES, RESOURCES, max_size=8) | RESOURCES, kind=st.sampled_from(["Procedure", "Claim", ""]))
def test_json_of_any_kind(plain: FlaskClient, body: Any, kind: str) -> None:
    if kind and isinstance(body, dict):
        body = body | {"resourceType": kind}
    content = json.dumps(body).encode()
    for path in ("/validate", "/select"):
        for media in ("application/json", "application/fhir+json", "application/x-ndjson", "application/ld+json"):
            response = plain.post(path, data=content, content_type=media)
            assert response.status_code == 200 or 400 <= response.status_code < 500, response.get_data(as_text=True)
            assert response.is_json


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(content=st.binary(max_size=200), coding=st.sampled_from(["", "gzip", "deflate"]), wrapped=st.booleans())
def test_bytes_of_any_kind(plain: FlaskClient, content: bytes, coding: str, wrapped: bool) -> None:
    if wrapped and coding == "gzip":
        content = gzip.compress(content)
    headers = {"Content-Encoding": coding} if coding else {}
    for kind in ("text/turtle", "application/rdf+xml", "application/n-quads", "multipart/form-data; boundary=a"):
        response = plain.post("/validate", data=content, content_type=kind, headers=headers)
        assert response.status_code == 200 or 400 <= response.status_code < 500, response.get_data(as_text=True)


@pytest.fixture(scope="module")
def plain() -> FlaskClient:
    from spinecode.web import create_app

    return create_app().test_client()


# ---------------------------------------------------------------- nothing is left of a submission


def marked() -> Iterator[tuple[str, Submitted]]:
    """Submissions with the marker in them, good and broken, in each syntax."""
    statement = (
        f'<urn:{MARKER}> a <{SPINE}SpinalInjection> ; <{SPINE}side> "{MARKER}" ; <urn:{MARKER}> <urn:{MARKER}> .'
    )
    for name, one in hostile.good().items():
        if one.headers:
            continue
        text = one.body.decode()
        good = text.replace("lumbar", MARKER).replace("urn:one", f"urn:{MARKER}").replace("corticosteroid", MARKER)
        good = good.replace("L5-S1", MARKER).replace("Right", MARKER)
        for told, body in (
            ("good", good),
            ("cut", good[: len(good) * 2 // 3]),
            ("in front", f"{MARKER} {good}"),
            ("behind", f"{good} {MARKER}"),
        ):
            yield f"{name}, {told}", Submitted(one.kind, body.encode())
            yield (
                f"{name}, {told}, gzip",
                Submitted(one.kind, gzip.compress(body.encode()), {"Content-Encoding": "gzip"}),
            )
    yield "a date", Submitted("text/turtle", f'<urn:a> <{SPINE}dateOfService> "{MARKER}"^^<urn:{MARKER}> .'.encode())
    typed = f'<urn:a> <{SPINE}dateOfService> "{MARKER}"^^<http://www.w3.org/2001/XMLSchema#date> .'
    yield "an ill-typed date", Submitted("text/turtle", typed.encode())
    yield "a statement", Submitted("text/turtle", statement.encode())
    yield (
        "a context",
        Submitted("application/ld+json", json.dumps({"@context": f"http://127.0.0.1:9/{MARKER}"}).encode()),
    )
    yield "a form", Submitted("application/x-www-form-urlencoded", f"region={MARKER}&{MARKER}=x".encode())
    big = json.dumps({"region": f"{MARKER} " + "x" * 700_000}).encode()
    yield "a large file", hostile.multipart((f"{MARKER}.json", "application/json", big))
    yield "too large", Submitted("application/json", big * 2)
    yield "a type", Submitted(f"application/{MARKER}; x={MARKER}", b"{}")
    yield "a character set", Submitted(f"application/json; charset={MARKER}", b"{}")
    yield "a coding", Submitted("application/json", b"{}", {"Content-Encoding": MARKER})


def test_nothing_is_left_of_a_submission(served: Served) -> None:
    odd = {"User-Agent": MARKER, "Referer": f"http://x/{MARKER}", "X-Patient": MARKER, "Cookie": f"name={MARKER}"}
    odd |= {"Authorization": f"Basic {MARKER}", "Prefer": MARKER, "Accept-Language": MARKER}
    statuses: dict[int, int] = {}
    for _, one in marked():
        for path in ("/validate", "/select"):
            reply = served.submit(Submitted(one.kind, one.body, {**one.headers, **odd}), path)
            statuses[reply.status] = statuses.get(reply.status, 0) + 1
    for address in (
        f"/select?region={MARKER}",
        f"/select?{MARKER}=x",
        f"/validate?status={MARKER}",
        f"/differ?code={MARKER}",
    ):
        served.ask(address, headers=odd)
        served.ask(f"{address}&format={MARKER}", headers=odd)
    query = quote(f'SELECT * {{ ?s ?p "{MARKER}" }}')
    served.ask(f"/sparql?query={query}", headers=odd)
    served.ask(f"/validate?{MARKER}", b"{}", {"Content-Type": "application/json", "Accept": f"text/{MARKER}", **odd})
    assert {200, 400, 413, 415} <= set(statuses)

    log = served.log.read_text(errors="replace")
    assert log.count("POST /validate") > 50, "the requests are in the log"
    assert MARKER not in log
    assert MARKER not in served.ask("/metrics").body.decode()
    searched = 0
    for folder in (served.folder, cache_folder()):
        for file in folder.rglob("*"):
            if file.is_file():
                searched += 1
                assert MARKER not in file.name
                assert MARKER.encode() not in file.read_bytes(), file
    assert searched > 1
    for pid in served.workers:
        for handle in Path(f"/proc/{pid}/fd").iterdir():
            assert "(deleted)" not in str(handle.readlink()), "a file that was written and removed"
