"""What a result of a shape means: the message in full, what was given, what is expected, and the rules it rests on.

A shape's own sentence is the same for every description. What this description said, what would be right, the rule
and its source come from the ontology, from what is stated about the shape, and from what was concluded.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from pyoxigraph import NamedNode

from spinecode import vocabulary as v
from spinecode.bridge import Found
from spinecode.claims import Grounds
from spinecode.comparison import listed
from spinecode.description import CODE, DATE, fact_properties
from spinecode.graph import Graph
from spinecode.knowledge import Knowledge
from spinecode.understanding import OPEN_AXIS, Reading
from spinecode.vocabulary import term

#: How many values are listed in a sentence; more are counted.
_LISTED: Final = 10
#: How many rules and sources are named for one result.
_NAMED: Final = 12
#: Constraints on a value by itself.
_OF_VALUE: Final = frozenset(f"{name}ConstraintComponent" for name in ("Class", "NodeKind", "Datatype", "Pattern"))
_CONCLUDED: Final = frozenset(v.CONCLUDED)


@dataclass(frozen=True, slots=True)
class _About:
    """What is stated about a shape."""

    axis: str | None
    stated_axis: str | None
    fix: str
    texts: tuple[str, ...]
    expected: tuple[str, ...]
    rules: tuple[str, ...]
    sources: tuple[str, ...]
    contradiction: bool
    #: The property that is concluded and that the shape bars, without its prefix.
    concluded: str


class Teller:
    """Puts the results of shapes into the terms of the axes."""

    def __init__(self, knowledge: Knowledge, shapes: Graph) -> None:
        self.shapes = shapes
        self.index = knowledge.index
        self._knowledge = knowledge
        self._axis_of_property = fact_properties(self.index)
        self._axis_of_iri = {axis.iri: axis.name for axis in self.index.asked_axes}
        self._known: dict[str, _About] = {}
        self._sources: dict[str, tuple[str, ...]] = {}

    # ------------------------------------------------------------------ what is stated about shapes

    def about(self, found: Found) -> _About:
        """What is stated about the shape of a result."""
        name = str(found.shape)
        if name not in self._known:
            self._known[name] = self._read(found)
        return self._known[name]

    def _read(self, found: Found) -> _About:
        node, shapes = found.shape, self.shapes
        if node is None:
            return _About(None, None, "", (), (), (), (), False, "")
        axes = [
            self._axis_of_iri[iri] for iri in shapes.iris(node, term("spine:aboutAxis")) if iri in self._axis_of_iri
        ]
        barred = [*shapes.iris(node, term("sh:disjoint")), *shapes.iris(node, term("sh:path"))]
        concluded = next((iri for iri in barred if iri in _CONCLUDED), "")
        axis = axes[0] if axes else None
        targets = shapes.iris(node, term("sh:targetSubjectsOf"))
        paths = [*shapes.iris(node, term("sh:path")), *(targets if len(targets) == 1 else ())]
        if axis is None:
            axis = next((self._axis_of_property[path] for path in paths if path in self._axis_of_property), None)
        if axis is None and concluded and not _of_the_whole(concluded):
            axis = CODE
        return _About(
            axis=axis,
            stated_axis=axes[0] if axes else None,
            fix=shapes.text(node, term("spine:fix")) or "",
            texts=tuple(shapes.texts(node, term("sh:message"))),
            expected=tuple(shapes.texts(node, term("spine:expected"))),
            rules=tuple(sorted(shapes.iris(node, term("spine:restsOn")))),
            sources=tuple(sorted(shapes.iris(node, v.SOURCE))),
            contradiction=shapes.flag(node, term("spine:contradiction")),
            concluded=concluded.removeprefix(v.SPINE),
        )

    def axis(self, found: Found) -> str | None:
        """The axis that a result concerns, or the date or the reported codes."""
        about = self.about(found)
        if about.stated_axis is not None:
            return about.stated_axis
        if found.path in self._axis_of_property:
            return self._axis_of_property[found.path]
        if about.concluded == OPEN_AXIS and found.value in self._axis_of_iri:
            return self._axis_of_iri[found.value]
        return about.axis

    def message(self, found: Found) -> str:
        """What the shape says; of several languages the one that is shown."""
        texts = self.about(found).texts
        return texts[0] if len(texts) > 1 else found.message

    # ------------------------------------------------------------------ one result

    def grounds(self, found: Found, reading: Reading | None, helpful: bool) -> Grounds:
        """The sentences that this description adds to a message, what was given and expected, rules and sources."""
        about = self.about(found)
        axis = self.axis(found)
        special = None
        if reading is not None and about.concluded and found.value is not None:
            special = reading.grounds(about.concluded, found.value)
        if special is None:
            special = self._plain(found, about, axis, reading, helpful)
        rules = [*special.rules, *about.rules] or self._axis_rules(axis)
        sources = (
            [*special.sources, *about.sources] or [s for rule in rules for s in self._sources_of(rule)] or [v.SPINE]
        )
        return Grounds(special.told, special.given, special.expected or about.expected, _few(rules), _few(sources))

    def _plain(self, found: Found, about: _About, axis: str | None, reading: Reading | None, helpful: bool) -> Grounds:
        kind, value = found.component.rpartition("#")[2], found.value
        if reading is None:
            return Grounds(f"{value} was given." if value is not None else "")
        if about.contradiction:
            numbers = reading.clashing
            values = [self.index.values[number] for number in numbers]
            told = " ".join(reading.conflicts.get(axis, ()))
            return Grounds(told, tuple(one.name for one in values), (), tuple(one.iri for one in values))
        own = self._axis_of_property.get(found.path or "") == axis
        if kind in _OF_VALUE and value is not None and axis in self.index.axes and own:
            told = self._nearest(axis, value) if helpful else f"{value} was given."
            names = self._names(axis)
            if helpful and len(names) <= _LISTED:
                told += f" The values are {listed(names)}."
            return Grounds(told, (self._shown(value),), names)
        if kind in _OF_VALUE and value is not None and axis == CODE and found.path == v.REPORTED_CODE.value:
            told = self._nearest(CODE, value) if helpful else f"{value} was given."
            return Grounds(told, (self._shown(value),), ())
        if kind == "ClosedConstraintComponent" and found.path is not None:
            name = v.shorten(found.path)
            near = self._nearest_properties(found.path) if helpful else []
            return Grounds(f"{name} was given." + _did_you_mean(near), (name,), tuple(near))
        if kind == "MaxCountConstraintComponent" and found.path is not None:
            given = tuple(dict.fromkeys(self._shown(text) for text in reading.raw.get(found.path, ())))
            return Grounds(f"{listed(given)} were given." if len(given) > 1 else "", given)
        if value is None:
            return self._absent(axis, about, reading)
        return Grounds(f"{self._shown(value)} was given.", (self._shown(value),))

    def _absent(self, axis: str | None, about: _About, reading: Reading) -> Grounds:
        """Something is missing, or facts do not go together."""
        given = reading.description.facts.get(axis or "", ())
        names = tuple(self.index.values[number].name for number in given)
        if names:
            return Grounds(f"{listed(names)} {'was' if len(names) == 1 else 'were'} given.", names)
        left = reading.selection.candidates if reading.selection is not None else ()
        expected = self._names(axis) if axis in self.index.axes else ()
        if 1 < len(left) <= _LISTED:
            codes = [self.index.codes[code] for code in left]
            sources = tuple(source for code in codes for source in code.sources)
            told = f"{listed(left)} are possible."
            return Grounds(told, (), expected, (*about.rules, *(code.iri for code in codes)), sources)
        return Grounds("", (), expected)

    # ------------------------------------------------------------------ names

    def _axis_rules(self, axis: str | None) -> list[str]:
        if axis in self.index.axes:
            return [self.index.axes[axis].iri]
        return (
            [v.REPORTED_CODE.value]
            if axis == CODE
            else [v.DATE_OF_SERVICE.value]
            if axis == DATE
            else [v.INJECTION.value]
        )

    def _sources_of(self, iri: str) -> tuple[str, ...]:
        if iri not in self._sources:
            self._sources[iri] = tuple(self._knowledge.graph.iris(NamedNode(iri), v.SOURCE))
        return self._sources[iri]

    def _names(self, axis: str | None) -> tuple[str, ...]:
        return tuple(self.index.values[number].name for number in self.index.axes[axis or ""].values)

    def _shown(self, text: str) -> str:
        """A value by its short name, where it is one of ours."""
        if not text.startswith(v.SPINE):
            return text
        if (code := self.index.code_named(text)) is not None:
            return code
        named = (self.index.value_named(axis.name, text) for axis in self.index.asked_axes)
        number = next((number for number in named if number is not None), None)
        return self.index.values[number].name if number is not None else v.shorten(text)

    def _nearest_properties(self, iri: str) -> list[str]:
        """The properties that a mistyped property, or the mistyped name of an axis, comes closest to."""
        names = {prop.rpartition("/")[2]: prop for prop in self._axis_of_property}
        names |= {axis: prop for prop, axis in self._axis_of_property.items()}
        close = difflib.get_close_matches(iri.rpartition("/")[2], names, n=2, cutoff=0.6)
        return list(
            dict.fromkeys(f"{v.shorten(names[name])} ({self._axis_of_property[names[name]]})" for name in close)
        )

    def _nearest(self, axis: str | None, value: str) -> str:
        name = value.rpartition("/")[2] if value.startswith(v.SPINE) else value
        if axis == CODE:
            close = self.index.nearest_codes(name)
            return f"{name} was given." + _did_you_mean([self.index.codes[code].iri for code in close])
        numbers = [self.index.value_named(axis or "", near) for near in self.index.nearest_values(axis or "", name)]
        iris = [v.shorten(self.index.values[number].iri) for number in numbers if number is not None]
        return f"{name} was given." + _did_you_mean(iris)


def _of_the_whole(concluded: str) -> bool:
    """Whether what is concluded is about the description as a whole, not about what was reported for it."""
    return concluded.removeprefix(v.SPINE) in ("openAxis", "withoutCode", "dateToCome")


def _few(iris: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(iris))[:_NAMED]


def _did_you_mean(names: Sequence[str]) -> str:
    return f" Did you mean {' or '.join(names)}?" if names else ""
