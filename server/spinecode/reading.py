"""Reading the rules from the closed ontology, with a fault for every term whose form is not understood."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence

from pyoxigraph import BlankNode, NamedNode

from spinecode import vocabulary as v
from spinecode.errors import Fault, OntologyError
from spinecode.graph import Graph, Node
from spinecode.rules import (
    Advisory,
    Axis,
    Code,
    Confusion,
    Constraint,
    Definition,
    Modifier,
    Requirement,
    Rules,
    Value,
)
from spinecode.soundness import told, unsound
from spinecode.vocabulary import term


def read_rules(graph: Graph, digest: str) -> Rules:
    """Read the rules from a closed ontology.

    Raises OntologyError naming each term whose form the readers do not understand.
    """
    return _Reader(graph, digest).read()


class _Reader:
    """Reads axes first, then values, codes and definitions, noting every fault on the way."""

    def __init__(self, graph: Graph, digest: str) -> None:
        self.graph = graph
        self.digest = digest
        self.faults: list[Fault] = []
        self.axis_of_property: dict[str, str] = {}
        self.value_ids: dict[str, int] = {}
        self.value_axis: dict[int, str] = {}
        self.chains: list[tuple[str, str, str]] = []

    def read(self) -> Rules:
        axes = self._axes()
        values = self._values(axes)
        codes = self._codes()
        known = {code.iri: code.code for code in codes}
        definitions = self._definitions(known)
        rules = Rules(
            version=self._header("owl:versionInfo"),
            digest=self.digest,
            covers_from=self._header("spine:coversFrom"),
            axes=tuple(axes),
            values=tuple(values),
            codes=tuple(codes),
            modifiers=tuple(self._all_modifiers()),
            definitions=tuple(definitions),
            gaps=tuple(self._gaps()),
            constraints=tuple(self._constraints()),
            confusions=tuple(self._confusions(known)),
            advisories=tuple(self._advisories(known)),
        )
        self.faults += unsound(self.graph, rules)
        if self.faults:
            raise OntologyError(tuple(dict.fromkeys(self.faults)))
        return rules

    def _fault(self, node: Node | str, message: str) -> None:
        iri = node if isinstance(node, str) else self._owner(node)
        self.faults.append(Fault(f"{v.shorten(iri)} {message}", value=iri))

    def _owner(self, node: Node) -> str:
        """The IRI of a node, or of the named class or thing that a blank node is about."""
        if isinstance(node, NamedNode):
            return node.value
        below = [n for n in self.graph.nodes(node, v.SUBCLASS) if isinstance(n, NamedNode)]
        beside = [n for n in self.graph.subjects(v.EQUIVALENT_CLASS, node) if isinstance(n, NamedNode)]
        named = [n.value for n in (*beside, *below) if n != v.INJECTION]
        return named[0] if named else "a class without a name"

    def _label(self, node: Node) -> str:
        label = self.graph.label(node)
        if label is None:
            kind = "skos:prefLabel" if self.graph.has(node, v.TYPE, v.PROCEDURE_CODE) else "rdfs:label"
            self._fault(node, f"has no {kind}.")
        return label or node.value

    def _header(self, curie: str) -> str:
        return self.graph.text(NamedNode(v.SPINE), term(curie)) or ""

    def _axes(self) -> list[Axis]:
        graph = self.graph
        found: list[tuple[NamedNode, Axis]] = []
        names: dict[str, str] = {}
        for node in graph.instances(v.AXIS):
            name = graph.text(node, v.NOTATION)
            properties = graph.iris(node, term("spine:axisProperty"))
            if name is None or len(properties) != 1:
                self._fault(node, "is an axis and needs one skos:notation and one spine:axisProperty.")
                continue
            names[node.value] = name
            self.axis_of_property[properties[0]] = name
            axis = Axis(
                name=name,
                iri=node.value,
                property=properties[0],
                label=self._label(node),
                definition=graph.text(node, v.DEFINITION) or "",
                question=graph.text(node, term("spine:question")) or "",
                when_several=graph.text(node, term("spine:whenSeveral")) or "",
                order=graph.number(node, term("spine:displayOrder")) or 0,
                repeatable=graph.flag(node, term("spine:repeatable")),
                derived_from=None,
                counts_within=None,
                values=(),
            )
            found.append((node, axis))
        number = 0
        axes = []
        for node, axis in sorted(found, key=lambda pair: (pair[1].order, pair[1].name)):
            ids = []
            for cls in graph.nodes(node, term("spine:valueClass")):
                members = graph.instances(cls)
                members.sort(key=lambda m: (graph.number(m, term("spine:displayOrder")) or 10**6, m.value))
                for member in members:
                    if member.value in self.value_ids:
                        self._fault(member, "is a value of two axes.")
                        continue
                    self.value_ids[member.value] = number
                    self.value_axis[number] = axis.name
                    ids.append(number)
                    number += 1
            derived = graph.iris(node, term("spine:derivedFrom"))
            within = graph.iris(node, term("spine:countsWithin"))
            axes.append(
                dataclasses.replace(
                    axis,
                    values=tuple(ids),
                    derived_from=names.get(derived[0]) if derived else None,
                    counts_within=names.get(within[0]) if within else None,
                )
            )
        for name in self.axis_of_property:
            for chain in graph.nodes(NamedNode(name), v.CHAIN):
                links = [link.value for link in graph.items(chain)]
                if len(links) == 2 and links[0] in self.axis_of_property:
                    self.chains.append((self.axis_of_property[name], self.axis_of_property[links[0]], links[1]))
                else:
                    self._fault(
                        NamedNode(name), "has a property chain, which has to lead from another axis by one link."
                    )
        return axes

    def _ids(self, iris: Sequence[str]) -> tuple[int, ...]:
        return tuple(sorted(self.value_ids[iri] for iri in iris if iri in self.value_ids))

    def _values(self, axes: Sequence[Axis]) -> list[Value]:
        graph = self.graph
        values = []
        for iri, number in self.value_ids.items():
            node = NamedNode(iri)
            axis = self.value_axis[number]
            implies = []
            for target, origin, link in self.chains:
                if origin == axis and (ids := self._ids(graph.iris(node, NamedNode(link)))):
                    implies.append((target, ids))
            name = graph.text(node, v.NOTATION)
            if name is None:
                self._fault(node, "is an axis value and needs a skos:notation.")
            position = graph.number(node, term("spine:craniocaudalOrder"))
            ordinal = graph.number(node, term("spine:ordinalPosition"))
            some = graph.nodes(node, term("spine:whenSome"))
            none = graph.nodes(node, term("spine:whenNone"))
            regions = graph.iris(node, term("spine:inCodingRegion"))
            label = self._label(node)
            labels = (*graph.texts(node, v.LABEL), *graph.texts(node, v.PREF_LABEL))
            alt_labels = tuple(graph.told(node, v.ALT_LABEL))
            values.append(
                Value(
                    id=number,
                    iri=iri,
                    axis=axis,
                    name=name or iri,
                    label=label,
                    alt_labels=alt_labels,
                    other_names=tuple(sorted({*labels, *graph.texts(node, v.ALT_LABEL)} - {label, *alt_labels})),
                    other_meanings=tuple(sorted(graph.texts(node, term("spine:otherMeaning")))),
                    definition=graph.text(node, v.DEFINITION) or "",
                    note=graph.text(node, v.NOTE) or "",
                    narrower=frozenset(self._ids(graph.iris(node, term("spine:narrowerValue")))),
                    implies=tuple(implies),
                    presumes=self._ids(graph.iris(node, term("spine:presumes"))),
                    modifiers=self._modifiers(node, term("spine:reportedWithModifier")),
                    coding_region=regions[0] if regions else None,
                    position=next((n for n in (position, ordinal) if n is not None), 0),
                    when_some=self._members(some[0]) if some else (),
                    when_none=self._members(none[0]) if none else (),
                    has_condition=bool(some or none),
                )
            )
        return values

    def _modifiers(self, node: Node, predicate: NamedNode) -> tuple[str, ...]:
        found = (self.graph.text(modifier, v.NOTATION) for modifier in self.graph.nodes(node, predicate))
        return tuple(sorted(text for text in found if text))

    def _all_modifiers(self) -> Iterator[Modifier]:
        for node in self.graph.instances(term("spine:Modifier")):
            if (name := self.graph.text(node, v.NOTATION)) is not None:
                yield Modifier(name, node.value, self._label(node))

    def _members(self, cls: Node) -> tuple[int, ...]:
        """The values in a class: named, a union, an intersection or a list of individuals."""
        graph = self.graph
        if isinstance(cls, NamedNode):
            return self._ids([node.value for node in graph.instances(cls)])
        for predicate in (v.ONE_OF, v.UNION, v.INTERSECTION):
            for items in graph.nodes(cls, predicate):
                members = graph.items(items)
                if predicate == v.ONE_OF:
                    return self._ids([node.value for node in members])
                sets = [set(self._members(member)) for member in members]
                joined = set.union(*sets) if predicate == v.UNION else set.intersection(*sets)
                return tuple(sorted(joined))
        self._fault(
            cls, "is a class of values, which has to be named, a union, an intersection or a list of individuals."
        )
        return ()

    def _class_label(self, cls: Node, accepts: Sequence[int]) -> tuple[str, str]:
        """A label and, where it has a name, the IRI of a class of values."""
        if isinstance(cls, NamedNode):
            return self._label(cls), cls.value
        iris = [iri for iri, number in self.value_ids.items() if number in accepts]
        return " or ".join(self._label(NamedNode(iri)) for iri in iris), ""

    def _requirement(self, owner: Node, restriction: Node) -> Requirement | None:
        graph = self.graph
        properties = graph.iris(restriction, v.ON_PROPERTY)
        if len(properties) != 1 or properties[0] not in self.axis_of_property:
            named = ", ".join(v.shorten(name) for name in properties) or "no property"
            self._fault(owner, f"has a restriction on {named}, which is not the property of an axis.")
            return None
        axis = self.axis_of_property[properties[0]]
        fillers = graph.nodes(restriction, v.SOME_VALUES) or graph.nodes(restriction, v.HAS_VALUE)
        if not fillers:
            self._fault(owner, f"has a restriction on the axis {axis!r} that needs owl:someValuesFrom or owl:hasValue.")
            return None
        filler = fillers[0]
        hasvalue = not graph.nodes(restriction, v.SOME_VALUES)
        accepts = self._ids([filler.value]) if hasvalue else self._members(filler)
        accepts = tuple(number for number in accepts if self.value_axis[number] == axis)
        if not accepts:
            self._fault(owner, f"requires, on the axis {axis!r}, {told(filler)}, which no value of that axis meets.")
        label, iri = self._class_label(filler, accepts)
        return Requirement(axis, label, iri, accepts)

    def _conditions(self, expression: Node) -> list[tuple[Requirement, ...]]:
        """The requirements of a class expression: an intersection of the injection and restrictions."""
        found = []
        for items in self.graph.nodes(expression, v.INTERSECTION):
            requirements = []
            for member in self.graph.items(items):
                if member == v.INJECTION:
                    continue
                if isinstance(member, NamedNode):
                    named = f"names {v.shorten(member.value)} in its intersection"
                    self._fault(expression, f"{named}; only spine:SpinalInjection may be named there.")
                elif (requirement := self._requirement(expression, member)) is not None:
                    requirements.append(requirement)
            found.append(tuple(requirements))
        return found

    def _definitions(self, codes: Mapping[str, str]) -> list[Definition]:
        graph = self.graph
        found: dict[tuple[str, tuple[Requirement, ...]], Definition] = {}
        for restriction in graph.subjects(v.ON_PROPERTY, v.IMPLIES_CODE):
            for target in graph.iris(restriction, v.HAS_VALUE):
                for cls in graph.subjects(v.SUBCLASS, restriction):
                    if not isinstance(cls, NamedNode):
                        continue
                    if target not in codes:
                        self._fault(cls, f"implies {v.shorten(target)}, which is not a spine:ProcedureCode.")
                        continue
                    for requirements in self._sufficient(cls):
                        found[cls.value, requirements] = self._definition(cls, codes[target], requirements)
        return sorted(found.values(), key=lambda d: (d.code, d.valid_from or "", d.iri))

    def _gaps(self) -> list[Definition]:
        """What the ontology declares to have no code."""
        found = [
            self._definition(cls, "", requirements)
            for cls in self.graph.subjects(v.SUBCLASS, v.UNCODED_INJECTION)
            if isinstance(cls, NamedNode)
            for requirements in self._sufficient(cls)
        ]
        return sorted(found, key=lambda d: (d.iri, d.valid_from or "", str(d.requirements)))

    def _definition(self, cls: NamedNode, code: str, requirements: tuple[Requirement, ...]) -> Definition:
        graph = self.graph
        return Definition(
            iri=cls.value,
            label=self._label(cls),
            code=code,
            requirements=requirements,
            valid_from=graph.text(cls, term("spine:validFrom")),
            valid_until=graph.text(cls, term("spine:validUntil")),
            note=graph.text(cls, v.NOTE) or "",
            sources=tuple(graph.iris(cls, v.SOURCE)),
            trust=self._trust(cls),
        )

    def _sufficient(self, cls: NamedNode) -> list[tuple[Requirement, ...]]:
        """What is enough to be in a class: its equivalent intersections, and the intersections below it."""
        graph = self.graph
        expressions = [*graph.nodes(cls, v.EQUIVALENT_CLASS), *graph.subjects(v.SUBCLASS, cls)]
        alternatives: list[tuple[Requirement, ...]] = []
        for expression in expressions:
            if isinstance(expression, BlankNode):
                for conditions in self._conditions(expression):
                    ordered = tuple(sorted(conditions, key=lambda r: (r.axis, r.accepts)))
                    if ordered not in alternatives:
                        alternatives.append(ordered)
        return alternatives

    def _constraints(self) -> list[Constraint]:
        graph = self.graph
        found = []
        for quad in graph.store.quads_for_pattern(None, v.ALL_VALUES, None):
            restriction, filler = quad.subject, quad.object
            if not isinstance(restriction, BlankNode) or not isinstance(filler, NamedNode | BlankNode):
                continue
            properties = graph.iris(restriction, v.ON_PROPERTY)
            if not properties or properties[0] not in self.axis_of_property:
                continue
            allowed = self._members(filler)
            label, _ = self._class_label(filler, allowed)
            for expression in graph.subjects(v.SUBCLASS, restriction):
                for conditions in self._conditions(expression):
                    axis = self.axis_of_property[properties[0]]
                    constraint = Constraint(conditions, axis, allowed, label)
                    if constraint not in found:
                        found.append(constraint)
        return sorted(found, key=lambda c: (c.axis, c.allowed, str(c.conditions)))

    def _trust(self, node: Node) -> str:
        levels = self.graph.nodes(node, term("spine:trust"))
        return (self.graph.text(levels[0], v.NOTATION) or "") if levels else ""

    def _codes(self) -> list[Code]:
        graph = self.graph
        nodes = graph.instances(v.PROCEDURE_CODE)
        names = {node.value: graph.text(node, v.NOTATION) or "" for node in nodes}
        codes = []
        for node in nodes:
            if not names[node.value]:
                self._fault(node, "is a code and needs a skos:notation.")
                continue

            def linked(curie: str, node: NamedNode = node) -> tuple[str, ...]:
                return tuple(sorted(names[iri] for iri in graph.iris(node, term(curie)) if names.get(iri)))

            families = graph.nodes(node, term("spine:inFamily"))
            units = graph.nodes(node, term("spine:reportingUnit"))
            codes.append(
                Code(
                    code=names[node.value],
                    iri=node.value,
                    label=graph.text(node, term("spine:officialDescriptor")) or self._label(node),
                    definition=graph.text(node, v.DEFINITION) or "",
                    alt_labels=tuple(graph.told(node, v.ALT_LABEL)),
                    family=families[0].value if families else "",
                    family_label=self._label(families[0]) if families else "",
                    in_force_by=graph.text(node, term("spine:inForceBy")),
                    valid_from=graph.text(node, term("spine:validFrom")),
                    valid_until=graph.text(node, term("spine:validUntil")),
                    replaces=linked("spine:replaces"),
                    replaced_by=linked("spine:replacedBy"),
                    add_on_to=linked("spine:addOnTo"),
                    unit=self._label(units[0]) if units else "",
                    max_units=graph.number(units[0], term("spine:maximumUnits")) if units else None,
                    bilateral_indicator=graph.text(node, term("spine:bilateralIndicator")),
                    modifiers=self._modifiers(node, term("spine:takesModifier")),
                    includes_guidance=graph.flag(node, term("spine:includesImagingGuidance")),
                    guidance_since=graph.text(node, term("spine:includesGuidanceSince")),
                    guides_by=self._ids(graph.iris(node, term("spine:guidesBy"))),
                    not_beside=linked("spine:notReportedBeside"),
                    note=graph.text(node, v.NOTE) or "",
                    sources=tuple(graph.iris(node, v.SOURCE)),
                    trust=self._trust(node),
                )
            )
        return sorted(codes, key=lambda code: code.code)

    def _confusions(self, codes: Mapping[str, str]) -> list[Confusion]:
        graph = self.graph
        return [
            Confusion(
                iri=node.value,
                codes=tuple(sorted(codes[i] for i in graph.iris(node, term("spine:confusedCode")) if i in codes)),
                reason=graph.text(node, term("spine:confusionReason")) or "",
                sources=tuple(graph.iris(node, v.SOURCE)),
                trust=self._trust(node),
            )
            for node in graph.instances(term("spine:Confusion"))
        ]

    def _advisories(self, codes: Mapping[str, str]) -> list[Advisory]:
        graph = self.graph
        return [
            Advisory(
                iri=node.value,
                codes=tuple(sorted(codes[i] for i in graph.iris(node, term("spine:appliesToCode")) if i in codes)),
                values=self._ids(graph.iris(node, term("spine:whenValue"))),
                advice=graph.text(node, term("spine:advice")) or "",
                valid_from=graph.text(node, term("spine:validFrom")),
                valid_until=graph.text(node, term("spine:validUntil")),
                sources=tuple(graph.iris(node, v.SOURCE)),
                trust=self._trust(node),
            )
            for node in graph.instances(term("spine:Advisory"))
        ]
