"""The knowledge of one set of folders: rules at once, graph, shapes and queries when they are needed."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Final

from pyoxigraph import BlankNode, NamedNode, Quad

from spinecode import vocabulary as v
from spinecode.cache import cached
from spinecode.catalogue import CataloguedQuery, catalogue
from spinecode.errors import InputError, OntologyError
from spinecode.files import Folders, data_files, data_folder, folders_beside, shape_files
from spinecode.graph import ENGLISH, Graph, Ontology, parse_file, read_rdf
from spinecode.index import RuleIndex
from spinecode.reading import read_rules
from spinecode.rules import RULES_REVISION, Rules
from spinecode.vocabulary import term

#: The language of the labels that are shown, such as de; English where it is not set or a label has no other.
LANGUAGE_VARIABLE: Final = "SPINECODE_LANGUAGE"
#: A language tag (RFC 5646), as far as it needs to be known here.
_LANGUAGE: Final = re.compile(r"[a-z]{2,8}(-[a-z0-9]{1,8})*")
_DECLARING: Final = (term("sh:NodeShape"), term("sh:PropertyShape"))


class Knowledge:
    """What one ontology says, ready to be asked. Everything is made once and read-only.

    ``data`` are files of RDF that can be queried beside the ontology; they have no part in the rules. ``shapes`` and
    ``queries`` are folders, by default ours; ``language`` is that of the labels, English where there are none.
    """

    def __init__(
        self,
        folders: Iterable[Path],
        data: Iterable[Path] = (),
        *,
        shapes: Iterable[Path] | None = None,
        queries: Iterable[Path] | None = None,
        language: str = ENGLISH,
    ) -> None:
        self.ontology = Ontology(folders)
        self.data = tuple(data)
        self.folders = Folders(
            self.ontology.folders,
            (data_folder("shapes"),) if shapes is None else tuple(shapes),
            (data_folder("queries"),) if queries is None else tuple(queries),
        )
        self.language = language

    @cached_property
    def index(self) -> RuleIndex:
        """The compiled rules. Raises OntologyError when the ontology cannot be used."""
        name = f"rules-{self.ontology.digest[:32]}-{self.language}-{RULES_REVISION}.json"
        return RuleIndex(Rules.from_json(cached(name, self._compile)))

    @cached_property
    def graph(self) -> Graph:
        """The closed graph, with the data beside it. Raises InputError when a file of data cannot be read."""
        graph = self.ontology.graph()
        graph.language = self.language
        for file in self.data:
            graph.store.extend(Quad(*quad.triple) for quad in read_rdf(file))
        return graph

    @cached_property
    def queries(self) -> dict[str, CataloguedQuery]:
        """The query catalogue, by name. Raises OntologyError when a name stands twice."""
        return catalogue(self.folders.queries)

    @cached_property
    def description_shapes(self) -> tuple[Quad, ...]:
        """The shapes of descriptions: those of ontology files have no say about a submission.

        Raises OntologyError for broken syntax and for a shape that two files declare.
        """
        return tuple(read_shapes(shape_files(self.folders.shapes, "description")))

    @cached_property
    def shapes(self) -> Graph:
        """All the shapes, whose IRIs stand in reports and findings."""
        files = shape_files(self.folders.shapes, "ontology")
        graph = Graph.of((*self.description_shapes, *(quad for file in files for quad in parse_file(file))))
        graph.language = self.language
        return graph

    def _compile(self) -> bytes:
        graph = self.ontology.graph()
        graph.language = self.language
        known = graph.languages()
        if self.language != ENGLISH and not any(one.split("-")[0] == self.language.split("-")[0] for one in known):
            told = (
                f"No text of the ontology is in the language {self.language!r}; its languages are {', '.join(known)}."
            )
            raise InputError.of(f"{told} Load a pack that has it, or leave the language out.", value=self.language)
        return read_rules(graph, self.ontology.digest).to_json()


def read_shapes(files: Iterable[Path]) -> list[Quad]:
    """The statements of files of shapes.

    A file may say more of a shape that another declares (such as one property more), but not declare it again.
    Raises OntologyError for that, and for broken syntax.
    """
    found: list[Quad] = []
    declared: dict[NamedNode | BlankNode, Path] = {}
    for file in files:
        quads = list(parse_file(file))
        for quad in quads:
            if quad.predicate == v.TYPE and quad.object in _DECLARING and isinstance(quad.subject, NamedNode):
                other = declared.setdefault(quad.subject, file)
                if other != file:
                    message = f"The shape {v.shorten(quad.subject.value)} is declared already, in {other}."
                    raise OntologyError.of(f"{message} Give this one another name.", file=str(file))
        found += quads
    return found


def language_named(text: str | None) -> str:
    """The language to show, from an option or the environment. Raises InputError for what is no language tag."""
    given = (text or os.environ.get(LANGUAGE_VARIABLE) or ENGLISH).strip().casefold()
    if not _LANGUAGE.fullmatch(given):
        message = f"{given!r} is no language tag, such as de or pt-br (see {LANGUAGE_VARIABLE} and --language)."
        raise InputError.of(message, value=given)
    return given


@lru_cache(maxsize=8)
def _load(folders: Folders, data: tuple[Path, ...], language: str) -> Knowledge:
    return Knowledge(folders.ontology, data, shapes=folders.shapes, queries=folders.queries, language=language)


def load(
    extra: Iterable[Path | str] = (),
    data: Iterable[Path | str] = (),
    *,
    shapes: Iterable[Path | str] = (),
    queries: Iterable[Path | str] = (),
    packs: Iterable[Path | str] = (),
    language: str | None = None,
) -> Knowledge:
    """The knowledge of our ontology, of what the environment names beside it, and of further folders and packs.

    One set of them is read once in a process; start anew to see changed files. Raises OntologyError when a folder
    does not exist, InputError for a language that is none.
    """
    return _load(folders_beside(extra, shapes, queries, packs), data_files(data), language_named(language))
