"""The facts of descriptions in JSON-LD, as far as the names in it are whole, prefixed, or those of our terms."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from pyoxigraph import BlankNode, Literal, Quad

from spinecode import vocabulary as v
from spinecode.description import node_name
from spinecode.index import RuleIndex
from spinecode.json_facts import Naming
from spinecode.json_text import JsonNode, json_tree
from spinecode.text_places import Fact, Lines

#: What makes an object a value, or a list of values, instead of a thing.
_VALUES: Final = frozenset(("@value", "@list", "@set"))
#: What our context calls these, where a document names it by its address.
_ALIASES: Final = {"id": "@id", "type": "@type"}
#: How often a name is looked up behind another.
_STEPS: Final = 3


def jsonld_facts(index: RuleIndex, text: str, quads: Sequence[Quad]) -> list[Fact]:
    """The facts of JSON-LD; ``quads`` is what was read from it, by which things without a name are known.

    Raises UnknownPlacesError for what is not JSON.
    """
    return _Reader(index, text).facts(quads)


class _Reader:
    def __init__(self, index: RuleIndex, text: str) -> None:
        self.naming = Naming(index)
        self.lines = Lines(text)
        self.root = json_tree(text)
        self.local = {iri.rpartition("/")[2]: iri for iri in self.naming.axis_of}
        self.terms: dict[str, str] = {}
        self.things: list[JsonNode] = []
        for node, in_context in _walk(self.root):
            if in_context:
                self._note_terms(node)
            elif node.members and not _VALUES.intersection(name for name, _, _ in node.members):
                self.things.append(node)

    def _note_terms(self, context: JsonNode) -> None:
        for term, _, meaning in context.members or ():
            iri = meaning.text if meaning.text is not None else _member(meaning, "@id")
            if iri:
                self.terms.setdefault(term, iri)

    def facts(self, quads: Sequence[Quad]) -> list[Fact]:
        """The facts of all things whose name is known."""
        anonymous: list[list[Fact]] = []
        found: list[Fact] = []
        for thing in self.things:
            name = self._name(thing)
            facts = list(self._facts(thing, name or ""))
            if name is not None:
                found += facts
            elif facts:
                anonymous.append(facts)
        return found + _told_apart(anonymous, quads, {fact.subject for fact in found})

    def _name(self, thing: JsonNode) -> str | None:
        for name, _, value in thing.members or ():
            if value.text is not None and self._keyword(name) == "@id":
                return self._iri(value.text)
        return None

    def _keyword(self, name: str) -> str:
        return name if name.startswith("@") else self.terms.get(name, _ALIASES.get(name, name))

    def _facts(self, thing: JsonNode, subject: str) -> Iterator[Fact]:
        for name, at, value in thing.members or ():
            keyword = self._keyword(name)
            if keyword.startswith("@") and keyword != "@type":
                continue
            prop = v.TYPE.value if keyword == "@type" else self._property(name)
            axis = self.naming.axis_of.get(prop)
            for node, text in _scalars(value):
                values = self.naming.values(axis, text) | {self._iri(text), v.SPINE + text}
                places = (self.lines.place(offset) for offset in (thing.at, at, node.at))
                yield Fact(subject, prop, values, *places)

    def _property(self, name: str) -> str:
        if name not in self.terms and name in self.naming.properties:
            return self.naming.properties[name]
        iri = self._iri(name)
        return self.local.get(iri, iri)

    def _iri(self, text: str) -> str:
        for _ in range(_STEPS):
            if text in self.terms:
                text = self.terms[text]
            prefix, colon, local = text.partition(":")
            base = self.terms.get(prefix) or v.PREFIXES.get(prefix)
            if not colon or base is None or local.startswith("//"):
                break
            text = base + local
        return text


def _walk(root: JsonNode) -> Iterator[tuple[JsonNode, bool]]:
    """Every value with whether it belongs to a context, in the order of the text."""
    waiting = [(root, False)]
    while waiting:
        node, inside = waiting.pop()
        yield node, inside
        below = [(value, inside or name == "@context") for name, _, value in node.members or ()]
        waiting += reversed(below + [(item, inside) for item in node.items or ()])


def _member(node: JsonNode, wanted: str) -> str | None:
    return next((value.text for name, _, value in node.members or () if name == wanted), None)


def _scalars(value: JsonNode) -> Iterator[tuple[JsonNode, str]]:
    """The texts that stand for the values of a property."""
    for item in value.items if value.items is not None else [value]:
        if item.text is not None:
            yield item, item.text
            continue
        for name, _, inner in item.members or ():
            if name in ("@id", "@value") and inner.text is not None:
                yield inner, inner.text
            elif name in ("@list", "@set"):
                yield from ((one, one.text) for one in inner.items or () if one.text is not None)


def _told_apart(anonymous: list[list[Fact]], quads: Sequence[Quad], written: set[str]) -> list[Fact]:
    """The facts of things without a name under the names that the parser gave them; none where that is in doubt."""
    unnamed: dict[str, list[str]] = {}
    for quad in quads:
        if isinstance(quad.subject, BlankNode) and node_name(quad.subject) not in written:
            texts = unnamed.setdefault(node_name(quad.subject), [])
            texts += [quad.object.value] if isinstance(quad.object, Literal) else []
    if len(unnamed) != len(anonymous):
        return []
    found: list[Fact] = []
    for (name, texts), facts in zip(unnamed.items(), anonymous, strict=True):
        if not set(texts) <= {value for fact in facts for value in fact.values}:
            return []
        found += _renamed(facts, name)
    return found


def _renamed(facts: Iterable[Fact], name: str) -> Iterator[Fact]:
    for fact in facts:
        yield Fact(name, fact.property, fact.values, fact.subject_place, fact.property_place, fact.value_place)
