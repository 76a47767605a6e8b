"""Hostile and broken queries and requests against the served endpoint: refused or ended on time; nothing fetched."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyoxigraph import Store

from spinecode.errors import QueryError
from spinecode.query_text import check_query, is_lookup, names_others
from tests import hostile

LIMIT = 1.0
#: What an answer may take beyond the limit, in seconds: other queries have the processors too, and a process that was
#: ended is started anew.
MARGIN = 8.0
#: How long a request that has no end is watched.
WATCHED = 1.0
PROCESSES = 3

CASES: dict[str, dict[str, str]] = yaml.safe_load(
    (Path(__file__).parent / "fixtures" / "hostile-queries.yaml").read_text(encoding="utf-8")
)
PRODUCT = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="the processes are looked up in /proc")


@dataclass
class Listener:
    """Whoever connects is counted."""

    port: int
    visits: list[bytes] = field(default_factory=list)


@dataclass
class Served:
    """The running server."""

    pid: int
    port: int
    listener: Listener

    def workers(self) -> set[int]:
        return {pid for pid in children(self.pid) if "query_process" not in command(pid)}

    def query_processes(self) -> set[int]:
        return {pid for worker in self.workers() for pid in children(worker) if "query_process" in command(pid)}


@dataclass(frozen=True)
class Reply:
    """An answer as it came."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def stat(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text()
    except OSError:
        return ""


def children(pid: int) -> set[int]:
    every = (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdigit())
    return {one for one in every if (fields := stat(one)) and int(fields[1]) == pid and fields[0] != "Z"}


def seconds_used(pids: set[int]) -> float:
    return sum(int(f[11]) + int(f[12]) for pid in pids if (f := stat(pid))) / os.sysconf("SC_CLK_TCK")


@pytest.fixture(scope="module")
def listener() -> Iterator[Listener]:
    with socket.create_server(("127.0.0.1", 0)) as door:
        found = Listener(door.getsockname()[1])

        def count() -> None:
            with suppress(OSError):
                while True:
                    visitor, _ = door.accept()
                    with visitor:
                        visitor.settimeout(0.5)
                        with suppress(OSError):
                            found.visits.append(visitor.recv(100))

        threading.Thread(target=count, daemon=True).start()
        yield found
        door.shutdown(socket.SHUT_RDWR)


