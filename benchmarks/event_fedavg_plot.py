"""Accuracy against bits on the wire, beside Event-FedAvg's published points."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from pathlib import Path

from benchmarks.event_fedavg_results import PUBLISHED, Run, grouped

BAR = (140.0, 86.5)
"""Most megabits, least accuracy in %, that ours are to reach."""
LOWEST = 70.0
"""Least accuracy that is drawn, %."""


def draw(runs: Sequence[Run], file: Path) -> None:
    """Draw results.

    Parameters
    ----------
    runs : sequence of Run
        What was measured; the mean over seeds is drawn, in a band of one standard deviation.
    file : Path
        Its suffix chooses the format, ``.svg`` or ``.png``.
    """
    import matplotlib as mpl

    mpl.use("agg")
    mpl.rcParams["svg.hashsalt"] = "lava-fed"  # the same bytes for the same results
    from matplotlib import pyplot

    figure, axis = pyplot.subplots(figsize=(7.5, 4.5))
    for (method, network, _), group in grouped(runs).items():
        sent = [statistics.mean(column) for column in zip(*(run["megabits"] for run in group), strict=True)]
        columns = [
            [100 * each for each in column] for column in zip(*(run["accuracy"] for run in group), strict=True)
        ]
        middle = [statistics.mean(column) for column in columns]
        off = [statistics.stdev(column) if len(column) > 1 else 0.0 for column in columns]
        (line,) = axis.plot(sent, middle, marker="o", label=f"ours, {method}, {network}, {len(group)} seeds")
        axis.fill_between(
            sent,
            [value - wide for value, wide in zip(middle, off, strict=True)],
            [value + wide for value, wide in zip(middle, off, strict=True)],
            color=line.get_color(),
            alpha=0.2,
        )
    for what, bits, accuracy, deviation in PUBLISHED:
        axis.errorbar([bits], [accuracy], yerr=deviation or 0, marker="s", linestyle="none", capsize=3, label=what)
    axis.plot(*BAR, marker="*", markersize=12, color="black", linestyle="none", label="the bar of ours")
    axis.set_xscale("log")
    axis.set_ylim(LOWEST, 89)
    axis.set_xlabel("Mbit of all uplinks and one broadcast a round")
    axis.set_ylabel("test accuracy, %")
    axis.set_title("Fashion-MNIST, 10 devices, 55 % of each of one class")
    axis.grid(visible=True, alpha=0.3)
    axis.legend(fontsize="x-small", loc="lower right")
    figure.tight_layout()
    figure.savefig(file, metadata={"Date": None} if file.suffix == ".svg" else None, dpi=120)
    pyplot.close(figure)
