"""The figures as a document: each part of the benchmark is a section of RESULTS.md, and is replaced alone."""

from __future__ import annotations

import os
import platform
import re
import statistics
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from measure import Row, Section, number
from spinecode.knowledge import Knowledge

FOLDER = Path(__file__).parent
RESULTS = FOLDER / "RESULTS.md"
LIBRARIES = (
    *(
        "spinecode",
        "rdflib",
        "owlrl",
        "pyshacl",
        "pyoxigraph",
        "shacl",
        "pyrudof",
        "flask",
        "granian",
        "pyarrow",
        "numpy",
    ),
    *("duckdb", "pandas", "polars", "pyspark", "rdflib-endpoint", "oxigraph"),
)
_TITLE = """# Measured

`make bench` writes this file, on one machine and over loopback; `bench/run.py --only PART` replaces one section. Peers
take turns with ours, round by round, and a ratio is of two figures of the same round. Each figure is the minimum, the
median and the maximum over the rounds; targets are judged by the median.
"""


def processor() -> str:
    """The name of the processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def memory() -> str:
    """How much memory there is."""
    try:
        return f"{os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB"
    except (OSError, ValueError):
        return "memory unknown"


def versions() -> str:
    """The versions of the libraries, and which are missing."""
    found = []
    for name in LIBRARIES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            found.append(f"no {name}")
    return ", ".join(found)


def machine() -> str:
    """What it is measured on."""
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return f"{os.cpu_count()} cores, {processor()}, {memory()}, {platform.system()} {platform.release()}, {python}"


def knowledge_line(knowledge: Knowledge) -> str:
    """How large the ontology is."""
    stated, codes = len(knowledge.ontology.stated()), len(knowledge.index.codes)
    return f"ontology: {stated:,} triples, {len(knowledge.graph):,} closed, {codes} codes"


def _commit() -> str:
    asked = ["git", "-C", str(FOLDER), "describe", "--always", "--dirty", "--exclude=*"]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    return f"commit {done.stdout.strip()}" if done.returncode == 0 else "commit unknown"


def circumstances(rounds: int, seconds: float) -> str:
    """When and how a section was measured."""
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    load = f"load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    told = (now, _commit(), f"{rounds} rounds" if rounds != 1 else "1 round", f"{seconds:,.0f} s", load)
    return ", ".join(part for part in told if part)


def _cells(values: Sequence[float]) -> list[str]:
    if not values:
        return ["", "", ""]
    if len(values) == 1:
        return ["", number(values[0]), ""]
    return [number(value) for value in (min(values), statistics.median(values), max(values))]


def _row(row: Row) -> str:
    indent = "&nbsp;&nbsp;" * ((len(row.name) - len(row.name.lstrip())) // 2)
    return f"| {indent}{row.name.strip()} | {' | '.join(_cells(row.values) + _cells(row.ratios))} |"


def section_text(section: Section, told: str) -> str:
    """A section as Markdown."""
    head = f"| | {section.unit}: min | median | max | {section.ratio or 'ratio'}: min | median | max |"
    lines = [f"## {section.title}", "", f"{told}.", ""]
    if section.rows:
        lines += [head, f"| --- |{' ---: |' * 6}", *(_row(row) for row in section.rows), ""]
    lines += [f"![{words}]({name})\n" for name, words in section.plots]
    if section.remarks:
        lines += ["```text", *section.remarks, "```", ""]
    if section.verdicts:
        lines += ["| target | measured | |", "| --- | ---: | --- |"]
        lines += [f"| {v.target} | {v.found} | {'met' if v.met else '**not met**'} |" for v in section.verdicts] + [""]
    return "\n".join(lines)


class Results:
    """The document; what is put in is on the disk at once, so that an ended run has lost nothing."""

    def __init__(self, path: Path, order: Sequence[str], heading: str) -> None:
        self._path = path
        self._order = order
        self._heading = heading
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        found = re.findall(r"^<!-- part: (\w+) -->\n(.*?)^<!-- end -->\n", text, re.DOTALL | re.MULTILINE)
        self.sections: dict[str, str] = dict(found)

    def put(self, name: str, text: str) -> None:
        """Replace a section and write the document."""
        self.sections[name] = text
        known = [name for name in self._order if name in self.sections]
        parts = [f"<!-- part: {name} -->\n{self.sections[name].rstrip()}\n<!-- end -->\n" for name in known]
        written = "\n".join([_TITLE, self._heading, *parts])
        temporary = self._path.with_suffix(".new")
        temporary.write_text(written, encoding="utf-8")
        temporary.replace(self._path)
