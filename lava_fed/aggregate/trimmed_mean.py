"""The mean of every weight's changes without the most extreme ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from lava_fed.aggregate.aggregator import divide_half_even
from lava_fed.aggregate.median import empty
from lava_fed.aggregate.rule import Combined, Robust
from lava_fed.aggregate.updates import Updates


@dataclass(frozen=True)
class TrimmedMean(Robust):
    """Coordinate-wise trimmed mean: Yin et al., "Byzantine-Robust Distributed Learning", ICML 2018, option II.

    For each weight the ``attackers`` smallest and as many largest changes are left out; the rest is averaged, all
    devices alike, rounded once, half to even. It stands a minority.
    """

    name: ClassVar[str] = "trimmed_mean"

    @staticmethod
    def most(devices: int) -> int:
        """Return the most attackers that leave one change to average."""
        return (devices - 1) // 2

    def combine(self, updates: Updates) -> Combined:
        """Return the trimmed mean of each weight's changes."""
        found, cut = empty(updates), self.guarded(len(updates))
        kept = len(updates) - 2 * cut
        for name, where, block in updates.damped().blocks():
            middle = np.sort(block.T, axis=1)[:, cut : cut + kept]
            found[name].reshape(-1)[where] = divide_half_even(middle.sum(axis=1, dtype=np.int64), kept)
        return Combined(found)
