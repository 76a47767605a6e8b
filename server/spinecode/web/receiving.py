"""What is received within bounds: bodies whole before they are looked at, only so many at once, and no endless lists.

Compressed bodies are expanded here, no further than bodies may be long.

A client may send the beginning of a body and never its end, and nothing can take back the thread that waits for it.
So some threads are kept for requests without a body, which go on being answered.
"""

from __future__ import annotations

import io
from collections.abc import Iterable
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Any, Final

from spinecode.errors import BusyError, SpinecodeError
from spinecode.web.inflating import inflated

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

#: How many bodies are received at once in a worker.
BODIES: Final = 16
#: How long a body waits for others, in seconds; short, since the one that waits has a thread too.
_PATIENCE: Final = 0.25
_INPUT: Final = "wsgi.input"
_CODING: Final = "HTTP_CONTENT_ENCODING"
#: Headers with lists that are read item by item, and remembered; no browser sends a third as many characters.
_LISTS: Final = ("HTTP_ACCEPT", "HTTP_ACCEPT_ENCODING")
_LIST_LIMIT: Final = 1024


class Received:
    """A WSGI application that receives the body of a request, up to ``limit`` bytes and one more, for the one behind.

    Of very long lists of what is accepted it hands on the beginning.

    When too many are being received, whoever reads the body is told that the server is busy.
    """

    def __init__(self, behind: WSGIApplication, limit: int) -> None:
        self.behind = behind
        self._limit = limit
        self._places = BoundedSemaphore(BODIES)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        for name in _LISTS:
            if len(given := environ.get(name, "")) > _LIST_LIMIT:
                environ[name] = given[:_LIST_LIMIT].rpartition(",")[0]
        length = environ.get("CONTENT_LENGTH") or "0"
        if "HTTP_TRANSFER_ENCODING" not in environ and length == "0":
            return self.behind(environ, start_response)
        # what is too long by its own word is refused unread
        if not length.isdecimal() or int(length) <= self._limit:
            environ[_INPUT] = self._received(environ[_INPUT])
            if coding := environ.pop(_CODING, None):
                self._expand(environ, coding)
        return self.behind(environ, start_response)

    def _expand(self, environ: WSGIEnvironment, coding: str) -> None:
        """Put what a compressed body holds in its place, or what is wrong with it."""
        body = environ[_INPUT]
        if isinstance(body, _Refused):
            return
        content = body.read()
        if len(content) > self._limit:
            body.seek(0)  # too long as it is, which is told of elsewhere
            return
        try:
            content = inflated(content, coding, self._limit)
        except SpinecodeError as error:
            environ[_INPUT] = _Refused(error)
            return
        environ[_INPUT] = io.BytesIO(content)
        environ["CONTENT_LENGTH"] = str(len(content))
        environ.pop("HTTP_TRANSFER_ENCODING", None)

    def _received(self, body: Any) -> Any:
        if not self._places.acquire(timeout=_PATIENCE):
            return _Refused(BusyError.of("Too many requests are being received. Try again in a few seconds."))
        try:
            parts, left = [], self._limit + 1
            while left > 0 and (part := body.read(left)):
                parts.append(part)
                left -= len(part)
            return io.BytesIO(b"".join(parts))
        finally:
            self._places.release()


class _Refused:
    """A body that is not received; whoever reads it is told why."""

    def __init__(self, error: SpinecodeError) -> None:
        self._error = error

    def read(self, size: int = -1) -> bytes:
        """Say so. Raises the error, such as BusyError."""
        raise self._error

    readline = read

    def __iter__(self) -> _Refused:
        return self

    def __next__(self) -> bytes:
        return self.read()
