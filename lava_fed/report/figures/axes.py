"""The frame of a figure that has rounds along its x axis."""

from __future__ import annotations

from collections.abc import Callable

from lava_fed.report.svg import Drawing, Scale

GAP = 15.0
"""Least distance of two labels, drawing units."""


def frame(
    drawing: Drawing, x: Scale, y: Scale, write: Callable[[float], str], *, label: str = "round", most: int = 5
) -> None:
    """Draw horizontal grid lines with their values, and whole numbers along the x axis."""
    for tick in y.ticks(most):
        drawing.line(x.start, y(tick), x.end, y(tick), "grid")
        drawing.text(x.start - 8, y(tick) + 4, write(tick), "tick", anchor="end")
    ticks = x.ticks(max(2, int((x.end - x.start) / 55)), whole=True)
    for tick in ticks:
        if x.low <= tick <= x.high:
            drawing.text(x(tick), y.start + 18, f"{tick:.0f}", "tick", anchor="middle")
    drawing.text((x.start + x.end) / 2, y.start + 36, label, "axis", anchor="middle")


def rounds(first: int, last: int, start: float, end: float) -> Scale:
    """Return the scale of rounds; a single round lies in the middle."""
    return Scale(first, last, start, end) if last > first else Scale(first - 1, first + 1, start, end)
