"""The shapes of descriptions as a catalogue: what each asks, how bad a result is, and what passes and fails it."""

from __future__ import annotations

import difflib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from pyoxigraph import BlankNode, NamedNode, Quad, Triple

from spinecode import vocabulary as v
from spinecode.errors import Fault, UnknownNameError
from spinecode.files import shape_files
from spinecode.graph import Graph, Node, parse_file
from spinecode.knowledge import Knowledge
from spinecode.vocabulary import term

_SHAPE: Final = v.SPINE + "shape/"
_PROPERTY: Final = term("sh:property")
_AIMING: Final = (v.TYPE, *(term(f"sh:{name}") for name in ("targetClass", "targetSubjectsOf", "targetObjectsOf")))
_SEVERITIES: Final = {"Violation": "violation", "Warning": "warning", "Info": "info"}


@dataclass(frozen=True, slots=True)
class CataloguedShape:
    """A shape that has results of its own.

    ``concluded`` is the property that has to be concluded before this shape finds anything; ``passing`` and ``failing``
    are descriptions in JSON or Turtle.
    """

    name: str
    iri: str
    label: str
    severity: str
    axes: tuple[str, ...]
    message: str
    expected: str
    fix: str
    rests_on: tuple[str, ...]
    sources: tuple[str, ...]
    concluded: str | None
    passing: str
    failing: str
    file: str

    def to_json(self) -> dict[str, Any]:
        """The shape as JSON; examples in JSON are objects, others texts."""
        return {
            "name": self.name,
            "iri": self.iri,
            "label": self.label,
            "severity": self.severity,
            "axes": list(self.axes),
            "message": self.message,
            "expected": self.expected,
            "fix": self.fix,
            "rests_on": list(self.rests_on),
            "sources": list(self.sources),
            "concluded_first": self.concluded,
            "passing_example": _example(self.passing),
            "failing_example": _example(self.failing),
            "file": self.file,
        }


def _example(text: str) -> Any:
    return json.loads(text) if is_json(text) else text


def is_json(example: str) -> bool:
    """Whether an example is JSON; else it is Turtle."""
    return example.lstrip().startswith(("{", "["))


def shape_catalogue(knowledge: Knowledge) -> tuple[CataloguedShape, ...]:
    """Every shape of descriptions with a message, by file and name; those without one only serve others."""
    graph = Graph.of(knowledge.description_shapes)
    graph.language = knowledge.language
    axes = {axis.iri: axis.name for axis in knowledge.index.asked_axes}
    properties = knowledge.index.axis_of_property
    homes = _homes(knowledge)
    speaking = {quad.subject for quad in graph.store.quads_for_pattern(None, term("sh:message"), None)}
    found = [_shape(graph, node, axes, properties, homes) for node in speaking if isinstance(node, NamedNode)]
    return tuple(sorted(found, key=lambda shape: (shape.file, shape.name)))


def _homes(knowledge: Knowledge) -> dict[str, str]:
    """In which file each shape says its message."""
    found: dict[str, str] = {}
    for file in shape_files(knowledge.folders.shapes, "description"):
        for quad in parse_file(file):
            if quad.predicate == term("sh:message") and isinstance(quad.subject, NamedNode):
                found.setdefault(quad.subject.value, file.name)
    return found


def _shape(
    graph: Graph, node: NamedNode, axes: dict[str, str], properties: dict[str, str], homes: dict[str, str]
) -> CataloguedShape:
    def text(curie: str) -> str:
        return graph.text(node, term(curie)) or ""

    paths = [*graph.iris(node, term("sh:path")), *graph.iris(node, term("sh:disjoint"))]
    stated = [axes[iri] for iri in graph.iris(node, term("spine:aboutAxis")) if iri in axes]
    severity = next(iter(graph.iris(node, term("sh:severity"))), "").rpartition("#")[2] or "Violation"
    concluded = next((v.shorten(iri) for iri in paths if iri in v.CONCLUDED), None)
    return CataloguedShape(
        name=node.value.removeprefix(_SHAPE),
        iri=node.value,
        label=graph.text(node, v.LABEL) or node.value.removeprefix(_SHAPE),
        severity=_SEVERITIES.get(severity, severity.lower()),
        axes=tuple(stated or sorted({properties[path] for path in paths if path in properties})),
        message=text("sh:message"),
        expected=text("spine:expected"),
        fix=text("spine:fix"),
        rests_on=tuple(sorted(graph.iris(node, term("spine:restsOn")))),
        sources=tuple(sorted(graph.iris(node, v.SOURCE))),
        concluded=concluded,
        passing=text("spine:passingExample"),
        failing=text("spine:failingExample"),
        file=homes.get(node.value, ""),
    )


def shape_named(knowledge: Knowledge, name: str) -> CataloguedShape:
    """The shape with a name or an IRI. Raises UnknownNameError with the nearest names."""
    known = {shape.name: shape for shape in shape_catalogue(knowledge)}
    wanted = name.removeprefix(_SHAPE)
    if wanted not in known:
        near = tuple(difflib.get_close_matches(wanted, known, n=3, cutoff=0.5))
        raise UnknownNameError((Fault(f"There is no shape {name!r}.", value=name, nearest=near),))
    return known[wanted]


def shape_graph(quads: Sequence[Quad], node: NamedNode) -> list[Triple]:
    """What is stated of a shape and of the shapes that serve it, named or not; enough to run it alone."""
    by_subject: dict[Node, list[Quad]] = {}
    for quad in quads:
        if isinstance(quad.subject, NamedNode | BlankNode):
            by_subject.setdefault(quad.subject, []).append(quad)
    found: dict[Triple, None] = {}
    waiting: list[Node] = [node]
    seen: set[Node] = set()
    while waiting:
        one = waiting.pop()
        if one in seen:
            continue
        seen.add(one)
        for quad in by_subject.get(one, ()):
            found.setdefault(quad.triple)
            target = quad.object
            if isinstance(target, BlankNode | NamedNode) and target in by_subject:
                waiting.append(target)
    # a shape without a target of its own is aimed by the shape that it is part of
    aiming = {quad.subject for quad in quads if quad.predicate == _PROPERTY and quad.object == node}
    for quad in quads:
        aims = quad.predicate in _AIMING or (quad.predicate == _PROPERTY and quad.object == node)
        if quad.subject in aiming and isinstance(quad.subject, NamedNode) and aims:
            found.setdefault(quad.triple)
    return list(found)
