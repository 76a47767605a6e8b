"""The knowledge of one set of ontology folders: rules at once, graph and store when they are needed."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property, lru_cache
from pathlib import Path

from pyoxigraph import Quad

from spinecode.cache import cached
from spinecode.files import data_files, ontology_folders
from spinecode.graph import Graph, Ontology, read_rdf
from spinecode.index import RuleIndex
from spinecode.reading import read_rules
from spinecode.rules import RULES_REVISION, Rules


class Knowledge:
    """What one ontology says, ready to be asked. Everything is made once and read-only.

    ``data`` are files of RDF that can be queried beside the ontology; they have no part in the rules.
    """

    def __init__(self, folders: Iterable[Path], data: Iterable[Path] = ()) -> None:
        self.ontology = Ontology(folders)
        self.data = tuple(data)

    @cached_property
    def index(self) -> RuleIndex:
        """The compiled rules. Raises OntologyError when the ontology cannot be used."""
        name = f"rules-{self.ontology.digest[:32]}-{RULES_REVISION}.json"
        return RuleIndex(Rules.from_json(cached(name, self._compile)))

    @cached_property
    def graph(self) -> Graph:
        """The closed graph, with the data beside it. Raises InputError when a file of data cannot be read."""
        graph = self.ontology.graph()
        for file in self.data:
            graph.store.extend(Quad(*quad.triple) for quad in read_rdf(file))
        return graph

    def _compile(self) -> bytes:
        return read_rules(self.ontology.graph(), self.ontology.digest).to_json()


@lru_cache(maxsize=8)
def _load(folders: tuple[Path, ...], data: tuple[Path, ...]) -> Knowledge:
    return Knowledge(folders, data)


def load(extra: Iterable[Path | str] = (), data: Iterable[Path | str] = ()) -> Knowledge:
    """The knowledge of our ontology, of the folders and data that the environment names, and of further ones.

    One set of them is read once in a process; start anew to see changed files.
    """
    return _load(ontology_folders(extra), data_files(data))
