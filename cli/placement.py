"""The options of ``lava-fed compile`` that say where neurons are put."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cli.output import Output
    from hardware.activity import Activity
    from hardware.program import Program


def measured(program: Program, data: Path, steps: int | None, output: Output) -> Activity:
    """Count how often each unit of a Program sends, on the emulator.

    Parameters
    ----------
    program : Program
        Placed in any way: that changes no message.
    data : Path
        Typical input.
    steps : int or None
        For how many to show samples without an axis of steps.
    output : Output
        Shows the progress.

    Raises
    ------
    LavaFedError
        Where the input does not fit.
    """
    from cli.program_files import open_data
    from cli.sessions import run_watched
    from hardware.activity import Activity

    parts: list[Activity] = []

    def keep(found: Activity) -> None:
        parts[:] = [parts[0] + found] if parts else [found]

    with open_data(data, program, steps) as source:
        run_watched("emulator", program, source, output, lambda part, result: keep(Activity.of(part.x, result)))
    return parts[0]


def placed_again(program: Program, activity: Activity, method: str, seed: int) -> Program:
    """Place a Program for the rates of its units."""
    from compile.pipeline import place_network
    from compile.place.placing import Placing

    return place_network(
        program.network,
        program.chip,
        board=program.board,
        placing=Placing(method, seed, activity),
        provenance=program.provenance,
    )
