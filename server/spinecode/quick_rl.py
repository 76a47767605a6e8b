"""owlrl's rules of OWL 2 RL without the work from which nothing follows, in a third of the time.

owlrl goes through all statements, cycle after cycle, with all rules, and states of each thing that it is itself, which
has the rules of equality replace it by itself wherever it stands. The conclusions are the same without, but for those.
"""

from __future__ import annotations

from typing import Any

import owlrl
import rdflib
from rdflib.namespace import OWL, RDF, RDFS

_WORDS = (str(OWL._NS), str(RDFS._NS))


class QuickSemantics(owlrl.OWLRL_Semantics):  # type: ignore[misc]  # owlrl has no types
    """The rules, given only what can set one off; that a thing is itself is stated only where it contradicts.

    Statements with a blank node for a predicate are left in, where owlrl takes them out at the end.
    """

    def store_triple(self, triple: tuple[Any, Any, Any]) -> None:
        """Keep a conclusion for the end of the cycle."""
        subject, predicate, value = triple
        if subject == value and predicate == OWL.sameAs and (subject, OWL.differentFrom, subject) not in self.graph:
            return
        if triple not in self.added_triples and triple not in self.graph and not isinstance(predicate, rdflib.Literal):
            self.added_triples.add(triple)

    def rules(self, triple: tuple[Any, Any, Any], cycle_num: int) -> None:
        """Put a statement to the rules, all of which begin with one in the words of RDFS or OWL."""
        _, predicate, value = triple
        if predicate == RDF.type:
            told = value == RDF.Property or str(value).startswith(_WORDS)
        else:
            told = str(predicate).startswith(_WORDS)
        if told:
            # what owlrl does in the first cycle alone is to note blank nodes, in a list that it looks through each time
            super().rules(triple, cycle_num + 1)

    def post_process(self) -> None:
        """Nothing: see above."""


def expand(graph: rdflib.Graph) -> None:
    """Add to a graph what follows from it."""
    owlrl.DeductiveClosure(QuickSemantics).expand(graph)
