"""The query catalogue: every ``.rq`` file of ours and of further folders, with what its header says of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from spinecode.errors import OntologyError, UnknownNameError
from spinecode.files import data_folder, query_files
from spinecode.query_header import Column, Header, Parameter, read_header


@dataclass(frozen=True, slots=True)
class CataloguedQuery:
    """A query of the catalogue; ``text`` is the whole file, ``header`` what its first comment says."""

    name: str
    text: str
    header: Header
    file: Path

    @property
    def title(self) -> str:
        """A short name for people."""
        return self.header.title

    @property
    def question(self) -> str:
        """What is asked, in one sentence."""
        return self.header.question

    @property
    def notes(self) -> str:
        """What else there is to say of it."""
        return self.header.notes

    @property
    def kind(self) -> str:
        """SELECT, CONSTRUCT, ASK or DESCRIBE."""
        return self.header.kind

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """What can be given."""
        return self.header.parameters

    @property
    def columns(self) -> tuple[Column, ...]:
        """What the rows hold; none unless it is a SELECT."""
        return self.header.columns

    def as_dict(self) -> dict[str, object]:
        """The query as JSON, without its text."""
        return {
            "name": self.name,
            "title": self.title,
            "question": self.question,
            "notes": self.notes,
            "keywords": list(self.header.keywords),
            "reads": self.header.reads or None,
            "kind": self.kind,
            "parameters": [parameter.as_dict() for parameter in self.parameters],
            "columns": [{"name": column.name, "description": column.description} for column in self.columns],
            "gives": self.header.gives or None,
        }


def read_query(file: Path) -> CataloguedQuery:
    """A query with its header. Raises OntologyError when it cannot be read, or its header is wrong."""
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", file.stem):
        message = "A query has a name of small letters, digits and single hyphens."
        raise OntologyError.of(message, file=str(file))
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise OntologyError.of(f"The file cannot be read: {error.strerror or error}.", file=str(file)) from None
    except UnicodeDecodeError:
        raise OntologyError.of("The file is not UTF-8 text.", file=str(file)) from None
    return CataloguedQuery(file.stem, text, read_header(text, str(file)), file)


@lru_cache(maxsize=8)
def catalogue(folders: tuple[Path, ...] | None = None) -> dict[str, CataloguedQuery]:
    """The queries of some folders by name, ours (which are all without folders) first; alphabetical in each.

    Raises OntologyError for a file that cannot be read and for a name that stands twice.
    """
    found: dict[str, CataloguedQuery] = {}
    for file in query_files(folders or (data_folder("queries"),)):
        if file.stem in found:
            message = (
                f"There is a query {file.stem!r} already, in {found[file.stem].file}. Give this file another name."
            )
            raise OntologyError.of(message, file=str(file))
        found[file.stem] = read_query(file)
    return found


def query_named(queries: dict[str, CataloguedQuery], name: str) -> CataloguedQuery:
    """A query of a catalogue. Raises UnknownNameError with the nearest names."""
    import difflib

    if name not in queries:
        nearest = tuple(difflib.get_close_matches(name, queries, n=3, cutoff=0.5))
        known = ", ".join(queries)
        raise UnknownNameError.of(f"There is no query {name!r}. The queries are {known}.", nearest=nearest)
    return queries[name]
