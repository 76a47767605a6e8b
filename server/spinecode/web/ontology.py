"""``/ontology``: the ontology as written, its closure, and an overview of axes, values and codes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flask import Blueprint, Response, render_template, request
from pyoxigraph import BlankNode, NamedNode, Quad, RdfFormat, Triple, parse

from spinecode.errors import InputError
from spinecode.graph import Graph
from spinecode.index import RuleIndex
from spinecode.knowledge import Knowledge
from spinecode.rules import Axis
from spinecode.vocabulary import SPINE, term
from spinecode.web.forms import codes_by_family
from spinecode.web.negotiation import HTML, JSON, NTRIPLES, RDF, chosen, wants_page
from spinecode.web.replies import json_reply, page, rdf_reply, reply
from spinecode.web.site import site
from spinecode.web.views import definition_of, label_of

blueprint = Blueprint("ontology", __name__)

#: The parameter that asks for what follows from the ontology too.
CLOSURE = "closure"


@blueprint.get("/ontology")
def ontology_reply() -> Response:
    """The ontology in RDF, as JSON or as a page; also at the IRI of its version."""
    offers = (HTML, *RDF, JSON) if wants_page() else (*RDF, JSON, HTML)
    wanted = chosen(*offers)
    closed = _flag(request.args.get(CLOSURE, ""))
    index = site().index
    if wanted is HTML:
        return page(
            render_template("ontology.html", overview=whole_overview(site().knowledge), version=index.rules.version)
        )
    if wanted is JSON:
        return json_reply(whole_overview(site().knowledge), JSON)
    knowledge = site().knowledge
    if closed:
        content = knowledge.ontology.closure()
        response = reply(content, wanted) if wanted is NTRIPLES else rdf_reply(_in_order(content), wanted)
    else:
        response = rdf_reply(stated(knowledge), wanted)
    response.set_etag(f"{knowledge.ontology.digest[:24]}-{wanted.name}{'-closed' * closed}")
    return response


def _flag(text: str) -> bool:
    if text.lower() in ("1", "true", "yes"):
        return True
    if text.lower() in ("", "0", "false", "no"):
        return False
    raise InputError.of(f"{CLOSURE} is 1 or 0, not {text!r}.", axis=CLOSURE, value=text)


def stated(knowledge: Knowledge) -> list[Triple]:
    """The statements of the files in their order, with blank nodes numbered, so that every worker writes the same."""
    names: dict[BlankNode, BlankNode] = {}

    def named(quad: Quad) -> Triple:
        subject, value = quad.subject, quad.object
        if isinstance(subject, BlankNode):
            subject = names.setdefault(subject, BlankNode(f"b{len(names)}"))
        if isinstance(value, BlankNode):
            value = names.setdefault(value, BlankNode(f"b{len(names)}"))
        return Triple(subject, quad.predicate, value)

    return [named(quad) for quad in knowledge.ontology.stated()]


def _in_order(content: bytes) -> Iterable[Triple]:
    return (quad.triple for quad in parse(content, format=RdfFormat.N_TRIPLES))


def version_iri(graph: Graph) -> str | None:
    """The IRI of the version of the ontology that is served."""
    return next(iter(graph.iris(NamedNode(SPINE), term("owl:versionIRI"))), None)


def overview(index: RuleIndex) -> dict[str, Any]:
    """The axes with their values and the families with their codes."""
    return {
        "iri": SPINE,
        "version": index.rules.version,
        "covers_from": index.rules.covers_from,
        "axes": [_axis_json(index, axis) for axis in index.rules.axes],
        "families": [
            {
                "iri": codes[0].family,
                "label": label,
                "codes": [{"code": code.code, "iri": code.iri, "label": code.label} for code in codes],
            }
            for label, codes in codes_by_family(index).items()
        ],
    }


def whole_overview(knowledge: Knowledge) -> dict[str, Any]:
    """The overview with what stands beside the rules: schemes, shapes and queries; and what is told of the version."""
    graph, shapes = knowledge.graph, knowledge.shapes
    axes = {axis.iri for axis in knowledge.index.rules.axes}
    schemes = [one for one in graph.instances(term("skos:ConceptScheme")) if one.value not in axes]
    return overview(knowledge.index) | {
        "about": _version_json(graph),
        "schemes": [
            _told(graph, one) | {"concepts": len(graph.subjects(term("skos:inScheme"), one))}
            for one in sorted(schemes, key=lambda one: label_of(graph, one).casefold())
        ],
        "shapes": [_told(shapes, one) for one in shapes.instances(term("sh:NodeShape"))],
        "queries": [
            {"name": query.name, "title": query.title, "question": query.question}
            for query in sorted(knowledge.queries.values(), key=lambda query: query.title)
        ],
    }


def _told(graph: Graph, node: NamedNode) -> dict[str, Any]:
    return {"iri": node.value, "label": label_of(graph, node), "definition": definition_of(graph, node)}


def _version_json(graph: Graph) -> dict[str, Any]:
    """What the header says of this version and of the one before it, null where it says nothing."""
    header = NamedNode(SPINE)

    def first(name: str) -> str | None:
        return next(iter((*graph.iris(header, term(name)), *graph.texts(header, term(name)))), None)

    names = ("owl:versionIRI", "owl:priorVersion", "owl:backwardCompatibleWith", "dcterms:issued", "dcterms:modified")
    keys = ("version_iri", "prior_version", "compatible_with", "issued", "modified")
    return {key: first(name) for key, name in zip(keys, names, strict=True)}


def _axis_json(index: RuleIndex, axis: Axis) -> dict[str, Any]:
    values = [index.values[number] for number in axis.values]
    return {
        "name": axis.name,
        "iri": axis.iri,
        "property": axis.property,
        "label": axis.label,
        "definition": axis.definition,
        "question": axis.question,
        "repeatable": axis.repeatable,
        "derived_from": axis.derived_from,
        "values": [
            {
                "name": value.name,
                "iri": value.iri,
                "label": value.label,
                "alternative_labels": list(value.alt_labels),
                "definition": value.definition,
            }
            for value in values
        ],
    }
