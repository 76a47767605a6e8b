"""``/openapi.json``, and ``/api`` as a page: the API, with its parameters and examples taken from the ontology."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from flask import Blueprint, Response, render_template, request

import spinecode
from spinecode.answers import comparison_json, selection_json
from spinecode.comparison import compare
from spinecode.dataset import CLOSURE, SHAPES
from spinecode.description import CODE, DATE, from_mapping
from spinecode.free_text import TEXT as WORDS
from spinecode.index import RuleIndex
from spinecode.jsonld_context import NAME
from spinecode.knowledge import Knowledge
from spinecode.search import KINDS
from spinecode.selection import select
from spinecode.vocabulary import SPINE
from spinecode.web import operations as o
from spinecode.web.api_examples import Told, example_of
from spinecode.web.bodies import FORM_TYPES
from spinecode.web.code_view import code_facts
from spinecode.web.differ import FAMILY
from spinecode.web.examples import Example, examples
from spinecode.web.negotiation import HTML, JSON, JSONLD, QUERY, RDF, TABLES, TEXT, TURTLE, chosen, wants_page
from spinecode.web.replies import json_reply, page
from spinecode.web.schemas import ref, schemas
from spinecode.web.search import MOST, USUAL
from spinecode.web.shapes import file_names, shape_names
from spinecode.web.site import site

blueprint = Blueprint("openapi", __name__)

Json = dict[str, Any]

_LEADS: Json = {"303": {"description": "The address is in Location."}}
_PAGE = (JSON, HTML)
_ALL = (JSON, HTML, *RDF)


@blueprint.get("/openapi.json")
def document() -> Response:
    """The OpenAPI 3.1 document."""
    chosen(JSON)
    return json_reply(api_document(request.script_root), JSON)


@blueprint.get("/api")
def documentation() -> Response:
    """The same document as a page, with requests to try."""
    wanted = chosen(JSON, HTML) if not wants_page() else HTML
    if wanted is JSON:
        return json_reply(api_document(request.script_root), JSON)
    # the requests name this server, which is no part of what answers are kept by
    return page(_page(site().knowledge, request.script_root, request.url_root.rstrip("/")), keep=False)


@lru_cache(maxsize=8)
def _page(_: Knowledge, root: str, server: str) -> str:
    found = api_document(root)
    told = [
        Told(path, method, operation, example_of(path, method, operation))
        for path, item in found["paths"].items()
        for method, operation in item.items()
    ]
    return render_template("api.html", document=found, told=told, server=server)


def api_document(root: str = "") -> Json:
    """The document, for a server whose paths begin with ``root``."""
    index = site().index
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "spinecode",
            "version": spinecode.__version__,
            "summary": "Which procedure code a spinal injection implies, why, and how the codes differ.",
            "description": f"Answers from version {index.rules.version} of the ontology. "
            "No medical or billing advice. CPT is a registered trademark of the American Medical Association; "
            "code numbers are used as facts, all labels are our own words.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": root or "/"}],
        "paths": _select_paths(index) | _code_paths(index) | _graph_paths(index) | _service_paths(),
        "components": {"schemas": schemas(_description(index))},
    }


def _values(index: RuleIndex, axis: str) -> list[str]:
    return [index.values[number].name for number in index.axes[axis].values]


def _description(index: RuleIndex) -> Json:
    """The schema of a description: an axis a property."""
    properties: Json = {}
    for axis in index.asked_axes:
        one = {"type": "string", "examples": _values(index, axis.name)}
        schema: Json = {"oneOf": [one, {"type": "array", "items": one}]} if axis.repeatable else one
        properties[axis.name] = schema | {"description": axis.question}
    properties[DATE] = {"type": "string", "format": "date", "description": "The date of service; today without it."}
    units = {"type": "integer", "minimum": 1}
    modifiers = {"type": "array", "items": {"type": "string"}}
    line = {
        "type": "object",
        "properties": {"code": {"type": "string"}, "units": units, "modifiers": modifiers},
        "required": ["code"],
        "additionalProperties": False,
        "description": "A line of a claim; as a text the code, each modifier after a hyphen, the units after an x.",
    }
    code = {"oneOf": [{"type": "string", "examples": list(index.codes)}, line]}
    properties[CODE] = {
        "oneOf": [code, {"type": "array", "items": code}],
        "description": "Codes that were reported, to be checked.",
    }
    return {
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        "description": "Values go by short name, IRI, label or another label.",
    }


def _axes(index: RuleIndex, given: dict[str, list[str]]) -> list[Json]:
    """The parameters of a description, with what is ``given`` as their example."""
    found: list[Json] = []
    for axis in index.asked_axes:
        known = _values(index, axis.name)
        if axis.repeatable:
            found.append(o.several(axis.name, axis.question, known))
        else:
            found.append(o.query(axis.name, axis.question, {"type": "string", "examples": known}))
    found.append(o.query(DATE, "The date of service; today without it.", {"type": "string", "format": "date"}))
    found.append(o.several(CODE, "Codes that were reported, to be checked.", list(index.codes)))
    for one in found:
        if values := given.get(one["name"]):
            one["example"] = values if one["schema"]["type"] == "array" else values[0]
    return found


def _selected(index: RuleIndex, sample: Example) -> Json:
    return selection_json(index, select(index, from_mapping(index, sample.given)))


def _pair(index: RuleIndex) -> list[str]:
    """Two codes that are easily confused."""
    confusable = (list(confusion.codes[:2]) for confusion in index.rules.confusions if len(confusion.codes) > 1)
    return next(confusable, list(index.codes)[:2])


def _select_paths(index: RuleIndex) -> Json:
    samples = [sample for sample in examples(index) if sample.given]
    given = samples[0].given if samples else {}
    selected = o.answer("The lines of a claim, or the next question.", _PAGE, o.one_or_more("Selection"))
    shown = {s.name: {"summary": s.title, "value": _selected(index, s)} for s in samples[:2]}
    if shown:
        selected["200"]["content"][JSON.media_type]["examples"] = shown
    bodies = o.descriptions(samples)
    posted = {s.name: {"summary": s.title, "value": json.loads(s.text)} for s in samples if s.syntax is JSON}
    if posted:
        bodies["content"][JSON.media_type]["examples"] = posted
    pair = _pair(index)
    compared = comparison_json(index, compare(index, pair))
    posting = (400, 406, 413, 415, 422)
    summary = "The code of an injection that is described by parameters"
    codes = o.several(CODE, "Two codes or more.", list(index.codes), pair)
    words = o.query(WORDS, "The injection in words, as a note has it; other parameters take the place of what it says.")
    families = sorted({code.family.removeprefix(SPINE) for code in index.codes.values()})
    family = o.several(FAMILY, "In the place of codes: families, for the table of what decides in them.", families)
    differing = {"oneOf": [ref("Comparison"), ref("DecisionTable")]}
    return {
        "/select": {
            "get": o.operation(
                "select",
                summary,
                [*_axes(index, given), words, o.format_of(_PAGE)],
                selected,
                (400, 406, 422),
            ),
            "post": o.operation(
                "selectPosted", "The codes of one or more descriptions", [o.format_of(_PAGE)], selected, posting, bodies
            ),
        },
        "/differ": {
            "get": o.operation(
                "differ",
                "How codes differ",
                [codes, family, o.format_of(_PAGE)],
                o.answer("What the codes share and what tells them apart.", _PAGE, differing, compared),
                (400, 406),
            )
        },
        "/validate": {
            "get": o.operation(
                "validateForm",
                "A form to validate with, and samples to try",
                [
                    o.query("sample", "The name of a sample to show, with the report on it.", {"type": "string"}),
                    o.format_of(_PAGE),
                ],
                o.answer("The form; as data the samples, and the report where one was named.", _PAGE),
                (400, 404, 406),
            ),
            "post": o.validation(bodies),
        },
    }


def _code_paths(index: RuleIndex) -> Json:
    known = index.codes[_pair(index)[0]]
    families = sorted({code.family_label for code in index.codes.values()})
    one = o.answer(
        "All that is known of the code.", _ALL, ref("Code"), code_facts(index, site().knowledge.graph, known)
    )
    at = [o.path("code", "The number of a code.", list(index.codes)), o.format_of(_ALL)]
    filters = [
        o.query("family", "Only the codes of this family.", {"type": "string", "examples": families}),
        o.query(DATE, "Only the codes in force on this day.", {"type": "string", "format": "date"}),
        o.format_of(_ALL),
    ]
    terms = [axis.iri.removeprefix(SPINE) for axis in index.asked_axes]
    term = o.path("name", "The IRI of the term, without the part that all our IRIs share.", terms)
    of_pack = o.query("iri", "The IRI of the term, in the namespace of a pack that is loaded.", required=True)
    said = o.answer("What is said of the term and what points to it.", _ALL)
    found_by = next((name for value in index.values for name in value.alt_labels), families[0])
    searching = [
        o.query("q", "Words of a label, another label or a short name; an IRI or a prefixed name.")
        | {"example": found_by},
        o.query("limit", "How many to tell.", {"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL}),
        o.several("kind", "Only things of this kind.", KINDS),
        o.format_of(_PAGE),
    ]
    return {
        "/search": {
            "get": o.operation(
                "search",
                "Codes, terms and queries by their names",
                searching,
                o.answer("The best, and how many there are.", _PAGE, ref("Search")),
                (400, 406),
            )
        },
        "/codes": {
            "get": o.operation("codes", "The codes", filters, o.answer("The codes.", _ALL, ref("Codes")), (400, 406))
        },
        "/codes/{code}": {"get": o.operation("code", "One code", at, one, (400, 404, 406))},
        "/cpt/{code}": {"get": o.operation("codeByIri", "One code, by its IRI", at, one, (400, 404, 406))},
        "/term": {
            "get": o.operation("termOfPack", "A term of a pack", [of_pack, o.format_of(_ALL)], said, (400, 404, 406))
        },
        "/{name}": {"get": o.operation("term", "A term, by its IRI", [term, o.format_of(_ALL)], said, (400, 404, 406))},
    }


def _graph_paths(index: RuleIndex) -> Json:
    queries = site().knowledge.queries
    results = o.answer("The result: a table or a graph.", (*TABLES, *RDF, HTML))
    asked = next((query.text for query in queries.values() if query.kind == "SELECT"), "")
    text = o.query("query", "The SPARQL 1.1 query; without it the endpoint describes itself.") | {"example": asked}
    formats = o.format_of((*TABLES, *RDF, HTML))
    known = [CLOSURE.value, SHAPES.value]
    graphs = [
        o.several("default-graph-uri", "Part of the default graph, in place of the query's FROM.", known),
        o.several("named-graph-uri", "A graph that GRAPH can ask, in place of the query's FROM NAMED.", known),
    ]
    iris = {"type": "array", "items": {"type": "string", "format": "uri"}}
    fields = {"query": {"type": "string"}, "default-graph-uri": iris, "named-graph-uri": iris}
    form = {"type": "object", "properties": fields, "required": ["query"]}
    body = {
        "required": True,
        "content": {
            QUERY.media_type: {"schema": {"type": "string"}, "example": asked},
            FORM_TYPES[0]: {"schema": form},
        },
    }
    closure = o.query("closure", "1 for all that follows from it too.", {"type": "string", "enum": ["0", "1"]})
    kinds = (*RDF, JSON, HTML)
    one = (QUERY, TEXT, JSON, HTML, *RDF)
    shapes = o.answer("What is asked, how bad a result is, examples; in RDF what an engine needs.", _ALL)
    shape = o.path("name", "The name of a shape.", shape_names(site().knowledge))
    file = o.path("name", "The name of a file of shapes.", file_names(site().knowledge))
    listed = o.answer("The queries: what each asks, takes and gives; in RDF as SHACL executables.", _ALL)
    name = o.path("name", "The name of a query.", list(queries))
    tried = next((q for q in queries.values() if any(p.needed for p in q.parameters)), None)
    asked_for = name | ({"example": tried.name} if tried else {})
    values = _catalogue_parameters()
    if tried is not None:
        values["example"] = {p.name: p.example for p in tried.parameters if p.needed}
    return {
        "/": {
            "get": o.operation("first", "The first page, or the ontology", [], o.answer("It.", (HTML, *RDF)), (406,))
        },
        "/sparql": {
            "get": o.operation("query", "Run a query", [text, *graphs, formats], results, (400, 406, 502, 503, 504)),
            "post": o.operation(
                "queryPosted", "Run a query", [*graphs, formats], results, (400, 406, 413, 415, 502, 503, 504), body
            ),
        },
        "/ontology": {
            "get": o.operation(
                "ontology",
                "The ontology",
                [closure, o.format_of(kinds)],
                o.answer(f"Version {index.rules.version}; as JSON an overview of its axes and codes.", kinds),
                (400, 406),
            )
        },
        f"/{NAME}": {
            "get": o.operation(
                "context",
                "The JSON-LD context by which JSON by axis names is RDF",
                [],
                o.answer("It.", (JSONLD,)),
                (406,),
            )
        },
        "/ontology/check": {
            "get": o.operation(
                "ontologyCheck",
                "What the check says of the files that are loaded",
                [o.format_of(_PAGE)],
                o.answer("The report: findings, what is accepted, coverage.", _PAGE)
                | {"202": {"description": "The check is running; Retry-After tells when to ask again."}},
                (400, 406),
            )
        },
        "/void": {
            "get": o.operation(
                "void", "What is published, in VoID and DCAT", [o.format_of(kinds)], o.answer("It.", kinds), (400, 406)
            )
        },
        "/.well-known/void": {"get": o.operation("wellKnownVoid", "Leads to /void", [], _LEADS)},
        "/shapes": {
            "get": o.operation("shapes", "The shapes of descriptions", [o.format_of(_ALL)], shapes, (400, 406))
        },
        "/shapes/{name}.ttl": {
            "get": o.operation(
                "shapeFile", "A file of shapes", [file], o.answer("The file.", (TURTLE,)), (400, 404, 406)
            )
        },
        "/shapes/{name}": {
            "get": o.operation(
                "shape", "One shape, with what passes and fails it", [shape, o.format_of(_ALL)], shapes, (400, 404, 406)
            )
        },
        "/queries": {
            "get": o.operation("queries", "The catalogue of queries", [o.format_of(_ALL)], listed, (400, 406))
        },
        "/queries/{name}": {
            "get": o.operation(
                "catalogued", "One query", [name, o.format_of(one)], o.answer("The query.", one), (400, 404, 406)
            )
        },
        "/queries/{name}/results": {
            "get": o.operation(
                "catalogueAnswer",
                "The answer of a query of the catalogue",
                [asked_for, values, formats],
                results,
                (400, 404, 406, 502, 503, 504),
            )
        },
    }


def _catalogue_parameters() -> Json:
    """The parameters of the queries, by name; each query tells which of them it takes."""
    told: dict[str, list[str]] = {}
    for query in site().knowledge.queries.values():
        for parameter in query.parameters:
            told.setdefault(parameter.name, []).append(f"{query.name} ({parameter.use}, example {parameter.example})")
    properties = {name: {"type": "string", "description": "; ".join(uses)} for name, uses in sorted(told.items())}
    return o.query(
        "values",
        "Values for the parameters of the query, each by its name.",
        {"type": "object", "properties": properties, "additionalProperties": False},
    ) | {"style": "form", "explode": True}


def _service_paths() -> Json:
    def plain(name: str, summary: str, problems: tuple[int, ...] = ()) -> Json:
        kinds = (TEXT,) if name == "metrics" else (JSON,)
        return {"get": o.operation(name, summary, [], o.answer(summary, kinds), problems)}

    return {
        "/problems": {"get": o.operation("problems", "The kinds of problems", [], o.answer("They.", _PAGE), (406,))},
        "/healthz": plain("alive", "That the process answers."),
        "/readyz": plain(
            "ready", "That the rules are loaded, and the store behind this can be used where there is one.", (503,)
        ),
        "/metrics": plain("metrics", "Counts of this worker process, for Prometheus."),
        "/openapi.json": plain("openapi", "This document.", (406,)),
        "/api": {"get": o.operation("api", "This document, as a page", [], o.answer("It.", _PAGE), (400, 406))},
    }
