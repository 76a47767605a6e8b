"""The elements of FHIR resources read into facts of a description, with a note for what is not understood."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from spinecode import vocabulary as v
from spinecode.description import CODE, DATE, VALUE_LIMIT, fact_properties, json_kind
from spinecode.fhir_concepts import Concept, Concepts, each, shown
from spinecode.fhir_mapping import BAR, FACT, PROSE, UNREAD, Element, Step, fhir_mapping
from spinecode.knowledge import Knowledge

TYPE: Final = "resourceType"
#: The most that is told of one resource.
NOTES: Final = 50
_WORDS: Final = "Words are not read as facts, since they also say what was not done."
_DATE: Final = re.compile(r"(\d{4}-\d{2}-\d{2})(?:T.*)?", re.DOTALL)
_UNITS: Final = re.compile(r"[1-9]\d{0,3}(?:\.0+)?")


@dataclass(frozen=True, slots=True)
class Note:
    """Something in a resource that is no fact of the description; ``element`` is its FHIRPath, ``rule`` an IRI.

    ``hints`` are the axes on which it names what may be meant.
    """

    severity: str
    element: str
    message: str
    fix: str = ""
    axis: str | None = None
    value: str | None = None
    rule: str = ""
    hints: tuple[str, ...] = ()


@dataclass(slots=True)
class Described:
    """A description that a resource holds.

    ``given`` are its facts by axis name, as in JSON, ``origins`` the FHIRPaths that each axis was read from.
    """

    node: str
    path: str
    given: dict[str, list[Any]] = field(default_factory=dict)
    origins: dict[str, list[str]] = field(default_factory=dict)
    notes: list[Note] = field(default_factory=list)

    def add(self, axis: str, value: Any, path: str) -> None:
        """Add a fact; one that is there already gets another origin."""
        given = self.given.setdefault(axis, [])
        if value not in given and len(given) <= VALUE_LIMIT:
            given.append(value)
        if path not in (origins := self.origins.setdefault(axis, [])) and len(origins) < NOTES:
            origins.append(path)

    def note(self, note: Note) -> None:
        """Add a note, up to as many as anybody reads."""
        if len(self.notes) < NOTES:
            self.notes.append(note)


@dataclass(slots=True)
class Part:
    """A resource, or a line of one, that is being read into ``into``; ``texts`` are words that may be no facts."""

    into: Described
    root: Mapping[str, Any]
    texts: list[tuple[Element, str, str]] = field(default_factory=list)
    modifiers: list[str] | None = None
    units: int | None = None


class Elements:
    """The reader of elements; ``known`` are the resources that others may refer to."""

    def __init__(self, knowledge: Knowledge, known: Mapping[str, Mapping[str, Any]]) -> None:
        self.index = knowledge.index
        self.mapping = fhir_mapping(knowledge)
        self.concepts = Concepts(self.mapping, self.index)
        self.axis_of = fact_properties(self.index)
        self.known = known

    def values(self, root: Any, steps: Iterable[Step], path: str, into: Described | None) -> Iterator[tuple[Any, str]]:
        """What stands at the end of some steps, with its FHIRPath; what is in the way is noted."""
        found = [(root, path)]
        for name, url in steps:
            further = []
            for value, place in found:
                if not isinstance(value, Mapping):
                    if into is not None:
                        into.note(self.malformed(place, value, "an object"))
                    continue
                for child, there in each(value.get(name), f"{place}.{name}"):
                    if url is None:
                        further.append((child, there))
                    elif isinstance(child, Mapping) and child.get("url") == url:
                        further += self._extension_values(child, f"{place}.{name}('{url}')")
            found = further
        yield from found

    @staticmethod
    def _extension_values(extension: Mapping[str, Any], path: str) -> list[tuple[Any, str]]:
        return [(value, f"{path}.value") for key, value in extension.items() if key.startswith("value")]

    def malformed(self, path: str, value: object, wanted: str) -> Note:
        """The note on something that is not of the form that FHIR has there."""
        message = f"{path} has to be {wanted}, and is {json_kind(value)}; it was not read."
        return Note(
            "violation", path, message, "Send FHIR R4, as its specification has it.", rule=f"{v.SPINE}FhirElement"
        )

    def read(
        self, part: Part, elements: Iterable[Element], one: Mapping[str, Any], path: str, within: bool = False
    ) -> None:
        """Read elements into a part; ``within`` tells that ``one`` is a line, to which their first step leads."""
        self._extensions(part, one, path)
        for element in elements:
            steps = element.steps[1:] if within else element.steps
            if element.kind == BAR or (element.if_silent and any(axis in part.into.given for axis in element.answers)):
                continue
            for value, place in self.values(one, steps, path, part.into):
                if element.kind == UNREAD:
                    message = f"{place} is not read."
                    part.into.note(Note("warning", place, message, element.fix, rule=element.iri))
                elif element.kind == PROSE:
                    if isinstance(value, str):
                        part.texts.append((element, place, value))
                elif element.kind == FACT:
                    self._fact(part, element, value, place)

    def _fact(self, part: Part, element: Element, value: Any, path: str) -> None:
        if element.answers == (DATE,):
            self._day(part, element, value, path)
        elif element.line_part == "units":
            self._units(part, element, value, path)
        elif element.line_part is not None:
            self._modifier(part, element, value, path)
        elif isinstance(value, Mapping):
            self._extensions(part, value, path)
            if "reference" in value or ("coding" not in value and "code" not in value and "identifier" in value):
                self._referred(part, element, value, path)
            else:
                self._concept(part, element, value, path)
        else:
            part.into.note(self.malformed(path, value, "an object with a coding or a text"))

    def _day(self, part: Part, element: Element, value: Any, path: str) -> None:
        if isinstance(value, Mapping):
            begin, end = value.get("start"), value.get("end")
            if begin is None:
                begin, end = end, None
            if isinstance(begin, str) and isinstance(end, str) and begin[:10] != end[:10]:
                message = f"{path} goes on until {shown(end)}; its first day was taken as the date of service."
                part.into.note(Note("info", path, message, element.fix, DATE, shown(begin), element.iri))
            value = begin
        found = _DATE.fullmatch(value) if isinstance(value, str) else None
        if found is not None and _is_day(found[1]):
            part.into.add(DATE, found[1], path)
            return
        given = shown(value) if isinstance(value, str) else json_kind(value)
        message = f"{path} is {given}, which is no day. Without a day the description is taken to be of today."
        fix = element.fix or "Give a day as YYYY-MM-DD, with a time or without."
        part.into.note(Note("warning", path, message, fix, DATE, given, element.iri))

    def _units(self, part: Part, element: Element, value: Any, path: str) -> None:
        number = value.get("value") if isinstance(value, Mapping) else None
        if isinstance(number, int | float) and not isinstance(number, bool) and _UNITS.fullmatch(str(number)):
            part.units = int(number)
            part.into.origins.setdefault(CODE, []).append(path)
            return
        message = f"{path} is no whole number of units, so none was taken from it."
        part.into.note(Note("warning", path, message, element.fix, CODE, None, element.iri))

    def _modifier(self, part: Part, element: Element, value: Any, path: str) -> None:
        if not isinstance(value, Mapping):
            part.into.note(self.malformed(path, value, "an object with a coding"))
            return
        found, unread = self.concepts.modifiers(value)
        part.modifiers = list(dict.fromkeys([*(part.modifiers or ()), *found]))[:VALUE_LIMIT]
        if not found:
            message = f"{path} is no modifier that can be read: {'; '.join(unread[:5]) or 'it has no coding'}."
            part.into.note(Note("warning", path, message, element.fix, CODE, None, element.iri))

    def _referred(self, part: Part, element: Element, value: Mapping[str, Any], path: str) -> None:
        """What another resource, or else the display of the reference, says."""
        reference = value.get("reference")
        target = self._resolved(part.root, reference) if isinstance(reference, str) else None
        kind = self.mapping.kinds.get(str(target.get(TYPE))) if target is not None else None
        if target is not None and kind is not None and kind.named_by:
            place = f"{path}.resolve().{kind.named_by}"
            for concept, there in each(target.get(kind.named_by), place):
                if isinstance(concept, Mapping):
                    self._concept(part, element, concept, there)
                else:
                    part.into.note(self.malformed(there, concept, "an object with a coding or a text"))
            return
        found = Concept(value=shown(reference) if isinstance(reference, str) else None)
        if isinstance(display := value.get("display"), str) and display.strip():
            self.concepts.text(found, display, element.answers)
        else:
            found.unread.append("it refers to a resource that was not sent along, and has no display")
        self._take(part, element, found, path)

    def _resolved(self, root: Mapping[str, Any], reference: str) -> Mapping[str, Any] | None:
        if not reference.startswith("#"):
            return self.known.get(reference)
        contained = root.get("contained")
        for one in contained if isinstance(contained, list) else ():
            if isinstance(one, Mapping) and one.get("id") == reference[1:]:
                return one
        return None

    def _concept(self, part: Part, element: Element, value: Mapping[str, Any], path: str) -> None:
        self._take(part, element, self.concepts.concept(value, element.answers), path)

    def _take(self, part: Part, element: Element, found: Concept, path: str) -> None:
        """Take the facts of a concept, and note what it says beside them."""
        for axis, value in found.facts:
            part.into.add(axis, value, path)
        if found.facts:
            if found.by_display:
                read = " and ".join(f"{axis} {value}" for axis, value in found.facts)
                message = f"{path}: {'; '.join(found.unread[:5])}. Its display was read: {read}."
                note = Note("info", path, message, self._fix(element, found), None, found.value, element.iri)
                part.into.note(note)
            part.texts += [(element, path, text) for text in found.texts]
            return
        if len(part.into.notes) >= NOTES:
            return
        seen = [fact for text in found.texts for fact in self.concepts.names_in(text)]
        told = [*found.unread[:5], *(f"{shown(text)!r} is no name of a value" for text in found.texts[:3])]
        message = f"{path}: {'; '.join(told) or 'it has neither a code nor a text'}. Nothing was concluded from it."
        if seen:
            message += f" In its words stand {_named(seen)}. {_WORDS}"
        alone = element.answers[0] if len(element.answers) == 1 else None
        fix = self._fix(element, found, seen)
        part.into.note(
            Note("warning", path, message, fix, alone, found.value, element.iri, tuple(axis for axis, _ in seen))
        )

    def _fix(self, element: Element, found: Concept, seen: list[tuple[str, str]] | None = None) -> str:
        say = self.concepts.how_to_say(element.answers, seen or found.facts)
        because = [f"{name}: {why}" for name, why in self.concepts.because.items() if name in " ".join(found.unread)]
        return " ".join(filter(None, (element.fix, say, *because)))

    def _extensions(self, part: Part, one: Mapping[str, Any], path: str) -> None:
        """Read our own extensions: the URL is a property of descriptions."""
        extensions = one.get("extension")
        for extension in extensions if isinstance(extensions, list) else ():
            url = extension.get("url") if isinstance(extension, Mapping) else None
            if not isinstance(url, str) or not url.startswith(v.SPINE):
                continue
            place = f"{path}.extension('{shown(url)}')"
            name = self.axis_of.get(url)
            values = self._extension_values(extension, place)
            if name is None or not values:
                what = "has no value" if name is not None else "is no property of descriptions"
                known = ", ".join(p.removeprefix(v.SPINE) for p in self.axis_of)
                message = f"{place} {what}; it was not read."
                fix = f"The extensions that are read are {v.SPINE} and one of {known}."
                part.into.note(Note("violation", place, message, fix, name, None, f"{v.SPINE}FhirElement"))
                continue
            for value, there in values:
                self._said(part, name, value, there)

    def _said(self, part: Part, axis: str, value: Any, path: str) -> None:
        """A value that was said in our own words; one that is not known is kept, so that the shapes tell of it."""
        if isinstance(value, Mapping):
            found = self.concepts.concept(value, (axis,))
            for name, text in found.facts:
                part.into.add(name, text, path)
            if not found.facts:
                part.into.add(axis, shown(found.value or "").rpartition("|")[2] or "?", path)
        elif isinstance(value, str) and axis == DATE:
            part.into.add(axis, value[:10], path)
        elif isinstance(value, str | int) and not isinstance(value, bool):
            part.into.add(axis, str(value), path)
        else:
            part.into.note(self.malformed(path, value, "a text or a coding"))

    def finish(self, part: Part) -> None:
        """Tell of names in words that are no facts, on the axes that nothing else was said on."""
        words: dict[str, tuple[Element, list[str]]] = {}
        for element, path, text in part.texts:
            words.setdefault(path, (element, []))[1].append(text)
        for path, (element, texts) in words.items():
            if len(part.into.notes) >= NOTES:
                return
            seen = [fact for text in texts for fact in self.concepts.names_in(text, part.into.given)]
            if seen:
                message = f"{path}: in its words stand {_named(seen)}, on which nothing else was said. {_WORDS}"
                axes = {name for name, _ in seen}
                axis = next(iter(axes)) if len(axes) == 1 else None
                fix = self.concepts.how_to_say((), seen)
                part.into.note(Note("info", path, message, fix, axis, None, element.iri, tuple(axes)))


def _named(seen: Iterable[tuple[str, str]]) -> str:
    told = list(dict.fromkeys(f"{axis} {value}" for axis, value in seen))
    return ", ".join(told[:8]) + (" and more" if len(told) > 8 else "")


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
