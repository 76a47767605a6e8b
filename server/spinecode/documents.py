"""Submitted documents: files or bodies of RDF or JSON, read into descriptions or statements."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pyoxigraph import BlankNode, Quad, RdfFormat

from spinecode.description import Description, fact_properties, from_mapping, from_rdf, json_kind
from spinecode.errors import Fault, InputError, NoDescriptionError, SpinecodeError
from spinecode.fhir import is_fhir, read_fhir
from spinecode.fhir_elements import Note
from spinecode.graph import format_of, parse_rdf, read_content, read_rdf
from spinecode.index import RuleIndex
from spinecode.json_reading import read_json
from spinecode.jsonld_context import with_our_context
from spinecode.knowledge import Knowledge

#: The endings of files of JSON, and of JSON with a description or resource a line.
JSON_ENDINGS: Final = (".json",)
LINES_ENDINGS: Final = (".ndjson", ".jsonl")
#: How many values that are blank nodes are told of one by one.
_UNNAMED: Final = 200
#: How many lines that cannot be read are told of.
_FAULTS: Final = 20


@dataclass(frozen=True, slots=True)
class Document:
    """A document that has been read: RDF statements, or JSON objects by axis names or of FHIR."""

    name: str
    quads: tuple[Quad, ...] | None
    items: tuple[Mapping[str, Any], ...]

    def descriptions(self, knowledge: Knowledge) -> list[tuple[Description, tuple[str, ...]]]:
        """The descriptions in the document, each with what could not be read beside it.

        Raises InputError or NoDescriptionError naming the document.
        """
        with naming(self.name):
            if self.quads is not None:
                return [(found, ()) for found in from_rdf(knowledge.index, self.quads)]
            return described(knowledge, self.items)


def described(knowledge: Knowledge, items: Iterable[Mapping[str, Any]]) -> list[tuple[Description, tuple[str, ...]]]:
    """The descriptions in some objects by axis names or of FHIR, each with what could not be read beside it.

    Raises InputError for what is not known, and NoDescriptionError where FHIR holds no description, saying why.
    """
    found: list[tuple[Description, tuple[str, ...]]] = []
    notes: list[Note] = []
    for number, item in enumerate(items, 1):
        if not is_fhir(item):
            found.append((from_mapping(knowledge.index, item), ()))
            continue
        reading = read_fhir(knowledge, item, number)
        notes += reading.notes
        for one in reading.described:
            told = tuple(f"{note.message} {note.fix}".strip() for note in one.notes)
            found.append((from_mapping(knowledge.index, one.given, one.node), told))
    if not found:
        raise no_description(notes)
    return found


def told_beside(answer: dict[str, Any], notes: Iterable[str]) -> dict[str, Any]:
    """An answer about a description with what could not be read beside it among its notes."""
    return answer | {"notes": [*answer["notes"], *notes]}


def no_description(notes: Iterable[Note]) -> NoDescriptionError:
    """What is said of FHIR that holds no description, with all that it was not read for."""
    told = Fault("The FHIR holds no description of a spinal injection that can be read.")
    faults = (Fault(f"{note.message} {note.fix}".strip(), note.axis, note.value) for note in notes)
    return NoDescriptionError((told, *faults))


@contextmanager
def naming(name: str | None) -> Iterator[None]:
    """Give the name of a document to the faults of what is done with it."""
    try:
        yield
    except SpinecodeError as error:
        faults = tuple(dataclasses.replace(fault, file=fault.file or name) for fault in error.faults)
        raise type(error)(faults) from None


def json_items(content: bytes) -> tuple[list[Mapping[str, Any]], bool]:
    """The descriptions by axis names, or resources of FHIR, in a JSON document, and whether they came as a list.

    Raises InputError for what is no object and no list of objects.
    """
    found = read_json(content)
    items = found if isinstance(found, list) else [found]
    if not items:
        raise NoDescriptionError.of("The list holds no description.")
    for number, item in enumerate(items, 1):
        _check_item(item, f"Description {number}" if isinstance(found, list) else "A description")
    return items, isinstance(found, list)


def _check_item(item: object, which: str, line: int | None = None) -> None:
    if not isinstance(item, dict):
        message = f"{which} has to be an object of axis names and values, not {json_kind(item)}."
        raise InputError.of(message, line=line)
    if "@context" in item or "@id" in item or "@graph" in item:
        message = "This is JSON-LD, which is RDF: send it as application/ld+json, or name it .jsonld."
        raise InputError.of(message, line=line)


def json_lines(content: bytes) -> list[Mapping[str, Any]]:
    """The descriptions or resources in JSON of one a line (NDJSON); empty lines are left out.

    Raises InputError with a fault for each line that cannot be read, NoDescriptionError where there is no line.
    """
    found: list[Mapping[str, Any]] = []
    faults: list[Fault] = []
    for number, text in enumerate(content.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        if not text.strip():
            continue
        try:
            item = read_json(text, number)
            _check_item(item, "A description")
        except InputError as error:
            faults += (dataclasses.replace(fault, line=number) for fault in error.faults)
            if len(faults) >= _FAULTS:
                break
        else:
            found.append(item)
    if faults:
        raise InputError(tuple(faults))
    if not found:
        raise NoDescriptionError.of("There is no line with a description.")
    return found


def parse_submitted(
    index: RuleIndex, content: bytes, syntax: RdfFormat, name: str | None = None, limit: int | None = None
) -> list[Quad]:
    """The statements of submitted RDF, ``limit`` at most; in JSON-LD the address of our context stands for the context.

    Raises InputError as ``graph.parse_rdf`` does, and where so many values are blank nodes that it is no mistake.
    """
    if syntax is RdfFormat.JSON_LD:
        with naming(name):
            content = with_our_context(index, content)
    quads = parse_rdf(content, syntax, name, limit)
    facts = fact_properties(index)
    unnamed = sum(isinstance(quad.object, BlankNode) and quad.predicate.value in facts for quad in quads)
    if unnamed > _UNNAMED:
        message = f"{unnamed} values are blank nodes. The value of a fact is an IRI or a text; name it."
        raise InputError.of(message, file=name)
    return quads


def read_document(path: Path, index: RuleIndex | None = None) -> Document:
    """Read a file; its ending tells the syntax. Raises InputError when it cannot be read.

    ``index`` is what our JSON-LD context is made of, which a file may name by its address.
    """
    name = str(path)
    content = read_content(path)
    if not content.strip():
        raise InputError.of("The file is empty.", file=name)
    ending = path.suffix.lower()
    with naming(name):
        if ending in JSON_ENDINGS:
            return Document(name, None, tuple(json_items(content)[0]))
        if ending in LINES_ENDINGS:
            return Document(name, None, tuple(json_lines(content)))
    syntax = format_of(path)
    if syntax is RdfFormat.JSON_LD and index is not None:
        return Document(name, tuple(parse_submitted(index, content, syntax, name)), ())
    return Document(name, tuple(read_rdf(path, *JSON_ENDINGS, *LINES_ENDINGS)), ())


def document_files(paths: tuple[Path, ...]) -> list[Path]:
    """The files that paths name; a folder stands for the documents in it, in order."""
    found: list[Path] = []
    known = (*JSON_ENDINGS, *LINES_ENDINGS)
    for path in paths:
        if path.is_dir():
            inside = sorted(f for f in path.iterdir() if f.suffix.lower() in known or format_of(f) is not None)
            if not inside:
                raise InputError.of("The folder holds no RDF or JSON file.", file=str(path))
            found += inside
        else:
            found.append(path)
    return found
