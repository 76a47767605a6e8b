"""Which queries of the catalogue can be asked about a code or a term, and the addresses that run them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from flask import url_for
from pyoxigraph import NamedNode

from spinecode import vocabulary as v
from spinecode.catalogue import CataloguedQuery
from spinecode.graph import Graph
from spinecode.query_header import Parameter
from spinecode.web.site import site


@dataclass(frozen=True, slots=True)
class Asking:
    """A query that is asked about one thing; ``url`` runs it."""

    name: str
    title: str
    question: str
    url: str


def queries_about_code(code: str) -> list[Asking]:
    """The queries that take a code."""
    return _asked(lambda parameter: code if parameter.kind == "code" else None)


def queries_about(graph: Graph, node: NamedNode) -> list[Asking]:
    """The queries that take a term: as a value of its axis, or as an IRI of the kind that their example is of."""
    values = site().index.values
    value = next((one for one in values if one.iri == node.value), None)
    shared = value is not None and sum(one.name == value.name for one in values) > 1
    types = set(graph.nodes(node, v.TYPE))

    def given(parameter: Parameter) -> str | None:
        if parameter.kind == "value" and value is not None:
            if parameter.axis is None:
                return value.iri if shared else value.name
            return value.name if parameter.axis == value.axis else None
        if parameter.kind == "iri":
            prefix, _, local = parameter.example.partition(":")
            example = NamedNode(v.PREFIXES.get(prefix, f"{prefix}:") + local)
            return node.value if types.intersection(graph.nodes(example, v.TYPE)) else None
        return None

    return _asked(given)


def _asked(given: Callable[[Parameter], str | None]) -> list[Asking]:
    return [one for query in site().knowledge.queries.values() if (one := _about(query, given)) is not None]


def _about(query: CataloguedQuery, given: Callable[[Parameter], str | None]) -> Asking | None:
    """The query with what is given for the first parameter that takes it, unless it needs more than that."""
    for parameter in query.parameters:
        text = given(parameter)
        if text is not None:
            if any(other.needed for other in query.parameters if other is not parameter):
                return None
            address = f"{url_for('queries.results', name=query.name)}?{urlencode({parameter.name: text})}"
            return Asking(query.name, query.title, query.question, address)
    return None
