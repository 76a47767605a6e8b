"""The front end before stores of someone's own: real ones that are started here, and ones that fail in every way."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
import requests
from flask.testing import FlaskClient
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import Dataset, Literal, RdfFormat, Store, parse

from spinecode.catalogue import catalogue
from spinecode.errors import QueryError, SpinecodeError
from spinecode.knowledge import Knowledge
from spinecode.parameters import bindings_of
from spinecode.plain_query import names_dataset, plain_text, with_prefixes
from spinecode.remote import StoreRunner
from spinecode.runner import QueryRunner
from spinecode.sparql import GRAPH_FORMATS, TABLE_FORMATS, Answer, Limits, Question
from spinecode.store_client import PASSWORD_VARIABLE, USER_VARIABLE, address_from
from spinecode.store_version import Version, version_of
from spinecode.vocabulary import PREFIXES
from spinecode.web import create_app
from tests import hostile
from tests.stores import OXIGRAPH, VIRTUOSO, Fake, fake, free_port, oxigraph, says, version_answer, virtuoso
from tests.test_hostile_sparql import CASES
from tests.web.conftest import problem_of

GRAPH = "https://w3id.org/spinecode/graph/"
SELECT = "SELECT ?code ?label WHERE { ?c a spine:ProcedureCode ; skos:notation ?code ; skos:prefLabel ?label }"
ORDERED = f"{SELECT} ORDER BY ?code ?label"
EMPTY = b'{"head": {"vars": ["x"]}, "results": {"bindings": []}}'
#: What Virtuoso 7.2.5 cannot run or answers otherwise, each by a fault of its own: aggregates below a pattern and
#: nested NOT EXISTS are not compiled, an unbound variable is an empty text, xsd:boolean is a number.
NOT_ON_VIRTUOSO = {"candidates", "close", "code-graph", "explanation", "select", "units", "which-code"}

needs_oxigraph = pytest.mark.skipif(not OXIGRAPH.exists(), reason="the package oxigraph is not installed")
needs_virtuoso = pytest.mark.skipif(VIRTUOSO is None, reason="virtuoso-t (Debian virtuoso-opensource-7-bin) is missing")


def spinecode(*arguments: str, status: int = 0, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "spinecode", *arguments]
    result = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=120, env=os.environ | environment
    )
    assert result.returncode == status, result.stdout + result.stderr
    assert "Traceback" not in result.stderr
    return result


@contextmanager
def front(knowledge: Knowledge, url: str, **limits: float) -> Iterator[FlaskClient]:
    """The app before a store."""
    app = create_app(knowledge, store=url, **limits)
    try:
        yield app.test_client()
    finally:
        app.extensions["spinecode"].close()


@pytest.fixture(scope="module")
def version(knowledge: Knowledge) -> Version:
    return version_of(knowledge)


@pytest.fixture(scope="module")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with oxigraph(tmp_path_factory.mktemp("oxigraph")) as url:
        yield url


@pytest.fixture(scope="module")
def store(empty_store: str) -> str:
    """Oxigraph's server, given the graphs."""
    told = spinecode("push", empty_store, "--format", "json").stdout
    assert json.loads(told)["steps"][-1]["graph"] == f"{GRAPH}version"
    return empty_store


@pytest.fixture(scope="module")
def local(knowledge: Knowledge) -> Iterator[QueryRunner]:
    runner = QueryRunner(knowledge)
    yield runner
    runner.close()


@pytest.fixture(scope="module")
def remote(knowledge: Knowledge, store: str) -> Iterator[StoreRunner]:
    runner = StoreRunner(knowledge, address_from(store))
    yield runner
    runner.close()


def told_by(runner: QueryRunner, question: Question) -> object:
    """An answer so that two engines' can be compared: rows without order, graphs by their form."""
    answer = runner.answer(question)
    assert isinstance(answer, Answer)
    if answer.kind == "graph":
        found = Dataset(parse(answer.content, format=RdfFormat.N_TRIPLES))
        return sorted(str(quad.predicate) for quad in found)
    raw = json.loads(answer.content)
    if "boolean" in raw:
        return raw["boolean"]
    rows = [
        tuple((row[name]["type"], row[name]["value"]) if name in row else None for name in raw["head"]["vars"])
        for row in raw["results"]["bindings"]
    ]
    # the name of a blank node is each engine's own
    return sorted(repr([cell if cell is None or cell[0] != "bnode" else "_" for cell in row]) for row in rows)


