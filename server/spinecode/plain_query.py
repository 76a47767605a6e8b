"""A query as every SPARQL engine reads it alike: without comments and escapes, every prefix declared.

Engines differ in where they look for escapes (before parsing, as the W3C has it, or only inside of texts and IRIs) and
where a comment ends. What is a text to one could be a clause to another, so a query that was checked here and is run
elsewhere has neither.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from spinecode.errors import QueryError

_CODE = r"\\u[0-9a-fA-F]{4}|\\U[0-9a-fA-F]{8}"
#: Texts (group 1), IRIs (2), comments (3), escapes in names (4), variables (5), stray escapes (6) and line ends (7).
_PIECES: Final = re.compile(
    r"""("{3}(?:[^"\\]|\\.|"(?!""))*"{3}|'{3}(?:[^'\\]|\\.|'(?!''))*'{3}|"(?:[^"\\\r\n]|\\.)*"|'(?:[^'\\\r\n]|\\.)*')"""
    rf"""|(<(?:[^<>"{{}}|^`\\\x00-\x20]|{_CODE})*>)"""
    r"""|(\#[^\r\n]*)|(\\[^uU])|([?$]\w+)|(\\)|(\r\n?)""",
    re.DOTALL,
)
_ESCAPE: Final = re.compile(rf"{_CODE}|\\.", re.DOTALL)
#: What an IRI may not hold.
_NOT_IN_IRIS: Final = re.compile(r'[<>"{}|^`\\\x00-\x20]')
_SHORT: Final = {"\\": "\\\\", '"': '\\"', "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def plain_text(query: str) -> str:
    """The query without comments and without escapes of characters. Raises QueryError for an escape out of place."""
    return _PIECES.sub(_plain, query)


def with_prefixes(query: str, prefixes: Mapping[str, str]) -> str:
    """A plain query with those prefixes declared that it uses and does not declare."""
    bare = bare_text(query)
    lines = [
        f"PREFIX {name}: <{iri}>\n"
        for name, iri in prefixes.items()
        if re.search(rf"(?<![\w.-]){name}:", bare) and not re.search(rf"(?i:\bPREFIX)\s+{name}:", bare)
    ]
    return "".join(lines) + query


def names_dataset(query: str) -> bool:
    """Whether a plain query has a FROM clause, or what looks like one."""
    return re.search(r"(?<![\w:.-])FROM(?:\s+NAMED)?(?:\s*<|\s+[\w.-]*:)", bare_text(query), re.IGNORECASE) is not None


def bare_text(query: str) -> str:
    """A query with nothing in its texts and IRIs, and without variables and comments."""
    return _PIECES.sub(_bare, query)


def _bare(match: re.Match[str]) -> str:
    return '""' if match[1] else "<>" if match[2] else " "


def _plain(match: re.Match[str]) -> str:
    piece = match[0]
    if match[1]:
        return _ESCAPE.sub(_in_text, piece)
    if match[2]:
        return _ESCAPE.sub(_in_iri, piece)
    if match[3]:
        return ""
    if match[6]:
        raise QueryError.of("An escape such as \\u0041 is read inside of texts and IRIs only.")
    return "\n" if match[7] else piece


def _character(escape: str) -> str:
    number = int(escape[2:], 16)
    if number > 0x10FFFF or 0xD800 <= number <= 0xDFFF:
        raise QueryError.of(f"{escape} stands for no character.")
    return chr(number)


def _in_text(match: re.Match[str]) -> str:
    if match[0][1] not in "uU" or len(match[0]) == 2:
        return match[0]
    character = _character(match[0])
    return _SHORT.get(character, character)


def _in_iri(match: re.Match[str]) -> str:
    character = _character(match[0])
    if _NOT_IN_IRIS.match(character):
        raise QueryError.of(f"{match[0]} stands for what no IRI holds.")
    return character
