"""A code in words and in time: its definitions as sentences, and the codes that it came after and was replaced by."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

from spinecode.comparison import listed
from spinecode.explanation import interval
from spinecode.index import RuleIndex
from spinecode.rules import Code

Relation = Literal["predecessor", "itself", "successor"]


@dataclass(frozen=True, slots=True)
class Span:
    """A span of days, ISO 8601, both inclusive; None where there is no known end."""

    first: str | None
    last: str | None


@dataclass(frozen=True, slots=True)
class Life:
    """When a code was or is in force.

    ``relation`` is what it is to the code that was asked for, ``direct`` whether with none between the two. ``spans``
    are those of its definitions in their order, or the one of the code where it has none.
    """

    code: str
    label: str
    relation: Relation
    direct: bool
    text: str
    spans: tuple[Span, ...]


def rule_in_words(index: RuleIndex, bit: int) -> str:
    """What a definition takes, by the number of its bit, as a sentence."""
    definition, asked = index.definitions[bit], index.asked[bit]
    told = listed([f"the {one.label} is {one.text}" for one in asked]) if asked else "nothing else is said of it"
    return f"{definition.code} is for an injection where {told}."


def lineage(index: RuleIndex, code: str) -> tuple[Life, ...]:
    """A code between its predecessors and its successors, near and far, by the day from which they are in force."""
    before = _reached(index, code, lambda one: one.replaces, lambda one: one.replaced_by)
    after = _reached(index, code, lambda one: one.replaced_by, lambda one: one.replaces)
    # what a code came back to is told once
    lives = [_life(index, name, "predecessor", near) for name, near in before.items()]
    lives += [_life(index, name, "successor", near) for name, near in after.items() if name not in before]
    lives.append(_life(index, code, "itself", True))
    ranks = {"predecessor": 0, "itself": 1, "successor": 2}
    return tuple(sorted(lives, key=lambda one: (ranks[one.relation], one.spans[0].first or "", one.code)))


def _reached(
    index: RuleIndex, code: str, step: Callable[[Code], Iterable[str]], back: Callable[[Code], Iterable[str]]
) -> dict[str, bool]:
    """The codes that steps lead to, and whether the first one does; a link counts from whichever end it is told."""

    def steps(name: str) -> set[str]:
        told = {one for one in step(index.codes[name]) if one in index.codes}
        return told | {one.code for one in index.codes.values() if name in back(one)}

    near = steps(code)
    found: dict[str, bool] = {}
    waiting = sorted(near)
    while waiting:
        name = waiting.pop()
        if name not in found and name != code:
            found[name] = name in near
            waiting.extend(sorted(steps(name)))
    return found


def _life(index: RuleIndex, name: str, relation: Relation, direct: bool) -> Life:
    code = index.codes[name]
    spans = {
        Span(
            index.definitions[bit].valid_from or code.valid_from, index.definitions[bit].valid_until or code.valid_until
        )
        for bit in index.bits_of_code[name]
    }
    ordered = sorted(
        spans or {Span(code.valid_from, code.valid_until)}, key=lambda one: (one.first or "", one.last or "~")
    )
    text = interval(code.valid_from, code.valid_until, code.in_force_by)
    return Life(name, code.label, relation, direct, text, tuple(ordered))


def add_ons(index: RuleIndex, code: str) -> tuple[str, ...]:
    """The codes that add on to a code."""
    return tuple(one.code for one in index.codes.values() if code in one.add_on_to)


def codes_taking(index: RuleIndex, number: int) -> tuple[str, ...]:
    """The codes that ask for a value, by its number, and that what it implies leaves possible."""
    value = index.values[number]
    facts = index.effective({value.axis: (number,)}, value.implies)
    possible = index.evaluate(facts, index.all, index.all)[1]
    taking = {
        definition.code
        for bit, definition in enumerate(index.definitions)
        if possible >> bit & 1 and any(number in requirement.accepts for requirement in definition.requirements)
    }
    return tuple(code for code in index.codes if code in taking)
