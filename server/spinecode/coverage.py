"""Coverage and overlap: which combinations of facts imply no code, and which imply two, on every date that matters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from spinecode.combinations import Combination, Space
from spinecode.findings import Finding
from spinecode.index import RuleIndex, mask_of
from spinecode.patterns import Era, Grouper, Pattern, eras_of, eras_told
from spinecode.places import Places
from spinecode.rules import Definition, Requirement, in_force

T = TypeVar("T")
M = TypeVar("M", bound=Hashable)

#: How many patterns, or definitions, a finding tells before it counts the rest.
_TOLD = 3
#: A definition with the one requirement of it that is not met.
Near = tuple[Definition, Requirement]


@dataclass(frozen=True, slots=True)
class Overlap:
    """Combinations that meet definitions which do not belong together: of two codes, or of a code and of no code."""

    definitions: tuple[Definition, ...]
    patterns: tuple[Pattern, ...]


@dataclass(frozen=True, slots=True)
class Gap:
    """Combinations without a code or a reason for having none.

    ``nearest`` are the definitions that they fail in one requirement only, with that requirement.
    """

    nearest: tuple[Near, ...]
    patterns: tuple[Pattern, ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """The combinations of one era that a family has a code for; ``alone`` those for which no other code is implied."""

    covered: int
    alone: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """How the combinations of facts are coded, by era.

    ``families`` has a cell an era for each family; ``open`` counts combinations that a further fact would decide,
    ``accepted`` those that the ontology declares to have no code, by the label of the reason; ``unexplained`` those
    in ``gaps`` and ``overlapping`` those in ``overlaps``. ``unused`` are reasons that no combination needs.
    """

    eras: tuple[Era, ...]
    combinations: int
    families: dict[str, tuple[Cell, ...]]
    open: tuple[int, ...]
    accepted: dict[str, tuple[int, ...]]
    unexplained: tuple[int, ...]
    overlapping: tuple[int, ...]
    gaps: tuple[Gap, ...]
    overlaps: tuple[Overlap, ...]
    unused: tuple[Definition, ...]

    def to_json(self) -> dict[str, Any]:
        """The figures as JSON: for each era, how many combinations each family codes, are open, have no code."""
        return {
            "combinations": self.combinations,
            "eras": [
                {
                    "from": era.first,
                    "until": era.last,
                    "families": {family: cells[n].covered for family, cells in self.families.items()},
                    "open": self.open[n],
                    "no_code": {label: counts[n] for label, counts in self.accepted.items()},
                    "unexplained": self.unexplained[n],
                    "overlapping": self.overlapping[n],
                }
                for n, era in enumerate(self.eras)
            ],
        }


#: By the numbers of combinations, the eras of something.
Eras = dict[int, list[int]]


def coverage(index: RuleIndex) -> Coverage:
    """Evaluate every combination that the rules can tell apart, on every date boundary."""
    space = Space(index)
    every = list(space)
    eras = eras_of(index)
    valid = [index.valid_on(era.first) for era in eras]
    defined = [code for code in index.rules.codes if index.bits_of_code.get(code.code)]
    names = {code.family: code.family_label or code.family for code in defined}
    covered = {family: [[0, 0] for _ in eras] for family in names}
    open_, unexplained, overlapping = [0] * len(eras), [0] * len(eras), [0] * len(eras)
    accepted = {gap.iri: [0] * len(eras) for gap in index.rules.gaps}
    uncoded: Eras = {}
    doubled: dict[tuple[Definition, ...], Eras] = {}
    for (ever, perhaps, reasons), numbers in _alike(index, every).items():
        for n, era in enumerate(eras):
            implied = ever & valid[n]
            codes = index.codes_in(implied)
            for code in codes:
                cell = covered[index.codes[code].family][n]
                cell[0] += len(numbers)
                cell[1] += len(numbers) if len(codes) == 1 else 0
            if not codes and perhaps & valid[n]:
                open_[n] += len(numbers)
                continue
            held = [gap for gap in map(index.rules.gaps.__getitem__, reasons) if in_force(gap, era.first)]
            for gap in held:
                accepted[gap.iri][n] += len(numbers)
            if len(codes) > 1 or (codes and held):
                overlapping[n] += len(numbers)
                met = (*(d for bit, d in enumerate(index.definitions) if implied >> bit & 1), *held)
                _note(doubled.setdefault(met, {}), numbers, n)
            elif not codes and not held:
                unexplained[n] += len(numbers)
                _note(uncoded, numbers, n)
    grouper = Grouper(space, every, eras)
    labels = {gap.iri: gap.label for gap in index.rules.gaps}
    return Coverage(
        eras=eras,
        combinations=len(every),
        families={names[f]: tuple(Cell(*cell) for cell in cells) for f, cells in covered.items()},
        open=tuple(open_),
        accepted={labels[iri]: tuple(counts) for iri, counts in accepted.items()},
        unexplained=tuple(unexplained),
        overlapping=tuple(overlapping),
        gaps=tuple(_gaps(index, grouper, every, dict(sorted(uncoded.items())), valid)),
        overlaps=tuple(Overlap(met, tuple(grouper.patterns(where))) for met, where in _in_order(doubled)),
        unused=tuple(gap for gap in index.rules.gaps if not any(accepted[gap.iri])),
    )


def _alike(index: RuleIndex, every: Iterable[Combination]) -> dict[tuple[int, int, tuple[int, ...]], list[int]]:
    """The numbers of combinations, by the definitions that they ever meet or may meet, and the numbers of their gaps.

    What is in force on a day is a part of what ever was, so that one evaluation does for all days.
    """
    # one reason may be declared in several ways, so that its IRI does not tell
    places = {id(gap): number for number, gap in enumerate(index.rules.gaps)}
    found: dict[tuple[int, int, tuple[int, ...]], list[int]] = {}
    for number, combination in enumerate(every):
        ever, perhaps = index.evaluate(combination.facts, index.all, index.all)
        reasons = tuple(places[id(gap)] for gap in index.gaps(combination.facts))
        found.setdefault((ever, perhaps, reasons), []).append(number)
    return found


def _in_order(doubled: dict[tuple[Definition, ...], Eras]) -> list[tuple[tuple[Definition, ...], Eras]]:
    """What is met together, by the first combination and era that it shows in."""
    found = [(met, dict(sorted(where.items()))) for met, where in doubled.items()]
    return sorted(found, key=lambda one: next(iter(one[1].items())))


def _note(eras: Eras, numbers: Iterable[int], era: int) -> None:
    for number in numbers:
        eras.setdefault(number, []).append(era)


def _gaps(
    index: RuleIndex, grouper: Grouper, every: list[Combination], uncoded: Eras, valid: list[int]
) -> Iterator[Gap]:
    """The combinations without a code, by the definitions that they come nearest to."""
    by_nearest: dict[tuple[_Miss, ...], Eras] = {}
    for number, eras in uncoded.items():
        misses = list(_misses(index, every[number]))
        for n in eras:
            nearest = tuple(miss for miss in misses if valid[n] >> miss[0] & 1)
            by_nearest.setdefault(nearest, {}).setdefault(number, []).append(n)
    for nearest, where in by_nearest.items():
        yield Gap(_narrowest_first(index, nearest), tuple(grouper.patterns(where)))


#: A definition by its bit, with the place of the one requirement of it that is not met.
_Miss = tuple[int, int]


def _misses(index: RuleIndex, combination: Combination) -> Iterator[_Miss]:
    """The definitions of which the facts fail in one requirement only."""
    given = mask_of(number for numbers in combination.facts.values() for number in numbers)
    for bit, wanted in enumerate(index.wanted):
        missed = None
        for place, (_, mask) in enumerate(wanted):
            if not given & mask:
                if missed is not None:
                    break
                missed = place
        else:
            if missed is not None:
                yield bit, missed


def _narrowest_first(index: RuleIndex, misses: Iterable[_Miss]) -> tuple[Near, ...]:
    found = [(index.definitions[bit], index.definitions[bit].requirements[place]) for bit, place in misses]
    return tuple(sorted(found, key=lambda near: len(near[1].accepts) / len(index.axes[near[1].axis].values)))


# ---------------------------------------------------------------- what the check tells


def coverage_findings(found: Coverage, index: RuleIndex, places: Places) -> Iterator[Finding]:
    """Combinations with two codes; where there are none, those without a code or a reason, and reasons too many.

    A definition that takes the wrong value both overlaps with another and leaves a gap, so gaps wait for overlaps.
    """
    if found.overlaps:
        yield from (_overlap_finding(overlap, places) for overlap in _by_definitions(found.overlaps))
        return
    yield from (_gap_finding(index, gap, places) for gap in _by_nearest(found.gaps))
    for gap in found.unused:
        yield Finding(
            "coverage",
            f"{gap.label}: no combination needs this reason for having no code.",
            fix="Take it out, or mend its requirements.",
            about=gap.iri,
        ).at(places.home(gap.iri))


def _by_definitions(overlaps: Iterable[Overlap]) -> Iterator[Overlap]:
    """Overlaps by the definition that stands in most of them, so that one that takes too much is told once."""
    for common, same in _grouped(overlaps, lambda overlap: overlap.definitions):
        met = dict.fromkeys(definition for overlap in same for definition in overlap.definitions)
        ordered = sorted(met, key=lambda definition: definition != common)
        yield Overlap(tuple(ordered), tuple(pattern for overlap in same for pattern in overlap.patterns))


def _by_nearest(gaps: Iterable[Gap]) -> Iterator[Gap]:
    """Gaps by the definition that is near to most of them, so that one that takes too little is told once."""
    for common, same in _grouped(gaps, lambda gap: gap.nearest):
        near = dict.fromkeys(near for gap in same for near in gap.nearest)
        ordered = sorted(near, key=lambda near: near != common)
        yield Gap(tuple(ordered), tuple(pattern for gap in same for pattern in gap.patterns))


def _grouped(items: Iterable[T], members: Callable[[T], Iterable[M]]) -> Iterator[tuple[M | None, list[T]]]:
    """Items by the member that most of those left share; of equals the first. None for items without members."""
    left = list(items)
    while left:
        counts = Counter(member for item in left for member in members(item))
        common = counts.most_common(1)[0][0] if counts else None
        same = [item for item in left if common is None or common in members(item)]
        left = [item for item in left if item not in same]
        yield common, same


def _overlap_finding(overlap: Overlap, places: Places) -> Finding:
    first, *others = dict.fromkeys(
        f"{d.code} ({d.label})" if d.code else f"no code ({d.label})" for d in overlap.definitions
    )
    homes = {definition: places.home(definition.iri) for definition in overlap.definitions}
    suspect = overlap.definitions[0]
    if len(overlap.definitions) == 2:
        # of two alike the one whose name does not fit what it requires, or else the one that was read last
        suspect = min(overlap.definitions, key=lambda d: (_fitting(d), homes[d] is None))
        if len({_fitting(d) for d in overlap.definitions}) == 1:
            suspect = max(overlap.definitions, key=lambda d: (homes[d] is not None, homes[d]))
    also = dict.fromkeys(f"{p.file}:{p.line}" for d, p in homes.items() if p is not None and d is not suspect)
    return Finding(
        "overlap",
        f"{first} holds together with {_listed(others)}: {_told(overlap.patterns)}"
        + (f" See also {', '.join(also)}." if len(overlap.definitions) == 2 and also else ""),
        fix="Let one of them require what the other rules out, or part them by date.",
        about=suspect.iri,
    ).at(homes[suspect])


def _fitting(definition: Definition) -> int:
    """How many of its requirements a definition's label speaks of."""
    label = definition.label.casefold()
    return sum(requirement.label.casefold() in label for requirement in definition.requirements)


