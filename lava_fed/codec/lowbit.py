"""The codec that sends every change in a few bits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from lava_fed.codec.codec import Change, Codec
from lava_fed.codec.options import check_whole
from lava_fed.codec.rounding import at_random, rounded_up


@dataclass(frozen=True)
class LowBit(Codec):
    """Rounds every change at random to one of few values of equal distance, right on average.

    Alistarh et al., "QSGD: Communication-Efficient SGD via Gradient Quantization and Encoding", NeurIPS 2017.

    Attributes
    ----------
    bits : int
        Of a value, its sign among them, 2..16: ``2^(bits - 1) - 1`` sizes up to the largest of its connection.
    """

    name: ClassVar[str] = "lowbit"

    bits: int = 4

    def __post_init__(self) -> None:
        """Check the option."""
        check_whole(self.name, "bits", self.bits, 2, 16)

    def reduce(self, change: Change, rng: np.random.Generator) -> dict[str, NDArray[np.int32]]:
        """Return the changes, rounded."""
        sizes = (1 << (self.bits - 1)) - 1
        sent = {}
        for name in sorted(change):
            values = change[name].astype(np.int64)
            sent[name] = at_random(values, rounded_up(-(-int(np.abs(values).max()) // sizes)), rng)
        return sent
