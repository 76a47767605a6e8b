"""What all tests share: the project's knowledge, and a cache of their own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# no test has a time in it: machines are slow when they are busy
settings.register_profile("spinecode", deadline=None)
settings.load_profile("spinecode")

ROOT = Path(__file__).resolve().parent.parent
os.environ.setdefault("SPINECODE_CACHE", str(ROOT / ".cache" / "tests"))

from spinecode.index import RuleIndex  # noqa: E402  # after the cache folder is set
from spinecode.knowledge import Knowledge, load  # noqa: E402


@pytest.fixture(scope="session")
def knowledge() -> Knowledge:
    return load()


@pytest.fixture(scope="session")
def index(knowledge: Knowledge) -> RuleIndex:
    return knowledge.index


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT
