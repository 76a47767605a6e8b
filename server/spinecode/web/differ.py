"""``/differ``: what two or more codes share, and what tells them apart."""

from __future__ import annotations

from flask import Blueprint, Response, render_template, request

from spinecode.answers import comparison_json
from spinecode.comparison import compare
from spinecode.description import CODE
from spinecode.errors import Fault, InputError, UnknownNameError
from spinecode.web.bodies import parameters
from spinecode.web.forms import code_groups
from spinecode.web.negotiation import HTML, JSON, chosen
from spinecode.web.problems import help_with
from spinecode.web.replies import json_reply, page
from spinecode.web.site import site

blueprint = Blueprint("differ", __name__)


@blueprint.get("/differ")
def compare_codes() -> Response:
    """Compare the codes of the parameter ``code``, given several times or with commas."""
    index = site().index
    given = parameters(request.args)
    codes = [part for text in given.get(CODE, ()) for part in text.split(",") if part.strip()]
    help_with(lambda: {"comparison": code_groups(index, ()), "compared": codes})
    wanted = chosen(JSON, HTML)
    unknown = [name for name in given if name != CODE]
    if unknown:
        faults = [Fault(f"There is no parameter {name!r}; name the codes by {CODE!r}.", name) for name in unknown]
        raise InputError(tuple(faults))
    if not codes and wanted is HTML:
        return page(render_template("differ.html", answer=None, comparison=code_groups(index, ()), compared=()))
    try:
        answer = comparison_json(index, compare(index, codes))
    except UnknownNameError as error:
        # The resource is there; what is wrong is a parameter.
        raise InputError(error.faults) from None
    if wanted is JSON:
        return json_reply(answer, JSON)
    return page(render_template("differ.html", answer=answer, comparison=code_groups(index, ()), compared=codes))
