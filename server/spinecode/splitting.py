"""A long text of descriptions in pieces, one a description, without ever holding more than a few of them.

The statements of a description have to stand together, or nearly: a description ends when ``WINDOW`` others have begun
since it did. One that comes back after that is a piece of its own, which says where it was before.
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Protocol

from pyoxigraph import RdfFormat

#: How many descriptions may be under way at once.
WINDOW: Final = 64
#: The most bytes of one description.
PIECE_LIMIT: Final = 1 << 18
#: The most bytes of the prefixes and base of a file.
_HEADER_LIMIT: Final = 1 << 18
_BLOCK: Final = 1 << 16
#: How many blanks stand for what stood before a statement on its line.
_BLANK_LIMIT: Final = 1 << 10
_BOM: Final = b"\xef\xbb\xbf"
LINE_FORMATS: Final = (RdfFormat.N_TRIPLES, RdfFormat.N_QUADS)
STATEMENT_FORMATS: Final = (RdfFormat.TURTLE, RdfFormat.TRIG)


class Source(Protocol):
    """What a long text is read from, as a file that was opened for bytes."""

    def read(self, size: int, /) -> bytes:
        """So many bytes, fewer only at the end."""

    def readline(self, size: int, /) -> bytes:
        """A line, or so much of it."""


@dataclass(frozen=True, slots=True)
class Piece:
    """What a text says of one subject, to be read by itself.

    ``header`` has the prefixes that it needs; ``text`` begins at ``line``, and lines that belong to others are blank in
    it, as what stands before it on its own line is. ``columns`` tells whether that is so however long the lines are.
    ``before`` is where the subject was described already; ``fault`` says why there is no text.
    """

    line: int
    text: bytes
    header: bytes = b""
    before: int | None = None
    fault: str = ""
    columns: bool = True

    @property
    def content(self) -> bytes:
        """The piece as a document."""
        return self.header + self.text

    @property
    def first_line(self) -> int:
        """The line of the whole text at which the document begins."""
        return self.line - self.header.count(b"\n")


def pieces(stream: Source, syntax: RdfFormat | None) -> Iterator[Piece]:
    """The pieces of a text in N-Triples, N-Quads, Turtle or TriG, or of JSON by lines where ``syntax`` is None."""
    if syntax is None:
        return _json_pieces(stream)
    if syntax in LINE_FORMATS:
        return _Grouping().pieces(_lines(stream))
    if syntax in STATEMENT_FORMATS:
        return _Grouping().pieces(_statements(stream, graphs=syntax == RdfFormat.TRIG))
    raise ValueError(syntax)


#: A subject as it is written, the line of a statement and how many characters stand before it there, its text, what it
#: needs before it, and what is wrong with it.
_Statement = tuple[bytes, int, int, bytes, bytes, str]


def _nameless(line: int) -> bytes:
    """What stands for a subject that cannot come back."""
    return b"\x00%d" % line


def _too_long(what: str) -> str:
    return f"The {what} is longer than {PIECE_LIMIT} bytes."


def _numbered_lines(stream: Source) -> Iterator[tuple[int, bytes, str]]:
    number = 0
    while line := stream.readline(PIECE_LIMIT + 1):
        number += 1
        fault = ""
        if number == 1:
            line = line.removeprefix(_BOM)
        if len(line) > PIECE_LIMIT:
            fault = _too_long("line")
            while line and not line.endswith(b"\n"):
                line = stream.readline(PIECE_LIMIT)
        yield number, line, fault


def _json_pieces(stream: Source) -> Iterator[Piece]:
    for number, line, fault in _numbered_lines(stream):
        if fault:
            yield Piece(number, b"", fault=fault)
        elif line.strip():
            yield Piece(number, line)


def _lines(stream: Source) -> Iterator[_Statement]:
    for number, line, fault in _numbered_lines(stream):
        parts = line.split(None, 1)
        if fault:
            yield _nameless(number), number, 0, b"", b"", fault
        elif parts and not parts[0].startswith(b"#"):
            yield parts[0], number, 0, line, b"", ""


class _Open:
    """A description that is under way."""

    __slots__ = ("columns", "fault", "header", "line", "next_line", "size", "texts")

    def __init__(self, line: int, header: bytes) -> None:
        self.line = self.next_line = line
        self.header = header
        self.texts: list[bytes] = []
        self.size = 0
        self.fault = ""
        self.columns = True

    def add(self, line: int, column: int, text: bytes, fault: str) -> None:
        gap = max(line - self.next_line, 0)
        blank = column
        if self.texts and not self.texts[-1].endswith(b"\n"):
            if gap:
                self.texts[-1] += b"\n"
                gap -= 1
            else:
                # on the line that the last one ends on, as far from it as it is
                last = self.texts[-1].rpartition(b"\n")[2]
                blank = max(column - len(last.decode("utf-8", "replace")), 1)
        self.columns = self.columns and blank <= _BLANK_LIMIT
        if blank <= _BLANK_LIMIT:
            text = b" " * blank + text
        self.size += len(text) + gap
        if self.size > PIECE_LIMIT or fault:
            self.fault = self.fault or fault or _too_long("description")
            self.texts.clear()
            return
        self.texts.append(b"\n" * gap + text)
        self.next_line = line + text.count(b"\n")


class _Grouping:
    """Statements, put together by their subjects."""

    def __init__(self) -> None:
        self._open: dict[bytes, _Open] = {}
        self._closed = _Seen()

    def pieces(self, statements: Iterator[_Statement]) -> Iterator[Piece]:
        under_way = self._open
        for subject, line, column, text, header, fault in statements:
            one = under_way.get(subject)
            if one is not None and one.header != header:
                yield self._close(subject)
                one = None
            if one is None:
                if len(under_way) >= WINDOW:
                    yield self._close(next(iter(under_way)))
                one = under_way[subject] = _Open(line, header)
            one.add(line, column, text, fault)
        for subject in list(under_way):
            yield self._close(subject)

    def _close(self, subject: bytes) -> Piece:
        one = self._open.pop(subject)
        before = self._closed.add(subject, one.line)
        return Piece(one.line, b"".join(one.texts), one.header, before, one.fault, one.columns)


class _Seen:
    """Which subjects were described, and where, in 16 MiB however many there are.

    Only the hash of a subject is kept, and of two that would stand in one place the later. So a return may go unseen
    in a file of millions; that one is told of which is none will not be seen in a lifetime (64 bits are compared).
    """

    _PLACES: Final = 1 << 20

    def __init__(self) -> None:
        self._hashes = array("q", bytes(8 * self._PLACES))
        self._lines = array("q", bytes(8 * self._PLACES))

    def add(self, subject: bytes, line: int) -> int | None:
        """Remember a subject; give the line at which it was described last, where it was."""
        mark = hash(subject)
        place = mark % self._PLACES
        before = self._lines[place] if self._hashes[place] == mark else 0
        self._hashes[place], self._lines[place] = mark, line
        return before or None


# ---------------------------------------------------------------- Turtle and TriG

_AHEAD: Final = 4096
_BLANKS: Final = re.compile(rb"(?:[ \t\r\n]+|#[^\n\r]*(?:[\n\r]|\Z))*")
_DIRECTIVE: Final = re.compile(
    rb"(?:@?prefix[ \t\r\n]+([^\s:<]*):|@?base)[ \t\r\n]*<[^<>]*>(?:[ \t\r\n]*\.(?=[\s#<@]|\Z))?", re.IGNORECASE
)
_BRACE: Final = re.compile(
    rb"\}(?:[ \t\r\n]*\.)?|(?:graph[ \t\r\n]+)?(?:<[^<>\s]*>|\[[ \t]*\]|[^\s<>{}()\[\];,\"'#]+)?[ \t\r\n]*\{",
    re.IGNORECASE,
)
#: What may hold a full stop that ends nothing, and what ends a statement. Lone quotes are texts that do not end here.
_TOKEN: Final = re.compile(
    rb'"""(?:[^"\\]|\\.|"(?!""))*+"""|'
    rb"'''(?:[^'\\]|\\.|'(?!''))*+'''|"
    rb'"(?!"")(?:[^"\\\n\r]|\\.)*+"|'
    rb"'(?!'')(?:[^'\\\n\r]|\\.)*+'|"
    rb'(?P<open>"""|\'\'\')|'
    rb'<[^<>"{}|^`\\\x00-\x20]*>|#[^\n\r]*|\\.|(?P<brace>[{}])|(?P<end>\.(?=[\s#<"_@\[({}]|\Z))',
    re.DOTALL,
)
_SUBJECT: Final = re.compile(rb"<[^<>\s]*>|[^\s<>\[\]();,\"'#]+")
#: Where reading goes on after what cannot be told apart: the next line that ends with a full stop.
_RESUME: Final = re.compile(rb"\.[ \t]*(?:#[^\n]*)?\n")


