"""pySHACL without the work whose results nobody reads: the same results, several times sooner.

Of an ``sh:or`` it tries every alternative, in no fixed order, and writes a report for each that fails; here it takes
them in the order of the list and stops at the first that holds. And it searches its list of constraints for each
statement of a shape; here that is a set.
"""

from __future__ import annotations

import sys
from typing import Any


def install() -> None:
    """Make pySHACL quicker, in this process."""
    from pyshacl.constraints import ALL_CONSTRAINT_PARAMETERS, CONSTRAINT_PARAMETERS_MAP
    from pyshacl.constraints.core.logical_constraints import OrConstraintComponent

    OrConstraintComponent._evaluate_or_constraint = _evaluated  # type: ignore[method-assign]
    module = sys.modules["pyshacl.shape"]
    module.CONSTRAINT_PARAMS = (frozenset(ALL_CONSTRAINT_PARAMETERS), CONSTRAINT_PARAMETERS_MAP)  # type: ignore[attr-defined]


def _evaluated(
    self: Any, executor: Any, or_c: Any, target_graph: Any, focus_value_nodes: Any, _evaluation_path: Any
) -> tuple[bool, list[Any]]:
    """Whether some value node meets no alternative, and the results for those; in the place of pySHACL's method."""
    from pyshacl.errors import ReportableRuntimeError

    nodes = list(self.shape.sg.graph.items(or_c))
    if not nodes:
        raise ReportableRuntimeError("The list associated with sh:or is not a valid RDF list.")
    shapes = [self.shape.get_other_shape(node) for node in nodes if not self.shape.sg.is_filtered_out_shape(node)]
    if not all(shapes):
        told = "Shape pointed to by sh:or does not exist or is not a well-formed SHACL Shape."
        raise ReportableRuntimeError(told)
    if not shapes:
        return False, []
    reports = []
    for focus, value_nodes in focus_value_nodes.items():
        for value in value_nodes:
            if not any(
                shape.validate(executor, target_graph, focus=value, _evaluation_path=_evaluation_path[:])[0]
                for shape in shapes
            ):
                reports.append(self.make_v_result(target_graph, focus, value_node=value))
    return bool(reports), reports
