"""A smooth network in plain numpy, the reference of what is claimed: tanh units, softmax, cross-entropy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Reals = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Rates:
    """Samples, with a network that is to tell them apart; its weights are one vector.

    Attributes
    ----------
    x : float64 array, shape (samples, inputs)
        Input, 0..1; one of its units is always on.
    y : integer array, shape (samples,)
        Labels.
    hidden, classes : int
        Units.
    """

    x: Reals
    y: NDArray[np.int32]
    hidden: int
    classes: int

    @property
    def size(self) -> int:
        """Weights in all."""
        return self.hidden * (self.x.shape[1] + self.classes)

    def start(self, rng: np.random.Generator) -> Reals:
        """Draw weights of the scale 1 / sqrt(fan in)."""
        first = rng.standard_normal((self.hidden, self.x.shape[1])) / np.sqrt(self.x.shape[1])
        second = rng.standard_normal((self.classes, self.hidden)) / np.sqrt(self.hidden)
        return np.concatenate([first.ravel(), second.ravel()])

    def gradients(self, weights: Reals, samples: NDArray[np.int64]) -> Reals:
        """Return the gradient of each sample's loss, shape (samples, weights)."""
        x = self.x[samples]
        first, second = self._matrices(weights)
        rates = np.tanh(x @ first.T)
        odds = rates @ second.T
        chances = np.exp(odds - odds.max(axis=1, keepdims=True))
        chances /= chances.sum(axis=1, keepdims=True)
        chances[np.arange(len(x)), self.y[samples]] -= 1
        back = (chances @ second) * (1 - rates**2)
        outer = (back[:, :, np.newaxis] * x[:, np.newaxis], chances[:, :, np.newaxis] * rates[:, np.newaxis])
        return np.concatenate([each.reshape(len(x), -1) for each in outer], axis=1)

    def gradient(self, weights: Reals, samples: NDArray[np.int64]) -> Reals:
        """Return the gradient of the mean loss of some samples, shape (weights,)."""
        x = self.x[samples]
        first, second = self._matrices(weights)
        rates = np.tanh(x @ first.T)
        odds = rates @ second.T
        chances = np.exp(odds - odds.max(axis=1, keepdims=True))
        chances /= chances.sum(axis=1, keepdims=True)
        chances[np.arange(len(x)), self.y[samples]] -= 1
        back = (chances @ second) * (1 - rates**2)
        sums: Reals = np.concatenate([(back.T @ x).ravel(), (chances.T @ rates).ravel()])
        return sums / len(x)

    def _matrices(self, weights: Reals) -> tuple[Reals, Reals]:
        cut = self.hidden * self.x.shape[1]
        return weights[:cut].reshape(self.hidden, -1), weights[cut:].reshape(self.classes, -1)
