"""The forms of the pages, made from the axes and the codes of the ontology."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from spinecode.description import CODE, DATE
from spinecode.index import RuleIndex
from spinecode.rules import Axis, Code


@dataclass(frozen=True, slots=True)
class Option:
    """An answer that a field offers."""

    value: str
    label: str
    hint: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Group:
    """Options under a heading; the heading may be empty."""

    heading: str
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a form: one choice, several, a date or a code."""

    name: str
    label: str
    hint: str
    kind: Literal["one", "several", "date", "code"]
    groups: tuple[Group, ...] = ()
    text: str = ""


def select_form(index: RuleIndex, given: Mapping[str, Sequence[str]]) -> list[Field]:
    """The form that describes an injection, filled in with what was given as far as it is known."""
    fields = [_axis_field(index, axis, given.get(axis.name, ())) for axis in index.asked_axes]
    day = next(iter(given.get(DATE, ())), "")
    fields.append(Field(DATE, "date of service", "Today, when it is left open.", "date", text=day))
    reported = ", ".join(given.get(CODE, ()))
    fields.append(Field(CODE, "reported code", "To have a code checked.", "code", code_groups(index, ()), reported))
    return fields


def _axis_field(index: RuleIndex, axis: Axis, given: Sequence[str]) -> Field:
    chosen: set[int] = set()
    for text in given:
        number = index.value_named(axis.name, text)
        parts = [number] if number is not None else [index.value_named(axis.name, part) for part in text.split(",")]
        chosen.update(part for part in parts if part is not None)
    groups: dict[str, list[Option]] = {}
    for number in axis.values:
        value = index.values[number]
        heading = ""
        if axis.repeatable:
            heading = next((index.values[ids[0]].label for _, ids in value.implies if ids), "")
        option = Option(value.name, value.label, value.definition, number in chosen)
        groups.setdefault(heading, []).append(option)
    found = tuple(Group(heading, tuple(options)) for heading, options in groups.items())
    return Field(axis.name, axis.label, axis.question, "several" if axis.repeatable else "one", found)


def code_groups(index: RuleIndex, chosen: Sequence[str]) -> tuple[Group, ...]:
    """All codes as options, by family."""
    return tuple(
        Group(family, tuple(Option(c.code, c.label, c.definition, c.code in chosen) for c in codes))
        for family, codes in codes_by_family(index).items()
    )


def codes_by_family(index: RuleIndex) -> dict[str, list[Code]]:
    """The codes by the label of their family, both in the order of the ontology."""
    found: dict[str, list[Code]] = {}
    for code in index.codes.values():
        found.setdefault(code.family_label, []).append(code)
    return found
