"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of tables.")]
Input = Annotated[
    Path,
    typer.Option("--input", "-i", metavar="DATA.npz", help="Input spikes, as 'lava-fed data' writes them."),
]
