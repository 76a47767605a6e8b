"""Where each statement of a Turtle file stands: its line and column, from the very parser that loads the ontology.

The parser is given a file byte by byte, so that what it has read when it tells a statement is where that statement
ends; a light division of the text into tokens then says where the object, the subject or a bracket begins.
"""

from __future__ import annotations

import io
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from pyoxigraph import BlankNode, NamedNode, Quad, RdfFormat, Triple, parse

from spinecode import vocabulary as v
from spinecode.errors import OntologyError
from spinecode.graph import Node, Term

_NAME = rb"""(?:\\.|[^\s;,\[\]()"'<>#\\.]|\.(?=[0-9]))(?:\\.|[^\s;,\[\]()"'<>#\\.]|\.(?=[^\s;,\[\]()"'<>#]))*"""
_TEXT = rb'"""(?:[^"\\]|\\.|"(?!""))*"""|' rb"'''(?:[^'\\]|\\.|'(?!''))*'''|"
_TEXT += rb'"(?:[^"\\\n\r]|\\.)*"|' rb"'(?:[^'\\\n\r]|\\.)*'"
_TOKEN = re.compile(
    rb"(?P<comment>#[^\n\r]*)"
    rb"|(?P<word>(?:" + _TEXT + rb")(?:@[\w-]+|\^\^(?:<[^<>\s]*>|" + _NAME + rb"))?|<[^<>\s]*>|" + _NAME + rb")"
    rb"|(?P<mark>[.;,\[\]()])",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A place in a file; line and column from 1. ``rank`` is the place of the file among those that were read."""

    rank: int
    line: int
    column: int
    file: str


class _Text:
    """The tokens of a file: where the words are, in which statement, and behind which bracket."""

    def __init__(self, file: str, rank: int, content: bytes) -> None:
        self.file, self.rank, self.content = file, rank, content
        self.starts: list[int] = []  # of words
        self.ends: list[int] = []
        self.statement: list[int] = []  # for each word, where its statement begins
        self.opener: list[int | None] = []  # for each word, the innermost bracket that is open
        self._lines = [0, *(found.end() for found in re.finditer(rb"\r\n|\n|\r", content))]
        self._divide()

    def _divide(self) -> None:
        open_at: list[int] = []
        begun: int | None = None
        directive = 0
        for token in _TOKEN.finditer(self.content):
            if token.lastgroup == "comment":
                continue
            start, text = token.start(), token[0]
            if begun is None and text != b".":
                begun = start
                # SPARQL's PREFIX and BASE end without a dot, after two words or one
                directive = {b"prefix": 2, b"base": 1}.get(text.lower(), 0)
            if token.lastgroup == "word":
                self.starts.append(start)
                self.ends.append(token.end())
                self.statement.append(start if begun is None else begun)
                self.opener.append(open_at[-1] if open_at else None)
                if directive and begun != start:
                    directive -= 1
                    begun = begun if directive else None
            elif text in b"[(":
                open_at.append(start)
            elif text in b"])":
                del open_at[-1:]
            elif text == b"." and not open_at:
                begun = None

    def word_before(self, read: int) -> int:
        """The last word that ends where the parser has read, or before; -1 when there is none."""
        return bisect_right(self.ends, read) - 1

    def place(self, offset: int) -> Place:
        """The line and column of a byte."""
        line = bisect_right(self._lines, offset)
        column = len(self.content[self._lines[line - 1] : offset].decode("utf-8", "replace")) + 1
        return Place(self.rank, line, column, self.file)

    def predicate(self, word: int, iri: str) -> int:
        """Where the predicate of the statement stands whose object is a word: the nearest word before that names it."""
        local = re.split(r"[/#]", iri)[-1].encode()
        for number in range(word, -1, -1):
            if self.statement[number] != self.statement[word]:
                break
            text = self.content[self.starts[number] : self.ends[number]].strip(b"<>")
            if text.endswith(local) or (text == b"a" and iri == v.TYPE.value):
                return self.starts[number]
        return self.starts[word]


class _Slowly(io.RawIOBase):
    """A file that gives one byte at a time and knows how many it gave."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.content, self.read_bytes = content, 0

    def read(self, _size: int = -1) -> bytes:
        byte = self.content[self.read_bytes : self.read_bytes + 1]
        self.read_bytes += len(byte)
        return byte


class Places:
    """The statements of some files, in the order of reading, and where each of them stands."""

    def __init__(self) -> None:
        self.quads: list[Quad] = []
        #: The file that each statement comes from, in the same order.
        self.files: list[str] = []
        self._object: dict[Triple, Place] = {}
        self._predicate: dict[Triple, Place] = {}
        self._home: dict[Node, Place] = {}
        self._typed: set[Node] = set()
        self._parent: dict[Node, tuple[Node, NamedNode]] = {}
        self._named_above: dict[Node, NamedNode] = {}
        self._about: dict[Node, list[Triple]] = {}

    def read(self, file: Path) -> list[Quad]:
        """Read a Turtle file and note its places. Raises OntologyError with line and column on broken syntax."""
        try:
            content = file.read_bytes()
        except OSError as error:
            raise OntologyError.of(f"The file cannot be read: {error.strerror or error}.", file=str(file)) from None
        text = _Text(str(file), len(set(self.files)), content)
        slowly = _Slowly(content)
        found: list[Quad] = []
        try:
            for quad in parse(cast(IO[bytes], slowly), format=RdfFormat.TURTLE, rename_blank_nodes=True):
                found.append(quad)
                self._note(text, quad, text.word_before(slowly.read_bytes))
        except SyntaxError as error:
            raise OntologyError.of(str(error.msg), file=str(file), line=error.lineno, column=error.offset) from None
        self.quads += found
        self.files += [str(file)] * len(found)
        return found

    def _note(self, text: _Text, quad: Quad, word: int) -> None:
        subject, predicate, value = quad.subject, quad.predicate, quad.object
        assert isinstance(subject, NamedNode | BlankNode)
        self._about.setdefault(subject, []).append(quad.triple)
        opener = text.opener[word] if isinstance(subject, BlankNode) else None
        home = text.place(text.statement[word] if opener is None else opener)
        # a thing is at home where its type is told, else where it is told of first
        if subject not in self._home or (predicate == v.TYPE and subject not in self._typed):
            self._home[subject] = home
        if predicate == v.TYPE:
            self._typed.add(subject)
        inner = self._home.get(value) if isinstance(value, BlankNode) else None
        self._object.setdefault(quad.triple, inner or text.place(text.starts[word]))
        self._predicate.setdefault(quad.triple, text.place(text.predicate(word, predicate.value)))
        if isinstance(value, BlankNode):
            self._parent.setdefault(value, (subject, predicate))
        elif isinstance(subject, BlankNode) and predicate == v.SUBCLASS and isinstance(value, NamedNode):
            self._named_above.setdefault(subject, value)

    # ---------------------------------------------------------------- where

    def of(self, triple: Triple) -> Place | None:
        """Where the object of a statement stands; of an object in brackets, the line of its bracket."""
        return self._object.get(triple)

    def of_predicate(self, triple: Triple) -> Place | None:
        """Where the predicate of a statement stands."""
        return self._predicate.get(triple)

    def home(self, thing: Node | str | None) -> Place | None:
        """Where a thing is described: where its type is told, else where it is a subject first."""
        node = NamedNode(thing) if isinstance(thing, str) else thing
        return self._home.get(node) if node is not None else None

    def last(self, triples: Iterable[Triple]) -> Place | None:
        """The last of the places of some statements, which is most likely what was added."""
        return max((place for triple in triples if (place := self.of(triple))), default=None)

    def mentioned(self, owner: str, message: str) -> Place | None:
        """Where, in what is said of a thing, a term stands that a message names; else where the thing is described."""
        names = set(re.findall(r"[\w-]+:[\w.-]*[\w-]|https?://[^\s,()'\"]+", message)) - {v.shorten(owner), owner}
        found = [
            triple
            for triple in self.told_of(owner)
            for term in (triple.object, triple.predicate)
            if isinstance(term, NamedNode) and (v.shorten(term.value) in names or term.value in names)
        ]
        return self.last(found) or self.home(owner)

    # ---------------------------------------------------------------- of what

    def about(self, subject: Node) -> list[Triple]:
        """The statements of a thing, in the order of reading."""
        return self._about.get(subject, [])

    def told_of(self, owner: str) -> Iterator[Triple]:
        """The statements of a named thing, and of the unnamed ones that belong to it."""
        return (quad.triple for quad in self.quads if self.owner(quad.subject) == owner)

    def owner(self, node: Term) -> str | None:
        """The IRI of a node, or of the named thing that a blank node is about; None when it is about none."""
        seen: set[object] = set()
        while not isinstance(node, NamedNode):
            if node in seen or not isinstance(node, BlankNode):
                return None
            seen.add(node)
            above = self._named_above.get(node)
            if above is not None and above != v.INJECTION:
                return above.value
            if node not in self._parent:
                return None
            node = self._parent[node][0]
        return node.value
