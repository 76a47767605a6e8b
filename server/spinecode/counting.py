"""What is in a graph, in numbers: statements, things, members of classes, uses of properties, links to elsewhere."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from pyoxigraph import NamedNode, Triple

from spinecode import vocabulary as v
from spinecode.vocabulary import term

#: The properties that link a thing to the same or a near thing of another vocabulary.
LINKING: Final = frozenset(
    term(name)
    for name in (
        *("skos:exactMatch", "skos:closeMatch", "skos:broadMatch", "skos:narrowMatch", "skos:relatedMatch"),
        "owl:sameAs",
    )
)


@dataclass(frozen=True, slots=True)
class Links:
    """How many things are linked to those of another vocabulary, whose IRIs begin with ``target``, by ``predicate``."""

    target: str
    predicate: str
    number: int


@dataclass(frozen=True, slots=True)
class Counts:
    """What is in a graph; ``classes`` are numbers of members, ``properties`` of statements, both by IRI."""

    triples: int
    entities: int
    subjects: int
    objects: int
    classes: dict[str, int]
    properties: dict[str, int]
    vocabularies: tuple[str, ...]
    links: tuple[Links, ...]


def count(triples: Iterable[Triple]) -> Counts:
    """What is in a graph."""
    triples = set(triples)
    classes = Counter(t.object.value for t in triples if t.predicate == v.TYPE and isinstance(t.object, NamedNode))
    properties = Counter(t.predicate.value for t in triples)
    subjects = {t.subject for t in triples}
    links = Counter(
        (_space(t.object.value), t.predicate.value)
        for t in triples
        if t.predicate in LINKING and isinstance(t.object, NamedNode) and not t.object.value.startswith(v.SPINE)
    )
    return Counts(
        triples=len(triples),
        entities=sum(isinstance(s, NamedNode) and s.value.startswith(v.SPINE) for s in subjects),
        subjects=len(subjects),
        objects=len({t.object for t in triples}),
        classes=dict(sorted(classes.items())),
        properties=dict(sorted(properties.items())),
        vocabularies=tuple(sorted({_namespace(iri) for iri in (*properties, *classes)})),
        links=tuple(Links(*key, number) for key, number in sorted(links.items())),
    )


def _namespace(iri: str) -> str:
    """The vocabulary that a property or class is of."""
    return v.SPINE if iri.startswith(v.SPINE) else iri[: max(iri.rfind("#"), iri.rfind("/")) + 1]


def _space(iri: str) -> str:
    """What the IRIs of a vocabulary share: up to the last sign that parts names, as in ``.../obo/UBERON_``."""
    found = re.match(r"(.*[/#:]([^/#:_]*_)?)[^/#:_]+$", iri)
    return found[1] if found else iri