def _statements(stream: Source, *, graphs: bool) -> Iterator[_Statement]:
    """The statements of Turtle or TriG, each with the prefixes and the base that hold for it.

    The graphs of TriG are opened up: to validation it is one which graph a statement is in.
    """
    reader = _Reader(stream, graphs=graphs)
    directives: dict[bytes, bytes] = {}
    header = b""
    number = 0
    while reader.fill():
        if (directive := reader.directive()) is not None:
            prefix, text = directive
            number += 1
            # a base counts for what comes after it, so each stays in its place
            key = b"base %d" % number if prefix is None else prefix
            directives.pop(key, None)
            directives[key] = text
            header = b"\n".join(directives.values()) + b"\n"
            if len(header) > _HEADER_LIMIT:
                told = f"The prefixes take more than {_HEADER_LIMIT} bytes; what follows is not read."
                yield _nameless(reader.line), reader.line, 0, b"", b"", told
                return
            continue
        line, column = reader.line, reader.column
        text, fault = reader.statement()
        if text.strip():
            found = _SUBJECT.match(text)
            yield found.group() if found else _nameless(line), line, column, text, header, fault


class _Reader:
    """A text that is read block by block and used up statement by statement."""

    def __init__(self, stream: Source, *, graphs: bool) -> None:
        self._stream = stream
        self._graphs = graphs
        self._buffer = b""
        self._at = self._sure = 0
        self._ended = False
        self.line, self.column = 1, 0
        self._read()
        if self._buffer.startswith(_BOM):
            self._at = len(_BOM)

    def fill(self) -> bool:
        """Skip blanks, comments and the braces of graphs; whether anything is left."""
        while True:
            found = _BLANKS.match(self._buffer, self._at)
            assert found is not None
            end = min(found.end(), self._sure)
            self._use(max(end, self._at))
            if found.end() >= self._sure and not self._ended:
                self._read()
                continue
            if self._graphs and (brace := self._brace()) is not None:
                self._use(brace)
                continue
            return self._at < len(self._buffer)

    def _brace(self) -> int | None:
        """Where a graph begins or ends, if that is what stands next."""
        self._ahead()
        found = _BRACE.match(self._buffer, self._at)
        return found.end() if found is not None else None

    def _ahead(self) -> None:
        while len(self._buffer) - self._at < _AHEAD and not self._ended:
            self._read()

    def directive(self) -> tuple[bytes | None, bytes] | None:
        """A prefix or a base, if that is what stands next, with the prefix."""
        self._ahead()
        found = _DIRECTIVE.match(self._buffer, self._at)
        if found is None:
            return None
        self._use(found.end())
        return found.group(1), found.group().replace(b"\n", b" ").replace(b"\r", b" ")

    def statement(self) -> tuple[bytes, str]:
        """The next statement up to its full stop, or to the end of its graph, and what is wrong with it."""
        position = self._at
        while True:
            found = _TOKEN.search(self._buffer, position)
            short = len(self._buffer) - self._at <= PIECE_LIMIT
            if not self._ended and short and (found is None or found.end() > self._sure or found.lastgroup == "open"):
                # what touches the end may go on; what was passed over need not be looked at again
                safe = max(position, self._sure) if found is None else min(found.start(), max(position, self._sure))
                position = safe + self._read()
                continue
            if found is None or found.lastgroup == "open" or found.end() - self._at > PIECE_LIMIT:
                return self._resume()
            position = found.end()
            if found.lastgroup == "end":
                return self._taken(position), ""
            if found.lastgroup == "brace" and self._graphs:
                # the last statement of a graph, or the name of one, which begins in the middle of a broken statement
                return self._taken(found.start()) + b" .", ""

    def _taken(self, end: int) -> bytes:
        text = self._buffer[self._at : end]
        self._use(end)
        return text

    def _resume(self) -> tuple[bytes, str]:
        """What cannot be told apart, up to where a statement may begin again."""
        long = len(self._buffer) - self._at > PIECE_LIMIT
        found = _RESUME.search(self._buffer, self._at)
        text = self._taken(found.end() if found else len(self._buffer))
        while found is None and not self._ended:
            self._read()
            found = _RESUME.search(self._buffer)
            self._use(found.end() if found else max(len(self._buffer) - 1, 0))
        return text, _too_long("statement") if long and len(text) > PIECE_LIMIT else ""

    def _use(self, end: int) -> None:
        lines = self._buffer.count(b"\n", self._at, end)
        begun = self._buffer.rfind(b"\n", self._at, end) + 1 if lines else self._at
        self.line += lines
        self.column = (0 if lines else self.column) + len(self._buffer[begun:end].decode("utf-8", "replace"))
        self._at = end

    def _read(self) -> int:
        """Read one block more; gives by how much places in the buffer have moved."""
        moved = -self._at
        block = self._stream.read(_BLOCK)
        self._ended = not block
        self._buffer = self._buffer[self._at :] + block
        self._at = 0
        # names, texts and comments of one line end with it
        self._sure = len(self._buffer) if self._ended else self._buffer.rfind(b"\n") + 1
        return moved
