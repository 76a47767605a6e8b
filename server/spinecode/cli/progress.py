"""A bar on a terminal while a long file is read: how much of it, how many descriptions, how fast, and how long yet."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import BinaryIO, Final

#: How often the bar is told of more, in seconds.
_EVERY: Final = 0.1


@contextmanager
def progress_bar(file: BinaryIO) -> Iterator[Callable[[int], None]]:
    """Show a bar on standard error where that is a terminal; gives what takes the number of descriptions so far."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _: None
        return
    columns = (BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[told]}"), TimeRemainingColumn())
    aside = sys.stdout.isatty()  # what is written to the same terminal stands above the bar
    with Progress(*columns, console=console, transient=True, redirect_stdout=aside, redirect_stderr=False) as progress:
        task = progress.add_task("", total=os.fstat(file.fileno()).st_size, told="")
        begun = shown = monotonic()
        first: int | None = None

        def show(number: int) -> None:
            nonlocal shown, first
            now = monotonic()
            first = number if first is None else first
            if now - shown >= _EVERY:
                shown = now
                rate = (number - first) / (now - begun)
                progress.update(task, completed=file.tell(), told=f"{number:,} descriptions, {rate:,.0f} a second")

        yield show
