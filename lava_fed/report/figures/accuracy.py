"""Accuracy per round: the global model and the baselines as lines, the devices as a band."""

from __future__ import annotations

import math

from lava_fed.report.content import Content
from lava_fed.report.figures.axes import GAP, frame, rounds
from lava_fed.report.numbers import percent
from lava_fed.report.svg import Drawing, Scale, apart


def draw(content: Content, width: float, height: float, kind: str = "") -> str:
    """Draw the figure for at least one round."""
    records, values_of = zip(*content.judged, strict=True)
    lows = [min(r.device_accuracy.values(), default=value) for r, value in content.judged]
    highs = [max(r.device_accuracy.values(), default=value) for r, value in content.judged]
    baselines = [
        (title, baseline.accuracy, style)
        for title, baseline, style in (
            ("all data in one place", content.pooled, "pooled"),
            ("best device alone", content.alone, "alone"),
        )
        if baseline is not None
    ]
    everything = [*lows, *values_of, *[min(values) for _, values, _ in baselines]]
    floor = max(0.0, math.floor(10 * min(everything) - 0.2) / 10)

    drawing = Drawing(width, height, caption(content), kind)
    x = rounds(records[0].number, records[-1].number, 52, width - 150)
    y = Scale(floor, 1.0, height - 44, 14)
    frame(drawing, x, y, lambda value: f"{100 * value:.0f} %", most=7)
    at = [x(record.number) for record in records]
    if any(record.device_accuracy for record in records):
        upper = [(px, y(value)) for px, value in zip(at, highs, strict=True)]
        lower = [(px, y(value)) for px, value in zip(at, lows, strict=True)]
        if len(at) == 1:
            upper, lower = _widen(upper), _widen(lower)
        drawing.path([*upper, *reversed(lower)], "band", closed=True)
    for _, values, style in baselines:
        line = [(px, y(value)) for px, value in zip(at, values, strict=True)]
        drawing.path(line if len(line) > 1 else _widen(line), f"baseline {style}")
    points = [(px, y(value)) for px, value in zip(at, values_of, strict=True)]
    drawing.path(points, "curve global")
    for point, (record, value) in zip(points, content.judged, strict=True):
        drawing.circle(*point, 3.6 if len(records) <= 40 else 1.5, "dot global", tip=_tip(record.number, value))

    labels = [("global model", y(values_of[-1]), "name global")]
    labels += [(name, y(values[-1]), f"name {style}") for name, values, style in baselines]
    if any(record.device_accuracy for record in records):
        labels.append(("devices, low to high", y((lows[-1] + highs[-1]) / 2), "name band-name"))
    places = apart([place for _, place, _ in labels], GAP, 18, height - 48)
    for (name, _, style), place in zip(labels, places, strict=True):
        drawing.text(x.end + 10, place + 4, name, style)
    return str(drawing)


def caption(content: Content) -> str:
    """Say what one sees."""
    last, judged = content.judged[-1][0], len(content.judged)
    which = (
        f"each of {judged} rounds"
        if judged == len(content.rounds)
        else f"{judged} of {len(content.rounds)} rounds"
    )
    text = (
        f"Accuracy on the test set after {which}: the global model goes from "
        f"{percent(content.judged[0][1])} to {percent(content.accuracy)}"
    )
    if last.device_accuracy:
        low, high = min(last.device_accuracy.values()), max(last.device_accuracy.values())
        text += f"; the devices' own weights end between {percent(low)} and {percent(high)}"
    if content.alone is not None:
        text += f"; {content.alone.name}, the best device alone, reaches {percent(content.alone.accuracy[-1])}"
    if content.pooled is not None:
        text += f"; the same rule on all data in one place reaches {percent(content.pooled.accuracy[-1])}"
    return text + "."


def _tip(number: int, accuracy: float) -> str:
    return f"round {number}: {percent(accuracy)}"


def _widen(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    (px, py) = points[0]
    return [(px - 20, py), (px + 20, py)]
