"""Weight histogram: the values of a connection before and after learning."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lava_fed.report.content import Weights
from lava_fed.report.numbers import count
from lava_fed.report.svg import Drawing, Scale

BINS = 32


def draw(weights: Weights, width: float = 420, height: float = 300) -> str:
    """Draw two histograms over one weight axis, before above after."""
    drawing = Drawing(width, height, caption(weights))
    low = min(int(weights.before.min()), int(weights.after.min()))
    high = max(int(weights.before.max()), int(weights.after.max())) + 1
    edges = np.linspace(low, max(high, low + 8), BINS + 1)
    x = Scale(float(edges[0]), float(edges[-1]), 52, width - 10)
    panel = (height - 44) / 2
    for index, (name, values) in enumerate((("before", weights.before), ("after", weights.after))):
        bottom = panel * (index + 1)
        _panel(drawing, name, values, edges, x, Scale(0, 1, bottom, bottom - panel + 26))
    for tick in x.ticks(6, whole=True):
        drawing.text(x(tick), height - 26, f"{tick:.0f}", "tick", anchor="middle")
    drawing.text((x.start + x.end) / 2, height - 8, "weight on the chip", "axis", anchor="middle")
    return str(drawing)


def _panel(
    drawing: Drawing, name: str, values: NDArray[np.int16], edges: NDArray[np.float64], x: Scale, y: Scale
) -> None:
    counts, _ = np.histogram(values, edges)
    most = int(counts.max())
    for amount, left, right in zip(counts, edges[:-1], edges[1:], strict=True):
        if amount:
            top = y(amount / most)
            drawing.rect(
                x(left) + 0.6, top, x(right) - x(left) - 1.2, y.start - top, f"bar {name}",
                tip=f"{amount} weights from {left:.0f} to {right:.0f}",
            )  # fmt: skip
    drawing.line(x.start, y.start, x.end, y.start, "base")
    drawing.text(x.start - 8, y.end + 4, str(most), "tick", anchor="end")
    drawing.text(x.start - 8, y.start + 4, "0", "tick", anchor="end")
    drawing.text(x.end, y.end - 8, name, f"name {name}", anchor="end")


def caption(weights: Weights) -> str:
    """Say what one sees."""

    def spread(values: NDArray[np.int16]) -> str:
        if values.min() == values.max():
            return f"all {count(values.size)} weights are {values.min()}"
        nonzero = count(int(np.count_nonzero(values)))
        return f"{values.min()} to {values.max()}, {nonzero} of {count(values.size)} not zero"

    return f"Weights of {weights.connection}: before, {spread(weights.before)}; after, {spread(weights.after)}."
