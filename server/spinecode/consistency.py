"""What the reasoner's contradictions are about, and where: its sentences turned into findings, one for each cause."""

from __future__ import annotations

import re
from collections.abc import Iterable

from pyoxigraph import Literal, NamedNode, Triple

from spinecode import vocabulary as v
from spinecode.findings import Finding
from spinecode.places import Place, Places
from spinecode.vocabulary import term

RULE = "https://www.w3.org/TR/owl2-profiles/#Reasoning_in_OWL_2_RL_and_RDF_Graphs_using_Rules"

_IRI = re.compile(r"https?://[^\s,()'\"]+")
_LITERAL = re.compile(r"literal '(.*)' does not match its datatype \((.*)\)", re.DOTALL)
_NOTHING = "defined of type 'Nothing'"
_FIX = "Correct the statement here, or the one that it contradicts."


def contradictory(texts: Iterable[str], places: Places) -> list[Finding]:
    """A finding for each cause of the contradictions that owlrl met.

    Sentences about the same thing, or about the same two classes, have one cause.
    """
    groups: list[tuple[set[str], list[str]]] = []
    for text in texts:
        names = _things(text, places)
        classes = sorted(set(_IRI.findall(text)) - names)
        keys = names | ({" ".join(classes)} if len(classes) > 1 else set()) or {text}
        near = [group for group in groups if group[0] & keys]
        joined = (keys.union(*(group[0] for group in near)), [text for group in near for text in group[1]] + [text])
        groups = [group for group in groups if group not in near] + [joined]
    return [_finding(sorted(group[1]), places) for group in groups]


def _things(text: str, places: Places) -> set[str]:
    """The individuals that a sentence is about: of its names, those that are no class."""
    classes = {quad.subject.value for quad in places.quads if quad.object == term("owl:Class")}  # type: ignore[union-attr]
    return {iri for iri in _IRI.findall(text) if iri not in classes and not iri.startswith(v.PREFIXES["xsd"])}


def _finding(texts: list[str], places: Places) -> Finding:
    def telling(text: str) -> tuple[bool, int, int, int]:
        return _NOTHING in text, len(_typing(text, places)), len(set(_IRI.findall(text))), -len(text)

    best = max(texts, key=telling)
    names = sorted({name for text in texts for name in _things(text, places)})
    about = names[0] if names else None
    message = _IRI.sub(lambda found: v.shorten(found[0]), best.rstrip("."))
    more = len(names) - 1
    if more and "common individual" in best:
        message += f" (and so for {more} more)"
    finding = Finding("consistency", f"Contradiction: {message}.", fix=_FIX, rule=RULE, about=about)
    return finding.at(_place(best, about, places))


def _typing(text: str, places: Places) -> list[Triple]:
    """The statements that give a thing that a sentence is about a class that it names, or one below that class."""
    named = set(_IRI.findall(text))
    above = _above(places)
    return [
        quad.triple
        for quad in places.quads
        if quad.predicate == v.TYPE and isinstance(quad.subject, NamedNode) and isinstance(quad.object, NamedNode)
        if quad.subject.value in named and _reached(quad.object.value, above) & named
    ]


def _above(places: Places) -> dict[str, list[Triple]]:
    """The statements that put named classes below named classes, by the lower one."""
    found: dict[str, list[Triple]] = {}
    for quad in places.quads:
        if quad.predicate == v.SUBCLASS and isinstance(quad.subject, NamedNode) and isinstance(quad.object, NamedNode):
            found.setdefault(quad.subject.value, []).append(quad.triple)
    return found


def _reached(iri: str, above: dict[str, list[Triple]]) -> set[str]:
    """A class and all those above it."""
    seen: set[str] = set()
    waiting = [iri]
    while waiting:
        one = waiting.pop()
        if one not in seen:
            seen.add(one)
            waiting += [str(getattr(triple.object, "value", "")) for triple in above.get(one, ())]
    return seen


def _place(text: str, about: str | None, places: Places) -> Place | None:
    if literal := _LITERAL.search(text):
        ill = Literal(literal[1], datatype=NamedNode(literal[2]))
        return places.last(quad.triple for quad in places.quads if quad.object == ill)
    named = set(_IRI.findall(text))
    typing = _typing(text, places)
    if len(typing) == 1:
        # one class is enough to contradict: the fault lies in what that class is below
        above = _above(places)
        below = _reached(str(getattr(typing[0].object, "value", "")), above)
        links = [triple for iri in below for triple in above.get(iri, ())]
        typing = [t for t in links if _reached(str(getattr(t.object, "value", "")), above) & named] or typing
    if _NOTHING in text and about:
        typing = [triple for triple in places.about(NamedNode(about)) if triple.predicate == v.TYPE]
    stated = typing or [
        quad.triple
        for quad in places.quads
        if isinstance(quad.subject, NamedNode) and isinstance(quad.object, NamedNode)
        if quad.subject.value in named and quad.object.value in named
    ]
    return places.last(stated) or places.home(about)
