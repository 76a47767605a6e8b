"""The validation cases of tests/cases, as data, and how a report is held against one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import yaml

from spinecode.vocabulary import PREFIXES
from tests.conftest import ROOT

SHAPE = PREFIXES["spine"] + "shape/"
_PREFIXES = f"@prefix spine: <{PREFIXES['spine']}> .\n@prefix xsd: <{PREFIXES['xsd']}> .\n"


@dataclass(frozen=True)
class ValidationCase:
    """A situation, as JSON or Turtle, and all that is found of it."""

    id: str
    given: dict[str, Any] | None
    turtle: str
    conforms: bool
    results: tuple[dict[str, Any], ...]
    source: str | None

    @property
    def content(self) -> bytes:
        """The description as a document."""
        return (_PREFIXES + self.turtle).encode() if self.given is None else json.dumps(self.given).encode()


def read_cases() -> list[ValidationCase]:
    """Every case of every file, in order."""
    return [
        ValidationCase(
            raw["id"],
            raw.get("given"),
            raw.get("turtle", ""),
            raw["conforms"],
            tuple(raw["results"]),
            raw.get("source"),
        )
        for file in sorted((ROOT / "tests" / "cases").glob("validation*.yaml"))
        for raw in yaml.safe_load(file.read_text(encoding="utf-8"))
    ]


CASES = read_cases()


def check(case: ValidationCase, report: dict[str, Any]) -> None:
    """Hold a report, as JSON, against the case."""
    found = {result["shape"].removeprefix(SHAPE): result for result in report["results"]}
    assert sorted(found) == sorted(result["shape"] for result in case.results), [
        r["message"] for r in report["results"]
    ]
    assert len(found) == len(report["results"])
    assert report["conforms"] is case.conforms
    for expected in case.results:
        result = found[expected["shape"]]
        assert (result["severity"], result["axis"]) == (expected["severity"], expected["axis"]), expected
        for part in expected["says"]:
            assert part in result["message"], f"{part!r} is not in {result['message']!r}"
        for name in ("given", "expected"):
            if name in expected:
                assert list(result[name]) == expected[name], result
        assert result["fix"]
        assert result["rules"]
        assert result["sources"]
