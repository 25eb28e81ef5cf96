"""A learning curve: accuracy on the test set, beside that on samples as they were learned."""

from __future__ import annotations

import math
from collections.abc import Sequence

from lava_fed.learning.point import Point
from lava_fed.report.figures.axes import GAP
from lava_fed.report.numbers import percent, short_count
from lava_fed.report.style import STYLE
from lava_fed.report.svg import Drawing, Scale, apart

WIDTH, HEIGHT = 640.0, 360.0
DOTS = 40
"""Points above which a dot is not drawn for each."""


def draw(points: Sequence[Point], title: str) -> str:
    """Draw a picture that stands alone, an SVG document.

    Parameters
    ----------
    points : sequence of Point
        In order; at least one holds an accuracy.
    title : str
        What one sees.
    """
    tested = [(point.learned, point.accuracy) for point in points if point.accuracy is not None]
    learning = [(point.learned, point.running) for point in points if point.running is not None]
    lines = [
        (name, line, style)
        for name, line, style in (("test", tested, "global"), ("while learning", learning, "alone"))
        if line
    ]
    floor = max(0.0, math.floor(10 * min(share for _, line, _ in lines for _, share in line) - 0.2) / 10)
    drawing = Drawing(WIDTH, HEIGHT, title)
    x = Scale(0, max(1, points[-1].learned), 58, WIDTH - 120)
    y = Scale(floor, 1, HEIGHT - 50, 44)
    drawing.text(x.start, 22, title, "strong")
    for tick in y.ticks(5):
        drawing.line(x.start, y(tick), x.end, y(tick), "grid")
        drawing.text(x.start - 8, y(tick) + 4, f"{100 * tick:.0f} %", "tick", anchor="end")
    for tick in x.ticks(6, whole=True):
        drawing.text(x(tick), y.start + 18, short_count(tick), "tick", anchor="middle")
    drawing.text((x.start + x.end) / 2, y.start + 38, "samples learned", "axis", anchor="middle")
    for name, line, style in lines:
        places = [(x(learned), y(share)) for learned, share in line]
        if len(places) > 1:
            drawing.path(places, "curve global" if style == "global" else f"baseline {style}")
        for place, (learned, share) in zip(places, line, strict=True):
            tip = f"{name}, after {learned:,} samples: {percent(share)}"
            drawing.circle(*place, 3.6 if len(points) <= DOTS else 1.5, f"dot {style}", tip=tip)
    ends = apart([y(line[-1][1]) for _, line, _ in lines], GAP, 44, HEIGHT - 50)
    for (name, _, style), end in zip(lines, ends, strict=True):
        drawing.text(x.end + 10, end + 4, name, f"name {style}")
    own = "svg { background: var(--page); font-family: system-ui, sans-serif; } .dot.alone { fill: var(--alone); }"
    return str(drawing).replace(">", f"><style>{STYLE}{own}</style>", 1) + "\n"
