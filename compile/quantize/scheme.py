"""How a float model is to be rounded."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from hardware.chip import widths
from hardware.errors import LavaFedError, NetworkError
from hardware.synapses.grid import SignMode, WeightGrid


class Method(Enum):
    """Which weights the grid is stretched to."""

    MAX = "max"
    """The largest; none is clipped."""
    PERCENTILE = "percentile"
    """All but a few; those are clipped."""
    MSE = "mse"
    """Those that leave the least mean squared error."""


class Per(Enum):
    """What shares a scale."""

    LAYER = "layer"
    CHANNEL = "channel"
    """A channel of an image that a convolution makes, else each unit."""


@dataclass(frozen=True)
class Scheme:
    """Options of post-training quantization.

    Attributes
    ----------
    bits : int
        Weight bits 1..8.
    per : Per
        What shares a scale.
    method : Method
        Which weights the grid is stretched to.
    percentile : float
        Of ``Method.PERCENTILE``, above 0, at most 100.
    sign : SignMode or None
        Signs that weights may have; ``None`` to let each connection follow its weights, so that one of a single
        sign gains a bit.
    """

    bits: int = widths.WEIGHT_BITS
    per: Per = Per.CHANNEL
    method: Method = Method.MAX
    percentile: float = 99.9
    sign: SignMode | None = SignMode.MIXED

    def __post_init__(self) -> None:
        """Check the options."""
        WeightGrid(bits=self.bits)
        if not 0 < self.percentile <= 100:
            raise LavaFedError(f"percentile {self.percentile:g} must lie above 0 and be at most 100")

    def grid(self, weights: NDArray[np.float64], into: str) -> WeightGrid:
        """Return the grid for these weights.

        Raises
        ------
        NetworkError
            Where weights have a sign that ``sign`` forbids; names the layer that they lead ``into``.
        """
        negative, positive = int(np.count_nonzero(weights < 0)), int(np.count_nonzero(weights > 0))
        if self.sign is None:
            follows = SignMode.MIXED
            if not negative:
                follows = SignMode.EXCITATORY
            elif not positive:
                follows = SignMode.INHIBITORY
            return WeightGrid(follows, self.bits)
        wrong = {SignMode.EXCITATORY: negative, SignMode.INHIBITORY: positive}.get(self.sign, 0)
        if wrong:
            raise NetworkError(
                f"layer {into!r}: {wrong} of {weights.size} weights are not {self.sign.value}; "
                "quantize with mixed signs (--sign mixed), or train with that sign"
            )
        return WeightGrid(self.sign, self.bits)

    @property
    def words(self) -> str:
        """One phrase for people and provenance."""
        method = f"percentile {self.percentile:g}" if self.method is Method.PERCENTILE else self.method.value
        sign = "sign by weights" if self.sign is None else f"{self.sign.value} sign"
        return f"{self.bits} bits per {self.per.value}, {method}, {sign}"
