"""The part of the page on how learning went: accuracy, tasks, drift."""

from __future__ import annotations

from collections.abc import Iterator

from lava_fed.compare.student import Interval
from lava_fed.continual.forgetting import Forgetting
from lava_fed.report.content import Content
from lava_fed.report.figures import accuracy, bars, curves, matrix
from lava_fed.report.html import figure
from lava_fed.report.numbers import percent, points


def section(content: Content) -> str:
    """Write the section."""
    both = accuracy.draw(content, 1120, 400, "wide") + accuracy.draw(content, 440, 320, "narrow")
    drawn = figure("Accuracy per round", both, accuracy.caption(content)) + "".join(_tasks(content))
    small = "".join((*_forgetting(content), *_drift(content)))
    grid = f'<div class="grid">\n{small}</div>\n' if small else ""
    return f"<section>\n<h2>Learning</h2>\n{drawn}{grid}</section>\n"


def _tasks(content: Content) -> Iterator[str]:
    if not content.tasks:
        return
    said = "Accuracy of the global model on the test samples of each task; devices learn one after the other."
    numbers = [float(each.number) for each, _ in content.judged]
    shown = [
        curves.Curve(
            name, [(number, Interval(value, None, 1)) for number, value in zip(numbers, values, strict=True)]
        )
        for name, values in content.tasks.items()
    ]
    drawn = curves.draw(shown, lambda value: f"{value:.0f}", "round", said, whole=True)
    yield figure("Accuracy on each task", drawn, said)


def forgotten(found: Forgetting) -> str:
    """Say how much is left of the earlier tasks, in a sentence."""
    amount = points(abs(found.forgetting)).lstrip("+")
    if found.forgetting < 0:
        return f"The best there was on each earlier task is exceeded by {amount}."
    return f"Of the best there was on each earlier task, {amount} are lost."


def _forgetting(content: Content) -> Iterator[str]:
    found = content.forgetting
    if found is None:
        return
    said = (
        "Accuracy of the global model on each task, in columns, after each task was learned, in rows. After the "
        f"last one {percent(found.average)} on average. {forgotten(found)}"
    )
    yield figure("Forgetting matrix", matrix.draw(found.accuracy, said), said)


def _drift(content: Content) -> Iterator[str]:
    every = [distance for each in content.rounds for distance in each.drift.values()]
    if not any(every):
        return
    means = [sum(each.drift.values()) / max(1, len(each.drift)) for each in content.rounds]
    said = (
        "How far a device's weights were from the global ones after its learning, mean over the devices: "
        f"Euclidean distance in chip units, {min(every):,.0f} to {max(every):,.0f} for single devices."
    )
    agreed = [each.agreement for each in content.rounds if each.agreement is not None]
    if agreed:
        said += (
            f" The mean cosine between what two devices changed is {min(agreed):.2f} to {max(agreed):.2f}: 1 "
            "where all change the same, 0 where they have nothing in common, below 0 where they undo each other."
        )
    numbers = [each.number for each in content.rounds]
    yield figure("Drift per round", bars.draw(numbers, means, lambda value: f"{value:,.3g}", said, "down"), said)
