"""The grid of integers that a chip stores weights on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from hardware.chip import widths
from hardware.errors import NetworkError


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
    bits: int = widths.WEIGHT_BITS

    def __post_init__(self) -> None:
        """Check the bit width."""
        if not 1 <= self.bits <= widths.WEIGHT_BITS:
            raise NetworkError(f"weight bits {self.bits} must lie in 1..{widths.WEIGHT_BITS}")

    @property
    def step(self) -> int:
        """Distance between neighbouring weights, as ``lava.utils.weightutils.truncate_weights``."""
        return 1 << (widths.WEIGHT_BITS - self.bits + (self.sign is SignMode.MIXED))

    @property
    def low(self) -> int:
        """Lowest weight."""
        if self.sign is SignMode.EXCITATORY:
            return 0
        top = widths.WEIGHT_LIMIT if self.sign is SignMode.MIXED else widths.WEIGHT_LIMIT - self.step
        return -top

    @property
    def high(self) -> int:
        """Highest weight."""
        return 0 if self.sign is SignMode.INHIBITORY else widths.WEIGHT_LIMIT - self.step

    @property
    def learned_range(self) -> tuple[int, int]:
        """Lowest and highest value that learning can reach; learning moves in steps of one."""
        limit = widths.WEIGHT_LIMIT
        return {
            SignMode.MIXED: (-limit, limit - 1),
            SignMode.EXCITATORY: (0, limit - 1),
            SignMode.INHIBITORY: (1 - limit, 0),
        }[self.sign]
