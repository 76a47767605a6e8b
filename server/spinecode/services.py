"""Services: the parts of an injection that are coded each by itself, with all that follows from what is stated."""

from __future__ import annotations

from typing import NamedTuple

from spinecode.description import Description
from spinecode.index import Facts as Given
from spinecode.index import RuleIndex

Facts = dict[str, tuple[int, ...]]


class Service(NamedTuple):
    """The part of an injection that is coded by itself: all of it, or its part at one level."""

    facts: Facts
    level: int | None


class Outcome(NamedTuple):
    """What the rule index says of one service."""

    service: Service
    implied: int
    possible: int


def outcomes_of(
    index: RuleIndex, description: Description, valid: int
) -> tuple[tuple[Outcome, ...], tuple[tuple[str, int], ...]]:
    """What the rule index says of the services of a description, and the presumptions made; see ``services_of``.

    ``valid`` are the definitions in force.
    """
    services, assumptions = services_of(index, description.facts)
    reachable = valid & ~description.excluded
    return tuple([Outcome(s, *index.evaluate(s.facts, valid, reachable)) for s in services]), assumptions


def services_of(index: RuleIndex, given: Given) -> tuple[list[Service], tuple[tuple[str, int], ...]]:
    """Close the facts of a description, in the order that it has them in, and part them by level.

    Every service has what is stated, what its values imply (a level its region, an approach its space), what they
    presume where the record is silent, and what follows from the whole list of substances. Returns the services and
    the presumptions made, each as the axis and the value taken.
    """
    values = index.values
    counting = index.counting_axis
    levelled = index.levelled
    levels: tuple[int, ...] = ()
    stated: Facts = {}
    implied: list[tuple[str, tuple[int, ...]]] = []
    presumed: list[int] = []
    for name, numbers in given.items():
        if name == levelled:
            levels = numbers
        else:
            stated[name] = numbers
            for number in numbers:
                implied += values[number].implies
                presumed += values[number].presumes
    taken: list[tuple[str, int]] = []
    for number in presumed:
        axis = values[number].axis
        if axis not in stated and all(axis != name for name, _ in implied):
            stated[axis] = (number,)
            taken.append((axis, number))
    facts = index.effective(stated, implied) if implied else stated
    index.derive(facts)
    if not levels or counting is None or levelled is None:
        return [Service(facts, None)], tuple(taken)
    services = []
    counted: dict[str | None, int] = {}
    for number in levels:  # from the head downwards, as descriptions have them
        at_level = index.effective(facts, values[number].implies)
        at_level[levelled] = (number,)
        group = index.counted_in[number]
        counted[group] = place = counted.get(group, 0) + 1
        at_level[counting.name] = (index.ordinal(place),)
        services.append(Service(at_level, number))
    return services, tuple(taken)
