"""Validation of whole documents: files, and texts in a syntax, with the places of what is found in them."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Final

from pyoxigraph import RdfFormat

from spinecode.bulk import validate_stream
from spinecode.documents import JSON_ENDINGS, LINES_ENDINGS, json_items, naming, parse_submitted
from spinecode.errors import InputError
from spinecode.graph import format_of, read_content
from spinecode.knowledge import Knowledge
from spinecode.origins import placed
from spinecode.report import Report, joined
from spinecode.validation import validate_mapping, validate_rdf

#: What JSON is called, and JSON with a description a line, beside the syntaxes of RDF.
JSON, LINES = "json", "ndjson"
#: The syntaxes by their short names.
SYNTAXES: Final[dict[str, RdfFormat | str]] = {
    "turtle": RdfFormat.TURTLE,
    "trig": RdfFormat.TRIG,
    "ntriples": RdfFormat.N_TRIPLES,
    "nquads": RdfFormat.N_QUADS,
    "rdfxml": RdfFormat.RDF_XML,
    "jsonld": RdfFormat.JSON_LD,
    JSON: JSON,
    LINES: LINES,
}


def syntax_of(path: Path) -> str:
    """The short name of the syntax that the ending of a file tells. Raises InputError for another ending."""
    ending = path.suffix.lower()
    if ending in JSON_ENDINGS:
        return JSON
    if ending in LINES_ENDINGS:
        return LINES
    syntax = format_of(path)
    found = next((name for name, one in SYNTAXES.items() if one == syntax), None)
    if found is None:
        told = (
            "The ending of the name tells no syntax that is read: .ttl, .nt, .nq, .trig, .rdf, .jsonld, .json, .ndjson."
        )
        raise InputError.of(told, file=str(path))
    return found


def validate_text(knowledge: Knowledge, content: bytes, syntax: str) -> Report:
    """Validate all descriptions in a text; ``syntax`` is one of ``SYNTAXES``.

    Raises InputError for a text that is not in that syntax, NoDescriptionError when there is no description in it.
    """
    kind = SYNTAXES.get(syntax)
    if kind is None:
        raise InputError.of(f"There is no syntax {syntax!r}. The syntaxes are {', '.join(SYNTAXES)}.", value=syntax)
    if not content.strip():
        raise InputError.of("There is nothing in it.")
    if kind == LINES:
        return joined(judged.report for judged in validate_stream(knowledge, BytesIO(content), None))
    if not isinstance(kind, RdfFormat):
        return placed(validate_mapping(knowledge, json_items(content)[0]), knowledge.index, content, None)
    quads = parse_submitted(knowledge.index, content, kind)
    return placed(validate_rdf(knowledge, quads), knowledge.index, content, kind, quads)


def validate_file(knowledge: Knowledge, path: Path) -> Report:
    """Validate all descriptions in a file; the ending of its name tells the syntax.

    Raises InputError when it cannot be read, NoDescriptionError when there is no description in it.
    """
    with naming(str(path)):
        syntax = syntax_of(path)
        content = read_content(path)
        if not content.strip():
            raise InputError.of("The file is empty.")
        return validate_text(knowledge, content, syntax)
