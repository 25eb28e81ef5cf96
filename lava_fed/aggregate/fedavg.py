"""Federated averaging, exact in integers.

McMahan et al., "Communication-Efficient Learning of Deep Networks from Decentralized Data", AISTATS 2017, with one
change for chips: the average moves master weights that are finer than the chip's grid. Averages of small integer
deltas are mostly fractions of a chip unit; on the grid they would vanish, on the master they add up.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from hardware.errors import LavaFedError
from lava_fed.aggregate.mean import exact_mean
from lava_fed.aggregate.rule import Combined, Rule
from lava_fed.aggregate.updates import Updates

SUM_LIMIT = 1 << 61
"""Bound of an exact sum that travels from an edge."""


@dataclass(frozen=True)
class FedAvg(Rule):
    """``change = sum(samples_k * f_k * change_k) / sum(samples_k)``, rounded once, half to even, at 2^-16.

    ``f_k`` is what age leaves of a change, 1 in synchronous rounds; see ``staleness``.
    """

    name: ClassVar[str] = "fedavg"

    def combine(self, updates: Updates) -> Combined:
        """Return the weighted mean.

        Raises
        ------
        LavaFedError
            Where the samples are too many for exact sums.
        """
        common = math.gcd(*updates.numerators, *updates.denominators)
        weights = [numerator // common for numerator in updates.numerators]
        total = sum(updates.denominators) // common
        return Combined(
            {
                name: exact_mean((change[name] for change in updates.changes), weights, total)
                for name in updates.names
            }
        )

    @staticmethod
    def sums(updates: Updates) -> dict[str, NDArray[np.int64]]:
        """Return ``sum(numerators[k] * changes[k])``: means of such sums are the mean of all.

        Raises
        ------
        LavaFedError
            Where a sum might need more than 63 bits.
        """
        total = sum(updates.denominators)
        largest = max(
            int(np.abs(c[name].astype(np.int64)).max()) for c in updates.changes for name in updates.names
        )
        if total * max(largest, 1) >= SUM_LIMIT:
            raise LavaFedError(
                f"weights of {total} in all with changes up to {largest} are too many for an exact sum in 64 bits "
                "at an edge; use more edges, or none"
            )
        found: dict[str, NDArray[np.int64]] = {}
        for name in updates.names:
            found[name] = np.zeros(updates.shared.shapes[name], np.int64)
            for change, weight in zip(updates.changes, updates.numerators, strict=True):
                found[name] += change[name].astype(np.int64) * weight
        return found
