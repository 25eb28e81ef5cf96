"""How often the units of a Program send: measured on input, or assumed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cli.output import Output
    from hardware.activity import Activity
    from hardware.energy.account import Account
    from hardware.program import Program


def activity_of(
    program: Program, data: Path | None, rate: float | None, steps: int | None, output: Output
) -> tuple[Activity, Account | None]:
    """Return the activity of a Program, and what it costs.

    Parameters
    ----------
    program : Program
        What is looked at.
    data : Path or None
        Input that is run on the emulator; without it, rates are assumed.
    rate : float or None
        Messages of every unit in a step where there is no input; one in every step where ``None``.
    steps : int or None
        For how many steps to show samples that have no axis of steps.
    output : Output
        Shows how far a run is.

    Returns
    -------
    Activity
        How often its units send.
    Account or None
        Energy and time of that; ``None`` where no model comes with the chip, or the Program is not placed.

    Raises
    ------
    LavaFedError
        Where the input is not sound or does not fit.
    """
    from cli.watching import watch
    from hardware.activity import assumed
    from hardware.energy.account import account
    from hardware.energy.known import NAMES, find_model
    from hardware.energy.model import EnergyModel

    known = bool(program.placement) and program.chip.name in NAMES
    model = find_model(program.chip.name) if known else EnergyModel("none", "none", {})
    work = None
    if data is None:
        activity = assumed(program.network, 1 if rate is None else rate)
    else:
        seen = watch(program, model, data, output, backend="emulator", steps=steps)
        activity, work = seen.activity, seen.work
    return activity, account(program, activity, model, work=work) if known else None


def in_words(activity: Activity) -> str:
    """Say where rates come from, to go on a sentence."""
    if activity.measured:
        plural = "s" if activity.samples > 1 else ""
        return f"measured on {activity.samples:,} sample{plural}, {activity.steps:,} steps in all"
    rate = max(float(activity.rates(name).max(initial=0)) for name in activity.sent)
    if rate == 1:
        return "assumed: every unit sends in every step, which no run can exceed"
    return f"assumed: every unit sends {rate:g} messages a step"