# ---------------------------------------------------------------- real stores


@needs_oxigraph
@pytest.mark.parametrize("name", sorted(catalogue()))
def test_the_catalogue_gives_the_same_from_oxigraph(
    knowledge: Knowledge, local: QueryRunner, remote: StoreRunner, name: str
) -> None:
    query = catalogue()[name]
    given_all = {parameter.name: parameter.example for parameter in query.parameters}
    question = Question(query.text, "json", "ntriples", bindings_of(query, given_all, knowledge.index))
    assert told_by(remote, question) == told_by(local, question)


@needs_virtuoso
def test_the_catalogue_gives_the_same_from_virtuoso(
    knowledge: Knowledge, local: QueryRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another engine, with another layout, another login, and a default graph that is the union of all graphs."""
    with virtuoso(tmp_path) as url:
        login = {USER_VARIABLE: "dba", PASSWORD_VARIABLE: "dba"}
        own = f"{GRAPH}default"
        assert "asks for a user" in spinecode("push", url, "--default-graph", own, status=2).stderr
        wrong = spinecode("push", url, "--default-graph", own, status=2, **login | {PASSWORD_VARIABLE: "secret"})
        assert "refuses what it was asked with" in wrong.stderr
        assert "secret" not in wrong.stderr
        for _ in range(2):
            spinecode("push", url, "--default-graph", own, **login)
        monkeypatch.setenv("SPINECODE_STORE_DEFAULT_GRAPH", own)
        runner = StoreRunner(knowledge, address_from(url), Limits(seconds=30))
        runner.check()
        try:
            different = set()
            for query in catalogue().values():
                needed = {p.name: p.example for p in query.parameters if p.needed}
                question = Question(query.text, "json", "ntriples", bindings_of(query, needed, knowledge.index))
                try:
                    if told_by(runner, question) != told_by(local, question):
                        different.add(query.name)
                except SpinecodeError:
                    different.add(query.name)
            assert different <= NOT_ON_VIRTUOSO
            assert len(different) < len(catalogue()) / 4
            for text in ("ASK {}", "ASK { ?s a <urn:nothing> }", f"SELECT * FROM <{GRAPH}shapes> {{ ?s a ?t }}"):
                assert told_by(runner, Question(text)) == told_by(local, Question(text)), text
        finally:
            runner.close()


@needs_oxigraph
@pytest.mark.parametrize("form", TABLE_FORMATS)
def test_tables_are_the_same_in_every_format(local: QueryRunner, remote: StoreRunner, form: str) -> None:
    for query in (ORDERED, "ASK { ?s ?p ?o }", "ASK { ?s ?p <urn:nothing> }"):
        question = Question(query, form)
        assert remote.answer(question) == local.answer(question)


@needs_oxigraph
@pytest.mark.parametrize("form", GRAPH_FORMATS)
def test_graphs_are_the_same_in_every_format(local: QueryRunner, remote: StoreRunner, form: str) -> None:
    question = Question("CONSTRUCT { ?a spine:replacedBy ?b } WHERE { ?a spine:replacedBy ?b }", graph_format=form)
    found = [
        Dataset(parse(runner.evaluate(*_parts(question)).content, format=GRAPH_FORMATS[form]))
        for runner in (local, remote)
    ]
    assert found[0] == found[1]
    assert len(found[0]) > 5


def _parts(question: Question) -> tuple[str, str, str]:
    return question.query, question.table_format, question.graph_format


@needs_oxigraph
def test_the_dataset_is_the_same(local: QueryRunner, remote: StoreRunner) -> None:
    shapes, closure = f"{GRAPH}shapes", f"{GRAPH}closure"
    count = "SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }"
    for question in (
        Question(count),
        Question(f"SELECT (COUNT(*) AS ?n) FROM <{shapes}> WHERE {{ ?s ?p ?o }}"),
        Question(f"BASE <{GRAPH}> SELECT (COUNT(*) AS ?n) FROM NAMED <shapes> WHERE {{ GRAPH ?g {{ ?s ?p ?o }} }}"),
        Question(count, default_graphs=(shapes,)),
        Question(count, default_graphs=(shapes, closure), named_graphs=(shapes,)),
        Question(count, named_graphs=(shapes,)),
        Question(count, default_graphs=("https://example.org/unknown",)),
        Question("SELECT ?g (COUNT(*) AS ?n) { GRAPH ?g { ?s ?p ?o } } GROUP BY ?g", named_graphs=(shapes, closure)),
    ):
        assert told_by(remote, question) == told_by(local, question), question
    with pytest.raises(QueryError, match="names no graph"):
        remote.answer(Question("ASK FROM <https://example.org/unknown> {}"))


@needs_oxigraph
def test_graphs_of_its_own_can_be_asked_too(remote: StoreRunner, store: str) -> None:
    theirs = store.replace("/query", "/store")
    content = "<urn:a> <urn:b> 'theirs' ."
    requests.put(
        theirs, params={"graph": "urn:theirs"}, data=content, headers={"Content-Type": "text/turtle"}, timeout=9
    )
    for question in (
        Question("SELECT ?o FROM <urn:theirs> { ?s ?p ?o }"),
        Question("SELECT ?o { ?s ?p ?o }", default_graphs=("urn:theirs",)),
        Question("SELECT ?o { GRAPH <urn:theirs> { ?s ?p ?o } }"),
    ):
        assert "theirs" in str(told_by(remote, question))
    requests.delete(theirs, params={"graph": "urn:theirs"}, timeout=9)


@needs_oxigraph
def test_values_are_put_in_as_terms(local: QueryRunner, remote: StoreRunner) -> None:
    for text in ('"', "' } #", "\\", "\n", "}} SERVICE <urn:x> {", "62323"):
        question = Question("SELECT ?n ?x { VALUES ?n { 1 } BIND(?v AS ?x) }", bindings={"v": Literal(text)})
        assert told_by(remote, question) == told_by(local, question)
        column = Question("SELECT ?v ?n { VALUES ?n { 1 } }", bindings={"v": Literal(text)})
        assert told_by(remote, column) == [repr([("literal", text), _one(remote)])]


def _one(runner: QueryRunner) -> tuple[str, str]:
    answer = runner.evaluate("SELECT ?n { VALUES ?n { 1 } }")
    cell = json.loads(answer.content)["results"]["bindings"][0]["n"]
    return cell["type"], cell["value"]


@needs_oxigraph
def test_limits_hold(knowledge: Knowledge, tmp_path: Path) -> None:
    # a store of its own, since it goes on with what takes too long until it is ended
    limits = {"row_limit": 10, "result_limit": 3000, "query_time_limit": 1.0}
    with oxigraph(tmp_path) as store, front(knowledge, store, **limits) as client:
        spinecode("push", store)
        for limit, status in ((10, 200), (11, 400)):
            query = f"SELECT ?s {{ ?s ?p ?o }} LIMIT {limit}"
            assert client.get("/sparql", query_string={"query": query}).status_code == status
        query = "CONSTRUCT { ?s ?p ?o } WHERE { ?s ?p ?o }"
        assert "3000 bytes" in problem_of(client.get("/sparql", query_string={"query": query}), 400)["detail"]
        begun = time.monotonic()
        product = "SELECT (COUNT(*) AS ?n) { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }"
        told = problem_of(client.get("/sparql", query_string={"query": product}), 504)
        assert told["type"].endswith("#store-time")
        assert time.monotonic() - begun < 5
        assert client.get("/sparql", query_string={"query": "ASK {}"}).status_code == 200


@needs_oxigraph
def test_answers_are_not_kept(knowledge: Knowledge, store: str) -> None:
    """What a store holds may be changed by others."""
    with front(knowledge, store) as client:
        for address in (
            "/sparql?query=ASK%20%7B%7D",
            "/sparql?query=ASK%20%7B%7D&format=xml",
            "/queries/units/results",
        ):
            response = client.get(address)
            assert (response.status_code, response.headers["Cache-Control"]) == (200, "no-store")


# ---------------------------------------------------------------- pushing


def counted(url: str) -> dict[str, int]:
    query = "SELECT ?g (COUNT(*) AS ?n) { { GRAPH ?g { ?s ?p ?o } } UNION { ?s ?p ?o BIND('' AS ?g) } } GROUP BY ?g"
    answer = requests.post(url, data={"query": query}, headers={"Accept": "application/sparql-results+json"}, timeout=9)
    return {row["g"]["value"]: int(row["n"]["value"]) for row in answer.json()["results"]["bindings"]}


@needs_oxigraph
def test_a_push_can_be_repeated(tmp_path: Path, knowledge: Knowledge) -> None:
    data = tmp_path / "own.trig"
    data.write_text("<urn:a> <urn:b> 1 . <urn:elsewhere> { <urn:c> <urn:d> 2 . }")
    with oxigraph(tmp_path) as url:
        theirs = "INSERT DATA { GRAPH <urn:theirs> { <urn:x> <urn:y> <urn:z> } }"
        assert requests.post(url.replace("query", "update"), data={"update": theirs}, timeout=9).ok
        first = spinecode("push", url).stdout
        before = counted(url)
        assert spinecode("push", url).stdout == first
        assert counted(url) == before
        assert before["urn:theirs"] == 1
        # by updates in the place of the other protocol, to the same effect
        spinecode("push", url, "--update", url.replace("query", "update"))
        assert counted(url) == before
        told = spinecode("push", url, "--data", str(data)).stdout
        assert "urn:elsewhere" in told
        assert counted(url)["urn:elsewhere"] == counted(url)[f"{GRAPH}data/own.trig"] == 1
        assert counted(url)[""] == before[""] + 2
        # what was pushed once and is no more is gone, and nothing else
        told = spinecode("push", url).stdout
        assert told.count("deleted") == 2
        assert counted(url) == before
        runner = StoreRunner(knowledge, address_from(url))
        runner.check()


@needs_oxigraph
def test_a_push_that_does_not_end_shows_and_can_be_mended(tmp_path: Path, knowledge: Knowledge) -> None:
    with oxigraph(tmp_path) as url, fake() as broken, front(knowledge, url) as client:
        puts = 0

        def pass_on(handler: BaseHTTPRequestHandler) -> None:
            nonlocal puts
            puts += 1
            if puts > 6:
                says(507, b"the disk is full", "text/plain")(handler)
                return
            path = handler.path.replace("/query", "/store")
            kind = {"Content-Type": "text/turtle"}
            data = broken.asked[-1].encode()
            passed = requests.request(handler.command, url.replace("/query", path), data=data, headers=kind, timeout=9)
            says(passed.status_code)(handler)

        broken.answer = pass_on
        told = spinecode("push", url, "--graph-store", broken.url.replace("query", "store"), status=2).stderr
        assert "507" in told
        assert "the disk is full" in told
        told = problem_of(client.get("/readyz"), 503)
        assert told["type"].endswith("#store-version")
        assert "did not end" in told["detail"]
        assert problem_of(client.get("/sparql?query=ASK%7B%7D"), 503)["type"].endswith("#store-version")
        spinecode("push", url)
        time.sleep(1.1)
        assert client.get("/readyz").status_code == 200
        assert client.get("/sparql?query=ASK%7B%7D").status_code == 200


@needs_oxigraph
def test_a_default_graph_of_others_is_left_alone(tmp_path: Path, knowledge: Knowledge, local: QueryRunner) -> None:
    with oxigraph(tmp_path) as url:
        theirs = "INSERT DATA { <urn:x> <urn:y> <urn:z> }"
        assert requests.post(url.replace("query", "update"), data={"update": theirs}, timeout=9).ok
        assert "--default-graph" in spinecode("push", url, status=2).stderr
        assert counted(url) == {"": 1}
        own = "urn:ours"
        spinecode("push", url, "--default-graph", own)
        assert counted(url)[""] == 1
        runner = StoreRunner(knowledge, address_from(url, default_graph=own))
        try:
            for query in (
                SELECT,
                f"ASK {{ GRAPH <{GRAPH}shapes> {{ ?s ?p ?o }} }}",
                "ASK { <urn:x> ?p ?o }",
                f"SELECT (COUNT(*) AS ?n) FROM <{GRAPH}shapes> {{ ?s ?p ?o }}",
            ):
                assert told_by(runner, Question(query)) == told_by(local, Question(query))
        finally:
            runner.close()
        spinecode("push", url, "--replace")
        assert counted(url)[""] > 5000
        assert own not in counted(url)


@needs_oxigraph
def test_pushes_that_cannot_be(tmp_path: Path, version: Version) -> None:
    told = spinecode("push", f"http://127.0.0.1:{free_port()}", status=2).stderr
    assert "cannot be reached: the connection was refused" in told
    assert len(told.splitlines()) == 1
    kept = ("--location", str(tmp_path / "data"))
    with oxigraph(tmp_path, "serve", *kept):
        pass
    with oxigraph(tmp_path, "serve-read-only", *kept) as url:
        told = spinecode("push", url, status=2).stderr
        assert "refuses what it was asked with" in told or "does not take PUT" in told or "asks for a user" in told
    with fake(version) as store:
        store.answer = says(200, EMPTY)
        for status, words in ((404, "nothing at this path"), (405, "does not take PUT"), (413, "413"), (403, "403")):
            put = says(status, kind="text/html")

            def answer(handler: BaseHTTPRequestHandler, put: Any = put) -> None:
                (put if handler.command == "PUT" else says(200, EMPTY))(handler)

            store.answer = answer
            assert words in spinecode("push", store.url, status=2).stderr

        def slow(handler: BaseHTTPRequestHandler) -> None:
            time.sleep(2)

        store.answer = slow
        assert "in time" in spinecode("push", store.url, "--timeout", "0.5", status=2).stderr
    assert "--graph-store" in spinecode("push", "http://127.0.0.1:9/a/b/c", status=2).stderr
    told = spinecode("push", "ftp://user:secret@127.0.0.1/", status=2).stderr
    assert "is a URL" in told
    assert "secret" not in told


# ---------------------------------------------------------------- stores that fail


def failing(knowledge: Knowledge, store: Fake) -> Any:
    return front(knowledge, store.url, query_time_limit=1.5)


@pytest.fixture(scope="module")
def faulty(knowledge: Knowledge, version: Version) -> Iterator[tuple[Fake, FlaskClient]]:
    with fake(version) as store, failing(knowledge, store) as client:
        yield store, client


@pytest.mark.parametrize(
    ("answer", "status", "kind", "words"),
    [
        (says(500, b"<html>Oh no</html>", "text/html"), 502, "store", "status 500"),
        (says(500, b"out of <memory>\x00\nreally", "text/plain"), 502, "store", "out of <memory>"),
        (says(200, b"<html>Welcome</html>", "text/html"), 502, "store", "text/html"),
        (says(200, b"", ""), 502, "store", "Content-Type"),
        (says(200, b'{"head": {"vars": ["x"]}, "results": {"bindings": [{"x": '), 502, "store", "cannot be read"),
        (says(200, b"nonsense"), 502, "store", "cannot be read"),
        (says(200, b'{"head": {"vars": ["x"]}, "results": {"bindings": [{"x": {"type": "uri", "value": "no iri"}}]}}'),
         502, "store", "cannot be read"),
        (says(302, Location="http://127.0.0.1:9/"), 502, "store", "points elsewhere"),
        (says(401, WWW_Authenticate="Basic realm=x"), 502, "store", "asks for a user"),
        (says(404, b"none", "text/plain"), 502, "store", "nothing at this path"),
        (says(400, b"I know no BIND", "text/plain"), 400, "query", "I know no BIND"),
        (says(429), 503, "busy", "429"),
        (says(503), 503, "busy", "503"),
        (says(504), 504, "store-time", "504"),
        (lambda handler: time.sleep(3), 504, "store-time", "in time"),
        (lambda handler: handler.connection.shutdown(socket.SHUT_RDWR), 502, "store", "ended the connection"),
        (lambda handler: handler.wfile.write(b"SSH-2.0-OpenSSH\r\n"), 502, "store", ""),
    ],
)  # fmt: skip
def test_what_a_store_does_wrong_is_told(
    faulty: tuple[Fake, FlaskClient], answer: Any, status: int, kind: str, words: str
) -> None:
    store, client = faulty
    store.answer = answer
    told = problem_of(client.get("/sparql", query_string={"query": "SELECT ?x { ?x ?y ?z }"}), status)
    assert told["type"].endswith(f"#{kind}")
    assert words in told["detail"]
    assert store.url not in json.dumps(told)
    store.answer = says(200, EMPTY)
    assert client.get("/sparql", query_string={"query": "SELECT ?x { ?x ?y ?z }"}).status_code == 200


def test_a_store_that_never_ends_is_left(knowledge: Knowledge, version: Version) -> None:
    def drip(part: bytes, head: bytes) -> Any:
        def answer(handler: BaseHTTPRequestHandler) -> None:
            handler.wfile.write(head)
            for _ in range(100):
                handler.wfile.write(part)
                handler.wfile.flush()
                time.sleep(0.1)

        return answer

    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/sparql-results+json\r\n"
    with fake(version) as store, failing(knowledge, store) as client:
        for answer in (drip(b" ", head + b"Content-Length: 99999\r\n\r\n"), drip(b"X-Y: z\r\n", head)):
            store.answer = answer
            begun = time.monotonic()
            problem_of(client.get("/sparql", query_string={"query": "ASK {}"}), 504)
            # which would go on for ten seconds
            assert time.monotonic() - begun < 8


def test_a_store_that_is_down_leaves_the_rest(knowledge: Knowledge) -> None:
    with front(knowledge, f"http://user:secret@127.0.0.1:{free_port()}/query") as client:
        for response, status in (
            (client.get("/readyz"), 503),
            (client.get("/sparql?query=ASK%7B%7D"), 502),
            (client.get("/queries/units/results"), 502),
        ):
            told = problem_of(response, status)
            assert told["type"].endswith("#store")
            assert "cannot be reached: the connection was refused" in told["detail"]
            assert "secret" not in json.dumps(told)
        for address in ("/healthz", "/", "/sparql", "/codes", "/queries", "/select?approach=interlaminar", "/ontology"):
            assert client.get(address).status_code == 200, address
        page = client.get("/sparql?query=ASK%7B%7D", headers={"Accept": "text/html"})
        assert page.status_code == 502
        assert "connection was refused" in page.get_data(as_text=True)


@pytest.mark.parametrize(
    ("held", "words"),
    [
        (Version("0.0.1", "x" * 64), "holds version 0.0.1"),
        (Version("0.1.0", "y" * 64), "other files"),
        (None, "does not hold the ontology"),
    ],
)
def test_another_version_is_told(knowledge: Knowledge, held: Version | None, words: str) -> None:
    with fake() as store, failing(knowledge, store) as client:
        store.answer = says(200, version_answer(held) if held else EMPTY)
        for address in ("/readyz", "/sparql?query=ASK%7B%7D"):
            told = problem_of(client.get(address), 503)
            assert told["type"].endswith("#store-version")
            assert words in told["detail"]
        assert client.get("/codes").status_code == 200


def test_a_store_filled_by_other_means_is_taken_by_its_header(knowledge: Knowledge, version: Version) -> None:
    header = (
        '{"head": {"vars": ["s", "p", "o"]}, "results": {"bindings": [{"s": {"type": "uri", "value": "urn:x"}, '
        '"p": {"type": "uri", "value": "http://www.w3.org/2002/07/owl#versionInfo"}, '
        f'"o": {{"type": "literal", "value": "{version.release}"}}}}]}}}}'
    )
    with fake() as store, failing(knowledge, store) as client:
        store.answer = says(200, header.encode())
        assert client.get("/readyz").status_code == 200


def test_the_user_and_password_are_told_to_who_asks(knowledge: Knowledge, version: Version) -> None:
    def locked(handler: BaseHTTPRequestHandler) -> None:
        known = handler.headers.get("Authorization")
        says(200, EMPTY)(handler) if known else says(401, WWW_Authenticate="Basic realm=x")(handler)

    with fake(version) as store:
        url = store.url.replace("http://", "http://m%40e:p%3Aw@")
        assert "p:w" not in repr(address_from(url))
        with front(knowledge, url) as client:
            store.answer = locked
            assert client.get("/sparql?query=SELECT%20*%20%7B%7D").status_code == 200
    assert store.authorizations[0] is None
    assert store.authorizations[-1] == "Basic bUBlOnA6dw=="


def test_a_certificate_or_none_is_looked_at(knowledge: Knowledge, version: Version) -> None:
    with fake(version) as store, front(knowledge, store.url.replace("http:", "https:")) as client:
        assert "TLS" in problem_of(client.get("/sparql?query=ASK%7B%7D"), 502)["detail"]
        assert store.asked == []


def test_nothing_refused_is_sent(knowledge: Knowledge, version: Version) -> None:
    """What may not be asked here is not asked there, and nothing that is sent names another server or graph."""
    with fake(version) as store, fake() as listener:
        store.answer = says(200, EMPTY)
        port = int(listener.url.split(":")[2].split("/")[0])
        runner = StoreRunner(knowledge, address_from(store.url), Limits(seconds=4))
        queries = CASES["refused"] | hostile.refused_queries(port)
        queries |= {f"{name}, with the word": f"{query} # service" for name, query in queries.items()}
        try:
            for name, query in queries.items():
                with pytest.raises(SpinecodeError):
                    pytest.fail(f"{name}: {runner.answer(Question(query.replace('PORT', str(port))))}")
        finally:
            runner.close()
        # whether it has a graph that FROM names is asked
        asked = [text for text in store.asked if not text.startswith("query=SELECT+%3Fs+WHERE+%7B+GRAPH+%3C")]
        assert asked == []
        assert listener.asked == []


@needs_oxigraph
def test_what_only_looks_bad_is_answered(local: QueryRunner, remote: StoreRunner) -> None:
    for name, query in CASES["harmless"].items():
        question = Question(query.replace("PORT", "9"))
        assert remote.answer(question).kind == local.answer(question).kind, name


# ---------------------------------------------------------------- the text that is sent


@given(st.text(st.sampled_from("ab\\\"'\n\r\t#<>{}é\U0001f600 u0"), max_size=12), st.randoms())
@settings(max_examples=200, deadline=None)
def test_a_plain_text_means_the_same(text: str, random: Any) -> None:
    def escaped(character: str) -> str:
        way = random.choice("suUU") if character.isascii() else random.choice("uU")
        if way == "s":
            return {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(character, character)
        number = ord(character)
        return f"\\u{number:04X}" if way == "u" and number < 0x10000 else f"\\U{number:08x}"

    query = 'SELECT ?x # \\u0022 "\r' + '{ BIND("' + "".join(map(escaped, text)) + '" AS ?x) } # service'
    plain = plain_text(query)
    assert "#" not in plain.replace(text, "") or "#" in text
    assert not any(mark in plain.replace("\\\\", "") for mark in ("\\u", "\\U"))
    rows = [next(iter(Store().query(one)))["x"] for one in (query, plain)]  # type: ignore[arg-type, call-overload]
    assert rows == [Literal(text), Literal(text)]


@pytest.mark.parametrize("query", ["ASK { \\u0053ERVICE <urn:x> {} }", "ASK { ?s \\u003f ?o }"])
def test_an_escape_out_of_place_is_refused(query: str) -> None:
    with pytest.raises(QueryError, match="escape"):
        plain_text(query)


def test_prefixes_that_are_used_are_declared() -> None:
    assert with_prefixes("ASK { ?s skos:notation ?o }", PREFIXES).count("PREFIX") == 1
    assert with_prefixes('ASK { ?s ?p "skos:notation" , <skos:x> }', PREFIXES).count("PREFIX") == 0
    own = "PREFIX skos: <urn:own:> ASK { ?s skos:notation ?o }"
    assert with_prefixes(own, PREFIXES) == own


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("ASK FROM <urn:x> {}", True),
        ("ASK from named x:y {}", True),
        ("ASK FROM<urn:x>{}", True),
        ("ASK { ?from ?p 'FROM <urn:x>' }", False),
        ("ASK { ?s x:from <urn:x> ; from:x ?y }", False),
    ],
)
def test_a_dataset_clause_is_seen(query: str, names: bool) -> None:
    assert names_dataset(query) is names


# ---------------------------------------------------------------- the command


@needs_oxigraph
def test_serve_before_a_store(store: str) -> None:
    with served("--store", store, "--workers", "2") as (address, errors):
        assert requests.get(f"{address}readyz", timeout=9).status_code == 200
        answer = requests.get(f"{address}sparql", params={"query": SELECT}, timeout=9)
        assert len(answer.json()["results"]["bindings"]) > 30
    assert errors() == ""


def test_serve_starts_though_the_store_is_down(tmp_path: Path) -> None:
    url = f"http://127.0.0.1:{free_port()}/query"
    with served("--store", url.replace("//", "//me:secret@")) as (address, errors):
        told = requests.get(f"{address}sparql", params={"query": "ASK {}"}, timeout=9)
        assert told.status_code == 502
        assert requests.get(f"{address}codes", timeout=9).ok
    told_early = errors()
    assert url in told_early
    assert "connection was refused" in told_early
    assert "secret" not in told_early
    assert len(told_early.splitlines()) == 1


@contextmanager
def served(*arguments: str) -> Iterator[tuple[str, Any]]:
    command = [sys.executable, "-m", "spinecode", "serve", "--port", "0", "--format", "json", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stderr is not None
    said: list[str] = []
    try:
        yield json.loads(process.stdout.readline())["url"], lambda: said[0]
    finally:
        process.send_signal(signal.SIGINT)
        said.append(process.communicate(timeout=20)[1])
