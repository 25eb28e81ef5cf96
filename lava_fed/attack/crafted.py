"""Changes that hide among honest ones, for attackers who know them."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

HALVINGS = 40
"""Bisections of the strength of an attack."""
FARTHEST = 1000.0
"""Strongest push that is tried, standard deviations of each weight."""


def min_max(
    honest: NDArray[np.float64], devices: int, attackers: int, strength: float = 0.0
) -> NDArray[np.float64]:
    """Return the mean of honest changes, pushed back as far as no distance gives it away.

    ``mean - g * deviation`` with the largest g for which it is no farther from any honest change than those are
    from each other: Min-Max of Shejwalkar and Houmansadr, "Manipulating the Byzantine", NDSS 2021, with the
    inverse standard deviation as its direction.

    Parameters
    ----------
    honest : float64 array, shape (devices, weights)
        What honest devices send.
    devices, attackers : int
        Not used here.
    strength : float
        The push itself; 0 looks for the largest that is hidden.
    """
    del devices, attackers
    mean, direction = honest.mean(axis=0), -honest.std(axis=0)
    if strength:
        pushed: NDArray[np.float64] = mean + strength * direction
        return pushed
    widest = max(_farthest(honest, each) for each in honest)

    def hidden(push: float) -> bool:
        return _farthest(honest, mean + push * direction) <= widest

    low, high = 0.0, FARTHEST
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if hidden(middle) else (low, middle)
    farthest: NDArray[np.float64] = mean + low * direction
    return farthest


def _farthest(honest: NDArray[np.float64], change: NDArray[np.float64]) -> float:
    """Return the largest squared distance of a change from honest ones; no thread changes its last bit."""
    away = honest - change
    return float(np.einsum("ij,ij->i", away, away).max())


def little_is_enough(
    honest: NDArray[np.float64], devices: int, attackers: int, strength: float = 0.0
) -> NDArray[np.float64]:
    """Return the mean of honest changes less so many deviations that a majority looks no better.

    ``mean - z * deviation`` with ``z`` the normal quantile of ``(n - m - s) / (n - m)``, where a majority still
    needs ``s = n // 2 + 1 - m`` honest devices: Baruch, Baruch and Goldberg, "A Little Is Enough", NeurIPS 2019.

    Parameters
    ----------
    honest : float64 array, shape (devices, weights)
        What honest devices send.
    devices, attackers : int
        n and m.
    strength : float
        The number of deviations; 0 for the one above.
    """
    good = devices - attackers
    share = (good - (devices // 2 + 1 - attackers)) / good
    deviations = strength or NormalDist().inv_cdf(min(max(share, 0.5), 1 - 1e-9))
    change: NDArray[np.float64] = honest.mean(axis=0) - deviations * honest.std(axis=0)
    return change
