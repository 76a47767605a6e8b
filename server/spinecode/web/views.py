"""What the page of a term shows: labels, rules in words, statements with what they rest on, and what points to it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pyoxigraph import BlankNode, Literal, NamedNode

from spinecode import vocabulary as v
from spinecode.graph import Graph, Node, Term
from spinecode.vocabulary import term
from spinecode.web.wording import kind_label, place, property_label

#: The properties that a page shows by themselves, above its tables.
_HEADED = (v.LABEL, v.PREF_LABEL, v.DEFINITION)
_DEFINING = tuple(
    term(name)
    for name in (
        *("skos:definition", "rdfs:comment", "sh:message", "sh:description"),
        *("spine:advice", "spine:confusionReason", "spine:verdictReason", "skos:note"),
    )
)
_ANNOTATED = tuple(term(f"owl:annotated{part}") for part in ("Source", "Property", "Target"))
#: Datatypes that a reader sees without being told.
_PLAIN = frozenset(f"xsd:{name}" for name in ("string", "integer", "boolean", "date", "gYear", "gYearMonth"))


@dataclass(frozen=True, slots=True)
class Item:
    """A value in a table: a thing with its label, a text with its language or datatype, or a class expression.

    ``parts`` are the words and things of an expression in their order; ``beside`` is what is said of this one
    statement: values by the label of a property.
    """

    text: str
    iri: str | None = None
    note: str | None = None
    parts: tuple[Item, ...] = ()
    beside: tuple[tuple[str, tuple[Item, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class TermView:
    """A term as its page shows it; ``statements`` and ``references`` are items by the IRI of a property.

    ``kinds`` are the narrowest of its ``types``; ``enough`` is, for a class, what is enough to be in it: the parts of
    each definition.
    """

    iri: str
    name: str
    label: str
    definition: str
    types: tuple[Item, ...]
    kinds: tuple[Item, ...]
    enough: tuple[tuple[Item, ...], ...]
    statements: dict[str, tuple[Item, ...]]
    references: dict[str, tuple[Item, ...]]
    used_by: tuple[Item, ...]


def term_view(graph: Graph, node: NamedNode) -> TermView:
    """A term with its labels, statements and references, everything in a fixed order."""
    beside = _annotations(graph, node)
    statements: dict[str, dict[Item, None]] = {}
    for quad in graph.store.quads_for_pattern(node, None, None):
        if quad.predicate not in (*_HEADED, v.TYPE):
            item = _item(graph, quad.object, beside.get((quad.predicate, quad.object), ()))
            statements.setdefault(quad.predicate.value, {})[item] = None
    references: dict[str, dict[Item, None]] = {}
    for quad in graph.store.quads_for_pattern(None, None, node):
        # what a single statement rests on is told of the thing that the statement is about
        about = graph.nodes(quad.subject, _ANNOTATED[0]) if isinstance(quad.subject, BlankNode) else [quad.subject]
        for subject in about:
            if isinstance(subject, NamedNode) and quad.predicate not in _ANNOTATED:
                references.setdefault(quad.predicate.value, {})[_item(graph, subject)] = None
    types = graph.nodes(node, v.TYPE)
    enough = [*graph.subjects(v.SUBCLASS, node), *graph.subjects(v.EQUIVALENT_CLASS, node)]
    definitions = (_requirements(graph, one) for one in enough if isinstance(one, BlankNode))
    return TermView(
        iri=node.value,
        name=node.value.removeprefix(v.SPINE),
        label=label_of(graph, node),
        definition=definition_of(graph, node),
        types=tuple(sorted((_item(graph, t, beside.get((v.TYPE, t), ())) for t in types), key=_by_text)),
        kinds=tuple(sorted((Item(kind_label(graph, k), k.value) for k in narrowest(graph, node)), key=_by_text)),
        enough=tuple(sorted((parts for parts in definitions if parts), key=lambda parts: [p.text for p in parts])),
        statements=_sorted(statements),
        references=_sorted(references),
        used_by=tuple(sorted((_item(graph, user) for user in _users(graph, node)), key=_by_text)),
    )


def _by_text(item: Item) -> tuple[str, str]:
    return item.text.casefold(), item.iri or ""


def _sorted(items: dict[str, dict[Item, None]]) -> dict[str, tuple[Item, ...]]:
    return {name: tuple(sorted(items[name], key=_by_text)) for name in sorted(items, key=place)}


def narrowest(graph: Graph, node: Node) -> list[NamedNode]:
    """The types of a thing that have no other of them below."""
    types = graph.nodes(node, v.TYPE)

    def below(one: Node, other: Node) -> bool:
        return one != other and graph.has(one, v.SUBCLASS, other) and not graph.has(other, v.SUBCLASS, one)

    return [kind for kind in types if isinstance(kind, NamedNode) and not any(below(one, kind) for one in types)]


def definition_of(graph: Graph, node: Node) -> str:
    """What a thing is, in a sentence; of a shape what it asks, of an advisory what it advises; empty without any."""
    return next((text for one in _DEFINING if (text := graph.text(node, one)) is not None), "")


Beside = tuple[tuple[str, tuple[Item, ...]], ...]


def _annotations(graph: Graph, node: Node) -> dict[tuple[Term, Term], Beside]:
    """What is said of single statements about a thing, by property and value of the statement."""
    found: dict[tuple[Term, Term], dict[str, list[Item]]] = {}
    source, predicate, target = _ANNOTATED
    for axiom in graph.subjects(source, node):
        said = [
            (quad.predicate.value, _item(graph, quad.object))
            for quad in graph.store.quads_for_pattern(axiom, None, None)
            if quad.predicate not in (*_ANNOTATED, v.TYPE)
        ]
        for key in ((p, t) for p in graph.objects(axiom, predicate) for t in graph.objects(axiom, target)):
            for iri, item in said:
                found.setdefault(key, {}).setdefault(iri, []).append(item)
    return {
        key: tuple(
            (property_label(graph, iri), tuple(sorted(said[iri], key=_by_text))) for iri in sorted(said, key=place)
        )
        for key, said in found.items()
    }


def label_of(graph: Graph, node: Node) -> str:
    """The label of a thing, of a code with its number, else its short name."""
    label = graph.label(node)
    if label and graph.has(node, v.TYPE, v.PROCEDURE_CODE):
        label = f"{graph.text(node, v.NOTATION) or ''} {label}".strip()
    return label or (v.shorten(node.value).removeprefix(v.SPINE) if isinstance(node, NamedNode) else "unnamed")


def _item(graph: Graph, value: Term, beside: Beside = ()) -> Item:
    if isinstance(value, NamedNode):
        return Item(label_of(graph, value), value.value, beside=beside)
    if isinstance(value, Literal):
        datatype = v.shorten(value.datatype.value)
        note = value.language or (datatype if datatype not in _PLAIN else None)
        note = note if note != graph.language else None
        return Item(value.value, note=note, beside=beside)
    if isinstance(value, BlankNode):
        parts = tuple(expression(graph, value))
        return Item("".join(part.text for part in parts), parts=parts, beside=beside)
    return Item(str(value))


# ---------------------------------------------------------------- class expressions in words


def expression(graph: Graph, node: Node, above: tuple[Node, ...] = ()) -> list[Item]:
    """A class expression or list as people write them (``p some C``, ``A and B``, ``p then q``), part by part."""
    if isinstance(node, NamedNode):
        return [Item(label_of(graph, node), node.value)]
    if node in above:
        return [Item("unnamed")]
    path = (*above, node)
    for restricted in graph.nodes(node, v.ON_PROPERTY):
        for predicate, word in ((v.SOME_VALUES, "some"), (v.ALL_VALUES, "only"), (v.HAS_VALUE, "is")):
            for target in graph.objects(node, predicate):
                on = expression(graph, restricted, path)
                return [*on, Item(f" {word} "), *_bracketed(_value(graph, target, path))]
    for predicate, joint in ((v.INTERSECTION, " and "), (v.UNION, " or "), (v.ONE_OF, ", ")):
        for items in graph.nodes(node, predicate):
            return _joined((expression(graph, item, path) for item in graph.items(items)), joint)
    listed = graph.items(node) if graph.nodes(node, v.FIRST) else []
    return _joined((expression(graph, item, path) for item in listed), " then ") or _unnamed(graph, node, path)


def _unnamed(graph: Graph, node: Node, path: tuple[Node, ...]) -> list[Item]:
    """What is said of a thing without a name, such as a shape within another."""
    said = []
    for quad in graph.store.quads_for_pattern(node, None, None):
        if quad.predicate != v.TYPE:
            value = _value(graph, quad.object, path)
            said.append((place(quad.predicate.value), [i.text for i in value], quad.predicate.value, value))
    said.sort(key=lambda one: one[:2])
    told = ([Item(property_label(graph, iri), iri), Item(" "), *value] for _, _, iri, value in said)
    return [Item("("), *_joined(told, "; "), Item(")")] if said else [Item("unnamed")]


def _value(graph: Graph, target: Term, path: tuple[Node, ...]) -> list[Item]:
    if isinstance(target, NamedNode | BlankNode):
        return expression(graph, target, path)
    return [Item(target.value if isinstance(target, Literal) else str(target))]


def _joined(groups: Iterable[list[Item]], joint: str) -> list[Item]:
    found: list[Item] = []
    for group in groups:
        found += [Item(joint), *group] if found else group
    return found


def _bracketed(parts: list[Item]) -> list[Item]:
    compound = any(part.text in (" and ", " or ") for part in parts)
    return [Item("("), *parts, Item(")")] if compound else parts


def _requirements(graph: Graph, node: Node) -> tuple[Item, ...]:
    """The parts of an intersection, each an item; of another class expression, the one."""
    lists = graph.nodes(node, v.INTERSECTION)
    members = [member for items in lists for member in graph.items(items)]
    if not members and not graph.nodes(node, v.ON_PROPERTY) and not graph.nodes(node, v.UNION):
        return ()
    return tuple(_item(graph, member) for member in members or [node])


def _users(graph: Graph, node: NamedNode) -> set[NamedNode]:
    """The named things whose definitions lead to a term over unnamed ones."""
    found: set[NamedNode] = set()
    seen: set[Node] = {node}
    waiting: list[Node] = [node]
    while waiting:
        current = waiting.pop()
        for quad in graph.store.quads_for_pattern(None, None, current):
            subject = quad.subject
            if isinstance(subject, NamedNode) and current != node:
                found.add(subject)
            elif isinstance(subject, BlankNode) and subject not in seen:
                # what is enough for a class is told by itself, and a note on a statement is no definition
                if quad.predicate in (v.SUBCLASS, v.EQUIVALENT_CLASS, *_ANNOTATED):
                    continue
                seen.add(subject)
                waiting.append(subject)
                named = (*graph.nodes(subject, v.SUBCLASS), *graph.nodes(subject, v.EQUIVALENT_CLASS))
                found.update(target for target in named if isinstance(target, NamedNode))
    return found - {node}
