"""Pieces of a long text judged one by one: a report for each, whatever is wrong with it.

Descriptions in bulk are much alike. What is found depends on the statements about a description and not on its name,
so a judge remembers the reports on the last few thousand kinds of descriptions that it met. It lives as long as one
text is read, and nothing of it is kept beyond that.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat

from spinecode.description import VALUE_LIMIT, description_nodes, fact_properties, node_name
from spinecode.documents import json_items
from spinecode.errors import Fault, NoDescriptionError, SpinecodeError
from spinecode.fast_shacl import unread_properties
from spinecode.graph import parse_rdf
from spinecode.knowledge import Knowledge
from spinecode.line_places import placed_lines
from spinecode.origins import placed
from spinecode.report import Report
from spinecode.shacl import Runs
from spinecode.splitting import LINE_FORMATS, Piece
from spinecode.validation import validate_mapping, validate_rdf

#: How many kinds of descriptions are remembered.
MEMORY: Final = 4096
#: How descriptions that have no name are named.
_COUNTED: Final = "urn:spinecode:description:"
#: Where in a piece the parser of RDF met a fault; the fault itself has its place in the whole.
_PARSER_PLACE: Final = re.compile(r"Parser error at line [0-9]+ .*?: ")
_Key = tuple[tuple[str, str], ...]
#: What the reader of RDF calls a blank node that has no label.
_NUMBERED: Final = re.compile(r"b[1-9][0-9]*")


@dataclasses.dataclass(slots=True)
class _Read:
    """A piece that has been read: its statements, its descriptions, and what it is remembered by."""

    piece: Piece
    quads: list[Quad]
    names: list[str]
    key: _Key | None


class Judge:
    """Judges pieces of one text; ``syntax`` is None for JSON by lines."""

    def __init__(
        self, knowledge: Knowledge, syntax: RdfFormat | None, engine: Runs | None = None, memory: int = MEMORY
    ) -> None:
        self._knowledge = knowledge
        self._syntax = syntax
        self._engine = engine
        self._memory = memory
        self._known: dict[_Key, Report] = {}
        self._unread = unread_properties(knowledge)
        self._axes = fact_properties(knowledge.index)

    def reports(self, pieces: Sequence[Piece], number: int) -> list[Report | None]:
        """A report on each piece, None where there is no description in it.

        ``number`` is that of the first piece, for names of what has none.
        """
        if self._syntax is None:
            return [self._of_json(piece, count) for count, piece in enumerate(pieces, number)]
        read = [self._read(piece) for piece in pieces]
        found = self._validated([one for one in read if isinstance(one, _Read)])
        return [self._finished(one, next(found)) if isinstance(one, _Read) else one for one in read]

    def _read(self, piece: Piece) -> _Read | Report | None:
        """A piece as statements; a report when it cannot be read, None when it describes nothing."""
        if piece.fault:
            return _fault(Fault(piece.fault, line=piece.line))
        assert self._syntax is not None
        try:
            quads = _named(parse_rdf(piece.content, self._syntax), piece)
            nodes = description_nodes(self._knowledge.index, quads)
        except NoDescriptionError:
            return None
        except SpinecodeError as error:
            return _misread(error, piece)
        if long := _longest(quads, nodes):
            told = f"{long[0]} has {long[1]} statements; a description has at most {VALUE_LIMIT}."
            return _fault(Fault(told, line=piece.line))
        return _Read(piece, quads, [node_name(node) for node in nodes], self._key(quads) if len(nodes) == 1 else None)

    def _key(self, quads: list[Quad]) -> _Key | None:
        """What the report on some statements about one description depends on."""
        subject = quads[0].subject
        key = []
        for quad in quads:
            value = quad.object
            if quad.subject != subject or value == subject or not isinstance(value, NamedNode | Literal):
                return None
            predicate = quad.predicate.value
            if predicate not in self._unread:
                key.append((predicate, str(value)))
        return tuple(key)

    def _validated(self, read: list[_Read]) -> Iterator[Report]:
        """The reports on what was read, in order; those that are not known yet are made together."""
        made: dict[int, Report] = {}
        like: dict[_Key, list[_Read]] = {}
        together: list[_Read] = []
        taken: set[str] = set()
        for one in read:
            if one.key is not None:
                if (known := self._known.get(one.key)) is not None:
                    made[id(one)] = _renamed(known, one.names[0])
                    continue
                like.setdefault(one.key, []).append(one)
                if like[one.key][0] is not one:
                    continue
            if taken.isdisjoint(one.names):
                taken.update(one.names)
                together.append(one)
        made |= self._made(together)
        for key, alike in like.items():
            report = made.get(id(alike[0]))
            if report is not None and _is_general(report, alike[0].names[0]):
                made |= {id(one): _renamed(report, one.names[0]) for one in alike[1:]}
                self._remember(key, report)
        # what goes on about a description of the same part, or is told of by its name, is judged by itself
        for one in read:
            yield made[id(one)] if id(one) in made else self._made([one])[id(one)]

    def _made(self, read: Sequence[_Read]) -> dict[int, Report]:
        if not read:
            return {}
        quads = [quad for one in read for quad in one.quads]
        return _parted(validate_rdf(self._knowledge, quads, self._engine), read)

    def _remember(self, key: _Key, report: Report) -> None:
        if self._memory:
            while len(self._known) >= self._memory:
                del self._known[next(iter(self._known))]
            self._known[key] = report

    def _finished(self, one: _Read, report: Report) -> Report:
        report = self._placed(one, report) if report.results else report
        if one.piece.before is None:
            return report
        told = (
            f"{one.names[0]} was described already at line {one.piece.before}, too far above to be put together with "
            "this. Sort the file, so that all statements about a description stand together."
        )
        return dataclasses.replace(report, unread=(*report.unread, Fault(told, line=one.piece.line)))

    def _placed(self, one: _Read, report: Report) -> Report:
        piece = one.piece
        if self._syntax in LINE_FORMATS:
            found = placed_lines(report, piece.content, one.quads, piece.line, self._axes)
            if found is not None:
                return found
        report = placed(report, self._knowledge.index, piece.content, self._syntax, one.quads, piece.first_line)
        if piece.columns:
            return report
        return dataclasses.replace(report, results=tuple(dataclasses.replace(r, column=None) for r in report.results))

    def _of_json(self, piece: Piece, number: int) -> Report | None:
        if piece.fault:
            return _fault(Fault(piece.fault, line=piece.line))
        try:
            report = validate_mapping(self._knowledge, json_items(piece.content.rstrip())[0])
        except SpinecodeError as error:
            return _misread(error, piece)
        report = placed(report, self._knowledge.index, piece.content, None, first_line=piece.line)
        # what has no place of its own, as in FHIR, is at least of this line
        results = (dataclasses.replace(r, line=piece.line) if r.line is None else r for r in report.results)
        report = dataclasses.replace(report, results=tuple(results))
        # what FHIR calls its resources stays
        named = [str(answer.get("description", "")) for answer in report.answers]
        alone = len(named) == 1 and named[0].startswith(_COUNTED)
        return _renamed(report, f"{_COUNTED}{number}") if alone else report


def _is_general(report: Report, name: str) -> bool:
    """Whether a report on one description names it nowhere but where it says what it is about."""
    return not any(name in text for result in report.results for text in (result.message, result.value or ""))


def _fault(*faults: Fault) -> Report:
    return Report((), (), faults)


def _misread(error: SpinecodeError, piece: Piece) -> Report:
    """What is wrong with a piece, told by the lines of the whole text."""
    before = piece.first_line - 1
    return _fault(
        *(
            dataclasses.replace(
                fault,
                message=_PARSER_PLACE.sub("", fault.message),
                line=fault.line + before if fault.line else piece.line,
            )
            for fault in error.faults
        )
    )


def _longest(quads: list[Quad], nodes: Sequence[NamedNode | BlankNode]) -> tuple[str, int] | None:
    if len(quads) <= VALUE_LIMIT:
        return None
    counts = {node: sum(quad.subject == node for quad in quads) for node in nodes[:2]}
    return next(((node_name(node), count) for node, count in counts.items() if count > VALUE_LIMIT), None)


def _named(quads: list[Quad], piece: Piece) -> list[Quad]:
    """Statements whose blank nodes without a label are called by their line, since other pieces have such too."""
    made: dict[Any, BlankNode] = {}
    for quad in quads:
        for node in (quad.subject, quad.object):
            if (
                isinstance(node, BlankNode)
                and _NUMBERED.fullmatch(node.value)
                and f"_:{node.value}".encode() not in piece.text
            ):
                made.setdefault(node, BlankNode(f"line{piece.line}" + (f"-{len(made) + 1}" if made else "")))
    if not made:
        return quads
    return [Quad(made.get(q.subject, q.subject), q.predicate, made.get(q.object, q.object)) for q in quads]


def _parted(report: Report, read: Sequence[_Read]) -> dict[int, Report]:
    """One report on many as a report on each."""
    results: dict[str, list[Any]] = {}
    for result in report.results:
        results.setdefault(result.focus_node, []).append(result)
    answers = iter(report.answers)
    return {
        id(one): Report(
            tuple(result for name in one.names for result in results.get(name, ())),
            tuple(next(answers) for _ in one.names),
        )
        for one in read
    }


def _renamed(report: Report, name: str) -> Report:
    """The report on one description as that on another which says the same."""
    return Report(
        tuple(dataclasses.replace(result, focus_node=name) for result in report.results),
        tuple(answer | {"description": name} if "description" in answer else answer for answer in report.answers),
        report.unread,
    )
