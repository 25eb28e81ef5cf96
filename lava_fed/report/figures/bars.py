"""Bars per round, one colour, one quantity."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lava_fed.report.figures.axes import frame
from lava_fed.report.svg import Drawing, Scale


def draw(
    numbers: Sequence[int],
    values: Sequence[float],
    write: Callable[[float], str],
    title: str,
    style: str,
    width: float = 420,
    height: float = 190,
) -> str:
    """Draw one bar a round.

    Parameters
    ----------
    numbers : sequence of int
        Rounds.
    values : sequence of float
        One for each round, not negative.
    write : callable
        How a value is written on the axis and in tips.
    title : str
        What one sees.
    style : str
        Class that colours the bars.
    width, height : float
        Drawing units.
    """
    drawing = Drawing(width, height, title)
    x = Scale(numbers[0] - 0.6, numbers[-1] + 0.6, 64, width - 6)
    y = Scale(0, (max(values) or 1) * 1.04, height - 44, 12)
    frame(drawing, x, y, write, most=5)
    thick = min(34.0, 0.72 * (x(numbers[0] + 1) - x(numbers[0])))
    for number, value in zip(numbers, values, strict=True):
        drawing.rect(
            x(number) - thick / 2,
            y(value),
            thick,
            y.start - y(value),
            style,
            tip=f"round {number}: {write(value)}",
        )
    drawing.line(x.start, y.start, x.end, y.start, "base")
    return str(drawing)
