"""FHIR R4 resources read into descriptions by axis names, with a note for each thing that is not understood.

What is read, and from where, stands in the ontology (``ontology/fhir``); nothing is concluded from what is not there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from spinecode import vocabulary as v
from spinecode.description import CODE, DATE, json_kind
from spinecode.errors import InputError
from spinecode.fhir_concepts import each, shown
from spinecode.fhir_elements import NOTES, TYPE, Described, Elements, Note, Part
from spinecode.fhir_mapping import BAR, Element, ResourceKind, fhir_mapping
from spinecode.knowledge import Knowledge
from spinecode.reported import line_of

BUNDLE: Final = "Bundle"
#: The most entries of a Bundle, or lines of a claim, that are read together.
ENTRY_LIMIT: Final = 1000
_IRI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:[^\s<>\"{}|\\^`]{1,500}")
_ID: Final = re.compile(r"[A-Za-z0-9.-]{1,64}")


@dataclass(frozen=True, slots=True)
class FhirReading:
    """What some FHIR holds: descriptions, and notes on resources and lines that are none."""

    described: tuple[Described, ...]
    notes: tuple[Note, ...]


def is_fhir(item: object) -> bool:
    """Whether an object of JSON says that it is a FHIR resource."""
    return isinstance(item, Mapping) and TYPE in item


def read_fhir(knowledge: Knowledge, resource: Mapping[str, Any], number: int = 1) -> FhirReading:
    """Read a resource, or a Bundle of them; ``number`` tells descriptions without an id from those of other resources.

    Raises InputError for a type that is not read and for a Bundle without a list of entries.
    """
    return _Reader(knowledge, number).read(resource)


class _Reader:
    def __init__(self, knowledge: Knowledge, number: int) -> None:
        self.index = knowledge.index
        self.mapping = fhir_mapping(knowledge)
        self.number = number
        self.known: dict[str, Mapping[str, Any]] = {}
        self.elements = Elements(knowledge, self.known)
        self.by_reference: dict[str, list[Described]] = {}
        self.described: list[Described] = []
        self.notes: list[Note] = []
        self.nodes: set[str] = set()

    def read(self, resource: Mapping[str, Any]) -> FhirReading:
        """Read a resource or a Bundle."""
        entries = list(self._entries(resource))
        for _, one, url in entries:
            for name in filter(None, (url, self._reference_of(one))):
                self.known.setdefault(name, one)
        adding = []
        others: dict[str, int] = {}
        # lines come after the procedures that they may be of
        for path, one, url in sorted(entries, key=lambda entry: self._has_lines(entry[1])):
            kind = self.mapping.kinds.get(str(one.get(TYPE)))
            if kind is not None and kind.adds_to:
                adding.append((path, one, kind))
            elif kind is not None and not kind.named_by:
                self._describe(kind, one, path, url)
            else:
                name = shown(str(one.get(TYPE)))
                others[name] = others.get(name, 0) + 1
        for path, one, kind in adding:
            self._add(kind, one, path)
        self.described = [one for one in self.described if self._kept(one)]
        if others and resource.get(TYPE) == BUNDLE:
            told = ", ".join(f"{count} {name}" for name, count in sorted(others.items())[:10])
            message = f"Bundle.entry: resources of other types are not descriptions of injections ({told})."
            self.notes.append(Note("info", "Bundle.entry", message, rule=f"{v.SPINE}FhirResourceKind"))
        return FhirReading(tuple(self.described), tuple(self.notes[:NOTES]))

    def _entries(self, resource: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any], str | None]]:
        kind = resource.get(TYPE)
        if kind != BUNDLE:
            if not isinstance(kind, str) or kind not in self.mapping.described_types:
                known = ", ".join((*self.mapping.described_types, BUNDLE))
                told = repr(shown(kind)) if isinstance(kind, str) else json_kind(kind)
                raise InputError.of(
                    f"A FHIR resource of the type {told} is not read; those that are: {known}.", value=TYPE
                )
            yield kind, resource, None
            return
        entries = resource.get("entry")
        if not isinstance(entries, list) or not entries:
            raise InputError.of("Bundle.entry has to be a list of entries with a resource each.", value="entry")
        _check_number(len(entries), "Bundle.entry")
        for number, entry in enumerate(entries):
            one = entry.get("resource") if isinstance(entry, Mapping) else None
            path = f"Bundle.entry[{number}].resource"
            if not isinstance(one, Mapping) or not isinstance(one.get(TYPE), str):
                message = f"{path} is no resource: it has to be an object with a {TYPE}."
                self.notes.append(Note("violation", path, message, "Send a resource in each entry."))
                continue
            url = entry.get("fullUrl")
            yield path, one, url if isinstance(url, str) and _IRI.fullmatch(url) else None

    def _has_lines(self, one: Mapping[str, Any]) -> bool:
        kind = self.mapping.kinds.get(str(one.get(TYPE)))
        return kind is not None and kind.lines is not None

    @staticmethod
    def _reference_of(one: Mapping[str, Any]) -> str | None:
        name = one.get("id")
        return f"{one.get(TYPE)}/{name}" if isinstance(name, str) and _ID.fullmatch(name) else None

    def _node(self, one: Mapping[str, Any], url: str | None, suffix: str = "") -> str:
        reference = self._reference_of(one)
        base = url or (f"urn:spinecode:{reference}" if reference else f"urn:spinecode:description:{self.number}")
        name, count = base + suffix, 1
        while name in self.nodes:
            count += 1
            name = f"{base}{suffix}{'.' if suffix else '#'}{count}"
        self.nodes.add(name)
        return name

    # ------------------------------------------------------------------ resources

    def _describe(self, kind: ResourceKind, one: Mapping[str, Any], path: str, url: str | None) -> None:
        if self._barred(kind, one, path):
            return
        if kind.lines is not None:
            self._describe_lines(kind, one, path, url)
            return
        part = Part(Described(self._node(one, url), path), one)
        self.elements.read(part, kind.elements, one, path)
        self.elements.finish(part)
        self.described.append(part.into)
        for name in filter(None, (url, self._reference_of(one))):
            self.by_reference.setdefault(name, []).append(part.into)

    def _barred(self, kind: ResourceKind, one: Mapping[str, Any], path: str, within: str | None = None) -> bool:
        for element in kind.elements:
            steps = element.steps[1:] if within else element.steps
            if element.kind != BAR or (element.steps[0][0] == kind.lines) != bool(within):
                continue
            for value, place in self.elements.values(one, steps, path, None):
                if not element.bars or value in element.bars:
                    what = f" is {value!r}" if element.bars else " is there"
                    message = f"{place}{what}, so {path} was left out."
                    self.notes.append(Note("warning", place, message, element.fix, rule=element.iri))
                    return True
        return False

    def _add(self, kind: ResourceKind, one: Mapping[str, Any], path: str) -> None:
        """Add what a resource says to the descriptions that it names."""
        if self._barred(kind, one, path):
            return
        references = [ref for ref, _ in each(one.get(str(kind.adds_to)), "") if isinstance(ref, Mapping)]
        into = {id(d): d for ref in references for d in self.by_reference.get(str(ref.get("reference")), ())}
        for described in into.values():
            part = Part(described, one)
            self.elements.read(part, kind.elements, one, path)
            self.elements.finish(part)
        if not into:
            message = f"{path} belongs to no procedure in what was sent, so it was left out."
            fix = f"Name the procedure, in the same Bundle, in {kind.type}.{kind.adds_to}."
            self.notes.append(Note("info", path, message, fix, rule=kind.iri))

    def _kept(self, described: Described) -> bool:
        """Whether a resource says anything that a description is made of; else what it says is told without one."""
        if set(described.given) - {DATE}:
            return True
        hinted = {axis for note in described.notes for axis in note.hints}
        # in a Bundle of much else one word, such as a side, does not make a procedure one of ours
        alone = described.path == described.path.partition(".")[0]
        telling = alone or len(hinted) > 1
        self.notes += [note for note in described.notes if telling or note.severity == "violation"]
        seen = ", ".join(dict.fromkeys(note.value for note in described.notes if note.value))
        message = f"{described.path} says nothing that is known here{f' ({shown(seen)})' if seen else ''}."
        fix = f"It was left out. {self.elements.concepts.how_to_say(self._axes())}"
        self.notes.append(Note("info", described.path, message, fix, rule=f"{v.SPINE}FhirResourceKind"))
        return False

    def _axes(self) -> list[str]:
        return [axis.name for axis in self.index.asked_axes]

    # ------------------------------------------------------------------ lines

    def _describe_lines(self, kind: ResourceKind, one: Mapping[str, Any], path: str, url: str | None) -> None:
        """Read the lines of a resource: those of one day and one family of codes make one description."""
        inner = [element for element in kind.elements if element.steps[0][0] == kind.lines]
        outer = [element for element in kind.elements if element.steps[0][0] != kind.lines]
        whole = Part(Described("", path), one)
        self.elements.read(whole, outer, one, path)
        lines = one.get(str(kind.lines))
        _check_number(len(lines) if isinstance(lines, list) else 1, f"{path}.{kind.lines}")
        procedures = self._procedures(kind, one, path)
        joined: dict[int, tuple[Described, list[Part]]] = {}
        groups: dict[tuple[str, str], list[Part]] = {}
        beside: dict[str, list[Part]] = {}
        for line, place in each(lines, f"{path}.{kind.lines}"):
            if not isinstance(line, Mapping):
                self.notes.append(self.elements.malformed(place, line, "an object"))
            elif not self._barred(kind, line, place, kind.lines):
                part = Part(Described("", place), one)
                # what is read only where others are silent is silent until the lines are together
                steps = [element for element in inner if not element.if_silent]
                self.elements.read(part, steps, line, place, within=True)
                self._line(part)
                day = str(next(iter(part.into.given.get(DATE, whole.into.given.get(DATE, ()))), ""))
                codes = [
                    found.code
                    for text in part.into.given.get(CODE, ())
                    if (found := line_of(self.index, self._text(text)))
                ]
                if not codes:
                    self.notes += [note for note in part.into.notes if note.severity == "violation"]
                    seen = next((note.value for note in part.into.notes if note.value), "")
                    message = (
                        f"{place} has no code that is known here{f' ({seen})' if seen else ''}, so it was left out."
                    )
                    self.notes.append(Note("info", place, message, rule=kind.iri))
                elif (of := self._procedure_of(line, procedures)) is not None:
                    joined.setdefault(id(of), (of, []))[1].append(part)
                elif self.index.codes[codes[0]].guides_by:
                    beside.setdefault(day, []).append(part)
                else:
                    groups.setdefault((day, self.index.codes[codes[0]].family), []).append(part)
        for day, parts in beside.items():
            near = [found for (other, _), found in groups.items() if other == day]
            for together in near or [groups.setdefault((day, ""), [])]:
                together.extend(parts)
        silent = [element for element in inner if element.if_silent]
        for number, parts in enumerate(groups.values(), 1):
            into = Described(self._node(one, url, f"#{number}" if len(groups) > 1 else ""), path)
            self._together(parts, whole, silent, into)
            self.described.append(into)
        for of, parts in joined.values():
            # a code that a line has too is told there with its units
            lines_of = {self._text(code) for part in parts for code in part.into.given.get(CODE, ())}
            of.given[CODE] = [code for code in of.given.get(CODE, ()) if code not in lines_of]
            self._together(parts, whole, silent, of)

    def _procedures(self, kind: ResourceKind, one: Mapping[str, Any], path: str) -> dict[Any, Described]:
        """The descriptions of the procedures that a claim names, by their numbers in it."""
        name, _, reference = (kind.lines_of or "").partition(".")
        found: dict[Any, Described] = {}
        for entry, place in each(one.get(name), f"{path}.{name}") if name else ():
            target = entry.get(reference) if isinstance(entry, Mapping) else None
            if not isinstance(target, Mapping):
                continue
            described = self.by_reference.get(str(target.get("reference")))
            if not described:
                message = (
                    f"{place}.{reference} is no procedure that was sent along, so the lines are judged without it."
                )
                fix = "Send the procedure in the same Bundle; the lines are then judged by what it says."
                self.notes.append(Note("info", f"{place}.{reference}", message, fix, rule=kind.iri))
            elif isinstance(number := entry.get("sequence"), int):
                found[number] = described[0]
        return found

    @staticmethod
    def _procedure_of(line: Mapping[str, Any], procedures: Mapping[Any, Described]) -> Described | None:
        """The procedure that a line is of: the one that it names, or else the only one that the claim names."""
        named = line.get("procedureSequence")
        if isinstance(named, list) and named:
            return next((procedures[one] for one in named if isinstance(one, int) and one in procedures), None)
        only = {id(described): described for described in procedures.values()}
        return next(iter(only.values())) if len(only) == 1 else None

    @staticmethod
    def _text(given: Any) -> str:
        return str(given["code"]) if isinstance(given, Mapping) else str(given)

    def _line(self, part: Part) -> None:
        """Give the code of a line its modifiers and units."""
        codes = part.into.given.get(CODE, [])
        if len(codes) == 1 and (part.units is not None or part.modifiers is not None):
            line: dict[str, Any] = {"code": codes[0]}
            if part.units is not None:
                line["units"] = part.units
            line["modifiers"] = part.modifiers or []
            codes[0] = line

    def _together(self, parts: list[Part], whole: Part, silent: list[Element], into: Described) -> None:
        """Put lines into one description, and what the whole claim says where it says nothing."""
        for part in parts:
            for axis, values in part.into.given.items():
                for value in values:
                    # two lines with the same code are two, as submitted
                    if axis == CODE and value in into.given.get(CODE, ()):
                        into.given[CODE].append(value)
                    for place in part.into.origins.get(axis, [part.into.path])[:1]:
                        into.add(axis, value, place)
            for note in part.into.notes:
                into.note(note)
        for axis, values in whole.into.given.items():
            if axis not in into.given:
                for value in values:
                    into.add(axis, value, whole.into.origins[axis][0])
        for note in whole.into.notes:
            into.note(note)
        for element in silent:
            self._implied(element, parts, into)

    def _implied(self, element: Element, parts: list[Part], into: Described) -> None:
        """What the modifiers of lines stand for, where nothing else is said of it and they agree."""
        modifiers: dict[str, str] = {}
        for part in parts:
            for modifier in part.modifiers or ():
                modifiers.setdefault(modifier, part.into.path)
        for axis in element.answers:
            values: dict[str, str] = {}
            for modifier, place in modifiers.items():
                for _, value in self.elements.concepts.stood_for(modifier, (axis,)):
                    values.setdefault(value, place)
            if axis in into.given or not values:
                continue
            if len(values) == 1:
                value, place = next(iter(values.items()))
                into.add(axis, value, f"{place}.{element.steps[-1][0]}")
                continue
            message = (
                f"{into.path}: the modifiers {', '.join(sorted(modifiers))} of the lines stand for different values "
                f"of the axis {axis}, so nothing was taken from them."
            )
            into.note(Note("info", into.path, message, element.fix, axis, rule=element.iri))


def _check_number(number: int, path: str) -> None:
    if number > ENTRY_LIMIT:
        message = (
            f"{path} has {number} parts; at most {ENTRY_LIMIT} are read together. Send a resource a line (NDJSON)."
        )
        raise InputError.of(message)
