"""Validation: a submitted description against the shapes, with what is wrong, where, and how to mend it.

pySHACL runs the shapes on the description together with the few triples of the vocabulary that they look at, so that
the ontology is neither reasoned over nor validated again with each submission.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, Triple

from spinecode import vocabulary as v
from spinecode.answers import outcome_json
from spinecode.comparison import listed
from spinecode.description import CODE, DATE, Description, describe, description_nodes, node_name, parse_date
from spinecode.errors import ContradictionError, InputError, NoDescriptionError
from spinecode.explanation import explain_code
from spinecode.files import data_folder, turtle_files
from spinecode.graph import Graph, parse_file
from spinecode.index import RuleIndex
from spinecode.knowledge import Knowledge
from spinecode.selection import Selection, check_contradictions, select
from spinecode.vocabulary import term

if TYPE_CHECKING:
    import rdflib

SEVERITIES = ("violation", "warning", "info")

_DATE_TYPE = term("xsd:date")
_DERIVED = {term(f"spine:{name}").value for name in ("impliesCode", "possibleCode", "refutedCode")}


@dataclass(frozen=True, slots=True)
class Result:
    """One thing that a shape found. ``path`` and ``shape`` are IRIs, ``axis`` the name of the axis concerned."""

    severity: str
    focus_node: str
    axis: str | None
    path: str | None
    value: str | None
    message: str
    fix: str
    shape: str
    component: str = field(compare=False)
    value_is_node: bool = field(default=False, compare=False)

    def to_json(self) -> dict[str, Any]:
        """The result as JSON; IRIs of ours as prefixed names."""
        return {
            "severity": self.severity,
            "focus_node": self.focus_node,
            "axis": self.axis,
            "path": v.shorten(self.path) if self.path else None,
            "value": self.value,
            "message": self.message,
            "fix": self.fix,
            "shape": v.shorten(self.shape) if self.shape.startswith(v.SPINE) else self.shape,
        }


@dataclass(frozen=True, slots=True)
class Report:
    """What validation found, worst first, and what the descriptions imply as far as they go."""

    results: tuple[Result, ...]
    answers: tuple[dict[str, Any], ...] = field(default=())

    @property
    def conforms(self) -> bool:
        """Whether no result is a violation; warnings and information do not count."""
        return all(result.severity != "violation" for result in self.results)

    def to_json(self) -> dict[str, Any]:
        """The report as JSON: ``conforms``, ``results``, and ``answers`` with status and lines by description."""
        return {
            "conforms": self.conforms,
            "results": [result.to_json() for result in self.results],
            "answers": list(self.answers),
        }

    def triples(self, name: str = "") -> list[Triple]:
        """The report as a SHACL validation report graph; ``name`` tells its nodes from those of other reports."""
        report = BlankNode(f"report{name}")
        found = [
            Triple(report, v.TYPE, term("sh:ValidationReport")),
            Triple(report, term("sh:conforms"), Literal(self.conforms)),
        ]
        for number, result in enumerate(self.results, 1):
            node = BlankNode(f"result{name}-{number}")
            found.append(Triple(report, term("sh:result"), node))
            found.append(Triple(node, v.TYPE, term("sh:ValidationResult")))
            found.append(Triple(node, term("sh:focusNode"), _node(result.focus_node)))
            found.append(Triple(node, term("sh:resultSeverity"), term("sh:" + result.severity.capitalize())))
            found.append(Triple(node, term("sh:resultMessage"), Literal(result.message, language="en")))
            found.append(Triple(node, term("sh:sourceShape"), NamedNode(result.shape)))
            found.append(Triple(node, term("sh:sourceConstraintComponent"), NamedNode(result.component)))
            if result.path:
                found.append(Triple(node, term("sh:resultPath"), NamedNode(result.path)))
            if result.value:
                value = _node(result.value) if result.value_is_node else Literal(result.value)
                found.append(Triple(node, term("sh:value"), value))
            if result.fix:
                found.append(Triple(node, term("spine:fix"), Literal(result.fix, language="en")))
        return found


def _node(text: str) -> NamedNode | BlankNode:
    return BlankNode(text[2:]) if text.startswith("_:") else NamedNode(text)


def validate_mapping(knowledge: Knowledge, given: Mapping[str, object] | Sequence[Mapping[str, object]]) -> Report:
    """Validate descriptions given by axis names; what is unknown is reported, not refused.

    Raises InputError when it is not an object, or a list of objects, of texts and lists of texts.
    """
    items = [given] if isinstance(given, Mapping) else list(given)
    if not items:
        raise NoDescriptionError.of("The list holds no description.")
    quads = []
    for number, item in enumerate(items, 1):
        if not isinstance(item, Mapping):
            message = f"Description {number} has to be an object of axis names and values, not {type(item).__name__}."
            raise InputError.of(message)
        quads += _quads_of(knowledge.index, item, NamedNode(f"urn:spinecode:description:{number}"))
    return validate_rdf(knowledge, quads)


def _quads_of(index: RuleIndex, item: Mapping[str, object], node: NamedNode) -> list[Quad]:
    quads = [Quad(node, v.TYPE, v.INJECTION)]
    for name, raw in item.items():
        values = raw if isinstance(raw, list | tuple) else [raw]
        for value in values:
            if value is None:
                continue
            if not isinstance(value, str | int) or isinstance(value, bool):
                raise InputError.of(f"{name} has to be a text or a list of texts.", axis=name)
            quads.append(_statement(index, node, name, str(value)))
    return quads


def _statement(index: RuleIndex, node: NamedNode, name: str, text: str) -> Quad:
    """A fact given by axis name as a triple; what is not known stays visible as a text or an unknown property."""
    if name == DATE:
        return Quad(node, v.DATE_OF_SERVICE, Literal(text, datatype=_DATE_TYPE))
    if name == CODE:
        code = index.code_named(text)
        return Quad(node, v.REPORTED_CODE, NamedNode(index.codes[code].iri) if code else Literal(text))
    axis = index.axes.get(name)
    if axis is None or axis.derived_from is not None:
        return Quad(node, NamedNode(v.SPINE + quote(name, safe="")), Literal(text))
    number = index.value_named(name, text)
    return Quad(
        node, NamedNode(axis.property), NamedNode(index.values[number].iri) if number is not None else Literal(text)
    )


def validate_rdf(knowledge: Knowledge, quads: Sequence[Quad]) -> Report:
    """Validate every description in some RDF; the order of the results depends on their content alone.

    Raises NoDescriptionError when there is none.
    """
    index = knowledge.index
    nodes = description_nodes(index, quads)
    if not nodes:
        raise NoDescriptionError.of(
            f"The RDF holds no description: no node of the type {v.shorten(v.INJECTION.value)} "
            f"({v.INJECTION.value}) and none with a property of an axis."
        )
    stated: dict[NamedNode | BlankNode, list[Quad]] = {node: [] for node in nodes}
    for quad in quads:
        # What is concluded is never taken from the submitter, nor what the values mean.
        if quad.subject in stated and quad.predicate.value not in _DERIVED:
            stated[quad.subject].append(quad)  # type: ignore[index]  # a subject in the keys is a node
    readings = {node_name(node): _Reading(index, node, about) for node, about in stated.items()}
    facts = [quad for about in stated.values() for quad in about]
    facts += [quad for reading in readings.values() for quad in reading.refuted()]
    results = _validator(knowledge).run(facts, readings)
    answers = tuple(reading.answer() for reading in readings.values())
    return Report(results, answers)


class _Reading:
    """What one description says as far as it can be understood, for the details of messages."""

    def __init__(self, index: RuleIndex, node: NamedNode | BlankNode, about: Iterable[Quad]) -> None:
        self.index = index
        self.node = node
        facts: dict[str, list[int]] = {}
        date = None
        reported = []
        axes = {axis.property: axis.name for axis in index.asked_axes}
        for quad in about:
            if not isinstance(quad.object, NamedNode | Literal):
                continue
            text = quad.object.value
            axis = axes.get(quad.predicate.value)
            if axis and isinstance(quad.object, NamedNode) and (number := index.value_named(axis, text)) is not None:
                facts.setdefault(axis, []).append(number)
            elif quad.predicate == v.DATE_OF_SERVICE:
                date = text
            elif quad.predicate == v.REPORTED_CODE and (code := index.code_named(text)):
                reported.append(code)
        self.description: Description = describe(index, facts, date, reported, node_name(node))
        self.conflicts: dict[str | None, list[str]] = {}
        self.selection: Selection | None = None
        try:
            if date is not None:
                parse_date(date)
            check_contradictions(index, self.description)
            self.selection = select(index, self.description)
        except ContradictionError as error:
            for fault in error.faults:
                if fault.value is not None:  # else it tells of too many values, as another shape does
                    self.conflicts.setdefault(fault.axis, []).append(fault.message)
        except InputError:
            pass  # a date that is none is what a shape reports

    @cached_property
    def refuted_codes(self) -> tuple[str, ...]:
        """The reported codes that the description rules out."""
        if self.selection is None:
            return ()
        kept = {*self.selection.candidates, *(line.code for line in self.selection.lines)}
        return tuple(code for code in self.description.reported if code not in kept)

    def refuted(self) -> list[Quad]:
        """The refuted codes as statements."""
        return [
            Quad(self.node, term("spine:refutedCode"), NamedNode(self.index.codes[c].iri)) for c in self.refuted_codes
        ]

    def why_refuted(self, code: str) -> str:
        """What the description implies instead of a reported code, and the axis that decides."""
        if self.selection is None or code not in self.refuted_codes:
            return ""
        instead = [line.code for line in self.selection.lines]
        told = f"{code} was reported; "
        if instead:
            told += f"the description implies {listed(instead)}."
        elif self.selection.candidates:
            told += f"the description leaves only {listed(self.selection.candidates)} possible."
        else:
            told += "the description implies no code."
        failing = [row for row in explain_code(self.index, self.selection, code).rows if row.holds is False]
        for row in failing:
            given = listed(row.given) if row.given else "nothing"
            told += f" The {row.label} decides: {code} requires {row.requires}, {given} was given."
        replaced = self.index.codes[code].replaced_by
        if replaced and any(row.axis == DATE for row in failing):
            told += f" {code} was replaced by {listed(replaced)}."
        return told

    def answer(self) -> dict[str, Any]:
        """Status and lines, or what is still to be asked."""
        if self.selection is None:
            return {"description": node_name(self.node), "status": "contradictory" if self.conflicts else "unreadable"}
        return outcome_json(self.index, self.selection)


class _Validator:
    """The shapes, prepared once, and the vocabulary triples that belong to each value."""

    def __init__(self, knowledge: Knowledge) -> None:
        import rdflib
        from pyshacl.monkey import apply_patches
        from pyshacl.shapes_graph import ShapesGraph

        self.index = knowledge.index
        files = turtle_files([data_folder("shapes")])
        shape_quads = [quad for file in files if file.parent.name != "examples" for quad in parse_file(file)]
        self.shapes = Graph.of(shape_quads)
        apply_patches()  # type: ignore[no-untyped-call]
        # What is said of the shapes for people only costs the validator time.
        spoken = tuple(v.PREFIXES[name] for name in ("sh", "rdf"))
        self.shapes_graph = ShapesGraph(_rdflib_graph(q for q in shape_quads if q.predicate.value.startswith(spoken)))
        self.no_shapes = rdflib.Graph()
        self.vocabulary: dict[str, list[tuple[Any, Any, Any]]] = {}
        self._read_vocabulary(knowledge)
        self.axis_of_property = {axis.property: axis.name for axis in self.index.asked_axes}
        self.axis_of_property |= {v.DATE_OF_SERVICE.value: DATE, v.REPORTED_CODE.value: CODE}
        self.axis_of_iri = {axis.iri: axis.name for axis in self.index.asked_axes}
        self.order = {axis.name: place for place, axis in enumerate(self.index.asked_axes)}
        # pySHACL keeps state on its shapes while it runs.
        self.lock = threading.Lock()
        # rdflib logs the text of ill-typed literals, which here is a submission's.
        logging.getLogger("rdflib.term").setLevel(logging.CRITICAL)

    def _read_vocabulary(self, knowledge: Knowledge) -> None:
        graph = knowledge.graph
        links = {chain[1] for chain in _chain_links(graph)}
        for iri in [value.iri for value in self.index.values] + [code.iri for code in self.index.codes.values()]:
            node = NamedNode(iri)
            found = [Triple(node, v.TYPE, cls) for cls in graph.nodes(node, v.TYPE) if isinstance(cls, NamedNode)]
            for link in links:
                for target in graph.nodes(node, link):
                    found.append(Triple(node, link, target))
                    found += [
                        Triple(target, v.TYPE, c) for c in graph.nodes(target, v.TYPE) if isinstance(c, NamedNode)
                    ]
            self.vocabulary[iri] = [(_rdflib_term(s), _rdflib_term(p), _rdflib_term(o)) for s, p, o in found]

    def run(self, facts: Sequence[Quad], readings: Mapping[str, _Reading]) -> tuple[Result, ...]:
        from pyshacl.graph_abstraction import DataGraph
        from pyshacl.validator import Validator

        graph = _rdflib_graph(facts)
        mentioned = {quad.object.value for quad in facts if isinstance(quad.object, NamedNode)}
        for iri in mentioned:
            for triple in self.vocabulary.get(iri, ()):
                graph.add(triple)
        with self.lock:
            options = {"inplace": True, "allow_warnings": True, "allow_infos": True}
            validator = Validator(DataGraph.from_rdflib(graph), shacl_graph=self.no_shapes, options=options)
            validator.shacl_graph = self.shapes_graph
            _, report, _ = validator.run()  # type: ignore[no-untyped-call]
        results = {self._result(report, node, readings) for node in report.subjects(_rdflib_term(term("sh:focusNode")))}
        return tuple(sorted(results, key=self._sort_key))

    def _sort_key(self, result: Result) -> tuple[Any, ...]:
        axis = self.order.get(result.axis or "", len(self.order))
        place = (result.focus_node, SEVERITIES.index(result.severity), axis)
        return (*place, result.path or "", result.value or "", result.shape)

    def _result(self, report: rdflib.Graph, node: Any, readings: Mapping[str, _Reading]) -> Result:
        import rdflib

        def one(curie: str) -> Any:
            return report.value(node, _rdflib_term(term(curie)))

        focus = one("sh:focusNode")
        focus_name = f"_:{focus}" if isinstance(focus, rdflib.BNode) else str(focus)
        path = str(one("sh:resultPath")) if isinstance(one("sh:resultPath"), rdflib.URIRef) else None
        value = one("sh:value")
        shape = NamedNode(str(one("sh:sourceShape"))) if isinstance(one("sh:sourceShape"), rdflib.URIRef) else None
        component = str(one("sh:sourceConstraintComponent"))
        about = self.shapes.iris(shape, term("spine:aboutAxis")) if shape else []
        axis = self.axis_of_property.get(path or "") or (self.axis_of_iri.get(about[0]) if about else None)
        reading = readings.get(focus_name)
        message, hint = str(one("sh:resultMessage")), ""
        shown = (
            None if value is None or value == focus else f"_:{value}" if isinstance(value, rdflib.BNode) else str(value)
        )
        if reading is not None:
            hint = self._detail(reading, shape, component, axis, path, shown)
        return Result(
            severity=str(one("sh:resultSeverity")).rpartition("#")[2].lower(),
            focus_node=focus_name,
            axis=axis,
            path=path,
            value=shown,
            message=f"{message} {hint}".strip(),
            fix=(self.shapes.text(shape, term("spine:fix")) or "") if shape else "",
            shape=shape.value if shape else "",
            component=component,
            value_is_node=isinstance(value, rdflib.URIRef | rdflib.BNode),
        )

    def _detail(
        self,
        reading: _Reading,
        shape: NamedNode | None,
        component: str,
        axis: str | None,
        path: str | None,
        value: str | None,
    ) -> str:
        """What this description said that the shape's message cannot know."""
        kind = component.rpartition("#")[2]
        if shape is not None and self.shapes.flag(shape, term("spine:contradiction")):
            return " ".join(reading.conflicts.get(axis, ()))
        if kind == "DisjointConstraintComponent" and value is not None:
            return reading.why_refuted(self.index.code_named(value) or "")
        if kind in ("ClassConstraintComponent", "NodeKindConstraintComponent") and value is not None and axis:
            return self._nearest(axis, value)
        if kind == "ClosedConstraintComponent" and path is not None:
            import difflib

            close = difflib.get_close_matches(path, self.axis_of_property, n=2, cutoff=0.6)
            return f"{v.shorten(path)} was given." + _did_you_mean([v.shorten(iri) for iri in close])
        return f"{value} was given." if value is not None else ""

    def _nearest(self, axis: str, value: str) -> str:
        name = value.rpartition("/")[2] if value.startswith(v.SPINE) else value
        if axis == CODE:
            close = self.index.nearest_codes(name)
            return f"{name} was given." + _did_you_mean([self.index.codes[code].iri for code in close])
        numbers = [self.index.value_named(axis, near) for near in self.index.nearest_values(axis, name)]
        iris = [v.shorten(self.index.values[number].iri) for number in numbers if number is not None]
        return f"{name} was given." + _did_you_mean(iris)


