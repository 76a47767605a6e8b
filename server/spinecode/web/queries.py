"""``/queries``: the catalogue of the questions that are asked of the graph, and their answers."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from flask import Blueprint, Response, render_template, request, url_for
from pyoxigraph import RdfFormat, Triple, serialize

from spinecode.catalogue import CataloguedQuery, query_named
from spinecode.errors import Fault, InputError
from spinecode.executables import CATALOGUE_PREFIXES, catalogue_graph, query_graph, query_iri
from spinecode.index import RuleIndex
from spinecode.parameters import bindings_of, bound_text, meaning
from spinecode.query_header import Parameter
from spinecode.runner import LongAnswer
from spinecode.sparql import Answer
from spinecode.web.negotiation import FORMAT, HTML, JSON, QUERY, RDF, TEXT, Representation, chosen, format_wanted
from spinecode.web.problems import help_with
from spinecode.web.replies import RDF_FORMATS, json_reply, long_reply, page, reply
from spinecode.web.site import site
from spinecode.web.sparql import shown, wanted_now
from spinecode.web.workbench import filled

blueprint = Blueprint("queries", __name__)

#: What makes a query answer differently on the same day; NOW() serves for nothing but the day in the catalogue.
_VOLATILE: Final = re.compile(r"\b(rand|uuid|struuid)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ParameterField:
    """A parameter as a field of a form; ``options`` are the values to choose from, with their labels."""

    parameter: Parameter
    value: str
    meaning: str
    options: tuple[tuple[str, str], ...]


@blueprint.get("/queries")
def list_queries() -> Response:
    """Every query with the question it answers."""
    wanted = chosen(JSON, HTML, *RDF)
    queries = list(site().knowledge.queries.values())
    if wanted is JSON:
        return json_reply({"queries": [_json(query) for query in queries]}, JSON)
    if wanted is HTML:
        return page(render_template("queries.html", queries=queries))
    return _rdf(catalogue_graph(site().knowledge.queries.values()), wanted)


@blueprint.get("/queries/<name>")
def one_query(name: str) -> Response:
    """One query: its text, what it asks, what can be given, and a form that runs it."""
    query = query_named(site().knowledge.queries, name)
    wanted = chosen(QUERY, TEXT, JSON, HTML, *RDF)
    if wanted is HTML:
        return page(_page(query, {}))
    if wanted is JSON:
        return json_reply(_json(query) | {"text": query.text, "filled": filled(query, site().index)}, JSON)
    if wanted in RDF:
        return _rdf(query_graph(query), wanted)
    return reply(query.text, wanted)


@blueprint.get("/queries/<name>/results")
def results(name: str) -> Response:
    """The answer of a query, its parameters given by name, in every format of a SPARQL answer."""
    query = query_named(site().knowledge.queries, name)
    given = {key: value for key, value in request.args.items(multi=True) if key != FORMAT and value.strip()}
    help_with(lambda: _help(query, given))
    wanted = wanted_now()
    if wanted.page and not given and any(parameter.needed for parameter in query.parameters):
        return page(_page(query, given))  # the form, since nothing was asked yet
    _refuse_repeated()
    bindings = bindings_of(query, given, site().index)
    question = dataclasses.replace(wanted.question(query.text), bindings=bindings)
    answer = site().runner.answer(question)
    keep = _VOLATILE.search(query.text) is None and site().runner.lasting
    if wanted.page:
        return page(_page(query, given, answer, bound_text(query.text, bindings)), keep=keep)
    representation = wanted.representation(answer, format_wanted())
    if isinstance(answer, LongAnswer):
        return long_reply(answer.file, answer.size, representation)
    return reply(answer.content, representation, keep=keep)


def _refuse_repeated() -> None:
    faults = []
    for name, values in request.args.lists():
        if name != FORMAT and len([value for value in values if value.strip()]) > 1:
            told = f"{name} is given {len(values)} times; a parameter has one value."
            faults.append(Fault(told, axis=name, value=values[-1]))
    if faults:
        raise InputError(tuple(faults))


def _rdf(triples: Iterable[Triple], wanted: Representation) -> Response:
    syntax = RDF_FORMATS[wanted.name]
    prefixes = None if syntax in (RdfFormat.N_TRIPLES, RdfFormat.N_QUADS) else CATALOGUE_PREFIXES
    return reply(serialize(triples, format=syntax, prefixes=prefixes) or b"", wanted)


def _json(query: CataloguedQuery) -> dict[str, object]:
    return query.as_dict() | {
        "iri": query_iri(query.name).value,
        "url": url_for(".one_query", name=query.name),
        "results": url_for(".results", name=query.name),
        "example": _example(query),
    }


def _example(query: CataloguedQuery) -> str:
    """An address that runs the query: with an example of what is needed, or else of what can be given first."""
    needed = [parameter for parameter in query.parameters if parameter.needed] or list(query.parameters[:1])
    return _results_url(query, {parameter.name: parameter.example for parameter in needed})


def _results_url(query: CataloguedQuery, given: Mapping[str, str]) -> str:
    address = url_for(".results", name=query.name)
    return f"{address}?{urlencode(given)}" if given else address


def _fields(query: CataloguedQuery, given: Mapping[str, str], index: RuleIndex) -> list[ParameterField]:
    return [ParameterField(p, given.get(p.name, "").strip(), meaning(p), _options(p, index)) for p in query.parameters]


def _options(parameter: Parameter, index: RuleIndex) -> tuple[tuple[str, str], ...]:
    if parameter.axis is None or parameter.axis not in index.axes:
        return ()
    values = [index.values[number] for number in index.axes[parameter.axis].values]
    return tuple((value.name, value.label) for value in values)


def _form(query: CataloguedQuery, given: Mapping[str, str]) -> dict[str, Any]:
    index = site().index
    asks_code = any(parameter.kind == "code" for parameter in query.parameters)
    codes = [(code.code, code.label) for code in index.codes.values()] if asks_code else []
    return {"catalogued": query, "fields": _fields(query, given, index), "codes": codes}


def _help(query: CataloguedQuery, given: Mapping[str, str]) -> dict[str, Any]:
    """The form once more, and where a mended value leads."""

    def mended(fault: Fault, name: str) -> str | None:
        if fault.axis not in given:
            return None
        names = [parameter.name for parameter in query.parameters]
        if fault.axis in names:
            return _results_url(query, {**given, fault.axis: name})
        return _results_url(query, {name if key == fault.axis else key: value for key, value in given.items()})

    return _form(query, given) | {"mended": mended}


def _page(
    query: CataloguedQuery, given: Mapping[str, str], answer: Answer | LongAnswer | None = None, text: str = ""
) -> str:
    context = _form(query, given) | {"example": _example(query), "bound": text, "answer": answer}
    return render_template("query.html", query=query, **context, **shown(answer))
