"""A drawing of the spine from the ontology's levels: where each stands, and which of them a code covers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import sin, tau
from typing import Final

from spinecode.comparison import latest_definitions
from spinecode.index import RuleIndex
from spinecode.rules import Value

#: The height of a step from one vertebra to the next, and the sizes of things, in the units of the drawing.
_STEP: Final = 9.0
_HEIGHT: Final = 6.4
_NARROW: Final = 12.0
_WIDE: Final = 25.0
_MIDDLE: Final = 30.0
_SWAY: Final = 6.0
_MARGIN: Final = 4.0
_ACROSS: Final = 108.0
_PAIR: Final = re.compile(r"(\w+)-(\w+)")


@dataclass(frozen=True, slots=True)
class Bone:
    """A vertebra, or a part of the sacrum: a box of the drawing."""

    name: str
    x: float
    y: float
    width: float
    height: float
    region: str


@dataclass(frozen=True, slots=True)
class Spot:
    """A level of the drawing, between two bones or beside one; ``covered`` where a code takes it."""

    name: str
    label: str
    x: float
    y: float
    width: float
    covered: bool


@dataclass(frozen=True, slots=True)
class Stretch:
    """A region of the drawing, from its first level to its last; ``covered`` where a code takes it."""

    name: str
    label: str
    top: float
    bottom: float
    covered: bool


@dataclass(frozen=True, slots=True)
class SpineDrawing:
    """A drawing, and the same in words."""

    width: float
    height: float
    bones: tuple[Bone, ...]
    spots: tuple[Spot, ...]
    stretches: tuple[Stretch, ...]
    text: str


@lru_cache(maxsize=256)
def spine_drawing(index: RuleIndex, code: str | None = None) -> SpineDrawing | None:
    """The spine with what the latest definitions of a code cover; None where the ontology counts no levels."""
    counting = index.counting_axis
    if counting is None or counting.derived_from is None or counting.counts_within is None:
        return None
    levels = sorted((index.values[n] for n in index.axes[counting.derived_from].values), key=lambda v: v.position)
    regions = [index.values[n] for n in index.axes[counting.counts_within].values]
    covered = _covered(index, code, [*levels, *regions], (counting.derived_from, counting.counts_within))
    region_of = {level.id: _regions(index, level, counting.counts_within) for level in levels}
    bones = _bones(levels, region_of)
    spots = tuple(_spot(level, bones, level.id in covered) for level in levels)
    stretches = tuple(_stretches(regions, levels, region_of, spots, covered))
    height = max((bone.y + bone.height for bone in bones.values()), default=0) + _MARGIN
    text = _text([v for v in levels if v.id in covered], levels, [r for r in regions if r.id in covered], regions)
    return SpineDrawing(_ACROSS, height, tuple(bones.values()), spots, stretches, text)


def _covered(index: RuleIndex, code: str | None, values: Sequence[Value], axes: tuple[str, str]) -> set[int]:
    """The values that some latest definition of a code takes: on the axes of the place, and beside its other needs."""
    found: set[int] = set()
    for bit in latest_definitions(index, code) if code is not None else ():
        for value in values:
            facts = {value.axis: (value.id,), **{axis: ids for axis, ids in value.implies if axis in axes}}
            taken = all(
                not set(r.accepts).isdisjoint(facts[r.axis])
                for r in index.definitions[bit].requirements
                if r.axis in facts
            )
            if taken and not index.excludes[value.id] >> bit & 1:
                found.add(value.id)
    return found


def _regions(index: RuleIndex, level: Value, axis: str) -> tuple[int, ...]:
    return next((numbers for name, numbers in level.implies if name == axis), ())


def _bones(levels: Sequence[Value], region_of: dict[int, tuple[int, ...]]) -> dict[str, Bone]:
    """The vertebrae that levels are named after, from the head downwards: each wider than the one above."""
    names: dict[str, int] = {}
    for level in levels:
        pair = _PAIR.fullmatch(level.name)
        for name in pair.groups() if pair else (level.name,):
            names.setdefault(name, (region_of[level.id] or (-1,))[-1 if pair and name == pair[2] else 0])
    last = max(len(names) - 1, 1)
    found = {}
    for place, (name, region) in enumerate(names.items()):
        share = place / last
        # the curve of a spine seen from the side: forward at the neck, back at the chest, forward at the loins
        width = _NARROW + (_WIDE - _NARROW) * min(1.0, share * 1.12)
        middle = _MIDDLE - _SWAY * sin(tau * 1.35 * share + 0.25)
        y = _MARGIN + place * _STEP
        found[name] = Bone(name, round(middle - width / 2, 1), round(y, 1), round(width, 1), _HEIGHT, str(region))
    return found


def _spot(level: Value, bones: dict[str, Bone], covered: bool) -> Spot:
    pair = _PAIR.fullmatch(level.name)
    above = bones[pair[1] if pair else level.name]
    below = bones[pair[2]] if pair else above
    x, width = (above.x + below.x) / 2, (above.width + below.width) / 2
    y = (above.y + above.height + below.y) / 2 if pair else above.y + above.height / 2
    return Spot(level.name, level.label, round(x, 1), round(y, 1), round(width, 1), covered)


def _stretches(
    regions: Sequence[Value],
    levels: Sequence[Value],
    region_of: dict[int, tuple[int, ...]],
    spots: Sequence[Spot],
    covered: set[int],
) -> list[Stretch]:
    """The regions beside the drawing. A level on a border is told with the region above it."""
    found = []
    for region in regions:
        own = [spot.y for level, spot in zip(levels, spots, strict=True) if region_of[level.id][:1] == (region.id,)]
        if own:
            half = _STEP / 2
            found.append(Stretch(region.name, region.label, min(own) - half, max(own) + half, region.id in covered))
    return found


def _text(covered: list[Value], levels: list[Value], regions: list[Value], every: list[Value]) -> str:
    """What a drawing shows, in words."""
    if not covered and not regions:
        return "No level of the spine is covered."
    where = "every region" if len(regions) == len(every) else " and ".join(region.label for region in regions)
    runs: list[list[Value]] = []
    for level in levels:
        if level not in covered:
            continue
        if runs and levels.index(runs[-1][-1]) == levels.index(level) - 1:
            runs[-1].append(level)
        else:
            runs.append([level])
    told = " and ".join(run[0].name if len(run) == 1 else f"{run[0].name} to {run[-1].name}" for run in runs)
    return f"Covers {where}" + (f": {told}." if told else ".")
