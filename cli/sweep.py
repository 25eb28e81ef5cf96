"""``lava-fed sweep``: one federation with several seeds and settings."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import Annotated

import typer

from cli.errors import stoppable
from cli.federation_config import Config, Data, PresetName, chosen
from cli.options import Json
from cli.output import Output

EXAMPLE = "lava-fed sweep federation.toml --seeds 1-10 --set devices.alpha=0.1,1 --out sweep"


def sweep(
    config: Config = None,
    out: Annotated[Path, typer.Option("--out", "-o", metavar="FOLDER", help="Folder of all runs.")] = Path(
        "sweep"
    ),
    preset: PresetName = None,
    data: Data = None,
    seeds: Annotated[str, typer.Option(metavar="1-10", help="Seeds: a range, or several with commas.")] = "1",
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="TABLE.KEY=VALUE,VALUE", help="Values of a setting; every combination runs."
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(min=1, max=256, help="Runs at a time; by default one a processor.", show_default=False),
    ] = None,
    as_json: Json = False,
) -> None:
    """Run a federation with every combination of seeds and settings; what is finished is not run again."""
    output = Output(as_json)
    words = ["lava-fed", "sweep", *([] if config is None else [str(config)]), "--out", str(out), "--seeds", seeds]
    words += [] if preset is None else ["--preset", preset]
    words += [] if data is None else ["--data", str(data)]
    for setting in settings or ():
        words += ["--set", setting]
    cores = os.cpu_count() or 1
    with (
        stoppable(f"What is done is kept; go on with: {shlex.join(words)}"),
        chosen(config, preset, data) as given,
    ):
        from lava_fed.sweep.grid import grid
        from lava_fed.sweep.grid import seeds as read_seeds
        from lava_fed.sweep.runner import check, run

        points = grid(given.content, settings or [], read_seeds(seeds))
        jobs = check(points, given.folder, given.where, out)
        processes = min(workers or cores, len(jobs))
        total = sum(job.config.rounds.count for job in jobs)
        with output.progress("Sweeping", total) as bar:
            run(
                jobs,
                given.folder,
                given.where,
                processes=processes,
                threads=max(1, cores // processes),
                on_progress=lambda done, finished, now: bar.at(
                    done, f"{finished} of {len(jobs)} runs finished, {now} running"
                ),
            )
    output.line(f"{len(jobs)} runs are in {out}.")
    output.line(f"Compare them with: {shlex.join(['lava-fed', 'compare', str(out)])}")
    output.document({"sweep": str(out), "runs": [str(job.out) for job in jobs]})
