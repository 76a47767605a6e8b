"""Knowledge flows one way: no module imports one that stands above it."""

from __future__ import annotations

import ast

from tests.conftest import ROOT

#: From the lowest up; modules of one row may not import one another.
LAYERS = [
    {"vocabulary", "errors", "artifacts"},
    {"query_text", "text_places", "splitting", "spelling"},
    {"query_header", "syntax_places", "json_text", "xml_form", "turtle_text", "xml_text"},
    {"plain_query", "store_client", "files", "cache", "rules", "bridge", "quick_shacl", "quick_rl", "fixed_graph"},
    {"closing", "reach"},
    {"graph", "index", "hermit", "catalogue", "tokens", "text_edits"},
    {"soundness", "reported", "places", "writing", "counting", "columns", "naming", "phrasebook"},
    {"findings", "tables", "pack"},
    {"names", "profile", "consistency", "acceptance", "ontology_shapes", "meaning"},
    {"reading", "importing", "exporting"},
    {"knowledge", "description", "combinations"},
    {"services"},
    {"questions"},
    {"selection", "shape_catalogue", "publication", "patterns", "sparql", "search", "free_text", "fhir_mapping"},
    {"coverage", "versions", "cases", "parameters", "store_version", "fhir_concepts"},
    {"executables", "fhir_elements"},
    {"explanation", "release", "fhir", "dataset", "query_process", "companions", "specimens"},
    {"runner", "forwarding", "json_reading"},
    {"remote", "push", "jsonld_context", "coding"},
    {"checking", "statements", "answer_difference", "documents", "spark"},
    {"finding_formats", "term_difference"},
    {"comparison", "definition_difference", "prospects"},
    {"claimed_codes"},
    {"answers", "report", "difference", "claims", "lineage", "decision_table", "spine_drawing"},
    {"shacl", "difference_outline", "fhir_results", "understanding", "json_facts", "report_text"},
    {"fast_shacl", "telling", "jsonld_facts", "fhir_facts", "report_ci", "report_rdf", "report_page"},
    {"validation", "difference_formats", "origins", "report_formats"},
    {"line_places", "mending"},
    {"judging"},
    {"bulk"},
    {"whole"},
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
