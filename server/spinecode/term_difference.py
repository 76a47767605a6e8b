"""How what is said of a thing differs between two versions, in the words that the ontology has for its properties."""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final
from typing import Literal as OneOf

from pyoxigraph import Literal, NamedNode

from spinecode import vocabulary as v
from spinecode.statements import Said, Statements
from spinecode.versions import Version
from spinecode.vocabulary import term

Part = OneOf["axes", "coding", "other"]

#: What the properties of the common vocabularies are called; of our own, the ontology says it.
_CALLED: Final = {
    v.LABEL: "label",
    v.PREF_LABEL: "label",
    v.ALT_LABEL: "alternative label",
    v.NOTATION: "short name",
    v.DEFINITION: "definition",
    v.NOTE: "note",
    v.COMMENT: "comment",
    v.SOURCE: "source",
    v.TYPE: "class",
    v.SUBCLASS: "broader class",
    v.ONE_OF: "member",
    v.UNION: "member of the union",
    v.CHAIN: "follows from",
}
_FIRST: Final = tuple(name.value for name in _CALLED)
_ENGLISH: Final = (None, "en")
_OWL: Final = v.PREFIXES["owl"]
_CLASS: Final = term("owl:Class")
_INDIVIDUAL: Final = term("owl:NamedIndividual")
#: What is said about codes beside their definitions.
_CODING: Final = {
    term(f"spine:{name}").value for name in ("CodeFamily", "Confusion", "Advisory", "ReportingUnit", "Modifier")
}
_AXIS_VALUE: Final = term("spine:AxisValue")


@dataclass(frozen=True, slots=True)
class Told:
    """A value as people read it, and its IRI where it has one."""

    text: str
    iri: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One aspect of a thing that differs: which of its values are gone, and which are new.

    ``aspect`` is the property in words, ``property`` its prefixed name.
    """

    aspect: str
    property: str
    removed: tuple[Told, ...]
    added: tuple[Told, ...]


@dataclass(frozen=True, slots=True)
class Thing:
    """A named thing of a version: what people call it, and what kind of thing it is.

    ``part`` is the part of the ontology that it belongs to.
    """

    iri: str
    name: str
    kind: str
    part: Part


@dataclass(frozen=True, slots=True)
class ChangedThing:
    """A thing of both versions of which something else is said."""

    thing: Thing
    changes: tuple[Change, ...]


class Sides:
    """Two versions and what each says of every thing."""

    def __init__(self, old: Version, new: Version) -> None:
        self.old, self.new = Statements(old), Statements(new)

    def iris(self) -> list[str]:
        """The things that either version speaks of, in order."""
        return sorted({*self.old.stated, *self.new.stated})

    def changes(self, iri: str, became: str | None = None, but: AbstractSet[str] = frozenset()) -> tuple[Change, ...]:
        """How what is said of a thing differs; a statement of one version that follows in the other is no difference.

        ``became`` is the IRI of the thing in the new version, ``but`` are properties that are told of elsewhere.
        """
        became = became or iri
        lost = self.old.stated.get(iri, frozenset()) - self.new.known(became)
        gained = self.new.stated.get(became, frozenset()) - self.old.known(iri)
        # of a statement that is itself gone or new, what was said of it goes without saying
        whole = {(said.predicate, said.key) for said in lost | gained if said.of is None}
        groups: dict[tuple[str, str], tuple[list[Said], list[Said]]] = {}
        for which, found in enumerate((lost, gained)):
            for said in sorted(found, key=lambda said: said.key):
                if said.of not in whole and said.predicate not in but:
                    version = (self.old, self.new)[which].version
                    groups.setdefault((said.predicate, _aspect(version, said)), ([], []))[which].append(said)
        return tuple(
            Change(
                aspect=aspect,
                property=v.shorten(predicate),
                removed=tuple(_told(self.old.version, said) for said in removed),
                added=tuple(_told(self.new.version, said) for said in added),
            )
            for (predicate, aspect), (removed, added) in sorted(groups.items(), key=lambda item: _rank(item[0]))
        )


def _rank(key: tuple[str, str]) -> tuple[int, str]:
    predicate, aspect = key
    return (_FIRST.index(predicate) if predicate in _FIRST else len(_FIRST), aspect)


def called(version: Version, iri: str) -> str:
    """A property or class in words: our name for a common one, else its label, else its own name taken apart."""
    node = NamedNode(iri)
    if node in _CALLED:
        return _CALLED[node]
    label = version.graph.text(node, v.LABEL) or version.graph.text(node, v.PREF_LABEL)
    return label or re.sub(r"(?<=[a-z])(?=[A-Z])", " ", re.split(r"[/#]", iri)[-1]).lower()


def _aspect(version: Version, said: Said) -> str:
    name = called(version, said.predicate)
    languages = {value.language for value in said.values if isinstance(value, Literal)}
    name += "".join(f" ({language})" for language in languages if language not in _ENGLISH)
    if said.of is not None and said.target is not None:
        name += f" of: {called(version, said.of[0])} {version.label(said.target)}"
    return name


def _told(version: Version, said: Said) -> Told:
    iri = said.values[0].value if len(said.values) == 1 and isinstance(said.values[0], NamedNode) else None
    return Told(", ".join(version.label(value) for value in said.values), iri)


def thing(version: Version, iri: str) -> Thing:
    """A thing as a version has it."""
    kind, part = _kind(version, iri)
    return Thing(iri, version.label(NamedNode(iri)), kind, part)


def _kind(version: Version, iri: str) -> tuple[str, Part]:
    """What kind of thing it is, by the narrowest class that it is said to be of; and to which part it belongs."""
    graph, index, node = version.graph, version.index, NamedNode(iri)
    types = [kind for kind in graph.iris(node, v.TYPE) if kind != _INDIVIDUAL.value]
    if any(kind.startswith(_OWL) and kind.endswith("Property") for kind in types):
        return "property", "other"
    if _CLASS.value in types:
        of_values = graph.has(node, v.SUBCLASS, _AXIS_VALUE)
        return ("class of values", "axes") if of_values else ("class", "other")
    axes = [index.axes[value.axis].label for value in index.values if value.iri == iri]
    if axes:
        return f"{axes[0]} value", "axes"
    own = [kind for kind in types if not kind.startswith(_OWL)]
    narrowest = [kind for kind in own if not any(other != kind and _below(version, other, kind) for other in own)]
    name = " and ".join(called(version, kind) for kind in narrowest) or "thing"
    if iri in {axis.iri for axis in index.rules.axes}:
        return name, "axes"
    return name, "coding" if _CODING & set(types) else "other"


def _below(version: Version, one: str, other: str) -> bool:
    return version.graph.has(NamedNode(one), v.SUBCLASS, NamedNode(other))


def by_kind(things: Iterable[Thing]) -> dict[str, list[Thing]]:
    """Things by their kinds, each kind in order of names."""
    found: dict[str, list[Thing]] = {}
    for one in sorted(things, key=lambda one: (one.kind, one.name, one.iri)):
        found.setdefault(one.kind, []).append(one)
    return found
