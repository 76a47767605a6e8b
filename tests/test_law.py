"""The one law: no code and no axis value in the program; they stand in the ontology."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from spinecode.index import RuleIndex
from tests.conftest import ROOT

#: What others made, which tells nothing of our field but has numbers of its own.
APART = ("vendor", "node_modules")
PROGRAM = [
    file
    for ending in ("py", "html", "js", "mjs")
    for file in sorted((ROOT / "server").rglob(f"*.{ending}"))
    if not set(APART) & set(file.relative_to(ROOT / "server").parts[:-1]) or file.name == "build.mjs"
]

#: Short names of values that are also everyday words of programs and pages; only a text that is nothing else counts.
EVERYDAY = {"none", "left", "right", "contrast", "ct"}


def names(index: RuleIndex) -> tuple[set[str], set[str]]:
    """Names that may stand nowhere, and names that may not be a text of their own."""
    values = [value for value in index.values if index.axes[value.axis].derived_from is None]
    short = {value.name for value in values} | {value.iri.rpartition("/")[2] for value in values}
    return short - EVERYDAY - {"None", "Left", "Right", "Contrast"} | set(index.codes), short


def python_texts(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def test_there_is_a_program() -> None:
    assert len([f for f in PROGRAM if f.suffix == ".py"]) > 15
    assert [f for f in PROGRAM if f.suffix == ".html"]
    assert {"search.js", "workbench.js", "build.mjs"} <= {f.name for f in PROGRAM}
    assert "yasqe.js" not in {f.name for f in PROGRAM}


def test_no_code_and_no_axis_value_in_the_program(index: RuleIndex) -> None:
    nowhere, never_alone = names(index)
    pattern = re.compile(rf"(?<!\w)(?:{'|'.join(sorted(map(re.escape, nowhere), key=len, reverse=True))})(?!\w)", re.I)
    found = []
    for file in PROGRAM:
        text = file.read_text(encoding="utf-8")
        for number, line in enumerate(text.splitlines(), 1):
            found += [f"{file.relative_to(ROOT)}:{number}: {m[0]}" for m in pattern.finditer(line)]
        texts = python_texts(file) if file.suffix == ".py" else re.findall(r"[\"'>]([^\"'<>]+)[\"'<]", text)
        found += [f"{file.relative_to(ROOT)}: {t!r}" for t in texts if t.strip() in never_alone]
    assert found == []


def test_no_code_of_any_kind_in_the_program() -> None:
    """Five digits beginning with 2 or 6, or four and a T, are a code even if the ontology does not know it yet."""
    pattern = re.compile(r"\b(6[24]\d{3}|0\d{3}T|27096|2055[23]|7[67]\d{3})\b")
    found = [f"{f.relative_to(ROOT)}: {m[0]}" for f in PROGRAM for m in pattern.finditer(f.read_text(encoding="utf-8"))]
    assert found == []
