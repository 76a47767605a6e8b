"""Whether XML is whole and not nested without end, which the reader of RDF/XML does not ask."""

from __future__ import annotations

from typing import Final
from xml.parsers import expat

from spinecode.errors import InputError
from spinecode.text_places import piece_at

#: How deep elements may be nested; descriptions need five levels, and some readers take ever longer with each.
DEPTH: Final = 200


def check_xml(content: bytes, name: str | None = None) -> None:
    """Raise InputError, with line and column, for XML that is not well formed, not whole, or nested too deeply.

    Document types and the entities that they declare have to be refused before.
    """
    parser = expat.ParserCreate()
    depth = 0

    def opened(_: str, __: dict[str, str]) -> None:
        nonlocal depth
        depth += 1
        if depth > DEPTH:
            place = {"line": parser.CurrentLineNumber, "column": parser.CurrentColumnNumber + 1}
            raise InputError.of(f"The XML is nested more than {DEPTH} elements deep.", file=name, **place)

    def closed(_: str) -> None:
        nonlocal depth
        depth -= 1

    parser.StartElementHandler = opened
    parser.EndElementHandler = closed
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        message = f"This is not XML that is whole: {expat.ErrorString(error.code)}."
        column = error.offset + 1
        piece = piece_at(content.decode("utf-8", "replace"), error.lineno, column)
        raise InputError.of(message, file=name, line=error.lineno, column=column, value=piece) from None
    except ValueError as error:
        raise InputError.of(f"This is not XML that can be read: {error}.", file=name) from None
