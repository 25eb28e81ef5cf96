"""Those changes that have company, and of these what lies near the median."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from lava_fed.aggregate.aggregator import divide_half_even
from lava_fed.aggregate.distances import Distances
from lava_fed.aggregate.median import empty
from lava_fed.aggregate.rule import Combined, Robust
from lava_fed.aggregate.updates import Updates


@dataclass(frozen=True)
class Bulyan(Robust):
    """Bulyan: El Mhamdi, Guerraoui and Rouault, "The Hidden Vulnerability of Distributed Learning", ICML 2018.

    With ``f`` attackers among ``n >= 4 f + 3`` devices, Krum chooses ``n - 2 f`` devices, one after the other
    among those that are left. For each weight, the ``n - 4 f`` of their changes that are nearest to their median
    are averaged, all alike, rounded once, half to even. Of two equally near, the lower one is taken.
    """

    name: ClassVar[str] = "bulyan"

    @staticmethod
    def most(devices: int) -> int:
        """Return the largest f with ``devices >= 4 f + 3``."""
        return (devices - 3) // 4

    def combine(self, updates: Updates) -> Combined:
        """Return the mean of what lies near the median of the chosen."""
        updates = updates.damped()
        attackers = self.guarded(len(updates))
        chosen = updates.take(self.chosen(updates, attackers))
        found = empty(chosen)
        for name, where, block in chosen.blocks():
            found[name].reshape(-1)[where] = around_median(block, max(1, len(chosen) - 2 * attackers))
        return Combined(found)

    @staticmethod
    def chosen(updates: Updates, attackers: int) -> list[int]:
        """Return the indices of the devices that Krum chooses, in that order."""
        left, distances = np.ones(len(updates), np.bool_), Distances.between(updates)
        found: list[int] = []
        for remaining in range(len(updates), 2 * attackers, -1):
            index = distances.scores(left, max(1, remaining - attackers - 2))[0][1]
            left[index] = False
            found.append(index)
        return found


def around_median(block: NDArray[np.int32], keep: int) -> NDArray[np.int64]:
    """Return for each column the mean of the ``keep`` values nearest to its median.

    Parameters
    ----------
    block : int32 array, shape (values, columns)
        What is averaged.
    keep : int
        1..values.

    Returns
    -------
    int64 array, shape (columns,)
        Rounded once, half to even.
    """
    # Sorted values that are nearest to the median lie side by side, so it is a window with the least sum of
    # distances. Values are doubled so that a median halfway between two of them is whole.
    ordered = np.sort(block.T, axis=1).astype(np.int64)
    count = ordered.shape[1]
    median = (ordered[:, (count - 1) // 2] + ordered[:, count // 2])[:, None]
    away = _windows(np.abs(2 * ordered - median), keep)
    best = np.argmin(away, axis=1)[:, None]
    sums = np.take_along_axis(_windows(ordered, keep), best, axis=1)[:, 0]
    return divide_half_even(sums, keep)


def _windows(values: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """Sum every ``size`` neighbours of each row."""
    total = np.cumsum(values, axis=1)
    sums = total[:, size - 1 :].copy()
    sums[:, 1:] -= total[:, :-size]
    return sums
