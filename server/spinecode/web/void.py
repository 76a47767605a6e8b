"""``/void``: what is published here, in VoID and DCAT; and the files of the version, below its IRI."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Redirect

from spinecode import publication as p
from spinecode import writing
from spinecode.knowledge import Knowledge
from spinecode.release import Release
from spinecode.vocabulary import SPINE
from spinecode.web.negotiation import HTML, JSON, JSONLD, NTRIPLES, RDF, RDFXML, TURTLE, Representation, chosen
from spinecode.web.replies import json_reply, page, reply
from spinecode.web.site import site

blueprint = Blueprint("void", __name__)

#: Stands for the address of this server where a syntax can name one by a relative reference; taken out again.
_HERE: Final = "https://here.invalid/"
_WRITERS: Final = {TURTLE.name: writing.turtle, JSONLD.name: writing.jsonld, RDFXML.name: writing.rdfxml}
_KINDS: Final = {".ttl": TURTLE, ".owl": RDFXML, ".jsonld": JSONLD}


@blueprint.get("/void")
def description() -> Response:
    """The datasets: what they are, how large, and where they are to be had.

    Services are named relative to this address, since a server may stand anywhere. N-Triples has no relative
    references; there they are named as this request reached them, and the answer is not kept for another.
    """
    wanted = chosen(TURTLE, *(one for one in RDF if one is not TURTLE), JSON, HTML)
    found = p.publication(site().knowledge)
    if wanted is JSON:
        return json_reply(p.as_json(found), JSON)
    if wanted is HTML:
        return page(render_template("void.html", found=p.as_json(found)))
    if wanted is NTRIPLES:
        return reply(writing.ntriples(p.described(found, request.url_root)), wanted, keep=False)
    content = _WRITERS[wanted.name](p.described(found, _HERE), p.PREFIXES)
    return reply(content.replace(_HERE.encode(), b"./"), wanted)


@blueprint.get("/.well-known/void")
def well_known() -> Redirect:
    """Where those who know only the host look for the description."""
    return redirect(url_for(".description"), 303)


@lru_cache(maxsize=4)
def _release(knowledge: Knowledge) -> Release:
    return Release(knowledge)


def released_file(name: str) -> Response | None:
    """The file of the served version whose IRI ends in ``name``, None where it is no such file."""
    version, _, file = name.partition("/")
    if not file or version != site().index.rules.version:
        return None
    content = _release(site().knowledge).file(file)
    if content is None:
        return None
    kind: Representation = next(kind for ending, kind in _KINDS.items() if file.endswith(ending))
    return reply(content, kind)


def file_path(name: str) -> str:
    """The path of a file of the served version on this server."""
    return f"{request.script_root}/{p.publication(site().knowledge).url(name).removeprefix(SPINE)}"
