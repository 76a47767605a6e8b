"""The next question: on which axis to ask, and where each answer leads.

An answer changes what is said on few axes (``reach``). What the others leave is worked out once for an axis, and not
once for each answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from spinecode.description import Description, describe
from spinecode.index import RuleIndex
from spinecode.rules import Axis
from spinecode.services import Outcome, services_of


@dataclass(frozen=True, slots=True)
class Question:
    """The axis to ask about next, and the answers that lead on; ``leads_to`` has the candidates left by each."""

    axis: str
    label: str
    text: str
    values: tuple[str, ...]
    leads_to: tuple[tuple[str, ...], ...]


class Proposal(NamedTuple):
    """A question that can be asked, and how many candidates its answers leave on average."""

    left: float
    question: Question


class Asking:
    """What can be asked about a description that does not contradict itself.

    ``valid`` are the definitions in force, ``outcomes`` those of ``services.outcomes_of`` with them.
    """

    def __init__(self, index: RuleIndex, description: Description, valid: int, outcomes: Sequence[Outcome]) -> None:
        self._index = index
        self._description = description
        self._valid = valid
        self._services = [outcome.service for outcome in outcomes]
        self._undecided = [outcome.possible & ~outcome.implied for outcome in outcomes]

    def is_open(self, axis: str) -> bool:
        """Whether some candidate asks about an axis (or one derived from it) that nothing answers for sure."""
        for name, unasked, accepts, _ in self._index.rows_about[axis]:
            for service, undecided in zip(self._services, self._undecided, strict=True):
                met = unasked
                for number in service.facts.get(name, ()):
                    met |= accepts[number]
                if undecided & ~met:
                    return True
        return False

    def on(self, axis: Axis) -> Proposal | None:
        """The question about an axis, with the answers that lead to a code; None where it is not open, or none does.

        Answers that leave the same candidates count as one.
        """
        if not self.is_open(axis.name):
            return None
        index, stated = self._index, self._description.stated
        numbers = [number for number in axis.values if not index.conflicts[number] & stated]
        left = dict(zip(numbers, self._left_by(axis.name, numbers), strict=True))
        values, leads = [], []
        for number, kept in left.items():
            value = index.values[number]
            # an answer that leaves open what the question is about is none
            if kept and len({left.get(n) for n in value.narrower}) < 2:
                values.append(value.name)
                leads.append(index.codes_in(kept))
        groups = set(leads)
        if not groups:
            return None
        question = Question(axis.name, axis.label, axis.question, tuple(values), tuple(leads))
        return Proposal(sum(map(len, groups)) / len(groups), question)

    def _left_by(self, axis: str, numbers: Iterable[int]) -> Iterable[int]:
        """The definitions that are still possible with each answer."""
        index, facts = self._index, self._description.facts
        touched, untouched = index.rows_touched[axis]
        beside = index.reach.beside[axis]
        start = self._valid
        near = {}
        for name, given in facts.items():
            if name == axis or name in beside:
                near[name] = given
            if name != axis:
                for number in given:
                    start &= ~index.excludes[number]
        kept = [index.possible(service.facts, start, untouched) for service in self._services]
        if self._services[0].level is None or index.levelled not in near or index.levelled == axis:
            # what an answer changes is the same at all levels, or the levels are the answer
            joined = 0
            for mask in kept:
                joined |= mask
            kept = [joined]
        for number in numbers:
            found = 0
            if any(kept):
                services, _ = services_of(index, {**near, axis: (number,)})
                for service, mask in zip(services, kept, strict=True):
                    found |= index.possible(service.facts, mask & ~index.excludes[number], touched)
            yield found


def next_question(
    index: RuleIndex, description: Description, valid: int, outcomes: Sequence[Outcome]
) -> Question | None:
    """The question whose answers leave the fewest candidates on average; of equals, the axis that comes first.

    The arguments are those of ``Asking``.
    """
    asking = Asking(index, description, valid, outcomes)
    return best(asking.on(axis) for axis in index.asked_axes)


def best(proposals: Iterable[Proposal | None]) -> Question | None:
    """The question of those proposed, in the order of their axes, that leaves the fewest candidates on average."""
    chosen: Proposal | None = None
    for proposal in proposals:
        if proposal is not None and (chosen is None or proposal.left < chosen.left):
            chosen = proposal
    return chosen.question if chosen is not None else None


def left_by(index: RuleIndex, description: Description, axis: str, numbers: tuple[int, ...], valid: int) -> int:
    """The definitions still possible, of those valid, when an axis has the values given."""
    answered = describe(index, {**description.facts, axis: numbers}, description.date)
    services, _ = services_of(index, answered.facts)
    mask = 0
    for service in services:
        mask |= index.possible(service.facts, valid & ~answered.excluded, index.slot_rows)
    return mask
