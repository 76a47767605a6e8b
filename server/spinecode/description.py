"""A description of an injection: what was given, resolved to the values of the ontology."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from pyoxigraph import BlankNode, Literal, NamedNode, Quad

from spinecode import vocabulary as v
from spinecode.errors import ContradictionError, Fault, InputError, NoDescriptionError
from spinecode.index import RuleIndex
from spinecode.reported import line_of, text_of
from spinecode.rules import is_date

#: The two facts that are not axes: when it was done, and what was reported for it.
DATE = "date"
CODE = "code"


@dataclass(frozen=True, slots=True)
class Description:
    """What a record says of one injection.

    ``facts`` holds value ids by axis name, only for axes that were given; ``date`` is ISO 8601 or None;
    ``reported`` the codes to check; ``node`` the IRI or blank node label when it came from RDF. ``stated`` is the mask
    of the values, ``excluded`` that of the definitions they stand against, ``doubtful`` whether they may clash;
    ``modifiers`` are those that stand for some value.
    """

    facts: Mapping[str, tuple[int, ...]]
    date: str | None = None
    reported: tuple[str, ...] = ()
    node: str | None = None
    stated: int = field(default=0, compare=False)
    excluded: int = field(default=0, compare=False)
    doubtful: bool = field(default=True, compare=False)
    modifiers: tuple[str, ...] = field(default=(), compare=False)


def describe(
    index: RuleIndex,
    facts: Mapping[str, Iterable[int]],
    date: str | None = None,
    reported: Iterable[str] = (),
    node: str | None = None,
) -> Description:
    """A description of value ids by axis name."""
    values = index.values
    # levels from the head downwards, other values in the order of the ontology
    sorted_facts = {
        axis: tuple(sorted(set(numbers), key=lambda n: (values[n].position, n))) for axis, numbers in facts.items()
    }
    stated = excluded = clashing = 0
    doubtful = bool(index.wide_constraints)
    modifiers: list[str] = []
    for axis, numbers in sorted_facts.items():
        doubtful |= len(numbers) > 1 and not index.axes[axis].repeatable
        for number in numbers:
            stated |= 1 << number
            excluded |= index.excludes[number]
            clashing |= index.conflicts[number]
            modifiers += values[number].modifiers
    doubtful |= bool(clashing & stated)
    codes = tuple(dict.fromkeys(reported))
    return Description(sorted_facts, date, codes, node, stated, excluded, doubtful, tuple(modifiers))


def parse_date(text: str) -> str:
    """A calendar date in the form YYYY-MM-DD. Raises InputError for anything else."""
    text = text.strip()
    if not is_date(text):
        message = f"{text!r} is not a date of the calendar in the form YYYY-MM-DD, such as 2024-05-31."
        raise InputError.of(message, axis=DATE, value=text)
    return text


#: The most values that one description may have.
VALUE_LIMIT = 200
#: The most faults that are told of one description.
FAULT_LIMIT = 20


def json_kind(value: object) -> str:
    """What a JSON value is, in words."""
    kinds = {
        str: "a text",
        bool: "true or false",
        int: "a number",
        float: "a number",
        list: "a list",
        dict: "an object",
    }
    return kinds.get(type(value), "null")


def given_texts(index: RuleIndex, given: Mapping[str, object]) -> tuple[list[tuple[str, str]], list[Fault]]:
    """Axis names and texts, one pair a value, and a fault for each value that is no text.

    Blank texts and nulls are left out; a text that lists several values with commas is parted. Raises InputError when
    there are more values than a description has.
    """
    pairs: list[tuple[str, str]] = []
    faults: list[Fault] = []
    for name, raw in given.items():
        for item in raw if isinstance(raw, list | tuple) else [raw]:
            if isinstance(item, int) and not isinstance(item, bool):
                item = str(item)  # noqa: PLW2901  # a code may come as a number
            if item is None:
                continue
            if name == CODE and isinstance(item, Mapping):
                item = text_of(item)  # noqa: PLW2901  # a line with units and modifiers
                if isinstance(item, Fault):
                    faults.append(item)
                    continue
            if not isinstance(item, str):
                faults.append(Fault(f"{name} takes a text or a list of texts, not {json_kind(item)}.", axis=name))
                continue
            pairs += [(name, part.strip()) for part in _split(index, name, item) if part.strip()]
        if len(pairs) + len(faults) > VALUE_LIMIT:
            raise InputError.of(f"A description has at most {VALUE_LIMIT} values.", axis=name)
    return pairs, faults


def _unknown_axis(index: RuleIndex, name: str) -> Fault:
    import difflib

    known = [axis.name for axis in index.asked_axes] + [DATE, CODE]
    nearest = tuple(difflib.get_close_matches(name, known, n=2, cutoff=0.6))
    message = f"There is no axis {name!r}. The axes are {', '.join(known)}."
    return Fault(message, axis=name, nearest=nearest)


def _split(index: RuleIndex, name: str, text: str) -> list[str]:
    """A text that lists several values with commas, as a list; a comma inside a known name does not part it."""
    if "," not in text:
        return [text]
    axis = index.axes.get(name)
    several = name == CODE or (axis is not None and axis.repeatable and index.value_named(name, text) is None)
    return text.split(",") if several else [text]


def from_mapping(index: RuleIndex, given: Mapping[str, object], node: str | None = None) -> Description:
    """A description from axis names and values, as on the command line, in a URL or in JSON.

    A value may be a short name, an IRI, a label or an alternative label; a list where the axis is repeatable.
    Raises InputError with one fault for each thing that is wrong, ContradictionError when an axis that takes one value
    has several.
    """
    pairs, faults = given_texts(index, given)
    facts: dict[str, list[int]] = {}
    days: dict[str, None] = {}
    reported: list[str] = []
    asked = {axis.name for axis in index.asked_axes}
    for name in given:
        if name not in asked and name not in (DATE, CODE):
            faults.append(_unknown_axis(index, name))
    for name, text in pairs:
        if len(faults) >= FAULT_LIMIT:
            faults.append(Fault("There are more faults than are told here."))
            break
        if name == DATE:
            try:
                days[parse_date(text)] = None
            except InputError as error:
                faults += error.faults
        elif name == CODE:
            if (line := line_of(index, text)) is None:
                message = f"{text!r} is not a code that this ontology knows."
                faults.append(Fault(message, CODE, text, index.nearest_codes(text)))
            else:
                reported.append(line.code)
        elif name in asked:
            number = index.value_named(name, text)
            if number is None:
                message = f"{text!r} is not a known {index.axes[name].label}."
                faults.append(Fault(message, name, text, index.nearest_values(name, text)))
            else:
                facts.setdefault(name, []).append(number)
    contradictions = [fault for name, numbers in facts.items() for fault in _too_many(index, name, numbers)]
    if len(days) > 1:
        message = f"{' and '.join(days)} contradict each other: an injection has one date of service."
        contradictions.append(Fault(message, axis=DATE, value=", ".join(days)))
    if faults:
        raise InputError((*faults[: FAULT_LIMIT + 1], *contradictions))
    if contradictions:
        raise ContradictionError(tuple(contradictions))
    return describe(index, facts, next(iter(days), None), reported, node)


def _too_many(index: RuleIndex, axis: str, numbers: Iterable[int]) -> list[Fault]:
    distinct = list(dict.fromkeys(numbers))
    if index.axes[axis].repeatable or len(distinct) < 2:
        return []
    named = " and ".join(index.values[number].name for number in distinct)
    message = f"{named} contradict each other: an injection has one {index.axes[axis].label}."
    message = f"{message} {index.axes[axis].when_several}".strip()
    return [Fault(message, axis=axis, value=", ".join(index.values[n].name for n in distinct))]


def fact_properties(index: RuleIndex) -> dict[str, str]:
    """The properties by which a description states facts: those of the axes, the date and the reported codes."""
    reported = {v.REPORTED_CODE.value: CODE, v.REPORTED_LINE.value: CODE}
    return index.axis_of_property | reported | {v.DATE_OF_SERVICE.value: DATE}


def description_nodes(index: RuleIndex, quads: Iterable[Quad]) -> list[NamedNode | BlankNode]:
    """The nodes that are typed as an injection or answer on an axis, in the order of the document.

    Raises NoDescriptionError where there is none.
    """
    properties = fact_properties(index)
    found: dict[NamedNode | BlankNode, None] = {}
    for quad in quads:
        typed = quad.predicate == v.TYPE and quad.object == v.INJECTION
        if (typed or quad.predicate.value in properties) and isinstance(quad.subject, NamedNode | BlankNode):
            found.setdefault(quad.subject)
    if not found:
        raise NoDescriptionError.of(
            f"The RDF holds no description: no node of the type {v.shorten(v.INJECTION.value)} "
            f"({v.INJECTION.value}) and none with a property of an axis."
        )
    return list(found)


def node_name(node: NamedNode | BlankNode) -> str:
    """A node as people name it: its IRI, or ``_:`` and the label of a blank node."""
    return node.value if isinstance(node, NamedNode) else f"_:{node.value}"


def from_rdf(index: RuleIndex, quads: Sequence[Quad]) -> list[Description]:
    """The descriptions in some RDF.

    Raises NoDescriptionError where there is none, and InputError where one says something unknown.
    """
    nodes = description_nodes(index, quads)
    by_subject: dict[object, list[Quad]] = {}
    for quad in quads:
        by_subject.setdefault(quad.subject, []).append(quad)
    axis_of = fact_properties(index)
    found = []
    for node in nodes:
        given: dict[str, list[str]] = {}
        for quad in by_subject[node]:
            if axis := axis_of.get(quad.predicate.value):
                if not isinstance(quad.object, NamedNode | Literal):
                    message = f"The value of {v.shorten(quad.predicate.value)} has to be an IRI, not a blank node."
                    raise InputError.of(message, axis=axis)
                given.setdefault(axis, []).append(quad.object.value)
            elif quad.predicate.value.startswith(v.SPINE) and quad.predicate.value not in v.CONCLUDED:
                given.setdefault(v.shorten(quad.predicate.value), []).append("")
        found.append(from_mapping(index, given, node_name(node)))
    return found
