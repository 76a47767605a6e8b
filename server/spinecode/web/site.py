"""What one running app holds: the knowledge, the limits, the kept answers, the counts."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, cast

from flask import Flask, current_app

from spinecode.knowledge import Knowledge
from spinecode.web.keeping import Keeper
from spinecode.web.metrics import Metrics
from spinecode.web.settings import Settings

if TYPE_CHECKING:
    from spinecode.index import RuleIndex
    from spinecode.runner import QueryRunner
    from spinecode.store_client import Address

_NAME = "spinecode"


@dataclass(slots=True)
class Site:
    """The state of an app; read-only but for the kept answers and the counts."""

    knowledge: Knowledge
    settings: Settings
    keeper: Keeper
    metrics: Metrics
    store: Address | None = None
    _runner: QueryRunner | None = None
    _lock: Lock = field(default_factory=Lock)

    @property
    def index(self) -> RuleIndex:
        """The compiled rules."""
        return self.knowledge.index

    @property
    def runner(self) -> QueryRunner:
        """What runs queries within the limits; made when the first query comes."""
        with self._lock:
            if self._runner is None:
                from spinecode.sparql import Limits

                told = self.settings
                limits = Limits(told.query_time_limit, told.result_limit, told.row_limit, told.query_length_limit)
                bounds = (limits, told.query_processes, told.query_waiting, told.query_memory_limit)
                if self.store is not None:
                    from spinecode.remote import StoreRunner

                    self._runner = StoreRunner(self.knowledge, self.store, *bounds)
                else:
                    from spinecode.runner import QueryRunner

                    self._runner = QueryRunner(self.knowledge, *bounds)
            return self._runner

    def close(self) -> None:
        """End what runs queries, if it was started."""
        with self._lock:
            if self._runner is not None:
                self._runner.close()
                self._runner = None

    def install(self, app: Flask) -> None:
        """Make this the state of an app."""
        app.extensions[_NAME] = self


def site() -> Site:
    """The state of the app that answers the current request."""
    return cast(Site, current_app.extensions[_NAME])
