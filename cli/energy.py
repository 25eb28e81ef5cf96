"""``lava-fed energy``: what a Program costs in energy and time."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import Json, Steps
from cli.output import Output

if TYPE_CHECKING:
    from hardware.energy.account import Account
    from hardware.energy.model import EnergyModel
    from hardware.program import Program

EXAMPLE = "lava-fed energy digits.h5 --input test.npz --model loihi1"


def energy(
    path: Annotated[Path, typer.Argument(metavar="PROGRAM", help="Program file, or a model to be compiled.")],
    data: Annotated[
        Path | None,
        typer.Option("--input", "-i", metavar="DATA.npz", help="Input that is run, to count its events."),
    ] = None,
    rate: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="Without input: assume that every unit sends so often per step."),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            metavar="NAME|FILE.toml",
            help="loihi1, davies2018, loihi2, events, or a file; by default that of the Program's chip.",
        ),
    ] = None,
    learning: Annotated[bool, typer.Option("--learning", help="Count the learning rules as evaluated.")] = False,
    backend: Annotated[str, typer.Option(help="Backend, see 'lava-fed backends'.")] = "emulator",
    steps: Steps = None,
    as_json: Json = False,
) -> None:
    """Count the events of a run; say what they cost by cause, layer, core: joules, seconds, how sure that is."""
    from cli import energy_view
    from cli.program_files import open_program
    from hardware.chip.known import CHIPS
    from hardware.errors import LavaFedError

    output = Output(as_json)
    if (data is None) == (rate is None):
        raise LavaFedError("give either --input DATA.npz to count events, or --rate to assume them")
    program = open_program(path)
    constants = _model(model, program)
    if constants.name in CHIPS and constants.name != program.chip.name:
        output.note(f"Note: placed on {program.chip.title}, priced with the constants of {constants.title}.")
    found = (
        _assumed(program, constants, rate or 0.0, learning=learning)
        if data is None
        else _measured(program, constants, data, backend, steps, output, learning=learning)
    )
    output.document({"program": program.digest, **energy_view.document(found)})
    energy_view.show(path.name, found, output)


def _model(name: str | None, program: Program) -> EnergyModel:
    from hardware.energy.known import NAMES, find_model
    from hardware.errors import LavaFedError

    if name is None and program.chip.name not in NAMES:
        raise LavaFedError(f"no energy model comes with the chip {program.chip.name!r}; name one with --model")
    return find_model(program.chip.name if name is None else name)


def _assumed(program: Program, model: EnergyModel, rate: float, *, learning: bool) -> Account:
    from hardware.activity import assumed
    from hardware.energy.account import account

    return account(program, assumed(program.network, rate), model, learning=learning)


def _measured(
    program: Program,
    model: EnergyModel,
    data: Path,
    backend: str,
    steps: int | None,
    output: Output,
    *,
    learning: bool,
) -> Account:
    from cli.watching import watch
    from hardware.energy.account import account

    seen = watch(program, model, data, output, backend=backend, steps=steps)
    return account(program, seen.activity, model, learning=learning, work=seen.work)
