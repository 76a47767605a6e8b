"""Queries run in child processes, each ended when its query takes too long, since the engine cannot be interrupted."""

from __future__ import annotations

import io
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from queue import Empty, LifoQueue
from typing import IO, Final

from spinecode.dataset import Dataset
from spinecode.errors import BusyError, QueryError, QueryTimeoutError, SpinecodeError
from spinecode.knowledge import Knowledge
from spinecode.query_process import MEMORY_LIMIT, QueryProcess
from spinecode.query_text import check_length, is_lookup
from spinecode.sparql import Answer, Limits, Question, Value, respond

#: How much longer than it may take a query waits for others, in seconds, so that a few that take all the time they have
#: do not turn others away.
PATIENCE: Final = 2.0
#: How many queries run at once.
PROCESSES: Final = 2
#: How many queries may wait; further ones are told at once that the server is busy.
WAITING: Final = 16
#: The largest answer that is kept in memory while it is sent, in bytes; larger ones lie in a file meanwhile.
IN_MEMORY: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class LongAnswer:
    """An answer whose content lies in a file that is gone when it is closed; ``size`` in bytes."""

    file: IO[bytes]
    size: int
    kind: str
    format: str


class QueryRunner:
    """Runs queries over the dataset of some knowledge; each process starts when it is needed first."""

    #: Whether the same query has the same answer for as long as this runs.
    lasting = True

    def __init__(
        self,
        knowledge: Knowledge,
        limits: Limits | None = None,
        processes: int = PROCESSES,
        waiting: int = WAITING,
        memory: int = MEMORY_LIMIT,
    ) -> None:
        self.dataset = Dataset(knowledge)
        self.limits = limits or Limits()
        self._memory = memory
        self._places = threading.BoundedSemaphore(processes + waiting)
        # the one that answered last is asked first, so that no more are started than are needed
        self._idle: LifoQueue[QueryProcess | None] = LifoQueue()
        for _ in range(processes):
            self._idle.put(None)

    @cached_property
    def _dump(self) -> bytes:
        # A child is given the graphs, so that it answers from the same ones, whatever happens to the files.
        return self.dataset.dump()

    def evaluate(
        self,
        query: str,
        table_format: str = "json",
        graph_format: str = "turtle",
        bindings: Mapping[str, Value] | None = None,
    ) -> Answer:
        """Run a query and serialise its answer in one of the formats of ``sparql``; see ``answer``."""
        answer = self.answer(Question(query, table_format, graph_format, bindings or {}))
        if isinstance(answer, Answer):
            return answer
        with answer.file:
            return Answer(answer.file.read(), answer.kind, answer.format)

    def answer(self, question: Question) -> Answer | LongAnswer:
        """Have a question answered within the limits.

        Raises QueryError for a query that is broken or not allowed or whose answer is too large, QueryTimeoutError
        when it takes longer than the limit, BusyError when queries before it do not end in time or no process starts.
        """
        check_length(question.query, self.limits.length)
        if (found := self._at_once(question)) is not None:
            return found
        if not self._places.acquire(blocking=False):
            raise _busy()
        try:
            try:
                process = self._idle.get(timeout=self.limits.seconds + PATIENCE)
            except Empty:
                raise _busy() from None
            try:
                if process is None or not process.running:
                    process = self._started()
                return self._ask(process, question)
            except SpinecodeError:
                raise
            except BaseException as error:
                # what the child may still say must not be taken for the answer to the next question
                if process is not None:
                    process.close()
                raise self._told(error) from None
            finally:
                self._idle.put(process if process is not None and process.running else None)
        finally:
            self._places.release()

    def _at_once(self, question: Question) -> Answer | None:
        """The answer to a query that needs no process, since it cannot take long; None for others."""
        if not self.lasting or question.bindings or question.names_graphs or not is_lookup(question.query):
            return None
        output = io.BytesIO()
        kind, form = respond(self.dataset.store, question, output, self.limits)
        return Answer(output.getvalue(), kind, form)

    def _started(self) -> QueryProcess:
        dump = self._dump
        try:
            return QueryProcess(dump, self.limits, self._memory)
        except (OSError, EOFError):
            # TimeoutError is an OSError; the query is not to blame
            message = "The process that answers queries could not be started; the machine may be short of memory."
            raise BusyError.of(f"{message} Try again in a few seconds.") from None

    def _told(self, error: BaseException) -> BaseException:
        if isinstance(error, TimeoutError):
            return QueryTimeoutError.of(f"The query took longer than {self.limits.seconds:g} seconds and was ended.")
        if isinstance(error, EOFError | OSError):
            message = "The query could not be run; it may have needed too much memory, or be nested too deep."
            return QueryError.of(message)
        return error

    def _ask(self, process: QueryProcess, question: Question) -> Answer | LongAnswer:
        # a file only once the answer is large
        spool = tempfile.SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115  # closed by whoever reads it
        try:
            kind, form = process.ask(question, spool.write)
        except BaseException:
            spool.close()
            raise
        size = spool.tell()
        spool.seek(0)
        if size > IN_MEMORY:
            return LongAnswer(spool, size, kind, form)
        with spool:
            return Answer(spool.read(), kind, form)

    def close(self) -> None:
        """End the processes; the next query starts another."""
        for _ in range(self._idle.qsize()):
            try:
                process = self._idle.get(block=False)
            except Empty:
                return
            if process is not None:
                process.close()
            self._idle.put(None)


def _busy() -> BusyError:
    return BusyError.of("Other queries are still running. Try again in a few seconds.")
