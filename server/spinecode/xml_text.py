"""The statements of a text in RDF/XML as far as they stand there plainly, each with where its parts stand.

Reified statements, numbered members and XML literals are not followed; whoever uses this compares with what the parser
has read (``origins``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

from spinecode.text_places import Said, UnknownPlacesError
from spinecode.vocabulary import PREFIXES, TYPE

_RDF: Final = PREFIXES["rdf"]
_GAP: Final = " "
_ABOUT, _ID, _NODE = (f"{_RDF}{_GAP}{name}" for name in ("about", "ID", "nodeID"))
_RESOURCE, _PARSE, _DATATYPE = (f"{_RDF}{_GAP}{name}" for name in ("resource", "parseType", "datatype"))
_XML: Final = f"http://www.w3.org/XML/1998/namespace{_GAP}"
_BASE: Final = f"{_XML}base"
#: Attributes that say what something is and not what is said of it.
_SYNTAX: Final = frozenset((_ABOUT, _ID, _NODE, _RESOURCE, _PARSE, _DATATYPE))
_OPENING: Final = re.compile(r"""<(?:[^<>"']|"[^"<]*+"|'[^'<]*+')*+>""")


@dataclass(slots=True)
class _Element:
    """A node, or a property of the node above it; ``owner_at`` is where that node stands."""

    node: bool
    at: int
    owner_at: int
    subject: str | int = ""
    property: str = ""
    text: list[str] = field(default_factory=list)
    text_at: int | None = None
    done: bool = False


def xml_statements(content: bytes) -> list[Said]:
    """The statements of RDF/XML in UTF-8. Raises UnknownPlacesError for what is not followed."""
    reader = _Reader(content)
    try:
        reader.parser.Parse(content, True)
    except (expat.ExpatError, ValueError):
        raise UnknownPlacesError from None
    return reader.found


class _Reader:
    def __init__(self, content: bytes) -> None:
        self.content = content
        self.text = content.decode("utf-8")
        #: How far the text was counted, in bytes and in characters.
        self.counted = (0, 0)
        self.found: list[Said] = []
        self.stack: list[_Element] = []
        self.parser = expat.ParserCreate("utf-8", _GAP)
        self.parser.buffer_text = False
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters

    def _here(self) -> int:
        place, (counted, characters) = self.parser.CurrentByteIndex, self.counted
        if place < counted:
            raise UnknownPlacesError
        characters += len(self.content[counted:place].decode("utf-8"))
        self.counted = place, characters
        return characters

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        at = self._here()
        if _BASE in attributes:
            raise UnknownPlacesError
        if not self.stack:
            if name != f"{_RDF}{_GAP}RDF":
                self._node(name, attributes, at)
            else:
                self.stack.append(_Element(False, at, at, done=True))
        elif self.stack[-1].node:
            self._property(name, attributes, at)
        else:
            self._node(name, attributes, at)

    def _node(self, name: str, attributes: dict[str, str], at: int) -> None:
        subject = _named(attributes, _ABOUT)
        element = _Element(True, at, at, subject=at if subject is None else subject)
        self.stack.append(element)
        iri = _iri(name)
        if iri != f"{_RDF}Description":
            self._say(element, TYPE.value, at, iri, at, literal=False)
        self._attributes(element, attributes, at)

    def _property(self, name: str, attributes: dict[str, str], at: int) -> None:
        above = self.stack[-1]
        element = _Element(False, at, above.at, subject=above.subject, property=_iri(name))
        self.stack.append(element)
        kind = attributes.get(_PARSE)
        value = _named(attributes, _RESOURCE)
        if kind == "Resource":
            self._say(element, element.property, at, at, at, literal=False)
            element.node, element.owner_at, element.subject = True, at, at
        elif kind is not None or _ID in attributes:
            raise UnknownPlacesError
        elif value is not None:
            element.done = True
            self._say(element, element.property, at, value, self._written("resource", at), literal=False)
        elif any(_speaks(one) for one in attributes):
            raise UnknownPlacesError

    def _attributes(self, element: _Element, attributes: dict[str, str], at: int) -> None:
        for name, value in attributes.items():
            if _speaks(name):
                place = self._written(name.rpartition(_GAP)[2], at)
                iri = _iri(name)
                self._say(element, iri, place, value, place, literal=iri != TYPE.value)

    def _end(self, _name: str) -> None:
        element = self.stack.pop()
        above = self.stack[-1] if self.stack else None
        if element.node and above is not None and not above.node and not above.done:
            above.done = True
            self._say(above, above.property, above.at, element.subject, element.at, literal=False)
        elif not element.node and not element.done:
            at = element.at if element.text_at is None else element.text_at
            self._say(element, element.property, element.at, "".join(element.text), at, literal=True)

    def _characters(self, data: str) -> None:
        if self.stack and not self.stack[-1].node:
            element = self.stack[-1]
            if element.text_at is None and data.strip():
                element.text_at = self._here() + len(data) - len(data.lstrip())
            element.text.append(data)

    def _written(self, name: str, at: int) -> int:
        """Where the value of an attribute of the tag at an offset stands; where the tag does if that is in doubt."""
        tag = _OPENING.match(self.text, at)
        named = re.compile(rf"[\s:]{re.escape(name)}\s*=\s*[\"']")
        ends = [found.end() for found in named.finditer(tag[0])] if tag else []
        return at + ends[0] if len(ends) == 1 else at

    def _say(self, on: _Element, prop: str, prop_at: int, value: str | int, value_at: int, literal: bool) -> None:
        self.found.append(Said(on.subject, prop, value, literal, on.owner_at, prop_at, value_at))


def _named(attributes: dict[str, str], iri: str) -> str | None:
    if iri in attributes:
        return attributes[iri]
    if iri == _ABOUT and _ID in attributes:
        raise UnknownPlacesError  # it hangs on the address of the document
    return f"_:{attributes[_NODE]}" if _NODE in attributes else None


def _speaks(attribute: str) -> bool:
    """Whether an attribute is a statement about its node."""
    return _GAP in attribute and attribute not in _SYNTAX and not attribute.startswith(_XML)


def _iri(name: str) -> str:
    return name.replace(_GAP, "")
