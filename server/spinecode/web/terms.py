"""Every IRI of ours, answered with what the graph says of it and what points to it."""

from __future__ import annotations

import difflib
from functools import lru_cache
from typing import Any

from flask import Blueprint, Response, render_template, request
from pyoxigraph import BlankNode, NamedNode, Triple

from spinecode import vocabulary as v
from spinecode.errors import Fault, InputError, UnknownNameError
from spinecode.graph import Graph
from spinecode.knowledge import Knowledge
from spinecode.search import namespaces
from spinecode.web.asking import queries_about
from spinecode.web.code_view import codes_that_take
from spinecode.web.negotiation import HTML, JSON, RDF, chosen
from spinecode.web.ontology import ontology_reply, version_iri
from spinecode.web.replies import json_reply, page, rdf_reply
from spinecode.web.site import site
from spinecode.web.views import Item, TermView, term_view
from spinecode.web.void import released_file

blueprint = Blueprint("terms", __name__)

#: With how many unnamed classes below it a class is still described by them.
_TELLING = 8
#: The parameter that names a term of a pack.
IRI = "iri"


@blueprint.get("/<path:name>")
def one_term(name: str) -> Response:
    """The term with the IRI that ends in ``name``. Raises UnknownNameError with the nearest names."""
    graph = site().knowledge.graph
    node = _node(v.SPINE + name)
    if node is not None and not known(graph, node):
        graph = shapes(site().knowledge)
    if node is None or not known(graph, node):
        if (file := released_file(name)) is not None:
            return file
        raise UnknownNameError((Fault(f"There is no page and no term {name!r}.", value=name, nearest=_near(name)),))
    if node.value == version_iri(graph):
        return ontology_reply()
    return _reply(graph, node)


@blueprint.get("/term")
def term_of_a_pack() -> Response:
    """The term of a pack with an IRI. Raises InputError without one, UnknownNameError where nothing is said of it."""
    iri = request.args.get(IRI, "").strip()
    if not iri:
        raise InputError.of(f"Name a term of a pack by its IRI: {request.path}?{IRI}=https://...", axis=IRI)
    knowledge = site().knowledge
    node = _node(iri)
    for graph in (knowledge.graph, shapes(knowledge)):
        if node is not None and of_a_pack(knowledge, iri) and graph.about(node):
            return _reply(graph, node)
    raise UnknownNameError.of(f"No pack says anything of {iri!r}.", value=iri)


def of_a_pack(knowledge: Knowledge, iri: str) -> bool:
    """Whether an IRI is in the namespace of a pack that is loaded."""
    return iri.startswith(_namespaces(knowledge))


@lru_cache(maxsize=4)
def _namespaces(knowledge: Knowledge) -> tuple[str, ...]:
    return namespaces(knowledge.graph)[1:]


def _reply(graph: Graph, node: NamedNode) -> Response:
    wanted = chosen(JSON, HTML, *RDF)
    if wanted is JSON:
        codes = [code.code for code in codes_that_take(site().index, node.value)]
        return json_reply(_term_json(term_view(graph, node)) | ({"codes": codes} if codes else {}), JSON)
    if wanted is HTML:
        asked, taking = queries_about(graph, node), codes_that_take(site().index, node.value)
        return page(render_template("term.html", term=term_view(graph, node), queries=asked, taking=taking))
    return rdf_reply(described(graph, node), wanted)


def _node(iri: str) -> NamedNode | None:
    try:
        return NamedNode(iri)
    except ValueError:
        return None


@lru_cache(maxsize=4)
def shapes(knowledge: Knowledge) -> Graph:
    """The shapes, whose IRIs stand in validation reports, with the labels of the terms that they speak of."""
    labels = (
        quad for named in (v.LABEL, v.PREF_LABEL) for quad in knowledge.graph.store.quads_for_pattern(None, named, None)
    )
    graph = Graph.of((*knowledge.shapes.store, *labels))
    graph.language = knowledge.language
    return graph


def known(graph: Graph, node: NamedNode) -> bool:
    """Whether the graph speaks of a term in any place."""
    store = graph.store
    patterns = ((node, None, None), (None, None, node), (None, node, None))
    return any(next(iter(store.quads_for_pattern(*pattern)), None) is not None for pattern in patterns)


def our_terms(graph: Graph) -> set[str]:
    """The IRIs below ours that stand anywhere in the graph."""
    places = (place for quad in graph.store for place in (quad.subject, quad.predicate, quad.object))
    return {place.value for place in places if isinstance(place, NamedNode) and place.value.startswith(v.SPINE)}


@lru_cache(maxsize=4)
def _names(knowledge: Knowledge) -> dict[str, str]:
    """The names of our terms, by what they are where case does not count."""
    names = {iri.removeprefix(v.SPINE) for iri in our_terms(knowledge.graph)} - {""}
    return {one.casefold(): one for one in sorted(names)}


def _near(name: str) -> tuple[str, ...]:
    folded = _names(site().knowledge)
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


# ---------------------------------------------------------------- as JSON


def _item_json(item: Item) -> dict[str, Any]:
    found: dict[str, Any] = {"iri": item.iri, "label": item.text} if item.iri is not None else {"text": item.text}
    if item.note:
        found["note"] = item.note
    if item.beside:
        found["said_of_it"] = {name: [_item_json(one) for one in items] for name, items in item.beside}
    return found


def _term_json(term: TermView) -> dict[str, Any]:
    def by_name(items: dict[str, tuple[Item, ...]]) -> dict[str, Any]:
        return {v.shorten(name): [_item_json(item) for item in found] for name, found in items.items()}

    return {
        "iri": term.iri,
        "label": term.label,
        "definition": term.definition,
        "types": [_item_json(item) for item in term.types],
        "enough": [[_item_json(item) for item in parts] for parts in term.enough],
        "statements": by_name(term.statements),
        "references": by_name(term.references),
        "used_in_definitions_of": [_item_json(item) for item in term.used_by],
    }
