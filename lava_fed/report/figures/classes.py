"""Class mix: how many samples of each class every device holds."""

from __future__ import annotations

from collections.abc import Mapping

from lava_fed.report.numbers import count
from lava_fed.report.svg import Drawing

MOST_DEVICES = 64
"""Devices drawn; the table below the figures holds all of them."""
MOST_CLASSES = 40


def draw(mix: Mapping[str, tuple[int, ...]], width: float = 420) -> str:
    """Draw a heat map, one row a device and one column a class, with the numbers in it."""
    devices = list(mix.items())[:MOST_DEVICES]
    classes = min(MOST_CLASSES, max(len(row) for _, row in devices))
    most = max(max(row) for _, row in devices) or 1
    row_height = 25.0 if len(devices) <= 16 else 12.0
    left = 14 + 6.6 * min(14, max(len(name) for name, _ in devices))
    cell = (width - left - 48) / classes
    drawing = Drawing(width, 30 + row_height * len(devices) + 24, caption(mix))
    drawing.text(left, 12, "class", "axis")
    drawing.text(width, 12, "samples", "axis", anchor="end")
    for index in range(classes):
        if cell >= 14:
            drawing.text(left + cell * (index + 0.5), 28, str(index), "tick", anchor="middle")
    for line, (name, row) in enumerate(devices):
        top = 34 + row_height * line
        middle = top + row_height / 2 + 3.2
        short = name if len(name) <= 14 else f"{name[:13]}…"
        drawing.text(left - 8, middle, short, "tick", anchor="end")
        for index, amount in enumerate(row[:classes]):
            share = amount / most
            drawing.rect(
                left + cell * index + 0.75, top + 0.75, cell - 1.5, row_height - 1.5,
                "cell" if amount else "paper", opacity=0.12 + 0.88 * share if amount else 1,
                tip=f"{name}: {amount} of class {index}",
            )  # fmt: skip
            if amount and cell >= 20 and row_height >= 20:
                style = "cell-text bright" if share > 0.75 else "cell-text"
                drawing.text(left + cell * (index + 0.5), middle, str(amount), style, anchor="middle")
        drawing.text(width, middle, count(sum(row)), "tick", anchor="end")
    return str(drawing)


def caption(mix: Mapping[str, tuple[int, ...]]) -> str:
    """Say what one sees."""
    totals = [sum(row) for row in mix.values()]
    kinds = [sum(1 for amount in row if amount) for row in mix.values()]
    text = (
        f"{len(mix)} devices hold {_range(totals)} samples each, of {_range(kinds)} different classes; "
        "the stronger the colour, the more samples of that class."
    )
    if len(mix) > MOST_DEVICES:
        text += f" The first {MOST_DEVICES} devices are drawn; the table has all."
    return text


def _range(values: list[int]) -> str:
    low, high = count(min(values)), count(max(values))
    return low if low == high else f"{low} to {high}"
