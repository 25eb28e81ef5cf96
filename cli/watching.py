"""A file of input run under watch: how often each unit sends, which neurons are active, how long a step takes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cli.output import Output
    from hardware.energy.model import EnergyModel
    from hardware.energy.watch import Watch
    from hardware.program import Program


def watch(
    program: Program, model: EnergyModel, data: Path, output: Output, *, backend: str, steps: int | None
) -> Watch:
    """Run all samples of a file and return what was watched.

    Parameters
    ----------
    program : Program
        Placed on a chip or board.
    model : EnergyModel
        Times the steps.
    data : Path
        The archive.
    output : Output
        Shows how far it is.
    backend : str
        Its name.
    steps : int or None
        For how many steps to show samples that have no axis of steps.

    Raises
    ------
    LavaFedError
        Where the file is not sound or does not fit, or the backend cannot run here.
    """
    from cli.program_files import open_data
    from cli.sessions import run_watched
    from hardware.activity import state_probes
    from hardware.energy.watch import Watch

    seen = Watch(program, model)
    with open_data(data, program, steps) as source:
        run_watched(
            backend,
            program,
            source,
            output,
            lambda part, result: seen.add(part.x, result),
            state_probes(program.network),
        )
        for note in source.notes:
            output.note(f"Note: {data.name}: {note}.")
    return seen
