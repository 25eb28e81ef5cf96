"""Results as a picture: how many times faster ours is, how time and memory grow."""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import Any

from benchmarks.results import Measured, Results, Series


def draw(results: Results, file: Path) -> None:
    """Draw results.

    Parameters
    ----------
    results : Results
        What was measured; networks, growth or both.
    file : Path
        Its suffix chooses the format, ``.svg`` or ``.png``.
    """
    import matplotlib as mpl

    mpl.use("agg")
    mpl.rcParams["svg.hashsalt"] = "lava-fed"  # the same bytes for the same results
    from matplotlib import pyplot

    networks = results.get("networks", [])
    growth = results.get("growth", [])
    count = len(networks) + (2 if growth else 0)
    columns = min(3, max(1, count))
    rows = max(1, -(-count // columns))
    figure, grid = pyplot.subplots(rows, columns, figsize=(5 * columns, 3.6 * rows), squeeze=False)
    axes = list(grid.flat)
    for axis, measured in zip(axes, networks, strict=False):
        _bars(axis, measured)
    if growth:
        for axis, of in zip(axes[len(networks) :], ("time", "memory"), strict=False):
            _lines(axis, of, [one for one in growth if one["of"] == of and not one["reason"]])
    for axis in axes[count:]:
        axis.set_visible(False)
    figure.tight_layout()
    figure.savefig(file, metadata={"Date": None} if file.suffix == ".svg" else None, dpi=120)
    pyplot.close(figure)


def _bars(axis: Any, measured: Measured) -> None:
    """Draw a bar for each contender and batch size: its rate beside ours."""
    standings = [standing for standing in measured["standings"][1:] if standing["cells"]]
    batches = [cell["batch"] for cell in measured["standings"][0]["cells"]]
    height = 0.8 / max(1, len(batches))
    for index, batch in enumerate(batches):
        places, lengths = [], []
        for row, standing in enumerate(standings):
            for cell in standing["cells"]:
                if cell["batch"] == batch:
                    places.append(row + index * height)
                    lengths.append(statistics.median(cell["ratios"]))
        axis.barh(places, lengths, height * 0.9, label=f"batch {batch}")
    axis.axvline(1, color="black", linewidth=0.8)
    axis.set_xscale("log")
    axis.set_yticks([row + 0.4 - height / 2 for row in range(len(standings))], [s["name"] for s in standings])
    axis.invert_yaxis()
    axis.set_title(measured["name"])
    axis.set_xlabel("times faster than it")
    axis.legend(fontsize="x-small")


def _lines(axis: Any, of: str, series: list[Series]) -> None:
    """Draw a line for each growth, from 1 at its smallest point."""
    for one in series:
        sizes = [size / one["sizes"][0] for size in one["sizes"]]
        values = [value / one["values"][0] for value in one["values"]]
        axis.loglog(sizes, values, marker="o", label=f"{one['name']}, exponent {one['exponent']:.2f}")
    axis.loglog([1, 100], [1, 100], color="black", linewidth=0.8, linestyle="dotted")
    axis.set_title(f"{of} against size, from the smallest on")
    axis.legend(fontsize="x-small")
