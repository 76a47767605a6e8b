"""Every term as a page of its own in a folder of static HTML, from the templates of the pages that are served.

The links are relative and nothing is loaded from elsewhere, so that the folder can be opened from a disk or served
below any path. A kind of terms is a folder with a list of them.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pyoxigraph import NamedNode

from spinecode import publication as p
from spinecode import vocabulary as v
from spinecode.graph import Graph
from spinecode.index import RuleIndex
from spinecode.knowledge import Knowledge
from spinecode.spine_drawing import spine_drawing
from spinecode.vocabulary import term
from spinecode.web.code_view import code_page
from spinecode.web.terms import shapes
from spinecode.web.views import definition_of, label_of, term_view
from spinecode.web.wording import days, kind_label, property_label, reverse_label

_WEB: Final = Path(__file__).parent
_INDEX: Final = "index.html"
_ASSETS: Final = ("style.css", "knowledge.css", "favicon.svg")
_ORDER: Final = term("spine:displayOrder")
_PROPERTIES: Final = tuple(term(f"owl:{kind}Property") for kind in ("Object", "Datatype", "Annotation"))


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of terms, with the folder of their pages."""

    folder: str
    title: str
    told: str


KINDS: Final = {
    kind.folder: kind
    for kind in (
        Kind("codes", "Codes", "What each code stands for, by family."),
        Kind("families", "Families", "Codes for the same kind of procedure."),
        Kind("axes", "Axes", "The questions that a description answers."),
        Kind("values", "Values", "The possible answers, by axis."),
        Kind("classes", "Classes", "Classes of things, and the classes of injections that are reported with a code."),
        Kind("properties", "Properties", "What can be said of a thing, and of what is said."),
        Kind("concepts", "Concepts", "What is spoken of around an injection, by scheme."),
        Kind("schemes", "Schemes", "Lists that concepts belong to."),
        Kind("sources", "Sources", "The documents that the statements come from."),
        Kind("others", "Others", "Modifiers, units, levels of trust, confusions, and whatever else there is."),
        Kind("shapes", "Shapes", "What a description, and a file of the ontology, has to look like."),
        Kind("queries", "Queries", "Questions that are asked of the graph, each a file of SPARQL."),
    )
}


@dataclass(frozen=True, slots=True)
class Entry:
    """A line in the list of a kind."""

    iri: str
    label: str
    definition: str
    path: str
    group: str


def documentation(knowledge: Knowledge) -> dict[str, bytes]:
    """The pages, by their paths in the folder. Raises OntologyError as ``publication`` does."""
    return dict(_Site(knowledge).pages())


def described_terms(knowledge: Knowledge) -> set[str]:
    """The IRIs below ours of which the ontology or a shape says something."""
    graphs = (knowledge.graph, knowledge.shapes)
    subjects = {quad.subject for graph in graphs for quad in graph.store}
    return {node.value for node in subjects if isinstance(node, NamedNode) and node.value.startswith(v.SPINE)}


