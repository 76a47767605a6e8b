"""Answers compressed with gzip for those who take it."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

#: Shorter answers are sent as they are, in bytes.
SHORTEST: Final = 1024
#: The level: most of what can be saved, at a tenth of the time of the best.
_LEVEL: Final = 4
#: The window that makes zlib write gzip.
_GZIP: Final = 31


@lru_cache(maxsize=256)
def takes_gzip(accepted: str) -> bool:
    """Whether an Accept-Encoding header allows gzip and asks for no other as much (RFC 9110, section 12.5.3)."""
    qualities: dict[str, float] = {}
    for part in accepted.lower().split(","):
        name, _, options = part.strip().partition(";")
        quality = options.strip().removeprefix("q=").strip() if options else "1"
        try:
            qualities[name.strip()] = float(quality)
        except ValueError:
            qualities[name.strip()] = 0.0
    return qualities.get("gzip", qualities.get("*", 0.0)) > 0


def zipped(body: bytes) -> bytes:
    """A body as gzip, the same bytes for the same body."""
    engine = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
    return engine.compress(body) + engine.flush()


class Compressed:
    """A WSGI application that compresses what the one behind it answers."""

    def __init__(self, behind: WSGIApplication) -> None:
        self.behind = behind

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        if not takes_gzip(environ.get("HTTP_ACCEPT_ENCODING", "")):
            return self.behind(environ, start_response)
        begun: list[Any] = []

        def begin(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
            begun[:] = [status, headers, *rest]
            return None

        answer = self.behind(environ, begin)
        status, headers, *rest = begun
        if status.startswith("304"):
            start_response(status, [_tagged(pair) for pair in headers], *rest)
            return answer
        names = {name.lower(): value for name, value in headers}
        size = names.get("content-length", "0")
        if "content-encoding" in names or not size.isdecimal() or int(size) < SHORTEST:
            start_response(status, headers, *rest)
            return answer
        kept = [_tagged(pair) for pair in headers if pair[0].lower() != "content-length"]
        kept.append(("Content-Encoding", "gzip"))
        if environ["REQUEST_METHOD"] == "HEAD":
            start_response(status, kept, *rest)
            return answer
        if isinstance(answer, list) and len(answer) == 1:
            body = zipped(answer[0])
            start_response(status, [*kept, ("Content-Length", str(len(body)))], *rest)
            return [body]
        start_response(status, kept, *rest)
        return _Zipping(answer)


def _tagged(pair: tuple[str, str]) -> tuple[str, str]:
    """The header of the compressed form, whose tag is another one."""
    name, value = pair
    if name.lower() == "etag":
        return name, f'{value[:-1]}-gzip"' if value.endswith('"') else value
    return pair


class _Zipping:
    """A long body compressed as it is sent."""

    def __init__(self, parts: Iterable[bytes]) -> None:
        self._parts = parts

    def __iter__(self) -> Iterator[bytes]:
        engine = zlib.compressobj(_LEVEL, zlib.DEFLATED, _GZIP)
        for part in self._parts:
            if some := engine.compress(part):
                yield some
        yield engine.flush()

    def close(self) -> None:
        """Close the body."""
        close = getattr(self._parts, "close", None)
        if close is not None:
            close()
