"""Part 9: how the cost grows with the codes, from 10 to 10,000 made-up ones, and with the axes."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from time import perf_counter

from made_rules import made_rules, made_table
from measure import Plan, Row, Section, Verdict, per_call, ratios
from spinecode.coding.coder import Coder, Options
from spinecode.description import describe
from spinecode.index import RuleIndex
from spinecode.knowledge import Knowledge
from spinecode.selection import select
from tables import TODAY, seconds_in_memory

CODES = (10, 100, 1_000, 10_000)
AXES = (4, 8, 16, 32)
_AXES_OF_CODES = 8
_CODES_OF_AXES = 1_000
_WORD = 64
_CALLS = 200
#: How much more than the words, or the axes, the cost may grow: measuring has its noise.
_SLACK = 1.1
_MICRO = 1e6

Case = tuple[int, int]


def measure(knowledge: Knowledge, plan: Plan) -> Section:
    """Measure how cost grows with codes and axes."""
    section = Section("9  Cost against codes and axes, made-up families", "us", "to the row before")
    codes = CODES[:3] if plan.quick else CODES
    axes = AXES[:2] if plan.quick else AXES
    by_codes = _measured(knowledge, plan, [(count, _AXES_OF_CODES) for count in codes])
    of_axes = 100 if plan.quick else _CODES_OF_AXES
    by_axes = _measured(knowledge, plan, [(of_axes, count) for count in axes])
    for figure in _FIGURES:
        section.rows += _rows(f"{figure}, {_AXES_OF_CODES} axes", by_codes[figure], [f"{n:,} codes" for n in codes])
        section.rows += _rows(f"{figure}, {of_axes:,} codes", by_axes[figure], [f"{n} axes" for n in axes])
    words = [-(-count // _WORD) for count in codes]
    first, last = (statistics.median(by_codes[_MASKS][n]) for n in (0, -1))
    allowed = words[-1] / words[0]
    section.verdicts.append(
        Verdict(
            f"9 masks: {codes[-1]:,} codes have {allowed:,.0f} x the words of {codes[0]}",
            f"{last / first:.1f} x the time",
            last / first <= allowed * _SLACK,
        )
    )
    first, last = (statistics.median(by_codes[_SEEN][n]) for n in (0, -1))
    section.verdicts.append(
        Verdict(f"9 rows seen before: {codes[-1]:,} codes as {codes[0]}", f"{last / first:.2f} x", last / first <= 2)
    )
    first, last = (statistics.median(by_axes[_MASKS][n]) for n in (0, -1))
    section.verdicts.append(
        Verdict(
            f"9 masks: {axes[-1]} axes, {axes[-1] / axes[0]:g} x those of {axes[0]}",
            f"{last / first:.1f} x the time",
            last / first <= axes[-1] / axes[0] * _SLACK,
        )
    )
    section.remarks += [
        "Each made-up code has one definition that asks for one to three of the 16 values of each axis;",
        "a mask of 10 codes has one 64-bit word, one of 10,000 has 157. Rows fit a code, or nearly.",
    ]
    return section


_MASKS = "masks joined by AND, a description"
_SELECT = "select, a description"
_SEEN = "a row seen before, in a table"
_NEW = "a row of a table, new coder"
_BUILD = "rules made an index"
_FIGURES = (_MASKS, _SELECT, _SEEN, _NEW, _BUILD)


def _rows(title: str, figures: Sequence[Sequence[float]], names: Sequence[str]) -> list[Row]:
    found = [Row(title, ())]
    for place, name in enumerate(names):
        before = ratios(figures[place], figures[place - 1]) if place else ()
        found.append(Row(f"  {name}", figures[place], before))
    return found


def _measured(knowledge: Knowledge, plan: Plan, cases: Sequence[Case]) -> dict[str, list[list[float]]]:
    rows = 20_000 if plan.quick else 200_000
    found: dict[str, list[list[float]]] = {figure: [[] for _ in cases] for figure in _FIGURES}
    prepared = []
    for codes, axes in cases:
        rules = made_rules(knowledge.index.rules, codes, axes)
        index = RuleIndex(rules)
        table, descriptions = made_table(index, rows)
        used = Coder(rules, Options(today=TODAY))
        seconds_in_memory(table, used)
        prepared.append((rules, index, table, descriptions, used))
    for _ in range(plan.rounds):
        for place, (rules, index, table, descriptions, used) in enumerate(prepared):
            valid = index.valid_on(TODAY)
            facts = [dict(one) for one in descriptions[:_CALLS]]

            def masks(
                index: RuleIndex = index, valid: int = valid, facts: Sequence[dict[str, tuple[int, ...]]] = facts
            ) -> None:
                for one in facts:
                    index.evaluate(one, valid, valid)

            def selections(index: RuleIndex = index, facts: Sequence[dict[str, tuple[int, ...]]] = facts) -> None:
                for one in facts[:20]:
                    select(index, describe(index, one, TODAY))

            found[_MASKS][place].append(per_call(masks, 3) / len(facts) * _MICRO)
            found[_SELECT][place].append(per_call(selections, 1) / 20 * _MICRO)
            found[_SEEN][place].append(seconds_in_memory(table, used) / rows * _MICRO)
            found[_BUILD][place].append(_seconds(lambda rules=rules: RuleIndex(rules)) * _MICRO)
            fresh = Coder(rules, Options(today=TODAY))
            found[_NEW][place].append(seconds_in_memory(table, fresh) / rows * _MICRO)
    return found


def _seconds(work: Callable[[], object]) -> float:
    start = perf_counter()
    work()
    return perf_counter() - start
