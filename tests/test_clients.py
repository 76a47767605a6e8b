"""The SPARQL endpoint as the clients that people have meet it, over a real server."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pandas as pd
import pytest
import rdflib
from rdflib.plugins.stores.sparqlstore import SPARQLStore
from SPARQLWrapper import CSV, JSON, POST, POSTDIRECTLY, RDFXML, TSV, TURTLE, XML, SPARQLWrapper

SELECT = "SELECT ?code WHERE { ?c a spine:ProcedureCode ; skos:notation ?code } ORDER BY ?code"
GRAPH = "CONSTRUCT { ?a spine:replacedBy ?b } WHERE { ?a spine:replacedBy ?b }"
SHAPES = "https://w3id.org/spinecode/graph/shapes"
#: The shapes that are in a graph of their own, asked for by FROM and by GRAPH.
FROM = f"SELECT DISTINCT ?s FROM <{SHAPES}> WHERE {{ ?s a sh:NodeShape FILTER isIRI(?s) }}"
NAMED = f"SELECT DISTINCT ?s WHERE {{ GRAPH <{SHAPES}> {{ ?s a sh:NodeShape FILTER isIRI(?s) }} }}"
CLIENTS = Path(__file__).parent / "clients"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A served site with a file of one's own beside the ontology."""
    data = tmp_path_factory.mktemp("data") / "own.nq"
    data.write_text('<urn:mine> <urn:says> "own data" <urn:graph> .\n')
    command = [sys.executable, "-m", "spinecode", "serve", "--port", "0", "--format", "json", "--data", str(data)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    line = process.stdout.readline()
    yield line.split('"')[3].rstrip("/")
    process.terminate()
    process.wait(20)
    process.stdout.close()


@pytest.mark.parametrize("method", ["GET", POST])
@pytest.mark.parametrize("form", [JSON, XML, CSV, TSV])
def test_sparqlwrapper_asks_for_tables(server: str, method: str, form: str) -> None:
    wrapper = SPARQLWrapper(f"{server}/sparql")
    wrapper.setQuery(SELECT)
    wrapper.setMethod(method)
    wrapper.setReturnFormat(form)
    answer = wrapper.query().response.read()
    assert b"62323" in answer


@pytest.mark.parametrize("form", [TURTLE, RDFXML])
def test_sparqlwrapper_asks_for_graphs(server: str, form: str) -> None:
    wrapper = SPARQLWrapper(f"{server}/sparql")
    wrapper.setQuery(GRAPH)
    wrapper.setReturnFormat(form)
    assert b"62311" in wrapper.query().response.read()


def test_sparqlwrapper_posts_the_query_itself(server: str) -> None:
    wrapper = SPARQLWrapper(f"{server}/sparql", returnFormat=JSON)
    wrapper.setQuery(SELECT)
    wrapper.setMethod(POST)
    wrapper.setRequestMethod(POSTDIRECTLY)
    assert len(wrapper.queryAndConvert()["results"]["bindings"]) >= 19


def test_rdflib_asks_through_its_store(server: str) -> None:
    graph = rdflib.Graph(SPARQLStore(f"{server}/sparql"))
    rows = list(
        graph.query(
            "SELECT ?b WHERE { <https://w3id.org/spinecode/cpt/62311> <https://w3id.org/spinecode/replacedBy> ?b }"
        )
    )
    assert len(rows) == 2


@pytest.mark.parametrize("method", ["GET", POST])
@pytest.mark.parametrize("query", [FROM, NAMED])
def test_sparqlwrapper_asks_of_named_graphs(server: str, method: str, query: str) -> None:
    wrapper = SPARQLWrapper(f"{server}/sparql", returnFormat=JSON)
    wrapper.setQuery(query)
    wrapper.setMethod(method)
    assert len(wrapper.queryAndConvert()["results"]["bindings"]) > 2
    whole = SPARQLWrapper(f"{server}/sparql", returnFormat=JSON, defaultGraph=SHAPES)
    whole.setQuery("ASK { ?s a spine:ProcedureCode }")
    whole.setMethod(method)
    assert whole.queryAndConvert()["boolean"] is False


@pytest.mark.parametrize("method", ["GET", "POST", "POST_FORM"])
def test_rdflib_asks_through_its_store_in_every_way(server: str, method: str) -> None:
    graph = rdflib.Graph(SPARQLStore(f"{server}/sparql", method=method))
    assert len(list(graph.query(SELECT))) >= 19
    made = graph.query(GRAPH).graph
    assert made is not None
    assert len(made) > 5
    assert len(list(graph.query(FROM))) == len(list(graph.query(NAMED))) > 2
    assert bool(graph.query("ASK { ?s a spine:ProcedureCode }")) is True
    own = rdflib.Graph(SPARQLStore(f"{server}/sparql", method=method, context_aware=True), identifier="urn:graph")
    assert len(list(own.query("SELECT * { ?s ?p ?o }"))) == 1


def curl(*arguments: str) -> tuple[int, str, str]:
    """Status, media type and content of an answer."""
    command = [
        "curl",
        "--silent",
        "--show-error",
        "--noproxy",
        "*",
        "-w",
        "\\n%{http_code} %{content_type}",
        *arguments,
    ]
    text = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    content, _, last = text.rpartition("\n")
    status, _, kind = last.partition(" ")
    return int(status), kind, content


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl_asks_in_every_way(server: str) -> None:
    url = f"{server}/sparql"
    ways = (
        lambda query: ("--get", "--data-urlencode", f"query={query}"),
        lambda query: ("--data-urlencode", f"query={query}"),
        lambda query: ("-H", "Content-Type: application/sparql-query", "--data-binary", query),
    )
    for way in ways:
        status, kind, content = curl(url, "-H", "Accept: text/csv", *way(SELECT))
        assert (status, kind.partition(";")[0]) == (200, "text/csv")
        assert "62323" in content
        status, kind, content = curl(url, "-H", "Accept: application/n-triples", *way(GRAPH))
        assert (status, kind.partition(";")[0]) == (200, "application/n-triples")
        assert content.count("replacedBy") > 5
        for query in (FROM, NAMED):
            status, _, content = curl(url, *way(query))
            assert status == 200
            assert len(json.loads(content)["results"]["bindings"]) > 2
        status, kind, _ = curl(url, *way("SELECT"))
        assert (status, kind) == (400, "application/problem+json")
    graphs = ("--data-urlencode", f"default-graph-uri={SHAPES}")
    status, _, content = curl(url, "--data-urlencode", "query=ASK { ?s a spine:ProcedureCode }", *graphs)
    assert (status, json.loads(content)["boolean"]) == (200, False)
    status, kind, content = curl(url, "--compressed", "-H", "Accept: text/turtle")
    assert (status, "sd:Service" in content) == (200, True)


def test_pandas_reads_csv(server: str) -> None:
    url = f"{server}/sparql"
    query = (
        "SELECT ?code ?label ?from { ?c a spine:ProcedureCode ; skos:notation ?code ; skos:prefLabel ?label "
        "OPTIONAL { ?c spine:validFrom ?from } }"
    )
    table = pd.read_csv(f"{url}?{urlencode({'query': query, 'format': 'csv'})}", dtype={"code": str})
    assert list(table.columns) == ["code", "label", "from"]
    assert "62323" in set(table["code"])
    shapes = pd.read_csv(f"{url}?{urlencode({'query': FROM})}", storage_options={"Accept": "text/csv"})
    assert len(shapes) > 2
    tabs = pd.read_csv(f"{url}?{urlencode({'query': SELECT, 'format': 'tsv'})}", sep="\t", dtype=str)
    assert "62323" in set(tabs["?code"])
    results = pd.read_csv(f"{server}/queries/units/results?format=csv", dtype=str)
    assert "62323" in set(results["code"])


def lacking() -> str | None:
    """What Comunica lacks here."""
    if shutil.which("node") is None:
        return "node is not installed"
    if not (CLIENTS / "node_modules" / "@comunica" / "query-sparql").is_dir():
        return "Comunica is not installed; npm ci --prefix tests/clients installs it"
    return None


def comunica(server: str, *queries: str) -> Any:
    command = ["node", str(CLIENTS / "comunica.mjs"), f"{server}/sparql"]
    result = subprocess.run(
        command, input=json.dumps(queries), capture_output=True, text=True, check=False, timeout=120
    )
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


@pytest.mark.skipif(lacking() is not None, reason=str(lacking()))
def test_comunica_asks(server: str) -> None:
    """It parses queries itself, so they declare their prefixes; short ones go by GET and long ones by POST."""
    prefixes = "".join(
        f"PREFIX {name}: <{iri}>\n"
        for name, iri in {
            "spine": "https://w3id.org/spinecode/",
            "skos": "http://www.w3.org/2004/02/skos/core#",
            "sh": "http://www.w3.org/ns/shacl#",
        }.items()
    )
    short = [prefixes + query for query in (SELECT, GRAPH, FROM, NAMED, "ASK { ?s a spine:ProcedureCode }")]
    # what makes it long has no effect, and cannot be left out
    longer = [query.replace("WHERE {", "WHERE { VALUES ?z { '" + "z" * 1000 + "' } ") for query in short[:4]]
    codes, replaced, by_from, by_graph, truth, *again = comunica(server, *short, *longer)
    assert {"code": "62323"} in codes
    assert len(replaced) > 5
    assert {predicate for _, predicate, _ in replaced} == {"https://w3id.org/spinecode/replacedBy"}
    assert len(by_from) == len(by_graph) > 2
    assert truth is True
    assert [len(answer) for answer in again] == [len(codes), len(replaced), len(by_from), len(by_graph)]


def test_rdflib_reads_terms_and_the_ontology(server: str) -> None:
    for path in ("L4-L5", "cpt/62321", "codes/62321", "ontology", "InterlaminarApproach", "shape/Description"):
        graph = (
            rdflib.Graph().parse(f"{server}/{path}", format="turtle")
            if path != "ontology"
            else rdflib.Graph().parse(f"{server}/{path}")
        )
        assert len(graph) > 2, path


def test_own_data_is_queried_beside_the_ontology(server: str) -> None:
    wrapper = SPARQLWrapper(f"{server}/sparql", returnFormat=JSON)
    wrapper.setQuery(
        'ASK { <urn:mine> <urn:says> "own data" . <https://w3id.org/spinecode/Epidural> a spine:TargetSpace }'
    )
    assert wrapper.queryAndConvert()["boolean"] is True


def test_data_that_cannot_be_read_is_told_before_anything_starts(tmp_path: Path) -> None:
    (tmp_path / "broken.ttl").write_text("not Turtle")
    command = [sys.executable, "-m", "spinecode", "serve", "--port", "0", "--data", str(tmp_path / "broken.ttl")]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert result.returncode == 2
    assert "broken.ttl:1" in result.stderr


def test_a_query_ends_with_the_process_that_asked(tmp_path: Path) -> None:
    """Killed in the middle of a long query, the parent leaves no child that goes on."""
    script = tmp_path / "ask.py"
    script.write_text(
        "from spinecode.knowledge import load\n"
        "from spinecode.runner import QueryRunner\n"
        "runner = QueryRunner(load())\n"
        "runner.evaluate('ASK {}')\n"
        "print(runner._idle.queue[-1].pid, flush=True)\n"
        "runner.evaluate('SELECT (COUNT(*) AS ?n) WHERE { ?a ?b ?c . ?d ?e ?f . ?g ?h ?i }')\n"
    )
    parent = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    time.sleep(0.5)
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    for _ in range(100):
        if not _runs(child):
            break
        time.sleep(0.1)
    assert not _runs(child)


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{process}/stat")
    return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] != "Z"
