"""Every IRI of ours, answered with what the graph says of it and what points to it."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from flask import Blueprint, Response, render_template
from pyoxigraph import BlankNode, Literal, NamedNode, Triple

from spinecode import vocabulary as v
from spinecode.errors import Fault, UnknownNameError
from spinecode.files import data_folder
from spinecode.graph import Graph, Node, Term, parse_file
from spinecode.web.negotiation import HTML, JSON, RDF, chosen
from spinecode.web.ontology import ontology_reply, version_iri
from spinecode.web.replies import json_reply, page, rdf_reply
from spinecode.web.site import site

blueprint = Blueprint("terms", __name__)

#: The properties that a page shows by themselves, above its tables.
_HEADED = (v.LABEL, v.PREF_LABEL, v.DEFINITION)
#: With how many unnamed classes below it a class is still described by them.
_TELLING = 8


@dataclass(frozen=True, slots=True)
class Item:
    """A value in a table: an IRI with its label, a text with its language or datatype, or a class expression."""

    text: str
    iri: str | None = None
    note: str | None = None


@dataclass(frozen=True, slots=True)
class TermView:
    """A term as its page shows it; ``statements`` and ``references`` are items by the IRI of a property."""

    iri: str
    name: str
    label: str
    definition: str
    types: tuple[Item, ...]
    statements: dict[str, tuple[Item, ...]]
    references: dict[str, tuple[Item, ...]]
    used_by: tuple[Item, ...]


@blueprint.get("/<path:name>")
def one_term(name: str) -> Response:
    """The term with the IRI that ends in ``name``. Raises UnknownNameError with the nearest names."""
    graph = site().knowledge.graph
    node = _node(v.SPINE + name)
    if node is not None and not known(graph, node):
        graph = shapes()
    if node is None or not known(graph, node):
        raise UnknownNameError((Fault(f"There is no page and no term {name!r}.", value=name, nearest=_near(name)),))
    if node.value == version_iri(graph):
        return ontology_reply()
    wanted = chosen(JSON, HTML, *RDF)
    if wanted is JSON:
        return json_reply(_term_json(term_view(graph, node)), JSON)
    if wanted is HTML:
        return page(render_template("term.html", term=term_view(graph, node)))
    return rdf_reply(described(graph, node), wanted)


def _node(iri: str) -> NamedNode | None:
    try:
        return NamedNode(iri)
    except ValueError:
        return None


def known(graph: Graph, node: NamedNode) -> bool:
    """Whether the graph speaks of a term in any place."""
    store = graph.store
    patterns = ((node, None, None), (None, None, node), (None, node, None))
    return any(next(iter(store.quads_for_pattern(*pattern)), None) is not None for pattern in patterns)


@lru_cache(maxsize=1)
def shapes() -> Graph:
    """The shapes, whose IRIs stand in validation reports."""
    files = sorted(data_folder("shapes").glob("*.ttl"))
    return Graph.of(quad for file in files for quad in parse_file(file))


def our_terms(graph: Graph) -> set[str]:
    """The IRIs below ours that stand anywhere in the graph."""
    places = (place for quad in graph.store for place in (quad.subject, quad.predicate, quad.object))
    return {place.value for place in places if isinstance(place, NamedNode) and place.value.startswith(v.SPINE)}


def _near(name: str) -> tuple[str, ...]:
    names = {iri.removeprefix(v.SPINE) for iri in our_terms(site().knowledge.graph)} - {""}
    folded = {one.casefold(): one for one in sorted(names)}
    return tuple(folded[key] for key in difflib.get_close_matches(name.casefold(), folded, n=3, cutoff=0.6))


# ---------------------------------------------------------------- as RDF


def described(graph: Graph, node: NamedNode) -> list[Triple]:
    """What is said of a term and what points to it, with the unnamed things on the way; the term itself first."""
    found = dict.fromkeys(graph.about(node))
    unnamed = []
    for quad in graph.store.quads_for_pattern(None, None, node):
        if not isinstance(quad.subject, BlankNode):
            found[quad.triple] = None
        elif quad.predicate in (v.SUBCLASS, v.EQUIVALENT_CLASS):
            unnamed.append(quad.subject)
    # A class that nearly all definitions fall under is not told by them.
    if len(unnamed) <= _TELLING:
        for subject in unnamed:
            found.update(dict.fromkeys(graph.about(subject)))
    return sorted(found, key=lambda t: (t.subject != node, str(t.subject), str(t.predicate), str(t.object)))


# ---------------------------------------------------------------- as a page and as JSON


def term_view(graph: Graph, node: NamedNode) -> TermView:
    """A term with its labels, statements and references, everything in a fixed order."""
    statements: dict[str, dict[Item, None]] = {}
    for quad in graph.store.quads_for_pattern(node, None, None):
        if quad.predicate not in (*_HEADED, v.TYPE):
            statements.setdefault(quad.predicate.value, {})[_item(graph, quad.object)] = None
    references: dict[str, dict[Item, None]] = {}
    for quad in graph.store.quads_for_pattern(None, None, node):
        if isinstance(quad.subject, NamedNode):
            references.setdefault(quad.predicate.value, {})[_item(graph, quad.subject)] = None
    return TermView(
        iri=node.value,
        name=node.value.removeprefix(v.SPINE),
        label=label_of(graph, node),
        definition=graph.text(node, v.DEFINITION) or graph.text(node, v.COMMENT) or "",
        types=tuple(_item(graph, kind) for kind in graph.nodes(node, v.TYPE)),
        statements=_sorted(statements),
        references=_sorted(references),
        used_by=tuple(_item(graph, user) for user in sorted(_users(graph, node), key=str)),
    )


def _sorted(items: dict[str, dict[Item, None]]) -> dict[str, tuple[Item, ...]]:
    return {name: tuple(sorted(items[name], key=lambda item: (item.text, item.iri or ""))) for name in sorted(items)}


def label_of(graph: Graph, node: Node) -> str:
    """The label of a thing, else its short name."""
    label = graph.text(node, v.PREF_LABEL) or graph.text(node, v.LABEL)
    return label or (v.shorten(node.value) if isinstance(node, NamedNode) else "unnamed")


def _item(graph: Graph, value: Term) -> Item:
    if isinstance(value, NamedNode):
        return Item(label_of(graph, value), value.value)
    if isinstance(value, Literal):
        datatype = v.shorten(value.datatype.value)
        return Item(value.value, note=value.language or (None if datatype == "xsd:string" else datatype))
    return Item(expression(graph, value)) if isinstance(value, BlankNode) else Item(str(value))


def expression(graph: Graph, node: Node, above: tuple[Node, ...] = ()) -> str:
    """A class expression or list as people write them: ``p some C``, ``A and B``, ``p then q``."""
    if isinstance(node, NamedNode) or node in above:
        return label_of(graph, node)
    path = (*above, node)
    for restricted in graph.nodes(node, v.ON_PROPERTY):
        for predicate, word in ((v.SOME_VALUES, "some"), (v.ALL_VALUES, "only"), (v.HAS_VALUE, "is")):
            for target in graph.nodes(node, predicate):
                inner = expression(graph, target, path)
                return f"{label_of(graph, restricted)} {word} {f'({inner})' if ' and ' in inner else inner}"
    for predicate, joint in ((v.INTERSECTION, " and "), (v.UNION, " or "), (v.ONE_OF, ", ")):
        for items in graph.nodes(node, predicate):
            return joint.join(expression(graph, item, path) for item in graph.items(items))
    listed = graph.items(node) if graph.nodes(node, v.FIRST) else []
    return " then ".join(expression(graph, item, path) for item in listed) or "unnamed"


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
                seen.add(subject)
                waiting.append(subject)
                named = (*graph.nodes(subject, v.SUBCLASS), *graph.nodes(subject, v.EQUIVALENT_CLASS))
                found.update(target for target in named if isinstance(target, NamedNode))
    return found - {node}


def _item_json(item: Item) -> dict[str, Any]:
    if item.iri is not None:
        return {"iri": item.iri, "label": item.text}
    return {"text": item.text} | ({"note": item.note} if item.note else {})


def _term_json(term: TermView) -> dict[str, Any]:
    def by_name(items: dict[str, tuple[Item, ...]]) -> dict[str, Any]:
        return {v.shorten(name): [_item_json(item) for item in found] for name, found in items.items()}

    return {
        "iri": term.iri,
        "label": term.label,
        "definition": term.definition,
        "types": [_item_json(item) for item in term.types],
        "statements": by_name(term.statements),
        "references": by_name(term.references),
        "used_in_definitions_of": [_item_json(item) for item in term.used_by],
    }
