"""``lava-fed export``: from a trained model to NIR."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.compile import parse_options
from cli.options import Json
from cli.output import Output

EXAMPLE = "lava-fed export digits.net -o digits.nir"


def export(
    model: Annotated[Path, typer.Argument(metavar="MODEL", help="Model file, for example digits.net.")],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="NIR file.", show_default="MODEL with the suffix .nir")
    ] = None,
    dt: Annotated[float, typer.Option(metavar="SECONDS", help="Length of a time step.")] = 1e-4,
    options: Annotated[
        list[str] | None,
        typer.Option(
            "--option",
            metavar="KEY=VALUE",
            help="How to read what a NIR file leaves open, as simulator=snntorch; see docs/nir.md.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Write a model as NIR, for other simulators and chips."""
    from cli.target import check_target
    from compile.frontends.frontend import find_frontend
    from compile.nir_export import write_nir
    from hardware.errors import LavaFedError

    output = Output(as_json)
    target = out or model.with_suffix(".nir")
    if not (0 < dt < float("inf")):
        raise LavaFedError(f"--dt {dt} must be a number of seconds above 0")
    check_target(target, model)
    graph = find_frontend(model).configured(parse_options(options or [])).read(model)
    write_nir(graph, target, dt)
    layers = [population.name for population in graph.populations]
    output.line(f"Wrote {target}: {len(layers)} layers ({', '.join(layers)}), time steps of {dt:g} s.")
    output.document({"nir": str(target), "dt": dt, "layers": layers})
