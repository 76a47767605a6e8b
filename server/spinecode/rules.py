"""The rules as plain data: axes, values, codes, and what each code's definitions require.

``reading`` makes them from the closed ontology, ``index`` turns them into bitmasks. They keep as JSON, with no store
behind them, so that they load in milliseconds.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

#: The last day, for what has no end; ISO 8601.
LAST_DAY = "9999-12-31"

#: Raised when the layout of the compiled rules changes.
RULES_REVISION = "12"


@dataclass(frozen=True, slots=True)
class Axis:
    """A question that a description answers; a derived axis is never asked."""

    name: str
    iri: str
    property: str
    label: str
    definition: str
    question: str
    when_several: str
    order: int
    repeatable: bool
    derived_from: str | None
    counts_within: str | None
    values: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Value:
    """A possible answer on an axis. ``id`` numbers all values of all axes from 0.

    ``other_names`` are its labels and alternative labels in languages that are not shown; they are understood too.
    ``other_meanings`` are phrases that hold one of its names and speak of something else.
    """

    id: int
    iri: str
    axis: str
    name: str
    label: str
    alt_labels: tuple[str, ...]
    other_names: tuple[str, ...]
    other_meanings: tuple[str, ...]
    definition: str
    note: str
    narrower: frozenset[int]
    implies: tuple[tuple[str, tuple[int, ...]], ...]
    presumes: tuple[int, ...]
    modifiers: tuple[str, ...]
    coding_region: str | None
    position: int
    when_some: tuple[int, ...]
    when_none: tuple[int, ...]
    has_condition: bool


@dataclass(frozen=True, slots=True)
class Requirement:
    """What a definition asks on one axis: that some given value is among ``accepts``."""

    axis: str
    label: str
    iri: str
    accepts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Definition:
    """One dated definition of a code: all of its requirements have to hold. Dates are ISO 8601, both inclusive.

    ``code`` is empty for injections of which the ontology says that no code describes them, and ``note`` says why.
    """

    iri: str
    label: str
    code: str
    requirements: tuple[Requirement, ...]
    valid_from: str | None
    valid_until: str | None
    note: str
    sources: tuple[str, ...]
    trust: str


@dataclass(frozen=True, slots=True)
class Constraint:
    """What a combination of values rules out on another axis."""

    conditions: tuple[Requirement, ...]
    axis: str
    allowed: tuple[int, ...]
    label: str


@dataclass(frozen=True, slots=True)
class Code:
    """A procedure code and how it is reported. ``max_units`` None means one unit a level.

    ``guidance_since`` is the first day on which it includes the imaging, where that is later than the code. A code with
    ``guides_by``, the imaging that it stands for, is a guidance code: no definition implies it, and it is not reported
    beside a code that includes the imaging, nor beside those of ``not_beside``.
    """

    code: str
    iri: str
    label: str
    definition: str
    alt_labels: tuple[str, ...]
    family: str
    family_label: str
    in_force_by: str | None
    valid_from: str | None
    valid_until: str | None
    replaces: tuple[str, ...]
    replaced_by: tuple[str, ...]
    add_on_to: tuple[str, ...]
    unit: str
    max_units: int | None
    bilateral_indicator: str | None
    modifiers: tuple[str, ...]
    includes_guidance: bool
    guidance_since: str | None
    guides_by: tuple[int, ...]
    not_beside: tuple[str, ...]
    note: str
    sources: tuple[str, ...]
    trust: str


@dataclass(frozen=True, slots=True)
class Modifier:
    """A two-character addition to a reported code."""

    name: str
    iri: str
    label: str


@dataclass(frozen=True, slots=True)
class Confusion:
    """Codes that are often taken for one another, and why."""

    iri: str
    codes: tuple[str, ...]
    reason: str
    sources: tuple[str, ...]
    trust: str


@dataclass(frozen=True, slots=True)
class Advisory:
    """What to know beyond the code when a description has one of the values; without values, always."""

    iri: str
    codes: tuple[str, ...]
    values: tuple[int, ...]
    advice: str
    valid_from: str | None
    valid_until: str | None
    sources: tuple[str, ...]
    trust: str


@dataclass(frozen=True, slots=True)
class Rules:
    """All that the readers need to know of the ontology."""

    version: str
    digest: str
    covers_from: str
    axes: tuple[Axis, ...]
    values: tuple[Value, ...]
    codes: tuple[Code, ...]
    modifiers: tuple[Modifier, ...]
    definitions: tuple[Definition, ...]
    gaps: tuple[Definition, ...]
    constraints: tuple[Constraint, ...]
    confusions: tuple[Confusion, ...]
    advisories: tuple[Advisory, ...]

    def to_json(self) -> bytes:
        """The rules as JSON."""
        return json.dumps(dataclasses.asdict(self), ensure_ascii=False, separators=(",", ":"), default=sorted).encode()

    @classmethod
    def from_json(cls, content: bytes) -> Rules:
        """The rules that ``to_json`` wrote."""
        return _rules_from(json.loads(content))


def day_after(day: str) -> str:
    """The next day, ISO 8601."""
    return (date.fromisoformat(day) + timedelta(days=1)).isoformat()


def in_force(dated: Code | Definition | Advisory, day: str) -> bool:
    """Whether a code, a definition or an advisory applies on a day (ISO 8601)."""
    return (dated.valid_from or "") <= day <= (dated.valid_until or LAST_DAY)


def is_date(text: str) -> bool:
    """Whether a text is a date of the calendar in the form YYYY-MM-DD."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _tuples(value: Any) -> Any:
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value


def _record(cls: type, raw: Mapping[str, Any]) -> Any:
    return cls(**{name: _tuples(value) for name, value in raw.items()})


def _rules_from(raw: dict[str, Any]) -> Rules:
    def requirements(items: Sequence[Mapping[str, Any]]) -> tuple[Requirement, ...]:
        return tuple(_record(Requirement, item) for item in items)

    def definitions(items: Sequence[Mapping[str, Any]]) -> tuple[Definition, ...]:
        return tuple(
            _record(Definition, {**item, "requirements": requirements(item["requirements"])}) for item in items
        )

    return Rules(
        version=raw["version"],
        digest=raw["digest"],
        covers_from=raw["covers_from"],
        axes=tuple(_record(Axis, item) for item in raw["axes"]),
        values=tuple(_record(Value, {**item, "narrower": frozenset(item["narrower"])}) for item in raw["values"]),
        codes=tuple(_record(Code, item) for item in raw["codes"]),
        modifiers=tuple(_record(Modifier, item) for item in raw["modifiers"]),
        definitions=definitions(raw["definitions"]),
        gaps=definitions(raw["gaps"]),
        constraints=tuple(
            _record(Constraint, {**item, "conditions": requirements(item["conditions"])}) for item in raw["constraints"]
        ),
        confusions=tuple(_record(Confusion, item) for item in raw["confusions"]),
        advisories=tuple(_record(Advisory, item) for item in raw["advisories"]),
    )
