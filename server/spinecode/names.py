"""The names that an ontology uses and nothing describes."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Set
from functools import lru_cache

from pyoxigraph import NamedNode, Quad

from spinecode import vocabulary as v
from spinecode.findings import Finding
from spinecode.graph import Term
from spinecode.places import Places
from spinecode.vocabulary import term


def described(quads: Iterable[Quad]) -> set[str]:
    """The IRIs of which something is said."""
    return {quad.subject.value for quad in quads if isinstance(quad.subject, NamedNode)}


def dangling(places: Places, known: Set[str] = frozenset()) -> list[Finding]:
    """A finding for each IRI that something should describe and nothing does, where it is used first.

    Such are ours, those of a file's own namespaces, and terms that OWL, RDF, RDFS and SKOS do not have.

    ``known`` are IRIs that other files describe.
    """
    told = described(places.quads) | known
    versions = {quad.object for quad in places.quads if quad.predicate == term("owl:versionIRI")}
    found: dict[str, Finding] = {}
    for quad, ours in _judged(places):
        for iri in _iris(quad):
            if iri not in told and iri not in found and iri != v.SPINE and NamedNode(iri) not in versions and ours(iri):
                found[iri] = _finding(places, quad, iri, told)
    return list(found.values())


def tainted(places: Places, findings: Iterable[Finding]) -> set[str]:
    """What a name that nothing describes throws doubt on: whatever uses it, and what belongs to those things.

    A further finding about one of these would most likely be an echo.
    """
    bad = {finding.about for finding in findings if finding.about}
    for quad in places.quads:
        if any(iri in bad for iri in _iris(quad)) and (owner := places.owner(quad.subject)):
            bad.add(owner)
    below = [quad for quad in places.quads if quad.predicate in (v.TYPE, v.SUBCLASS)]
    size = -1
    while size != len(bad):
        size = len(bad)
        bad |= {
            quad.subject.value
            for quad in below
            if isinstance(quad.subject, NamedNode) and isinstance(quad.object, NamedNode) and quad.object.value in bad
        }
    return {iri for iri in bad if iri}


@lru_cache(maxsize=1)
def _standard() -> dict[str, frozenset[str]]:
    """The terms of the vocabularies that ontologies are written in, by namespace."""
    from rdflib.namespace import OWL, RDF, RDFS, SKOS

    return {str(space): frozenset(str(term) for term in dir(space)) for space in (OWL, RDF, RDFS, SKOS)}


class _Ours:
    """Whether an IRI should be described: it is ours, of a namespace of its file, or not a term of a standard."""

    def __init__(self, quads: Iterable[Quad]) -> None:
        spaces = {_namespace(iri) for iri in described(quads)} - set(v.PREFIXES.values())
        self._spaces = spaces | {v.SPINE}

    def __call__(self, iri: str) -> bool:
        space = _namespace(iri)
        if (known := _standard().get(space)) is not None:
            return iri not in known
        return iri.startswith(v.SPINE) or space in self._spaces


def _judged(places: Places) -> Iterator[tuple[Quad, _Ours]]:
    files: dict[str, list[Quad]] = {}
    for quad, file in zip(places.quads, places.files, strict=True):
        files.setdefault(file, []).append(quad)
    for quads in files.values():
        ours = _Ours(quads)
        for quad in quads:
            yield quad, ours


def _iris(quad: Quad) -> list[str]:
    used: list[Term] = [quad.predicate, quad.object]
    return [node.value for node in used if isinstance(node, NamedNode)]


def _finding(places: Places, quad: Quad, iri: str, told: Set[str]) -> Finding:
    near = difflib.get_close_matches(iri, told | _standard().get(_namespace(iri), frozenset()), n=1, cutoff=0.9)
    fix = "Describe it, or mend the name." + (f" Did you mean {v.shorten(near[0])}?" if near else "")
    finding = Finding("name", f"{v.shorten(iri)} is not described anywhere.", fix=fix, about=iri)
    of_predicate = isinstance(quad.predicate, NamedNode) and quad.predicate.value == iri
    return finding.at(places.of_predicate(quad.triple) if of_predicate else places.of(quad.triple))


def _namespace(iri: str) -> str:
    return iri[: max(iri.rfind("/"), iri.rfind("#")) + 1]
