"""Finished answers kept for the next who asks the same.

What is served does not change while it is served, so an answer depends on the address, on the representation that
was asked for and, since an injection without a date is coded for today, on the day. Nothing that was posted is kept.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from threading import Lock
from time import perf_counter
from typing import TYPE_CHECKING

from spinecode.web.metrics import Metrics

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

Key = tuple[str, str, str, str, str]

#: Addresses and Accept headers longer than this are answered anew each time.
_KEY_LIMIT = 4096
#: What an entry takes beside its content, roughly, in bytes.
_OVERHEAD = 2048


@dataclass(frozen=True, slots=True)
class Kept:
    """A finished answer; ``route`` is the rule of the address, for the metrics."""

    status: str
    headers: list[tuple[str, str]]
    body: bytes
    etag: str
    route: str


class Keeper:
    """Answers by key, the longest unused dropped first, within ``limit`` bytes."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.size = 0
        self._entries: OrderedDict[Key, Kept] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Key) -> Kept | None:
        """The answer kept for a key, if any."""
        entry = self._entries.get(key)
        if entry is not None:
            with self._lock:
                if key in self._entries:
                    self._entries.move_to_end(key)
        return entry

    def keep(self, key: Key, entry: Kept) -> None:
        """Keep an answer, unless it would take more than an eighth of the room."""
        cost = _cost(key, entry)
        if cost > self.limit // 8:
            return
        with self._lock:
            old = self._entries.pop(key, None)
            if old is not None:
                self.size -= _cost(key, old)
            self._entries[key] = entry
            self.size += cost
            while self.size > self.limit:
                dropped, gone = self._entries.popitem(last=False)
                self.size -= _cost(dropped, gone)


def _cost(key: Key, entry: Kept) -> int:
    return len(entry.body) + sum(len(part) for part in key) + _OVERHEAD


def key_of(environ: WSGIEnvironment) -> Key | None:
    """What the answer to a request depends on; None for a request whose answer is not kept."""
    query, accept = environ.get("QUERY_STRING", ""), environ.get("HTTP_ACCEPT", "")
    if len(query) + len(accept) > _KEY_LIMIT:
        return None
    # the day on which the request came, also for an answer that is ready after midnight
    day = environ.setdefault("spinecode.day", date.today().isoformat())
    return environ.get("SCRIPT_NAME", ""), environ["PATH_INFO"], query, accept, day


def matches(etag: str, wanted: str) -> bool:
    """Whether an If-None-Match header names the tag, or that of the compressed form."""
    return etag in wanted or f'{etag[:-1]}-gzip"' in wanted or wanted.strip() == "*"


class KeptAnswers:
    """A WSGI application that gives kept answers, and asks the application behind it for the others."""

    def __init__(self, behind: WSGIApplication, keeper: Keeper, metrics: Metrics) -> None:
        self.behind = behind
        self.keeper = keeper
        self.metrics = metrics

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request."""
        method = environ["REQUEST_METHOD"]
        if method not in ("GET", "HEAD"):
            return self.behind(environ, start_response)
        start = perf_counter()
        key = key_of(environ)
        entry = self.keeper.get(key) if key is not None else None
        if entry is None:
            return self.behind(environ, start_response)
        wanted = environ.get("HTTP_IF_NONE_MATCH")
        if wanted and matches(entry.etag, wanted):
            headers = [pair for pair in entry.headers if pair[0] not in ("Content-Type", "Content-Length")]
            start_response("304 NOT MODIFIED", headers)
            self.metrics.count(entry.route, method, 304, perf_counter() - start, hit=True)
            return [b""]
        start_response(entry.status, list(entry.headers))
        self.metrics.count(entry.route, method, 200, perf_counter() - start, hit=True)
        return [b"" if method == "HEAD" else entry.body]
