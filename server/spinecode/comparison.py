"""Comparison: what two or more codes share, and what tells them apart."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from spinecode.errors import Fault, UnknownNameError
from spinecode.explanation import interval
from spinecode.index import Asked, RuleIndex
from spinecode.rules import Code, Confusion

#: What is said of a code that asks nothing on an axis.
ANY = "any"
#: How many choices among several definitions of the codes are tried.
_CHOICES = 1000


@dataclass(frozen=True, slots=True)
class Requires:
    """What one code requires on one axis: in words, and the short names of the values that meet it."""

    text: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """How codes differ; ``shared`` and ``differences`` are by axis name, in the order of the axes."""

    codes: tuple[str, ...]
    shared: dict[str, Requires]
    differences: dict[str, dict[str, Requires]]
    confusions: tuple[Confusion, ...]
    summary: str


def resolve_codes(index: RuleIndex, names: Iterable[str]) -> tuple[str, ...]:
    """Codes by number or IRI. Raises UnknownNameError with one fault for each that is not known."""
    faults, codes = [], []
    for name in names:
        code = index.code_named(name)
        if code is None:
            message = f"{name.strip()!r} is not a code that this ontology knows."
            faults.append(Fault(message, "code", name.strip(), index.nearest_codes(name)))
        else:
            codes.append(code)
    if faults:
        raise UnknownNameError(tuple(faults))
    return tuple(dict.fromkeys(codes))


def latest_definitions(index: RuleIndex, code: str) -> tuple[int, ...]:
    """The bits of the definitions that a code has had last; several when there is more than one way to meet it."""
    bits = index.bits_of_code[code]
    last = max((index.spans[bit][1] for bit in bits), default="")
    return tuple(bit for bit in bits if index.spans[bit][1] == last)


def asked_now(index: RuleIndex, codes: Sequence[str]) -> dict[str, dict[str, Asked]]:
    """What the latest definition of each code asks, by axis; of several definitions those that come closest."""
    several = [latest_definitions(index, code) or (None,) for code in codes]
    choices = itertools.islice(itertools.product(*several), _CHOICES)

    def asks(bit: int | None) -> dict[str, Asked]:
        return {asked.axis: asked for asked in index.asked[bit]} if bit is not None else {}

    def apart(choice: Sequence[int | None]) -> int:
        found = [asks(bit) for bit in choice]
        return sum(len({one[a].text if a in one else ANY for one in found}) > 1 for a in index.axes)

    return dict(zip(codes, (asks(bit) for bit in min(choices, key=apart)), strict=True))


def _requires(index: RuleIndex, asked: Asked | None) -> Requires:
    if asked is None:
        return Requires(ANY, ())
    accepted = sorted(n for r in asked.requirements if r.axis == asked.axis for n in r.accepts)
    return Requires(asked.text, tuple(dict.fromkeys(index.values[number].name for number in accepted)))


def compare(index: RuleIndex, names: Iterable[str]) -> Comparison:
    """Compare two or more codes by their latest definitions.

    Raises UnknownNameError for a code that is not known, or when fewer than two are left.
    """
    codes = resolve_codes(index, names)
    if len(codes) < 2:
        raise UnknownNameError.of("A comparison takes two different codes or more.", axis="code")
    asked = asked_now(index, codes)
    shared: dict[str, Requires] = {}
    differences: dict[str, dict[str, Requires]] = {}
    for axis in index.asked_axes:
        found = {code: _requires(index, asked[code].get(axis.name)) for code in codes}
        if all(one.text == ANY for one in found.values()):
            continue
        if len(set(found.values())) == 1:
            shared[axis.name] = next(iter(found.values()))
        else:
            differences[axis.name] = found
    confusions = tuple(c for c in index.rules.confusions if len(set(c.codes) & set(codes)) > 1)
    summary = _summary(index, [index.codes[code] for code in codes], differences)
    return Comparison(codes, shared, differences, confusions, summary)


def listed(words: Sequence[str], joint: str = "and") -> str:
    """Words as a list in a sentence."""
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + f" {joint} " + words[-1]


def _summary(index: RuleIndex, codes: Sequence[Code], differences: dict[str, dict[str, Requires]]) -> str:
    parts = []
    for axis, found in differences.items():
        groups: dict[str, list[str]] = {}
        for name, requirement in found.items():
            groups.setdefault(requirement.text, []).append(name)
        told = ", ".join(f"{text} for {listed(names)}" for text, names in groups.items())
        parts.append((index.axes[axis].label, told))
    together = listed([code.code for code in codes])
    if len(parts) == 1:
        text = f"{together} differ only in the {parts[0][0]}: {parts[0][1]}."
    elif parts:
        text = f"{together} differ in the {listed([label for label, _ in parts])}: "
        text += "; ".join(f"{label}: {told}" for label, told in parts) + "."
    else:
        text = f"{together} require the same on every axis."
    spans = {code.code: interval(code.valid_from, code.valid_until, code.in_force_by) for code in codes}
    if len(set(spans.values())) > 1:
        told = ", ".join(f"{name} {span}" for name, span in spans.items())
        text += f" They are valid at different times: {told}."
    for code in codes:
        beside = [name for name in code.add_on_to if name in spans]
        if beside:
            text += f" {code.code} is an add-on, reported only beside {listed(beside)}."
    return text
