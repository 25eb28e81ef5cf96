"""Bars whose parts are stacked: what something is made of, round by round or device by device."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lava_fed.report.figures.axes import frame
from lava_fed.report.svg import Drawing, Scale

KEY = 22.0
"""Height of the line that says which colour is what."""


@dataclass(frozen=True)
class Part:
    """One part of every bar.

    Attributes
    ----------
    name : str
        What it is.
    values : sequence of float
        One for each bar, not negative.
    style : str
        Class that colours it.
    """

    name: str
    values: Sequence[float]
    style: str


def draw(
    names: Sequence[str],
    parts: Sequence[Part],
    write: Callable[[float], str],
    title: str,
    label: str = "round",
    first: int = 1,
) -> str:
    """Draw one bar for each name.

    Parameters
    ----------
    names : sequence of str
        What each bar is of, for tips.
    parts : sequence of Part
        From the bottom to the top.
    write : callable
        How a value is written on the axis and in tips.
    title : str
        What one sees.
    label : str
        What the x axis counts.
    first : int
        Number of the first bar.
    """
    width, height = 420.0, 190.0 + KEY
    drawing = Drawing(width, height, title)
    sums = [sum(values) for values in zip(*(part.values for part in parts), strict=True)]
    x = Scale(first - 0.6, first + len(names) - 0.4, 64, width - 6)
    y = Scale(0, (max(sums, default=0) or 1) * 1.04, height - 44, 12 + KEY)
    frame(drawing, x, y, write, label=label, most=5)
    thick = min(34.0, 0.72 * (x(1) - x(0)))
    for index, name in enumerate(names):
        below = 0.0
        for part in parts:
            value = part.values[index]
            top, bottom = y(below + value), y(below)
            if value:
                tip = f"{name}: {part.name} {write(value)}"
                drawing.rect(x(first + index) - thick / 2, top, thick, bottom - top, part.style, tip=tip)
            below += value
    drawing.line(x.start, y.start, x.end, y.start, "base")
    left = x.start
    for part in parts:
        drawing.rect(left, 2, 10, 10, part.style)
        drawing.text(left + 15, 11, part.name, "tick")
        left += 30 + 6.6 * len(part.name)
    return str(drawing)
