"""Where the syntax of a submitted text is broken, and what stands there."""

from __future__ import annotations

import re
from typing import Final

from spinecode.text_places import Lines, Place, piece_at

#: What a parser quotes of the text in its message.
_QUOTED: Final = re.compile(r"(?<!\w)['`]([^'`]{2,200})['`]")


def broken_at(error: SyntaxError, content: bytes) -> tuple[int | None, int | None, str | None]:
    """The line, the column and the text at which a parser stopped, each None where it is not known."""
    text = content.decode("utf-8", "replace")
    line, column = error.lineno, error.offset
    if line is None:
        line, column = _quoted(error, text)
    return line, column, piece_at(text, line, column)


def _quoted(error: SyntaxError, text: str) -> Place | tuple[None, None]:
    for found in _QUOTED.finditer(str(error.msg)):
        if text.count(found[1]) == 1:
            return Lines(text).place(text.index(found[1]))
    return None, None
