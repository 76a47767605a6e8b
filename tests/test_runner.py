"""Queries in a child process: answers, refusals, and an end when they take too long."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest

from spinecode.errors import BusyError, QueryError, QueryTimeoutError
from spinecode.knowledge import load
from spinecode.query_process import QueryProcess
from spinecode.runner import QueryRunner
from spinecode.sparql import Limits

PRODUCT = "SELECT (COUNT(*) AS ?n) WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"


@pytest.fixture(scope="module")
def runner() -> Iterator[QueryRunner]:
    started = QueryRunner(load(), Limits(seconds=3.0, bytes=100_000), processes=1)
    yield started
    started.close()


def running(runner: QueryRunner) -> QueryProcess:
    """The process that answered last."""
    process = runner._idle.queue[-1]
    assert process is not None
    return process


def test_it_answers_and_keeps_its_process(runner: QueryRunner) -> None:
    answer = runner.evaluate("SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }")
    assert (answer.kind, answer.format) == ("table", "json")
    assert int(json.loads(answer.content)["results"]["bindings"][0]["n"]["value"]) > 5000
    process = running(runner)
    assert runner.evaluate("ASK {}", "xml").content.startswith(b"<?xml")
    assert runner.evaluate("CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o } LIMIT 1").kind == "graph"
    assert running(runner).pid == process.pid


def test_a_product_of_the_graph_with_itself_ends_on_time_and_frees_its_processor(runner: QueryRunner) -> None:
    runner.evaluate("ASK {}")
    process = running(runner)
    with pytest.raises(QueryTimeoutError, match="longer than 3 seconds"):
        runner.evaluate(PRODUCT)
    assert not process.running
    assert runner.evaluate("ASK {}").content


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("SELECT * WHERE {\n ?s ?p }", "line 2, column"),
        ("SELECT * WHERE { ?s foo:bar ?o }", "prefix is not declared at line 1"),
        ("SELECT * WHERE { ?s ?p ?o }", "larger than 100000 bytes"),
        ("SELECT * WHERE { SERVICE <http://127.0.0.1:9/> { ?s ?p ?o } }", "SERVICE is not allowed"),
        ("ASK { { SELECT * WHERE { SERVICE SILENT ?x { ?s ?p ?o } } } }", "SERVICE is not allowed"),
        ("SELECT * WHERE { ?s ?p ?o FILTER(?s<?o)service#>\n<http://127.0.0.1:9/>{} }", "SERVICE is not allowed"),
        ("SELECT * FROM <http://127.0.0.1:9/> WHERE { ?s ?p ?o }", "names no graph of this dataset"),
        ("SELECT * from named<urn:g> { ?s ?p ?o }", "names no graph of this dataset"),
        ("SELECT * WHERE { service", "cannot be read at line 1"),
        ("INSERT DATA { <urn:a> <urn:b> <urn:c> }", "cannot be read"),
        ("ASK {} #" + "x" * 70_000, "at most 65536"),
        ("ASK {} ORDER BY " + "(" * 20_000, "nested more than 100"),
        ("SELECT * WHERE { ?s " + "(" * 20_000, "nested"),
    ],
)
def test_what_is_refused(runner: QueryRunner, query: str, words: str) -> None:
    with pytest.raises(QueryError, match=words) as caught:
        runner.evaluate(query)
    assert len(str(caught.value)) < 400


def test_the_words_may_be_spoken(runner: QueryRunner) -> None:
    query = (
        'PREFIX service: <urn:service:> SELECT ("a SERVICE FROM <urn:x>" AS ?service) WHERE { } # SERVICE FROM <urn:x>'
    )
    assert b"a SERVICE FROM" in runner.evaluate(query).content
    answer = runner.evaluate("SELECT ?from WHERE { ?from spine:validFrom ?day . FILTER (?from != <urn:x>) } LIMIT 1")
    assert b"bindings" in answer.content


def test_a_query_that_wants_all_memory_is_ended(runner: QueryRunner) -> None:
    grow = " ".join(f"BIND(CONCAT({', '.join([f'?v{n}'] * 8)}) AS ?v{n + 1})" for n in range(12))
    with pytest.raises((QueryError, QueryTimeoutError)):
        runner.evaluate(f'SELECT (STRLEN(?v12) AS ?n) WHERE {{ BIND("0123456789" AS ?v0) {grow} }}')
    assert runner.evaluate("ASK {}").content


def test_a_query_does_not_wait_forever_for_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spinecode.runner.PATIENCE", -2.9)
    slow = QueryRunner(load(), Limits(seconds=3.0), processes=1)
    slow.evaluate("ASK {}")
    faults: list[type[Exception]] = []

    def run() -> None:
        try:
            slow.evaluate(PRODUCT)
        except QueryTimeoutError as error:
            faults.append(type(error))

    thread = threading.Thread(target=run)
    thread.start()
    time.sleep(0.5)
    with pytest.raises(BusyError):
        slow.evaluate("ASK {}")
    thread.join()
    slow.close()
    assert faults == [QueryTimeoutError]


def test_a_process_that_cannot_start_is_not_the_fault_of_the_query() -> None:
    tight = QueryRunner(load(), Limits(seconds=3.0), memory=16 << 20)
    with pytest.raises(BusyError, match="could not be started"):
        tight.evaluate("SELECT * { ?s ?p ?o FILTER (isIRI(?s)) } LIMIT 1")
    tight.close()


def test_it_starts_from_a_script_that_guards_nothing() -> None:
    script = "from spinecode.knowledge import load\nfrom spinecode.runner import QueryRunner\n"
    script += "runner = QueryRunner(load())\nprint(runner.evaluate('ASK {}').content.decode())\nrunner.close()"
    result = subprocess.run(
        [sys.executable, "-"], input=script, capture_output=True, text=True, check=False, timeout=60
    )
    assert "true" in result.stdout, result.stderr
