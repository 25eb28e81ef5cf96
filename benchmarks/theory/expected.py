"""The update of a federated round against its first order, ``-steps * rate * sum of p_k grad F_k``."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.theory.one_step import Parts
from benchmarks.theory.problem import TEMPERATURE
from benchmarks.theory.rates import Rates, Reals
from hardware.emulator.engine import EmulatorBackend
from hardware.program import Program
from lava_fed.learning.samples import Samples
from lava_fed.local.slayer.trainer import Slayer
from lava_fed.local.trainer import Job, Work
from lava_fed.messages.delta import FRACTION_BITS
from lava_fed.messages.task import Task
from lava_fed.shared import Shared

DRAWS = 40
"""Orders of the samples over which an expectation is taken."""


@dataclass(frozen=True)
class Point:
    """One setting.

    Attributes
    ----------
    epochs : int
        Local passes through the data.
    steps : float
        Local steps, the mean over the devices by their samples.
    rate : float
        Of learning.
    error : float
        Distance of the expected update from its first order, by the length of the latter.
    """

    epochs: int
    steps: float
    rate: float
    error: float


def full_batches(rates: Rates, weights: Reals, parts: Parts, grid: Sequence[tuple[int, float]]) -> list[Point]:
    """Measure the smooth network where each step takes all samples of the device."""

    def update(part: NDArray[np.int64], epochs: int, rate: float) -> Reals:
        moved = weights.copy()
        for _ in range(epochs):
            moved -= rate * rates.gradient(moved, part)
        return moved - weights

    return _points(rates, weights, parts, grid, update, lambda _: 1.0)


def small_batches(
    rates: Rates,
    weights: Reals,
    parts: Parts,
    grid: Sequence[tuple[int, float]],
    batch: int,
    seed: int,
    *,
    counted: bool = False,
) -> list[Point]:
    """Measure the smooth network where a pass is cut into batches, over orders drawn at random.

    The claim knows one number of steps; it is taken as the mean over the devices, by their samples. With
    ``counted``, each device's gradient is multiplied by its own number of steps instead.
    """
    total = sum(map(len, parts))
    mean_steps = sum(len(part) / total * -(-len(part) // batch) for part in parts)

    def update(part: NDArray[np.int64], epochs: int, rate: float) -> Reals:
        rng = np.random.default_rng([seed, len(part), int(part[0])])
        mean = np.zeros_like(weights)
        for _ in range(DRAWS):
            moved = weights.copy()
            for _ in range(epochs):
                order = rng.permutation(part)
                for first in range(0, len(part), batch):
                    moved -= rate * rates.gradient(moved, order[first : first + batch])
            mean += (moved - weights) / DRAWS
        return mean

    def steps(part: NDArray[np.int64]) -> float:
        return float(-(-len(part) // batch)) if counted else mean_steps

    return _points(rates, weights, parts, grid, update, steps)


def slayer(program: Program, samples: Samples, parts: Parts, grid: Sequence[tuple[int, float]]) -> list[Point]:
    """Measure SLAYER devices that take one step a pass, each down the surrogate gradient of all its samples."""
    shared, total = Shared.of(program, "all"), sum(map(len, parts))
    found = []
    for epochs, rate in grid:
        update = first = np.zeros(shared.size)
        for index, part in enumerate(parts):
            share, data = len(part) / total, samples.only(part)
            update = update + share * slayer_change(shared, data, f"device-{index}", epochs, rate)
            first = first + share * epochs * slayer_change(shared, data, f"device-{index}", 1, rate)
        found.append(Point(epochs, epochs, rate, float(np.linalg.norm(update - first) / np.linalg.norm(first))))
    return found


def slayer_change(
    shared: Shared,
    data: Samples,
    device: str,
    epochs: int,
    rate: float,
    proximal: float = 0.0,
    program: Program | None = None,
) -> Reals:
    """Return what a SLAYER device learns in so many full batches, chip units, as one vector.

    Parameters
    ----------
    shared : Shared
        What is trained.
    data : Samples
        The device's.
    device : str
        Its name.
    epochs, rate, proximal
        Full batches, learning rate, FedProx's mu.
    program : Program, optional
        The device's own; by default the perfect one.
    """
    own = shared.program if program is None else program
    task = Task(shared.program.digest, 1, 0, 1, 0, 0, shared.base())
    work = Work(passes=epochs, proximal=proximal)
    with Slayer(
        EmulatorBackend(),
        optimizer="sgd",
        momentum=0.0,
        batch=len(data),
        rate=rate,
        temperature=TEMPERATURE,
    ) as trainer:
        change = trainer.work(Job(shared, own, task, data, device, work)).change
    units: Reals = np.concatenate([change[name].ravel() for name in shared.names]).astype(np.float64)
    return units / float(1 << FRACTION_BITS)


def _points(
    rates: Rates,
    weights: Reals,
    parts: Parts,
    grid: Sequence[tuple[int, float]],
    update: Callable[[NDArray[np.int64], int, float], Reals],
    steps: Callable[[NDArray[np.int64]], float],
) -> list[Point]:
    total = sum(map(len, parts))
    slopes = [len(part) / total * steps(part) * rates.gradient(weights, part) for part in parts]
    mean_steps = sum(len(part) / total * steps(part) for part in parts)
    found = []
    for epochs, rate in grid:
        made = np.sum([len(part) / total * update(part, epochs, rate) for part in parts], axis=0)
        first = -epochs * rate * np.sum(slopes, axis=0)
        found.append(
            Point(epochs, epochs * mean_steps, rate, float(np.linalg.norm(made - first) / np.linalg.norm(first)))
        )
    return found
