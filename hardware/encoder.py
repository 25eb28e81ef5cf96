"""How the host turns real numbers into the graded input of a network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware import chip
from hardware.errors import NetworkError

WEIGHT_LOW, WEIGHT_HIGH, WEIGHT_STEP = -chip.WEIGHT_LIMIT, chip.WEIGHT_LIMIT - 2, 2
"""The grid of SLAYER's ``quantize_8bit``, at a scale of 64."""


@dataclass(frozen=True)
class Encoder:
    """Quantize real input as SLAYER's Input block does, ``q(x) * q(weight) + q(bias)``, in integers.

    ``q`` rounds to steps of 1/32 (half to even) and clips to -256/64..254/64. With X, W and B the three at a
    scale of 64, the message is ``(X * W + 64 * B) / 2^divide``: the real value at a scale of ``4096 / 2^divide``,
    with nothing lost.

    Attributes
    ----------
    weight, bias : int
        At a scale of 64, even, -256..254; 64 and 0 leave the input as it is.
    divide : int
        0..6, and ``2^divide`` must divide the weight; 6 with a weight of 64 gives X itself.
    """

    weight: int = 64
    bias: int = 0
    divide: int = 0

    def __post_init__(self) -> None:
        """Check the ranges."""
        for name in ("weight", "bias"):
            value = getattr(self, name)
            if type(value) is not int or not WEIGHT_LOW <= value <= WEIGHT_HIGH or value % WEIGHT_STEP:
                raise NetworkError(f"encoder: {name} {value} must be even and lie in {WEIGHT_LOW}..{WEIGHT_HIGH}")
        if type(self.divide) is not int or not 0 <= self.divide <= chip.ALIGN_SHIFT:
            raise NetworkError(f"encoder: divide {self.divide} must lie in 0..{chip.ALIGN_SHIFT}")
        if self.weight % (1 << self.divide):
            raise NetworkError(f"encoder: weight {self.weight} divided by 2^{self.divide} loses bits")

    def __call__(self, values: NDArray[np.floating[Any]]) -> NDArray[np.int32]:
        """Encode real numbers.

        Parameters
        ----------
        values : float array
            Finite real numbers, any shape.

        Returns
        -------
        int32 array of the same shape
            Messages.

        Examples
        --------
        >>> Encoder(weight=40, bias=36)(np.array([0.0, 0.5, 9.0]))
        array([ 2304,  3584, 12464], dtype=int32)
        """
        steps = chip.WEIGHT_LIMIT // 8
        x = np.clip(np.rint(values.astype(np.float32) * np.float32(steps)) * WEIGHT_STEP, WEIGHT_LOW, WEIGHT_HIGH)
        message = x.astype(np.int64) * self.weight + chip.DECAY_UNITY // 64 * self.bias
        encoded: NDArray[np.int32] = (message >> self.divide).astype(np.int32)
        return encoded
