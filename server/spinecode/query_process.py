"""A child process that answers queries over the dataset it is given, and how it and its parent speak.

Each message is a letter, the length of what follows, and that: a question from the parent; from the child that it is
ready, parts of an answer, the end of one with its kind and format, or an error.
"""

from __future__ import annotations

import os
import pickle
import socket
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable
from contextlib import suppress
from time import monotonic, sleep
from typing import Any, Final, Protocol

from pyoxigraph import NamedNode, RdfFormat, Store

from spinecode.errors import SpinecodeError
from spinecode.query_text import names_others
from spinecode.sparql import Limits, Question, respond

#: How long the child may take to load the graphs, in seconds.
START_LIMIT: Final = 60.0
#: How much memory the child may take, in bytes.
MEMORY_LIMIT: Final = 1 << 30
#: How much of an answer is sent at once, in bytes.
_PART: Final = 1 << 16

_READY, _QUESTION, _SOME, _END, _ERROR = b"R", b"Q", b"S", b"E", b"X"
_HEAD: Final = 9


def _message(kind: bytes, content: bytes) -> bytes:
    return kind + len(content).to_bytes(_HEAD - 1, "big") + content


class Answering(Protocol):
    """What a child may be given in the place of the graphs: it tells how the child answers."""

    def answering(self, limits: Limits) -> Callable[[Question, Any], tuple[str, str]]:
        """What answers a question within the limits, as ``sparql.respond`` does."""


class QueryProcess:
    """A running child, seen from its parent, given the graphs as N-Quads or what to ask in their place.

    Not to be used by two threads at once. Raises TimeoutError or OSError when the child cannot be started.
    """

    def __init__(self, given: bytes | Answering, limits: Limits, memory: int = MEMORY_LIMIT) -> None:
        self._limits = limits
        self._socket, theirs = socket.socketpair()
        self._received = bytearray()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603  # our own module
                [sys.executable, "-m", "spinecode.query_process", str(theirs.fileno()), str(memory)],
                pass_fds=(theirs.fileno(),),
                stdin=subprocess.DEVNULL,
            )
        # also when whoever asks forgets to close it
        self._end = weakref.finalize(self, _ended, self._process, self._socket)
        try:
            self._send(pickle.dumps((given, limits)))
            if self._next(monotonic() + START_LIMIT)[0] != _READY:
                raise OSError("The process that answers queries did not start.")
        except BaseException:
            self.close()
            raise

    @property
    def pid(self) -> int:
        """The number of the process."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the process has not ended."""
        return self._process.poll() is None

    def ask(self, question: Question, write: Callable[[bytes], Any]) -> tuple[str, str]:
        """Have a question answered, the answer handed on in parts; gives its kind and format.

        Raises SpinecodeError as what answers does, TimeoutError when the time is over, EOFError when the child ended.
        After an error other than a SpinecodeError the child must be closed.
        """
        ends = monotonic() + self._limits.seconds
        self._send(pickle.dumps(question))
        while True:
            kind, content = self._next(ends)
            if kind == _SOME:
                write(content)
            elif kind == _END:
                form = content.decode().split()
                return form[0], form[1]
            elif kind == _ERROR:
                # only our own child writes here
                raise pickle.loads(content)  # noqa: S301
            else:
                raise EOFError

    def _send(self, content: bytes) -> None:
        self._socket.settimeout(START_LIMIT)
        self._socket.sendall(_message(_QUESTION, content))

    def _next(self, ends: float) -> tuple[bytes, bytes]:
        received = self._received
        self._fill(_HEAD, ends)
        kind, length = bytes(received[:1]), int.from_bytes(received[1:_HEAD], "big")
        self._fill(_HEAD + length, ends)
        content = bytes(received[_HEAD : _HEAD + length])
        del received[: _HEAD + length]
        return kind, content

    def _fill(self, size: int, ends: float) -> None:
        while len(self._received) < size:
            left = ends - monotonic()
            if left <= 0:
                raise TimeoutError
            self._socket.settimeout(left)
            data = self._socket.recv(4 * _PART)
            if not data:
                raise EOFError
            self._received += data

    def close(self) -> None:
        """End the process, whatever it is doing."""
        self._end()


def _ended(process: subprocess.Popen[bytes], connection: socket.socket) -> None:
    process.kill()
    connection.close()
    process.wait()


# ---------------------------------------------------------------- the child


class _Parts:
    """A sink that sends what is written, in parts; a short answer waits to be sent together with its end."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._waiting = bytearray()

    def write(self, data: bytes) -> int:
        self._waiting += data
        if len(self._waiting) >= _PART:
            self._connection.sendall(_message(_SOME, bytes(self._waiting)))
            self._waiting.clear()
        return len(data)

    def end(self, kind: bytes, content: bytes) -> None:
        some = _message(_SOME, bytes(self._waiting)) if self._waiting and kind == _END else b""
        self._connection.sendall(some + _message(kind, content))


def _end_with(parent: int) -> None:
    """End this process when its parent is gone, even in the middle of a query."""
    while os.getppid() == parent:
        sleep(1.0)
    os._exit(1)


def _limit_memory(size: int) -> None:
    with suppress(ImportError, OSError, ValueError):
        import resource  # not on every platform

        resource.setrlimit(resource.RLIMIT_AS, (size, size))


def _close_doors() -> None:
    """Let this process open nothing more, neither a file nor a connection, whatever the engine may be told to do.

    Done before the first query that might name others, so that a refusal which is got round still fetches nothing.
    """
    # what is imported when it is needed has to be read before, which takes half as long as the start
    import difflib  # noqa: F401

    import rdflib.plugins.sparql.parser  # noqa: F401

    with suppress(ImportError, OSError, ValueError):
        import resource  # not on every platform

        resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))


def serve(connection: socket.socket, memory: int) -> None:
    """Load the graphs that are sent, then answer one question after another until the connection ends."""
    import signal

    # Ctrl-C is for the parent, which then ends the connection
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    _limit_memory(memory)
    incoming = connection.makefile("rb")
    with suppress(EOFError, OSError):
        given, limits = _received(incoming)
        answer = _answering_from(given, limits) if isinstance(given, bytes) else given.answering(limits)
        connection.sendall(_message(_READY, b""))
        while True:
            question = _received(incoming)
            parts = _Parts(connection)
            try:
                form = answer(question, parts)
            except SpinecodeError as error:
                parts.end(_ERROR, pickle.dumps(error))
            except BaseException:
                # out of memory or nested too deep; the parent sees the end and says so
                os._exit(1)
            else:
                parts.end(_END, " ".join(form).encode())


def _answering_from(dump: bytes, limits: Limits) -> Callable[[Question, Any], tuple[str, str]]:
    """What answers questions from the graphs of a dump."""
    store = Store()
    store.bulk_load(dump, format=RdfFormat.N_QUADS)
    graphs = {name.value for name in store.named_graphs() if isinstance(name, NamedNode)}
    doors_open = True

    def answer(question: Question, sink: Any) -> tuple[str, str]:
        nonlocal doors_open
        if doors_open and names_others(question.query):
            _close_doors()
            doors_open = False
        return respond(store, question, sink, limits, graphs)

    return answer


def _received(incoming: Any) -> Any:
    head = incoming.read(_HEAD)
    if len(head) < _HEAD:
        raise EOFError
    # only our own parent writes here
    return pickle.loads(incoming.read(int.from_bytes(head[1:], "big")))  # noqa: S301


if __name__ == "__main__":
    # Under its module name, so that what is pickled here is known there.
    from spinecode.query_process import serve as run

    run(socket.socket(fileno=int(sys.argv[1])), int(sys.argv[2]))
