"""Values for the parameters of a catalogued query: from what was given, by the kind of each, to terms of RDF."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from datetime import date
from typing import Final

from pyoxigraph import Literal, NamedNode

from spinecode.catalogue import CataloguedQuery
from spinecode.errors import Fault, InputError
from spinecode.index import RuleIndex
from spinecode.query_header import TODAY, Parameter
from spinecode.query_text import TOKENS, bare
from spinecode.rules import is_date
from spinecode.vocabulary import PREFIXES, term

Term = NamedNode | Literal

#: What each kind of value is, for people.
MEANINGS: Final = {
    "code": "the number or the IRI of a code",
    "date": "a date of the form YYYY-MM-DD, or today",
    "iri": "an IRI, or a name with one of the usual prefixes",
    "language": "a language tag",
    "text": "a text",
    "value": "the short name, a label or the IRI of a value of an axis",
}

_LANGUAGE = re.compile(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8})*")


def bindings_of(
    query: CataloguedQuery, given: Mapping[str, str], index: RuleIndex, today: str | None = None
) -> dict[str, Term]:
    """Terms for the parameters of a query, those left out by their defaults.

    ``given`` are texts by the names of parameters; an empty one counts as left out. ``today`` is ISO 8601. Raises
    InputError with a fault for each name that is no parameter, each value that is not of its kind and each parameter
    that is needed and left out.
    """
    parameters = {parameter.name: parameter for parameter in query.parameters}
    faults = [_unknown(query, name, value) for name, value in given.items() if name not in parameters]
    found: dict[str, Term] = {}
    for parameter in query.parameters:
        text = (given.get(parameter.name) or "").strip() or parameter.default
        if text is None:
            if parameter.needed:
                faults.append(_fault(parameter, "A value is needed for", None))
            continue
        made = _term(parameter, text, index, today or date.today().isoformat())
        if isinstance(made, Fault):
            faults.append(made)
        else:
            found[parameter.name] = made
    if faults:
        raise InputError(tuple(faults))
    return found


def meaning(parameter: Parameter) -> str:
    """What a value of a parameter is, for people."""
    if parameter.axis is not None:
        return f"the short name, a label or the IRI of a value of the axis {parameter.axis}"
    return MEANINGS[parameter.kind]


def _unknown(query: CataloguedQuery, name: str, value: str) -> Fault:
    names = [parameter.name for parameter in query.parameters]
    told = f"its parameters are {', '.join(names)}" if names else "it has none"
    nearest = tuple(difflib.get_close_matches(name, names, n=2, cutoff=0.5))
    return Fault(f"The query {query.name} has no parameter {name!r}; {told}.", axis=name, value=value, nearest=nearest)


def _fault(parameter: Parameter, message: str, value: str | None, nearest: tuple[str, ...] = ()) -> Fault:
    told = f"{message} {parameter.name}: give {meaning(parameter)}, such as {parameter.example}."
    return Fault(told, axis=parameter.name, value=value, nearest=nearest)


def _term(parameter: Parameter, text: str, index: RuleIndex, today: str) -> Term | Fault:
    """The term that a text stands for, or what is wrong with it."""
    nearest: tuple[str, ...] = ()
    kind = parameter.kind
    made: Term | None = None
    if not _is_unicode(text):
        pass
    elif kind == "code":
        code = index.code_named(_expanded(text))
        nearest = index.nearest_codes(text) if code is None else ()
        made = Literal(code) if code is not None else None
    elif kind == "date":
        day = today if text == TODAY else text
        made = Literal(day, datatype=term("xsd:date")) if is_date(day) else None
    elif kind == "value":
        return _value(parameter, text, index)
    elif kind == "iri":
        made = _iri(_expanded(text))
    elif kind == "language":
        made = Literal(text) if _LANGUAGE.fullmatch(text) else None
    else:
        made = Literal(text)
    return made if made is not None else _fault(parameter, f"{text!r} does not fit", text, nearest)


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _expanded(text: str) -> str:
    """An IRI without its angle brackets; a name with one of our prefixes as the IRI; else the text."""
    if text.startswith("<") and text.endswith(">"):
        return text[1:-1]
    prefix, colon, local = text.partition(":")
    return PREFIXES[prefix] + local if colon and prefix in PREFIXES else text


def _iri(text: str) -> NamedNode | None:
    try:
        return NamedNode(text)
    except ValueError:
        return None


def _value(parameter: Parameter, text: str, index: RuleIndex) -> Term | Fault:
    name = _expanded(text)
    if parameter.axis is not None and parameter.axis not in index.axes:
        return Fault(f"This ontology has no axis {parameter.axis}.", axis=parameter.name, value=text)
    axes = [parameter.axis] if parameter.axis is not None else list(index.axes)
    found = {axis: number for axis in axes if (number := index.value_named(axis, name)) is not None}
    iris = {axis: index.values[number].iri for axis, number in found.items()}
    if len(set(iris.values())) > 1:
        told = " or ".join(f"<{iri}> ({axis})" for axis, iri in iris.items())
        return Fault(f"{text!r} is a value of several axes; give {told}.", axis=parameter.name, value=text)
    if not iris:
        near = [value for axis in axes for value in index.nearest_values(axis, text)]
        nearest = tuple(difflib.get_close_matches(text, near, n=3, cutoff=0.5)) or (
            tuple(near[:3]) if parameter.axis else ()
        )
        return _fault(parameter, f"{text!r} does not fit", text, nearest)
    return NamedNode(next(iter(iris.values())))


def bound_text(query: str, bindings: Mapping[str, Term]) -> str:
    """A query in which values stand in the place of its parameters, each written as a term; it runs on any store.

    A parameter that is a column too is joined with its value, so that the column is still there.
    """
    clause = re.search(r"\bSELECT\b(.*?)(?:\bWHERE\b\s*)?\{", bare(query), re.IGNORECASE | re.DOTALL)
    columns = set(re.findall(r"[?$](\w+)", clause[1])) if clause else set()
    joined = {name: value for name, value in bindings.items() if name in columns}
    inserted = {name: value for name, value in bindings.items() if name not in columns}

    def put(match: re.Match[str]) -> str:
        return str(inserted[match[2]]) if match[2] in inserted else match[0]

    if not joined or clause is None:
        return TOKENS.sub(put, query)
    values = "".join(f"\n  VALUES ?{name} {{ {value} }}" for name, value in joined.items())
    start = clause.end()
    return TOKENS.sub(put, query[:start]) + values + TOKENS.sub(put, query[start:])
