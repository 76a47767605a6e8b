"""The statements of a text in Turtle, TriG, N-Triples or N-Quads, each with where its parts stand.

The parser has read the text before, so this reads what is known to be right. Whoever uses it compares its statements
with the parser's (``origins``): a mistake here is a place that is not told, never a wrong one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from spinecode.text_places import Said, UnknownPlacesError
from spinecode.vocabulary import NIL, TYPE

_CHARACTER: Final = r"""[^\s;,\[\](){}"'<>#\\.^@|~]"""
_TOKEN: Final = re.compile(
    # what stands between tokens is part of the one after it, since each match has its price
    r"(?:\s++|\#[^\n\r]*+)*+(?:"
    r'(?P<text>"""(?:[^"\\]++|\\.|"(?!""))*+"""'
    r"|'''(?:[^'\\]++|\\.|'(?!''))*+'''"
    r'|"(?:[^"\\\n\r]++|\\.)*+"'
    r"|'(?:[^'\\\n\r]++|\\.)*+')"
    r"|(?P<iri><[^<>\s]*+>)"
    r"|(?P<number>(?=[0-9.+-])[+-]?(?:[0-9]+\.[0-9]*[eE][+-]?[0-9]+|\.?[0-9]+[eE][+-]?[0-9]+|[0-9]*\.[0-9]+|[0-9]+))"
    r"|(?P<at>@[A-Za-z][A-Za-z0-9-]*+)"
    r"|(?P<mark>\^\^|[.;,\[\](){}])"
    rf"|(?P<name>(?:\\.|{_CHARACTER})(?:\\.|{_CHARACTER}|\.+(?=\\.|{_CHARACTER}))*+)"
    r"|(?P<end>\Z))",
    re.DOTALL,
)
_ESCAPE: Final = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|(.))", re.DOTALL)
_LETTERS: Final = {"t": "\t", "b": "\b", "n": "\n", "r": "\r", "f": "\f"}
#: Words that stand before a name, an IRI or a text, and how many of these.
_DIRECTIVES: Final = {"PREFIX": 2, "BASE": 1, "VERSION": 1}
_BOOLEANS: Final = ("true", "false")
_SUBJECT, _PROPERTY, _VALUE, _AFTER = range(4)

_Token = tuple[str, int, str]


@dataclass(slots=True)
class _Frame:
    """A statement, or what stands in a bracket, while it is read; ``opened`` is where it begins."""

    kind: str
    opened: int
    step: int = _SUBJECT
    subject: str | int = ""
    subject_at: int = 0
    property: str = ""
    property_at: int = 0
    empty: bool = True


def turtle_statements(text: str) -> list[Said]:
    """The statements of a text, but for those that make up lists. Raises UnknownPlacesError for what is not known."""
    return _Reader(text).read()


def turtle_prefixes(text: str) -> dict[str, str]:
    """The prefixes that a text declares, with what they stand for. Raises UnknownPlacesError as above."""
    reader = _Reader(text)
    reader.read()
    return reader.prefixes


def turtle_tokens(text: str) -> list[tuple[str, int, str]]:
    """The tokens of a text but for spaces and comments: the kind, where it begins, what it is.

    Kinds are ``text``, ``iri``, ``number``, ``at`` (a language or a directive), ``mark`` and ``name``. Raises
    UnknownPlacesError as above.
    """
    return list(_Reader(text).tokens())


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.prefixes: dict[str, str] = {}
        self.found: list[Said] = []
        self.stack = [_Frame(".", 0)]

    def read(self) -> list[Said]:
        tokens = self.tokens()
        for kind, start, piece in tokens:
            if piece == "^^":
                next(tokens, None)  # the datatype
            elif kind == "mark":
                self._mark(piece, start)
            elif kind in ("at", "name"):
                frame = self.stack[-1]
                # words of the language stand where a statement begins
                word = piece.removeprefix("@").upper() if frame.step == _SUBJECT and frame.kind == "." else ""
                if word in _DIRECTIVES:
                    self._directive([next(tokens, ("", 0, "")) for _ in range(_DIRECTIVES[word])])
                elif kind == "name" and word != "GRAPH":
                    self._term(self._resolved(kind, piece), start, piece in _BOOLEANS)
            else:
                self._term(self._resolved(kind, piece), start, kind != "iri")
        return self.found

    def tokens(self) -> Iterator[_Token]:
        position = 0
        for found in _TOKEN.finditer(self.text):
            kind = found.lastgroup
            # a match further on would leave out what no token is
            if kind is None or found.start() != position:
                raise UnknownPlacesError
            if kind == "end":
                return
            position = found.end()
            yield kind, found.start(kind), found[kind]
        raise UnknownPlacesError

    def _directive(self, words: list[_Token]) -> None:
        if len(words) == 2:
            self.prefixes[words[0][2].removesuffix(":")] = _unescaped(words[1][2][1:-1])

    def _mark(self, mark: str, start: int) -> None:
        frame = self.stack[-1]
        if mark in "[(":
            node = _Frame(mark, start, _PROPERTY if mark == "[" else _VALUE, start, start)
            self.stack.append(node)
        elif mark in "])":
            if len(self.stack) == 1:
                raise UnknownPlacesError
            self.stack.pop()
            closed: str | int = NIL.value if mark == ")" and frame.empty else frame.opened
            self._term(closed, frame.opened, literal=False)
        elif mark == ";":
            frame.step = _PROPERTY
        elif mark == ",":
            frame.step = _VALUE
        elif len(self.stack) > 1:
            raise UnknownPlacesError
        else:
            # a dot, or the bracket of a graph, before which its name may stand
            self.stack[0] = _Frame(".", start)

    def _term(self, term: str | int, start: int, literal: bool) -> None:
        frame = self.stack[-1]
        frame.empty = False
        if frame.kind == "(":
            return
        if frame.step == _SUBJECT:
            frame.subject, frame.subject_at, frame.step = term, start, _PROPERTY
        elif frame.step == _PROPERTY:
            frame.property, frame.property_at, frame.step = str(term), start, _VALUE
        elif frame.step == _VALUE:
            frame.step = _AFTER
            subject, at = frame.subject, frame.subject_at
            self.found.append(Said(subject, frame.property, term, literal, at, frame.property_at, start))

    def _resolved(self, kind: str, piece: str) -> str:
        if kind == "text":
            quotes = 3 if piece[:3] in ('"""', "'''") and len(piece) >= 6 else 1
            return _unescaped(piece[quotes:-quotes])
        if kind == "iri":
            return _unescaped(piece[1:-1])
        if kind == "number" or piece in _BOOLEANS:
            return piece
        if piece == "a":
            return TYPE.value
        prefix, colon, local = piece.partition(":")
        if prefix == "_":
            return piece
        if not colon or prefix not in self.prefixes:
            raise UnknownPlacesError
        return self.prefixes[prefix] + (re.sub(r"\\(.)", r"\1", local) if "\\" in local else local)


def _unescaped(text: str) -> str:
    return _ESCAPE.sub(_character, text) if "\\" in text else text


def _character(found: re.Match[str]) -> str:
    number = found[1] or found[2]
    if number is None:
        return _LETTERS.get(found[3], found[3])
    code = int(number, 16)
    if code > 0x10FFFF:
        raise UnknownPlacesError
    return chr(code)
