"""Compressed bodies, expanded within a bound: what would become larger is not expanded further than that."""

from __future__ import annotations

import zlib
from typing import Final

from spinecode.errors import InputError
from spinecode.web.problems import TooLargeError, UnsupportedEncodingError

#: The codings that are read, by name; ``wbits`` of zlib for each.
CODINGS: Final = {"gzip": zlib.MAX_WBITS | 16, "x-gzip": zlib.MAX_WBITS | 16, "deflate": zlib.MAX_WBITS}
#: How many compressed parts may follow one another, as some programs write them.
_MEMBERS: Final = 200


def inflated(body: bytes, coding: str, limit: int) -> bytes:
    """A body without its coding, of at most ``limit`` bytes.

    Raises UnsupportedEncodingError for a coding that is not read, TooLargeError for what becomes larger, InputError for
    what is not of the coding, or not whole.
    """
    coding = coding.strip().lower()
    if coding == "identity":
        return body
    if coding not in CODINGS:
        message = f"A body in the coding {coding[:100]!r} is not read; send it as it is, or one of gzip and deflate."
        raise UnsupportedEncodingError.of(message)
    wbits = CODINGS[coding]
    if coding == "deflate" and not _has_zlib_header(body):
        # what many programs send under this name
        wbits = -zlib.MAX_WBITS
    parts: list[bytes] = []
    size = 0
    for _ in range(_MEMBERS):
        member = zlib.decompressobj(wbits)
        try:
            part = member.decompress(body, limit + 1 - size)
        except zlib.error:
            raise InputError.of(f"The body is not {coding}, as Content-Encoding says it is, or is damaged.") from None
        parts.append(part)
        size += len(part)
        if size > limit:
            raise TooLargeError.of(f"The body expands to more than the {limit} bytes that this server takes at once.")
        if not member.eof:
            raise InputError.of(f"The body ends before its {coding} is whole.")
        body = member.unused_data
        if not body:
            return b"".join(parts)
        if coding == "deflate":
            raise InputError.of("Something stands behind the end of the deflate in the body.")
    raise InputError.of(f"The body is made of more than {_MEMBERS} parts of {coding}.")


def _has_zlib_header(body: bytes) -> bool:
    return len(body) >= 2 and body[0] & 0x0F == 8 and (body[0] << 8 | body[1]) % 31 == 0
