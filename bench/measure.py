"""Rounds, rows and verdicts: what every part of the benchmark measures with and prints."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

WIDTH = 80


@dataclass(frozen=True, slots=True)
class Plan:
    """How to measure: the rounds, whether only to see that it runs, and the folder for plots (None: do not draw).

    ``slow_rounds`` are those of a peer whose call takes minutes; none leave it out.
    """

    rounds: int
    quick: bool = False
    plots: Path | None = None
    slow_rounds: int = 1


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table: a value a round, and the same as a ratio to something else in the same round."""

    name: str
    values: Sequence[float]
    ratios: Sequence[float] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a target was met; ``found`` is what was measured, in words."""

    target: str
    found: str
    met: bool


@dataclass(slots=True)
class Section:
    """A part of the benchmark: a table, remarks below it, and the targets it decides."""

    title: str
    unit: str
    ratio: str
    rows: list[Row] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    #: Files of plots, with what is in them.
    plots: list[tuple[str, str]] = field(default_factory=list)


def per_call(work: Callable[[], object], calls: int) -> float:
    """Seconds that one call takes, over some calls in a row."""
    start = perf_counter()
    for _ in range(calls):
        work()
    return (perf_counter() - start) / calls


def ratios(one: Sequence[float], other: Sequence[float]) -> list[float]:
    """Divide the first by the second, round by round."""
    return [a / b for a, b in zip(one, other, strict=True)]


def number(value: float) -> str:
    """Write a number with three figures that count, or all before the point."""
    if value >= 1e6:
        return f"{value / 1e6:,.2f}M"
    if value >= 100:
        return f"{value:,.0f}"
    if value < 0.1:
        return f"{value:.2g}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _three(values: Sequence[float]) -> str:
    if not values:
        return " " * 24
    if len(values) == 1:
        return f"{number(values[0]):>16}{'':8}"
    return "".join(f"{number(value):>8}" for value in (min(values), statistics.median(values), max(values)))


def print_section(section: Section) -> None:
    """Print a part's table."""
    print(f"\n{section.title}")
    print("-" * WIDTH)
    print(f"{'':32}{section.unit:>24}{section.ratio:>24}")
    print(f"{'':32}{'min':>8}{'median':>8}{'max':>8}" + (f"{'min':>8}{'median':>8}{'max':>8}" if section.ratio else ""))
    for row in section.rows:
        print(f"{row.name:32}{_three(row.values)}{_three(row.ratios)}".rstrip())
    for remark in section.remarks:
        print(f"  {remark}")


def print_verdicts(verdicts: Sequence[Verdict]) -> None:
    """Print a line for each target."""
    print(f"\n{'Targets (by the median)':52}{'measured':>20}")
    print("-" * WIDTH)
    for verdict in verdicts:
        print(f"{verdict.target:52.52}{verdict.found:>20.20} {'met' if verdict.met else 'not met'}")
