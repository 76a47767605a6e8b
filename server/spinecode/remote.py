"""The same front end before a store of someone's own: the runner whose processes put queries to it."""

from __future__ import annotations

import threading
from functools import cached_property
from time import monotonic
from typing import Final

from spinecode.errors import SpinecodeError, StoreTimeoutError
from spinecode.forwarding import Forwarding, held_by
from spinecode.knowledge import Knowledge
from spinecode.query_process import MEMORY_LIMIT, QueryProcess
from spinecode.runner import PROCESSES, WAITING, QueryRunner
from spinecode.sparql import Limits
from spinecode.store_client import Address, StoreClient
from spinecode.store_version import Version, version_of

#: How long a store may take to say whether it is there, in seconds.
_CHECK_LIMIT: Final = 2.0
#: How long what it said is repeated, in seconds, so that whoever asks us often does not ask it often.
_FRESH: Final = 1.0


class StoreRunner(QueryRunner):
    """Has queries answered by a store, within the same limits; the dataset is what the store should hold."""

    #: Others may change what a store holds, so an answer is not kept.
    lasting = False

    def __init__(
        self,
        knowledge: Knowledge,
        address: Address,
        limits: Limits | None = None,
        processes: int = PROCESSES,
        waiting: int = WAITING,
        memory: int = MEMORY_LIMIT,
    ) -> None:
        super().__init__(knowledge, limits, processes, waiting, memory)
        self.address = address
        self._knowledge = knowledge
        self._health = threading.Lock()
        self._said: tuple[float, SpinecodeError | None] = (float("-inf"), None)

    @cached_property
    def version(self) -> Version:
        """The version of the ontology that the store should hold."""
        return version_of(self._knowledge)

    def check(self, name: str = "The store") -> None:
        """Ask whether the store is there and holds what it should; ``name`` is what the messages call it.

        Raises StoreError, StoreVersionError, StoreTimeoutError, BusyError.
        """
        with self._health:
            if monotonic() - self._said[0] > _FRESH:
                self._said = (monotonic(), self._failure(name))
            failure = self._said[1]
        if failure is not None:
            raise failure

    def _failure(self, name: str) -> SpinecodeError | None:
        client = StoreClient(self.address, name)
        try:
            self.version.check(held_by(client, _CHECK_LIMIT))
        except SpinecodeError as error:
            return error
        finally:
            client.close()
        return None

    def _started(self) -> QueryProcess:
        known = frozenset(self.dataset.names)
        if self.address.default_graph is not None:
            known |= {self.address.default_graph}
        return QueryProcess(Forwarding(self.address, self.version, known), self.limits, self._memory)

    def _told(self, error: BaseException) -> BaseException:
        if isinstance(error, TimeoutError):
            told = f"The query took longer than {self.limits.seconds:g} seconds, here or in the store, and was ended."
            return StoreTimeoutError.of(told)
        return super()._told(error)
