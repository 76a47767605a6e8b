"""The benchmark: how fast and how large, each as a ratio to a named peer measured in the same run.

``make bench``, or ``python bench/run.py --only select,serve,validate,bulk,start,sparql,pages --rounds 7``. It all runs
on this machine, over loopback; peers take turns with ours round by round, since a machine is rarely quiet.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import bulk_speed
import page_speed
import select_speed
import serve_speed
import sparql_speed
import start_speed
import validate_speed
from measure import Section, Verdict, print_section, print_verdicts
from spinecode.knowledge import Knowledge, load

PARTS: dict[str, Callable[[Knowledge, int], Section]] = {
    "select": select_speed.measure,
    "serve": serve_speed.measure,
    "validate": validate_speed.measure,
    "bulk": bulk_speed.measure,
    "start": start_speed.measure,
    "sparql": sparql_speed.measure,
    "pages": page_speed.measure,
}
LIBRARIES = ("spinecode", "rdflib", "owlrl", "pyshacl", "pyoxigraph", "flask", "granian")


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def _print_machine(knowledge: Knowledge, rounds: int) -> None:
    index = knowledge.index
    print(f"{os.cpu_count()} cores, {_processor()}, {platform.system()}")
    print(f"{platform.python_implementation()} {platform.python_version()}; {rounds} rounds")
    named = [f"{name} {version(name)}" for name in LIBRARIES]
    print(", ".join(named[:4]) + ",\n" + ", ".join(named[4:]))
    stated = len(knowledge.ontology.stated())
    print(f"ontology: {stated:,} triples, {len(knowledge.graph):,} closed, {len(index.codes)} codes")


def main(arguments: list[str] | None = None) -> None:
    """Run the parts that are wanted and print what they found."""
    parser = argparse.ArgumentParser(description="The benchmark of spinecode.")
    parser.add_argument("--only", default=",".join(PARTS), help=f"parts, with commas: {', '.join(PARTS)}")
    parser.add_argument("--rounds", type=int, default=7, help="rounds of each measurement (7)")
    options = parser.parse_args(arguments)
    wanted = [name.strip() for name in options.only.split(",")]
    if unknown := [name for name in wanted if name not in PARTS]:
        parser.error(f"no such part: {', '.join(unknown)}; the parts are {', '.join(PARTS)}")
    if options.rounds < 1:
        parser.error("--rounds has to be 1 or more")
    knowledge = load()
    _print_machine(knowledge, options.rounds)
    verdicts: list[Verdict] = []
    for name, measure in PARTS.items():
        if name in wanted:
            section = measure(knowledge, options.rounds)
            print_section(section)
            sys.stdout.flush()
            verdicts += section.verdicts
    print_verdicts(verdicts)


if __name__ == "__main__":
    main()
