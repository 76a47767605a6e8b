"""The mapping of FHIR, read from the ontology: which element answers on which axis, and what systems are called."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from pyoxigraph import NamedNode

from spinecode import vocabulary as v
from spinecode.description import fact_properties
from spinecode.graph import Graph
from spinecode.index import RuleIndex
from spinecode.knowledge import Knowledge
from spinecode.spelling import fold
from spinecode.vocabulary import term

#: A step of a path: the name of an element, and of an extension its URL.
Step = tuple[str, str | None]
#: A value: its axis and its number.
Meant = tuple[str, int]

_STEP: Final = re.compile(r"(\w+)(?:\('([^']*)'\))?\.?")
#: Kinds of elements, by their class.
FACT, PROSE, UNREAD, BAR = "FhirFact", "FhirProse", "FhirUnread", "FhirBar"


@dataclass(frozen=True, slots=True)
class Element:
    """An element of a resource. ``answers`` are names of axes, the date and the reported code among them."""

    iri: str
    kind: str
    steps: tuple[Step, ...]
    answers: tuple[str, ...]
    line_part: str | None
    if_silent: bool
    bars: tuple[str, ...]
    fix: str


@dataclass(frozen=True, slots=True)
class ResourceKind:
    """A type of resource.

    It may have repeated lines, and an element that names what these are of; it may add to another; or others may mean
    it by the element that says what it is.
    """

    iri: str
    type: str
    lines: str | None
    lines_of: str | None
    adds_to: str | None
    named_by: str | None
    elements: tuple[Element, ...]


@dataclass(frozen=True, slots=True)
class System:
    """A code system: how its IRIs begin where it is aligned, and why it is not where it is not."""

    label: str
    start: str | None
    prefixes: tuple[str, ...]
    names_codes: bool
    names_modifiers: bool
    unaligned_because: str

    def bare(self, code: str) -> str:
        """A code without what may stand before it."""
        return next((code[len(prefix) :] for prefix in self.prefixes if code.startswith(prefix)), code)


@dataclass(frozen=True, slots=True)
class FhirMapping:
    """All of the mapping.

    ``targets`` are the values that an IRI of another terminology stands for, ``terms`` the labels of what else of ours
    it stands for, ``names`` the values that a folded name is one of.
    """

    kinds: Mapping[str, ResourceKind]
    systems: Mapping[str, System]
    targets: Mapping[str, tuple[Meant, ...]]
    terms: Mapping[str, str]
    names: Mapping[str, tuple[Meant, ...]]
    axis_of_scheme: Mapping[str, str]

    @property
    def described_types(self) -> tuple[str, ...]:
        """The types that are read into descriptions."""
        return tuple(sorted(k.type for k in self.kinds.values() if not k.adds_to and not k.named_by))


@lru_cache(maxsize=8)
def fhir_mapping(knowledge: Knowledge) -> FhirMapping:
    """The mapping that the ontology and its packs have."""
    graph, index = knowledge.graph, knowledge.index
    targets, terms = _alignments(graph, index)
    return FhirMapping(
        kinds={kind.type: kind for kind in _kinds(graph, index)},
        systems=dict(_systems(graph)),
        targets=targets,
        terms=terms,
        names=_names(index),
        axis_of_scheme={axis.iri: axis.name for axis in index.asked_axes},
    )


def steps_of(path: str) -> tuple[Step, ...]:
    """The steps of a FHIRPath without indexes.

    >>> steps_of("Procedure.extension('urn:a.b').note")
    (('Procedure', None), ('extension', 'urn:a.b'), ('note', None))
    """
    return tuple((name, url or None) for name, url in _STEP.findall(path))


def _kinds(graph: Graph, index: RuleIndex) -> Iterable[ResourceKind]:
    elements: dict[str, list[Element]] = {}
    axis_of = fact_properties(index)
    for kind in (FACT, PROSE, UNREAD, BAR):
        for node in graph.instances(term(f"spine:{kind}")):
            steps = steps_of(graph.text(node, term("spine:fhirPath")) or "")
            if not steps:
                continue
            properties = graph.iris(node, term("spine:answersWith"))
            element = Element(
                iri=node.value,
                kind=kind,
                steps=steps[1:],
                answers=_in_order(index, {axis_of[one] for one in properties if one in axis_of}),
                line_part=graph.text(node, term("spine:linePart")),
                if_silent=graph.flag(node, term("spine:readIfSilent")),
                bars=tuple(graph.texts(node, term("spine:bars"))),
                fix=graph.text(node, term("spine:fix")) or "",
            )
            elements.setdefault(steps[0][0], []).append(element)
    for node in graph.instances(term("spine:FhirResourceKind")):
        name = graph.text(node, term("spine:fhirType")) or ""
        yield ResourceKind(
            iri=node.value,
            type=name,
            lines=graph.text(node, term("spine:fhirLines")),
            lines_of=graph.text(node, term("spine:fhirLinesOf")),
            adds_to=graph.text(node, term("spine:fhirAddsTo")),
            named_by=graph.text(node, term("spine:fhirNamedBy")),
            # what is read only where the others are silent comes last
            elements=tuple(sorted(elements.get(name, ()), key=lambda one: (one.if_silent, one.iri))),
        )


def _in_order(index: RuleIndex, names: set[str]) -> tuple[str, ...]:
    known = [axis.name for axis in index.asked_axes]
    return tuple(sorted(names, key=lambda name: (known.index(name) if name in known else len(known), name)))


def _systems(graph: Graph) -> Iterable[tuple[str, System]]:
    for node in graph.instances(term("spine:FhirCodeSystem")):
        system = System(
            # whose copy of a system is aligned with says nothing to who sends its codes
            label=(graph.label(node) or v.shorten(node.value)).partition(" (")[0],
            start=graph.text(node, term("spine:iriStart")),
            prefixes=tuple(graph.texts(node, term("spine:fhirCodePrefix"))),
            names_codes=graph.flag(node, term("spine:namesCodes")),
            names_modifiers=graph.flag(node, term("spine:namesModifiers")),
            unaligned_because=graph.text(node, term("spine:unalignedBecause")) or "",
        )
        for name in graph.texts(node, term("spine:fhirSystem")):
            yield name, system


def _alignments(graph: Graph, index: RuleIndex) -> tuple[dict[str, tuple[Meant, ...]], dict[str, str]]:
    """What IRIs of other terminologies stand for, through the properties that the mapping reads through."""
    value_of = {value.iri: (value.axis, value.id) for value in index.values}
    targets: dict[str, dict[Meant, None]] = {}
    terms: dict[str, str] = {}
    for link in graph.iris(term("spine:FhirCodeSystem"), term("spine:readThrough")):
        for quad in graph.store.quads_for_pattern(None, NamedNode(link), None):
            if not isinstance(quad.object, NamedNode) or not isinstance(quad.subject, NamedNode):
                continue
            if (meant := value_of.get(quad.subject.value)) is not None:
                targets.setdefault(quad.object.value, {})[meant] = None
            else:
                terms[quad.object.value] = graph.label(quad.subject) or v.shorten(quad.subject.value)
    return {iri: tuple(sorted(found)) for iri, found in targets.items()}, terms


def _names(index: RuleIndex) -> dict[str, tuple[Meant, ...]]:
    """The values of the axes that are asked about, by their folded names."""
    found: dict[str, dict[Meant, None]] = {}
    for axis in index.asked_axes:
        for number in axis.values:
            value = index.values[number]
            for name in (value.name, value.label, *value.alt_labels, *value.other_names):
                # a name that two values have is the one's that the index takes it for
                if index.value_named(axis.name, name) == number:
                    found.setdefault(fold(name), {})[axis.name, number] = None
    return {name: tuple(meant) for name, meant in found.items()}
