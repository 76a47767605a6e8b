"""Compiled rules to go: all that coding needs, as plain data for programs that have neither the ontology nor Python.

docs/compiled.md tells the form, and has a reader of it. The same ontology gives the same content.
"""

from __future__ import annotations

from typing import Any, Final

from spinecode.coding.classes import NOTHING, Classes
from spinecode.description import CODE, DATE
from spinecode.files import digest
from spinecode.index import RuleIndex
from spinecode.knowledge import Knowledge
from spinecode.rules import Definition, Requirement
from spinecode.spelling import DASHES
from spinecode.vocabulary import SPINE

FORMAT: Final = "spinecode-rules"
#: Raised when the form changes so that a reader of the earlier form would misread it.
FORMAT_VERSION: Final = 1


def compiled_rules(knowledge: Knowledge) -> dict[str, Any]:
    """The compiled rules of an ontology, as JSON has them. Raises OntologyError when the ontology cannot be used."""
    index = knowledge.index
    return {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "ontology": {
            "iri": SPINE,
            "version": index.rules.version,
            "sha256": digest(knowledge.ontology.files),
            "covers_from": index.rules.covers_from,
        },
        "beside": {"date": DATE, "code": CODE},
        "dashes": DASHES,
        "axes": _axes(index),
        "values": _values(index),
        "ordinals": _ordinals(index),
        "definitions": [
            {
                "code": d.code,
                "from": first or None,
                "until": last,
                "requires": [_requirement(index, r) for r in _in_order(index, d)],
            }
            for d, (first, last) in zip(index.definitions, index.spans, strict=True)
        ],
        "codes": [
            {
                "code": code.code,
                "label": code.label,
                "names": sorted(name for name, called in index.code_names.items() if called == code.code),
                "family": code.family_label,
                "max_units": code.max_units,
                "modifiers": sorted(code.modifiers),
            }
            for code in sorted(index.rules.codes, key=lambda code: code.code)
        ],
        "constraints": [
            {
                "conditions": [sorted(condition.accepts) for condition in constraint.conditions],
                "forbids": [n for n in index.axes[constraint.axis].values if not index.allows(constraint, n)],
            }
            for constraint in index.wide_constraints
        ],
    }


def _axes(index: RuleIndex) -> list[dict[str, Any]]:
    counting = index.counting_axis
    return [
        {
            "name": axis.name,
            "label": axis.label,
            "question": axis.question,
            "repeatable": axis.repeatable,
            "derived_from": axis.derived_from,
            "counts": axis is counting,
        }
        for axis in index.rules.axes
    ]


def _values(index: RuleIndex) -> list[dict[str, Any]]:
    classes = Classes(index)
    found = []
    first_of: dict[Any, int] = {}
    for value in index.values:
        asked = index.axes[value.axis].derived_from is None
        kind = classes.of_set(value.axis, (value.id,)) if asked else value.id
        names = sorted(name for name, n in index.names(value.axis).items() if n == value.id) if asked else []
        found.append(
            {
                "id": value.id,
                "axis": value.axis,
                "name": value.name,
                "label": value.label,
                "names": names,
                "kind": None if kind == NOTHING and asked else first_of.setdefault((value.axis, kind), value.id),
                "position": value.position,
                "narrower": sorted(value.narrower),
                "implies": sorted({n for _, numbers in value.implies for n in numbers}),
                "presumes": list(value.presumes),
                "conflicts": _bits(index.conflicts[value.id]),
                "excludes": _bits(index.excludes[value.id]),
                "counted_in": index.counted_in[value.id],
                "concluded": value.has_condition,
                "when_some": sorted(value.when_some),
                "when_none": sorted(value.when_none),
                "modifiers": list(value.modifiers),
            }
        )
    return found


def _ordinals(index: RuleIndex) -> list[int]:
    """The values of the counting axis for the first, the second ... of what it counts; the last goes on."""
    counting = index.counting_axis
    if counting is None:
        return []
    last = max(index.values[n].position for n in counting.values)
    return [index.ordinal(place) for place in range(1, last + 1)]


def _in_order(index: RuleIndex, definition: Definition) -> list[Requirement]:
    places = {axis.name: place for place, axis in enumerate(index.rules.axes)}
    return sorted(definition.requirements, key=lambda r: (places[r.axis], sorted(r.accepts)))


def _requirement(index: RuleIndex, requirement: Requirement) -> dict[str, Any]:
    accepts = set(requirement.accepts)
    values = index.axes[requirement.axis].values

    def may_be(number: int) -> bool:
        return number in accepts or any(may_be(n) for n in index.values[number].narrower)

    return {"axis": requirement.axis, "accepts": sorted(accepts), "may_accept": [n for n in values if may_be(n)]}


def _bits(mask: int) -> list[int]:
    return [bit for bit in range(mask.bit_length()) if mask >> bit & 1]
