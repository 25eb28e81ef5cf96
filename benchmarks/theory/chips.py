"""Devices with equal samples on unequal chips: how far their updates scatter under FedProx's pull."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.theory.expected import slayer_change
from hardware.emulator.engine import EmulatorBackend
from hardware.program import Program
from lava_fed.learning.samples import Samples
from lava_fed.local.on_chip import OnChip
from lava_fed.local.trainer import Job, Work
from lava_fed.messages.delta import FRACTION_BITS
from lava_fed.messages.task import Task
from lava_fed.shared import Shared

Reals = NDArray[np.float64]
Learn = Callable[[float, Program, Samples, str], Reals]
"""From FedProx's strength, a device's Program, samples and name to its change, chip units, as one vector."""


@dataclass(frozen=True)
class Scatter:
    """The updates of several devices at one strength of the pull.

    Attributes
    ----------
    strength : float
        Of the pull, as the config has it.
    variance : float
        Of the devices' changes around their mean, summed over the weights, squared chip units.
    length : float
        Mean over the devices of the squared length of the change: drift from the global weights.
    common : float
        Squared length of the mean change: what all devices agree on.
    """

    strength: float
    variance: float
    length: float
    common: float

    @classmethod
    def of(cls, strength: float, changes: Sequence[Reals]) -> Scatter:
        """Measure the changes of at least two devices."""
        together = np.stack(changes)
        mean = together.mean(axis=0)
        return cls(
            strength,
            float(together.var(axis=0, ddof=1).sum()),
            float((together**2).sum(axis=1).mean()),
            float((mean**2).sum()),
        )


def on_chip(shared: Shared, every: int, passes: int) -> Learn:
    """Return devices that learn by the rule of the Program, pulled back after every so many samples."""

    def learn(strength: float, program: Program, samples: Samples, name: str) -> Reals:
        task = Task(shared.program.digest, 1, 0, 1, 0, 0, shared.base())
        with OnChip(EmulatorBackend(), every=every) as trainer:
            work = Work(passes=passes, proximal=strength)
            change = trainer.work(Job(shared, program, task, samples, name, work)).change
        units: Reals = np.concatenate([change[each].ravel() for each in shared.names]).astype(np.float64)
        return units / float(1 << FRACTION_BITS)

    return learn


def slayer(shared: Shared, rate: float, steps: int) -> Learn:
    """Return devices that take so many steps down SLAYER's gradient of all their samples."""
    return lambda mu, program, samples, name: slayer_change(shared, samples, name, steps, rate, mu, program)


def of_chips(
    learn: Learn, chips: Mapping[str, Program], samples: Samples, strengths: Sequence[float]
) -> list[Scatter]:
    """Measure unequal chips that learn the same samples in the same order with the same random streams."""
    return [Scatter.of(s, [learn(s, chip, samples, "same") for chip in chips.values()]) for s in strengths]


def of_orders(
    learn: Learn, program: Program, samples: Samples, devices: int, strengths: Sequence[float]
) -> list[Scatter]:
    """Measure equal chips that learn the same samples in orders of their own."""
    names = [f"order-{number}" for number in range(devices)]
    return [Scatter.of(s, [learn(s, program, samples, name) for name in names]) for s in strengths]


def of_data(
    learn: Learn, program: Program, parts: Mapping[str, Samples], strengths: Sequence[float]
) -> list[Scatter]:
    """Measure equal chips that learn samples of their own."""
    return [Scatter.of(s, [learn(s, program, data, name) for name, data in parts.items()]) for s in strengths]
