"""Lines of N-Triples and N-Quads as bytes: whom a line is about, also one that is no statement."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Final

from pyoxigraph import RdfFormat, parse

_SUBJECT: Final = re.compile(rb"[ \t]*(<[^<> ]*>|_:[^ \t\r\n<>]+)")
_SILENT: Final = re.compile(rb"\s*(#|$)")


def not_utf8(lines: Sequence[bytes]) -> list[int]:
    """The places of the lines that are not UTF-8."""
    found = []
    for place, line in enumerate(lines):
        try:
            line.decode()
        except UnicodeDecodeError:
            found.append(place)
    return found


def subject_of(line: bytes) -> str | None:
    """The subject at the start of a line as the parser writes it, nothing where none can be read."""
    match = _SUBJECT.match(line)
    return _written(match[1]) if match else None


@lru_cache(maxsize=1 << 10)
def _written(node: bytes) -> str | None:
    if node.startswith(b"<") and b"\\" not in node:
        try:
            return node.decode()
        except UnicodeDecodeError:
            return None
    try:
        return next(str(quad.subject) for quad in parse(node + b" <a:> <a:> .", format=RdfFormat.N_TRIPLES))
    except SyntaxError:
        return None


def subjects_of(places: Sequence[int], line_at: Callable[[int], bytes], count: int) -> list[list[str]]:
    """Whom each of some lines that are no statements is about.

    That is the subject at its start; where none can be read, the closest one before it and the closest one after it.
    The places are in order, and there is a count of lines.
    """
    own = {place: subject_of(line_at(place)) for place in places}
    bare = [place for place in places if own[place] is None]
    before, after = _beside(bare, line_at, count, -1), _beside(bare[::-1], line_at, count, 1)
    about = [[own[place]] if own[place] else [before[place], after[place]] for place in places]
    return [[node for node in dict.fromkeys(nodes) if node] for nodes in about]


def _beside(places: Sequence[int], line_at: Callable[[int], bytes], count: int, step: int) -> dict[int, str | None]:
    """The closest subject in a direction, for lines that come in the other; so each line is looked at once."""
    found: dict[int, str | None] = {}
    for place in places:
        at, subject = place + step, None
        while 0 <= at < count and at not in found:
            if subject := subject_of(line_at(at)):
                break
            at += step
        found[place] = found.get(at, subject)
    return found


def start_of_last(block: bytearray, end: int) -> int:
    """Where the lines of the last subject of a block begin, which may go on in the next.

    Lines between two subjects that may be about either go with both, so that all lines that a line may be about are in
    one block; comments and blank lines are about none. It is 0 where the whole block belongs together.
    """
    start, subject = 0, None
    while end > 0:
        begin = block.rfind(b"\n", 0, end - 1) + 1
        line = block[begin:end]
        end = begin
        if _SILENT.match(line):
            continue
        own = subject_of(bytes(line))
        if own and subject and own != subject:
            return start
        start, subject = begin, own
    return 0
