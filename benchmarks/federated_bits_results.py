"""Bytes to reach an accuracy: results as JSON, and as the table of the page."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from pathlib import Path
from typing import TypedDict

from benchmarks.child import ROOT
from benchmarks.kept import measured, read
from benchmarks.section import markdown, replace_section
from benchmarks.table import Table

PAGE = ROOT / "docs" / "communication.md"
BEGIN = "<!-- results: written by python -m benchmarks federated_bits --page -->"
END = "<!-- end of results of federated_bits -->"
TARGETS = {"digits": (0.90, 0.95), "mnist": (0.80, 0.85)}
"""Accuracies whose bytes are told."""


class Run(TypedDict):
    """One federation; accuracies are of the rounds in ``judged``, on the test set; bytes are of each round."""

    way: str
    feedback: bool
    exact: bool
    seed: int
    data: str
    samples: int
    network: str
    judged: list[int]
    accuracy: list[float]
    bytes_up: list[int]
    bytes_broadcast: list[int]
    seconds: float


def write_page(files: Sequence[Path], page: Path) -> None:
    """Replace the results of a page by those in files.

    Raises
    ------
    LavaFedError
        Where a file holds no results, or the page has no place for them.
    """
    runs, facts = read(files)
    said = f"{measured(facts)}; bytes and accuracies do not depend on the machine."
    tables = [
        table([run for run in runs if run["data"] == data]) for data in dict.fromkeys(r["data"] for r in runs)
    ]
    replace_section(page, BEGIN, END, "\n\n".join([*map(markdown, tables), said]))


def table(runs: Sequence[Run]) -> Table:
    """Return results on one data set as a table: a row for each way, seeds together."""
    first = runs[0]
    targets = TARGETS[first["data"]]
    groups: dict[tuple[str, bool], list[Run]] = {}
    for run in runs:
        groups.setdefault((run["way"], run["feedback"]), []).append(run)
    rows = []
    for (way, feedback), group in groups.items():
        per_message = statistics.mean(statistics.mean(run["bytes_up"]) / 10 for run in group)
        final = [100 * run["accuracy"][-1] for run in group]
        rows.append(
            (
                way,
                "-" if group[0]["exact"] else "yes" if feedback else "no",
                f"{per_message:,.0f}",
                f"{statistics.mean(final):.1f}"
                + (f" ({min(final):.1f} to {max(final):.1f})" if len(final) > 1 else ""),
                *[cell for target in targets for cell in _reached(group, target)],
            )
        )
    header = ["codec", "error feedback", "bytes of an update", "last, %"]
    for target in targets:
        header += [f"uplink until {100 * target:.0f} %, kB", "with one broadcast, kB"]
    shown = f"{first['samples']} images" if first["samples"] else "all images"
    often = "every" if first["data"] == "digits" else "every second"
    notes = (
        f"{first['network']}, all layers learn on the chip; 10 devices, Dirichlet 0.5, {shown} of a device in "
        f"each of {len(first['bytes_up'])} rounds, plain averaging, judged in {often} round; seeds: "
        f"{len({run['seed'] for run in runs})}, means of those that reached it.",
        "Bytes are those of the messages that were sent, frames and counters included, of all ten devices; a "
        "broadcast is the largest task of each round, once.",
    )
    return Table(f"Bytes to reach an accuracy: {first['data']}", tuple(header), tuple(rows), notes)


def _reached(group: Sequence[Run], target: float) -> tuple[str, str]:
    """Return uplink and uplink with broadcast until a target, and how many seeds reached it where some did not."""
    up, both = [], []
    for run in group:
        rounds = [number for number, found in zip(run["judged"], run["accuracy"], strict=True) if found >= target]
        if rounds:
            up.append(sum(run["bytes_up"][: rounds[0]]))
            both.append(up[-1] + sum(run["bytes_broadcast"][: rounds[0]]))
    if not up:
        return "not reached", ""
    some = f" ({len(up)} of {len(group)})" if len(up) < len(group) else ""
    return f"{statistics.mean(up) / 1e3:,.0f}{some}", f"{statistics.mean(both) / 1e3:,.0f}"
