"""The check of what lies beside an ontology: files of shapes and files of queries."""

from __future__ import annotations

import difflib
import logging
from collections.abc import Iterable, Set
from functools import lru_cache
from importlib.resources import files as package_files
from pathlib import Path
from typing import Any

from pyoxigraph import BlankNode, NamedNode, RdfFormat, Store, parse

from spinecode import vocabulary as v
from spinecode.bridge import pyoxigraph_node, rdflib_graph, rdflib_term
from spinecode.errors import OntologyError, QueryError
from spinecode.findings import Finding
from spinecode.graph import Graph
from spinecode.names import dangling, described
from spinecode.places import Places
from spinecode.rules import Axis
from spinecode.sparql import evaluate
from spinecode.vocabulary import term

_SHACL = "https://www.w3.org/TR/shacl/"
_SPARQL = "https://www.w3.org/TR/sparql11-query/"


def syntax(error: OntologyError) -> list[Finding]:
    """Faults of syntax as findings."""
    fix = "Correct the syntax here, or just before; the parser went no further."
    rule = "https://www.w3.org/TR/turtle/"
    return [Finding("syntax", f.message, f.file, f.line, f.column, fix=fix, rule=rule) for f in error.faults]


# ---------------------------------------------------------------- shapes


def check_shapes(files: Iterable[Path], known: Set[str] = frozenset(), axes: Iterable[Axis] = ()) -> list[Finding]:
    """The faults of files of shapes: syntax, terms that SHACL or ``known`` do not have, shapes that cannot be run.

    ``known`` are the IRIs that the ontology describes; without them our own names are not judged. ``axes`` are those
    of which a closed shape of descriptions has to know.
    """
    places = Places()
    findings: list[Finding] = []
    for file in files:
        try:
            places.read(file)
        except OntologyError as error:
            findings += syntax(error)
    if findings:
        return findings
    findings += _unknown_terms(places)
    if known:
        findings += dangling(places, known)
    findings += _declared_twice(places)
    return findings or [*_not_to_be_run(places), *_unshaped(axes, places)]


def _declared_twice(places: Places) -> list[Finding]:
    """A shape that two files declare; more may be said of one in another file, such as a property that it has too."""
    found: list[Finding] = []
    first: dict[object, str] = {}
    for quad, file in zip(places.quads, places.files, strict=True):
        declares = quad.predicate == v.TYPE and quad.object in (term("sh:NodeShape"), term("sh:PropertyShape"))
        if declares and isinstance(quad.subject, NamedNode) and first.setdefault(quad.subject, file) != file:
            message = f"{v.shorten(quad.subject.value)} is declared already, in {first[quad.subject]}."
            # the same statement stands in both files, so its place is looked for in this one alone
            alone = Places()
            alone.read(Path(file))
            finding = Finding("shape", message, fix="Give this shape another name.", about=quad.subject.value)
            found.append(finding.at(alone.of(quad.triple)))
    return found


def _unshaped(axes: Iterable[Axis], places: Places) -> Iterable[Finding]:
    """The axes on which a description could not answer, since its shape is closed and has no property for them."""
    graph = Graph.of(places.quads)
    for shape in graph.subjects(term("sh:targetClass"), v.INJECTION):
        if not graph.flag(shape, term("sh:closed")) or not isinstance(shape, NamedNode):
            continue
        properties = graph.nodes(shape, term("sh:property"))
        paths = {iri for one in properties for iri in graph.iris(one, term("sh:path"))}
        for axis in axes:
            if axis.property not in paths:
                name, known = v.shorten(axis.property), v.shorten(shape.value)
                message = f"The axis {axis.name!r} has no property shape: a description with {name} would not conform."
                fix = f"Add one to a file of shapes: {known} sh:property [ sh:path {name} ; ... ] ."
                finding = Finding("shape", message, fix=fix, about=axis.iri)
                yield finding.at(places.home(shape))


