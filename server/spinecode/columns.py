"""The columns of a table of codes: what each is called, what it says of a code or of a rule, and in which form.

Beside these there is a column for each axis, which the ontology gives. A heading with a language, such as ``label@de``,
is the column of that language.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

from pyoxigraph import NamedNode

from spinecode.graph import ENGLISH
from spinecode.vocabulary import term

Kind = Literal["code", "text", "date", "thing", "codes", "flag", "plain", "iri", "family", "source", "axis"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column. ``several`` cells hold several values with ``|``; ``of_rule`` says that it is about a row's rule.

    ``predicate`` is the property that it is written with, ``cls`` the class of the things that it names, ``axis`` the
    short name of an axis.
    """

    name: str
    kind: Kind
    told: str
    predicate: NamedNode | None = None
    cls: NamedNode | None = None
    several: bool = False
    of_rule: bool = False
    language: str = ENGLISH
    axis: str = ""


def _column(
    name: str, kind: Kind, told: str, curie: str = "", cls: str = "", several: bool = False, of_rule: bool = False
) -> Column:
    return Column(name, kind, told, term(curie) if curie else None, term(cls) if cls else None, several, of_rule)


CODE: Final = _column("code", "code", "the number of the code, or - for what has no code", "skos:notation")
#: What stands in the place of a code in a row that says what has none, and in rule-note why.
NO_CODE: Final = "-"
#: What may stand in a table beside the axes, in the order in which it is written.
COLUMNS: Final[tuple[Column, ...]] = (
    CODE,
    _column("label", "text", "what the code stands for, in your own words", "skos:prefLabel"),
    _column("definition", "text", "the same in a sentence", "skos:definition"),
    _column("alt-labels", "text", "other names of it", "skos:altLabel", several=True),
    _column("note", "text", "a remark on it", "skos:note"),
    _column("official-descriptor", "text", "the publisher's text, under your licence", "spine:officialDescriptor"),
    _column("family", "family", "its family, by name; a new name makes a new family", "spine:inFamily"),
    _column("valid-from", "date", "the first date of service, YYYY-MM-DD", "spine:validFrom"),
    _column("valid-until", "date", "the last date of service", "spine:validUntil"),
    _column("in-force-by", "date", "in place of valid-from, where that day is not known", "spine:inForceBy"),
    _column("unit", "thing", "what one unit stands for", "spine:reportingUnit", "spine:ReportingUnit"),
    _column("modifiers", "thing", "the modifiers it takes", "spine:takesModifier", "spine:Modifier", several=True),
    _column("both-sides-indicator", "plain", "Medicare's surgery indicator for both sides", "spine:bilateralIndicator"),
    _column("add-on-to", "codes", "the codes that it is reported beside", "spine:addOnTo", several=True),
    _column("replaced-by", "codes", "the codes that came in its place", "spine:replacedBy", several=True),
    _column("includes-imaging-guidance", "flag", "yes or no", "spine:includesImagingGuidance"),
    _column("guidance-since", "date", "since when, where not from the first day", "spine:includesGuidanceSince"),
    _column("source", "source", "the documents: a known one, or Title <https://...>", "dcterms:source", several=True),
    _column("trust", "thing", "how well they support it", "spine:trust", "spine:TrustLevel"),
    _column("scheme", "thing", "its schemes; else that of the pack", "skos:inScheme", "skos:ConceptScheme", True),
    _column("iri", "iri", "the IRI of the code; else one of the pack"),
    _column("family-iri", "iri", "the IRI of a new family; else one of the pack"),
    _column("family-definition", "text", "what a new family holds", "skos:definition"),
    _column("rule", "iri", "the name of the rule, a class; else it is made from its label", of_rule=True),
    _column("rule-label", "text", "what the rule holds; else the label of the code", "rdfs:label", of_rule=True),
    _column("rule-note", "text", "a remark on the rule", "skos:note", of_rule=True),
    _column("rule-from", "date", "the first date of service of the rule", "spine:validFrom", of_rule=True),
    _column("rule-until", "date", "the last date of service of the rule", "spine:validUntil", of_rule=True),
    _column("rule-source", "source", "else those of the code", "dcterms:source", several=True, of_rule=True),
    _column("rule-trust", "thing", "else that of the code", "spine:trust", "spine:TrustLevel", of_rule=True),
)
BY_NAME: Final = {column.name: column for column in COLUMNS}
#: What a new code has to have.
NEEDED: Final = ("label", "definition", "family", "unit", "source", "trust")
#: Of these it has one.
BEGINNING: Final = ("valid-from", "in-force-by")

_TAG: Final = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")


def axis_column(name: str) -> Column:
    """The column of an axis."""
    told = "what the rule takes"
    return Column(name, "axis", told, several=True, of_rule=True, axis=name)


def heading_name(text: str) -> str:
    """A heading in the form in which headings are compared."""
    return re.sub(r"[\s_]+", "-", text.strip().casefold())


def column_named(heading: str, axes: dict[str, Column]) -> Column | None:
    """The column that a heading names, with its language where it has one; None when there is none."""
    name, at, tag = heading_name(heading).partition("@")
    if at:
        column = BY_NAME.get(name)
        if column is None or column.kind != "text" or not _TAG.fullmatch(tag):
            return None
        return Column(f"{name}@{tag}", "text", column.told, column.predicate, None, column.several, column.of_rule, tag)
    return BY_NAME.get(name) or axes.get(name)