class _Site:
    def __init__(self, knowledge: Knowledge) -> None:
        self.knowledge = knowledge
        self.graph: Graph = knowledge.graph
        self.shapes = shapes(knowledge)
        self.index: RuleIndex = knowledge.index
        self.publication = p.publication(knowledge)
        self.here = _INDEX
        self.entries = self._entries()
        self.paths = {entry.iri: entry.path for entries in self.entries.values() for entry in entries}
        self.paths |= {v.SPINE: _INDEX, self.publication.iri: _INDEX}
        self.environment = self._environment()

    # ------------------------------------------------------------ what there is

    def _entries(self) -> dict[str, list[Entry]]:
        """The terms by kind, in the order in which they are listed."""
        by_kind: dict[str, list[str]] = {folder: [] for folder in KINDS}
        for iri in sorted(described_terms(self.knowledge) - {v.SPINE}):
            by_kind[self._kind(NamedNode(iri))].append(iri)
        codes = list(self.index.codes.values())
        families = {code.family: self.graph.number(NamedNode(code.family), _ORDER) or 0 for code in codes}
        order = sorted(families, key=lambda family: families[family])
        order += [code.iri for code in sorted(codes, key=lambda code: families[code.family])]
        order += [axis.iri for axis in self.index.rules.axes]
        order += [self.index.values[number].iri for axis in self.index.rules.axes for number in axis.values]
        places = {iri: place for place, iri in enumerate(order)}
        found: dict[str, list[Entry]] = {}
        for folder, iris in by_kind.items():
            taken: set[str] = set()
            entries = [self._entry(folder, iri, taken) for iri in iris]
            entries.sort(key=lambda e: (places.get(e.iri, len(places)), e.group.casefold(), e.label.casefold(), e.iri))
            found[folder] = entries
        found["queries"] = [
            Entry(f"query:{query.name}", query.question, "", f"queries/{quote(query.name)}.html", "")
            for query in self.knowledge.queries.values()
        ]
        return found

    def _kind(self, node: NamedNode) -> str:
        iri, types = node.value, set(self.graph.nodes(node, v.TYPE))
        index = self.index
        if not types:
            return "shapes"
        if iri in {code.iri for code in index.codes.values()}:
            return "codes"
        if iri in {code.family for code in index.codes.values()}:
            return "families"
        if iri in {axis.iri for axis in index.axes.values()}:
            return "axes"
        if iri in {value.iri for value in index.values}:
            return "values"
        for folder, kinds in (
            ("classes", (term("owl:Class"),)),
            ("properties", _PROPERTIES),
            ("schemes", (term("skos:ConceptScheme"),)),
            ("concepts", (term("skos:Concept"),)),
            ("sources", (term("spine:Source"),)),
        ):
            if types.intersection(kinds):
                return folder
        return "others"

    def _entry(self, folder: str, iri: str, taken: set[str]) -> Entry:
        node = NamedNode(iri)
        graph = self.shapes if folder == "shapes" else self.graph
        name = quote(iri.removeprefix(v.SPINE).rpartition("/")[2], safe="")
        # a file system may not tell upper case from lower
        number = 1
        while (file := f"{name}{f'-{number}' if number > 1 else ''}").casefold() in taken or file.casefold() == "index":
            number += 1
        taken.add(file.casefold())
        definition = definition_of(graph, node)
        return Entry(iri, label_of(graph, node), definition, f"{folder}/{file}.html", self._group(folder, node))

    def _group(self, folder: str, node: NamedNode) -> str:
        """The heading that a term is listed below."""
        if folder == "codes":
            return next(code.family_label for code in self.index.codes.values() if code.iri == node.value)
        if folder == "values":
            axis = next(value.axis for value in self.index.values if value.iri == node.value)
            return self.index.axes[axis].label
        if folder == "classes":
            injection = self.graph.has(node, v.SUBCLASS, v.INJECTION)
            value = self.graph.has(node, v.SUBCLASS, term("spine:AxisValue"))
            return "kinds of injections" if injection else "kinds of values" if value else "other classes"
        if folder == "concepts":
            schemes = [label_of(self.graph, scheme) for scheme in self.graph.nodes(node, term("skos:inScheme"))]
            return ", ".join(schemes) or "in no scheme"
        if folder in ("properties", "others"):
            kinds = term_view(self.graph, node).kinds
            return ", ".join(kind.text for kind in kinds)
        return ""

    # ------------------------------------------------------------ pages

    def pages(self) -> Iterator[tuple[str, bytes]]:
        """Each page with its path."""
        for name in _ASSETS:
            yield name, (_WEB / "static" / name).read_bytes()
        yield self._page(_INDEX, "overview.html", term=term_view(self.graph, p.ONTOLOGY), found=self.publication)
        for folder, kind in KINDS.items():
            groups: dict[str, list[Entry]] = {}
            for entry in self.entries[folder]:
                groups.setdefault(entry.group, []).append(entry)
            yield self._page(f"{folder}/{_INDEX}", "kind.html", kind=kind, groups=groups)
        codes = {code.iri: code for code in self.index.codes.values()}
        for folder, entries in self.entries.items():
            for entry in entries:
                if folder == "queries":
                    query = self.knowledge.queries[entry.iri.removeprefix("query:")]
                    yield self._page(entry.path, "one-query.html", query=query)
                elif folder == "codes":
                    shown = code_page(self.index, self.graph, codes[entry.iri])
                    yield self._page(entry.path, "code.html", **shown)
                else:
                    graph = self.shapes if folder == "shapes" else self.graph
                    yield self._page(entry.path, "term.html", term=term_view(graph, NamedNode(entry.iri)))

    def _page(self, path: str, template: str, **shown: Any) -> tuple[str, bytes]:
        self.here = path
        folder = path.partition("/")[0] if "/" in path else ""
        content = self.environment.get_template(template).render(folder=folder, **shown)
        return path, content.encode()

    # ------------------------------------------------------------ for the templates

    def _environment(self) -> Environment:
        # the templates of the folder stand in for those that are served with the same name
        folders = [_WEB / "templates" / "published", _WEB / "templates"]
        made = Environment(
            loader=FileSystemLoader(folders),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=StrictUndefined,
        )
        helpers: dict[str, Callable[..., Any]] = {
            "asset": self.relative,
            "code_label": lambda code: self.index.codes[code].label,
            "spine_drawing": lambda code=None: spine_drawing(self.index, code),
            "code_url": lambda code: self.iri_url(self.index.codes[code].iri),
            "differ_url": lambda codes: None,
            "family_url": self.iri_url,
            "iri_url": self.iri_url,
            "kind_label": lambda iri: kind_label(self.graph, NamedNode(iri)),
            "label": lambda iri: label_of(self.graph, NamedNode(iri)),
            "property_label": lambda iri: property_label(self.graph, iri),
            "relative": self.relative,
            "reverse_label": lambda iri: reverse_label(self.graph, iri),
            "rules": lambda: self.index.rules,
            "short": v.shorten,
        }
        made.globals.update(helpers)
        made.filters["days"] = days
        made.globals.update(
            kinds=KINDS,
            numbers={folder: len(entries) for folder, entries in self.entries.items()},
            publication=self.publication,
            distributions=p.DISTRIBUTIONS,
        )
        return made

    def relative(self, path: str) -> str:
        """A path in the folder, seen from the page that is being written."""
        # below a made-up folder, so that the one in which this runs has no part in it
        return posixpath.relpath(f"/release/docs/{path}", f"/release/docs/{posixpath.dirname(self.here)}")

    def iri_url(self, iri: str) -> str | None:
        """Where a link to an IRI leads: to its page here, else to the web; None when it is no web address."""
        if iri in self.paths:
            return self.relative(self.paths[iri])
        return iri if iri.startswith(("https://", "http://")) else None
