"""``lava-fed presets``: federations that are shipped."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.options import Json
from cli.output import Output

EXAMPLE = "lava-fed presets digits -o digits"


def presets(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="One of them, to be written.", show_default=False)
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", metavar="FOLDER", help="Folder for its config and its Program.", show_default=False
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """List the shipped federations, or write one of them into a folder as a start for your own."""
    from hardware.errors import LavaFedError
    from lava_fed.presets import find_preset, names

    output = Output(as_json)
    if (name is None) is not (out is None):
        raise LavaFedError("give both NAME and --out FOLDER to write a preset, or neither to list all")
    if name is not None and out is not None:
        _write(name, out, output)
        return
    found = [find_preset(each) for each in names()]
    output.table("Presets", ("name", "what it is", "needs"), [(p.name, p.title, p.data) for p in found])
    output.line("Run one with: lava-fed federate --preset NAME [--data FOLDER] [--set TABLE.KEY=VALUE]")
    output.document(
        {"presets": [{"name": p.name, "title": p.title, "network": p.network, "data": p.data} for p in found]}
    )


def _write(name: str, out: Path, output: Output) -> None:
    from cli.federation_config import PROGRAM, make_program
    from hardware.container import write_bytes
    from hardware.errors import LavaFedError
    from lava_fed.presets import config_text, find_preset

    preset = find_preset(name)
    config = out / "federation.toml"
    if out.exists() and not out.is_dir():
        raise LavaFedError(f"{out} is a file; choose a folder")
    for path in (config, out / PROGRAM):
        if path.exists():
            raise LavaFedError(f"{path} exists already; choose another folder")
    out.mkdir(parents=True, exist_ok=True)
    make_program(preset, out / PROGRAM)
    write_bytes(config, config_text(name).encode())
    output.line(f"Wrote {config} and {out / PROGRAM}.")
    output.document({"preset": name, "config": str(config), "program": str(out / PROGRAM)})
