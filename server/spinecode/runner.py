"""Queries run in a child process that is ended when they take too long, since the engine cannot be interrupted."""

from __future__ import annotations

import os
import pickle
import selectors
import subprocess
import sys
import threading
from contextlib import suppress
from time import monotonic, sleep
from typing import Any, BinaryIO, Final

from pyoxigraph import DefaultGraph, RdfFormat, Store

from spinecode.errors import BusyError, QueryError, QueryTimeoutError
from spinecode.knowledge import Knowledge
from spinecode.sparql import RESULT_LIMIT, Answer, check_query, evaluate

#: How long a query may run, in seconds.
TIME_LIMIT: Final = 10.0
#: How long a query waits for the one before it, in seconds.
PATIENCE: Final = 5.0
#: How many queries may wait at once; further ones are told at once that the server is busy.
WAITING: Final = 2
#: How much memory the child may take, in bytes.
MEMORY_LIMIT: Final = 1 << 30
#: How long the child may take to load the graph, in seconds.
START_LIMIT: Final = 60.0

_LENGTH = 8


class QueryRunner:
    """Runs one query at a time over the closed graph of some knowledge; the process starts with the first query.

    ``time_limit`` is in seconds, ``result_limit`` in bytes.
    """

    def __init__(self, knowledge: Knowledge, time_limit: float = TIME_LIMIT, result_limit: int = RESULT_LIMIT) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self.knowledge = knowledge
        self.time_limit = time_limit
        self.result_limit = result_limit
        self._lock = threading.Lock()
        self._places = threading.BoundedSemaphore(1 + WAITING)

    def __del__(self) -> None:
        self.close()

    def evaluate(self, query: str, table_format: str = "json", graph_format: str = "turtle") -> Answer:
        """Run a query and serialise its answer in one of the formats of ``sparql``.

        Raises QueryError for a query that is broken or not allowed or whose answer is too large, QueryTimeoutError
        when it takes longer than the limit, BusyError when queries before it do not end in time.
        """
        check_query(query)
        if not self._places.acquire(blocking=False):
            raise BusyError.of("Other queries are still running. Try again in a few seconds.")
        try:
            if not self._lock.acquire(timeout=PATIENCE):
                raise BusyError.of("Other queries are still running. Try again in a few seconds.")
            try:
                answer = self._ask((query, table_format, graph_format))
            except TimeoutError:
                message = f"The query took longer than {self.time_limit:g} seconds and was ended."
                raise QueryTimeoutError.of(message) from None
            except (EOFError, OSError):
                message = "The query could not be run; it may have needed too much memory, or be nested too deep."
                raise QueryError.of(message) from None
            finally:
                self._lock.release()
        finally:
            self._places.release()
        if isinstance(answer, QueryError):
            raise answer
        assert isinstance(answer, Answer)
        return answer

    def _ask(self, question: object) -> Any:
        try:
            if self._process is None or self._process.poll() is not None:
                self._start()
            assert self._process is not None
            assert self._process.stdin is not None
            _send(self._process.stdin, question)
            return self._answer(self.time_limit)
        except BaseException:
            # what the child may still say must not be taken for the answer to the next question
            self.close()
            raise

    def _start(self) -> None:
        # The child is given the graph, so that it answers from the same one, whatever happens to the files.
        graph = self.knowledge.graph.store.dump(format=RdfFormat.N_TRIPLES, from_graph=DefaultGraph())
        self._process = subprocess.Popen(  # noqa: S603  # our own module
            [sys.executable, "-m", "spinecode.runner", str(self.result_limit)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
        )
        assert self._process.stdin is not None
        _send(self._process.stdin, graph)
        if self._answer(START_LIMIT) != "ready":
            raise EOFError

    def _answer(self, seconds: float) -> Any:
        """What the child sends. Raises TimeoutError when it does not within some seconds, EOFError when it ended."""
        assert self._process is not None
        assert self._process.stdout is not None
        end = monotonic() + seconds
        length = int.from_bytes(_read(self._process.stdout, _LENGTH, end), "big")
        # only our own child writes here
        return pickle.loads(_read(self._process.stdout, length, end))  # noqa: S301

    def close(self) -> None:
        """End the process; the next query starts another."""
        if self._process is not None:
            self._process.kill()
            for pipe in (self._process.stdin, self._process.stdout):
                if pipe is not None:
                    with suppress(OSError):
                        pipe.close()
            self._process.wait()
            self._process = None


def _send(pipe: BinaryIO | Any, content: object) -> None:
    data = pickle.dumps(content)
    waiting = memoryview(len(data).to_bytes(_LENGTH, "big") + data)
    while waiting:
        waiting = waiting[pipe.write(waiting) :]


def _read(pipe: BinaryIO | Any, length: int, end: float) -> bytes:
    parts = []
    with selectors.DefaultSelector() as waiting:
        waiting.register(pipe, selectors.EVENT_READ)
        while length:
            if not waiting.select(max(0.0, end - monotonic())):
                raise TimeoutError
            part = pipe.read(min(length, 1 << 20))
            if not part:
                raise EOFError
            parts.append(part)
            length -= len(part)
    return b"".join(parts)


def _end_with(parent: int) -> None:
    """End this process when its parent is gone, even in the middle of a query."""
    while os.getppid() == parent:
        sleep(1.0)
    os._exit(1)


def _limit_memory() -> None:
    with suppress(ImportError, OSError, ValueError):
        import resource  # not on every platform

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))


def _serve(result_limit: int) -> None:
    """The child: load the graph that it is given, then answer one query after another until its input ends."""
    import signal

    # Ctrl-C is for the parent, which then ends the input.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    _limit_memory()
    questions, answers = sys.stdin.buffer, sys.stdout.buffer
    store = Store()
    with suppress(EOFError, OSError):
        store.bulk_load(_question(questions), format=RdfFormat.N_TRIPLES)
        _send(answers, "ready")
        answers.flush()
        while True:
            query, table_format, graph_format = _question(questions)
            try:
                answer: object = evaluate(store, query, table_format, graph_format, result_limit=result_limit)
            except QueryError as error:
                answer = error
            _send(answers, answer)
            answers.flush()


def _question(pipe: BinaryIO) -> Any:
    head = pipe.read(_LENGTH)
    if not head:
        raise EOFError
    # only our own parent writes here
    return pickle.loads(pipe.read(int.from_bytes(head, "big")))  # noqa: S301


if __name__ == "__main__":
    # Under its module name, so that what is pickled here is known there.
    from spinecode.runner import _serve as serve

    serve(int(sys.argv[1]))
