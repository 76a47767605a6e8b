"""``spinecode check``: the terminology team's tool, for people and for continuous integration."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from spinecode.checking import CheckReport
    from spinecode.coverage import Coverage
    from spinecode.findings import Finding

#: How many spans of dates fit beside one another in 80 columns.
_ERAS_ABREAST = 8
_STYLES = {"error": "red", "warning": "yellow"}


@click.command(epilog="Example: spinecode check my-codes/ --format sarif > check.sarif")
@click.argument("folders", nargs=-1, type=click.Path(path_type=Path))
@click.option("--hermit/--no-hermit", default=True, show_default=True, help="Ask HermiT too, where it is installed.")
@click.option("--coverage", "table", is_flag=True, help="Print how the combinations of facts are coded, by date.")
@click.option("--verbose", "-v", is_flag=True, help="List what is accepted too, with the reasons.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "junit", "sarif"]),
    default="text",
    show_default=True,
    help="junit and sarif are for continuous integration.",
)
@click.pass_context
def check(ctx: click.Context, folders: tuple[Path, ...], hermit: bool, table: bool, verbose: bool, form: str) -> int:
    """Check the ontology, alone or with packs, or further folders or files.

    Syntax, names, shapes, OWL 2 RL, consistency (by owlrl, and by HermiT where it is installed), rules, and coverage:
    combinations of facts that imply no code, or two. Each finding has its file, line and column and how to mend it.
    The status is 1 when there is an error; warnings and notes leave it at 0.
    """
    from spinecode.checking import check as run
    from spinecode.cli import render
    from spinecode.files import folders_beside, is_pack, query_files, shape_files
    from spinecode.finding_formats import junit, report_json, sarif

    named = ctx.find_root().params
    packs = (*(named.get("pack") or ()), *(folder for folder in folders if is_pack(folder)))
    plain = (*(named.get("ontology") or ()), *(folder for folder in folders if not is_pack(folder)))
    beside = folders_beside(plain, named.get("shapes") or (), named.get("queries") or (), packs)
    shapes = (*shape_files(beside.shapes, "description"), *shape_files(beside.shapes, "ontology"))
    queries = query_files(beside.queries)
    report = run(beside.ontology, with_hermit=hermit, shapes=shapes, queries=queries, packs=beside.packs)
    if form == "json":
        render.print_json(report_json(report))
    elif form == "sarif":
        render.print_json(sarif(report))
    elif form == "junit":
        print(junit(report))
    else:
        if table and report.coverage is not None:
            show_coverage(report.coverage)
        show(report, verbose)
    return int(not report.conforms)


def show(report: CheckReport, verbose: bool) -> None:
    """The findings by file and line, each with its fix, then what was left out."""
    from rich.markup import escape

    from spinecode.cli.render import console

    for finding in report.findings:
        _show_finding(finding)
    if verbose:
        for accepted in report.accepted:
            finding = accepted.finding
            console.print(f"{escape(_where(finding))}: [cyan]accepted[/] ({finding.kind})", soft_wrap=True)
            _show_text(finding.message)
            _show_text(f"because: {accepted.reason}")
    found, files = len(report.findings), len(report.files)
    beside = f", {len(report.accepted)} accepted" if report.accepted else ""
    if found:
        warned = sum(finding.severity != "error" for finding in report.findings)
        kinds = f" ({warned} of them no error)" if warned else ""
        console.print(f"{found} finding{'' if found == 1 else 's'}{kinds} in {files} files{beside}")
    else:
        console.print(f"[green]no faults[/] in {files} files{beside}")
    if report.left_out:
        console.print(f"Not looked at until these are mended: {', '.join(report.left_out)}.")
    elif report.hermit not in ("run", "not run: not asked for"):
        console.print(f"HermiT was {report.hermit}.")


def show_coverage(coverage: Coverage) -> None:
    """A table with a row for each family and a column for each span of dates; as many tables as the dates need."""
    from rich.markup import escape
    from rich.table import Table

    from spinecode.cli.render import console

    console.print(f"{coverage.combinations} combinations of facts that the rules tell apart, on each date from:")
    rows: dict[str, Iterable[int]] = {
        family: [cell.covered for cell in cells] for family, cells in coverage.families.items()
    }
    rows["[yellow]a further fact decides[/]"] = coverage.open
    rows |= {f"[cyan]no code:[/] {escape(label)}": counts for label, counts in coverage.accepted.items()}
    rows["[red]no code and no reason[/]"] = coverage.unexplained
    rows["[red]two codes at once[/]"] = coverage.overlapping
    for start in range(0, len(coverage.eras), _ERAS_ABREAST):
        part = slice(start, start + _ERAS_ABREAST)
        table = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 1, 0, 0))
        table.add_column("")
        for era in coverage.eras[part]:
            year, _, day = era.first.partition("-")
            table.add_column(f"{year:>5}\n{day:>5}", no_wrap=True)
        for label, counts in rows.items():
            table.add_row(label, *(f"{count or '-':>5}" for count in tuple(counts)[part]))
        console.print(table)


def _show_finding(finding: Finding) -> None:
    from rich.markup import escape

    from spinecode.cli.render import console

    style = _STYLES.get(finding.severity, "cyan")
    # a line that names a place is not broken, so that it can be clicked
    console.print(f"{escape(_where(finding))}: [{style}]{finding.severity}[/] ({finding.kind})", soft_wrap=True)
    _show_text(finding.message)
    if finding.fix:
        _show_text(f"fix: {finding.fix}")


def _show_text(text: str) -> None:
    """A text below its place, indented; a long IRI is not broken."""
    import textwrap

    from spinecode.cli.render import console

    lines = textwrap.wrap(text, console.width - 2, break_long_words=False, break_on_hyphens=False)
    for line in lines:
        console.print(f"  {line}", markup=False, soft_wrap=True)


def _where(finding: Finding) -> str:
    if finding.file is None:
        return "the ontology"
    return ":".join(str(part) for part in (finding.file, finding.line, finding.column) if part is not None)
