"""Submitted documents: files or bodies of RDF or JSON, read into descriptions or statements."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pyoxigraph import Quad

from spinecode.description import Description, from_mapping, from_rdf, json_kind
from spinecode.errors import InputError, NoDescriptionError, SpinecodeError
from spinecode.graph import format_of, read_content, read_rdf
from spinecode.index import RuleIndex

_JSON = ".json"


@dataclass(frozen=True, slots=True)
class Document:
    """A document that has been read: RDF statements, or JSON objects by axis names."""

    name: str
    quads: tuple[Quad, ...] | None
    items: tuple[Mapping[str, object], ...]

    def descriptions(self, index: RuleIndex) -> list[Description]:
        """The descriptions in the document. Raises InputError or NoDescriptionError naming the document."""
        with naming(self.name):
            if self.quads is not None:
                return from_rdf(index, self.quads)
            return [from_mapping(index, item) for item in self.items]


@contextmanager
def naming(name: str | None) -> Iterator[None]:
    """Give the name of a document to the faults of what is done with it."""
    try:
        yield
    except SpinecodeError as error:
        faults = tuple(dataclasses.replace(fault, file=fault.file or name) for fault in error.faults)
        raise type(error)(faults) from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        twice = next(name for name, _ in pairs if [n for n, _ in pairs].count(name) > 1)
        raise InputError.of(f"The name {twice!r} stands twice in one object. Put the values in a list.", axis=twice)
    return found


def read_json(content: bytes) -> Any:
    """The JSON in a document, without names that stand twice and without halves of characters.

    Raises InputError, with line and column where they are known.
    """
    try:
        text = content.decode("utf-8-sig")
        if re.search(r"\\u[dD][89a-fA-F]", text):
            # a pair of surrogates is one character, half a pair is none
            json.dumps(json.loads(text), ensure_ascii=False).encode()
        return json.loads(text, object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        raise InputError.of(f"This is not JSON: {error.msg}.", line=error.lineno, column=error.colno) from None
    except UnicodeDecodeError as error:
        raise InputError.of(f"This is not JSON: byte {error.start} is not UTF-8.") from None
    except UnicodeEncodeError:
        raise InputError.of(
            "The JSON has half a character: a surrogate (\\ud800 to \\udfff) without its other half."
        ) from None
    except RecursionError:
        raise InputError.of("This JSON is nested too deeply to be a description.") from None
    except ValueError:
        raise InputError.of("The JSON has a number that is too long to be read.") from None


def json_items(content: bytes) -> tuple[list[Mapping[str, Any]], bool]:
    """The descriptions by axis names in a JSON document, and whether they came as a list.

    Raises InputError for what is no object and no list of objects.
    """
    found = read_json(content)
    items = found if isinstance(found, list) else [found]
    if not items:
        raise NoDescriptionError.of("The list holds no description.")
    for number, item in enumerate(items, 1):
        if not isinstance(item, dict):
            which = f"Description {number}" if isinstance(found, list) else "A description"
            raise InputError.of(f"{which} has to be an object of axis names and values, not {json_kind(item)}.")
        if "@context" in item or "@id" in item or "@graph" in item:
            raise InputError.of("This is JSON-LD, which is RDF: send it as application/ld+json, or name it .jsonld.")
    return items, isinstance(found, list)


def read_document(path: Path) -> Document:
    """Read a file; its ending tells the syntax. Raises InputError when it cannot be read."""
    name = str(path)
    content = read_content(path)
    if not content.strip():
        raise InputError.of("The file is empty.", file=name)
    if path.suffix.lower() == _JSON:
        with naming(name):
            return Document(name, None, tuple(json_items(content)[0]))
    return Document(name, tuple(read_rdf(path, _JSON)), ())


def document_files(paths: tuple[Path, ...]) -> list[Path]:
    """The files that paths name; a folder stands for the documents in it, in order."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(f for f in path.iterdir() if f.suffix.lower() == _JSON or format_of(f) is not None)
            if not inside:
                raise InputError.of("The folder holds no RDF or JSON file.", file=str(path))
            found += inside
        else:
            found.append(path)
    return found
