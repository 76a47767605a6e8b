"""``/differ``: what two or more codes share and what tells them apart, and the decision table of a family."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, render_template, request, url_for

from spinecode.answers import comparison_json
from spinecode.comparison import compare
from spinecode.decision_table import codes_of_family, decision_table, table_json
from spinecode.description import CODE
from spinecode.errors import Fault, InputError, UnknownNameError
from spinecode.index import RuleIndex
from spinecode.vocabulary import SPINE
from spinecode.web.bodies import parameters
from spinecode.web.forms import code_groups
from spinecode.web.negotiation import HTML, JSON, chosen
from spinecode.web.problems import help_with
from spinecode.web.replies import json_reply, page
from spinecode.web.site import site

blueprint = Blueprint("differ", __name__)

#: The parameter that names a family.
FAMILY = "family"


@dataclass(frozen=True, slots=True)
class Family:
    """A family with its codes, and the address of its decision table."""

    label: str
    iri: str
    codes: tuple[str, ...]
    url: str


@blueprint.get("/differ")
def compare_codes() -> Response:
    """Compare the codes of the parameter ``code``, or lay out those of ``family``; both may be repeated."""
    index = site().index
    given = parameters(request.args)
    codes, names = _parts(given.get(CODE, ())), _parts(given.get(FAMILY, ()))
    compared = [code for code in map(index.code_named, codes) if code is not None]
    help_with(lambda: {"comparison": code_groups(index, ()), "compared": compared, "mended": _mended(codes, names)})
    wanted = chosen(JSON, HTML)
    unknown = [name for name in given if name not in (CODE, FAMILY)]
    if unknown:
        faults = [Fault(f"There is no parameter {name!r}; name the codes by {CODE!r}.", name) for name in unknown]
        raise InputError(tuple(faults))
    if len(codes) > len(index.codes):
        # so that an address cannot ask for more work than all codes there are
        raise InputError.of(f"There are {len(index.codes)} codes to compare; {len(codes)} were given.", axis=CODE)
    if codes and names:
        raise InputError.of(f"Give either {CODE!r} or {FAMILY!r}, not both.", axis=FAMILY)
    try:
        if names:
            return _table(index, names, wanted is JSON)
        if not codes and wanted is HTML:
            return _page(index)
        answer = comparison_json(index, compare(index, codes))
    except UnknownNameError as error:
        # The resource is there; what is wrong is a parameter.
        raise InputError(error.faults) from None
    if wanted is JSON:
        return json_reply(answer, JSON)
    own = {index.codes[code].family for code in answer["codes"]}
    shown = [family for family in _families(index) if family.iri in own] if len(own) == 1 else []
    table = _of_families(index, shown) if shown and len(shown[0].codes) > 2 else None
    return _page(index, answer=answer, compared=answer["codes"], families=shown, table=table)


def _parts(texts: Sequence[str]) -> list[str]:
    """What is named, by commas or one by one, each once."""
    return list(dict.fromkeys(part.strip() for text in texts for part in text.split(",") if part.strip()))


def _mended(codes: Sequence[str], names: Sequence[str]) -> Callable[[Fault, str], str | None]:
    """How an address is mended: with a known name in the place of the one that is not."""

    def mended(fault: Fault, name: str) -> str | None:
        for parameter, given in ((CODE, codes), (FAMILY, names)):
            if fault.value in given:
                query = [(parameter, name if one == fault.value else one) for one in given]
                return f"{url_for('.compare_codes')}?{urlencode(query)}"
        return None

    return mended


def _table(index: RuleIndex, names: Sequence[str], as_json: bool) -> Response:
    wanted = {code.family: None for name in names for code in codes_of_family(index, name)}
    every = {family.iri: family for family in _families(index)}
    families = [every[iri] for iri in wanted]
    table = _of_families(index, families)
    if as_json:
        told = [{"iri": one.iri, "label": one.label} for one in families]
        return json_reply({"families": told, **table}, JSON)
    return _page(index, families=families, table=table)


def _of_families(index: RuleIndex, families: Sequence[Family]) -> dict[str, Any]:
    return table_json(index, decision_table(index, [code for family in families for code in family.codes]))


def _families(index: RuleIndex) -> list[Family]:
    found: dict[str, list[str]] = {}
    for code in index.codes.values():
        found.setdefault(code.family, []).append(code.code)
    return [
        Family(
            index.codes[codes[0]].family_label,
            iri,
            tuple(codes),
            f"{url_for('differ.compare_codes')}?{urlencode({FAMILY: iri.removeprefix(SPINE)})}",
        )
        for iri, codes in found.items()
    ]


def _page(index: RuleIndex, **shown: Any) -> Response:
    context = {"answer": None, "table": None, "families": (), "compared": ()} | shown
    return page(render_template("differ.html", comparison=code_groups(index, ()), every=_families(index), **context))
