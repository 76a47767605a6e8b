"""Submitted documents: files or bodies of RDF or JSON, read into descriptions or statements."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyoxigraph import Quad, RdfFormat

from spinecode.description import Description, from_mapping, from_rdf
from spinecode.errors import Fault, InputError, NoDescriptionError, SpinecodeError
from spinecode.graph import format_of, parse_rdf
from spinecode.index import RuleIndex


@dataclass(frozen=True, slots=True)
class Document:
    """A document that has been read: RDF statements, or JSON objects by axis names."""

    name: str
    quads: tuple[Quad, ...] | None
    items: tuple[Mapping[str, object], ...]

    def descriptions(self, index: RuleIndex) -> list[Description]:
        """The descriptions in the document. Raises InputError or NoDescriptionError naming the document."""
        try:
            if self.quads is not None:
                return from_rdf(index, self.quads)
            return [from_mapping(index, item) for item in self.items]
        except SpinecodeError as error:
            raise type(error)(tuple(placed(fault, self.name) for fault in error.faults)) from None


def placed(fault: Fault, name: str) -> Fault:
    """A fault with the name of its document."""
    return Fault(fault.message, fault.axis, fault.value, fault.nearest, fault.file or name, fault.line, fault.column)


def read_json(content: bytes, name: str) -> Any:
    """The JSON in a body. Raises InputError with line and column."""
    try:
        return json.loads(content)
    except json.JSONDecodeError as error:
        raise InputError.of(
            f"This is not JSON: {error.msg}.", file=name, line=error.lineno, column=error.colno
        ) from None
    except (UnicodeDecodeError, RecursionError) as error:
        raise InputError.of(f"This is not JSON: {error}", file=name) from None


def json_document(content: bytes, name: str) -> Document:
    """A document of axis names and values: an object, or a list of objects."""
    raw = read_json(content, name)
    items = raw if isinstance(raw, list) else [raw]
    if not items:
        raise NoDescriptionError.of("The list holds no description.", file=name)
    for number, item in enumerate(items, 1):
        if not isinstance(item, dict):
            message = f"Description {number} has to be an object of axis names and values."
            raise InputError.of(message, file=name)
    return Document(name, None, tuple(items))


def rdf_document(content: bytes, syntax: RdfFormat, name: str) -> Document:
    """A document of RDF."""
    return Document(name, tuple(parse_rdf(content, syntax, name)), ())


def read_document(path: Path) -> Document:
    """Read a file; its ending tells the syntax. Raises InputError when it cannot be read."""
    name = str(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError.of(f"The file cannot be read: {error.strerror or error}.", file=name) from None
    if not content.strip():
        raise InputError.of("The file is empty.", file=name)
    syntax = format_of(path)
    if path.suffix.lower() == ".json":
        return json_document(content, name)
    if syntax is None:
        known = ".ttl .nt .nq .trig .rdf .owl .xml .jsonld .json"
        raise InputError.of(f"The ending {path.suffix!r} is of no known syntax; known are {known}.", file=name)
    return rdf_document(content, syntax, name)


def document_files(paths: tuple[Path, ...]) -> list[Path]:
    """The files that paths name; a folder stands for the documents in it, in order."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(f for f in path.iterdir() if f.suffix.lower() == ".json" or format_of(f) is not None)
            if not inside:
                raise InputError.of("The folder holds no RDF or JSON file.", file=str(path))
            found += inside
        else:
            found.append(path)
    return found
