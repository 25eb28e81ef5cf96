"""``lava-fed train``: a spiking network by SLAYER, quantization aware."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.options import Json

EXAMPLE = "lava-fed train digits.toml -o digits.net"


def train(
    recipe: Annotated[Path, typer.Argument(metavar="RECIPE.toml", help="Network, data and training.")],
    out: Annotated[Path, typer.Option("--out", "-o", metavar="MODEL.net", help="Model file to write.")],
    as_json: Json = False,
) -> None:
    """Train a network with SLAYER, quantization aware, and export it."""
