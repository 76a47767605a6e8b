"""Plots of figures: lines with the spread of the rounds, as SVG."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path

#: For each line, by what is on the x axis, the figures of the rounds.
Lines = Mapping[str, Mapping[int, Sequence[float]]]


def draw(path: Path, lines: Lines, title: str, x_label: str, y_label: str, *, log_x: bool = False) -> str | None:
    """Draw lines into a file. Gives why it was not drawn, if it was not."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        return f"{path.name} was not drawn: matplotlib is not installed (pip install -e '.[bench]')."
    figure = Figure(figsize=(8, 5), layout="constrained")
    axes = figure.subplots()
    for number, (name, points) in enumerate(lines.items()):
        places = sorted(points)
        middle = [statistics.median(points[place]) for place in places]
        axes.plot(places, middle, marker="osD^v*"[number % 6], label=name)
        low, high = ([pick(points[place]) for place in places] for pick in (min, max))
        axes.fill_between(places, low, high, alpha=0.15)
    if log_x:
        axes.set_xscale("log")
    else:
        axes.set_xticks(sorted({place for points in lines.values() for place in points}))
    axes.set_yscale("log")
    axes.set(title=title, xlabel=x_label, ylabel=y_label)
    axes.grid(visible=True, which="both", alpha=0.25)
    axes.legend()
    # the same figures give the same file
    figure.savefig(path, format="svg", metadata={"Date": None})
    return None
