"""The shapes alone, in other engines over the closed ontology: each finds what our own validation finds.

All descriptions of the cases are validated in one graph with the whole closed ontology and what is concluded of them
first, as anyone would do who takes the published files.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyshacl
import pytest
import rdflib
from pyoxigraph import NamedNode, Quad, RdfFormat, serialize

from spinecode import vocabulary as v
from spinecode.index import RuleIndex
from spinecode.knowledge import Knowledge
from spinecode.understanding import Reading
from spinecode.validation import statements_of, validate_rdf
from spinecode.vocabulary import PREFIXES
from tests.validation_cases import CASES

CLIENTS = Path(__file__).parent / "clients"
SH = PREFIXES["sh"]
#: focus node, shape, constraint component, path, value, severity
Row = tuple[str, str, str, str | None, str | None, str]


def submitted(index: RuleIndex) -> list[tuple[NamedNode, list[Quad]]]:
    """Each case that is given by axis names, as statements about a node of its own."""
    found = []
    for case in CASES:
        if case.given is not None:
            node = NamedNode(f"urn:case:{case.id}")
            found.append((node, statements_of(index, case.given, node)))
    return found


@pytest.fixture(scope="module")
def data(knowledge: Knowledge) -> list[Quad]:
    """The descriptions of all cases, with what is concluded of them."""
    found: list[Quad] = []
    for node, quads in submitted(knowledge.index):
        found += [*quads, *Reading(knowledge.index, node, quads).concluded()]
    return found


@pytest.fixture(scope="module")
def ours(knowledge: Knowledge) -> list[Row]:
    """What our validation finds of the same."""
    rows: set[Row] = set()
    for _, quads in submitted(knowledge.index):
        for result in validate_rdf(knowledge, quads).results:
            severity = SH + result.severity.capitalize()
            rows.add((result.focus_node, result.shape, result.component, result.path, result.value, severity))
    assert len({row[1] for row in rows}) > 50
    return plain(rows)


def plain(rows: Any) -> list[Row]:
    """Results about named shapes, each once; an engine may tell one thing by two constraints of one shape.

    So the constraint is not compared; nor is the value, where it is the focus node itself, which some engines tell of a
    shape of nodes and others leave out.
    """
    return sorted(
        {
            (focus, shape, "", path, None if value == focus else value, severity)
            for focus, shape, _, path, value, severity in rows
            if shape.startswith(v.SPINE)
        },
        key=str,
    )


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory, knowledge: Knowledge, data: list[Quad]) -> tuple[Path, Path]:
    """The data with the whole closed ontology, and the shapes, as N-Triples."""
    folder = tmp_path_factory.mktemp("elsewhere")
    triples = [quad.triple for quad in knowledge.graph.store] + [quad.triple for quad in data]
    whole, shapes = folder / "data.nt", folder / "shapes.nt"
    whole.write_bytes(serialize(triples, format=RdfFormat.N_TRIPLES) or b"")
    told = [quad.triple for quad in knowledge.description_shapes]
    shapes.write_bytes(serialize(told, format=RdfFormat.N_TRIPLES) or b"")
    return whole, shapes


def rows_of(report: rdflib.Graph) -> list[Row]:
    sh = rdflib.Namespace(SH)

    def one(result: Any, name: str) -> str | None:
        found = report.value(result, sh[name])
        return None if found is None else str(found)

    return plain(
        (
            str(one(result, "focusNode")),
            str(one(result, "sourceShape")),
            str(one(result, "sourceConstraintComponent")),
            one(result, "resultPath"),
            one(result, "value"),
            str(one(result, "resultSeverity")),
        )
        for result in report.subjects(rdflib.RDF.type, sh.ValidationResult)
    )


def test_pyshacl_by_its_function(files: tuple[Path, Path], ours: list[Row]) -> None:
    data, shapes = (rdflib.Graph().parse(file, format="nt") for file in files)
    conforms, report, _ = pyshacl.validate(data, shacl_graph=shapes)
    assert conforms is False
    assert rows_of(report) == ours


def test_pyshacl_by_its_command(files: tuple[Path, Path], ours: list[Row], tmp_path: Path) -> None:
    data, shapes = files
    output = tmp_path / "report.ttl"
    command = [sys.executable, "-m", "pyshacl", "-s", str(shapes), "-sf", "nt", "-df", "nt", "-f", "turtle"]
    done = subprocess.run([*command, "-o", str(output), str(data)], capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stderr
    assert rows_of(rdflib.Graph().parse(output, format="turtle")) == ours


def test_a_rust_engine(files: tuple[Path, Path], ours: list[Row]) -> None:
    shacl = pytest.importorskip("shacl", reason="the fast engine is not installed; pip install 'spinecode[fast]'")
    data, shapes = files
    report = shacl.Shapes.from_text(shapes.read_text(), "ntriples").validate_text(data.read_text(), "ntriples")
    assert plain(rust_row(result) for result in report.results) == ours


def rust_row(result: Any) -> Row:
    path = result.path[1:-1] if result.path is not None and result.path.startswith("<") else None
    shape = (result.source_shape or "").strip("<>")
    value = None if result.value == result.focus_node else result.value_plain
    return result.focus_node[1:-1], shape, result.component_iri, path, value, SH + result.severity.capitalize()


@pytest.mark.parametrize("engine", ["shacl-engine", "rdf-validate-shacl"])
def test_engines_of_npm(engine: str, files: tuple[Path, Path], ours: list[Row]) -> None:
    if shutil.which("node") is None:
        pytest.skip("node is not installed")
    if not (CLIENTS / "node_modules" / engine).is_dir():
        pytest.skip(f"{engine} is not installed; npm ci --prefix tests/clients installs it")
    command = ["node", str(CLIENTS / "shacl.mjs"), engine, *map(str, files)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert plain(tuple(row) for row in json.loads(done.stdout)) == ours
