"""The master moves by steps of its own size for each weight.

Reddi et al., "Adaptive Federated Optimization", ICLR 2021, algorithm 2, with the change as negative gradient::

    m <- beta1 * m + (1 - beta1) * change
    v <- v + change^2                                          adagrad
    v <- beta2 * v + (1 - beta2) * change^2                    adam
    v <- v - (1 - beta2) * change^2 * sign(v - change^2)       yogi
    step = rate * m / (sqrt(v) + tau)

``m`` begins with 0 and ``v`` with ``tau^2``; there is no correction of bias, as in the paper. In integers: m in
units of 2^-12 of a master unit, v in squared master units, both rounded half to even; the square root is rounded
down; the quotient is rounded once, half to even. v ends at 2^62, where the largest change is a step of ``rate``.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from lava_fed.aggregate.aggregator import divide_half_even
from lava_fed.aggregate.server.step import (
    MEMORY_BITS,
    RATE_BITS,
    RATE_LIMIT,
    Arrays,
    ServerStep,
    fixed,
    recalled,
    scaled,
)
from lava_fed.messages.delta import FRACTION_BITS
from lava_fed.shared import Shared

SECOND_LIMIT = 1 << 62
"""Where v ends."""


@dataclass(frozen=True)
class Adaptive(ServerStep):
    """What Adagrad, Adam and Yogi have in common.

    Attributes
    ----------
    rate : float
        Size of a step in chip units, where all changes of a weight are alike; up to 8.
    beta1, beta2 : float
        Decays of m and v, 0..0.9999.
    tau : float
        In chip units, 2^-16..256: the size of change below which steps get smaller.
    """

    rate: float = 1.0
    beta1: float = 0.9
    beta2: float = 0.99
    tau: float = 0.125

    def __post_init__(self) -> None:
        """Check the numbers."""
        self._numbers()

    def _numbers(self) -> tuple[int, int, int, int]:
        """Return rate, beta1 and beta2 in units of 2^-16, and tau in master units."""
        return (
            fixed(self.rate, "the server's rate", 2.0**-16, RATE_LIMIT),
            fixed(self.beta1, "the server's beta1", 0.0, 0.9999),
            fixed(self.beta2, "the server's beta2", 0.0, 0.9999),
            fixed(self.tau, "the server's tau", 2.0**-FRACTION_BITS, 256.0),
        )

    def start(self, shared: Shared, names: Sequence[str]) -> dict[str, NDArray[np.int64]]:
        """Return m and v before the first change."""
        tau = self._numbers()[3]
        first = {f"first/{name}": np.zeros(shared.shapes[name], np.int64) for name in names}
        return first | {f"second/{name}": np.full(shared.shapes[name], tau * tau, np.int64) for name in names}

    def step(self, changes: Arrays, memory: Arrays) -> tuple[dict[str, NDArray[np.int64]], Arrays]:
        """Return the steps, m and v."""
        rate, beta1, beta2, tau = self._numbers()
        moved, kept = {}, {}
        for name, change in changes.items():
            old = recalled(memory, f"first/{name}"), recalled(memory, f"second/{name}")
            first = scaled(old[0], beta1) + scaled(change << MEMORY_BITS, (1 << RATE_BITS) - beta1)
            second = np.minimum(self.second(old[1], change * change, beta2), SECOND_LIMIT)
            kept[f"first/{name}"], kept[f"second/{name}"] = first, second
            moved[name] = divide_half_even(first * rate, (integer_root(second) + tau) << MEMORY_BITS)
        return moved, kept

    @staticmethod
    @abstractmethod
    def second(old: NDArray[np.int64], square: NDArray[np.int64], beta2: int) -> NDArray[np.int64]:
        """Return the next v; ``old`` and ``square`` are at most 2^62, the result below 2^63."""


@dataclass(frozen=True)
class Adagrad(Adaptive):
    """FedAdagrad; the paper sets beta1 to 0 for it."""

    beta1: float = 0.0
    name: ClassVar[str] = "adagrad"

    @staticmethod
    def second(old: NDArray[np.int64], square: NDArray[np.int64], beta2: int) -> NDArray[np.int64]:
        """Return ``old + square``; ``beta2`` says nothing here."""
        del beta2
        more: NDArray[np.int64] = old + np.minimum(square, SECOND_LIMIT - old)
        return more


@dataclass(frozen=True)
class Adam(Adaptive):
    """FedAdam."""

    name: ClassVar[str] = "adam"

    @staticmethod
    def second(old: NDArray[np.int64], square: NDArray[np.int64], beta2: int) -> NDArray[np.int64]:
        """Return ``beta2 * old + (1 - beta2) * square``."""
        return scaled(old, beta2) + scaled(square, (1 << RATE_BITS) - beta2)


@dataclass(frozen=True)
class Yogi(Adaptive):
    """FedYogi."""

    name: ClassVar[str] = "yogi"

    @staticmethod
    def second(old: NDArray[np.int64], square: NDArray[np.int64], beta2: int) -> NDArray[np.int64]:
        """Return ``old - (1 - beta2) * square * sign(old - square)``."""
        moved: NDArray[np.int64] = old - np.sign(old - square) * scaled(square, (1 << RATE_BITS) - beta2)
        return moved


def integer_root(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return square roots rounded down, exactly; values are 0..2^62."""
    root = np.sqrt(values.astype(np.float64)).astype(np.int64)
    root -= root * root > values
    root += (root + 1) * (root + 1) <= values
    return root
