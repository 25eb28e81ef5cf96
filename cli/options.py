"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of tables.")]
Input = Annotated[
    Path,
    typer.Option("--input", "-i", metavar="DATA.npz", help="Input, as 'lava-fed data' writes it."),
]
Steps = Annotated[
    int | None,
    typer.Option(min=1, max=65535, help="Show each sample of an input without an axis of steps for so many."),
]
