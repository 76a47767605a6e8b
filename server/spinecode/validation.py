"""Validation: a submitted description against the shapes, with what is wrong, where, and how to mend it.

The shapes say whether something is wrong; what the description implies, and why not the reported code, comes from
selection.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Any
from urllib.parse import quote

from pyoxigraph import BlankNode, Literal, NamedNode, Quad

from spinecode import vocabulary as v
from spinecode.answers import outcome_json
from spinecode.bridge import Found
from spinecode.comparison import listed
from spinecode.description import (
    CODE,
    DATE,
    VALUE_LIMIT,
    Description,
    describe,
    description_nodes,
    fact_properties,
    given_texts,
    node_name,
    parse_date,
)
from spinecode.errors import ContradictionError, InputError, NoDescriptionError
from spinecode.explanation import explain_code
from spinecode.index import RuleIndex
from spinecode.knowledge import Knowledge
from spinecode.report import SEVERITIES, Report, Result
from spinecode.selection import Selection, check_contradictions, select
from spinecode.shacl import Engine
from spinecode.vocabulary import term

_DATE_TYPE = term("xsd:date")
_UNREPORTED = term("spine:unreportedCode").value
#: For how many results of one run the nearest known names are looked for.
_NEAREST_LIMIT = 50
#: How many descriptions are validated in one go.
_PART = 50


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
    pairs, faults = given_texts(index, item)
    if faults:
        raise InputError(tuple(faults))
    named = {name for name, _ in pairs}
    known = {axis.name for axis in index.asked_axes} | {DATE, CODE}
    pairs += [(name, "") for name in item if name not in named | known]
    return [Quad(node, v.TYPE, v.INJECTION), *(_statement(index, node, name, text) for name, text in pairs)]


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
    stated: dict[NamedNode | BlankNode, list[Quad]] = {node: [] for node in nodes}
    for quad in quads:
        # What is concluded is never taken from the submitter, nor what the values mean.
        if quad.subject in stated and quad.predicate.value not in v.CONCLUDED:
            stated[quad.subject].append(quad)  # type: ignore[index]  # a subject in the keys is a node
    for node, about in stated.items():
        if len(about) > VALUE_LIMIT:
            raise InputError.of(
                f"{node_name(node)} has {len(about)} statements; a description has at most {VALUE_LIMIT}."
            )
    readings = {node_name(node): _Reading(index, node, about) for node, about in stated.items()}
    results: list[Result] = []
    nodes = list(stated)
    # in parts, so that other submissions are not kept waiting by a long one
    for start in range(0, len(nodes), _PART):
        part = nodes[start : start + _PART]
        facts = [quad for node in part for quad in stated[node]]
        facts += [quad for node in part for quad in readings[node_name(node)].concluded()]
        results += _validator(knowledge).run(facts, readings)
    answers = tuple(reading.answer() for reading in readings.values())
    return Report(tuple(results), answers)


class _Reading:
    """What one description says as far as it can be understood, for the details of messages."""

    def __init__(self, index: RuleIndex, node: NamedNode | BlankNode, about: Iterable[Quad]) -> None:
        self.index = index
        self.node = node
        facts: dict[str, list[int]] = {}
        date = None
        reported = []
        axes = index.axis_of_property
        for quad in about:
            if not isinstance(quad.object, NamedNode | Literal):
                continue
            text = quad.object.value
            axis = axes.get(quad.predicate.value)
            if axis and isinstance(quad.object, NamedNode) and (number := index.value_named(axis, text)) is not None:
                facts.setdefault(axis, []).append(number)
            elif quad.predicate == v.DATE_OF_SERVICE:
                # two dates are none; a shape tells of it
                date = text if date in (None, text) else f"{date} {text}"
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

    @cached_property
    def unreported_codes(self) -> tuple[str, ...]:
        """The implied codes that are missing among the reported ones, where some are reported and all are right."""
        if self.selection is None or not self.description.reported or self.refuted_codes:
            return ()
        return tuple(line.code for line in self.selection.lines if line.code not in self.description.reported)

    def concluded(self) -> list[Quad]:
        """The refuted and the unreported codes as statements."""
        found = (("spine:refutedCode", self.refuted_codes), ("spine:unreportedCode", self.unreported_codes))
        return [
            Quad(self.node, term(curie), NamedNode(self.index.codes[code].iri))
            for curie, codes in found
            for code in codes
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
    """The engine, and what its results mean in the terms of the axes."""

    def __init__(self, knowledge: Knowledge) -> None:
        self.engine = Engine(knowledge)
        self.shapes = self.engine.shapes
        self.index = knowledge.index
        self.axis_of_property = fact_properties(self.index)
        self.concerns = {**self.axis_of_property, _UNREPORTED: CODE}
        self.axis_of_iri = {axis.iri: axis.name for axis in self.index.asked_axes}
        self.order = {axis.name: place for place, axis in enumerate(self.index.asked_axes)}

    def run(self, facts: Sequence[Quad], readings: Mapping[str, _Reading]) -> tuple[Result, ...]:
        """The results for some facts, each once, in an order that depends on them alone."""
        found = sorted(self.engine.run(facts), key=lambda f: (f.focus_node, f.path or "", f.value or "", f.component))
        results = {
            self._result(item, readings.get(item.focus_node), number < _NEAREST_LIMIT)
            for number, item in enumerate(found)
        }
        return tuple(sorted(results, key=self._sort_key))

    def _sort_key(self, result: Result) -> tuple[Any, ...]:
        axis = self.order.get(result.axis or "", len(self.order))
        place = (result.focus_node, SEVERITIES.index(result.severity), axis)
        return (*place, result.path or "", result.value or "", result.shape)

    def _result(self, found: Found, reading: _Reading | None, helpful: bool) -> Result:
        about = self.shapes.iris(found.shape, term("spine:aboutAxis")) if found.shape else []
        axis = self.concerns.get(found.path or "") or (self.axis_of_iri.get(about[0]) if about else None)
        detail = self._detail(found, axis, reading, helpful) if reading is not None else ""
        return Result(
            severity=found.severity,
            focus_node=found.focus_node,
            axis=axis,
            path=found.path,
            value=found.value,
            message=f"{self._message(found)} {detail}".strip(),
            fix=(self.shapes.text(found.shape, term("spine:fix")) or "") if found.shape else "",
            shape=found.shape.value if found.shape else "",
            component=found.component,
            value_is_node=found.value_is_node,
        )

    def _message(self, found: Found) -> str:
        """What the shape says; of several languages the one that is shown."""
        texts = self.shapes.texts(found.shape, term("sh:message")) if found.shape else []
        return texts[0] if len(texts) > 1 else found.message

    def _detail(self, found: Found, axis: str | None, reading: _Reading, helpful: bool) -> str:
        """What this description said that the shape's message cannot know."""
        kind = found.component.rpartition("#")[2]
        value = found.value
        if found.shape is not None and self.shapes.flag(found.shape, term("spine:contradiction")):
            return " ".join(reading.conflicts.get(axis, ()))
        if found.path == _UNREPORTED:
            return f"{listed(reading.unreported_codes)} was not reported."
        if kind == "DisjointConstraintComponent" and value is not None:
            return reading.why_refuted(self.index.code_named(value) or "")
        if (
            kind in ("ClassConstraintComponent", "NodeKindConstraintComponent")
            and value is not None
            and axis
            and helpful
        ):
            return self._nearest(axis, value)
        if kind == "ClosedConstraintComponent" and found.path is not None and helpful:
            return f"{v.shorten(found.path)} was given." + _did_you_mean(self._nearest_properties(found.path))
        return f"{value} was given." if value is not None else ""

    def _nearest_properties(self, iri: str) -> list[str]:
        """The properties that a mistyped property, or the mistyped name of an axis, comes closest to."""
        names = {prop.rpartition("/")[2]: prop for prop in self.axis_of_property}
        names |= {axis: prop for prop, axis in self.axis_of_property.items()}
        close = difflib.get_close_matches(iri.rpartition("/")[2], names, n=2, cutoff=0.6)
        return list(dict.fromkeys(f"{v.shorten(names[name])} ({self.axis_of_property[names[name]]})" for name in close))

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


@lru_cache(maxsize=8)
def _validator(knowledge: Knowledge) -> _Validator:
    return _Validator(knowledge)
