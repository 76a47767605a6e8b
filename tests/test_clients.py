"""The SPARQL endpoint as the clients that people have meet it: SPARQLWrapper and rdflib, over a real server."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import rdflib
from rdflib.plugins.stores.sparqlstore import SPARQLStore
from SPARQLWrapper import CSV, JSON, POST, POSTDIRECTLY, RDFXML, TSV, TURTLE, XML, SPARQLWrapper

SELECT = "SELECT ?code WHERE { ?c a spine:ProcedureCode ; skos:notation ?code } ORDER BY ?code"
GRAPH = "CONSTRUCT { ?a spine:replacedBy ?b } WHERE { ?a spine:replacedBy ?b }"


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
        "runner = QueryRunner(load(), time_limit=60)\n"
        "runner.evaluate('ASK {}')\n"
        "print(runner._process.pid, flush=True)\n"
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
