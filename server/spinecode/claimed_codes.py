"""Reported codes against what a description implies: which is wrong, missing, outdated or out of place, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from spinecode.comparison import listed
from spinecode.explanation import explain_code
from spinecode.index import RuleIndex
from spinecode.reported import ReportedLine
from spinecode.rules import Code, Definition, in_force
from spinecode.selection import Selection


@dataclass(frozen=True, slots=True)
class Grounds:
    """Why something is concluded: a sentence or two, what was given, what is expected, the rules and their sources."""

    told: str
    given: tuple[str, ...] = ()
    expected: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


@dataclass(frozen=True)
class ClaimedCodes:
    """What was reported for one description: its lines, the day, what it states and what that implies.

    ``selection`` is None where the description contradicts itself or cannot be read; then only what holds whatever
    it says is judged.
    """

    index: RuleIndex
    lines: tuple[ReportedLine, ...]
    day: str
    facts: Mapping[str, tuple[int, ...]]
    modifiers: tuple[str, ...]
    selection: Selection | None

    # ------------------------------------------------------------------ what was reported

    @cached_property
    def codes(self) -> tuple[str, ...]:
        """The reported codes, each once."""
        return tuple(dict.fromkeys(line.code for line in self.lines))

    def _code(self, name: str) -> Code:
        return self.index.codes[name]

    @cached_property
    def _possible(self) -> frozenset[str]:
        """The codes that the description implies, or leaves possible."""
        selection = self.selection
        return (
            frozenset() if selection is None else frozenset((*selection.candidates, *(x.code for x in selection.lines)))
        )

    def is_plainly_right(self) -> bool:
        """Whether just the implied codes were reported, each once and with nothing but its number; most are so."""
        if self.selection is None or any(line.text != line.code for line in self.lines):
            return False
        reported = sorted(line.code for line in self.lines)
        return reported == [line.code for line in self.selection.lines]

    def _is_guidance(self, name: str) -> bool:
        return bool(self._code(name).guides_by)

    # ------------------------------------------------------------------ codes

    def outdated(self) -> dict[str, Grounds]:
        """The reported codes that were not in force on the day."""
        return {name: self._why_outdated(name) for name in self.codes if not in_force(self._code(name), self.day)}

    def _why_outdated(self, name: str) -> Grounds:
        code = self._code(name)
        span = " ".join(
            part
            for part in (
                f"from {code.valid_from}" if code.valid_from else "",
                f"until {code.valid_until}" if code.valid_until else "",
            )
            if part
        )
        told = f"The date of service decides: {name} was in force {span}, {self.day} was given."
        if self.day > (code.valid_until or self.day) and code.replaced_by:
            told += f" {name} was replaced by {listed(code.replaced_by)}."
        instead, rules, sources = self._instead()
        if instead:
            told += f" On that day the description implies {listed(instead)}."
        expected = instead or code.replaced_by
        return Grounds(told, (name, self.day), tuple(expected), (code.iri, *rules), (*code.sources, *sources))

    def refuted(self) -> dict[str, Grounds]:
        """The reported codes that the description rules out, but for those that were not in force."""
        if self.selection is None:
            return {}
        return {
            name: self._why_refuted(self.selection, name)
            for name in self.codes
            if name not in self._possible and not self._is_guidance(name) and in_force(self._code(name), self.day)
        }

    def _ruled_out(self) -> bool:
        """Whether some reported code is refuted or was not in force."""
        if any(not in_force(self._code(name), self.day) for name in self.codes):
            return True
        return any(name not in self._possible and not self._is_guidance(name) for name in self.codes)

    def _instead(self) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
        """The implied codes, with the definitions and sources that they rest on."""
        if self.selection is None:
            return (), (), ()
        names = tuple(line.code for line in self.selection.lines)
        definitions = [d for name in names if (d := self._definition(name)) is not None]
        rules = [iri for d in definitions for iri in (d.iri, self._code(d.code).iri)]
        return names, tuple(rules), tuple(source for d in definitions for source in d.sources)

    def _definition(self, name: str) -> Definition | None:
        """The definition by which the description implies a code."""
        implied = 0
        for outcome in self.selection.outcomes if self.selection is not None else ():
            implied |= outcome.implied
        bits = self.index.bits_of_code.get(name, ())
        return next((self.index.definitions[bit] for bit in bits if implied >> bit & 1), None)

    def _why_refuted(self, selection: Selection, name: str) -> Grounds:
        instead, rules, sources = self._instead()
        told = f"{name} was reported; "
        if instead:
            told += f"the description implies {listed(instead)}."
        elif selection.candidates:
            told += f"the description leaves only {listed(selection.candidates)} possible."
        else:
            told += "the description implies no code."
        for row in explain_code(self.index, selection, name).rows:
            if row.holds is False:
                given = listed(row.given) if row.given else "nothing"
                told += f" The {row.label} decides: {name} requires {row.requires}, {given} was given."
        code = self._code(name)
        expected = instead or selection.candidates
        return Grounds(told, (name,), tuple(expected), (*rules, code.iri), (*sources, *code.sources))

    def _missing(self) -> Iterator[str]:
        """The implied codes that were not reported, where some were and all are right."""
        if self.selection is None or not self.codes or self._ruled_out():
            return
        alone = self.unaccompanied()
        for line in self.selection.lines:
            told = any(line.code in self._code(name).add_on_to for name in alone)
            if line.code not in self.codes and not told:
                yield line.code

    def missing_add_ons(self) -> dict[str, Grounds]:
        """The add-on codes that are implied and were not reported."""
        return {name: self._why_missing(name) for name in self._missing() if self._code(name).add_on_to}

    def unreported(self) -> dict[str, Grounds]:
        """The other codes that are implied and were not reported."""
        return {name: self._why_missing(name) for name in self._missing() if not self._code(name).add_on_to}

    def _why_missing(self, name: str) -> Grounds:
        assert self.selection is not None
        code, definition = self._code(name), self._definition(name)
        line = next(line for line in self.selection.lines if line.code == name)
        verb = "was" if len(self.codes) == 1 else "were"
        told = f"{listed(self.codes)} {verb} reported; the description implies {name} too"
        told += f", for {listed(line.levels)}." if line.levels else "."
        if beside := [one for one in code.add_on_to if one in self.codes]:
            told += f" It is an add-on to {listed(beside)}."
        rules = (definition.iri, code.iri) if definition is not None else (code.iri,)
        return Grounds(told, self.codes, (name,), rules, definition.sources if definition is not None else code.sources)

    def unaccompanied(self) -> dict[str, Grounds]:
        """The reported add-on codes beside which none of the codes stands that they add to."""
        found = {}
        for name in self.codes:
            code = self._code(name)
            if code.add_on_to and not set(code.add_on_to) & set(self.codes) and in_force(code, self.day):
                told = f"{name} is an add-on, reported only beside {listed(code.add_on_to, 'or')}; it stands alone."
                rules = (code.iri, *(self._code(one).iri for one in code.add_on_to))
                found[name] = Grounds(told, (name,), code.add_on_to, rules, code.sources)
        return found

    def included_guidance(self) -> dict[str, Grounds]:
        """The reported guidance codes beside a code that includes the imaging, or that they do not stand beside."""
        found = {}
        for name in self.codes:
            code = self._code(name)
            if not code.guides_by:
                continue
            procedures = [one for one in self.codes if not self._is_guidance(one)]
            if not procedures and self.selection is not None:
                procedures = [line.code for line in self.selection.lines]
            including = [one for one in procedures if self._includes_guidance(one)]
            barred = [one for one in procedures if one in code.not_beside and one not in including]
            if including or barred:
                told = f"{name} was reported beside {listed([*including, *barred])}."
                if including:
                    verb = "includes" if len(including) == 1 else "include"
                    told += f" {listed(including)} {verb} the imaging that guides the needle."
                if barred:
                    told += f" {name} is not reported beside {listed(barred)}."
                others = [self._code(one) for one in (*including, *barred)]
                sources = (*(source for other in others for source in other.sources), *code.sources)
                rules = (*(other.iri for other in others), code.iri)
                found[name] = Grounds(told, (name,), tuple(o.code for o in others), rules, sources)
        return found

    def _includes_guidance(self, name: str) -> bool:
        code = self._code(name)
        return code.includes_guidance and self.day >= (code.guidance_since or "")

    def other_guidance(self) -> dict[str, Grounds]:
        """The reported guidance codes for another imaging than the description gives."""
        found = {}
        included = self.included_guidance()
        values = self.index.values
        for name in self.codes:
            code = self._code(name)
            for axis in {values[number].axis for number in code.guides_by} if name not in included else ():
                given = self.facts.get(axis, ())
                if given and not set(given) & set(code.guides_by):
                    stands = [values[n].label for n in code.guides_by]
                    told = f"{name} stands for {listed(stands)}; {listed([values[n].label for n in given])} was given."
                    right = tuple(c.code for c in self.index.codes.values() if set(c.guides_by) & set(given))
                    rules = (code.iri, *(values[n].iri for n in code.guides_by))
                    found[name] = Grounds(told, (name, *(values[n].name for n in given)), right, rules, code.sources)
        return found
