"""``lava-fed data``: a data set as input spikes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.options import Json
from cli.output import Output

EXAMPLE = "lava-fed data digits --split test -o test.npz"


def data(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Data set, for example digits.")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DATA.npz", help="File to write.")],
    split: Annotated[str, typer.Option(help="Part of the data set: public, device or test.")] = "test",
    steps: Annotated[int, typer.Option(help="Time steps of each sample.")] = 32,
    as_json: Json = False,
) -> None:
    """Write a data set as rate-coded input spikes with labels."""
    from cli.target import check_target
    from lava_fed.data import archive, registry

    output = Output(as_json)
    check_target(out)
    with output.progress(f"Encoding {name}") as bar:
        bar.at(0, split)
        dataset = registry.load(name, split, steps)
        archive.write(out, dataset)
    x = dataset.x
    output.fields(
        {
            "data": dataset.title,
            "samples": f"{x.samples:,}",
            "units": f"{x.units:,}",
            "steps": f"{x.steps:,}",
            "spikes": f"{x.total():,}",
            "classes": str(dataset.classes),
            "digest": dataset.digest,
        }
    )
    output.line(f"Wrote {out}.")
    output.document(
        {
            "data": str(out),
            "title": dataset.title,
            "samples": x.samples,
            "units": x.units,
            "steps": x.steps,
            "spikes": x.total(),
            "classes": dataset.classes,
            "digest": dataset.digest,
        }
    )
