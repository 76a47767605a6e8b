"""Queries run in a child process that is ended when they take too long, since the engine cannot be interrupted."""

from __future__ import annotations

import multiprocessing
import threading
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

from spinecode.errors import BusyError, QueryError, QueryTimeoutError
from spinecode.knowledge import Knowledge
from spinecode.sparql import RESULT_LIMIT, Answer, check_query

#: How long a query may run, in seconds.
TIME_LIMIT: Final = 10.0
#: How long a query waits for the one before it, in seconds.
PATIENCE: Final = 5.0


class QueryRunner:
    """Runs one query at a time over the closed graph of some knowledge; the process starts with the first query."""

    def __init__(self, knowledge: Knowledge, time_limit: float = TIME_LIMIT, result_limit: int = RESULT_LIMIT) -> None:
        self.knowledge = knowledge
        self.time_limit = time_limit
        self.result_limit = result_limit
        self._lock = threading.Lock()
        self._process: Any = None
        self._pipe: Connection | None = None

    def evaluate(self, query: str, table_format: str = "json", graph_format: str = "turtle") -> Answer:
        """Run a query and serialise its answer in one of the formats of ``sparql``.

        Raises QueryError for a query that is broken or not allowed or whose answer is too large, QueryTimeoutError
        when it takes longer than the limit, BusyError when queries before it do not end in time.
        """
        check_query(query)
        if not self._lock.acquire(timeout=PATIENCE):
            raise BusyError.of("Other queries are still running. Try again in a few seconds.")
        try:
            pipe = self._started()
            try:
                pipe.send((query, table_format, graph_format))
                answered = pipe.poll(self.time_limit)
            except OSError:
                self.close()
                raise QueryError.of("The query could not be run; it may have needed too much memory.") from None
            if not answered:
                self.close()
                message = f"The query took longer than {self.time_limit:g} seconds and was ended."
                raise QueryTimeoutError.of(message)
            try:
                answer = pipe.recv()
            except (EOFError, OSError):
                self.close()
                raise QueryError.of("The query could not be run; it may have needed too much memory.") from None
        finally:
            self._lock.release()
        if isinstance(answer, QueryError):
            raise answer
        assert isinstance(answer, Answer)
        return answer

    def _started(self) -> Connection:
        if self._process is None or not self._process.is_alive() or self._pipe is None:
            # The closure is made, if need be, before the clock runs.
            self.knowledge.ontology.closure()
            context = multiprocessing.get_context("spawn")
            ours, theirs = context.Pipe()
            arguments = (theirs, self.knowledge.ontology.folders, self.result_limit)
            self._process = context.Process(target=_serve, args=arguments, daemon=True)
            self._process.start()
            theirs.close()
            self._pipe = ours
            if not ours.poll(60) or ours.recv() != "ready":
                self.close()
                raise QueryError.of("The query engine did not start.")
        return self._pipe

    def close(self) -> None:
        """End the process; the next query starts another."""
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._process = None
        if self._pipe is not None:
            self._pipe.close()
            self._pipe = None


def _serve(pipe: Connection, folders: Sequence[Path], result_limit: int) -> None:
    """The child: load the graph, then answer one query after another until the pipe closes."""
    import signal

    from spinecode.sparql import evaluate

    # Ctrl-C is for the parent, which then closes the pipe.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    store = Knowledge(folders).graph.store
    with suppress(EOFError, OSError):
        pipe.send("ready")
        while True:
            query, table_format, graph_format = pipe.recv()
            try:
                answer: object = evaluate(store, query, table_format, graph_format, result_limit=result_limit)
            except QueryError as error:
                answer = error
            pipe.send(answer)
