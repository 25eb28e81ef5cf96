"""Spike raster: every spike of one sample, layer above layer."""

from __future__ import annotations

import numpy as np

from lava_fed.report.content import Raster
from lava_fed.report.svg import Drawing, Scale

MOST_UNITS = 128
"""Units drawn of one population; of larger ones the first are drawn, and the label says so."""


def draw(raster: Raster, width: float, height_limit: float = 250, kind: str = "") -> str:
    """Draw the raster; time runs to the right, the input is at the bottom and the output on top.

    Parameters
    ----------
    raster : Raster
        The sample.
    width : float
        Drawing units.
    height_limit : float
        Height that a large population may take, drawing units.
    kind : str
        Class of the drawing.
    """
    populations = list(raster.spikes.items())[::-1]
    steps = next(iter(raster.spikes.values())).shape[0]
    shown = [min(spikes.shape[1], MOST_UNITS) for _, spikes in populations]
    pitches = [16.0 if units <= 16 else max(1.6, min(5.0, height_limit / units)) for units in shown]
    height = sum(26 + pitch * units for pitch, units in zip(pitches, shown, strict=True)) + 46
    drawing = Drawing(width, height, caption(raster), kind)
    x = Scale(0, steps, 34, width - 44)
    top = 0.0
    for (name, spikes), units, pitch in zip(populations, shown, pitches, strict=True):
        style = "output" if name == populations[0][0] else "input" if name == populations[-1][0] else "hidden"
        many = f"{units} of {spikes.shape[1]}" if units < spikes.shape[1] else str(units)
        drawing.text(x.start, top + 16, f"{name}, {many} units", "axis")
        top += 26
        drawing.rect(x.start, top, x.end - x.start, pitch * units, "paper")
        step, unit = np.nonzero(spikes[:, :units])
        spots = [(x(float(t) + 0.5), top + pitch * (float(u) + 0.1)) for t, u in zip(step, unit, strict=True)]
        drawing.marks(spots, min(9.0, 0.6 * (x(1) - x(0))), pitch * 0.8, f"spike {style}")
        if name == populations[0][0] and units <= 16:
            drawing.text(x.end + 6, top - 10, "sum" if _graded(raster) else "spikes", "axis")
            counts = spikes.sum(axis=0)
            for index in range(units):
                chosen = "strong" if index == raster.answer else "tick"
                drawing.text(x.start - 8, top + pitch * (index + 0.5) + 3.5, str(index), chosen, anchor="end")
                drawing.text(x.end + 8, top + pitch * (index + 0.5) + 3.5, str(counts[index]), chosen)
        top += pitch * units
    for tick in x.ticks(8, whole=True):
        drawing.text(x(tick), top + 16, f"{tick:.0f}", "tick", anchor="middle")
    drawing.text((x.start + x.end) / 2, top + 34, "time step", "axis", anchor="middle")
    return str(drawing)


def caption(raster: Raster) -> str:
    """Say what one sees."""
    names = list(raster.spikes)
    counts = raster.spikes[names[-1]].sum(axis=0)
    verdict = "as labelled" if raster.answer == raster.label else f"but it is labelled {raster.label}"
    most = f"unit {raster.answer} fires most, {counts[raster.answer]} times"
    if _graded(raster):
        most = f"units send numbers, those of unit {raster.answer} have the highest sum, {counts[raster.answer]}"
    return f"Every spike of {raster.title}. Output {most}, so the answer is {raster.answer}, {verdict}."


def _graded(raster: Raster) -> bool:
    """Whether the output sends numbers, not plain spikes."""
    sent = raster.spikes[list(raster.spikes)[-1]]
    return bool(sent.min() < 0 or sent.max() > 1)
