"""A measure of imperfect devices against their severity: the mean as a line, all devices as a band."""

from __future__ import annotations

from collections.abc import Sequence

from lava_fed.mismatch_sweep import Level
from lava_fed.report.numbers import percent
from lava_fed.report.style import STYLE
from lava_fed.report.svg import Drawing, Scale

WIDTH, HEIGHT = 640.0, 360.0


def draw(levels: Sequence[Level], title: str, measure: str) -> str:
    """Draw a picture that stands alone, an SVG document.

    Parameters
    ----------
    levels : sequence of Level
        Of a share 0..1, at least one; in any order.
    title : str
        What one sees.
    measure : str
        Name of the share.
    """
    ordered = sorted(levels, key=lambda level: level.severity)
    drawing = Drawing(WIDTH, HEIGHT, title)
    first, last = ordered[0].severity, ordered[-1].severity
    x = Scale(first, last if last > first else first + 1, 58, WIDTH - 24)
    y = Scale(0, 1, HEIGHT - 50, 44)
    drawing.text(x.start, 22, title, "strong")
    for tick in y.ticks(5):
        drawing.line(x.start, y(tick), x.end, y(tick), "grid")
        drawing.text(x.start - 8, y(tick) + 4, f"{100 * tick:.0f} %", "tick", anchor="end")
    for level in ordered:
        drawing.text(x(level.severity), y.start + 18, f"{level.severity:g}", "tick", anchor="middle")
    drawing.text(
        (x.start + x.end) / 2, y.start + 38, f"severity; {measure} of each device", "axis", anchor="middle"
    )
    upper = [(x(level.severity), y(level.high)) for level in ordered]
    lower = [(x(level.severity), y(level.low)) for level in ordered]
    if len(ordered) > 1:
        drawing.path([*upper, *reversed(lower)], "band", closed=True)
        drawing.path([(x(level.severity), y(level.mean)) for level in ordered], "curve global")
    for level in ordered:
        tip = f"severity {level.severity:g}: {percent(level.mean)}, devices {_range(level)}"
        drawing.circle(x(level.severity), y(level.mean), 3.6, "dot global", tip=tip)
    own = "svg { background: var(--page); font-family: system-ui, sans-serif; }"
    style = f"<style>{STYLE}{own}</style>"
    return str(drawing).replace(">", f">{style}", 1) + "\n"


def _range(level: Level) -> str:
    return f"{percent(level.low)} to {percent(level.high)}"
