"""The load generator: a closed loop over a few kept-alive connections, in a process of its own.

Reads its task as JSON from standard input and prints what it counted as JSON. Each connection sends its next request
as soon as its last answer is complete; nothing is pipelined.
"""

from __future__ import annotations

import json
import re
import selectors
import socket
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import cycle, islice
from time import perf_counter, process_time
from typing import Any

#: Where a path has the number of the request, so that no two are the same.
NUMBER = "{n}"
_CHUNKED = re.compile(rb"\r\ntransfer-encoding: *chunked", re.IGNORECASE)
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class Connection:
    """One connection, with what it has received of an answer."""

    def __init__(self, host: str, port: int) -> None:
        self.socket = socket.create_connection((host, port), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.received = b""

    def status(self) -> int | None:
        """Read what is there; the status of the answer once it is complete."""
        data = self.socket.recv(262_144)
        if not data:
            raise ConnectionError("The server closed the connection.")
        self.received = self.received + data if self.received else data
        end = self.received.find(b"\r\n\r\n")
        if end < 0:
            return None
        length = _LENGTH.search(self.received, 0, end + 4)
        if length is not None:
            if len(self.received) < end + 4 + int(length[1]):
                return None
        elif _CHUNKED.search(self.received, 0, end + 4) is None:
            raise ValueError("An answer has no Content-Length.")
        elif not self.received.endswith(b"\r\n0\r\n\r\n"):
            return None
        status = int(self.received[9:12])
        self.received = b""
        return status


def _requests(paths: list[str], head: str, first: int) -> Iterator[bytes]:
    """Make requests without end, in turn; each with its number where the path has a place for it."""
    whole = [f"GET {path} HTTP/1.1\r\n{head}".encode() for path in paths]
    place = NUMBER.encode()
    for number, request in enumerate(cycle(whole), first):
        yield request.replace(place, b"%d" % number) if place in request else request


def drive(
    *,
    host: str,
    port: int,
    paths: list[str],
    connections: int,
    seconds: float,
    count: int,
    accept: str = "application/json",
    first: int = 0,
) -> dict[str, Any]:
    """Ask for paths in turn, again from the first, until ``seconds`` have passed or ``count`` were asked for."""
    head = f"Host: {host}:{port}\r\nAccept: {accept}\r\n\r\n"
    waiting = islice(_requests(paths, head, first), count)
    statuses: Counter[int] = Counter()
    times: list[float] = []
    sent: dict[int, float] = {}
    with selectors.DefaultSelector() as selector:
        open_connections = [Connection(host, port) for _ in range(connections)]
        cpu, start = process_time(), perf_counter()
        for connection in open_connections:
            if request := next(waiting, None):
                selector.register(connection.socket, selectors.EVENT_READ, connection)
                sent[connection.socket.fileno()] = perf_counter()
                connection.socket.sendall(request)
        ends = start + seconds
        while selector.get_map():
            ready = selector.select(120)
            if not ready:
                raise TimeoutError("The server does not answer.")
            for key, _ in ready:
                status = key.data.status()
                if status is None:
                    continue
                statuses[status] += 1
                now = perf_counter()
                times.append(now - sent[key.fd])
                request = next(waiting, None) if now < ends else None
                if request is None:
                    selector.unregister(key.data.socket)
                else:
                    sent[key.fd] = perf_counter()
                    key.data.socket.sendall(request)
        taken = perf_counter() - start
        busy = (process_time() - cpu) / taken
    times.sort()
    slow = times[min(len(times) - 1, len(times) * 99 // 100)]
    return {"requests": len(times), "seconds": taken, "busy": busy, "statuses": dict(statuses), "p99": slow}


if __name__ == "__main__":
    json.dump(drive(**json.load(sys.stdin)), sys.stdout)
