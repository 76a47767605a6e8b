"""Validation: a submitted description against the shapes, with what is wrong, where, and how to mend it.

The shapes say whether something is wrong; what the description implies, and why not the reported code, comes from
selection.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from pyoxigraph import BlankNode, Literal, NamedNode, Quad

from spinecode import vocabulary as v
from spinecode.bridge import Found
from spinecode.description import CODE, DATE, VALUE_LIMIT, description_nodes, given_texts, node_name
from spinecode.documents import no_description
from spinecode.errors import InputError, NoDescriptionError
from spinecode.fast_shacl import engine_for
from spinecode.fhir import is_fhir, read_fhir
from spinecode.fhir_elements import Described, Note
from spinecode.fhir_results import with_notes
from spinecode.index import RuleIndex
from spinecode.knowledge import Knowledge
from spinecode.report import SEVERITIES, Report, Result
from spinecode.reported import line_of
from spinecode.shacl import Runs
from spinecode.telling import Teller
from spinecode.understanding import Reading
from spinecode.vocabulary import term

_DATE_TYPE = term("xsd:date")
#: For how many results about one description the nearest known names are looked for.
_NEAREST_LIMIT = 5
#: How many descriptions are validated in one go.
_PART = 50


def validate_mapping(knowledge: Knowledge, given: Mapping[str, object] | Sequence[Mapping[str, object]]) -> Report:
    """Validate descriptions given by axis names, or resources of FHIR; what is unknown is reported, not refused.

    Raises InputError when it is not an object, or a list of objects, of texts and lists of texts.
    """
    items = [given] if isinstance(given, Mapping) else list(given)
    if not items:
        raise NoDescriptionError.of("The list holds no description.")
    quads = []
    described: list[Described] = []
    notes: list[Note] = []
    for number, item in enumerate(items, 1):
        if not isinstance(item, Mapping):
            message = f"Description {number} has to be an object of axis names and values, not {type(item).__name__}."
            raise InputError.of(message)
        if is_fhir(item):
            reading = read_fhir(knowledge, item, number)
            described += reading.described
            notes += reading.notes
            continue
        quads += statements_of(knowledge.index, item, NamedNode(f"urn:spinecode:description:{number}"))
    for one in described:
        quads += statements_of(knowledge.index, one.given, NamedNode(one.node))
    if not quads:
        raise no_description(notes)
    return with_notes(validate_rdf(knowledge, quads), described, notes)


def statements_of(index: RuleIndex, item: Mapping[str, object], node: NamedNode) -> list[Quad]:
    """A description given by axis names as statements about a node; what is not known stays visible.

    Raises InputError when it is not made of texts.
    """
    pairs, faults = given_texts(index, item)
    if faults:
        raise InputError(tuple(faults))
    named = {name for name, _ in pairs}
    known = {axis.name for axis in index.asked_axes} | {DATE, CODE}
    pairs += [(name, "") for name in item if name not in named | known]
    codes = [text for name, text in pairs if name == CODE]
    pairs = [pair for pair in pairs if pair[0] != CODE] + [(CODE, text) for text in _added_up(index, codes)]
    return [Quad(node, v.TYPE, v.INJECTION), *(_statement(index, node, name, text) for name, text in pairs)]


def _added_up(index: RuleIndex, codes: Sequence[str]) -> list[str]:
    """Lines that stand twice as one, with all their units; statements of RDF cannot stand twice."""
    times: dict[str, int] = {}
    for text in codes:
        line = line_of(index, text)
        before = text.strip() if line is None or line.units is None else text.strip().rpartition(" x")[0]
        times[before] = times.get(before, 0) + ((line.units or 1) if line is not None else 0)
    once = {text.strip() for text in codes}
    return [
        text if text in once and count < 2 else f"{text} x{count}" if count else text for text, count in times.items()
    ]


def _statement(index: RuleIndex, node: NamedNode, name: str, text: str) -> Quad:
    """A fact given by axis name as a triple; what is not known stays visible as a text or an unknown property."""
    if name == DATE:
        return Quad(node, v.DATE_OF_SERVICE, Literal(text, datatype=_DATE_TYPE))
    if name == CODE:
        line = line_of(index, text)
        if line is None:
            return Quad(node, v.REPORTED_CODE, Literal(text))
        if index.code_named(text) is None:
            return Quad(node, v.REPORTED_LINE, Literal(text))
        return Quad(node, v.REPORTED_CODE, NamedNode(index.codes[line.code].iri))
    axis = index.axes.get(name)
    if axis is None or axis.derived_from is not None:
        return Quad(node, NamedNode(v.SPINE + quote(name, safe="")), Literal(text))
    number = index.value_named(name, text)
    return Quad(
        node, NamedNode(axis.property), NamedNode(index.values[number].iri) if number is not None else Literal(text)
    )


def validate_rdf(knowledge: Knowledge, quads: Sequence[Quad], engine: Runs | None = None) -> Report:
    """Validate every description in some RDF; the order of the results depends on their content alone.

    ``engine`` is by default the fast one where it is installed, else pySHACL; they say the same.
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
    readings = {node_name(node): Reading(index, node, about) for node, about in stated.items()}
    results: list[Result] = []
    validator = _validator(knowledge, engine or engine_for(knowledge))
    nodes = list(stated)
    # in parts, so that other submissions are not kept waiting by a long one
    for start in range(0, len(nodes), _PART):
        part = nodes[start : start + _PART]
        facts = [quad for node in part for quad in stated[node]]
        facts += [quad for node in part for quad in readings[node_name(node)].concluded()]
        results += validator.run(facts, readings)
    answers = tuple(reading.answer() for reading in readings.values())
    return Report(tuple(results), answers)


class _Validator:
    """The engine, and what its results mean in the terms of the axes."""

    def __init__(self, knowledge: Knowledge, engine: Runs) -> None:
        self.engine = engine
        self.teller = Teller(knowledge, engine.shapes)
        self.index = knowledge.index
        self.order = {axis.name: place for place, axis in enumerate(self.index.asked_axes)}

    def run(self, facts: Sequence[Quad], readings: Mapping[str, Reading]) -> tuple[Result, ...]:
        """The results for some facts, each once, in an order that depends on them alone."""
        found = sorted(self.engine.run(facts), key=lambda f: (f.focus_node, f.path or "", f.value or "", f.component))
        results = set()
        told: Counter[str] = Counter()
        for item in found:
            told[item.focus_node] += 1
            results.add(self._result(item, readings.get(item.focus_node), told[item.focus_node] <= _NEAREST_LIMIT))
        return tuple(sorted(results, key=self._sort_key))

    def _sort_key(self, result: Result) -> tuple[Any, ...]:
        axis = self.order.get(result.axis or "", len(self.order))
        place = (result.focus_node, SEVERITIES.index(result.severity), axis)
        return (*place, result.path or "", result.value or "", result.shape)

    def _result(self, found: Found, reading: Reading | None, helpful: bool) -> Result:
        teller = self.teller
        grounds = teller.grounds(found, reading, helpful)
        return Result(
            severity=found.severity,
            focus_node=found.focus_node,
            axis=teller.axis(found),
            path=found.path,
            value=found.value,
            message=f"{teller.message(found)} {grounds.told}".strip(),
            fix=teller.about(found).fix,
            shape=found.shape.value if found.shape else "",
            component=found.component,
            value_is_node=found.value_is_node,
            given=grounds.given,
            expected=grounds.expected,
            rules=grounds.rules,
            sources=grounds.sources,
        )


@lru_cache(maxsize=8)
def _validator(knowledge: Knowledge, engine: Runs) -> _Validator:
    return _Validator(knowledge, engine)
