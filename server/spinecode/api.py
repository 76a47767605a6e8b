"""The library's public functions: the same answers as the command line and the web, as plain data.

They use the ontology of the installation and of the folders that ``SPINECODE_ONTOLOGY`` names.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO, overload

from spinecode.answers import comparison_json, selection_json
from spinecode.bulk import validate_stream
from spinecode.comparison import compare
from spinecode.description import from_mapping
from spinecode.documents import naming
from spinecode.errors import InputError
from spinecode.knowledge import load
from spinecode.report import Report
from spinecode.selection import select as select_codes
from spinecode.validation import validate_mapping
from spinecode.whole import LINES, SYNTAXES, syntax_of, validate_file, validate_text


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


@overload
def validate(given: Mapping[str, object] | Sequence[Mapping[str, object]] | Path, /) -> Report: ...
@overload
def validate(given: str | bytes, /, *, syntax: str) -> Report: ...
def validate(
    given: Mapping[str, object] | Sequence[Mapping[str, object]] | str | bytes | Path, /, *, syntax: str | None = None
) -> Report:
    """Are descriptions well formed, do they say enough, and are their reported codes right?

    Takes a mapping of axis names and values, or a list of them (resources of FHIR too); a ``Path``, whose ending tells
    the syntax; or a text with its ``syntax``: turtle, trig, ntriples, nquads, rdfxml, jsonld, json or ndjson.
    The report has ``conforms``, ``results`` (each with ``severity``, ``message``, ``fix``, ``line`` and more) and
    ``to_json()``. Raises errors.InputError for what cannot be read, errors.NoDescriptionError where nothing is
    described.

    >>> validate({}).conforms
    False
    >>> report = validate("<urn:a> a <https://w3id.org/spinecode/SpinalInjection> .", syntax="turtle")
    >>> sorted({result.focus_node for result in report.results}), report.results[0].line
    (['urn:a'], 1)
    """
    if isinstance(given, Path):
        return validate_file(load(), given)
    if isinstance(given, str | bytes):
        if syntax is None:
            told = f"Tell the syntax of a text: {', '.join(SYNTAXES)}. Give the name of a file as a pathlib.Path."
            raise InputError.of(told)
        return validate_text(load(), given.encode() if isinstance(given, str) else given, syntax)
    return validate_mapping(load(), given)


def validate_each(
    source: Path | BinaryIO | Iterable[Mapping[str, object]], /, *, syntax: str | None = None, jobs: int = 1
) -> Iterator[Report]:
    """The report on each description of a long text, as they come and in its order, whatever its length.

    Takes a ``Path``, a binary file with its ``syntax`` (ntriples, nquads, turtle, trig or ndjson), or mappings one by
    one. What cannot be read is a report with ``unread``, and the next follows. ``jobs`` above 1 start processes, so
    that the program that calls has to be one that can be imported (``if __name__ == "__main__":``).
    Raises errors.InputError for another syntax.

    >>> [report.conforms for report in validate_each([{}, {}])]
    [False, False]
    """
    if isinstance(source, Path):
        with naming(str(source)), source.open("rb") as file:
            yield from validate_each(file, syntax=syntax or syntax_of(source), jobs=jobs)
        return
    if not hasattr(source, "read"):
        for item in source:
            yield validate_mapping(load(), item)
        return
    kind = SYNTAXES.get(syntax or "")
    if kind is None:
        raise InputError.of(f"Tell the syntax of the file: {', '.join(SYNTAXES)}.", value=syntax)
    stream = validate_stream(load(), source, None if kind == LINES else kind, jobs)  # type: ignore[arg-type]
    for judged in stream:
        yield judged.report