@pytest.fixture(scope="module")
def served(listener: Listener) -> Iterator[Served]:
    limits = {"QUERY_TIME_LIMIT": LIMIT, "QUERY_PROCESSES": PROCESSES, "QUERY_MEMORY_LIMIT": 400 << 20}
    environment = os.environ | {f"SPINECODE_{name}": str(value) for name, value in limits.items()}
    process = subprocess.Popen(
        [sys.executable, "-m", "spinecode", "serve", "--port", "0", "--format", "json"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    port = int(json.loads(process.stdout.readline())["url"].rstrip("/").rpartition(":")[2])
    found = Served(process.pid, port, listener)
    before = found.workers()
    assert len(before) == 1
    yield found
    assert found.workers() == before, "a worker ended"
    assert ask(port, "/healthz").status == 200
    process.terminate()
    _, told = process.communicate(timeout=30)
    assert "Traceback" not in told


def replies_in(data: bytes) -> tuple[list[Reply], bytes]:
    """The whole answers at the beginning of some bytes, and what is left."""
    found = []
    while (end := data.find(b"\r\n\r\n")) >= 0:
        first, *lines = data[:end].decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        status = int(first.split()[1])
        length = 0 if status < 200 or status == 304 else int(headers.get("content-length", 0))
        if len(data) < end + 4 + length:
            break
        if status >= 200:
            found.append(Reply(status, headers, data[end + 4 : end + 4 + length]))
        data = data[end + 4 + length :]
    return found, data


def exchange(port: int, request: bytes, patience: float) -> tuple[list[Reply], bool]:
    """Send bytes, and read what comes; the answers, and whether the connection was closed."""
    received, closed, ends = b"", False, time.monotonic() + patience
    with socket.create_connection(("127.0.0.1", port), timeout=patience) as connection:
        # a server that refuses may do so before it has all
        with suppress(OSError):
            connection.sendall(request)
        while (left := ends - time.monotonic()) > 0:
            connection.settimeout(0.2 if replies_in(received)[0] else left)
            try:
                part = connection.recv(1 << 20)
            except TimeoutError:
                break
            except OSError:
                closed = True
                break
            if not part:
                closed = True
                break
            received += part
    replies, rest = replies_in(received)
    assert not rest, f"half an answer: {rest[:200]!r}"
    return replies, closed


def ask(port: int, path: str, body: bytes | None = None, kind: str = "") -> Reply:
    head = f"{'GET' if body is None else 'POST'} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    if body is not None:
        head += f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
    replies, closed = exchange(port, head.encode() + b"\r\n" + (body or b""), LIMIT + MARGIN + 1)
    assert len(replies) == 1, (path[:80], replies, closed)
    return replies[0]


def fault_in(reply: Reply) -> str | None:
    """What is wrong with a refusal, if anything."""
    if not 400 <= reply.status < 500 and reply.status != 503:
        return f"status {reply.status}: {reply.body[:200]!r}"
    if "x-injected" in reply.headers:
        return "a header was put in"
    if not reply.body and "content-type" not in reply.headers and "content-security-policy" not in reply.headers:
        return None  # by the HTTP server itself, which could not read the request
    if reply.headers.get("content-type") != "application/problem+json":
        return f"no problem but {reply.headers.get('content-type')}"
    told: dict[str, Any] = json.loads(reply.body)
    if not {"type", "title", "status", "detail", "errors"} <= set(told) or told["status"] != reply.status:
        return f"not the fields of a problem: {told}"
    if not told["title"] or not told["detail"] or not told["errors"] or not all(e["message"] for e in told["errors"]):
        return f"says nothing: {told}"
    if len(reply.body) > 20_000:
        return f"says too much: {len(reply.body)} bytes"
    if told["type"].endswith("#busy"):
        return "busy"
    return None


def in_parallel(work: Callable[[Any], str | None], items: list[tuple[str, Any]], at_once: int) -> list[str]:
    """Do some work with each item; what was wrong, by name."""

    def timed(item: tuple[str, Any]) -> str | None:
        start = time.monotonic()
        wrong = work(item[1])
        if wrong is None and time.monotonic() - start > LIMIT + MARGIN:
            wrong = f"took {time.monotonic() - start:.1f} s"
        return f"{item[0]}: {wrong}" if wrong else None

    with ThreadPoolExecutor(at_once) as pool:
        return [wrong for wrong in pool.map(timed, items) if wrong]


def test_there_are_enough(listener: Listener) -> None:
    port = listener.port
    made = [*hostile.refused_queries(port), *hostile.ended_queries(), *hostile.requests(port)]
    assert len(made) + sum(map(len, CASES.values())) > 400


def run_queries(
    served: Served, queries: Mapping[str, str], judge: Callable[[Reply], str | None], at_once: int = PROCESSES
) -> None:
    """Send queries in the three ways of the protocol by turns, and look at the answers."""

    def send(pair: tuple[str, str]) -> str | None:
        way, query = pair
        try:
            if way == "get" and len(query) < 10_000:
                return judge(ask(served.port, f"/sparql?query={quote(query)}"))
            if way == "form" and len(query) < 100_000:
                body, kind = b"query=" + quote(query).encode(), "application/x-www-form-urlencoded"
            else:
                body, kind = query.encode(), "application/sparql-query"
            return judge(ask(served.port, "/sparql", body, kind))
        except AssertionError as error:
            return str(error)

    ways = cycle(["get", "form", "direct"])
    port = str(served.listener.port)
    items = [(name, (next(ways), query.replace("PORT", port))) for name, query in queries.items()]
    wrong = in_parallel(send, items, at_once)
    assert not wrong, "\n".join(wrong)
    assert served.listener.visits == []


def test_queries_that_are_refused(served: Served) -> None:
    queries = CASES["refused"] | hostile.refused_queries(served.listener.port)
    # each also says the word, so that it meets the other parser too
    also = {f"{name}, with the word": f"{query} # service" for name, query in queries.items() if len(query) < 60_000}

    def judge(reply: Reply) -> str | None:
        # 413 where the body is larger than any query; 503 where the parser took too long on a busy machine
        return fault_in(reply) or (None if reply.status in (400, 413, 503) else f"status {reply.status}")

    run_queries(served, queries | also, judge)


def test_queries_that_are_ended(served: Served) -> None:
    def judge(reply: Reply) -> str | None:
        # a quick engine may answer one or the other
        return None if reply.status == 200 else fault_in(reply)

    run_queries(served, CASES["ended"] | hostile.ended_queries(), judge)


def test_queries_that_only_look_bad(served: Served) -> None:
    def judge(reply: Reply) -> str | None:
        return None if reply.status == 200 else f"status {reply.status}: {reply.body[:300]!r}"

    # one after another, so that none of them is late because of the others
    run_queries(served, CASES["harmless"], judge, at_once=1)


def test_requests(served: Served) -> None:
    def send(pair: tuple[bytes, str]) -> str | None:
        request, expected = pair
        patience = WATCHED if expected == "unfinished" else LIMIT + MARGIN
        try:
            replies, closed = exchange(served.port, request, patience)
        except AssertionError as error:
            return str(error)
        if not replies:
            return None if expected == "unfinished" or (closed and expected != "answered") else "no answer"
        statuses = {reply.status for reply in replies}
        faults = [fault for reply in replies if reply.status not in (200, 304) and (fault := fault_in(reply))]
        if faults:
            return "; ".join(faults)
        if expected == "answered":
            return None if statuses == {200} else f"statuses {statuses}"
        if expected == "not changed":
            return None if statuses == {304} else f"statuses {statuses}"
        if expected in ("refused", "unfinished") and 200 in statuses:
            return f"answered: {replies[0].body[:200]!r}"
        return None

    requests = hostile.requests(served.listener.port)
    wrong = in_parallel(send, list(requests.items()), 6)
    assert not wrong, "\n".join(wrong)
    assert served.listener.visits == []


#: What may stand before the word SERVICE, after it, and in the rest, so that one parser might see it and another not.
BEFORE = (
    "",
    " ",
    "1",
    "true",
    "a ",
    "?x ",
    "?x",
    "x:y",
    "x:y.",
    "x:y-",
    "x:",
    ":",
    "_:b",
    "'t'",
    '"t"@en',
    "<urn:i>",
    "}",
)
BEFORE += (
    "# c\r",
    "# c\n",
    r"'\u0027'",
    r'"\u0022"',
    r"'\\'",
    "''" + "'",
    '"',
    "<",
    "?s<",
    r"\u0020",
    "é",
    "x:é",
    "\t",
    "\f",
)
AFTER = ("", " ", "SILENT", " SILENT ", "#\r", "?x", "x:y", r"\u0020", "# c\n")
PLACES = (
    "{} {}",
    "?s ?p {} {}",
    "FILTER(?s<?o){} {}",
    "BIND({} AS ?y) {}",
    "VALUES ?z {{ {} }} {}",
    "FILTER EXISTS {{ {} {} }}",
)
ENDS = (" }", " ''" + "'\n\" ''" + "' }", ' # " \n}')


@given(
    st.sampled_from(PLACES),
    st.lists(st.sampled_from(BEFORE), max_size=3).map("".join),
    st.sampled_from(AFTER),
    st.sampled_from(BEFORE),
    st.sampled_from(ENDS),
)
@settings(max_examples=1500, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_query_that_passes_the_check_fetches_anything(
    listener: Listener, place: str, before: str, after: str, between: str, end: str
) -> None:
    clause = f"{before}SERVICE{after}<http://127.0.0.1:{listener.port}/> {{ ?s ?p ?o }}"
    query = "PREFIX x: <urn:x:> PREFIX : <urn:y:> ASK { " + place.format(between, clause) + end
    try:
        check_query(query, ())
    except QueryError:
        return
    # not refused: then nobody is asked, whatever it is
    with suppress(SyntaxError, OSError, ValueError, RuntimeError):
        Store().query(query)
    assert listener.visits == []


@pytest.mark.parametrize(
    ("text", "suspect"),
    [
        ("ASK { ?service spine:validFrom ?from ; spine:dateOfService _:service }", False),
        ("ASK { ?s ?p 1SERVICE <urn:x> {} }", True),
        ("ASKFROM <urn:x> {}", True),
        ("ASK { SERVICEx:y {} }", True),
        ("ASK { service:x ?p ?o }", True),
        ("ASK { x:y.SERVICE <urn:x> {} }", True),
        (r"ASK { \u0053ERVICE <urn:x> {} }", True),
        ("# from a service\n\n \t# from\r\nASK {}", False),
        ("# from a service\n#\nASK { SERVICE <urn:x> {} }", True),
        ("# a comment\rASK { SERVICE <urn:x> {} }\n", True),
        ("# a comment\\u000AASK { SERVICE <urn:x> {} }\n", True),
        ("ASK {}\n# from", True),
        ("'\n# from\n'", True),
    ],
)
def test_when_a_query_is_parsed_before_it_is_run(text: str, suspect: bool) -> None:
    assert names_others(text) is suspect


@pytest.mark.parametrize(
    ("text", "brief"),
    [
        ("SELECT ?p ?o { <urn:x> ?p ?o }", True),
        ("PREFIX x: <urn:x> select * WHERE { x:y a ?o . } LIMIT 10 ", True),
        ("ASK { spine:a spine:b <urn:c> }", True),
        ("SELECT ?p ?o { ?s ?p ?o }", False),
        ("SELECT ?p ?o FROM <urn:g> { <urn:x> ?p ?o }", False),
        ("SELECT ?p ?o { <urn:x> ?p ?o . ?s ?q ?r }", False),
        ("SELECT ?p ?o { <urn:x> ?p ?o SERVICE <urn:x> { } }", False),
        ("SELECT ?o { <urn:x> (<urn:p>|!<urn:p>)* ?o }", False),
        ("SELECT ?o { <urn:x> <urn:p>* ?o }", False),
        ("SELECT DISTINCT ?o { <urn:x> ?p ?o }", False),
        ("SELECT ?p ?o { <urn:x> ?p ?o } ORDER BY ?o", False),
        ("SELECT ?p ?o { <urn:x> ?p ?o } OFFSET 1", False),
        ("SELECT ?p ?o { <urn:x> ?p ?o } # x\nVALUES ?o { 1 }", False),
        (r"SELECT ?p ?o { <urn:\u0078> ?p ?o }", False),
    ],
)
def test_which_queries_need_no_process_that_can_be_ended(text: str, brief: bool) -> None:
    assert is_lookup(text) is brief


def test_very_long_headers_are_not_kept(served: Served) -> None:
    def memory() -> int:
        return sum(int(stat(pid)[21]) for pid in served.workers()) * os.sysconf("SC_PAGE_SIZE")

    ask(served.port, "/healthz")
    before = memory()
    for number in range(200):
        accepted = ", ".join(f"x{number}/y{n}" for n in range(8_000))
        request = f"GET /sparql HTTP/1.1\r\nHost: x\r\nAccept: {accepted}\r\nConnection: close\r\n\r\n".encode()
        replies, _ = exchange(served.port, request, MARGIN)
        assert replies[0].status == 406
    assert memory() - before < 40 << 20


@pytest.mark.parametrize("rest", [b"Content-Length: 100\r\n\r\nASK", b"Transfer-Encoding: chunked\r\n\r\n3\r\nASK\r\n"])
def test_bodies_without_end_leave_room_for_others(served: Served, rest: bytes) -> None:
    start = b"POST /sparql HTTP/1.1\r\nHost: x\r\nContent-Type: application/sparql-query\r\n"
    waiting = [socket.create_connection(("127.0.0.1", served.port)) for _ in range(100)]
    for connection in waiting:
        connection.sendall(start + rest)
    begun = time.monotonic()
    assert ask(served.port, "/healthz").status == 200
    assert ask(served.port, f"/sparql?query={quote('ASK {}')}").status == 200
    told = ask(served.port, "/select", b"{}", "application/json")
    assert (told.status, told.headers["retry-after"]) == (503, "5")
    assert json.loads(told.body)["type"].endswith("#busy")
    assert time.monotonic() - begun < 5.0
    for connection in waiting:
        connection.close()
    ends = time.monotonic() + 5.0
    while (reply := ask(served.port, "/sparql", b"ASK {}", "application/sparql-query")).status != 200:
        assert time.monotonic() < ends, reply
        time.sleep(0.1)


def test_a_product_of_the_graph_with_itself_ends_on_time_and_frees_its_processor(served: Served) -> None:
    ask(served.port, f"/sparql?query={quote('ASK {}')}")
    workers = served.workers()
    with ThreadPoolExecutor(1) as pool:
        begun = time.monotonic()
        product = pool.submit(ask, served.port, f"/sparql?query={quote(PRODUCT)}")
        time.sleep(LIMIT / 3)
        used = {pid: seconds_used({pid}) for pid in served.query_processes()}
        meanwhile, longest = 0, 0.0
        while not product.done():
            before = time.monotonic()
            assert ask(served.port, f"/select?level=L4-L5&date=2026-03-{1 + meanwhile % 28:02}").status == 200
            # ever new, so that no kept answer is given
            query = f"SELECT ?code {{ ?code a spine:ProcedureCode }} ORDER BY ?code LIMIT {meanwhile + 1}"
            assert ask(served.port, f"/sparql?query={quote(query)}").status == 200
            longest = max(longest, time.monotonic() - before)
            meanwhile += 1
            if not product.done() and time.monotonic() - begun < LIMIT:
                busy = {pid for pid, seconds in used.items() if seconds_used({pid}) - seconds > LIMIT / 5}
        reply = product.result()
    assert reply.status == 503
    assert json.loads(reply.body)["type"].endswith("#query-time")
    assert reply.headers["retry-after"]
    assert LIMIT <= time.monotonic() - begun < LIMIT + 2.0
    assert len(busy) == 1, "the query had a process of its own"
    assert not busy & served.query_processes(), "which is gone"
    assert meanwhile >= 3
    assert longest < LIMIT
    every = {served.pid} | workers | served.query_processes()
    before = seconds_used(every)
    time.sleep(0.5)
    assert seconds_used(every) - before < 0.2
    assert served.workers() == workers
