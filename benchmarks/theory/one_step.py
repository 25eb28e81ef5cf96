"""One local step on full batches against one step of centralized gradient descent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from benchmarks.theory.problem import RATE, TEMPERATURE
from benchmarks.theory.rates import Rates, Reals
from hardware.emulator.engine import EmulatorBackend
from hardware.program import Program
from lava_fed.aggregate.build import build
from lava_fed.config.aggregate import AggregateConfig
from lava_fed.learning.samples import Samples
from lava_fed.local.slayer.trainer import Slayer
from lava_fed.local.trainer import Job, Work
from lava_fed.messages.delta import WeightDelta
from lava_fed.messages.task import Task
from lava_fed.shared import Shared

Parts = Sequence[NDArray[np.int64]]


@dataclass(frozen=True)
class Gap:
    """How far a federated step lies from the centralized one.

    Attributes
    ----------
    largest : float
        Largest distance of a weight, in the unit of what was compared.
    differing : float
        Share of the weights that differ, 0..1.
    """

    largest: float
    differing: float


def in_reals(rates: Rates, weights: Reals, parts: Parts, rate: float) -> Gap:
    """Compare in double precision: each device averages its gradients, the server averages the steps."""
    everything = np.sort(np.concatenate(parts))
    total = len(everything)
    federated = sum(len(part) / total * (-rate * rates.gradient(weights, part)) for part in parts)
    central = -rate * rates.gradient(weights, everything)
    apart = np.abs(federated - central)
    return Gap(float(apart.max()), float(np.mean(apart > 0)))


def in_fractions(rates: Rates, weights: Reals, parts: Parts, rate: Fraction) -> Gap:
    """Compare in exact arithmetic: the gradients of single samples are doubles, and all that follows is exact."""
    everything = np.sort(np.concatenate(parts))
    total = len(everything)
    # a double is an integer times a power of two; with one power for all, sums are sums of integers
    gradients = rates.gradients(weights, everything)
    exponent = 1100
    whole = np.array([[_scaled(value, exponent) for value in row] for row in gradients.tolist()], object)
    place = {int(sample): row for row, sample in enumerate(everything)}
    central = [-rate * Fraction(sum(column), total) for column in whole.T.tolist()]
    federated = [Fraction(0)] * len(central)
    for part in parts:
        mine = whole[[place[int(sample)] for sample in part]]
        for index, column in enumerate(mine.T.tolist()):
            step = -rate * Fraction(sum(column), len(part))
            federated[index] += Fraction(len(part), total) * step
    apart = [abs(one - other) for one, other in zip(federated, central, strict=True)]
    return Gap(float(max(apart)), sum(each > 0 for each in apart) / len(apart))


def in_integers(program: Program, samples: Samples, parts: Parts) -> Gap:
    """Compare SLAYER devices with FedAvg to one SLAYER device that has all samples, in master units.

    Every device rounds its step to the nearest master unit, so their mean is wrong by half a unit at most; FedAvg
    rounds it once more, and the one device rounds too: three halves, and whole numbers differ by one at most.
    """
    shared = Shared.of(program, "all")
    aggregator = build(AggregateConfig(), shared)
    deltas = [_delta(shared, samples.only(part), f"device-{index}") for index, part in enumerate(parts)]
    everything = _delta(shared, samples.only(np.sort(np.concatenate(parts))), "everything")
    begin = aggregator.init(shared)
    federated, central = aggregator.apply(begin, deltas), aggregator.apply(begin, [everything])
    apart = np.concatenate([np.abs(federated.arrays[n] - central.arrays[n]).ravel() for n in shared.names])
    return Gap(float(apart.max()), float(np.mean(apart > 0)))


def _delta(shared: Shared, samples: Samples, device: str) -> WeightDelta:
    """Let a device take one step down the gradient of all its samples."""
    options = {"optimizer": "sgd", "momentum": 0.0, "batch": 0, "rate": RATE, "temperature": TEMPERATURE}
    task = Task(shared.program.digest, 1, 0, 1, 0, 0, shared.base())
    with Slayer(EmulatorBackend(), **options) as trainer:  # type: ignore[arg-type]  # each of its own type
        outcome = trainer.work(Job(shared, shared.program, task, samples, device, Work()))
    return WeightDelta(shared.program.digest, device, 1, 0, outcome.samples, outcome.change)


def _scaled(value: float, exponent: int) -> int:
    """Return ``value * 2^exponent``, which is whole for every double where the exponent is at least 1074."""
    numerator, denominator = value.as_integer_ratio()
    return numerator * (1 << exponent) // denominator
