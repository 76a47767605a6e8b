"""The coding cases of tests/cases, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import yaml

from tests.conftest import ROOT


@dataclass(frozen=True)
class Case:
    """A situation and what is expected of it; ``given`` is empty for a comparison."""

    id: str
    file: str
    given: dict[str, Any]
    compare: tuple[str, ...]
    expect: dict[str, Any]
    source: str
    trust: str


def read_cases() -> list[Case]:
    """Every case of every file, in order."""
    found = []
    files = sorted((ROOT / "tests" / "cases").glob("*.yaml"))
    for file in (one for one in files if not one.name.startswith("validation")):
        for raw in yaml.safe_load(file.read_text(encoding="utf-8")):
            compare = tuple(raw.get("compare", ()))
            given = raw.get("given", {})
            case = Case(raw["id"], file.stem, given, compare, raw["expect"], raw["source"], raw["trust"])
            found.append(case)
    return found


CASES = read_cases()
SELECTIONS = [case for case in CASES if not case.compare]
COMPARISONS = [case for case in CASES if case.compare]


def check_selection(case: Case, answer: dict[str, Any]) -> None:
    """Hold an answer of ``select`` against the case."""
    expect = case.expect
    assert answer["status"] == expect["status"]
    if expect["status"] == "determined":
        lines = [{key: line[key] for key in ("code", "units", "modifiers")} for line in answer["lines"]]
        assert lines == expect["lines"]
    else:
        assert answer["lines"] == []
    if "candidates" in expect:
        assert answer["candidates"] == expect["candidates"]
    if "ask" in expect:
        assert answer["ask"]["axis"] == expect["ask"]
    for code, axis in expect.get("decided_by", {}).items():
        row = answer["explanation"][code][axis]
        assert row["holds"] is False
        assert row["requires"]


def check_comparison(case: Case, answer: dict[str, Any]) -> None:
    """Hold an answer of ``differ`` against the case."""
    assert set(answer["differences"]) == set(case.expect["differs"])
    assert set(case.expect.get("shares", ())) <= set(answer["shared"])
    for code in case.compare:
        assert code in answer["summary"]
