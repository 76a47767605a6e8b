"""Sample descriptions, from the files beside the shapes: the pages and the API document show them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from spinecode.description import CODE, DATE, Description, from_mapping, from_rdf
from spinecode.errors import SpinecodeError
from spinecode.files import data_folder
from spinecode.graph import format_of, parse_rdf
from spinecode.selection import names_of
from spinecode.web.negotiation import JSON, TURTLE, Representation

if TYPE_CHECKING:
    from spinecode.index import RuleIndex


@dataclass(frozen=True, slots=True)
class Example:
    """A sample document; ``given`` are its facts as parameters, empty when it is one that cannot be coded."""

    name: str
    title: str
    text: str
    syntax: Representation
    given: dict[str, list[str]]


@lru_cache(maxsize=8)
def examples(index: RuleIndex) -> tuple[Example, ...]:
    """The sample documents in Turtle and JSON, by name."""
    files = sorted((data_folder("shapes") / "examples").iterdir())
    return tuple(_example(index, file) for file in files if file.suffix in (".ttl", ".json"))


def _example(index: RuleIndex, file: Path) -> Example:
    text = file.read_text(encoding="utf-8")
    first = text.partition("\n")[0]
    title = first.lstrip("# ").rstrip(" .") if first.startswith("#") else file.stem.replace("-", " ")
    try:
        descriptions = _descriptions(index, file, text)
        given = _parameters(index, descriptions[0]) if len(descriptions) == 1 else {}
    except SpinecodeError:
        given = {}
    return Example(file.stem, title[:1].upper() + title[1:], text, JSON if file.suffix == ".json" else TURTLE, given)


def _descriptions(index: RuleIndex, file: Path, text: str) -> list[Description]:
    syntax = format_of(file)
    if syntax is not None:
        return from_rdf(index, parse_rdf(text.encode(), syntax))
    found = json.loads(text)
    return [from_mapping(index, item) for item in (found if isinstance(found, list) else [found])]


def _parameters(index: RuleIndex, description: Description) -> dict[str, list[str]]:
    given = {name: list(values) for name, values in names_of(index, description.facts).items()}
    given = {axis.name: given[axis.name] for axis in index.asked_axes if axis.name in given}
    if description.date is not None:
        given[DATE] = [description.date]
    if description.reported:
        given[CODE] = list(description.reported)
    return given