def _gap_finding(index: RuleIndex, gap: Gap, places: Places) -> Finding:
    message = f"No code, and no reason for having none: {_told(gap.patterns)}"
    about: str | None
    if gap.nearest:
        told = [f"{definition.code} asks for {requirement.label}" for definition, requirement in gap.nearest[:_TOLD]]
        message += f" Nearest: {_listed(told)}."
        about = gap.nearest[0][0].iri
    else:
        axes = {axis.name: axis.iri for axis in index.rules.axes}
        about = next((axes[name] for name, _ in gap.patterns[0].facts if name in axes), None)
    return Finding(
        "coverage",
        message,
        severity="warning",
        fix="Define a code, widen the nearest definition, or declare below spine:UncodedInjection why there is none.",
        about=about,
    ).at(places.home(about) if about is not None else None)


def _listed(names: Iterable[str]) -> str:
    found = list(dict.fromkeys(names))
    return f"{', '.join(found[:-1])} and {found[-1]}" if len(found) > 1 else found[0]


def _told(patterns: Iterable[Pattern]) -> str:
    """The widest patterns with their dates, and how many there are beside them."""
    ordered = sorted(patterns, key=lambda pattern: -pattern.count)
    told = [f"{pattern} ({eras_told(pattern.eras)})" for pattern in ordered[:_TOLD]]
    rest = len(ordered) - len(told)
    return "; ".join(told) + (f"; and {rest} more such kinds of injections." if rest else ".")
