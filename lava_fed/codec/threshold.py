"""The codec that sends changes as pulses, once they exceed a threshold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from lava_fed.codec.codec import Change, Codec
from lava_fed.codec.options import check_number
from lava_fed.codec.rounding import downward
from lava_fed.errors import ConfigError
from lava_fed.messages.delta import FRACTION_BITS
from lava_fed.shared import Shared


@dataclass(frozen=True)
class Threshold(Codec):
    """Sends a change that has reached a threshold, as a signed number of pulses.

    With error feedback each weight is an integrate-and-fire neuron: what it learns adds up over the rounds; at
    the threshold it sends as many pulses as fit and keeps the rest.

    Attributes
    ----------
    threshold : float
        From which magnitude a change is sent, in chip units, 2^-16..2^15.
    quantum : float
        What one pulse is worth, in chip units; 0 for as much as the threshold.
    """

    name: ClassVar[str] = "threshold"

    threshold: float = 1.0
    quantum: float = 0.0

    def __post_init__(self) -> None:
        """Check the options."""
        check_number(self.name, "threshold", self.threshold, 2.0**-FRACTION_BITS, 2.0**15 - 1)
        if self.quantum != 0:
            check_number(self.name, "quantum", self.quantum, 2.0**-FRACTION_BITS, self.threshold)

    def check(self, shared: Shared) -> None:
        """Check that every connection has changes that reach the threshold."""
        for connection in shared.connections:
            if self.threshold > (most := connection.high - connection.low):
                raise ConfigError(
                    f"codec threshold: threshold = {self.threshold:g} is never reached, since no weight of "
                    f"connection {connection.name} can change by more than {most}; lower it"
                )

    def reduce(self, change: Change, rng: np.random.Generator) -> dict[str, NDArray[np.int32]]:  # noqa: ARG002
        """Return the pulses of the changes that reached the threshold."""
        edge = round(self.threshold * 2**FRACTION_BITS)
        quantum = round((self.quantum or self.threshold) * 2**FRACTION_BITS)
        sent = {}
        for name, array in change.items():
            values = array.astype(np.int64)
            sent[name] = downward(np.where(np.abs(values) >= edge, values, 0), quantum)
        return sent
