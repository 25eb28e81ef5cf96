"""Federations of whole networks on chips: their results as JSON, and as the table of the page."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import TypedDict

from benchmarks.child import ROOT
from benchmarks.kept import measured, read
from benchmarks.section import markdown, replace_section
from benchmarks.table import Table

PAGE = ROOT / "docs" / "federated_learning.md"
BEGIN = "<!-- results: written by python -m benchmarks federated_mnist --page -->"
END = "<!-- end of results of federated_mnist -->"


class Run(TypedDict):
    """One federation; accuracies are of the rounds in ``judged``, on the test set, 0..1."""

    data: str
    network: str
    part: str
    seed: int
    rounds: int
    samples: int
    halve_at: list[int]
    judged: list[int]
    accuracy: list[float]
    bits_up: int
    bits_broadcast: int
    joules: dict[str, dict[str, float]]
    seconds: float


def write_page(files: Sequence[Path], page: Path) -> None:
    """Replace the results of a page by those in files.

    Raises
    ------
    LavaFedError
        Where a file holds no results, or the page has no place for them.
    """
    runs, facts = read(files)
    replace_section(page, BEGIN, END, f"{markdown(table(runs))}\n\n{measured(facts)}, beside other work.")


def table(runs: Sequence[Run]) -> Table:
    """Return results as a table: a row for each data set, network and partition, seeds together."""
    groups: dict[tuple[str, str], list[Run]] = {}
    for run in runs:
        groups.setdefault((_model(run), run["part"]), []).append(run)
    pooled = {model: _mean(group) for (model, part), group in groups.items() if part == "one device"}
    rows = []
    for (model, part), group in groups.items():
        first = group[0]
        rows.append(
            (
                model,
                part if part in ("iid", "dominant", "one device") else f"Dirichlet {part}",
                str(len(group)),
                " ".join(f"{100 * each:.1f}" for each in first["accuracy"]),
                f"{100 * _mean(group):.2f}{_spread(group)}",
                f"{100 * (_mean(group) - pooled[model]):+.2f}" if model in pooled else "-",
                f"{statistics.mean(each['bits_up'] for each in group) / 1e6:.1f}",
                f"{statistics.mean(each['bits_up'] + each['bits_broadcast'] for each in group) / 1e6:.1f}",
                _joules(group),
            )
        )
    header = (
        "data, network",
        "images are dealt",
        "seeds",
        "accuracy after each fifth, %",
        "last, %",
        "against one device, points",
        "uplink, Mbit",
        "with one broadcast, Mbit",
        "chips, J",
    )
    notes = [
        f"{model}: {first['rounds']} rounds of {first['samples']:,} images on each of 10 devices, learning halved "
        f"from rounds {', '.join(map(str, first['halve_at']))}; one device shows as many as all ten."
        for model, first in {_model(run): run for run in runs}.items()
    ]
    return Table("Whole networks that learn on the chips of ten devices", header, tuple(rows), tuple(notes))


def _model(run: Run) -> str:
    return f"{run['data']}, {run['network']}"


def _mean(group: Sequence[Run]) -> float:
    return statistics.mean(run["accuracy"][-1] for run in group)


def _spread(group: Sequence[Run]) -> str:
    return f" ± {100 * statistics.stdev(run['accuracy'][-1] for run in group):.2f}" if len(group) > 1 else ""


def _joules(group: Sequence[Run]) -> str:
    spent = [
        sum(run["joules"][cause]["value"] for cause in ("compute", "learning"))
        for run in group
        if {"compute", "learning"} <= set(run["joules"])
    ]
    return f"{statistics.mean(spent):.1f}" if spent else "-"
