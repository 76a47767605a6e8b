"""The names by which people call the things of a graph: short names, labels, local names, prefixed names, IRIs."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from typing import Final

from pyoxigraph import NamedNode

from spinecode import vocabulary as v
from spinecode.graph import Graph
from spinecode.spelling import fold

_LOCAL: Final = re.compile(r"[^\W_][\w-]*")


def local_name(iri: str) -> str:
    """What an IRI ends with."""
    return re.split(r"[/#]", iri)[-1]


def iri_of(text: str, prefixes: Mapping[str, str]) -> str | None:
    """The IRI that is written out or with a prefix; None for any other text."""
    inside = text[1:-1] if text.startswith("<") and text.endswith(">") else text
    prefix, colon, local = inside.partition(":")
    if colon and prefix in prefixes and not local.startswith("//"):
        inside = prefixes[prefix] + local
    elif not re.match(r"[a-z][a-z0-9+.-]*:", inside):
        return None
    try:
        return NamedNode(inside).value
    except ValueError:
        return None


def minted(namespace: str, text: str, ending: str = "") -> str | None:
    """An IRI made of the words of a text, such as ``FacetInjection``; None where the text has no words."""
    words = re.findall(r"[^\W_]+", text)
    local = "".join(word[:1].upper() + word[1:] for word in words)
    if not local:
        return None
    return namespace + local + (ending if not local.endswith(ending) else "")


def shortened(iri: str, prefixes: Mapping[str, str]) -> str:
    """An IRI with a prefix where one fits and the rest is a plain name, else as it is."""
    fitting = [(base, name) for name, base in prefixes.items() if iri.startswith(base)]
    if fitting:
        base, name = max(fitting, key=lambda pair: len(pair[0]))
        if _LOCAL.fullmatch(iri[len(base) :]):
            return f"{name}:{iri[len(base) :]}"
    return iri


class Names:
    """Things of one kind by all their names. A name may stand for several; then it is of no use."""

    def __init__(self, graph: Graph, nodes: Iterable[NamedNode], prefixes: Mapping[str, str]) -> None:
        self._prefixes = prefixes
        self._found: dict[str, dict[str, None]] = {}
        #: The name of each thing by which it is proposed.
        self.told: dict[str, str] = {}
        for node in nodes:
            notations = graph.texts(node, v.NOTATION)
            labels = [*graph.texts(node, v.PREF_LABEL), *graph.texts(node, v.LABEL), *graph.texts(node, v.ALT_LABEL)]
            self.told[node.value] = next(iter(notations), local_name(node.value))
            for name in (*notations, *labels, local_name(node.value), node.value):
                self._found.setdefault(fold(name), {})[node.value] = None

    def find(self, text: str) -> list[str]:
        """The IRIs of the things with a name."""
        iri = iri_of(text, self._prefixes)
        if iri is not None and fold(iri) in self._found:
            return list(self._found[fold(iri)])
        return list(self._found.get(fold(text), ()))

    def nearest(self, text: str) -> tuple[str, ...]:
        """Names of the things that a mistyped name comes closest to; all of them where there are few."""
        close = difflib.get_close_matches(fold(text), self._found, n=4, cutoff=0.6)
        found = dict.fromkeys(self.told[iri] for name in close for iri in self._found[name])
        if not found and len(self.told) <= 8:
            return tuple(sorted(self.told.values()))
        return tuple(found)[:3]

    def best(self, iri: str, taken: Iterable[str] = ()) -> str:
        """The shortest name that stands for a thing alone: its local name, else its prefixed name or IRI.

        ``taken`` are names that mean something else where it is to stand.
        """
        name = local_name(iri)
        if self.find(name) == [iri] and fold(name) not in {fold(one) for one in taken}:
            return name
        return shortened(iri, self._prefixes)
