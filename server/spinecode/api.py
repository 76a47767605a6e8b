"""The library's public functions: the same answers as the command line and the web, as plain data.

They use the ontology of the installation and of the folders that ``SPINECODE_ONTOLOGY`` names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from spinecode.answers import comparison_json, selection_json
from spinecode.comparison import compare
from spinecode.description import from_mapping
from spinecode.knowledge import load
from spinecode.report import Report
from spinecode.selection import select as select_codes
from spinecode.validation import validate_mapping


def select(given: Mapping[str, object] | None = None, /, **axes: object) -> dict[str, Any]:
    """Which codes does a description imply?

    Takes axis names and values (short names, labels or IRIs; lists where an axis is repeatable), as a mapping or as
    keyword arguments. Gives the answer as JSON-like data: ``status``, ``lines``, ``candidates``, ``ask``,
    ``explanation`` and more. Raises errors.InputError for unknown names and errors.ContradictionError for facts that
    cannot both be true.

    >>> answer = select()
    >>> answer["status"], answer["lines"]
    ('undetermined', [])
    >>> sorted(answer["ask"])
    ['axis', 'label', 'leads_to', 'values']
    """
    index = load().index
    return selection_json(index, select_codes(index, from_mapping(index, {**(given or {}), **axes})))


def differ(*codes: str) -> dict[str, Any]:
    """How do two or more codes differ?

    Gives ``summary``, ``shared``, ``differences`` by axis and more. Raises errors.UnknownNameError for a code that is
    not known, and for fewer than two.

    >>> pair = load().index.rules.confusions[0].codes
    >>> differ(*pair)["codes"] == list(pair)
    True
    """
    index = load().index
    return comparison_json(index, compare(index, codes))


def validate(given: Mapping[str, object] | Sequence[Mapping[str, object]]) -> Report:
    """Is a description, or each of a list, well formed, and are its reported codes right?

    The report has ``conforms`` and ``results``. Raises errors.InputError when it is not made of texts.

    >>> validate({}).conforms
    False
    """
    return validate_mapping(load(), given)
