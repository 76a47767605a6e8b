"""The shapes for ontology files (``shapes/ontology.ttl``) run on what the files state, by pySHACL."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass

from pyoxigraph import BlankNode, NamedNode, Quad, Triple

from spinecode import quick_shacl
from spinecode import vocabulary as v
from spinecode.bridge import Found, asked_graph, rdflib_triples, results_of
from spinecode.findings import Finding
from spinecode.graph import Graph, Node, Term
from spinecode.places import Place, Places
from spinecode.spelling import fold
from spinecode.vocabulary import term

_SEVERITIES = {"violation": "error", "warning": "warning", "info": "note"}
_KIND = "shape"


def shaped(places: Places, shapes: Sequence[Quad], doubtful: Set[str]) -> list[Finding]:
    """What the shapes find, a finding for each cause, at its line.

    Left out is what concerns things that are ``doubtful`` already, since it would be an echo of an earlier finding.
    """
    told = Graph.of(shapes)
    results = [_Result.of(found, places) for found in _run(places.quads, shapes)]
    results = [result for result in results if not result.concerns(doubtful)]
    findings: dict[object, Finding] = {}
    for group in _causes(results):
        finding = _finding(group, told, places)
        # of several faults of one statement the first; what lacks has no statement
        stated = any(result.statements(places) for result in group)
        where = (finding.file, finding.line, finding.column, finding.about) if stated else finding
        findings.setdefault(where, finding)
    return list(findings.values())


def _run(quads: Iterable[Quad], shapes: Iterable[Quad]) -> list[Found]:
    from pyshacl import validate

    from spinecode.fixed_graph import fixed_graph

    quick_shacl.install()
    # rdflib prints a traceback for an ill-typed literal; a shape tells of it
    logging.getLogger("rdflib.term").setLevel(logging.CRITICAL)
    spoken = tuple(v.PREFIXES[name] for name in ("sh", "rdf"))
    kept = fixed_graph(rdflib_triples(quad for quad in shapes if quad.predicate.value.startswith(spoken)))
    _, report, _ = validate(asked_graph(quads), shacl_graph=kept, inplace=True)
    return results_of(report)


@dataclass(frozen=True)
class _Result:
    """A result with the thing it is about: its focus node, or the value where the shape is about several together."""

    found: Found
    thing: Node
    about: str | None
    value: str | None
    together: bool

    @classmethod
    def of(cls, found: Found, places: Places) -> _Result:
        together = found.component.endswith("#SPARQLConstraintComponent") and found.value is not None
        name = str(found.value) if together else found.focus_node
        thing: Node = BlankNode(name[2:]) if name.startswith("_:") else NamedNode(name)
        return cls(found, thing, places.owner(thing), None if together else found.value, together)

    @property
    def comparing(self) -> bool:
        """Whether it comes from comparing values, or counting them."""
        return bool(re.search(r"#(LessThan|MaxCount|UniqueLang)", self.found.component))

    def concerns(self, names: Set[str]) -> bool:
        return self.about in names or self.value in names

    def cause(self) -> tuple[object, ...]:
        """What results of one cause have in common."""
        if self.together:
            return (self.found.shape, self.found.message)
        return (self.found.shape, self.found.focus_node, self.found.path, self.value)

    def statements(self, places: Places) -> list[Triple]:
        """The statements that the result speaks of."""
        about = [triple for triple in places.about(self.thing) if triple.predicate.value == self.found.path]
        exact = [triple for triple in about if _text(triple) == self.value]
        return exact or about


def _text(triple: Triple) -> str:
    value = triple.object
    return f"_:{value.value}" if isinstance(value, BlankNode) else str(getattr(value, "value", value))


def _causes(results: Iterable[_Result]) -> list[list[_Result]]:
    """Results by their cause; comparisons and counts last, since a value of the wrong kind shows in them too."""
    groups: dict[tuple[object, ...], list[_Result]] = {}
    for result in sorted(
        results, key=lambda r: (r.comparing, str(r.found.shape), r.found.focus_node, str(r.found.value))
    ):
        groups.setdefault(result.cause(), []).append(result)
    return list(groups.values())


def _finding(group: list[_Result], shapes: Graph, places: Places) -> Finding:
    suspects = sorted(((_suspicion(result, group, places), result) for result in group), key=lambda pair: pair[0])
    (*_, place), result = suspects[-1]
    shape = result.found.shape
    fix = (shapes.text(shape, term("spine:fix")) or "") if shape else ""
    kind = (shapes.text(shape, term("spine:findingKind")) or _KIND) if shape else _KIND
    message = re.sub(r"https?://[^\s,{}]+[\w]", lambda found: v.shorten(found[0]), result.found.message)
    if not result.together:
        message = f"{_named(result, places)}: {message}"
    others = dict.fromkeys(f"{other.file}:{other.line}" for (*_, other), _ in suspects[:-1] if other and other != place)
    if others:
        message += f" See also {', '.join(others)}."
    finding = Finding(
        kind,
        message,
        severity=_SEVERITIES.get(result.found.severity, "error"),
        fix=fix,
        rule=shape.value if shape else None,
        about=result.about,
    )
    return finding.at(place)


def _suspicion(result: _Result, group: list[_Result], places: Places) -> tuple[bool, bool, bool, int, Place | None]:
    """How likely the fault lies with this one of several things, and where it would show.

    Of two things with one name, the likeliest is the one that its IRI does not fit. In a circle of classes it is the
    one that leads out of it too, to what is above them all (of several, to what has the least above it); in other
    circles one that leads nowhere else; and the statement is the one that leads back into the circle. Else it is the
    last that was read.
    """
    members = {member.thing for member in group}
    stated = result.statements(places)
    inside = [triple for triple in stated if triple.object in members]
    place = places.last(inside or stated) or places.home(result.thing)
    names = {fold(_text(triple)) for triple in stated}
    fits = fold(re.split(r"[/#]", result.about or "")[-1]) in names
    of_classes = result.found.path == v.SUBCLASS.value
    outside = [triple.object for triple in stated if triple not in inside] if inside else []
    likely = bool(outside) == of_classes
    above = min((_above(node, places) for node in outside), default=0) if of_classes else 0
    return place is not None, not fits, likely, -above, place


def _above(cls: Term, places: Places) -> int:
    """How many classes are above a class."""
    seen: set[Term] = set()
    waiting = [cls]
    while waiting:
        node = waiting.pop()
        if isinstance(node, NamedNode | BlankNode):
            found = [triple.object for triple in places.about(node) if triple.predicate == v.SUBCLASS]
            waiting += [one for one in found if one not in seen]
            seen.update(found)
    return len(seen)


def _named(result: _Result, places: Places) -> str:
    if result.about is None:
        return "An unnamed thing"
    name = v.shorten(result.about)
    return name if isinstance(result.thing, NamedNode) else f"A part of {name}"
