"""Knowledge flows one way: no module imports one that stands above it."""

from __future__ import annotations

import ast

from tests.conftest import ROOT

#: From the lowest up; modules of one row may not import one another.
LAYERS = [
    {"vocabulary", "errors"},
    {"query_text"},
    {"query_header"},
    {"plain_query", "store_client", "files", "cache", "rules", "bridge"},
    {"graph", "index", "hermit", "catalogue"},
    {"soundness", "places", "writing", "counting", "columns", "naming"},
    {"findings", "tables", "pack"},
    {"names", "profile", "consistency", "acceptance", "ontology_shapes", "meaning"},
    {"reading", "importing", "exporting"},
    {"knowledge", "description", "combinations"},
    {"selection", "publication", "patterns", "sparql"},
    {"coverage", "versions", "cases", "parameters", "store_version"},
    {"executables"},
    {"explanation", "release", "documents", "dataset", "query_process", "companions"},
    {"runner", "forwarding"},
    {"remote", "push"},
    {"checking", "statements", "answer_difference"},
    {"finding_formats", "term_difference"},
    {"comparison", "definition_difference"},
    {"answers", "report", "difference"},
    {"shacl", "difference_outline"},
    {"validation", "difference_formats"},
    {"api"},
    {"web", "cli"},
]
PACKAGE = ROOT / "server" / "spinecode"


def layer(name: str) -> int:
    return next(number for number, names in enumerate(LAYERS) if name in names)


def test_every_module_has_its_layer() -> None:
    modules = {f.stem for f in PACKAGE.glob("*.py")} | {
        f.name for f in PACKAGE.iterdir() if (f / "__init__.py").exists()
    }
    assert modules - {"__init__", "__main__"} == set.union(*LAYERS)


def test_no_module_imports_one_above_it() -> None:
    wrong = []
    for file in PACKAGE.rglob("*.py"):
        own = file.relative_to(PACKAGE).parts[0].removesuffix(".py")
        if own in ("__init__", "__main__"):
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("spinecode."):
                name = str(node.module).split(".")[1]
                served = (own, name) == ("cli", "web")  # the command that serves
                if name != own and not served and layer(name) >= layer(own):
                    wrong.append(f"{own} imports {name}")
    assert wrong == []
