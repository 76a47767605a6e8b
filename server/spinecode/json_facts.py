"""The facts of descriptions in JSON by axis names, with where they stand in the text."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

from spinecode import vocabulary as v
from spinecode.description import CODE, DATE, fact_properties, given_texts
from spinecode.index import RuleIndex
from spinecode.json_text import JsonNode, json_tree
from spinecode.reported import line_of, text_of
from spinecode.text_places import Fact, Lines

#: How a description in JSON is called: by its number in the text.
NODE: Final = "urn:spinecode:description:"
#: What a resource of FHIR has, and no description.
TYPE_MEMBER: Final = "resourceType"


def json_facts(index: RuleIndex, text: str) -> list[Fact]:
    """The facts of descriptions by axis names. Raises UnknownPlacesError for what is not JSON."""
    root, lines, naming = json_tree(text), Lines(text), Naming(index)
    items = root.items if root.items is not None else [root]
    return [
        Fact(
            f"{NODE}{number}",
            naming.properties.get(name) or v.SPINE + quote(name, safe=""),
            naming.values(name, _text(name, value)),
            lines.place(item.at),
            lines.place(at),
            lines.place(value.at),
        )
        for number, item in enumerate(items, 1)
        if not any(name == TYPE_MEMBER for name, _, _ in item.members or ())
        for name, at, member in item.members or ()
        for value in (member.items or [member])
    ]


def _text(name: str, value: JsonNode) -> str:
    """What a value says: its text, or that of the line that an object stands for."""
    if name != CODE or value.members is None:
        return value.text or ""
    listed = (
        (one, node.text if node.items is None else [item.text for item in node.items]) for one, _, node in value.members
    )
    told = text_of({one: said for one, said in listed if said not in (None, "null")})
    return told if isinstance(told, str) else ""


class Naming:
    """What axes and values are called; ``properties`` are those of the axes, the date and the codes, by name."""

    def __init__(self, index: RuleIndex) -> None:
        self.index = index
        self.axis_of = fact_properties(index)
        self.properties = {axis: iri for iri, axis in self.axis_of.items()} | {CODE: v.REPORTED_CODE.value}

    def values(self, axis: str | None, text: str) -> frozenset[str]:
        """All that a text may stand for on an axis: itself, the texts that it lists, and their IRIs."""
        texts = {text}
        if axis is not None and text:
            texts |= {part for _, part in given_texts(self.index, {axis: text})[0]}
        found = set(texts)
        for one in texts:
            if axis == CODE and (line := line_of(self.index, one)):
                found.add(self.index.codes[line.code].iri)
            elif axis in self.index.axes and axis != DATE:
                number = self.index.value_named(axis, one)
                found |= {self.index.values[number].iri} if number is not None else set()
        return frozenset(found)
