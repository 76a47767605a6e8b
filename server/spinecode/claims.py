"""What was reported against what a description implies: which code, unit or modifier is wrong or missing, and why.

What is found is concluded as statements about the description; the shapes say that none of them may be there, how bad
each is, and how to mend it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

from spinecode.claimed_codes import ClaimedCodes, Grounds
from spinecode.comparison import listed
from spinecode.reported import ReportedLine
from spinecode.rules import Code

__all__ = ["OF_CODES", "OF_LINES", "Claim", "Grounds", "judged"]


class Claim(ClaimedCodes):
    """A claim with the units and modifiers of its lines."""

    # ------------------------------------------------------------------ units

    def _is_first_level(self, name: str) -> bool:
        """Whether every definition of a code asks for the first of what is counted."""
        counting = self.index.counting_axis
        definitions = [self.index.definitions[bit] for bit in self.index.bits_of_code.get(name, ())]
        if counting is None or not definitions:
            return False
        first = {n for n in counting.values if self.index.values[n].position == 1}
        return all(
            any(r.axis == counting.name and set(r.accepts) <= first for r in d.requirements) for d in definitions
        )

    def _groups(self, name: str) -> dict[tuple[str, ...], list[ReportedLine]]:
        """The lines of a code by their modifiers: one side and the other may stand on lines of their own."""
        found: dict[tuple[str, ...], list[ReportedLine]] = {}
        for line in self.lines:
            if line.code == name:
                found.setdefault(tuple(sorted(line.modifiers or ())), []).append(line)
        return found

    def repeated_first_levels(self) -> dict[str, Grounds]:
        """The codes for a first level that were reported more than once."""
        found = {}
        for name in self.codes:
            groups = self._groups(name)
            most = max(sum(line.units or 1 for line in lines) for lines in groups.values())
            beside = len(groups) > 1 and () in groups
            if (most > 1 or beside) and self._is_first_level(name):
                times = sum(line.units or 1 for lines in groups.values() for line in lines)
                code = self._code(name)
                further = tuple(c.code for c in self.index.codes.values() if name in c.add_on_to)
                told = f"{name} was reported {times} times; a coding region has one first level."
                if further:
                    told += f" {listed(further, 'or')} is for each further one."
                texts = tuple(line.text for lines in groups.values() for line in lines)
                rules = (code.iri, *(self._code(one).iri for one in further))
                found[name] = Grounds(told, texts, (f"{name} x1", *further), rules, code.sources)
        return found

    def other_units(self) -> dict[str, Grounds]:
        """The lines whose units are not the implied ones, or more than their code ever takes."""
        found = {}
        repeated = self.repeated_first_levels()
        implied = {line.code: line for line in self.selection.lines} if self.selection is not None else {}
        for name in self.codes:
            code = self._code(name)
            for lines in self._groups(name).values() if name not in repeated else ():
                if all(line.units is None for line in lines):
                    continue
                total = sum(line.units or 1 for line in lines)
                line = implied.get(name)
                expected = line.units if line is not None else None
                why = f"; its unit is {code.unit}" if code.unit else ""
                if expected is not None and line is not None and total != expected:
                    levels = f" for {listed(line.levels)}" if line.levels else ""
                    told = f"{name} was reported with {_count(total)}; the description implies {expected}{levels}{why}."
                elif expected is None and code.max_units is not None and total > code.max_units:
                    told = f"{name} was reported with {_count(total)}; it takes {code.max_units} at most{why}."
                    expected = code.max_units
                else:
                    continue
                for one in lines:
                    given = (f"{name} x{total}",)
                    found[one.text] = Grounds(told, given, (f"{name} x{expected}",), (code.iri,), code.sources)
        return found

    # ------------------------------------------------------------------ modifiers

    @cached_property
    def _standing(self) -> dict[str, list[int]]:
        """The modifiers that stand for a value, with the values."""
        found: dict[str, list[int]] = {}
        for value in self.index.values:
            for modifier in value.modifiers:
                found.setdefault(modifier, []).append(value.id)
        return found

    def _by_line(self, why: Callable[[ReportedLine], Grounds | None]) -> dict[str, Grounds]:
        found = {}
        for line in self.lines:
            if line.modifiers is not None and (grounds := why(line)) is not None:
                found[line.text] = grounds
        return found

    def unknown_modifiers(self) -> dict[str, Grounds]:
        """The lines with a modifier of which the ontology says nothing."""
        known = {modifier.name for modifier in self.index.rules.modifiers}

        def why(line: ReportedLine) -> Grounds | None:
            strange = tuple(m for m in line.modifiers or () if m not in known)
            if not strange:
                return None
            return Grounds(f"{listed(strange)} was given.", strange, tuple(sorted(known)), (self._code(line.code).iri,))

        return self._by_line(why)

    def refused_modifiers(self) -> dict[str, Grounds]:
        """The lines with a modifier that their code does not take."""

        def why(line: ReportedLine) -> Grounds | None:
            code = self._code(line.code)
            wrong = tuple(m for m in line.modifiers or () if m in self._standing and m not in code.modifiers)
            if not wrong:
                return None
            takes = f"it takes only {listed(code.modifiers)}" if code.modifiers else "it takes none of this kind"
            told = f"{line.code} was reported with {listed(wrong)}; {takes}."
            if code.bilateral_indicator is not None and not code.modifiers:
                told += f" Its indicator for both sides is {code.bilateral_indicator}."
            return Grounds(told, (line.text,), (line.code, *code.modifiers), (code.iri,), code.sources)

        return self._by_line(why)

    def _stated(self, code: Code) -> dict[str, list[str]]:
        """By axis that the description answers on, the modifiers of the code that stand for the answers."""
        found: dict[str, list[str]] = {}
        for modifier, numbers in self._standing.items():
            for number in numbers:
                axis = self.index.values[number].axis
                if axis in self.facts and modifier in code.modifiers:
                    found.setdefault(axis, [])
                    if number in self.facts[axis]:
                        found[axis].append(modifier)
        return found

    def other_modifiers(self) -> dict[str, Grounds]:
        """The lines with a modifier for another value than the description gives."""
        return self._by_line(lambda line: self._compared(line, missing=False))

    def without_modifiers(self) -> dict[str, Grounds]:
        """The lines without a modifier that stands for a value that the description gives."""
        return self._by_line(lambda line: self._compared(line, missing=True))

    def _compared(self, line: ReportedLine, *, missing: bool) -> Grounds | None:
        code, told = self._code(line.code), set(line.modifiers or ())
        for axis, right in self._stated(code).items():
            of_axis = {m for m, ns in self._standing.items() if any(self.index.values[n].axis == axis for n in ns)}
            other = (told & of_axis & set(code.modifiers)) - set(right)
            absent = set(right) - told
            if (missing and (other or not absent)) or (not missing and not other):
                continue
            given = [self.index.values[n] for n in self.facts[axis]]
            label = self.index.axes[axis].label
            stands = listed(sorted(right)) if right else "no modifier"
            reported = f"with {listed(sorted(other))}" if other else f"without {listed(sorted(absent))}"
            sentence = f"{line.code} was reported {reported}; the {label} given is {listed([v.label for v in given])}"
            sentence += f", which {stands} stands for."
            expected = ("-".join([line.code, *sorted(right)]),)
            rules = (code.iri, *(value.iri for value in given))
            return Grounds(sentence, (line.text, *(value.name for value in given)), expected, rules, code.sources)
        return None


def _count(units: int) -> str:
    return f"{units} unit{'' if units == 1 else 's'}"


#: By the name of the property that is concluded, what finds it: of codes, and of lines.
OF_CODES: Mapping[str, Callable[[Claim], dict[str, Grounds]]] = {
    "outdatedCode": Claim.outdated,
    "refutedCode": Claim.refuted,
    "unreportedCode": Claim.unreported,
    "missingAddOn": Claim.missing_add_ons,
    "unaccompaniedCode": Claim.unaccompanied,
    "includedGuidance": Claim.included_guidance,
    "otherGuidance": Claim.other_guidance,
    "repeatedFirstLevel": Claim.repeated_first_levels,
}
OF_LINES: Mapping[str, Callable[[Claim], dict[str, Grounds]]] = {
    "lineWithOtherUnits": Claim.other_units,
    "lineWithUnknownModifier": Claim.unknown_modifiers,
    "lineWithRefusedModifier": Claim.refused_modifiers,
    "lineWithOtherModifier": Claim.other_modifiers,
    "lineWithoutModifier": Claim.without_modifiers,
}


def judged(claim: Claim) -> dict[str, dict[str, Grounds]]:
    """All that is concluded of a claim, by the name of the property and by code or text of the line."""
    if not claim.lines or claim.is_plainly_right():
        return {}
    found: dict[str, dict[str, Grounds]] = {}
    readers: Sequence[tuple[str, Callable[[Claim], dict[str, Grounds]]]] = [*OF_CODES.items()]
    if any(line.modifiers is not None or line.units is not None for line in claim.lines):
        readers = [*readers, *OF_LINES.items()]
    for name, read in readers:
        if grounds := read(claim):
            found[name] = grounds
    return found
