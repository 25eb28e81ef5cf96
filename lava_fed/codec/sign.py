"""The codec that sends signs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from lava_fed.codec.codec import Change, Codec
from lava_fed.codec.rounding import rounded_up


@dataclass(frozen=True)
class Sign(Codec):
    """Sends the sign of every change that is not zero, worth the mean magnitude of those of its connection.

    Karimireddy et al., "Error Feedback Fixes SignSGD", ICML 2019.
    """

    name: ClassVar[str] = "sign"

    def reduce(self, change: Change, rng: np.random.Generator) -> dict[str, NDArray[np.int32]]:  # noqa: ARG002
        """Return the signs, times the mean magnitude."""
        sent = {}
        for name, array in change.items():
            changed = np.count_nonzero(array)
            mean = int(np.abs(array.astype(np.int64)).sum()) // max(changed, 1)
            sent[name] = (np.sign(array).astype(np.int64) * rounded_up(mean)).astype(np.int32)
        return sent
