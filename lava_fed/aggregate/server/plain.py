"""The master moves by the change, times a rate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from lava_fed.aggregate.server.step import RATE_LIMIT, Arrays, ServerStep, fixed, scaled


@dataclass(frozen=True)
class Plain(ServerStep):
    """``step = rate * change``, rounded once, half to even.

    Attributes
    ----------
    rate : float
        1 takes the change as it is; a multiple of 2^-16, up to 8.
    """

    rate: float = 1.0
    name: ClassVar[str] = "plain"

    def __post_init__(self) -> None:
        """Check the rate."""
        fixed(self.rate, "the server's rate", 2.0**-16, RATE_LIMIT)

    def step(self, changes: Arrays, memory: Arrays) -> tuple[dict[str, NDArray[np.int64]], Arrays]:
        """Return the steps."""
        del memory
        rate = fixed(self.rate, "the server's rate", 2.0**-16, RATE_LIMIT)
        return {name: scaled(change, rate) for name, change in changes.items()}, {}
