"""A Program on an imperfect device, as several commands ask for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from cli.output import Output
    from hardware.mismatch.apply import ImperfectDevice
    from hardware.program import Program

Seed = Annotated[int, typer.Option(min=0, max=2**31 - 1, help="Seed of the imperfect devices.")]
PROFILE_HELP = "Device profile: defects, mixed-signal, sram-faults, or a TOML file."


def device_name(number: int) -> str:
    """Name a device as federations do."""
    return f"device-{number}"


def on_device(program: Program, profile: str, number: int, seed: int, severity: float) -> ImperfectDevice:
    """Return a Program as one device of a profile has it.

    Raises
    ------
    LavaFedError
        Where the profile is not sound, or the Program cannot suffer it.
    """
    from hardware.mismatch.apply import imperfect
    from hardware.mismatch.known import find_profile

    return imperfect(program, find_profile(profile), device=device_name(number), seed=seed, severity=severity)


def document(device: ImperfectDevice) -> dict[str, Any]:
    """Return what happened to a device as JSON values."""
    from dataclasses import asdict

    facts = {
        key.removeprefix("mismatch."): value
        for key, value in device.program.provenance.items()
        if key.startswith("mismatch.")
    }
    effects = [asdict(effect) for effect in device.effects]
    return facts | {"clamped": device.clamped, "effects": effects}


def show(device: ImperfectDevice, output: Output) -> None:
    """Print what happened to a device."""
    facts = device.program.provenance
    output.table(
        f"{facts['mismatch.device']} of profile {facts['mismatch.profile']} at severity "
        f"{facts['mismatch.severity']}, seed {facts['mismatch.seed']}",
        ("where", "what", "hit", "of", "at the end of the range"),
        [
            (effect.where, effect.mechanism, f"{effect.hit:,}", f"{effect.of:,}", f"{effect.clamped:,}")
            for effect in device.effects
        ],
        numeric="llrrr",
    )
