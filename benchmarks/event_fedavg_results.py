"""Federations beside Event-FedAvg: their results as JSON, as the table of the page and as its picture."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import TypedDict

from benchmarks import federated_mnist_results
from benchmarks.child import ROOT
from benchmarks.kept import measured, read
from benchmarks.section import markdown, replace_section
from benchmarks.table import Table

PAGE = ROOT / "docs" / "event_fedavg.md"
BEGIN = "<!-- results: written by python -m benchmarks event_fedavg --page -->"
END = "<!-- end of results -->"
PUBLISHED = (
    ("Event-FedAvg, 1,500 rounds", 281.0, 87.02, 0.10),
    ("Event-FedAvg, 150 rounds", 183.0, 83.05, 0.42),
    ("top 1 % with error feedback", 367.0, 86.72, None),
    ("dense averaging", 13600.0, 86.78, None),
)
"""Event-FedAvg's own points: what, Mbit of all uplinks and one broadcast a round, test accuracy, its spread, %."""


class Run(TypedDict):
    """One federation; accuracies are of the rounds in ``judged``, 0..1, megabits those sent until then."""

    method: str
    network: str
    seed: int
    tested: str
    settings: dict[str, str]
    judged: list[int]
    accuracy: list[float]
    megabits: list[float]
    uplink: float
    broadcast: float
    copies: float
    seconds: float
    processor_seconds: float


def read_beside(files: Sequence[Path]) -> tuple[list[Run], dict[str, str]]:
    """Read results of this study, and those that ``federated_mnist`` kept of the same data."""
    runs, facts = read(files)
    ours = [run for run in runs if "part" not in run]
    return ours + _on_chip([run for run in runs if "part" in run]), facts


def _on_chip(runs: Sequence[federated_mnist_results.Run]) -> list[Run]:
    """Return what ``federated_mnist`` measured of the same data; it keeps bits of whole runs only."""
    return [
        Run(
            method="on chip",
            network=run["network"],
            seed=run["seed"],
            tested="the test set",
            settings={},
            judged=run["judged"][-1:],
            accuracy=run["accuracy"][-1:],
            megabits=[(run["bits_up"] + run["bits_broadcast"]) / 1e6],
            uplink=run["bits_up"] / 1e6,
            broadcast=run["bits_broadcast"] / 1e6,
            copies=10 * run["bits_broadcast"] / 1e6,
            seconds=run["seconds"],
            processor_seconds=0.0,
        )
        for run in runs
        if run["data"] == "fashion_mnist" and run["part"] == "dominant"
    ]


def grouped(runs: Sequence[Run]) -> dict[tuple[str, str, str], list[Run]]:
    """Return runs that differ in their seeds only, by method, network and what they were tested with."""
    groups: dict[tuple[str, str, str], list[Run]] = {}
    for run in sorted(runs, key=lambda run: run["seed"]):
        groups.setdefault((run["method"], run["network"], run["tested"]), []).append(run)
    return groups


def table(runs: Sequence[Run]) -> Table:
    """Return results as a table, published points below ours."""
    rows = []
    for (method, network, tested), group in grouped(runs).items():
        last = [100 * run["accuracy"][-1] for run in group]
        sent = [run["uplink"] + run["broadcast"] for run in group]
        rows.append(
            (
                f"ours: {method}, {network}, {group[0]['judged'][-1]} rounds",
                tested,
                str(len(group)),
                f"{statistics.mean(last):.2f}{spread(last)}",
                f"{min(last):.2f}",
                f"{statistics.mean(sent):.1f}",
                f"{statistics.mean(run['uplink'] for run in group):.1f}",
                f"{statistics.mean(run['uplink'] + run['copies'] for run in group):.1f}",
            )
        )
    rows += [
        (f"published: {what}", "the test set", "10", f"{accuracy:.2f}{_plus(deviation)}", "", f"{sent:g}", "", "")
        for what, sent, accuracy, deviation in PUBLISHED
    ]
    header = (
        "",
        "tested with",
        "seeds",
        "accuracy, %",
        "worst, %",
        "uplinks + one broadcast, Mbit",
        "uplinks",
        "uplinks + a copy each",
    )
    return Table("Fashion-MNIST, 10 devices, accuracy against bits", header, tuple(rows))


def spread(values: Sequence[float]) -> str:
    """Return the standard deviation over seeds, where there are several."""
    return _plus(statistics.stdev(values)) if len(values) > 1 else ""


def _plus(deviation: float | None) -> str:
    return "" if deviation is None else f" ± {deviation:.2f}"


def write_page(files: Sequence[Path], page: Path) -> None:
    """Replace the results of a page by those in files, and draw them beside it.

    Raises
    ------
    LavaFedError
        Where a file holds no results, or the page has no place for them.
    """
    from benchmarks.event_fedavg_plot import draw

    runs, facts = read_beside(files)
    picture = page.with_suffix(".svg")
    draw(runs, picture)
    timed = [run["processor_seconds"] for run in runs if run["processor_seconds"]]
    busy = f"; {statistics.mean(timed):.0f} s of one core a run of SLAYER devices" if timed else ""
    said = f"{measured(facts)}, beside other work{busy}."
    shown = f"![Accuracy against megabits]({picture.name})"
    replace_section(page, BEGIN, END, "\n\n".join([markdown(table(runs)), said, shown]))
