"""Command-line options made from the axes of the ontology."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from spinecode.description import CODE, DATE
from spinecode.knowledge import Knowledge, load


class ValueOfAxis(click.ParamType[str]):
    """A value of an axis by any of its names; the names are checked later, with all other faults."""

    def __init__(self, axis: str, values: Iterable[tuple[str, str]]) -> None:
        self.name = axis
        self.values = tuple(values)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """The short names that begin with what was typed."""
        found = (item for item in self.values if item[0].casefold().startswith(incomplete.casefold()))
        return [CompletionItem(name, help=label) for name, label in found]


def knowledge_of(ctx: click.Context, data: Iterable[Path] = (), language: str | None = None) -> Knowledge:
    """The knowledge of the folders and packs that the command line names, in the language that it names, or another."""
    named = ctx.find_root().params
    return load(
        named.get("ontology") or (),
        data,
        shapes=named.get("shapes") or (),
        queries=named.get("queries") or (),
        packs=named.get("pack") or (),
        language=language or named.get("language"),
    )


def beside_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of the whole program that say what is loaded beside ours, and in which language it is shown."""
    told = (
        ("--pack", "A pack: a folder with ontology/, shapes/ and queries/ in it. Repeatable."),
        ("--ontology", "A folder of Turtle files to load beside the ontology. Repeatable."),
        ("--shapes", "A folder of shapes to validate with, beside ours. Repeatable."),
        ("--queries", "A folder of .rq files for the catalogue, beside ours. Repeatable."),
    )
    language = click.option("--language", metavar="TAG", help="Language of the labels, such as de; else English.")
    command = language(command)
    for name, text in reversed(told):
        kind = click.Path(path_type=Path)
        command = click.option(name, multiple=True, metavar="DIR", type=kind, help=text)(command)
    return command


class AxisCommand(click.Command):
    """A command with an option for each axis that the ontology asks about."""

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """The command's own parameters and the axes, read from the ontology."""
        params: list[click.Parameter] = list(super().get_params(ctx))
        known = {name for param in params for name in param.opts}
        axes = [option for option in _axis_options(knowledge_of(ctx)) if not known & set(option.opts)]
        return [*params[:-1], *axes, *params[-1:]]


def _axis_options(knowledge: Knowledge) -> list[click.Option]:
    index = knowledge.index
    options = []
    for axis in index.asked_axes:
        values = [(index.values[number].name, index.values[number].label) for number in axis.values]
        told = ", ".join(name for name, _ in values) if len(values) <= 12 else f"{values[0][0]} to {values[-1][0]}"
        text = f"{told}. Repeatable." if axis.repeatable else f"{told}."
        kind = ValueOfAxis(axis.name, values)
        options.append(click.Option([f"--{axis.name}"], multiple=True, type=kind, metavar="VALUE", help=text))
    codes = ValueOfAxis(CODE, [(code.code, code.label) for code in index.codes.values()])
    dates = "Date of service, YYYY-MM-DD; today without it."
    options.append(click.Option([f"--{DATE}"], multiple=True, metavar="DATE", help=dates))
    reported = "A code that was reported, to be checked. Repeatable."
    options.append(click.Option([f"--{CODE}"], multiple=True, type=codes, metavar="CODE", help=reported))
    return options


def given_facts(options: dict[str, Any]) -> dict[str, list[str]]:
    """The axes that the command line gives, by name."""
    # click writes a dash in an option's name as an underscore
    return {name.replace("_", "-"): list(values) for name, values in options.items() if values}
