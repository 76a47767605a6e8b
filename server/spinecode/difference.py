"""The difference of two versions of an ontology, as a terminology team speaks of it.

Not of texts: what is said of each thing is compared by its meaning (what one version states and the other concludes is
no difference), definitions axis by axis, and answers over all combinations of facts of both.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from spinecode import vocabulary as v
from spinecode.answer_difference import AnswerDifference, answer_difference
from spinecode.definition_difference import (
    ConstraintChange,
    DefinitionChange,
    TakesChange,
    constraint_changes,
    definition_changes,
    takes_changes,
)
from spinecode.explanation import interval
from spinecode.rules import Code
from spinecode.statements import Said
from spinecode.term_difference import Change, ChangedThing, Part, Sides, Thing, by_kind, called, thing
from spinecode.versions import Version
from spinecode.vocabulary import term

#: Of the header, what is told of both versions in any case.
_VERSION: Final = frozenset({term("owl:versionIRI").value, term("owl:versionInfo").value})
_DATES: Final = frozenset(term(f"dcterms:{name}").value for name in ("created", "issued", "modified"))
_VALID_UNTIL: Final = "spine:validUntil"
_DATED: Final = frozenset({"spine:validFrom", _VALID_UNTIL, "spine:inForceBy"})


@dataclass(frozen=True, slots=True)
class VersionTold:
    """A version in short: as it was named, its number and date, and how many codes and statements it has."""

    name: str
    number: str
    date: str
    codes: int
    statements: int


@dataclass(frozen=True, slots=True)
class CodeTold:
    """A code that only one version has."""

    code: str
    iri: str
    label: str
    family: str
    valid: str


@dataclass(frozen=True, slots=True)
class CodeChange:
    """A code of both versions that is described otherwise. ``retired`` is its last day where it is newly told."""

    code: str
    iri: str
    label: str
    changes: tuple[Change, ...]
    definitions: tuple[DefinitionChange, ...]
    retired: str | None
    reinstated: bool

    @property
    def redefined(self) -> bool:
        """Whether what it requires differs."""
        return any(change.fate != "changed" or change.axes for change in self.definitions)

    @property
    def redated(self) -> bool:
        """Whether it, or a definition of it, applies on other days."""
        changes = (*self.changes, *(change for definition in self.definitions for change in definition.changes))
        return any(change.property in _DATED for change in changes)


@dataclass(frozen=True, slots=True)
class KindDifference:
    """The things of a kind that only one version has, or of which something else is said.

    ``part`` is the part of the ontology that they belong to.
    """

    kind: str
    part: Part
    added: tuple[Thing, ...]
    removed: tuple[Thing, ...]
    changed: tuple[ChangedThing, ...]


@dataclass(frozen=True, slots=True)
class AxiomChange:
    """An axiom that belongs to no one thing, in one version only: its kind and the things in it."""

    kind: str
    members: tuple[str, ...]
    added: bool


@dataclass(frozen=True, slots=True)
class Difference:
    """All in which two versions differ; ``uncoded`` are the declared reasons for having no code."""

    old: VersionTold
    new: VersionTold
    header: tuple[Change, ...]
    codes_added: tuple[CodeTold, ...]
    codes_removed: tuple[CodeTold, ...]
    codes_changed: tuple[CodeChange, ...]
    takes: tuple[TakesChange, ...]
    uncoded: tuple[DefinitionChange, ...]
    constraints: tuple[ConstraintChange, ...]
    kinds: tuple[KindDifference, ...]
    axioms: tuple[AxiomChange, ...]
    answers: AnswerDifference

    @property
    def differs(self) -> bool:
        """Whether the versions differ in anything but their names and numbers."""
        return any(
            (
                self.header,
                self.codes_added,
                self.codes_removed,
                self.codes_changed,
                self.takes,
                self.uncoded,
                self.constraints,
                self.kinds,
                self.axioms,
                self.answers.changes,
            )
        )


def difference(old: Version, new: Version) -> Difference:
    """Compare two versions."""
    sides = Sides(old, new)
    before = {code.iri: code for code in old.index.rules.codes}
    after = {code.iri: code for code in new.index.rules.codes}
    told = {v.SPINE, *before, *after}
    for version in (old, new):
        told |= {definition.iri for definition in (*version.index.definitions, *version.index.rules.gaps)}
    return Difference(
        old=_version(old),
        new=_version(new),
        header=sides.changes(v.SPINE, but=_VERSION | _DATES),
        codes_added=tuple(_code(code) for iri, code in after.items() if iri not in before),
        codes_removed=tuple(_code(code) for iri, code in before.items() if iri not in after),
        codes_changed=tuple(_code_changes(sides, before, after)),
        takes=takes_changes(old.index, new.index),
        uncoded=definition_changes(sides, ""),
        constraints=constraint_changes(old.index, new.index),
        kinds=tuple(_kinds(sides, told)),
        axioms=tuple(_axioms(sides)),
        answers=answer_difference(old.index, new.index),
    )


def _version(version: Version) -> VersionTold:
    rules = version.index.rules
    return VersionTold(version.name, rules.version, version.date, len(rules.codes), len(version.stated))


def _code(code: Code) -> CodeTold:
    return CodeTold(
        code.code,
        code.iri,
        code.label,
        code.family_label,
        interval(code.valid_from, code.valid_until, code.in_force_by),
    )


def _code_changes(sides: Sides, before: dict[str, Code], after: dict[str, Code]) -> Iterable[CodeChange]:
    for iri, code in after.items():
        if iri in before:
            changes = sides.changes(iri)
            definitions = definition_changes(sides, code.code) if code.code == before[iri].code else ()
            until = next((change for change in changes if change.property == _VALID_UNTIL), None)
            if changes or definitions:
                yield CodeChange(
                    code=code.code,
                    iri=iri,
                    label=code.label,
                    changes=changes,
                    definitions=definitions,
                    retired=until.added[0].text if until and until.added and not until.removed else None,
                    reinstated=bool(until and until.removed and not until.added),
                )


def _kinds(sides: Sides, told: set[str]) -> Iterable[KindDifference]:
    """All other things, by their kinds."""
    added: list[Thing] = []
    removed: list[Thing] = []
    changed: dict[str, ChangedThing] = {}
    for iri in sides.iris():
        if iri in told:
            continue
        if not sides.old.is_told(iri):
            added.append(thing(sides.new.version, iri))
        elif not sides.new.is_told(iri):
            removed.append(thing(sides.old.version, iri))
        elif changes := sides.changes(iri):
            changed[iri] = ChangedThing(thing(sides.new.version, iri), changes)
    new, gone = by_kind(added), by_kind(removed)
    other = by_kind(one.thing for one in changed.values())
    for kind in sorted({*new, *gone, *other}):
        yield KindDifference(
            kind=kind,
            part=next(one.part for one in (*new.get(kind, ()), *gone.get(kind, ()), *other.get(kind, ()))),
            added=tuple(new.get(kind, ())),
            removed=tuple(gone.get(kind, ())),
            changed=tuple(changed[one.iri] for one in other.get(kind, ())),
        )


def _axioms(sides: Sides) -> Iterable[AxiomChange]:
    old, new = sides.old, sides.new
    for key, said in sorted(old.axioms.items()):
        if key not in new.known_axioms:
            yield _axiom(old.version, said, added=False)
    for key, said in sorted(new.axioms.items()):
        if key not in old.known_axioms:
            yield _axiom(new.version, said, added=True)


def _axiom(version: Version, said: Said, *, added: bool) -> AxiomChange:
    return AxiomChange(called(version, said.predicate), tuple(map(version.label, said.values)), added)
