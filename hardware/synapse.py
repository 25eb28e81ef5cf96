"""Synapses: the weights of a connection, and the grid of integers that a chip stores them on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from hardware import chip
from hardware.errors import NetworkError
from hardware.spikes import frozen


class SignMode(Enum):
    """Signs that a connection's weights may have; a mixed-sign weight pays for the sign with its lowest bit."""

    MIXED = "mixed"
    EXCITATORY = "excitatory"
    INHIBITORY = "inhibitory"


@dataclass(frozen=True)
class WeightGrid:
    """The integers that a weight may be.

    Attributes
    ----------
    sign : SignMode
        Allowed signs.
    bits : int
        Weight bits 1..8; each bit less doubles the step.
    """

    sign: SignMode = SignMode.MIXED
    bits: int = chip.WEIGHT_BITS

    def __post_init__(self) -> None:
        """Check the bit width."""
        if not 1 <= self.bits <= chip.WEIGHT_BITS:
            raise NetworkError(f"weight bits {self.bits} must lie in 1..{chip.WEIGHT_BITS}")

    @property
    def step(self) -> int:
        """Distance between neighbouring weights, as ``lava.utils.weightutils.truncate_weights``."""
        return 1 << (chip.WEIGHT_BITS - self.bits + (self.sign is SignMode.MIXED))

    @property
    def low(self) -> int:
        """Lowest weight."""
        if self.sign is SignMode.EXCITATORY:
            return 0
        top = chip.WEIGHT_LIMIT if self.sign is SignMode.MIXED else chip.WEIGHT_LIMIT - self.step
        return -top

    @property
    def high(self) -> int:
        """Highest weight."""
        return 0 if self.sign is SignMode.INHIBITORY else chip.WEIGHT_LIMIT - self.step

    @property
    def learned_range(self) -> tuple[int, int]:
        """Lowest and highest value that learning can reach; learning moves in steps of one."""
        limit = chip.WEIGHT_LIMIT
        return {
            SignMode.MIXED: (-limit, limit - 1),
            SignMode.EXCITATORY: (0, limit - 1),
            SignMode.INHIBITORY: (1 - limit, 0),
        }[self.sign]


@dataclass(frozen=True, eq=False)
class Dense:
    """All-to-all synapses: ``a = scale(W @ s, exponent)``, as ``lava.proc.dense.models.PyDenseModelBitAcc``.

    Attributes
    ----------
    weights : int16 array, shape (targets, sources)
        On ``grid``; where the connection learns, any integer in ``grid.learned_range``.
    exponent : int
        Shared exponent -8..7 of the summed input.
    grid : WeightGrid
        Signs and bits.
    """

    weights: NDArray[np.int16]
    exponent: int = 0
    grid: WeightGrid = WeightGrid()

    def __post_init__(self) -> None:
        """Check type and shape, and freeze the array; the connection checks the values."""
        weights = np.asarray(self.weights)
        if weights.dtype.kind not in "iu" or weights.ndim != 2 or weights.size == 0:
            raise NetworkError(
                f"dense weights must be an integer matrix (targets, sources), found {weights.dtype}{weights.shape}"
            )
        if weights.min() < -chip.WEIGHT_LIMIT or weights.max() >= chip.WEIGHT_LIMIT:
            raise NetworkError(
                f"weights {weights.min()}..{weights.max()} exceed the chip's "
                f"{-chip.WEIGHT_LIMIT}..{chip.WEIGHT_LIMIT - 1}; quantize first"
            )
        if not chip.WEIGHT_EXPONENT_MIN <= self.exponent <= chip.WEIGHT_EXPONENT_MAX:
            raise NetworkError(
                f"weight exponent {self.exponent} must lie in "
                f"{chip.WEIGHT_EXPONENT_MIN}..{chip.WEIGHT_EXPONENT_MAX}"
            )
        object.__setattr__(self, "weights", frozen(weights.astype(np.int16, copy=False)))

    @property
    def targets(self) -> int:
        """Units that receive."""
        return int(self.weights.shape[0])

    @property
    def sources(self) -> int:
        """Units that send."""
        return int(self.weights.shape[1])

    def accumulator_bound(self) -> int:
        """Largest magnitude that the summed input of one unit can take."""
        bound = int(np.abs(self.weights.astype(np.int64)).sum(axis=1).max())
        return bound << max(self.exponent, 0)
