"""``spinecode release``: the files of one version, for publication."""

from __future__ import annotations

from pathlib import Path

import click

from spinecode.errors import InputError

#: The options of the whole program that would bring the statements of others into a release.
_BESIDE = ("pack", "ontology", "shapes", "queries", "language")


@click.command(epilog="Example: spinecode release dist")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.pass_context
def release(ctx: click.Context, folder: Path, form: str) -> int:
    """Write the files of this version to a new folder in DIR.

    The ontology as written and closed, each in Turtle, RDF/XML and JSON-LD; shapes, queries, the VoID and DCAT
    description, every term as a page, and checksums. The same ontology gives the same bytes. What is there already is
    left alone: it is the same, or it is an error.
    """
    from spinecode.release import Release, own_knowledge, sealed, write

    _refuse_further(ctx)
    made = Release(own_knowledge())
    # the pages are those that are served, so they come from the web
    from spinecode.web.documentation import documentation

    pages = {f"docs/{name}": content for name, content in documentation(made.knowledge).items()}
    files = sealed({**made.files(), **pages})
    new = write(folder, made.name, files)
    _show(folder / made.name, files, new, form)
    return 0


def _refuse_further(ctx: click.Context) -> None:
    """Refuse what is loaded beside the ontology: our version IRI would stand over the statements of others."""
    given = [name for name, value in ctx.find_root().params.items() if value and name in _BESIDE]
    if given:
        named = ", ".join(f"--{name}" for name in given)
        raise InputError.of(f"A release is of the project's own ontology alone; leave out {named}.")


def _show(target: Path, files: dict[str, bytes], new: bool, form: str) -> None:
    from spinecode.cli import render

    if form == "json":
        listed = [{"name": name, "bytes": len(files[name])} for name in sorted(files)]
        render.print_json({"folder": str(target), "new": new, "files": listed})
        return
    groups: dict[str, list[int]] = {}
    for name in sorted(files, key=lambda name: ("/" in name, name)):
        top, slash, _ = name.partition("/")
        groups.setdefault(top + slash, []).append(len(files[name]))
    for name, sizes in groups.items():
        many = f"  {len(sizes)} files" if name.endswith("/") else ""
        print(f"{name:<24}{sum(sizes) / 1000:>9,.1f} kB{many}")
    print(f"{'written to' if new else 'unchanged:'} {target}")
