"""RDF written to be kept: the same statements give the same bytes, whatever the order in which they came.

Blank nodes are named by what is said of them (RDF Dataset Canonicalization, RDFC-1.0). Turtle and JSON-LD are written
as people write them: a thing a paragraph, class expressions and lists where they are used, and only the prefixes used.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from pyoxigraph import BlankNode, CanonicalizationAlgorithm, Dataset, Literal, NamedNode, Quad, RdfFormat, Triple
from pyoxigraph import serialize as write_rdf

from spinecode import vocabulary as v
from spinecode.graph import Node, Term
from spinecode.vocabulary import term

_INTEGER: Final = term("xsd:integer")
_BOOLEAN: Final = term("xsd:boolean")
_STRING: Final = term("xsd:string")
#: A name behind a prefix that needs no escapes in any syntax.
_LOCAL: Final = re.compile(r"(?:[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_-])?)?")
#: What is said first of a thing; then the other properties by IRI.
_FIRST: Final = (v.TYPE, v.NOTATION, v.PREF_LABEL, v.LABEL, v.ALT_LABEL, v.DEFINITION, v.ON_PROPERTY, v.INTERSECTION)
#: The kinds of things in the order in which they are written; everything else comes last.
_KINDS: Final = (
    (term("owl:Ontology"),),
    (term("owl:AnnotationProperty"), term("owl:DatatypeProperty"), term("owl:ObjectProperty")),
    (term("owl:Class"),),
)
#: By these an unnamed thing belongs to the named thing below which it is written.
_BELONGS: Final = (v.SUBCLASS, term("owl:annotatedSource"), v.EQUIVALENT_CLASS)
_WIDTH: Final = 130


def canonical(statements: Iterable[Quad | Triple]) -> list[Triple]:
    """The statements without duplicates, in order, their blank nodes named by RDFC-1.0."""
    dataset = Dataset(Quad(s.subject, s.predicate, s.object) for s in statements)
    dataset.canonicalize(CanonicalizationAlgorithm.RDFC_1_0)
    return sorted((quad.triple for quad in dataset), key=str)


def turtle(statements: Iterable[Quad | Triple], prefixes: Mapping[str, str] = v.PREFIXES) -> bytes:
    """The statements in Turtle."""
    paragraphs = _Turtle(_Tree(canonical(statements)), _Names(prefixes)).text()
    return paragraphs.encode()


def rdfxml(statements: Iterable[Quad | Triple], prefixes: Mapping[str, str] = v.PREFIXES) -> bytes:
    """The statements in RDF/XML."""
    triples = canonical(statements)
    used = _Names(prefixes).used_by(triple.predicate for triple in triples)
    content = write_rdf(triples, format=RdfFormat.RDF_XML, prefixes=used)
    assert content is not None
    return content


def ntriples(statements: Iterable[Quad | Triple]) -> bytes:
    """The statements in N-Triples, sorted."""
    content = write_rdf(canonical(statements), format=RdfFormat.N_TRIPLES)
    assert content is not None
    return content


def jsonld(statements: Iterable[Quad | Triple], prefixes: Mapping[str, str] = v.PREFIXES) -> bytes:
    """The statements in JSON-LD, with a context that says of each property what its values are."""
    found = _JsonLd(_Tree(canonical(statements)), _Names(prefixes)).document()
    return (json.dumps(found, ensure_ascii=False, indent=1) + "\n").encode()


class _Names:
    """Names by prefix; remembers which prefixes were used."""

    def __init__(self, prefixes: Mapping[str, str]) -> None:
        self._prefixes = sorted(prefixes.items(), key=lambda pair: -len(pair[1]))
        self.known = frozenset(prefixes)
        self.used: dict[str, str] = {}

    def short(self, iri: str) -> str | None:
        """The prefixed name of an IRI, None where no prefix fits."""
        for prefix, base in self._prefixes:
            if iri.startswith(base) and _LOCAL.fullmatch(iri, len(base)):
                self.used[prefix] = base
                return f"{prefix}:{iri[len(base) :]}"
        return None

    def used_by(self, nodes: Iterable[NamedNode]) -> dict[str, str]:
        """The prefixes of some IRIs, by name."""
        for node in nodes:
            self.short(node.value)
        return dict(sorted(self.used.items()))


class _Tree:
    """Statements by subject, with the blank nodes that can be written where they are used."""

    def __init__(self, triples: Iterable[Triple]) -> None:
        self.about: dict[Node, dict[NamedNode, list[Term]]] = {}
        parents: dict[Node, list[Node]] = {}
        for subject, predicate, value in triples:
            assert isinstance(subject, NamedNode | BlankNode)
            self.about.setdefault(subject, {}).setdefault(predicate, []).append(value)
            if isinstance(value, BlankNode):
                parents.setdefault(value, []).append(subject)
        self._parents = parents
        self.inline = {node for node in self.about if isinstance(node, BlankNode) and self._hangs(node)}

    def _hangs(self, node: Node) -> bool:
        """Whether a blank node is used once, and so is all that it hangs on up to something written by itself."""
        seen = {node}
        while isinstance(node, BlankNode) and len(above := self._parents.get(node, [])) == 1:
            node = above[0]
            if node in seen:
                return False
            seen.add(node)
        return len(seen) > 1

    def labelled(self, node: BlankNode) -> bool:
        """Whether a blank node is spoken of elsewhere, so that it needs a name."""
        return node in self._parents

    def said(self, node: Node) -> list[tuple[NamedNode, list[Term]]]:
        """What is said of a thing, in order."""
        order = {predicate: place for place, predicate in enumerate(_FIRST)}
        return sorted(self.about[node].items(), key=lambda pair: (order.get(pair[0], len(order)), pair[0].value))

    def items(self, node: Term) -> list[Term] | None:
        """The members of a list that can be written as one, else None."""
        found: list[Term] = []
        while node != v.NIL:
            if not isinstance(node, BlankNode) or node not in self.inline:
                return None
            said = self.about[node]
            if set(said) != {v.FIRST, v.REST} or len(said[v.FIRST]) != 1 or len(said[v.REST]) != 1:
                return None
            found += said[v.FIRST]
            node = said[v.REST][0]
        return found

    def subjects(self) -> list[Node]:
        """The things that stand by themselves, in order."""
        return sorted((node for node in self.about if node not in self.inline), key=self._place)

    def _place(self, node: Node) -> tuple[int, str, bool, str]:
        owner: Node = node
        if isinstance(node, BlankNode):
            named = (value for predicate in _BELONGS for value in self.about[node].get(predicate, ()))
            owner = next((value for value in named if isinstance(value, NamedNode)), node)
        types = self.about.get(owner, {}).get(v.TYPE, [])
        kind = next((place for place, kinds in enumerate(_KINDS) if any(t in kinds for t in types)), len(_KINDS))
        unowned = "\uffff" if isinstance(owner, BlankNode) else owner.value
        return kind, unowned, owner != node, str(node)


class _Turtle:
    def __init__(self, tree: _Tree, names: _Names) -> None:
        self.tree = tree
        self.names = names

    def text(self) -> str:
        paragraphs = [self._paragraph(node) for node in self.tree.subjects()]
        heads = [f"@prefix {name}: <{base}> ." for name, base in sorted(self.names.used.items())]
        return "\n".join(heads) + "\n\n" + "\n\n".join(paragraphs) + "\n"

    def _paragraph(self, node: Node) -> str:
        said = [self._statement(predicate, values, 4) for predicate, values in self.tree.said(node)]
        body = " ;\n    ".join(said)
        if isinstance(node, BlankNode) and not self.tree.labelled(node):
            return f"[] {body} ."
        return f"{self._term(node, 0)} {body} ."

    def _statement(self, predicate: NamedNode, values: list[Term], indent: int) -> str:
        name = "a" if predicate == v.TYPE else self._term(predicate, 0)
        written = [self._term(value, indent + 4) for value in values if value not in self.tree.inline]
        written += sorted(self._term(value, indent + 4) for value in values if value in self.tree.inline)
        one = f"{name} {' , '.join(written)}"
        if len(one) + indent <= _WIDTH and "\n" not in one:
            return one
        gap = "\n" + " " * (indent + 4)
        return f"{name}{gap}{f' ,{gap}'.join(written)}" if len(written) > 1 else f"{name} {written[0]}"

    def _term(self, value: Term, indent: int) -> str:
        if isinstance(value, NamedNode):
            return self.names.short(value.value) or str(value)
        if isinstance(value, Literal):
            return self._literal(value)
        if isinstance(value, BlankNode) and value in self.tree.inline:
            items = self.tree.items(value)
            if items is not None:
                return _wrapped("(", " ", [self._term(item, indent + 4) for item in items], ")", indent)
            said = [self._statement(predicate, values, indent + 4) for predicate, values in self.tree.said(value)]
            return _wrapped("[", " ; ", said, "]", indent)
        return str(value)

    def _literal(self, value: Literal) -> str:
        plain = (value.datatype == _INTEGER and re.fullmatch(r"-?(0|[1-9]\d*)", value.value)) or (
            value.datatype == _BOOLEAN and value.value in ("true", "false")
        )
        if plain:
            return value.value
        text = str(value)
        kind = f"^^{value.datatype}"
        if not text.endswith(kind):
            return text
        return text.removesuffix(kind) + "^^" + self._term(value.datatype, 0)


def _wrapped(opening: str, joint: str, parts: list[str], closing: str, indent: int) -> str:
    """Parts between brackets: in one line where they fit, else a part a line."""
    one = f"{opening} {joint.join(parts)} {closing}"
    if len(one) + indent <= _WIDTH and "\n" not in one:
        return one
    gap = "\n" + " " * (indent + 2)
    return f"{opening} {f'{joint.rstrip()}{gap}'.join(parts)} {closing}"


class _JsonLd:
    """One object a thing; a property of ours goes by its bare name, others by prefix."""

    def __init__(self, tree: _Tree, names: _Names) -> None:
        self.tree = tree
        self.names = names
        self.context: dict[str, Any] = {}
        self.coerced: dict[NamedNode, str] = {}
        self.keys = self._keys()

    def document(self) -> dict[str, Any]:
        graph = [self._object(node) for node in self.tree.subjects()]
        return {"@context": dict(sorted(self.names.used.items())) | self.context, "@graph": graph}

    def _keys(self) -> dict[NamedNode, str]:
        """The key of each property, with what the context says of it where its values are all of one kind."""
        values: dict[NamedNode, list[Term]] = {}
        for said in self.tree.about.values():
            for predicate, found in said.items():
                values.setdefault(predicate, []).extend(found)
        keys: dict[NamedNode, str] = {}
        for predicate in sorted(values.keys() - {v.TYPE, v.FIRST, v.REST}, key=str):
            short = self._iri(predicate)
            bare = short.removeprefix("spine:")
            keys[predicate] = key = bare if bare and bare not in self.names.known else short
            definition = {"@id": short}
            kinds = {_kind(value) for value in values[predicate]}
            if len(kinds) == 1 and (kind := next(iter(kinds))) is not None:
                self.coerced[predicate] = kind
                what, _, rest = kind.partition(" ")
                definition[what] = rest if what == "@language" else self._iri(NamedNode(rest)) if rest else "@id"
            if len(definition) > 1 or key != short:
                self.context[key] = definition
        return keys

    def _object(self, node: Node) -> dict[str, Any]:
        found: dict[str, Any] = {}
        if isinstance(node, NamedNode) or (self.tree.labelled(node) and node not in self.tree.inline):
            found["@id"] = self._iri(node)
        for predicate, values in self.tree.said(node):
            if predicate == v.TYPE:
                # only a named class can stand behind @type
                named = [self._iri(value) for value in values if isinstance(value, NamedNode)]
                if named:
                    found["@type"] = _alone(named)
            others = [value for value in values if predicate != v.TYPE or not isinstance(value, NamedNode)]
            if others:
                written = [self._value(value, self.coerced.get(predicate)) for value in others]
                found[self.keys.get(predicate) or self._iri(predicate)] = _alone(written)
        return found

    def _iri(self, node: Term) -> str:
        return (self.names.short(node.value) or node.value) if isinstance(node, NamedNode) else str(node)

    def _value(self, value: Term, kind: str | None) -> Any:
        if isinstance(value, Literal):
            if kind is not None:
                return value.value
            if value.datatype == _INTEGER and re.fullmatch(r"-?(0|[1-9]\d{0,14})", value.value):
                return int(value.value)
            if value.datatype == _BOOLEAN and value.value in ("true", "false"):
                return value.value == "true"
            if value.language:
                return {"@value": value.value, "@language": value.language}
            if value.datatype == _STRING:
                return value.value
            return {"@value": value.value, "@type": self.names.short(value.datatype.value) or value.datatype.value}
        items = self.tree.items(value)
        if items is not None:
            return {"@list": [self._value(item, kind) for item in items]}
        if isinstance(value, BlankNode) and value in self.tree.inline:
            return self._object(value)
        return self._iri(value) if kind == "@type" else {"@id": self._iri(value)}


def _alone(values: list[Any]) -> Any:
    """A list, or what is in it where that is one."""
    return values[0] if len(values) == 1 else values


def _kind(value: Term) -> str | None:
    """What a context can say of a value: its language, its datatype, or that it is a thing; else None."""
    if not isinstance(value, Literal):
        return "@type"
    if value.language:
        return f"@language {value.language}"
    if value.datatype in (_STRING, _INTEGER, _BOOLEAN):
        return None
    return f"@type {value.datatype.value}"
