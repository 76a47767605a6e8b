"""The query catalogue: every ``.rq`` file of the project, with the question that its first comment asks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from spinecode.errors import UnknownNameError
from spinecode.files import data_folder


@dataclass(frozen=True, slots=True)
class CataloguedQuery:
    """A query of the catalogue. ``kind`` is SELECT, CONSTRUCT, ASK or DESCRIBE; ``notes`` the rest of its comment."""

    name: str
    question: str
    notes: str
    kind: str
    parameters: tuple[str, ...]
    text: str


def _read(file: Path) -> CataloguedQuery:
    text = file.read_text(encoding="utf-8")
    comment = []
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        comment.append(line[1:].strip())
    kind = re.search(r"^(SELECT|CONSTRUCT|ASK|DESCRIBE)\b", text, re.MULTILINE)
    notes = "\n".join(comment[1:]).strip()
    parameters = tuple(re.findall(r"^Parameter: \?(\w+)", notes, re.MULTILINE))
    return CataloguedQuery(file.stem, comment[0] if comment else "", notes, kind[1] if kind else "", parameters, text)


@lru_cache(maxsize=1)
def catalogue() -> dict[str, CataloguedQuery]:
    """The queries by name, in alphabetical order."""
    files = sorted(data_folder("queries").glob("*.rq"))
    return {query.name: query for query in map(_read, files)}


def query_named(name: str) -> CataloguedQuery:
    """A query of the catalogue. Raises UnknownNameError with the nearest names."""
    import difflib

    queries = catalogue()
    if name not in queries:
        nearest = tuple(difflib.get_close_matches(name, queries, n=3, cutoff=0.5))
        known = ", ".join(queries)
        raise UnknownNameError.of(f"There is no query {name!r}. The queries are {known}.", nearest=nearest)
    return queries[name]
