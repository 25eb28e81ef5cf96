"""The page that compares runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lava_fed.compare.comparison import Group, shown
from lava_fed.compare.student import Interval
from lava_fed.report.figures import curves
from lava_fed.report.html import document, figure, table, text
from lava_fed.report.numbers import joules, percent, size

COLUMNS = ("runs", "accuracy", "ahead of the first", "bytes up", "bytes down", "energy, radio included")


def rows(groups: Sequence[Group]) -> list[tuple[str, ...]]:
    """Return a line for each group: its settings, then ``COLUMNS``."""
    return [
        (
            *(shown(value) for value in group.settings.values()),
            str(len(group.runs)),
            accuracy(group.over(lambda run: run.accuracy)),
            "" if group is groups[0] else _ahead(group.ahead(groups[0])),
            _amount(group.over(lambda run: run.up), size),
            _amount(group.over(lambda run: run.down), size),
            "" if group.joules is None else _amount(group.joules, joules),
        )
        for group in groups
    ]


def accuracy(value: Interval) -> str:
    """Write an accuracy with its confidence interval.

    Examples
    --------
    >>> accuracy(Interval(0.8702, 0.001, 10))
    '87.02 ± 0.10 %'
    """
    return f"{100 * value.mean:.2f}{_half(100, value)} %"


def render(groups: Sequence[Group], name: str) -> str:
    """Write the page; equal groups give an equal page.

    Parameters
    ----------
    groups : sequence of Group
        From ``compare``, at least one.
    name : str
        What was compared.
    """
    best = max(groups, key=lambda group: group.over(lambda run: run.accuracy).mean)
    reached = best.over(lambda run: run.accuracy)
    title = f"{best.name}: {percent(reached.mean)}" if len(groups) > 1 else f"{percent(reached.mean)} on average"
    runs = sum(len(group.runs) for group in groups)
    said = (
        f"{runs} runs in {len(groups)} groups; "
        "intervals are 95 % confidence intervals of the mean over seeds, after Student."
    )
    about = (
        "Accuracy of the global model on the test set, mean over the seeds; the band is its confidence interval."
    )
    against_rounds = [
        curves.Curve(group.name, [(float(number), value) for number, value, _ in group.curve()])
        for group in groups
    ]
    against_bytes = [
        curves.Curve(group.name, [(sent, value) for _, value, sent in group.curve()]) for group in groups
    ]
    drawn = figure(
        "Accuracy per round",
        curves.draw(against_rounds, lambda value: f"{value:.0f}", "round", about, whole=True),
        about,
    ) + figure(
        "Accuracy against bytes",
        curves.draw(against_bytes, size, "sent in all, up and down", about),
        f"{about} Bytes are those of the encoded messages, both ways, headers included.",
    )
    keys = list(groups[0].settings)
    numbers = table("Groups", (*keys, *COLUMNS), rows(groups), text_columns=max(1, len(keys)))
    every = table(
        "Runs",
        ("run", "seed", "accuracy", "bytes up", "bytes down"),
        [
            (run.name, str(run.seed), f"{100 * run.accuracy:.2f} %", size(run.up), size(run.down))
            for group in groups
            for run in group.runs
        ],
    )
    body = (
        f'<header>\n<p class="eyebrow">lava-fed comparison · {text(name)}</p>\n<h1>{text(title)}</h1>\n'
        f'<p class="lede">{text(said)}</p>\n</header>\n<section>\n<h2>Learning</h2>\n{drawn}</section>\n'
        f"<section>\n<h2>Everything in numbers</h2>\n{numbers}{every}</section>\n"
    )
    return document(f"{name} · lava-fed comparison", body)


def _half(scale: float, value: Interval) -> str:
    return "" if value.half is None else f" ± {scale * value.half:.2f}"


def _ahead(value: Interval | None) -> str:
    return "" if value is None else f"{100 * value.mean:+.2f}{_half(100, value)} points"


def _amount(value: Interval, write: Callable[[float], str]) -> str:
    written = write(value.mean)
    return written if not value.half else f"{written} ± {write(value.half)}"
