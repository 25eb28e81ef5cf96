"""Accuracy on each task after each: what is below the diagonal was learned before."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lava_fed.report.svg import Drawing

MOST_TASKS = 32
"""Tasks drawn; the last ones are left out."""


def draw(accuracy: NDArray[np.floating[Any]], title: str, width: float = 420) -> str:
    """Draw a heat map with the numbers in it, as long as they fit.

    Parameters
    ----------
    accuracy : float array, shape (tasks, tasks)
        On task j after task i, 0..1.
    title : str
        What one sees.
    width : float
        Drawing units.
    """
    tasks = min(MOST_TASKS, len(accuracy))
    left, top = 64.0, 34.0
    cell = (width - left) / tasks
    height = min(cell, 32.0)
    drawing = Drawing(width, top + tasks * height + 4, title)
    drawing.text(left, 12, "accuracy on task, %", "axis")
    for line in range(tasks):
        middle = top + height * (line + 0.5) + 4
        drawing.text(left - 8, middle, f"after {line + 1}", "tick", anchor="end")
        if cell >= 14:
            drawing.text(left + cell * (line + 0.5), 28, str(line + 1), "tick", anchor="middle")
        for column in range(tasks):
            value = float(accuracy[line, column])
            drawing.rect(
                left + cell * column + 0.75, top + height * line + 0.75, cell - 1.5, height - 1.5, "cell",
                opacity=0.06 + 0.94 * value,
                tip=f"after task {line + 1}, on task {column + 1}: {100 * value:.1f} %",
            )  # fmt: skip
            if cell >= 26 and height >= 16:
                style = "cell-text bright" if value > 0.6 else "cell-text"
                drawing.text(left + cell * (column + 0.5), middle, f"{100 * value:.0f}", style, anchor="middle")
    return str(drawing)
