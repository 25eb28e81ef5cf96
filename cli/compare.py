"""``lava-fed compare``: finished runs side by side."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.options import Json
from cli.output import Output

if TYPE_CHECKING:
    from lava_fed.compare.comparison import Group
    from lava_fed.compare.student import Interval

EXAMPLE = "lava-fed compare sweep -o comparison.html"


def compare(
    runs: Annotated[
        list[Path], typer.Argument(metavar="RUN...", help="Folders of runs, or of sweeps with runs in them.")
    ],
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="OUT.html", help="Page to write, too.", show_default=False),
    ] = None,
    as_json: Json = False,
) -> None:
    """Compare finished runs, grouped by what differs in their configs, with confidence intervals over seeds."""
    output = Output(as_json)
    from cli.target import check_target
    from hardware.container import write_bytes
    from lava_fed.compare.comparison import compare as group
    from lava_fed.compare.summary import find_runs, read_summary
    from lava_fed.report.comparing import COLUMNS, render, rows

    if out is not None:
        check_target(out)
    finished, unfinished = find_runs(runs)
    with output.progress("Reading", len(finished)) as bar:
        summaries = []
        for index, path in enumerate(finished):
            bar.at(index, str(path))
            summaries.append(read_summary(path))
    groups = group(summaries)
    keys = list(groups[0].settings)
    output.table(
        f"{len(summaries)} runs", (*keys, *COLUMNS), rows(groups), numeric="l" * len(keys) + "r" * len(COLUMNS)
    )
    output.line("Intervals are 95 % confidence intervals of the mean over seeds, after Student.")
    if unfinished:
        output.line(
            f"{len(unfinished)} runs are not finished, so they are left out: {unfinished[0]} is the first."
        )
    page = None
    if out is not None:
        page = render(groups, ", ".join(str(path) for path in runs)).encode(errors="backslashreplace")
        write_bytes(out, page)
        output.line(f"Wrote {out} ({len(page) // 1000} kB, opens without a network).")
    output.document(
        {
            "groups": [_json(each, groups[0]) for each in groups],
            "unfinished": [str(path) for path in unfinished],
            "page": None if page is None else str(out),
        }
    )


def _json(group: Group, first: Group) -> dict[str, Any]:
    joules, ahead = group.joules, None if group is first else group.ahead(first)
    return {
        "settings": dict(group.settings),
        "accuracy": _interval(group.over(lambda run: run.accuracy)),
        "ahead": None if ahead is None else _interval(ahead),
        "bytes_up": _interval(group.over(lambda run: run.up)),
        "bytes_down": _interval(group.over(lambda run: run.down)),
        "joules": None if joules is None else _interval(joules),
        "runs": [{"run": run.name, "seed": run.seed, "accuracy": run.accuracy} for run in group.runs],
    }


def _interval(value: Interval) -> dict[str, Any]:
    return {"mean": value.mean, "half": value.half, "count": value.count}
