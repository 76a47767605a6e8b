"""What an ontology says of each thing, in a form in which two versions compare: no order, and no names of blank nodes.

A list is its members where order means nothing, and in order where it does (property chains). A class expression in
brackets is told by its structure, so that what a reasoner adds about it does not count.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from pyoxigraph import BlankNode, NamedNode, Triple

from spinecode import vocabulary as v
from spinecode.graph import Node, Term
from spinecode.versions import Version
from spinecode.vocabulary import term

#: What makes up a class expression or a list; whatever else is said of one is a conclusion.
_STRUCTURE = frozenset(
    term(f"owl:{name}").value
    for name in [
        *["onProperty", "someValuesFrom", "allValuesFrom", "hasValue", "hasSelf", "onClass", "onDataRange"],
        *["intersectionOf", "unionOf", "oneOf", "complementOf", "inverseOf", "members", "distinctMembers"],
        *["cardinality", "minCardinality", "maxCardinality", "qualifiedCardinality", "minQualifiedCardinality"],
        *["maxQualifiedCardinality", "onDatatype", "withRestrictions"],
    ]
)
_ANNOTATED = term("owl:annotatedSource")
_ANNOTATED_PROPERTY = term("owl:annotatedProperty")
_ANNOTATED_TARGET = term("owl:annotatedTarget")
_MEMBERS = (term("owl:members"), term("owl:distinctMembers"))
_ORDERED = frozenset({v.CHAIN})
#: Names of others, of which an ontology says nothing but what they are.
_STANDARD = tuple(base for base in v.PREFIXES.values() if not base.startswith(v.SPINE))


@dataclass(frozen=True, slots=True)
class Said:
    """A property with one of its values. ``key`` is the value in a form that compares, ``values`` the terms in it.

    ``of`` is the statement that this is said of (property and key), where it is an annotation of one, with its value
    as ``target``.
    """

    predicate: str
    key: str
    values: tuple[Term, ...] = field(compare=False)
    of: tuple[str, str] | None = None
    target: Term | None = field(default=None, compare=False)


class Statements:
    """What a version says of each named thing, as written (``stated``) and with all that follows (``known``)."""

    def __init__(self, version: Version) -> None:
        self.version = version
        written = _Nodes(version.stated)
        self.stated: dict[str, frozenset[Said]] = written.by_subject()
        #: Axioms that belong to no one thing, such as disjointness; by their keys, with the terms in them.
        self.axioms: dict[str, Said] = written.axioms()
        self._written = written

    @cached_property
    def _closed(self) -> _Nodes:
        return _Nodes(quad.triple for quad in self.version.graph.store)

    @cached_property
    def _known(self) -> Mapping[str, frozenset[Said]]:
        return self._closed.by_subject()

    @cached_property
    def known_axioms(self) -> frozenset[str]:
        """The keys of the axioms that are stated or follow."""
        return frozenset({*self.axioms, *self._closed.axioms()})

    def known(self, iri: str) -> frozenset[Said]:
        """All that holds of a thing, stated or concluded."""
        return self.stated.get(iri, frozenset()) | self._known.get(iri, frozenset())

    def is_told(self, iri: str) -> bool:
        """Whether anything is said of a thing."""
        return iri in self.stated or iri in self._known


class _Nodes:
    """Some triples by subject, with the blank nodes behind them."""

    def __init__(self, triples: Iterable[Triple]) -> None:
        self._about: dict[Node, list[tuple[NamedNode, Term]]] = {}
        for triple in triples:
            subject = triple.subject
            if isinstance(subject, NamedNode | BlankNode):
                self._about.setdefault(subject, []).append((triple.predicate, triple.object))
        self._keys: dict[BlankNode, str] = {}

    def by_subject(self) -> dict[str, frozenset[Said]]:
        """What is said of each named thing, with the annotations of its statements."""
        found: dict[str, set[Said]] = {}
        for subject, pairs in self._about.items():
            if isinstance(subject, NamedNode) and not subject.value.startswith(_STANDARD):
                found[subject.value] = {said for p, o in pairs for said in self._said(p, o)}
        for subject, pairs in self._about.items():
            if isinstance(subject, BlankNode):
                for owner, said in self._annotations(dict(pairs), pairs):
                    found.setdefault(owner, set()).add(said)
        return {iri: frozenset(said) for iri, said in found.items()}

    def axioms(self) -> dict[str, Said]:
        """Axioms without a subject of their own: their members, by a key."""
        found = {}
        for subject, pairs in self._about.items():
            if isinstance(subject, BlankNode):
                kinds = sorted(o.value for p, o in pairs if p == v.TYPE and isinstance(o, NamedNode))
                for predicate, head in pairs:
                    if predicate in _MEMBERS and isinstance(head, BlankNode):
                        kind = next((kind for kind in kinds if "Different" in kind or "Disjoint" in kind), "")
                        members = sorted(self._items(head), key=self._key)
                        key = " ".join(map(self._key, members))
                        found[f"{kind} {key}"] = Said(kind, key, tuple(members))
        return found

    def _annotations(
        self, one: Mapping[NamedNode, Term], pairs: Iterable[tuple[NamedNode, Term]]
    ) -> Iterable[tuple[str, Said]]:
        """What an axiom annotation adds, as said of the subject of the axiom."""
        owner, of, target = one.get(_ANNOTATED), one.get(_ANNOTATED_PROPERTY), one.get(_ANNOTATED_TARGET)
        if not isinstance(owner, NamedNode) or not isinstance(of, NamedNode) or target is None:
            return
        for predicate, value in pairs:
            if predicate not in (_ANNOTATED, _ANNOTATED_PROPERTY, _ANNOTATED_TARGET, v.TYPE):
                for said in self._said(predicate, value):
                    yield (
                        owner.value,
                        Said(said.predicate, said.key, said.values, (of.value, self._key(target)), target),
                    )

    def _said(self, predicate: NamedNode, value: Term) -> Iterable[Said]:
        if isinstance(value, BlankNode) and self._is_list(value):
            items = self._items(value)
            if predicate in _ORDERED:
                yield Said(predicate.value, " / ".join(map(self._key, items)), tuple(items))
            else:
                for item in items:
                    yield Said(predicate.value, self._key(item), self._terms(item))
        else:
            yield Said(predicate.value, self._key(value), self._terms(value))

    def _terms(self, value: Term) -> tuple[Term, ...]:
        """A term, or the named ones in a blank node, in a fixed order."""
        if not isinstance(value, BlankNode):
            return (value,)
        found: dict[Term, None] = {}
        waiting: list[Term] = [value]
        seen: set[Term] = set()
        while waiting:
            node = waiting.pop()
            if node in seen:
                continue
            seen.add(node)
            if isinstance(node, BlankNode):
                inner = self._items(node) if self._is_list(node) else [o for _, o in self._structure(node)]
                waiting += sorted(inner, key=self._key, reverse=True)
            else:
                found[node] = None
        return tuple(found)

    def _is_list(self, node: BlankNode) -> bool:
        return any(predicate == v.FIRST for predicate, _ in self._about.get(node, ()))

    def _items(self, head: Term) -> list[Term]:
        found: list[Term] = []
        seen: set[Term] = set()
        node: Term | None = head
        while isinstance(node, BlankNode) and node not in seen:
            seen.add(node)
            told = dict(self._about.get(node, ()))
            if v.FIRST in told:
                found.append(told[v.FIRST])
            node = told.get(v.REST)
        return found

    def _structure(self, node: BlankNode) -> list[tuple[NamedNode, Term]]:
        pairs = self._about.get(node, [])
        structural = [pair for pair in pairs if pair[0].value in _STRUCTURE]
        return structural or [pair for pair in pairs if pair[0] != v.TYPE]

    def _key(self, value: Term) -> str:
        """A term as a text that is the same in every version that says the same."""
        if not isinstance(value, BlankNode):
            return str(value)
        if value not in self._keys:
            self._keys[value] = "[...]"  # what leads back to itself
            self._keys[value] = self._key_of_node(value)
        return self._keys[value]

    def _key_of_node(self, node: BlankNode) -> str:
        if self._is_list(node):
            return "( " + " ".join(map(self._key, self._items(node))) + " )"
        parts = set()
        for predicate, value in self._structure(node):
            if isinstance(value, BlankNode) and self._is_list(value) and predicate not in _ORDERED:
                told = "{ " + " ".join(sorted({self._key(item) for item in self._items(value)})) + " }"
            else:
                told = self._key(value)
            parts.add(f"{predicate} {told}")
        return "[ " + " ; ".join(sorted(parts)) + " ]"
