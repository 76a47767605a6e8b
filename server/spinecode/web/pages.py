"""The first page, the page on problems, and what all templates may use."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Flask, Response, render_template, request, url_for
from pyoxigraph import NamedNode

from spinecode import vocabulary as v
from spinecode.index import RuleIndex
from spinecode.specimens import specimen
from spinecode.spine_drawing import spine_drawing
from spinecode.web.assets import asset_url
from spinecode.web.examples import Example, examples
from spinecode.web.finding import find_json, find_page, help_form, said, shorter
from spinecode.web.negotiation import FORMAT, HTML, JSON, RDF, chosen
from spinecode.web.ontology import CLOSURE, ontology_reply
from spinecode.web.problems import KINDS, help_with
from spinecode.web.replies import json_reply, page
from spinecode.web.site import site
from spinecode.web.terms import IRI, of_a_pack
from spinecode.web.views import label_of
from spinecode.web.void import file_path
from spinecode.web.wording import days, kind_label, property_label, reverse_label

blueprint = Blueprint("pages", __name__)


@blueprint.get("/")
def first() -> Response:
    """The page that finds a code; for a client that wants data and describes nothing, the ontology of this IRI."""
    described = any(name not in (FORMAT, CLOSURE) for name in request.args)
    # an answer is no RDF; and what the address of the ontology has beside it, such as words of a note, is not kept
    wanted = chosen(HTML, JSON) if described else chosen(HTML, *RDF, JSON)
    if wanted is not HTML and not described:
        return ontology_reply()
    index = site().index
    what = said(index, request.args)
    help_with(lambda: help_form(index, what))
    if wanted is JSON:
        return json_reply(find_json(index, what), JSON, keep=what.reading is None)
    samples = [sample for sample in examples(index) if sample.given]
    confusions = [confusion for confusion in index.rules.confusions if len(confusion.codes) > 1]
    phrase = "" if described else _phrase(index, samples)
    return shorter(what) or find_page(index, what, samples=samples, confusions=confusions, phrase=phrase)


def _phrase(index: RuleIndex, samples: Sequence[Example]) -> str:
    """What might be written in words, to show how: the sample that answers most, by the labels of its values."""
    phrases = [
        ", ".join(
            value_label(axis, name) for axis, names in sample.given.items() if axis in index.axes for name in names
        )
        for sample in samples
    ]
    return max(phrases, key=lambda phrase: phrase.count(","), default="")


@blueprint.get("/problems")
def problems() -> Response:
    """The kinds of problems, whose IRIs lead here."""
    wanted = chosen(JSON, HTML)
    kinds = list(KINDS.values())
    if wanted is JSON:
        found = [{"type": k.iri, "status": k.status, "title": k.title, "meaning": k.meaning} for k in kinds]
        return json_reply({"problems": found}, JSON)
    return page(render_template("problems.html", kinds=kinds))


# ---------------------------------------------------------------- for the templates


def register(app: Flask) -> None:
    """Give the templates their helpers."""
    app.jinja_env.globals.update(
        address=address,
        asset=asset_url,
        axis_label=axis_label,
        code_label=code_label,
        code_url=lambda code: url_for("codes.one_code", code=code),
        family_url=lambda iri: address("codes.list_codes", {"family": iri.removeprefix(v.SPINE)}),
        differ_url=lambda codes: address("differ.compare_codes", {"code": list(codes)}),
        iri_url=iri_url,
        file_path=file_path,
        kind_label=lambda iri: kind_label(site().knowledge.graph, NamedNode(iri)),
        label=_label,
        near_url=near_url,
        spine_drawing=lambda code=None: spine_drawing(site().index, code),
        specimen_url=specimen_url,
        property_label=lambda iri: property_label(site().knowledge.graph, iri),
        reverse_label=lambda iri: reverse_label(site().knowledge.graph, iri),
        ours=_ours,
        rules=lambda: site().index.rules,
        short=v.shorten,
        twin=twin,
        value_label=value_label,
    )
    app.jinja_env.filters["days"] = days
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True


def address(endpoint: str, parameters: dict[str, Any] | None = None) -> str:
    """The address of a page, with lists as repeated parameters."""
    query = urlencode(parameters or {}, doseq=True)
    return url_for(endpoint) + (f"?{query}" if query else "")


def specimen_url(code: str) -> str | None:
    """The address of the form filled in with a description that implies a code; None where none is found."""
    found = specimen(site().index, code)
    return address("pages.first", dict(found)) if found is not None else None


def twin(name: str) -> str:
    """The address of the current page in another format."""
    given = [(key, value) for key, value in request.args.items(multi=True) if key != FORMAT and value.strip()]
    return f"{request.script_root}{request.path}?{urlencode([*given, (FORMAT, name)])}"


def near_url(name: str) -> str:
    """The address of a near name, beside the one that was not found."""
    there: dict[str, Any] = dict.fromkeys(request.view_args or {}, name)
    if request.endpoint is None or len(there) != 1:
        return f"{request.script_root}/"
    return url_for(request.endpoint, **there)


def axis_label(name: str) -> str:
    """The label of an axis, or the name of what is not one."""
    axis = site().index.axes.get(name)
    return axis.label if axis is not None else name


def value_label(axis: str, name: str) -> str:
    """The label of a value, by the short name of its axis and its own."""
    index = site().index
    number = index.value_named(axis, name) if axis in index.axes else None
    return index.values[number].label if number is not None else name


def code_label(code: str) -> str:
    """The label of a code."""
    found = site().index.codes.get(code)
    return found.label if found is not None else code


def _ours(iri: str) -> bool:
    return iri.startswith(v.SPINE)


def iri_url(iri: str) -> str | None:
    """Where a link to an IRI leads: here, for one of ours or of a pack; None when it is no web address."""
    local = iri.removeprefix(v.SPINE)
    if _ours(iri) and not local.startswith("/"):  # with two slashes it would name another server
        return f"{request.script_root}/{local}"
    if of_a_pack(site().knowledge, iri):
        return address("terms.term_of_a_pack", {IRI: iri})
    return iri if iri.startswith(("https://", "http://")) else None


def _label(iri: str) -> str:
    return label_of(site().knowledge.graph, NamedNode(iri))
