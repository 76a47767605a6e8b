"""The difference of two versions as an outline: headings, small tables and nested lines."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field
from typing import Final

from spinecode.answer_difference import UNKNOWN, AnswerChange
from spinecode.definition_difference import ANY, DefinitionChange, TakesChange
from spinecode.difference import CodeChange, CodeTold, Difference, KindDifference
from spinecode.patterns import eras_told
from spinecode.term_difference import Change, Told

#: How much of each kind is told in full; JSON has it all.
_NAMES: Final = 12
_DETAILS: Final = 10
_CASES: Final = 3
_CHANGES: Final = 40
ARROW: Final = "→"


@dataclass(frozen=True, slots=True)
class Line:
    """A line with the lines below it; ``head`` is what it is about."""

    head: str
    text: str = ""
    below: tuple[Line, ...] = ()


@dataclass(frozen=True, slots=True)
class Section:
    """A heading of a level from 1, with a table (its first row names the columns) or lines."""

    level: int
    title: str
    rows: tuple[tuple[str, ...], ...] = ()
    lines: tuple[Line, ...] = ()


@dataclass(slots=True)
class _Outline:
    sections: list[Section] = field(default_factory=list)

    def part(self, title: str, parts: Iterable[Section]) -> None:
        """A heading with sections below it, if there are any."""
        found = list(parts)
        if found:
            self.sections += [Section(1, title), *found]

    def lines(self, title: str, lines: Iterable[Line]) -> None:
        """A heading with lines, if there are any."""
        found = tuple(lines)
        if found:
            self.sections.append(Section(1, title, lines=found))


def summary(found: Difference) -> list[str]:
    """The difference in a few sentences."""
    if not found.differs:
        return ["The two say the same."]
    groups = {"added": len(found.codes_added), "removed": len(found.codes_removed)}
    groups |= {title.lower(): len(changes) for title, changes in _changed_codes(found)}
    told = [f"{_counted(number, 'code')} {fate}" for fate, number in groups.items() if number]
    sentences = [_sentence(told)] if told else []
    answers = found.answers
    every = f"{answers.combinations:,} combinations of facts"
    if answers.changed:
        sentences.append(f"Of {every}, {answers.changed:,} are answered otherwise on some day.")
    else:
        sentences.append(f"Of {every}, none that both versions know is answered otherwise.")
    if answers.one_sided:
        sentences.append(f"Another {answers.one_sided:,} have a value that only one version has.")
    if found.old.number and found.old.number == found.new.number:
        sentences.append(f"Both call themselves version {found.old.number}.")
    return sentences


def _sentence(parts: Sequence[str]) -> str:
    text = ", ".join(parts)
    return f"{text[:1].upper()}{text[1:]}."


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def outline(found: Difference) -> list[Section]:
    """All sections that have something to tell, in the order in which a terminology team reads them."""
    told = _Outline()
    told.part("Codes", _codes(found))
    told.part("Answers", _answers(found))
    told.lines("What requirements take", map(_takes_line, found.takes))
    told.lines("Axes and values", _kinds(kind for kind in found.kinds if kind.part == "axes"))
    told.lines("Families, confusions and advisories", _kinds(kind for kind in found.kinds if kind.part == "coding"))
    told.lines("Declared to have no code", _uncoded(found.uncoded))
    told.lines("What rules out what", _constraints(found))
    told.lines("The ontology as a whole", map(_change_line, found.header))
    told.lines("Other terms", _kinds(kind for kind in found.kinds if kind.part == "other"))
    told.lines("Other axioms", _axioms(found))
    return told.sections


# ---------------------------------------------------------------- codes


def _codes(found: Difference) -> Iterator[Section]:
    for title, codes in (("Added", found.codes_added), ("Removed", found.codes_removed)):
        if codes:
            yield Section(2, title, rows=(("code", "what it stands for", "valid"), *map(_code_row, codes)))
    for title, changes in _changed_codes(found):
        yield Section(2, title, lines=tuple(_code_lines(changes)))


def _changed_codes(found: Difference) -> Iterator[tuple[str, list[CodeChange]]]:
    """The changed codes by the most that has happened to them."""
    groups: tuple[tuple[str, Callable[[CodeChange], bool]], ...] = (
        ("Retired", lambda change: change.retired is not None),
        ("Reinstated", lambda change: change.reinstated),
        ("Redefined", lambda change: change.redefined),
        ("Dated otherwise", lambda change: change.redated),
        ("Described otherwise", lambda change: True),
    )
    left = list(found.codes_changed)
    for title, belongs in groups:
        chosen = [change for change in left if belongs(change)]
        left = [change for change in left if change not in chosen]
        if chosen:
            yield title, chosen


def _code_row(code: CodeTold) -> tuple[str, ...]:
    return code.code, code.label, code.valid


def _code_lines(changes: Sequence[CodeChange]) -> Iterator[Line]:
    """A line a code; codes that differ in the same way share one."""
    groups: dict[tuple[Line, ...], list[CodeChange]] = {}
    for change in changes:
        below = (
            *(_definition_line(definition) for definition in change.definitions),
            *(_change_line(one) for one in change.changes),
        )
        groups.setdefault(below, []).append(change)
    for below, same in groups.items():
        label = same[0].label if len(same) == 1 else ""
        yield Line(", ".join(change.code for change in same), label, below)


def _definition_line(change: DefinitionChange) -> Line:
    changes = tuple(map(_change_line, change.changes))
    if change.fate == "changed":
        below = (*(Line(axis.label, f"{axis.before} {ARROW} {axis.after}") for axis in change.axes), *changes)
        relabelled = any(one.property == "rdfs:label" for one in change.changes)
        return Line(f"definition, {change.valid}", "" if relabelled else change.label, below)
    asked = (f"{axis.label} {axis.after if axis.before == ANY else axis.before}" for axis in change.axes)
    return Line(
        f"definition {change.fate}, {change.valid}", change.label, (Line("requires", ", ".join(asked)), *changes)
    )


def _uncoded(changes: Iterable[DefinitionChange]) -> Iterator[Line]:
    ways: dict[tuple[str, str, str], int] = {}
    for change in changes:
        if change.fate == "changed":
            line = _definition_line(change)
            yield Line(change.label, change.valid, line.below)
        else:
            key = (change.fate, change.label, change.valid)
            ways[key] = ways.get(key, 0) + 1
    for (fate, label, valid), number in ways.items():
        yield Line(fate, f"{label}, {valid}" + (f" ({number} ways to meet it)" if number > 1 else ""))


# ---------------------------------------------------------------- answers


def _answers(found: Difference) -> Iterator[Section]:
    changes = found.answers.changes
    known = [change for change in changes if UNKNOWN not in (change.before, change.after)]
    if known:
        # those that end in a code come before those that a further fact decides
        known.sort(key=lambda change: ("open" in (change.before.kind, change.after.kind), change.before, change.after))
        lines = [*map(_answer_line, known[:_CHANGES]), *_rest(len(known) - _CHANGES, "change")]
        yield Section(2, "Cases whose answer changes", lines=tuple(lines))
    for side, own, some in (
        ("new", found.codes_added, [change for change in changes if change.before == UNKNOWN]),
        ("old", found.codes_removed, [change for change in changes if change.after == UNKNOWN]),
    ):
        if some:
            lines = [*_one_sided(some, {code.code for code in own})]
            yield Section(2, f"Cases with a value that only the {side} version has", lines=tuple(lines))


def _answer_line(change: AnswerChange) -> Line:
    head = f"{change.before} {ARROW} {change.after}"
    return Line(head, _counted(change.combinations, "combination"), _case_lines(change))


def _case_lines(change: AnswerChange) -> tuple[Line, ...]:
    """The widest cases, with their numbers where there are several."""
    several = len(change.cases) > 1
    lines = [
        Line(f"{case.combinations:,}" if several else "", f"{case} ({eras_told(case.eras)})")
        for case in change.cases[:_CASES]
    ]
    return (*lines, *_rest(len(change.cases) - _CASES, "kind"))


def _one_sided(changes: Sequence[AnswerChange], own: Set[str]) -> Iterator[Line]:
    """Those that end in a code of the one version one by one, the others by their number."""
    answers = [(change.after if change.before == UNKNOWN else change.before, change) for change in changes]
    rest: dict[str, int] = {}
    shared: dict[str, None] = {}
    for answer, change in answers:
        if answer.kind == "codes" and own & set(answer.codes):
            yield Line(str(answer), _counted(change.combinations, "combination"), _case_lines(change))
        else:
            rest[answer.kind] = rest.get(answer.kind, 0) + change.combinations
            shared |= dict.fromkeys(answer.codes if answer.kind == "codes" else ())
    for kind, told in (
        ("codes", f"codes that both versions have ({_some(shared)})"),
        ("open", "open until a further fact is given"),
        ("no code", "no code"),
    ):
        if kind in rest:
            yield Line(told, _counted(rest[kind], "combination"))


def _rest(number: int, noun: str) -> Iterator[Line]:
    if number > 0:
        yield Line("", f"and {number} more {noun}{'' if number == 1 else 's'}")


# ---------------------------------------------------------------- the rest


def _takes_line(change: TakesChange) -> Line:
    told = [f"without {', '.join(change.removed)}"] if change.removed else []
    told += [f"now with {', '.join(change.added)}"] if change.added else []
    codes = f"{_counted(len(change.codes), 'code')}: {', '.join(change.codes)}"
    return Line(f"{change.axis} {change.label}", f"{', '.join(told)}; asked by {codes}")


def _told(values: Iterable[Told]) -> str:
    return "; ".join(f'"{told.text}"' if told.iri is None and " " in told.text else told.text for told in values)


def _change_line(change: Change) -> Line:
    if len(change.removed) == len(change.added) == 1:
        return Line(change.aspect, f"{_told(change.removed)} {ARROW} {_told(change.added)}")
    parts = [f"{fate} {_told(told)}" for fate, told in (("removed", change.removed), ("added", change.added)) if told]
    return Line(change.aspect, ", ".join(parts))


def _constraints(found: Difference) -> Iterator[Line]:
    for change in found.constraints:
        only = f"{change.conditions}: on the {change.axis} only"
        if change.before is None or change.after is None:
            yield Line("added" if change.before is None else "removed", f"{only} {change.after or change.before}")
        else:
            yield Line("changed", f"{only} {change.before} {ARROW} {change.after}")


def _kinds(kinds: Iterable[KindDifference]) -> Iterator[Line]:
    """A line a kind, with the things that are described otherwise below it."""
    for kind in kinds:
        told = []
        for fate, things in (("added", kind.added), ("removed", kind.removed)):
            if things:
                told.append(f"{len(things)} {fate}: {_some(one.name for one in things)}")
        below: tuple[Line, ...] = ()
        if len(kind.changed) <= _DETAILS:
            below = tuple(Line(one.thing.name, "", tuple(map(_change_line, one.changes))) for one in kind.changed)
        else:
            aspects = dict.fromkeys(change.aspect for one in kind.changed for change in one.changes)
            names = _some(one.thing.name for one in kind.changed)
            told.append(f"{len(kind.changed)} described otherwise ({_some(aspects)}): {names}")
        yield Line(kind.kind, ". ".join(told), below)


def _some(names: Iterable[str]) -> str:
    found = list(names)
    rest = len(found) - _NAMES
    return "; ".join(found if rest <= 0 else [*found[:_NAMES], f"and {rest} more"])


def _axioms(found: Difference) -> Iterator[Line]:
    for axiom in found.axioms:
        yield Line("added" if axiom.added else "removed", f"{axiom.kind}: {', '.join(axiom.members)}")
