"""A JSON text as a tree that knows where everything in it stands. The text has been read as JSON before."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from spinecode.text_places import UnknownPlacesError

_TOKEN: Final = re.compile(
    r'\s*+(?:(?P<text>"(?:[^"\\\x00-\x1f]++|\\.)*+")|(?P<word>[-+.0-9A-Za-z]++)|(?P<mark>[\[\]{},:]))'
)


@dataclass(slots=True)
class JsonNode:
    """A value and where it begins.

    ``text`` is what a text says or how a number, true, false or null is written; ``members`` are the values of an
    object by name, each with where its name stands, and ``items`` those of a list.
    """

    at: int
    text: str | None = None
    members: list[tuple[str, int, JsonNode]] | None = None
    items: list[JsonNode] | None = field(default=None)

    def all(self) -> Iterator[JsonNode]:
        """The value and all that is in it, in the order of the text."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            yield node
            inside = [value for _, _, value in node.members or ()] + (node.items or [])
            waiting += reversed(inside)


def json_tree(text: str) -> JsonNode:
    """The value of a JSON text. Raises UnknownPlacesError for what is none."""
    root = JsonNode(0, items=[])
    stack = [root]
    position, end = 0, len(text.rstrip())
    names: list[tuple[str, int] | None] = [None]
    while position < end:
        found = _TOKEN.match(text, position)
        if found is None:
            raise UnknownPlacesError
        position, kind, piece = found.end(), found.lastgroup, found[found.lastgroup or 0]
        at = found.start(kind or 0)
        holder = stack[-1]
        if kind == "text" and holder.members is not None and names[-1] is None:
            names[-1] = (json.loads(piece), at)
            continue
        if piece in ("}", "]"):
            if len(stack) == 1:
                raise UnknownPlacesError
            stack.pop()
            names.pop()
            continue
        if piece in (",", ":"):
            continue
        node = JsonNode(at)
        if kind == "mark":
            node.members, node.items = ([], None) if piece == "{" else (None, [])
        else:
            node.text = json.loads(piece) if kind == "text" else piece
        name = names[-1]
        if holder.items is not None:
            holder.items.append(node)
        elif holder.members is not None and name is not None:
            holder.members.append((*name, node))
            names[-1] = None
        else:
            raise UnknownPlacesError
        if kind == "mark":
            stack.append(node)
            names.append(None)
    if not root.items or len(root.items) != 1 or len(stack) != 1:
        raise UnknownPlacesError
    return root.items[0]
