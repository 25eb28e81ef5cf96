"""A small SVG drawing: shapes with class names, which the page's style sheet colours for day, night and print."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape


@dataclass(frozen=True)
class Scale:
    """A straight line from data to drawing units.

    Attributes
    ----------
    low, high : float
        Data range.
    start, end : float
        Where ``low`` and ``high`` lie in the drawing.
    """

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Place a value."""
        span = (self.high - self.low) or 1.0
        return self.start + (value - self.low) / span * (self.end - self.start)

    def ticks(self, most: int = 6, *, whole: bool = False) -> list[float]:
        """Return round values inside the range, at most about ``most``; with ``whole`` only integers."""
        step = _nice((self.high - self.low) / most)
        if whole:
            step = max(1.0, step)
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        return [round(index * step, 10) for index in range(first, last + 1)]


def _nice(step: float) -> float:
    """Round a step up to 1, 2 or 5 times a power of ten."""
    if step <= 0:
        return 1.0
    power: float = 10.0 ** math.floor(math.log10(step))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= step * (1 - 1e-9))


class Drawing:
    """Collects shapes; ``str`` of it is the SVG element.

    Parameters
    ----------
    width, height : float
        In drawing units; the page scales it.
    title : str
        What one sees, for screen readers.
    kind : str
        Class of the SVG element.
    """

    def __init__(self, width: float, height: float, title: str, kind: str = "") -> None:
        self.width, self.height = width, height
        self._head = (
            f'<svg class="{escape(kind)}" viewBox="0 0 {_n(width)} {_n(height)}" role="img" '
            f'aria-label="{escape(title)}" xmlns="http://www.w3.org/2000/svg">'
        )
        self._shapes: list[str] = []

    def line(self, x1: float, y1: float, x2: float, y2: float, kind: str) -> None:
        """Draw a straight line."""
        self._shapes.append(f'<line class="{kind}" x1="{_n(x1)}" y1="{_n(y1)}" x2="{_n(x2)}" y2="{_n(y2)}"/>')

    def rect(
        self, x: float, y: float, width: float, height: float, kind: str, *, tip: str = "", opacity: float = 1
    ) -> None:
        """Draw a filled rectangle."""
        faint = "" if opacity == 1 else f' fill-opacity="{_n(opacity)}"'
        head = (
            f'<rect class="{kind}" x="{_n(x)}" y="{_n(y)}" width="{_n(max(width, 0))}" '
            f'height="{_n(max(height, 0))}"{faint}'
        )
        self._shapes.append(f"{head}/>" if not tip else f"{head}>{_tip(tip)}</rect>")

    def path(self, points: Sequence[tuple[float, float]], kind: str, *, closed: bool = False) -> None:
        """Draw a line through points, or the area they enclose."""
        steps = "L".join(f"{_n(x)} {_n(y)}" for x, y in points)
        self._shapes.append(f'<path class="{kind}" d="M{steps}{"Z" if closed else ""}"/>')

    def marks(self, points: Sequence[tuple[float, float]], width: float, height: float, kind: str) -> None:
        """Draw many equal upright strokes as one path, the form of a spike raster."""
        steps = "".join(f"M{_n(x)} {_n(y)}v{_n(height)}" for x, y in points)
        if steps:
            self._shapes.append(f'<path class="{kind}" stroke-width="{_n(width)}" d="{steps}"/>')

    def circle(self, x: float, y: float, radius: float, kind: str, *, tip: str = "") -> None:
        """Draw a disc."""
        self._shapes.append(
            f'<circle class="{kind}" cx="{_n(x)}" cy="{_n(y)}" r="{_n(radius)}">{_tip(tip)}</circle>'
        )

    def text(self, x: float, y: float, text: str, kind: str = "", *, anchor: str = "start") -> None:
        """Write a text; anchor ``start``, ``middle`` or ``end``."""
        self._shapes.append(
            f'<text class="{kind}" x="{_n(x)}" y="{_n(y)}" text-anchor="{anchor}">{escape(text)}</text>'
        )

    def __str__(self) -> str:
        """Return the SVG element."""
        return self._head + "".join(self._shapes) + "</svg>"


def _tip(text: str) -> str:
    return f"<title>{escape(text)}</title>" if text else ""


def _n(value: float) -> str:
    """Write a coordinate with two decimals at most: short, and the same on every machine."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def apart(places: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Move label positions apart, keeping their order.

    Parameters
    ----------
    places : sequence of float
        Where the labels would like to be.
    gap : float
        Least distance between two of them.
    low, high : float
        Range to stay in, where there is room.

    Examples
    --------
    >>> apart([10, 12, 50], 10, 0, 100)
    [10, 20, 50]
    """
    order = sorted(range(len(places)), key=lambda index: places[index])
    moved = list(places)
    floor = low
    for index in order:
        moved[index] = max(moved[index], floor)
        floor = moved[index] + gap
    ceiling = high
    for index in reversed(order):
        moved[index] = min(moved[index], ceiling)
        ceiling = moved[index] - gap
    return moved
