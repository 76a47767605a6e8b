"""``/context.jsonld``: the JSON-LD context by which JSON by axis names is RDF."""

from __future__ import annotations

from flask import Blueprint, Response

from spinecode.jsonld_context import NAME, context_document
from spinecode.web.negotiation import JSONLD, Representation, chosen
from spinecode.web.replies import json_reply
from spinecode.web.site import site

blueprint = Blueprint("context", __name__)

#: Programs that ask for JSON get the same.
CONTEXT: Representation = Representation(JSONLD.name, JSONLD.media_type, (*JSONLD.also, "application/json"))


@blueprint.get(f"/{NAME}")
def context() -> Response:
    """The context, made of the axes and values that are known."""
    return json_reply(context_document(site().index), chosen(CONTEXT))
