"""``/codes``: every code, and all that is known of one."""

from __future__ import annotations

import difflib

from flask import Blueprint, Response, render_template, request, url_for
from pyoxigraph import NamedNode

from spinecode.answers import validity_json
from spinecode.description import DATE, parse_date
from spinecode.errors import Fault, InputError, UnknownNameError
from spinecode.index import RuleIndex
from spinecode.rules import Code, in_force
from spinecode.spelling import fold
from spinecode.vocabulary import CPT, SPINE
from spinecode.web.asking import queries_about_code
from spinecode.web.bodies import parameters
from spinecode.web.code_view import code_facts, code_page
from spinecode.web.negotiation import HTML, JSON, RDF, chosen
from spinecode.web.replies import json_reply, page, rdf_reply
from spinecode.web.site import site
from spinecode.web.terms import described

blueprint = Blueprint("codes", __name__)

#: The filters of the list.
FAMILY = "family"


@blueprint.get("/codes")
def list_codes() -> Response:
    """The codes, all or those of a family or in force on a date."""
    index, graph = site().index, site().knowledge.graph
    wanted = chosen(JSON, HTML, *RDF)
    codes = _filtered(index)
    if wanted is JSON:
        return json_reply({"codes": [_short_json(code) for code in codes]}, JSON)
    if wanted is HTML:
        return page(_list_page(index, codes))
    return rdf_reply((triple for code in codes for triple in described(graph, NamedNode(code.iri))), wanted)


@blueprint.get(f"/{CPT.removeprefix(SPINE)}<code>")
@blueprint.get("/codes/<code>")  # the one that is linked to, since it is added first
def one_code(code: str) -> Response:
    """One code, at the address of its page and at that of its IRI."""
    index, graph = site().index, site().knowledge.graph
    if code not in index.codes:
        message = f"{code!r} is not a code that this ontology knows."
        raise UnknownNameError((Fault(message, value=code, nearest=index.nearest_codes(code)),))
    wanted = chosen(JSON, HTML, *RDF)
    found = index.codes[code]
    if wanted is JSON:
        return json_reply(code_facts(index, graph, found), JSON)
    if wanted is HTML:
        asked = queries_about_code(found.code)
        return page(render_template("code.html", **code_page(index, graph, found), queries=asked))
    return rdf_reply(described(graph, NamedNode(found.iri)), wanted)


def _local(iri: str) -> str:
    return iri.removeprefix(SPINE)


def _short_json(code: Code) -> dict[str, object]:
    return {
        "code": code.code,
        "iri": code.iri,
        "label": code.label,
        "family": {"iri": code.family, "label": code.family_label},
        "validity": validity_json(code),
        "unit": code.unit,
        "url": url_for(".one_code", code=code.code),
    }


def _filtered(index: RuleIndex) -> list[Code]:
    """The codes that the filters leave. Raises InputError for an unknown filter or family and for no date."""
    given = parameters(request.args)
    unknown = [name for name in given if name not in (FAMILY, DATE)]
    if unknown:
        told = f"The filters are {FAMILY} and {DATE}."
        faults = []
        for name in unknown:
            nearest = tuple(difflib.get_close_matches(name, (FAMILY, DATE), n=1))
            faults.append(Fault(f"There is no filter {name!r}. {told}", name, nearest=nearest))
        raise InputError(tuple(faults))
    found = list(index.codes.values())
    if FAMILY in given:
        families = {_family(index, text) for text in given[FAMILY]}
        found = [code for code in found if code.family in families]
    for text in given.get(DATE, ()):
        day = parse_date(text)
        found = [c for c in found if in_force(c, day)]
    return found


def _family(index: RuleIndex, text: str) -> str:
    names: dict[str, str] = {}
    for code in index.codes.values():
        for name in (code.family, _local(code.family), code.family_label):
            names[fold(name)] = code.family
    if fold(text) not in names:
        labels = {code.family_label for code in index.codes.values()}
        close = difflib.get_close_matches(fold(text), names, n=3, cutoff=0.4)
        nearest = tuple(dict.fromkeys(_local(names[name]) for name in close))
        message = f"There is no code family {text!r}. The families are {', '.join(sorted(labels))}."
        raise InputError.of(message, axis=FAMILY, value=text, nearest=nearest)
    return names[fold(text)]


def _list_page(index: RuleIndex, codes: list[Code]) -> str:
    groups: dict[tuple[str, str], list[Code]] = {}
    for code in codes:
        groups.setdefault((code.family, code.family_label), []).append(code)
    families = {code.family: code.family_label for code in index.codes.values()}
    return render_template(
        "codes.html",
        groups=groups,
        families={_local(iri): label for iri, label in families.items()},
        number=len(codes),
        family=request.args.get(FAMILY, ""),
        date=request.args.get(DATE, ""),
    )
