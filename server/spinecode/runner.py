"""Queries run in a child process that is ended when they take too long, since the engine cannot be interrupted."""

from __future__ import annotations

import pickle
import select
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import Any, BinaryIO, Final

from spinecode.errors import BusyError, QueryError, QueryTimeoutError
from spinecode.knowledge import Knowledge
from spinecode.sparql import RESULT_LIMIT, Answer, check_query, evaluate

#: How long a query may run, in seconds.
TIME_LIMIT: Final = 10.0
#: How long a query waits for the one before it, in seconds.
PATIENCE: Final = 5.0
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

    def __del__(self) -> None:
        self.close()

    def evaluate(self, query: str, table_format: str = "json", graph_format: str = "turtle") -> Answer:
        """Run a query and serialise its answer in one of the formats of ``sparql``.

        Raises QueryError for a query that is broken or not allowed or whose answer is too large, QueryTimeoutError
        when it takes longer than the limit, BusyError when queries before it do not end in time.
        """
        check_query(query)
        if not self._lock.acquire(timeout=PATIENCE):
            raise BusyError.of("Other queries are still running. Try again in a few seconds.")
        try:
            answer = self._ask((query, table_format, graph_format))
        except TimeoutError:
            self.close()
            message = f"The query took longer than {self.time_limit:g} seconds and was ended."
            raise QueryTimeoutError.of(message) from None
        except (EOFError, OSError):
            self.close()
            raise QueryError.of(
                "The query could not be run; it may have needed too much memory, or be nested too deep."
            ) from None
        finally:
            self._lock.release()
        if isinstance(answer, QueryError):
            raise answer
        assert isinstance(answer, Answer)
        return answer

    def _ask(self, question: object) -> Any:
        if self._process is None or self._process.poll() is not None:
            self._start()
        assert self._process is not None
        assert self._process.stdin is not None
        _send(self._process.stdin, question)
        return self._answer(self.time_limit)

    def _start(self) -> None:
        # The closure is made, if need be, before the clock runs.
        self.knowledge.ontology.closure()
        folders = [str(folder) for folder in self.knowledge.ontology.folders]
        command = [sys.executable, "-m", "spinecode.runner", str(self.result_limit), *folders]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)  # noqa: S603
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
    while length:
        if not select.select([pipe], [], [], max(0.0, end - monotonic()))[0]:
            raise TimeoutError
        part = pipe.read(min(length, 1 << 20))
        if not part:
            raise EOFError
        parts.append(part)
        length -= len(part)
    return b"".join(parts)


def _serve(result_limit: int, folders: list[Path]) -> None:
    """The child: load the graph, then answer one query after another until its input ends."""
    import signal

    # Ctrl-C is for the parent, which then ends the input.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    questions, answers = sys.stdin.buffer, sys.stdout.buffer
    store = Knowledge(folders).graph.store
    with suppress(EOFError, OSError):
        _send(answers, "ready")
        answers.flush()
        while head := questions.read(_LENGTH):
            query, table_format, graph_format = pickle.loads(questions.read(int.from_bytes(head, "big")))  # noqa: S301
            try:
                answer: object = evaluate(store, query, table_format, graph_format, result_limit=result_limit)
            except QueryError as error:
                answer = error
            _send(answers, answer)
            answers.flush()


if __name__ == "__main__":
    # Under its module name, so that what is pickled here is known there.
    from spinecode.runner import _serve as serve

    serve(int(sys.argv[1]), [Path(folder) for folder in sys.argv[2:]])
