"""The query catalogue: every ``.rq`` file of ours and of further folders, with the question that its comment asks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from spinecode.errors import OntologyError, UnknownNameError
from spinecode.files import data_folder, query_files


@dataclass(frozen=True, slots=True)
class CataloguedQuery:
    """A query of the catalogue. ``kind`` is SELECT, CONSTRUCT, ASK or DESCRIBE; ``notes`` the rest of its comment."""

    name: str
    question: str
    notes: str
    kind: str
    parameters: tuple[str, ...]
    text: str
    file: Path


def _read(file: Path) -> CataloguedQuery:
    try:
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise OntologyError.of(f"The file cannot be read: {error.strerror or error}.", file=str(file)) from None
    except UnicodeDecodeError:
        raise OntologyError.of("The file is not UTF-8 text.", file=str(file)) from None
    comment = []
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        comment.append(line[1:].strip())
    kind = re.search(r"^\s*(SELECT|CONSTRUCT|ASK|DESCRIBE)\b", text, re.MULTILINE | re.IGNORECASE)
    notes = "\n".join(comment[1:]).strip()
    parameters = tuple(re.findall(r"^Parameter: \?(\w+)", notes, re.MULTILINE))
    return CataloguedQuery(
        file.stem, comment[0] if comment else "", notes, kind[1].upper() if kind else "", parameters, text, file
    )


@lru_cache(maxsize=8)
def catalogue(folders: tuple[Path, ...] | None = None) -> dict[str, CataloguedQuery]:
    """The queries of some folders by name, ours (which are all without folders) first; alphabetical in each.

    Raises OntologyError for a file that cannot be read and for a name that stands twice.
    """
    found: dict[str, CataloguedQuery] = {}
    for file in query_files(folders or (data_folder("queries"),)):
        query = _read(file)
        if query.name in found:
            message = (
                f"There is a query {query.name!r} already, in {found[query.name].file}. Give this file another name."
            )
            raise OntologyError.of(message, file=str(file))
        found[query.name] = query
    return found


def query_named(queries: dict[str, CataloguedQuery], name: str) -> CataloguedQuery:
    """A query of a catalogue. Raises UnknownNameError with the nearest names."""
    import difflib

    if name not in queries:
        nearest = tuple(difflib.get_close_matches(name, queries, n=3, cutoff=0.5))
        known = ", ".join(queries)
        raise UnknownNameError.of(f"There is no query {name!r}. The queries are {known}.", nearest=nearest)
    return queries[name]
