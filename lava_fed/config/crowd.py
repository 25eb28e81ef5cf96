"""Settings that count devices, against how many there are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lava_fed.config.federation import FederationConfig


def crowded(config: FederationConfig, devices: int) -> Iterator[str]:
    """Give all settings that want more devices than there are, with what to do.

    Parameters
    ----------
    config : FederationConfig
        What is wanted.
    devices : int
        How many there are: ``devices.count``, or the owners that the data name.
    """
    attack, rounds, edges = config.attack, config.rounds, config.aggregate.edges
    if attack.devices >= devices:
        yield f"attack.devices is {attack.devices}, it must be below the number of devices, {devices}"
    if rounds.quorum > devices:
        yield f"rounds.quorum is {rounds.quorum}, it must be at most the number of devices, {devices}"
    if edges > devices:
        yield f"aggregate.edges is {edges}, it must be at most the number of devices, {devices}"
    if config.asynchronous.buffer > (together := rounds.together(devices)):
        yield (
            f"asynchronous.buffer is {config.asynchronous.buffer}, but only {together} of {devices} devices work "
            "at a time, so it would never be full; lower it, or raise rounds.fraction"
        )
