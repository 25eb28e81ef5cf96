"""How the host turns real numbers into the graded input of a network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.chip import widths
from hardware.errors import NetworkError

WEIGHT_LOW, WEIGHT_HIGH, WEIGHT_STEP = -widths.WEIGHT_LIMIT, widths.WEIGHT_LIMIT - 2, 2
"""The grid of SLAYER's ``quantize_8bit``, at a scale of 64."""
COARSE, FINE = widths.WEIGHT_LIMIT // 8, widths.DECAY_UNITY
"""Steps per unit of the two grids: that of SLAYER's Input block, and that of messages."""
DECIMATE_MAX = 64
"""Longest window; the mean of plain spikes over it is a multiple of 1/4096 with room to spare."""
_WORD = np.iinfo(np.int32)


@dataclass(frozen=True)
class Encoder:
    """Quantize input as SLAYER's Input block does, ``q(x) * q(weight) + q(bias)``, after a mean over time.

    First comes the mean over windows of ``decimate`` steps, as SLAYER's TimeDecimation block takes it: the steps
    that miss in the last window count as zeros, and there is one message for each window.

    On the grid of 32 steps per unit follows SLAYER's Input block: ``q`` rounds to steps of 1/32 (half to even)
    and clips to -256/64..254/64. With X, W and B the three at a scale of 64, the message is
    ``(X * W + 64 * B) / 2^divide``: the real value at a scale of ``4096 / 2^divide``, with nothing lost.

    On the grid of 4096 steps per unit there is no Input block: the message is the value at a scale of 4096,
    rounded half to even; for plain spikes that is ``count * 4096 / decimate``, with nothing lost.

    Attributes
    ----------
    weight, bias : int
        At a scale of 64, even, -256..254; 64 and 0 leave the input as it is.
    divide : int
        0..6, and ``2^divide`` must divide the weight; 6 with a weight of 64 gives X itself.
    decimate : int
        Steps of one window: a power of two, 1..64; 1 takes no mean.
    grid : int
        Steps per unit: 32, or 4096, which needs a weight of 64, a bias of 0 and a divide of 0.
    """

    weight: int = 64
    bias: int = 0
    divide: int = 0
    decimate: int = 1
    grid: int = COARSE

    def __post_init__(self) -> None:
        """Check the ranges."""
        for name in ("weight", "bias"):
            value = getattr(self, name)
            if type(value) is not int or not WEIGHT_LOW <= value <= WEIGHT_HIGH or value % WEIGHT_STEP:
                raise NetworkError(f"encoder: {name} {value} must be even and lie in {WEIGHT_LOW}..{WEIGHT_HIGH}")
        if type(self.divide) is not int or not 0 <= self.divide <= widths.ALIGN_SHIFT:
            raise NetworkError(f"encoder: divide {self.divide} must lie in 0..{widths.ALIGN_SHIFT}")
        if self.weight % (1 << self.divide):
            raise NetworkError(f"encoder: weight {self.weight} divided by 2^{self.divide} loses bits")
        steps = self.decimate
        if type(steps) is not int or not 1 <= steps <= DECIMATE_MAX or steps & (steps - 1):
            raise NetworkError(f"encoder: decimate {steps} must be a power of two in 1..{DECIMATE_MAX}")
        if type(self.grid) is not int or self.grid not in (COARSE, FINE):
            raise NetworkError(f"encoder: grid {self.grid} must be {COARSE} or {FINE} steps per unit")
        if self.grid == FINE and (self.weight, self.bias, self.divide) != (64, 0, 0):
            raise NetworkError(
                f"encoder: weight {self.weight}, bias {self.bias} and divide {self.divide} need the grid of "
                f"{COARSE} steps per unit; on that of {FINE} they must be 64, 0 and 0"
            )

    def __call__(self, values: NDArray[np.floating[Any]] | NDArray[np.integer[Any]]) -> NDArray[np.int32]:
        """Encode numbers.

        Parameters
        ----------
        values : float, integer or bool array, shape (..., steps, units)
            Finite numbers; any shape where ``decimate`` is 1.

        Returns
        -------
        int32 array, shape (..., ceil(steps / decimate), units)
            Messages.

        Raises
        ------
        NetworkError
            Where there is no axis of steps to take the mean over, or a message does not fit 32 bits.

        Examples
        --------
        >>> Encoder(weight=40, bias=36)(np.array([0.0, 0.5, 9.0]))
        array([ 2304,  3584, 12464], dtype=int32)
        >>> Encoder(decimate=4, grid=4096)(np.array([[0], [1], [1], [1], [1]]))
        array([[3072],
               [1024]], dtype=int32)
        """
        means = self._means(values)
        if self.grid == FINE:
            low, high = self.range
            if means.size and (means.min() < low or means.max() > high):
                raise NetworkError(
                    f"encoder: input {means.min():g}..{means.max():g} must lie in {low:g}..{high:g}, so that "
                    "messages fit 32 bits; scale it down"
                )
            exact: NDArray[np.int32] = np.rint(means.astype(np.float64) * FINE).astype(np.int32)
            return exact
        scaled = np.rint(means * np.float32(COARSE))
        x = np.clip(scaled, WEIGHT_LOW // WEIGHT_STEP, WEIGHT_HIGH // WEIGHT_STEP)
        encoded: NDArray[np.int32] = x.astype(np.int32)
        encoded *= WEIGHT_STEP * self.weight  # at most 2^8 * 2^8, and as much for the bias: far from 2^31
        encoded += widths.DECAY_UNITY // 64 * self.bias
        encoded >>= self.divide
        return encoded

    @property
    def range(self) -> tuple[float, float]:
        """Least and greatest mean that a message can hold; the grid of 32 steps per unit cuts others to it."""
        if self.grid == FINE:
            return _WORD.min / FINE, _WORD.max / FINE
        return WEIGHT_LOW / (WEIGHT_STEP * COARSE), WEIGHT_HIGH / (WEIGHT_STEP * COARSE)

    def beyond(self, values: NDArray[np.floating[Any]] | NDArray[np.integer[Any]]) -> int:
        """Count the means of ``values`` (as for a call) outside the range."""
        means, (low, high) = self._means(values), self.range
        return int(np.count_nonzero((means < low) | (means > high)))

    def _means(self, values: NDArray[Any]) -> NDArray[np.float32]:
        if self.decimate == 1:
            return values.astype(np.float32, copy=False)
        if values.ndim < 2 or not values.shape[-2]:
            raise NetworkError(
                f"encoder: the mean over {self.decimate} steps needs input of shape (..., steps, units), found "
                f"{values.shape}"
            )
        if values.dtype.kind == "f":
            values = values.astype(np.float32, copy=False)
        starts = np.arange(0, values.shape[-2], self.decimate)
        sums: NDArray[np.float64] = np.add.reduceat(values, starts, axis=-2, dtype=np.float64)
        return (sums / self.decimate).astype(np.float32)
