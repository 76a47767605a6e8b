"""What the page of a code shows beside its JSON: the rule in words, the timeline, relations, indications."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from pyoxigraph import NamedNode

from spinecode.answers import code_json
from spinecode.comparison import latest_definitions
from spinecode.explanation import interval
from spinecode.graph import Graph
from spinecode.index import RuleIndex
from spinecode.lineage import Life, Span, add_ons, codes_taking, lineage, rule_in_words
from spinecode.rules import Code
from spinecode.vocabulary import LABEL, NOTATION, shorten, term
from spinecode.web.views import Item, TermView, label_of, term_view

#: What the page of a code tells in words of its own.
_TOLD: Final = frozenset(
    term(name).value
    for name in (
        *("skos:notation", "skos:altLabel", "skos:note", "skos:inScheme", "dcterms:source"),
        *("spine:inFamily", "spine:validFrom", "spine:validUntil", "spine:inForceBy", "spine:replaces"),
        *("spine:replacedBy", "spine:addOnTo", "spine:reportingUnit", "spine:maximumUnits", "spine:takesModifier"),
        *("spine:includesImagingGuidance", "spine:trust", "spine:officialDescriptor"),
    )
)
_MATCHES: Final = tuple(term(f"skos:{kind}Match").value for kind in ("exact", "close", "broad", "narrow", "related"))
#: How wide a timeline is drawn, in units of its own.
_WIDTH: Final = 1000
#: More values than this are not listed beside a requirement: its label says it better.
_FEW: Final = 6


@dataclass(frozen=True, slots=True)
class Bar:
    """A span in a timeline, from the left."""

    x: float
    width: float
    open: bool


@dataclass(frozen=True, slots=True)
class Timeline:
    """The lives of a code and its relatives with their bars; ``ticks`` are years with their places."""

    rows: tuple[tuple[Life, tuple[Bar, ...]], ...]
    ticks: tuple[tuple[str, float], ...]
    today: float


@dataclass(frozen=True, slots=True)
class Asks:
    """What a definition asks on an axis, with the values that meet it where they are few: their IRI and label."""

    iri: str
    label: str
    text: str
    values: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class DefinitionView:
    """A dated definition: the sentence, and axis by axis.

    ``place`` is the one that it has among the definitions of its code, ``latest`` tells that the code has no later one.
    """

    place: int
    words: str
    asks: tuple[Asks, ...]
    latest: bool


@dataclass(frozen=True, slots=True)
class CodeView:
    """A code as its page shows it beside its JSON."""

    definitions: tuple[DefinitionView, ...]
    timeline: Timeline
    add_ons: tuple[str, ...]
    modifiers: tuple[Item, ...]
    siblings: tuple[Code, ...]
    procedures: tuple[Item, ...]
    indications: tuple[Item, ...]
    advisories: tuple[dict[str, Any], ...]
    alignments: dict[str, tuple[Item, ...]]
    further: dict[str, tuple[Item, ...]]


def code_page(index: RuleIndex, graph: Graph, code: Code) -> dict[str, Any]:
    """What the template of a code is given."""
    term_seen = term_view(graph, NamedNode(code.iri))
    trust = next((graph.text(level, LABEL) for level in graph.nodes(NamedNode(code.iri), term("spine:trust"))), None)
    shown = {"code": code_json(index, code), "term": term_seen, "trust": trust or "not said"}
    return shown | {"view": code_view(index, graph, code, term_seen)}


def code_view(index: RuleIndex, graph: Graph, code: Code, seen: TermView) -> CodeView:
    """A code as its page shows it; ``seen`` is the term that it is."""
    node = NamedNode(code.iri)
    procedures = [one for one in graph.subjects(term("spine:codedAs"), node) if isinstance(one, NamedNode)]
    conditions = {one for target in procedures for one in graph.subjects(term("spine:indicationFor"), target)}
    members = [one for one in index.codes.values() if one.family == code.family]
    return CodeView(
        definitions=tuple(_definition(index, bit, n) for n, bit in enumerate(index.bits_of_code[code.code])),
        timeline=timeline(index, code.code),
        add_ons=add_ons(index, code.code),
        modifiers=tuple(_modifier(graph, one) for one in graph.nodes(node, term("spine:takesModifier"))),
        siblings=tuple(one for one in members if one.code != code.code),
        procedures=_items(graph, procedures),
        indications=_items(graph, [one for one in conditions if isinstance(one, NamedNode)]),
        advisories=tuple(_advisories(index, code)),
        alignments={iri: seen.statements[iri] for iri in _MATCHES if iri in seen.statements},
        further={iri: items for iri, items in seen.statements.items() if iri not in {*_TOLD, *_MATCHES}},
    )


def _items(graph: Graph, nodes: list[NamedNode]) -> tuple[Item, ...]:
    found = [Item(label_of(graph, node), node.value) for node in nodes]
    return tuple(sorted(found, key=lambda item: item.text.casefold()))


def _modifier(graph: Graph, node: Any) -> Item:
    notation = graph.text(node, NOTATION) or ""
    return Item(f"{notation} {graph.label(node) or ''}".strip(), node.value if isinstance(node, NamedNode) else None)


def _definition(index: RuleIndex, bit: int, place: int) -> DefinitionView:
    asks = []
    for one in index.asked[bit]:
        numbers = dict.fromkeys(n for r in one.requirements if r.axis == one.axis for n in r.accepts)
        values = [index.values[number] for number in sorted(numbers)]
        told = [(value.iri, value.label) for value in values]
        plain = len(told) > _FEW or [label for _, label in told] == [one.text]
        asks.append(Asks(index.axes[one.axis].iri, one.label, one.text, () if plain else tuple(told)))
    latest = bit in latest_definitions(index, index.definitions[bit].code)
    return DefinitionView(place, rule_in_words(index, bit), tuple(asks), latest)


def _advisories(index: RuleIndex, code: Code) -> list[dict[str, Any]]:
    return [
        {
            "iri": one.iri,
            "advice": one.advice,
            "when": [index.values[number].label for number in one.values],
            "validity": interval(one.valid_from, one.valid_until) if one.valid_from or one.valid_until else "",
            "sources": one.sources,
        }
        for one in index.rules.advisories
        if code.code in one.codes
    ]


# ---------------------------------------------------------------- the timeline


def timeline(index: RuleIndex, code: str, today: date | None = None) -> Timeline:
    """The timeline of a code and its relatives, from the first year that is told of to the one after this."""
    now = today or date.today()
    lives = lineage(index, code)
    known = [day for life in lives for span in life.spans for day in (span.first, span.last) if day]
    years = [int(day[:4]) for day in known]
    begun = min([int(index.rules.covers_from[:4]), *(year for year in years)])
    ended = max([now.year + 1, *(year + 1 for year in years)])

    def place(day: date) -> float:
        whole = (date(ended, 1, 1) - date(begun, 1, 1)).days
        return round((day - date(begun, 1, 1)).days / whole * _WIDTH, 1)

    def bar(span: Span) -> Bar:
        start = place(date.fromisoformat(span.first)) if span.first else 0.0
        end = place(date.fromisoformat(span.last)) if span.last else float(_WIDTH)
        return Bar(start, round(max(end - start, 1.0), 1), span.last is None)

    step = max(1, (ended - begun) // 5)
    ticks = tuple((str(year), place(date(year, 1, 1))) for year in range(begun, ended, step))
    rows = tuple((life, tuple(bar(span) for span in life.spans)) for life in lives)
    return Timeline(rows, ticks, place(now))


# ---------------------------------------------------------------- as JSON


def code_facts(index: RuleIndex, graph: Graph, code: Code) -> dict[str, Any]:
    """The JSON of a code with what its page shows beside it."""
    seen = term_view(graph, NamedNode(code.iri))
    view = code_view(index, graph, code, seen)

    def told(items: tuple[Item, ...]) -> list[dict[str, Any]]:
        return [{"iri": item.iri, "label": item.text} for item in items]

    found = code_json(index, code)
    for written, shown in zip(found["definitions"], view.definitions, strict=True):
        written["in_words"] = shown.words
    return found | {
        "add_ons": list(view.add_ons),
        "modifiers": told(view.modifiers),
        "lineage": [
            {
                "code": life.code,
                "relation": life.relation,
                "direct": life.direct,
                "validity": life.text,
                "spans": [{"from": span.first, "until": span.last} for span in life.spans],
            }
            for life, _ in view.timeline.rows
        ],
        "procedures": told(view.procedures),
        "indications": told(view.indications),
        "advisories": [{"iri": one["iri"], "advice": one["advice"]} for one in view.advisories],
        "alignments": {shorten(iri): told(items) for iri, items in view.alignments.items()},
    }


def codes_that_take(index: RuleIndex, iri: str) -> list[Code]:
    """The codes whose definitions ask for a value; none where the IRI is that of no value."""
    number = next((value.id for value in index.values if value.iri == iri), None)
    return [index.codes[code] for code in codes_taking(index, number)] if number is not None else []
