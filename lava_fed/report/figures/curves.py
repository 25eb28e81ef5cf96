"""Accuracy of several groups of runs against rounds or bytes, with confidence bands."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lava_fed.compare.student import Interval
from lava_fed.report.figures.axes import GAP
from lava_fed.report.svg import Drawing, Scale, apart

STYLES = 8
"""Groups that have a style of their own; more begin again."""


@dataclass(frozen=True)
class Curve:
    """One line of the figure.

    Attributes
    ----------
    name : str
        Of the group.
    points : sequence of (float, Interval)
        Place along the x axis, accuracy.
    """

    name: str
    points: Sequence[tuple[float, Interval]]


def draw(
    curves: Sequence[Curve], write: Callable[[float], str], label: str, title: str, *, whole: bool = False
) -> str:
    """Draw the figure.

    Parameters
    ----------
    curves : sequence of Curve
        Each with at least one point.
    write : callable
        How a value of the x axis is written.
    label : str
        What the x axis counts.
    title : str
        What one sees.
    whole : bool
        Whether the x axis counts in whole numbers.
    """
    width, height = 1120.0, 420.0
    drawing = Drawing(width, height, title)
    lows = [value.mean - (value.half or 0.0) for curve in curves for _, value in curve.points]
    floor = max(0.0, math.floor(10 * min(lows)) / 10)
    places = [place for curve in curves for place, _ in curve.points]
    x = Scale(0.0, max(places) or 1.0, 56, width - 330)
    y = Scale(floor, 1.0, height - 44, 14)
    for tick in y.ticks(8):
        drawing.line(x.start, y(tick), x.end, y(tick), "grid")
        drawing.text(x.start - 8, y(tick) + 4, f"{100 * tick:.0f} %", "tick", anchor="end")
    for tick in x.ticks(8, whole=whole):
        drawing.text(x(tick), y.start + 18, write(tick), "tick", anchor="middle")
    drawing.text((x.start + x.end) / 2, y.start + 36, label, "axis", anchor="middle")
    for index, curve in enumerate(curves):
        style = f"group-{index % STYLES}"
        at = [(x(place), value) for place, value in curve.points]
        if all(value.half is not None for _, value in at) and len(at) > 1:
            upper = [(px, y(min(1.0, value.mean + (value.half or 0.0)))) for px, value in at]
            lower = [(px, y(max(floor, value.mean - (value.half or 0.0)))) for px, value in at]
            drawing.path([*upper, *reversed(lower)], f"area {style}", closed=True)
        drawing.path([(px, y(value.mean)) for px, value in at], f"curve {style}")
        drawing.circle(
            at[-1][0], y(at[-1][1].mean), 3.6, f"dot {style}", tip=f"{curve.name}: {_accuracy(at[-1][1])}"
        )
    wanted = [y(curve.points[-1][1].mean) for curve in curves]
    for index, place in enumerate(apart(wanted, GAP, 18, height - 48)):
        name = curves[index].name
        short = name if len(name) <= 48 else f"{name[:47]}…"
        drawing.text(x.end + 12, place + 4, short, f"name group-{index % STYLES}")
    return str(drawing)


def _accuracy(value: Interval) -> str:
    return f"{100 * value.mean:.2f} %" + ("" if value.half is None else f" ± {100 * value.half:.2f}")
