"""``lava-fed data``: a data set as input spikes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.options import Json
from cli.output import Output

EXAMPLE = "lava-fed data digits --split test -o test.npz"


def data(
    name: Annotated[
        str,
        typer.Argument(metavar="NAME|FOLDER", help="Data set, for example digits; or a folder of MNIST's files."),
    ],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="DATA.npz", help="File to write.")],
    split: Annotated[str, typer.Option(help="Part: public, device or test; of a folder train or test.")] = "test",
    steps: Annotated[
        int | None,
        typer.Option(min=1, max=65535, help="Steps of each sample, 32 by default; images of a folder have 16."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Write a data set as rate-coded input spikes with labels."""
    from cli.learn_data import STEPS, open_images
    from cli.target import check_target
    from lava_fed.data import archive, registry

    output = Output(as_json)
    check_target(out)
    with output.progress(f"Encoding {name}") as bar:
        bar.at(0, split)
        images = open_images(name, split, steps)
        if images is None:
            dataset = registry.load(name, split, STEPS if steps is None else steps)
        else:
            dataset = images.take(slice(None))
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
