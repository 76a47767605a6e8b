"""Part 4: many descriptions validated from N-Triples, against a loop of pySHACL and against its command line."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

from pyoxigraph import BlankNode, Literal, NamedNode, Quad, RdfFormat, Triple, serialize

from measure import Row, Section, Verdict, ratios
from spinecode import vocabulary as v
from spinecode.bulk import validate_stream
from spinecode.fast_shacl import FastEngine, engine_for
from spinecode.knowledge import Knowledge
from spinecode.shacl import vocabulary_of
from spinecode.validation import validate_rdf

ROOT = Path(__file__).resolve().parent.parent
sys.path.append(str(ROOT))

from tests.made_descriptions import DATE_TYPE, Maker  # noqa: E402

#: How much faster than the loop.
TARGET = 20.0
#: How many descriptions; ``SPINECODE_BENCH_DESCRIPTIONS`` is another number.
_MANY = 100_000
#: How many of them the peers are given: they need milliseconds for each.
_SAMPLE = 300
_MANY_QUICK = 2_000
_SEED = 20260302
#: How many are made at once.
_TOGETHER = 400
_DAY_ONE = date(2010, 1, 1)
_DAYS = (date(2026, 6, 30) - _DAY_ONE).days


def _lines(statements: Iterable[Quad | Triple]) -> str:
    triples = (one.triple if isinstance(one, Quad) else one for one in statements)
    content = serialize(triples, format=RdfFormat.N_TRIPLES)
    assert content is not None
    return content.decode()


class _Dated(Maker):
    """Makes descriptions of any day there were codes for, and not of a few."""

    def good(self, node: NamedNode | BlankNode) -> list[Quad]:
        day = Literal((_DAY_ONE + timedelta(self.rng.randrange(_DAYS))).isoformat(), datatype=DATE_TYPE)
        return [
            Quad(quad.subject, quad.predicate, day) if quad.predicate == v.DATE_OF_SERVICE else quad
            for quad in super().good(node)
        ]


def _conforming(knowledge: Knowledge, maker: Maker, nodes: Iterable[NamedNode]) -> dict[NamedNode, str]:
    """Descriptions of some names that conform, whatever tries it takes."""
    found: dict[NamedNode, str] = {}
    waiting = list(nodes)
    while waiting:
        made = {node: maker.right(node) for node in waiting}
        report = validate_rdf(knowledge, [quad for quads in made.values() for quad in quads])
        wrong = {result.focus_node for result in report.results if result.severity == "violation"}
        found |= {node: _lines(quads) for node, quads in made.items() if node.value not in wrong}
        waiting = [node for node in waiting if node.value in wrong]
    return found


def _made(knowledge: Knowledge, number: int) -> list[str]:
    """Descriptions that conform and descriptions with faults put in, in turn."""
    maker = _Dated(knowledge.index, _SEED)
    found: list[str] = []
    for first in range(0, number, _TOGETHER):
        nodes = [NamedNode(f"urn:bench:{count}") for count in range(first, min(first + _TOGETHER, number))]
        good = _conforming(knowledge, maker, nodes[::2])
        found += [good[node] if node in good else _lines(maker.bad(node)) for node in nodes]
    return found


def _ours(knowledge: Knowledge, path: Path, jobs: int) -> tuple[float, list[bool]]:
    """Seconds for a file, and whether each description conforms."""
    start = perf_counter()
    with path.open("rb") as file:
        found = [judged.report.conforms for judged in validate_stream(knowledge, file, RdfFormat.N_TRIPLES, jobs)]
    return perf_counter() - start, found


def _loop(task: bytes) -> tuple[float, int]:
    command = [sys.executable, str(Path(__file__).with_name("pyshacl_loop.py"))]
    done = subprocess.run(command, input=task, capture_output=True, check=True, timeout=600)
    told = json.loads(done.stdout)
    return told["seconds"], told["conform"]


def _command_line(shapes: Path, data: Path) -> float:
    command = [sys.executable, "-W", "ignore", "-m", "pyshacl", "-s", str(shapes), str(data)]
    start = perf_counter()
    done = subprocess.run(command, capture_output=True, check=False, timeout=600)
    taken = perf_counter() - start
    if done.returncode not in (0, 1):  # 1 is that something does not conform
        raise SystemExit(f"pySHACL's command line failed: {done.stderr.decode()[-500:]}")
    return taken


def measure(knowledge: Knowledge, rounds: int, *, quick: bool = False) -> Section:
    """Measure validation in bulk, as descriptions a second."""
    number = int(os.environ.get("SPINECODE_BENCH_DESCRIPTIONS", _MANY_QUICK if quick else _MANY))
    section = Section(
        f"4  {number:,} descriptions validated, from N-Triples", "descriptions a second", "ours, 1 / peer"
    )
    texts = _made(knowledge, number)
    sample = texts[:_SAMPLE]
    shapes = _lines(knowledge.description_shapes)
    vocabulary = {iri: _lines(triples) for iri, triples in vocabulary_of(knowledge).items()}
    task = json.dumps({"shapes": shapes, "vocabulary": vocabulary, "descriptions": sample}).encode()
    one, two, loop, command = [], [], [], []
    conforming: list[bool] = []
    peer_conforming = 0
    with TemporaryDirectory() as folder:
        path, data, rules = (Path(folder) / name for name in ("made.nt", "sample.nt", "shapes.nt"))
        path.write_text("".join(texts), encoding="utf-8")
        mentioned = "".join(text for iri, text in vocabulary.items() if any(f"<{iri}>" in one for one in sample))
        data.write_text("".join(sample) + mentioned, encoding="utf-8")
        rules.write_text(shapes, encoding="utf-8")
        for _ in range(rounds):
            taken, conforming = _ours(knowledge, path, 1)
            if len(conforming) != number:
                raise SystemExit(f"There were {len(conforming)} reports on {number} descriptions.")
            one.append(number / taken)
            taken, same = _ours(knowledge, path, 2)
            if same != conforming:
                raise SystemExit("Two processes conclude something else than one.")
            two.append(number / taken)
            taken, peer_conforming = _loop(task)
            loop.append(len(sample) / taken)
            command.append(len(sample) / _command_line(rules, data))
    section.rows += [
        Row("spinecode, 1 process", one),
        Row("spinecode, 2 processes", two),
        Row(f"  pySHACL in a loop, {len(sample)}", loop, ratios(one, loop)),
        Row(f"  pySHACL's command line, {len(sample)}", command, ratios(one, command)),
    ]
    kinds = len({text.replace(f"<urn:bench:{count}>", "") for count, text in enumerate(texts)})
    fast = isinstance(engine_for(knowledge), FastEngine)
    section.remarks += [
        f"{sum(conforming):,} conform; {kinds:,} differ in more than their name.",
        f"The engine is {'the fast one' if fast else 'pySHACL'}. The start of processes counts, but for the loop.",
        f"The peers were given the first {len(sample)}, and their rates are taken to hold for all.",
        f"Of these {peer_conforming} conform by the loop, {sum(conforming[: len(sample)])} by ours, which reckons too.",
    ]
    ratio = statistics.median(ratios(one, loop))
    target = f"4 in bulk: {TARGET:,.0f} times a loop of pySHACL"
    section.verdicts.append(Verdict(target, f"{ratio:,.1f} times", ratio >= TARGET))
    return section
