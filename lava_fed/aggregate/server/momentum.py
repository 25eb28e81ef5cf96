"""The master moves by a decaying sum of changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from lava_fed.aggregate.aggregator import divide_half_even
from lava_fed.aggregate.server.step import (
    MEMORY_BITS,
    RATE_LIMIT,
    Arrays,
    ServerStep,
    fixed,
    recalled,
    scaled,
)
from lava_fed.shared import Shared


@dataclass(frozen=True)
class Momentum(ServerStep):
    """FedAvgM: ``v <- momentum * v + change``, ``step = rate * v``.

    Hsu, Qi and Brown, "Measuring the Effects of Non-Identical Data Distribution for Federated Visual
    Classification", 2019. v is kept in units of 2^-12 of a master unit; the decay is rounded half to even there,
    and the step once more in master units. With changes below 2^31 and a momentum of at most 0.999, v stays below
    2^53.

    Attributes
    ----------
    rate : float
        A multiple of 2^-16, up to 8.
    momentum : float
        0..0.999, a multiple of 2^-16.
    """

    rate: float = 1.0
    momentum: float = 0.9
    name: ClassVar[str] = "momentum"

    def __post_init__(self) -> None:
        """Check the numbers."""
        self._numbers()

    def _numbers(self) -> tuple[int, int]:
        return (
            fixed(self.rate, "the server's rate", 2.0**-16, RATE_LIMIT),
            fixed(self.momentum, "the server's momentum", 0.0, 0.999),
        )

    def start(self, shared: Shared, names: Sequence[str]) -> dict[str, NDArray[np.int64]]:
        """Return a sum of nothing."""
        return {f"momentum/{name}": np.zeros(shared.shapes[name], np.int64) for name in names}

    def step(self, changes: Arrays, memory: Arrays) -> tuple[dict[str, NDArray[np.int64]], Arrays]:
        """Return the steps and the sums."""
        rate, decay = self._numbers()
        moved, kept = {}, {}
        for name, change in changes.items():
            velocity = scaled(recalled(memory, f"momentum/{name}"), decay) + (change << MEMORY_BITS)
            kept[f"momentum/{name}"] = velocity
            moved[name] = divide_half_even(scaled(velocity, rate), 1 << MEMORY_BITS)
        return moved, kept
