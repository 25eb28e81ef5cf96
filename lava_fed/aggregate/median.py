"""The median of every weight's changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from lava_fed.aggregate.aggregator import divide_half_even
from lava_fed.aggregate.rule import Combined, Rule
from lava_fed.aggregate.updates import Updates


@dataclass(frozen=True)
class Median(Rule):
    """Coordinate-wise median: Yin et al., "Byzantine-Robust Distributed Learning", ICML 2018, option I.

    Of an even number of changes, the mean of the two in the middle, half to even. It stands any minority of
    attackers, and weighs all devices alike.
    """

    name: ClassVar[str] = "median"

    def combine(self, updates: Updates) -> Combined:
        """Return the median of each weight's changes."""
        found = empty(updates)
        for name, where, block in updates.damped().blocks():
            ordered = np.sort(block.T, axis=1)
            low, high = ordered[:, (len(updates) - 1) // 2], ordered[:, len(updates) // 2]
            found[name].reshape(-1)[where] = divide_half_even(low.astype(np.int64) + high, 2)
        return Combined(found)


def empty(updates: Updates) -> dict[str, NDArray[np.int64]]:
    """Return zeros for every connection that is asked for, to be filled in place."""
    return {name: np.zeros(updates.shared.shapes[name], np.int64) for name in updates.names}
