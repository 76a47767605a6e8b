"""The benchmark: how fast and how large, each as a ratio to a named peer measured in the same run.

``make bench``, or ``python bench/run.py --only code,size --rounds 7``. Everything runs on this machine, over loopback;
peers take turns with ours round by round, since a machine is rarely quiet. Each part is written to RESULTS.md as soon
as it is done, in place of what stood there; a part that fails does not hold up the others.
"""

from __future__ import annotations

import argparse
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import bulk_speed
import code_speed
import cores_speed
import growth_speed
import page_speed
import select_speed
import serve_speed
import size_speed
import sparql_speed
import start_speed
import validate_speed
from measure import Plan, Section, Verdict, print_section, print_verdicts
from results import RESULTS, Results, circumstances, knowledge_line, machine, section_text, versions
from spinecode.knowledge import Knowledge, load

PARTS: dict[str, Callable[[Knowledge, Plan], Section]] = {
    "code": code_speed.measure,
    "size": size_speed.measure,
    "cores": cores_speed.measure,
    "growth": growth_speed.measure,
    "select": select_speed.measure,
    "serve": lambda knowledge, plan: serve_speed.measure(knowledge, plan.rounds),
    "validate": validate_speed.measure,
    "bulk": lambda knowledge, plan: bulk_speed.measure(knowledge, plan.rounds, quick=plan.quick),
    "start": lambda knowledge, plan: start_speed.measure(knowledge, plan.rounds),
    "sparql": lambda knowledge, plan: sparql_speed.measure(knowledge, plan.rounds),
    "pages": lambda knowledge, plan: page_speed.measure(knowledge, plan.rounds),
}


def main(arguments: list[str] | None = None) -> int:
    """Run the parts that are wanted, print what they found, and write it down; 1 when one could not be measured."""
    parser = argparse.ArgumentParser(description="The benchmark of spinecode.")
    parser.add_argument("--only", default=",".join(PARTS), help=f"parts, with commas: {', '.join(PARTS)}")
    parser.add_argument("--rounds", type=int, help="rounds of each measurement (5; with --quick 2)")
    parser.add_argument("--quick", action="store_true", help="few rounds and small tables, to see that all of it runs")
    slow = "rounds of pySHACL as most people call it, which takes minutes a call (1; with --quick none)"
    parser.add_argument("--slow-rounds", type=int, help=slow)
    parser.add_argument("--missing", action="store_true", help="only the parts that the document does not have yet")
    parser.add_argument("--results", type=Path, metavar="FILE", help="the document (RESULTS.md; with --quick none)")
    options = parser.parse_args(arguments)
    wanted = [name.strip() for name in options.only.split(",")]
    if unknown := [name for name in wanted if name not in PARTS]:
        parser.error(f"no such part: {', '.join(unknown)}; the parts are {', '.join(PARTS)}")
    rounds = options.rounds if options.rounds is not None else 2 if options.quick else 5
    if rounds < 1:
        parser.error("--rounds has to be 1 or more")
    knowledge = load()
    heading = f"Machine: {machine()}.\n\n{knowledge_line(knowledge).capitalize()}. Libraries: {versions()}.\n"
    print(f"{machine()}\n{knowledge_line(knowledge)}; {rounds} rounds")
    path = options.results or (None if options.quick else RESULTS)
    results = Results(path, list(PARTS), heading) if path else None
    if options.missing and results:
        wanted = [name for name in wanted if name not in results.sections]
    slow_rounds = options.slow_rounds if options.slow_rounds is not None else 0 if options.quick else 1
    plan = Plan(rounds, options.quick, path.parent if path else None, slow_rounds)
    verdicts: list[Verdict] = []
    failed: list[str] = []
    for name, measure in PARTS.items():
        if name not in wanted:
            continue
        start = perf_counter()
        try:
            section = measure(knowledge, plan)
        except (Exception, SystemExit) as error:
            if not isinstance(error, SystemExit):
                traceback.print_exc()
            print(f"\n{name} could not be measured: {error}", file=sys.stderr)
            failed.append(name)
            continue
        print_section(section)
        sys.stdout.flush()
        if results:
            results.put(name, section_text(section, circumstances(rounds, perf_counter() - start)))
        verdicts += section.verdicts
    print_verdicts(verdicts)
    if failed:
        print(f"\nNot measured: {', '.join(failed)}. To go on: bench/run.py --only {','.join(failed)}", file=sys.stderr)
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
