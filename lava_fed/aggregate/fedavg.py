"""Federated averaging, exact in integers.

McMahan et al., "Communication-Efficient Learning of Deep Networks from Decentralized Data", AISTATS 2017, with one
change for chips: the average moves master weights that are finer than the chip's grid. Averages of small integer
deltas are mostly fractions of a chip unit; on the grid they would vanish, on the master they add up.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hardware.errors import LavaFedError
from lava_fed.aggregate.aggregator import Aggregator, MasterState, check_deltas, divide_half_even
from lava_fed.delta import WeightDelta

SUM_LIMIT = 1 << 62
"""Bound of ``|sum of samples * delta|``, so that int64 sums are exact."""


class FedAvg(Aggregator):
    """``master += sum(samples_k * delta_k) / sum(samples_k)``, rounded once, half to even, at 2^-16."""

    name = "fedavg"

    def apply(self, state: MasterState, deltas: Sequence[WeightDelta]) -> MasterState:
        """Return the state moved by the weighted average of the deltas.

        Raises
        ------
        LavaFedError
            Where deltas do not fit, or are so many that the exact sum would need more than 63 bits.
        """
        ordered = check_deltas(state, deltas)
        total = sum(delta.samples for delta in ordered)
        largest = max(int(np.abs(a.astype(np.int64)).max()) for delta in ordered for a in delta.weights.values())
        if total * max(largest, 1) >= SUM_LIMIT:
            raise LavaFedError(
                f"turn {ordered[0].turn}: {total} samples with weight changes up to {largest} are too many "
                "for an exact sum in 64 bits; let fewer devices take part in a round"
            )
        moved = {}
        for name, master in state.arrays.items():
            change: NDArray[np.int64] = np.zeros(master.shape, np.int64)
            for delta in ordered:
                change += delta.samples * delta.weights[name].astype(np.int64)
            moved[name] = master + divide_half_even(change, total)
        return state.moved(moved)
