"""Devices that learned a whole network: their results as JSON, and as the tables of the page."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypedDict

from benchmarks.kept import measured, read
from benchmarks.section import replace_section

BEGIN = "<!-- results: written by python -m benchmarks whole_network --page -->"
END = "<!-- end of results -->"


class Run(TypedDict):
    """One device that learned; accuracies are after each pass, costs of a sample while it learned."""

    data: str
    seed: int
    feedback: str
    bar: float
    anneal: list[int]
    shift: int
    learned_from: int
    tested_with: str
    accuracy: list[float]
    seconds_a_pass: list[float]
    spikes: dict[str, float]
    synaptic_operations: dict[str, float]
    learning_updates: dict[str, float]
    joules: dict[str, float]
    seconds_on_chip: dict[str, float]


def write_page(files: Sequence[Path], page: Path) -> None:
    """Replace the results of a page by those in files.

    Raises
    ------
    LavaFedError
        Where a file holds no results, or the page has no place for them.
    """
    replace_section(page, BEGIN, END, section(*read(files)))


def section(runs: Sequence[Run], facts: dict[str, str]) -> str:
    """Return results as Markdown: accuracies, then costs."""
    lines = ["| data | feedback | seed | after each pass, % | last, % | bar, % |", "|---|---|---|---|---:|---:|"]
    for run in runs:
        curve = " ".join(f"{100 * each:.2f}" for each in run["accuracy"])
        last = f"{100 * run['accuracy'][-1]:.2f}"
        lines.append(f"| {_named(run)} | {run['seed']} | {curve} | **{last}** | {100 * run['bar']:.1f} |")
    groups: dict[str, list[Run]] = {}
    for run in runs:
        groups.setdefault(_named(run), []).append(run)
    lines.append("")
    for name, group in groups.items():
        last_ones = [100 * run["accuracy"][-1] for run in group]
        spread = f" ± {statistics.stdev(last_ones):.2f}" if len(group) > 1 else ""
        first = group[0]
        moved = f", images moved by up to {first['shift']} pixel in each pass" if first["shift"] else ""
        lines.append(
            f"- {name.replace(' | ', ', feedback ')}: {statistics.mean(last_ones):.2f}{spread} %, "
            f"seeds: {len(group)}; {first['learned_from']:,} images a pass{moved}; errors halved "
            f"{' '.join(map(str, first['anneal']))} times; judged on {first['tested_with']} after the last pass."
        )
    lines += [
        "",
        f"{measured(facts)}.",
    ]
    lines += ["", "### What a sample costs while it is learned", "", *_costs(list(groups.items()))]
    return "\n".join(lines)


def _costs(groups: Sequence[tuple[str, list[Run]]]) -> list[str]:
    rows: dict[str, Callable[[Run], str]] = {
        "spikes of input, hidden": lambda r: f"{r['spikes']['input']:.0f}, {r['spikes']['hidden']:.0f}",
        "synaptic operations": lambda r: f"{sum(r['synaptic_operations'].values()):,.0f}",
        "of these into the hidden layer from the input": lambda r: (
            f"{r['synaptic_operations']['input->hidden']:,.0f}"
        ),
        "learning updates": lambda r: f"{sum(r['learning_updates'].values()):,.0f}",
        "energy, uJ": lambda r: _range(r["joules"], 1e6),
        "time on the chip, us": lambda r: _range(r["seconds_on_chip"], 1e6),
        "fastest pass on the emulator with its test, s": lambda r: f"{min(r['seconds_a_pass']):.0f}",
    }
    lines = [
        "| | " + " | ".join(name.replace(" | ", ", ") for name, _ in groups) + " |",
        "|---|" + "---:|" * len(groups),
    ]
    return lines + [
        f"| {what} | " + " | ".join(tell(each[0]) for _, each in groups) + " |" for what, tell in rows.items()
    ]


def _named(run: Run) -> str:
    return f"{run['data']} | {run['feedback']}"


def _range(amount: dict[str, float], scale: float) -> str:
    if not amount:
        return "-"
    return f"{amount['value'] * scale:.1f} ({amount['low'] * scale:.1f} to {amount['high'] * scale:.1f})"
