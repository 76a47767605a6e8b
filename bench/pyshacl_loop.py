"""The peer for many descriptions: pySHACL in a loop as one would write it well, in a process of its own.

The shapes are prepared once; each description has a small graph, with as much of the ontology as it mentions; nothing
is inferred. Takes as JSON the ``shapes`` and the ``vocabulary`` (an IRI: what is said about it) as N-Triples, and the
``descriptions``; prints the ``seconds`` without the start and how many ``conform``.
"""

from __future__ import annotations

import json
import logging
import sys
import warnings
from time import perf_counter

import rdflib
from pyshacl.graph_abstraction import DataGraph
from pyshacl.shapes_graph import ShapesGraph
from pyshacl.validator import Validator

OPTIONS = {"inplace": True, "allow_warnings": True, "allow_infos": True}


def _graph(text: str) -> rdflib.Graph:
    return rdflib.Graph().parse(data=text, format="nt")


def main() -> None:
    """Validate what standard input holds."""
    warnings.filterwarnings("ignore", category=DeprecationWarning)
    logging.getLogger("rdflib.term").setLevel(logging.CRITICAL)  # telling of each odd literal takes time
    task = json.load(sys.stdin)
    shapes = ShapesGraph(_graph(task["shapes"]))
    list(shapes.shapes)  # reads them
    vocabulary = {rdflib.URIRef(iri): list(_graph(text)) for iri, text in task["vocabulary"].items()}
    nothing = rdflib.Graph()
    conforming = 0
    start = perf_counter()
    for text in task["descriptions"]:
        data = _graph(text)
        for value in set(data.objects()):
            for triple in vocabulary.get(value, ()):  # type: ignore[call-overload]
                data.add(triple)
        validator = Validator(DataGraph.from_rdflib(data), shacl_graph=nothing, options=dict(OPTIONS))
        validator.shacl_graph = shapes
        conforming += validator.run()[0]  # type: ignore[no-untyped-call]
    print(json.dumps({"seconds": perf_counter() - start, "conform": conforming}))


if __name__ == "__main__":
    main()
