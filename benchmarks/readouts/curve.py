"""Accuracy against the number of labels, as a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np


def draw_curve(lines: Mapping[str, Mapping[int, Sequence[float]]], file: Path) -> None:
    """Draw the mean of each line, with the band that holds all of the first.

    Parameters
    ----------
    lines : mapping of str to mapping of int to sequence of float
        Accuracies, 0..1, by the line's name and the number of labels.
    file : Path
        Its suffix chooses the format, ``.svg`` or ``.png``.
    """
    import matplotlib as mpl

    mpl.use("agg")
    mpl.rcParams["svg.hashsalt"] = "lava-fed"  # the same bytes for the same results
    from matplotlib import pyplot

    figure, axis = pyplot.subplots(figsize=(6, 3.8))
    for index, (name, points) in enumerate(lines.items()):
        labels = sorted(points)
        middle = [100 * float(np.mean(points[n])) for n in labels]
        style = {"marker": "o"} if index == 0 else {"marker": ".", "linestyle": "dashed"}
        axis.plot(labels, middle, label=name, **style)
        if index == 0:
            low = [100 * min(points[n]) for n in labels]
            high = [100 * max(points[n]) for n in labels]
            axis.fill_between(labels, low, high, alpha=0.2, linewidth=0)
    axis.set_xscale("log")
    axis.set_xticks(labels, [str(n) for n in labels])
    axis.minorticks_off()
    axis.set_xlabel("labelled samples")
    axis.set_ylabel("accuracy, %")
    axis.grid(alpha=0.3)
    axis.legend(loc="lower right", fontsize="small")
    figure.tight_layout()
    figure.savefig(file, metadata={"Date": None} if file.suffix == ".svg" else None, dpi=120)
    pyplot.close(figure)
