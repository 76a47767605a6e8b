"""What the workbench at ``/sparql`` is told: prefixes, the words of other vocabularies in the graph, the catalogue."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from flask import url_for
from pyoxigraph import NamedNode

from spinecode.catalogue import CataloguedQuery
from spinecode.index import RuleIndex
from spinecode.knowledge import Knowledge
from spinecode.parameters import bindings_of, bound_text
from spinecode.vocabulary import PREFIXES, TYPE
from spinecode.web.site import site


def workbench() -> dict[str, Any]:
    """What the page hands to its script; the addresses are those of this server."""
    return {
        "endpoint": url_for("sparql.by_address"),
        "search": url_for("search.search"),
        "root": url_for("pages.first"),
        "prefixes": PREFIXES,
        "terms": list(borrowed_terms(site().knowledge)),
    }


@lru_cache(maxsize=4)
def borrowed_terms(knowledge: Knowledge) -> tuple[str, ...]:
    """The properties and classes of other vocabularies that the graph uses and one of our prefixes fits, in order."""
    ours = PREFIXES["spine"]
    known = tuple(base for base in PREFIXES.values() if not base.startswith(ours))
    found: set[str] = set()
    for quad in knowledge.graph.store:
        found.add(quad.predicate.value)
        if quad.predicate == TYPE and isinstance(quad.object, NamedNode):
            found.add(quad.object.value)
    return tuple(sorted(iri for iri in found if iri.startswith(known)))


def filled(query: CataloguedQuery, index: RuleIndex) -> str:
    """The text of a query with the examples of what it needs, or else of what can be given first, in their places."""
    needed = [parameter for parameter in query.parameters if parameter.needed] or list(query.parameters[:1])
    given = {parameter.name: parameter.example for parameter in needed}
    return bound_text(query.text, bindings_of(query, given, index))
