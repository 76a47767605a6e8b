"""What a coded element of a FHIR resource means: its codes through the alignments, its words by the names of values."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from spinecode.description import CODE, DATE
from spinecode.fhir_mapping import FhirMapping, Meant
from spinecode.index import RuleIndex
from spinecode.reported import line_of
from spinecode.spelling import fold

#: How much of a text is looked at, in characters, and how many words a name has at most.
_TEXT_LIMIT: Final = 2000
_WORDS: Final = 6
#: Names of so few letters are found in any text.
_SHORTEST: Final = 3
#: What separates names in a text that is a list of them.
_LISTED: Final = re.compile(r"[,;+]")
_WORD: Final = re.compile(r"[\w/&'-]+")
#: How many codings of one concept are looked at, and how much of a text is told.
_CODINGS: Final = 20
_TOLD: Final = 120
#: How many extensions a fix spells out.
_SAID: Final = 8


@dataclass(slots=True)
class Concept:
    """What a coded element was read as.

    ``facts`` are axis names with the texts that name their values. ``by_display`` tells whether they were taken from
    the display of a code that could not be read, ``unread`` says of each code why it was not, ``texts`` are the words
    that are no names, and ``value`` is the first code as FHIR writes it, or the first text.
    """

    facts: list[tuple[str, str]] = field(default_factory=list)
    by_display: bool = False
    unread: list[str] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    value: str | None = None


class Concepts:
    """The reader of coded elements."""

    def __init__(self, mapping: FhirMapping, index: RuleIndex) -> None:
        self.mapping = mapping
        self.index = index
        #: Why the systems that were met are not aligned.
        self.because: dict[str, str] = {}

    def concept(self, given: Mapping[str, Any], axes: Sequence[str]) -> Concept:
        """What a CodeableConcept, or a Coding by itself, says on some axes."""
        found = Concept()
        codings = given.get("coding", [given] if "code" in given or "display" in given else [])
        displays = []
        for coding in codings[:_CODINGS] if isinstance(codings, list) else ():
            if not isinstance(coding, Mapping):
                found.unread.append("a coding that is no object")
                continue
            facts, why = self._coding(coding, axes)
            found.facts += facts
            if not facts:
                found.unread.append(why)
            display = coding.get("display")
            if isinstance(display, str) and display.strip():
                displays.append(display)
            if found.value is None and isinstance(coding.get("code"), str):
                found.value = f"{coding['system']}|{coding['code']}" if coding.get("system") else coding["code"]
        text = given.get("text")
        if isinstance(text, str) and text.strip():
            self.text(found, text, axes)
        if not found.facts:
            # the words of a code that cannot be read may still be a name
            for display in displays:
                self.text(found, display, axes)
            found.by_display = bool(found.facts) and bool(found.unread)
        else:
            found.texts += [display for display in displays if not self.named(display, axes)]
        found.facts = list(dict.fromkeys(found.facts))
        found.texts = list(dict.fromkeys(found.texts))
        return found

    def text(self, found: Concept, text: str, axes: Sequence[str]) -> None:
        """Add what a text says that is, as a whole, a name of a value or a list of such names."""
        text = text.strip()
        found.value = found.value or shown(text)
        if facts := self.named(text, axes):
            found.facts += facts
        else:
            found.texts.append(text)

    def named(self, text: str, axes: Sequence[str]) -> list[tuple[str, str]]:
        """The values that a text is the name of, or a list of the names of; none unless all of it is understood."""
        if len(text) > _TEXT_LIMIT:
            return []
        if whole := self._name(text, axes):
            return whole
        parts = [part for part in _LISTED.split(text) if part.strip()]
        each = [self._name(part, axes) for part in parts]
        return [fact for facts in each for fact in facts] if len(parts) > 1 and all(each) else []

    def _name(self, text: str, axes: Sequence[str]) -> list[tuple[str, str]]:
        return self._facts(self.mapping.names.get(fold(text), ()), axes)

    def _facts(self, meant: Iterable[Meant], axes: Sequence[str]) -> list[tuple[str, str]]:
        return [(axis, self.index.values[number].name) for axis, number in meant if axis in axes]

    def _coding(self, coding: Mapping[str, Any], axes: Sequence[str]) -> tuple[list[tuple[str, str]], str]:
        """What a coding says, or why it says nothing here."""
        name, code = coding.get("system"), coding.get("code")
        if not isinstance(code, str) or not code.strip():
            return [], "a coding without a code"
        code = code.strip()
        if (axis := self.mapping.axis_of_scheme.get(name if isinstance(name, str) else "")) is not None:
            return self._of_axis(axis, code, axes)
        system = self.mapping.systems.get(name) if isinstance(name, str) else None
        iri = f"{system.start}{system.bare(code)}" if system is not None and system.start else code
        if CODE in axes and system is not None and system.names_codes and line_of(self.index, code) is not None:
            return [(CODE, code)], ""
        meant = self.mapping.targets.get(iri, ())
        if facts := self._facts(meant, axes):
            return facts, ""
        label = system.label if system is not None else f"the system {shown(str(name))}" if name else "no system"
        told = f"{label} {shown(code)}" if system is not None else f"{shown(code)} of {label}"
        if meant:
            axis = meant[0][0]
            return [], f"{told} answers on the axis {axis}, which is not read from here"
        if iri in self.mapping.terms:
            return [], f"{told} is our term {self.mapping.terms[iri]!r}, which answers on no axis read from here"
        if system is None:
            return [], f"{told} is not known here" if name else f"{told} cannot be told apart from other codes"
        if system.names_codes and CODE in axes:
            nearest = self.index.nearest_codes(code)
            meaning = f" (near ones are {', '.join(nearest)})" if nearest else ""
            return [], f"{told} is no code that this ontology knows{meaning}"
        if system.unaligned_because:
            self.because[system.label] = system.unaligned_because
        return [], f"{told} is not aligned with a value"

    def _of_axis(self, axis: str, code: str, axes: Sequence[str]) -> tuple[list[tuple[str, str]], str]:
        number = self.index.value_named(axis, code)
        if number is None:
            nearest = ", ".join(self.index.nearest_values(axis, code))
            return [], f"{shown(code)} is no {self.index.axes[axis].label}" + (
                f" (near are {nearest})" if nearest else ""
            )
        if axis not in axes:
            return [], f"{shown(code)} answers on the axis {axis}, which is not read from here"
        return [(axis, self.index.values[number].name)], ""

    def modifiers(self, given: Mapping[str, Any]) -> tuple[list[str], list[str]]:
        """The modifiers that a CodeableConcept gives, and why other codings of it are none."""
        found, unread = [], []
        codings = given.get("coding")
        for coding in codings[:_CODINGS] if isinstance(codings, list) else ():
            name = coding.get("system") if isinstance(coding, Mapping) else None
            code = coding.get("code") if isinstance(coding, Mapping) else None
            system = self.mapping.systems.get(name) if isinstance(name, str) else None
            if not isinstance(code, str) or not re.fullmatch(r"[0-9A-Za-z]{2}", code.strip()):
                unread.append("a coding that is no modifier, which has two characters")
            elif name is None or (system is not None and system.names_modifiers):
                found.append(code.strip().upper())
            else:
                unread.append(f"{code} of the system {shown(str(name))} is no modifier that is known here")
        text = given.get("text")
        if not found and isinstance(text, str) and re.fullmatch(r"[0-9A-Za-z]{2}", text.strip()):
            found.append(text.strip().upper())
        return list(dict.fromkeys(found)), unread

    def stood_for(self, modifier: str, axes: Sequence[str]) -> list[tuple[str, str]]:
        """The values that a modifier is reported for."""
        values = (v for v in self.index.values if v.axis in axes and modifier in v.modifiers)
        return [(value.axis, value.name) for value in values]

    def names_in(self, text: str, but: Iterable[str] = ()) -> list[tuple[str, str]]:
        """The values that are named somewhere in a text, the longest names first seen, apart from some axes."""
        left, silent = set(but), []
        words = _WORD.findall(fold(text[:_TEXT_LIMIT]))
        place = 0
        while place < len(words):
            for size in range(min(_WORDS, len(words) - place), 0, -1):
                name = " ".join(words[place : place + size])
                meant = self.mapping.names.get(fold(name), ()) if _telling(name) else ()
                if meant:
                    silent += [(axis, self.index.values[n].name) for axis, n in meant if axis not in left]
                    place += size - 1
                    break
            place += 1
        return list(dict.fromkeys(silent))

    def how_to_say(self, axes: Sequence[str], facts: Sequence[tuple[str, str]] = ()) -> str:
        """How else to say something on some axes: extensions for all that may be meant, or one as an example."""
        sayable = self._sayable(facts)
        if sayable:
            return f'If it is so, say so: "extension": {json.dumps([self._extension(*fact) for fact in sayable])}.'
        axis = next((one for one in axes if one not in (DATE, CODE)), None)
        if axis is None:
            return ""
        value = self.index.values[self.index.axes[axis].values[0]].name
        example = json.dumps(self._extension(axis, value))
        return f"Give the name of a value as the text, or an extension such as {example}."

    def _sayable(self, facts: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
        """The facts that may stand together: those on an axis with one value are none where there are several."""
        values: dict[str, set[str]] = {}
        for axis, value in facts:
            values.setdefault(axis, set()).add(value)
        kept = (f for f in dict.fromkeys(facts) if self.index.axes[f[0]].repeatable or len(values[f[0]]) == 1)
        return list(kept)[:_SAID]

    def _extension(self, axis: str, value: str) -> dict[str, str]:
        return {"url": self.index.axes[axis].property, "valueCode": value}


def _telling(name: str) -> bool:
    """Whether a name is long enough to mean itself in the midst of words, as a level is by its number."""
    return len(name) >= _SHORTEST or (name[-1].isdigit() and not name[0].isdigit())


def shown(text: str) -> str:
    """A text as it is told, cut where it is long."""
    text = " ".join(text.split())
    return text if len(text) <= _TOLD else f"{text[:_TOLD]}..."


def each(value: Any, path: str) -> Iterator[tuple[Any, str]]:
    """The items of a list, or a value by itself, with their paths."""
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield item, f"{path}[{number}]"
    elif value is not None:
        yield value, path
