"""What else answers or checks descriptions in RDF: each peer takes N-Triples, and gives descriptions a second."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import warnings
from collections.abc import Callable, Sequence
from functools import cache, partial
from pathlib import Path
from time import perf_counter

import pyshacl
import rdflib
from pyoxigraph import Quad, QueryTriples, RdfFormat, parse, serialize

from samples import samples
from select_speed import SparqlReader
from spinecode.catalogue import catalogue
from spinecode.knowledge import Knowledge
from spinecode.shacl import vocabulary_of
from spinecode.sparql import run

#: Takes descriptions, each as N-Triples, and gives the seconds that they took.
Peer = Callable[[Sequence[str]], float]


def _text(quads: Sequence[Quad]) -> str:
    return (serialize((quad.triple for quad in quads), format=RdfFormat.N_TRIPLES) or b"").decode()


def pyoxigraph_sparql(knowledge: Knowledge) -> Peer:
    """close.rq and select.rq over the closure, on pyoxigraph; the closure is loaded beforehand."""
    reader = SparqlReader(knowledge)

    def peer(texts: Sequence[str]) -> float:
        start = perf_counter()
        quads = list(parse("".join(texts), format=RdfFormat.N_TRIPLES))
        reader.store.extend(quads)
        triples = reader.store.query(reader.close)
        assert isinstance(triples, QueryTriples)
        closed = [Quad(*triple) for triple in triples]
        reader.store.extend(closed)
        found = list(run(reader.store, reader.select, {}))
        taken = perf_counter() - start
        for quad in [*quads, *closed]:
            reader.store.remove(quad)
        if not found and len(texts) > 50:
            raise SystemExit("select.rq found no code.")
        return taken

    return peer


def rdflib_sparql(knowledge: Knowledge) -> Peer:
    """The same on rdflib, without the names of levels: it fails to join names where there are none."""
    closure = rdflib.Graph().parse(data=_text(list(knowledge.graph.store)), format="nt")
    close = catalogue()["close"].text
    select = re.sub(r"\(GROUP_CONCAT\([^()]*\) AS \?levels\)", "", catalogue()["select"].text)

    def peer(texts: Sequence[str]) -> float:
        start = perf_counter()
        own = rdflib.Graph().parse(data="".join(texts), format="nt")
        for triple in own:
            closure.add(triple)
        more = list(closure.query(close))
        for triple in more:
            closure.add(triple)  # type: ignore[arg-type]
        list(closure.query(select))
        taken = perf_counter() - start
        for triple in [*own, *more]:
            closure.remove(triple)  # type: ignore[arg-type]
        return taken

    return peer


@cache
def pyshacl_plain(knowledge: Knowledge, rounds: int) -> tuple[list[float], bool, int]:
    """PySHACL as most people call it: shapes and ontology as graphs, inference by owlrl; one description, from Turtle.

    Gives the seconds of each round, whether it conforms, and the number of results. Each call takes minutes, so that
    all parts of a run share the figures.
    """
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    ontology = rdflib.Graph().parse(data=_text(list(knowledge.ontology.stated())), format="nt")
    shapes = rdflib.Graph().parse(data=_text(list(knowledge.description_shapes)), format="nt")
    text = [sample.turtle for sample in samples(knowledge.index) if sample.turtle is not None][-1]
    times = []
    for _ in range(rounds):
        start = perf_counter()
        data = rdflib.Graph().parse(data=text, format="turtle")
        conforms, report, _ = pyshacl.validate(data, shacl_graph=shapes, ont_graph=ontology, inference="owlrl")
        times.append(perf_counter() - start)
    return times, conforms, len(list(report.subjects(rdflib.RDF.type, rdflib.SH.ValidationResult)))


def pyshacl_prepared(knowledge: Knowledge) -> Peer:
    """PySHACL in a loop with shapes that are prepared once, in a process of its own."""
    shapes = _text(list(knowledge.description_shapes))
    vocabulary = {iri: _text([Quad(*t) for t in triples]) for iri, triples in vocabulary_of(knowledge).items()}

    def peer(texts: Sequence[str]) -> float:
        task = json.dumps({"shapes": shapes, "vocabulary": vocabulary, "descriptions": list(texts)}).encode()
        command = [sys.executable, str(Path(__file__).with_name("pyshacl_loop.py"))]
        done = subprocess.run(command, input=task, capture_output=True, check=True, timeout=600)
        return float(json.loads(done.stdout)["seconds"])

    return peer


def _shapes_and_vocabulary(knowledge: Knowledge) -> tuple[str, str]:
    known = "".join(_text([Quad(*t) for t in triples]) for triples in vocabulary_of(knowledge).values())
    return _text(list(knowledge.description_shapes)), known


def rust_shacl(knowledge: Knowledge) -> Peer:
    """A SHACL engine in Rust (``shacl`` of PyPI) by itself: shapes compiled once, all descriptions in one graph."""
    from shacl import Shapes

    shapes, known = _shapes_and_vocabulary(knowledge)
    compiled = Shapes.from_text(shapes, format="ntriples")

    def peer(texts: Sequence[str]) -> float:
        start = perf_counter()
        compiled.validate_text("".join(texts) + known, format="ntriples")
        return perf_counter() - start

    return peer


def rust_shacl_in_memory(knowledge: Knowledge) -> Peer:
    """The same without what it takes to read the descriptions, which it cannot be given read: against no shapes."""
    from shacl import Shapes

    whole = rust_shacl(knowledge)
    nothing = Shapes.from_text("", format="ntriples")
    _, known = _shapes_and_vocabulary(knowledge)

    def peer(texts: Sequence[str]) -> float:
        start = perf_counter()
        nothing.validate_text("".join(texts) + known, format="ntriples")
        read = perf_counter() - start
        return whole(texts) - read

    return peer


def rudof(knowledge: Knowledge, *, in_memory: bool = False) -> Peer:
    """Another SHACL engine in Rust, rudof (``pyrudof`` of PyPI); in memory, the descriptions are read beforehand."""
    from pyrudof import RDFFormat, Rudof, RudofConfig, ShaclFormat

    shapes, known = _shapes_and_vocabulary(knowledge)
    engine = Rudof(RudofConfig())
    engine.read_shacl(shapes, ShaclFormat.NTriples)

    def peer(texts: Sequence[str]) -> float:
        start = perf_counter()
        engine.read_data("".join(texts) + known, RDFFormat.NTriples)
        if in_memory:
            start = perf_counter()
        engine.validate_shacl()
        return perf_counter() - start

    return peer


#: Each peer with how many descriptions it is given at a time, as many as it answers in some seconds.
PEERS: dict[str, tuple[Callable[[Knowledge], Peer], int]] = {
    "pyoxigraph SPARQL": (pyoxigraph_sparql, 200),
    "rdflib SPARQL": (rdflib_sparql, 5),
    "pySHACL, prepared": (pyshacl_prepared, 200),
    "shacl (Rust), alone": (rust_shacl, 2_000),
    "rudof (Rust)": (rudof, 2_000),
}
#: The SHACL engines in Rust once more, with what they read in memory as a table of ours is.
IN_MEMORY: dict[str, tuple[Callable[[Knowledge], Peer], int]] = {
    "shacl (Rust), reading taken off": (rust_shacl_in_memory, 2_000),
    "rudof (Rust), read beforehand": (partial(rudof, in_memory=True), 2_000),
}
