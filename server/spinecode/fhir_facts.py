"""Where the facts of descriptions that were read from FHIR stand in its JSON: at the element each was read from."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from spinecode import vocabulary as v
from spinecode.index import RuleIndex
from spinecode.json_facts import TYPE_MEMBER, Naming
from spinecode.json_text import JsonNode, json_tree
from spinecode.report import Report
from spinecode.reported import text_of
from spinecode.text_places import Fact, Lines, Place

#: A FHIRPath as it is told of: members and numbered items of a list, as far as nothing else stands between.
_PATH: Final = re.compile(r"[A-Z][A-Za-z]*(?:\.[a-z][A-Za-z]*(?:\[[0-9]+\])?(?![A-Za-z(]))*")
_STEP: Final = re.compile(r"\.([a-z][A-Za-z]*)(?:\[([0-9]+)\])?")
_RESOURCE: Final = re.compile(r".*\.resource\b|[A-Z][A-Za-z]*")


class FhirPlaces:
    """The places of one resource of FHIR, or of a Bundle. Raises UnknownPlacesError for what is not JSON."""

    def __init__(self, index: RuleIndex, text: str) -> None:
        root = json_tree(text)
        if root.items is not None and len(root.items) == 1:
            root = root.items[0]
        self._naming = Naming(index)
        self._lines = Lines(text)
        self._root = root if any(name == TYPE_MEMBER for name, _, _ in root.members or ()) else None

    def told(self, message: str) -> Place | None:
        """Where the element stands whose path begins a message."""
        found = _PATH.match(message)
        node = self._node(found[0]) if found and "." in found[0] else None
        return self._lines.place(node.at) if node is not None else None

    def facts(self, report: Report) -> Iterator[Fact]:
        """The facts of the descriptions, by what the report says they were read from."""
        for answer in report.answers:
            for axis, read in answer.get("read", {}).items():
                values, paths = read["values"], read["from"]
                for number, path in enumerate(paths):
                    texts = [values[number]] if len(values) == len(paths) else values
                    yield from self._fact(str(answer.get("description")), axis, path, texts)

    def _fact(self, subject: str, axis: str, path: str, texts: list[Any]) -> Iterator[Fact]:
        found = _PATH.match(path)
        node = self._node(found[0]) if found else None
        top = _RESOURCE.match(found[0]) if found else None
        owner = self._node(top[0]) if top else None
        if node is None or owner is None:
            return
        names: set[str] = set()
        for text in texts:
            told = text_of(text) if isinstance(text, dict) else text
            names |= self._naming.values(axis, told if isinstance(told, str) else "")
        at = self._lines.place(node.at)
        yield Fact(
            subject,
            self._naming.properties.get(axis, v.SPINE + axis),
            frozenset(names),
            self._lines.place(owner.at),
            at,
            at,
        )

    def _node(self, path: str) -> JsonNode | None:
        """The element that a path leads to, or the last one on the way that is there."""
        node = self._root
        for name, number in _STEP.findall(path):
            if node is None:
                return None
            below = next((value for member, _, value in node.members or () if member == name), None)
            if below is not None and below.items is not None:
                place = int(number or 0) if len(number) < 6 else len(below.items)
                below = below.items[place] if place < len(below.items) else below
            if below is None:
                break
            node = below
        return node
