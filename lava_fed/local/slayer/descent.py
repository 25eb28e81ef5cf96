"""Steps down a gradient, for weights that are finer than the chip's grid while they are trained."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.errors import LavaFedError
from lava_fed.local.slayer.kernels import Reals
from lava_fed.local.slayer.machine_code import SLAYER

ADAM, SGD = "adam", "sgd"
_PREFIX = "adam/"
_TINY = 1e-12


@dataclass(frozen=True)
class Descent:
    """How far each step goes.

    Attributes
    ----------
    method : str
        ``"adam"`` (Kingma & Ba, "Adam", ICLR 2015; its mean begins anew in each round, its squares stay on the
        device) or ``"sgd"``.
    rate : float
        Of learning: about the chip units of one step of Adam, the factor of the gradient in SGD.
    momentum : float
        Adam's first constant, SGD's momentum; 0..1.
    memory : float
        Adam's second constant, 0..1.
    """

    method: str
    rate: float
    momentum: float
    memory: float

    def begin(self, weights: Mapping[str, Reals], kept: Mapping[str, NDArray[Any]]) -> Moments:
        """Return the state of a round's descent.

        Parameters
        ----------
        weights : mapping of str to float64 array
            What will be trained.
        kept : mapping of str to array
            As ``Moments.memory`` returned it in an earlier round; empty before the first.

        Raises
        ------
        LavaFedError
            Where what was kept is of other weights.
        """
        means = {name: np.zeros(array.shape) for name, array in weights.items()}
        squares = {name: np.zeros(array.shape) for name, array in weights.items()}
        steps = int(kept[f"{_PREFIX}steps"][0]) if f"{_PREFIX}steps" in kept else 0
        if steps and self.method == ADAM:
            for name, array in squares.items():
                found = kept.get(_PREFIX + name)
                if found is None or found.shape != array.shape:
                    raise LavaFedError(f"the device's memory does not fit connection {name}; start the run anew")
                squares[name] = found.astype(np.float64)
        return Moments(self, means, squares, steps)


@dataclass(eq=False)
class Moments:
    """Where a descent stands.

    Attributes
    ----------
    descent : Descent
        Its constants.
    means, squares : dict of str to float64 array
        Running means of gradients and of their squares.
    steps : int
        Taken by the device in all rounds.
    fresh : int
        Taken in this round.
    """

    descent: Descent
    means: dict[str, Reals]
    squares: dict[str, Reals]
    steps: int
    fresh: int = 0

    def step(
        self,
        weights: Mapping[str, Reals],
        gradients: Mapping[str, Reals],
        ranges: Mapping[str, tuple[int, int]],
        slower: float,
    ) -> None:
        """Move weights in place, within their ranges.

        Parameters
        ----------
        weights, gradients : mapping of str to float64 array
            By connection.
        ranges : mapping of str to (int, int)
            Lowest and highest weight.
        slower : float
            Factor on the rate.
        """
        descent = self.descent
        self.steps += 1
        self.fresh += 1
        rate, mean, square = descent.rate * slower, 1.0, 1.0
        if descent.method == ADAM:
            mean = 1.0 - descent.momentum**self.fresh
            square = 1.0 - descent.memory**self.steps
        for name, array in weights.items():
            low, high = ranges[name]
            moved, slopes, means = array.ravel(), gradients[name].ravel(), self.means[name].ravel()
            if descent.method == ADAM:
                squares, often = self.squares[name].ravel(), (descent.momentum, descent.memory)
                _adam(moved, slopes, means, squares, rate / mean, square, *often, low, high)
            else:
                _sgd(moved, slopes, means, rate, descent.momentum, low, high)

    def memory(self) -> dict[str, NDArray[Any]]:
        """Return what the device keeps for its next round."""
        if self.descent.method != ADAM:
            return {}
        kept: dict[str, NDArray[Any]] = {f"{_PREFIX}steps": np.array([self.steps], np.int64)}
        return kept | {_PREFIX + name: array.astype(np.float32) for name, array in self.squares.items()}


@SLAYER.compiled
def _adam(
    weights: Reals,
    gradient: Reals,
    mean: Reals,
    square: Reals,
    rate: float,
    unbiased: float,
    momentum: float,
    memory: float,
    low: float,
    high: float,
) -> None:
    for index in range(weights.size):
        slope = gradient[index]
        mean[index] = momentum * mean[index] + (1.0 - momentum) * slope
        square[index] = memory * square[index] + (1.0 - memory) * slope * slope
        moved = weights[index] - rate * mean[index] / (math.sqrt(square[index] / unbiased) + _TINY)
        weights[index] = min(max(moved, low), high)


@SLAYER.compiled
def _sgd(
    weights: Reals, gradient: Reals, mean: Reals, rate: float, momentum: float, low: float, high: float
) -> None:
    for index in range(weights.size):
        mean[index] = momentum * mean[index] + gradient[index]
        weights[index] = min(max(weights[index] - rate * mean[index], low), high)