@lru_cache(maxsize=1)
def _shacl_terms() -> frozenset[str]:
    """The terms of SHACL, from the vocabulary that pySHACL carries."""
    content = (package_files("pyshacl") / "assets" / "shacl.ttl").read_bytes()
    return frozenset(described(parse(content, format=RdfFormat.TURTLE)))


def _unknown_terms(places: Places) -> list[Finding]:
    found: dict[str, Finding] = {}
    for quad in places.quads:
        for node, place in ((quad.predicate, places.of_predicate), (quad.object, places.of)):
            if not isinstance(node, NamedNode) or not node.value.startswith(v.PREFIXES["sh"]):
                continue
            if node.value in _shacl_terms() or node.value in found:
                continue
            near = difflib.get_close_matches(node.value, _shacl_terms(), n=1, cutoff=0.8)
            fix = "Mend the name." + (f" Did you mean {v.shorten(near[0])}?" if near else "")
            message = f"{v.shorten(node.value)} is not a term of SHACL; an engine would pass over it."
            finding = Finding("shape", message, fix=fix, rule=_SHACL, about=places.owner(quad.subject))
            found[node.value] = finding.at(place(quad.triple))
    return list(found.values())


def _not_to_be_run(places: Places) -> list[Finding]:
    """What the engine refuses when it runs each shape on nothing."""
    from pyshacl.errors import ReportableRuntimeError
    from pyshacl.graph_abstraction import DataGraph
    from pyshacl.shapes_graph import ShapesGraph
    from pyshacl.validator import Validator

    for name in ("rdflib.term", "pyshacl.shapes_graph"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        shapes: list[Any] = list(ShapesGraph(rdflib_graph(places.quads)).shapes)
    except ReportableRuntimeError as error:
        return [_refused(error, None, places)]
    data = DataGraph.from_rdflib(rdflib_graph(()))
    executor = Validator(data, shacl_graph=rdflib_graph(()), options={"inplace": True}).make_executor()
    nothing = rdflib_term(NamedNode("urn:spinecode:nothing"))
    found: dict[str, Finding] = {}
    # unnamed shapes first: what is wrong with one shows in the shape around it too
    for shape in sorted(
        shapes, key=lambda shape: (isinstance(pyoxigraph_node(shape.node), NamedNode), str(shape.node))
    ):
        try:
            shape.validate(executor, data, focus=[nothing])
        except Exception as error:  # beside pySHACL's errors those of rdflib's parser of SPARQL
            found.setdefault(_reason(error), _refused(error, pyoxigraph_node(shape.node), places))
    return list(found.values())


def _reason(error: Exception) -> str:
    told = str(getattr(error, "message", None) or error).strip().splitlines()
    return told[0] if told else type(error).__name__


def _refused(error: Exception, node: NamedNode | BlankNode | None, places: Places) -> Finding:
    about = places.owner(node) if node is not None else None
    message = f"{v.shorten(about) if about else 'A shape'} cannot be run: {_reason(error)}"
    return Finding("shape", message, fix="Correct the shape.", rule=_SHACL, about=about).at(places.home(node))


# ---------------------------------------------------------------- queries


def check_queries(files: Iterable[Path]) -> list[Finding]:
    """The faults of files of SPARQL queries: what the engine cannot parse, with line and column."""
    found: list[Finding] = []
    first: dict[str, Path] = {}
    for file in files:
        if first.setdefault(file.stem, file) != file:
            message = f"There is a query {file.stem!r} already, in {first[file.stem]}."
            found.append(Finding("query", message, str(file), fix="Give this file another name."))
        if (finding := _query(file)) is not None:
            found.append(finding)
    return found


def _query(file: Path) -> Finding | None:
    fix = "Correct the query here, or just before."
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        return Finding("query", f"The file cannot be read: {error.strerror or error}.", str(file))
    except UnicodeDecodeError:
        return Finding("query", "The file is not UTF-8 text.", str(file), fix="Save it in UTF-8.")
    try:
        evaluate(Store(), text)
    except QueryError as error:
        fault = error.faults[0]
        return Finding("query", fault.message, str(file), fault.line, fault.column, fix=fix, rule=_SPARQL)
    return None