def _did_you_mean(names: Sequence[str]) -> str:
    return f" Did you mean {' or '.join(names)}?" if names else ""


def _chain_links(graph: Graph) -> list[tuple[str, NamedNode]]:
    found = []
    for quad in graph.store.quads_for_pattern(None, v.CHAIN, None):
        if isinstance(quad.object, BlankNode | NamedNode):
            links = graph.items(quad.object)
            if len(links) == 2 and isinstance(links[1], NamedNode):
                found.append((str(quad.subject), links[1]))
    return found


@lru_cache(maxsize=8)
def _validator(knowledge: Knowledge) -> _Validator:
    return _Validator(knowledge)


def prepare(knowledge: Knowledge) -> None:
    """Load the shapes and the validator ahead of the first submission."""
    _validator(knowledge)


def _rdflib_term(node: Any) -> Any:
    import rdflib

    if isinstance(node, NamedNode):
        return rdflib.URIRef(node.value)
    if isinstance(node, BlankNode):
        return rdflib.BNode(node.value)
    if node.language:
        return rdflib.Literal(node.value, lang=node.language)
    if node.datatype.value.endswith("#string"):
        return rdflib.Literal(node.value)
    return rdflib.Literal(node.value, datatype=rdflib.URIRef(node.datatype.value), normalize=False)


def _rdflib_graph(quads: Iterable[Quad]) -> rdflib.Graph:
    import rdflib

    graph = rdflib.Graph(bind_namespaces="core")
    for quad in quads:
        graph.add((_rdflib_term(quad.subject), _rdflib_term(quad.predicate), _rdflib_term(quad.object)))
    return graph
