"""Where the facts of a submitted text stand: the line and column of each statement and of each node.

Nothing is looked for until there is something to tell of. What stands in the text is compared with what the parser
made of it; where the two do not agree, or the text says it in more than one way, no place is told.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat

from spinecode import vocabulary as v
from spinecode.description import fact_properties, node_name
from spinecode.errors import SpinecodeError
from spinecode.fhir_facts import FhirPlaces
from spinecode.graph import Term, parse_rdf
from spinecode.index import RuleIndex
from spinecode.json_facts import TYPE_MEMBER, json_facts
from spinecode.jsonld_facts import jsonld_facts
from spinecode.report import Report, Result
from spinecode.text_places import Fact, Lines, Place, Said, UnknownPlacesError
from spinecode.turtle_text import turtle_statements
from spinecode.xml_text import xml_statements

_CLOSED: Final = f"{v.PREFIXES['sh']}ClosedConstraintComponent"
_OF_LISTS: Final = (v.FIRST.value, v.REST.value)
#: What goes wrong where a text is not what it was taken for.
_DOUBTS: Final = (UnknownPlacesError, SpinecodeError, ValueError, RecursionError)


def placed(
    report: Report,
    index: RuleIndex,
    content: bytes,
    syntax: RdfFormat | None,
    quads: Sequence[Quad] | None = None,
    first_line: int = 1,
) -> Report:
    """A report whose results say where the facts stand that they speak of.

    ``syntax`` is None for JSON by axis names, ``quads`` what was read from the text, in its order, and ``first_line``
    the line at which the text begins in what was submitted. Nothing is done for a report without results.
    """
    if not report.results:
        return report
    origins = Origins.of(index, content, syntax, quads)
    fhir = None
    if syntax is None and TYPE_MEMBER.encode() in content:
        fhir, facts = _of_fhir(report, index, content)
        origins = Origins(
            _by_subject([*(one for said in origins.facts.values() for one in said), *facts]), origins.axes
        )
    return dataclasses.replace(
        report, results=tuple(_placed(result, origins, fhir, first_line) for result in report.results)
    )


def _of_fhir(report: Report, index: RuleIndex, content: bytes) -> tuple[FhirPlaces | None, list[Fact]]:
    try:
        fhir = FhirPlaces(index, content.decode("utf-8-sig"))
        return fhir, list(fhir.facts(report))
    except _DOUBTS:
        return None, []


def _placed(result: Result, origins: Origins, fhir: FhirPlaces | None, first_line: int) -> Result:
    # a note on an element names it first
    found = (fhir.told(result.message) if fhir is not None else None) or origins.of_result(result)
    if found is None or result.line is not None:
        return result
    return dataclasses.replace(result, line=found[0] + first_line - 1, column=found[1])


@dataclass(frozen=True, slots=True)
class Origins:
    """The facts of a text by the name of their subject; ``axes`` are the names of axes by their properties."""

    facts: Mapping[str, Sequence[Fact]]
    axes: Mapping[str, str]

    @classmethod
    def of(
        cls, index: RuleIndex, content: bytes, syntax: RdfFormat | None, quads: Sequence[Quad] | None = None
    ) -> Origins:
        """The facts of a text that has been read; none where it is not what it is taken for."""
        try:
            found = _facts(index, content.removeprefix(b"\xef\xbb\xbf"), syntax, quads)
        except _DOUBTS:
            found = []
        return cls(_by_subject(found), fact_properties(index))

    def place(self, subject: Term | str, predicate: Term | str, value: Term | str) -> Place | None:
        """Where the value of a statement stands; None where that is not known."""
        hits = self._hits(self._about(subject, predicate), _name(value))
        return hits[0].value_place if hits else None

    def property_place(self, subject: Term | str, predicate: Term | str, value: Term | str) -> Place | None:
        """Where the property of a statement stands."""
        hits = self._hits(self._about(subject, predicate), _name(value))
        return hits[0].property_place if hits else None

    def node(self, subject: Term | str) -> Place | None:
        """Where a thing is spoken of first."""
        about = self.facts.get(_name(subject))
        return about[0].subject_place if about else None

    def of_result(self, result: Result) -> Place | None:
        """Where the fact stands that a result speaks of.

        That is the value, else what was said last by the property, else where the thing is spoken of first.
        """
        about = self.facts.get(result.focus_node, ())
        path = self._about(result.focus_node, result.path) if result.path else []
        if result.value is not None and (hits := self._hits(path, result.value) or self._hits(about, result.value)):
            return hits[0].property_place if result.component == _CLOSED else hits[0].value_place
        if not path and result.axis is not None:
            path = [fact for fact in about if self.axes.get(fact.property) == result.axis]
        return path[-1].value_place if path else self.node(result.focus_node)

    def _about(self, subject: Term | str, predicate: Term | str) -> list[Fact]:
        said = self.facts.get(_name(subject), ())
        wanted = self._called(_name(predicate))
        return [fact for fact in said if self._called(fact.property) == wanted]

    def _called(self, prop: str) -> str:
        # an axis may have more than one property, and JSON has one name for them
        return self.axes.get(prop, prop)

    @staticmethod
    def _hits(facts: Iterable[Fact], value: str) -> list[Fact]:
        return [fact for fact in facts if value in fact.values]


def _by_subject(facts: Iterable[Fact]) -> dict[str, list[Fact]]:
    found: dict[str, list[Fact]] = {}
    for fact in facts:
        found.setdefault(fact.subject, []).append(fact)
    return found


def _name(thing: Term | str) -> str:
    if isinstance(thing, str):
        return thing
    if isinstance(thing, NamedNode):
        return thing.value
    if isinstance(thing, BlankNode):
        return node_name(thing)
    return thing.value if isinstance(thing, Literal) else str(thing)


def _facts(index: RuleIndex, content: bytes, syntax: RdfFormat | None, quads: Sequence[Quad] | None) -> list[Fact]:
    text = content.decode("utf-8")
    if syntax is None:
        return json_facts(index, text)
    if quads is None and syntax is not RdfFormat.JSON_LD:
        quads = parse_rdf(content, syntax)
    if syntax is RdfFormat.JSON_LD:
        return jsonld_facts(index, text, quads or ())
    said = xml_statements(content) if syntax is RdfFormat.RDF_XML else turtle_statements(text)
    return _compared(said, quads or (), Lines(text))


def _compared(said: Sequence[Said], quads: Sequence[Quad], lines: Lines) -> list[Fact]:
    """What is written as facts, once it is what the parser read. Raises UnknownPlacesError where it is not."""
    # statements about a value with a name or a literal come from the parser in the order of the text, others need not
    read = [q for q in quads if not isinstance(q.object, BlankNode) and q.predicate.value not in _OF_LISTS]
    plain = [s for s in said if s.property not in _OF_LISTS and (s.literal or not _unnamed(s.value))]
    if len(read) != len(plain):
        raise UnknownPlacesError
    names: dict[str | int, str] = {}
    for one, quad in zip(plain, read, strict=True):
        subject, value = _name(quad.subject), _name(quad.object)
        same = one.value == value if one.literal else _same(one.value, value)
        if not same or not _same(one.property, quad.predicate.value) or one.literal != isinstance(quad.object, Literal):
            raise UnknownPlacesError
        if names.setdefault(one.subject, subject) != subject or not _same(one.subject, subject):
            raise UnknownPlacesError
        if not one.literal:
            names.setdefault(one.value, value)
        names.setdefault(one.property, quad.predicate.value)
    return [_fact(one, names, lines) for one in said if isinstance(one.subject, str) or one.subject in names]


def _fact(one: Said, names: Mapping[str | int, str], lines: Lines) -> Fact:
    value = one.value if one.literal else names.get(one.value, one.value)
    return Fact(
        str(names.get(one.subject, one.subject)),
        names.get(one.property, one.property),
        frozenset((value,) if isinstance(value, str) else ()),
        lines.place(one.subject_at),
        lines.place(one.property_at),
        lines.place(one.value_at),
    )


def _unnamed(value: str | int) -> bool:
    return isinstance(value, int) or value.startswith("_:")


def _same(written: str | int, name: str) -> bool:
    """Whether a name may be what is written: a whole one, or the end of one where it is relative to another."""
    if isinstance(written, int):
        return name.startswith("_:")
    return written == name or (":" not in written and name.endswith(written.lstrip("./")))
