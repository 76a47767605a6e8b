"""Changes to a submitted text: another value in the place of one, one more beside it, one taken out.

A change keeps to the syntax of the text and to the way in which its names are written. What it does is not proved here;
whoever offers one reads the changed text first (``mending``).
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from spinecode import vocabulary as v
from spinecode.json_text import JsonNode, json_tree
from spinecode.text_places import UnknownPlacesError
from spinecode.turtle_text import turtle_prefixes, turtle_tokens

_LOCAL: Final = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?")
#: The spaces before a name in a text.
_SPACES: Final = " \t\r\n"


@dataclass(frozen=True, slots=True)
class Term:
    """A value to write: ``iri`` is its IRI if it has one, ``name`` what it is called by axis names, or its text.

    ``datatype`` is that of a literal that is more than a text; ``members`` are those of the object that may stand for
    it in JSON.
    """

    name: str
    iri: str | None = None
    datatype: str | None = None
    members: tuple[tuple[str, object], ...] = ()


#: The first character, the one after the last, and what takes their place.
Change = tuple[int, int, str]


class Editor(Protocol):
    """What changes a text of some syntax. ``at`` is where the value of a statement stands."""

    def replaced(self, at: int, terms: Sequence[Term]) -> Iterator[Change]:
        """Ways to write values, one or more, in the place of one."""

    def renamed(self, at: int, term: Term) -> Iterator[Change]:
        """Ways to write the name of a property in the place of one."""

    def added(self, at: int, terms: Sequence[Term]) -> Iterator[Change]:
        """Ways to write further values beside one."""

    def removed(self, at: int) -> Iterator[Change]:
        """Ways to leave a value out."""

    def typed(self, at: int, iri: str) -> Iterator[Change]:
        """Ways to give a type to the subject of a statement, ``at`` being where its property stands."""


def literal(text: str) -> str:
    """A text between quotation marks, as Turtle and JSON have it."""
    return json.dumps(text, ensure_ascii=False)


class TurtleEditor:
    """Changes of Turtle and TriG, and with ``lines`` of N-Triples and N-Quads.

    Raises UnknownPlacesError for what is not such a text.
    """

    def __init__(self, text: str, lines: bool) -> None:
        self.text, self.lines = text, lines
        self.prefixes = turtle_prefixes(text)
        self.tokens = turtle_tokens(text)
        self.starts = [start for _, start, _ in self.tokens]

    def replaced(self, at: int, terms: Sequence[Term]) -> Iterator[Change]:
        """Values, one or more, in the place of one."""
        if self.lines and len(terms) > 1:
            start, end = self._line(at)
            yield start, end, "\n".join(self._with(start, end, at, term) for term in terms)
        else:
            yield at, self._end(at), " , ".join(self._written(term) for term in terms)

    def renamed(self, at: int, term: Term) -> Iterator[Change]:
        """The name of a property in the place of one."""
        yield at, self._end(at), self._written(term)

    def added(self, at: int, terms: Sequence[Term]) -> Iterator[Change]:
        """Further values beside one."""
        if self.lines:
            start, end = self._line(at)
            yield end, end, "".join("\n" + self._with(start, end, at, term) for term in terms)
        else:
            end = self._end(at)
            yield end, end, "".join(f" , {self._written(term)}" for term in terms)

    def removed(self, at: int) -> Iterator[Change]:
        """The text without a value."""
        if self.lines:
            start, end = self._line(at)
            yield start, min(end + 1, len(self.text)), ""
            return
        place, end = self._token(at), self._end(at)
        before = self.tokens[place - 1][2] if place else ""
        after = next((one for one in self.tokens[place:] if one[1] >= end), ("", 0, ""))
        if before == ",":
            yield self._trimmed(self.starts[place - 1]), end, ""
        elif after[2] == ",":
            rest = self.text[after[1] + 1 :]
            yield at, after[1] + 1 + len(rest) - len(rest.lstrip(_SPACES)), ""
        elif place > 1 and self.tokens[place - 2][2] == ";":
            yield self._trimmed(self.starts[place - 2]), end, ""

    def typed(self, at: int, iri: str) -> Iterator[Change]:
        """A type for the subject of a statement."""
        if self.lines:
            start, _ = self._line(at)
            yield start, start, f"{self.text[start:at].strip()} <{v.TYPE.value}> <{iri}> .\n"
        else:
            yield at, at, f"a {self._written(Term('', iri))} ; "

    def _token(self, at: int) -> int:
        place = bisect_left(self.starts, at)
        if place == len(self.starts) or self.starts[place] != at:
            raise UnknownPlacesError
        return place

    def _end(self, at: int) -> int:
        place = self._token(at)
        if self.tokens[place][0] == "mark":
            raise UnknownPlacesError
        following = self.tokens[place + 1 : place + 3]
        if following and following[0][0] == "at" and self.tokens[place][0] == "text":
            place += 1
        elif following and following[0][2] == "^^":
            place += 2
        _, start, piece = self.tokens[place]
        return start + len(piece)

    def _line(self, at: int) -> tuple[int, int]:
        start = max(self.text.rfind(mark, 0, at) for mark in "\r\n") + 1
        ends = [end for mark in "\r\n" if (end := self.text.find(mark, at)) >= 0]
        return start, min(ends, default=len(self.text))

    def _with(self, start: int, end: int, at: int, term: Term) -> str:
        return self.text[start:at] + self._written(term) + self.text[self._end(at) : end]

    def _trimmed(self, end: int) -> int:
        return len(self.text[:end].rstrip(_SPACES))

    def _written(self, term: Term) -> str:
        if term.iri is None:
            mark = f"^^{self._written(Term('', term.datatype))}" if term.datatype is not None else ""
            return literal(term.name) + mark
        for prefix, base in sorted(self.prefixes.items(), key=lambda item: -len(item[1])):
            if base and term.iri.startswith(base) and _LOCAL.fullmatch(term.iri[len(base) :]):
                return f"{prefix}:{term.iri[len(base) :]}"
        return f"<{term.iri}>"


class JsonEditor:
    """Changes of JSON by axis names and, as far as its names are written like ours, of JSON-LD.

    Raises UnknownPlacesError for what is not JSON.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.values: dict[int, JsonNode] = {}
        self.lists: dict[int, list[int]] = {}
        self.members: dict[int, tuple[list[tuple[str, int, JsonNode]], int]] = {}
        for node in json_tree(text).all():
            self.values.setdefault(node.at, node)
            for item in node.items or ():
                self.lists[item.at] = [one.at for one in node.items or ()]
            for number, (_, _, value) in enumerate(node.members or ()):
                self.members[value.at] = (node.members or [], number)
                for item in value.items or ():
                    self.members.setdefault(item.at, (node.members or [], number))

    def replaced(self, at: int, terms: Sequence[Term]) -> Iterator[Change]:
        """Values, one or more, in the place of one."""
        end = self._end(at)
        ways = list(self._ways(at, terms))
        # what stands there already is not to be written in another way
        for written in ways if self.text[at:end] not in ways else ():
            listed = len(terms) == 1 or at in self.lists
            yield at, end, written if listed else f"[{written}]"

    def renamed(self, at: int, term: Term) -> Iterator[Change]:
        """The name of a property in the place of one."""
        for written in self._names(at, term):
            yield at, self._end(at), written

    def added(self, at: int, terms: Sequence[Term]) -> Iterator[Change]:
        """Further values beside one."""
        end = self._end(at)
        for written in self._ways(at, terms):
            if at in self.lists:
                yield end, end, f", {written}"
            else:
                yield at, end, f"[{self.text[at:end]}, {written}]"

    def removed(self, at: int) -> Iterator[Change]:
        """The text without a value."""
        beside = self.lists.get(at, [at])
        if len(beside) > 1:
            number = beside.index(at)
            spans = [(one, self._end(one)) for one in beside]
        else:
            members, number = self.members[at]
            spans = [(name, self._end(value.at)) for _, name, value in members]
        if number:
            yield spans[number - 1][1], spans[number][1], ""
        elif len(spans) > 1:
            yield spans[0][0], spans[1][0], ""

    def typed(self, at: int, iri: str) -> Iterator[Change]:
        """A type for the subject of a statement."""
        yield at, at, f'"@type": {literal(iri)}, '

    def _end(self, at: int) -> int:
        return json.JSONDecoder().raw_decode(self.text, at)[1]

    def _ways(self, at: int, terms: Sequence[Term]) -> Iterator[str]:
        node = self.values.get(at)
        if node is not None and node.members is not None and all(term.members for term in terms):
            yield ", ".join(json.dumps(dict(term.members), ensure_ascii=False) for term in terms)
            return
        for ways in zip(*(tuple(self._names(at, term)) for term in terms), strict=True):
            yield ", ".join(ways)

    def _names(self, at: int, term: Term) -> Iterator[str]:
        """A name as it may be written: like what stands there, by prefix or whole, or by itself."""
        old = self.text[at + 1 : self._end(at) - 1]
        short = v.shorten(term.iri) if term.iri is not None else term.name
        local = short.partition(":")[2] or short
        whole = term.iri if term.iri is not None else term.name
        prefixed = ":" in old and not old.startswith(("http:", "https:"))
        first = whole if old.startswith(("http:", "https:")) else short if prefixed else term.name
        yield from map(literal, (first, term.name, short, local, whole))
