"""What a device learned in one round."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from hardware.errors import LavaFedError
from hardware.spikes import frozen
from lava_fed.messages.task import TURN_LIMIT, check_device

FRACTION_BITS = 16
"""Master units are 2^-16 of a chip unit: changes that small add up over the rounds."""
SAMPLES_LIMIT = 1 << 31
"""Samples lie in 1..2^31-1."""


@dataclass(frozen=True, eq=False)
class WeightDelta:
    """The change of every shared weight, against the global weights that one task brought.

    Attributes
    ----------
    program : str
        Digest of the Program, 64 hexadecimal digits.
    device : str
        Who learned.
    turn : int
        The task that this answers, from 1.
    version : int
        The global weights that the change starts from: after so many rounds.
    samples : int
        How many different samples it learned from, at least 1; the weight of this delta in an average.
    weights : mapping of str to int32 array, shape (targets, sources)
        The change by connection, in master units; read-only.
    age : int
        Versions that were made since, when it is used; set by the coordinator, 0 in synchronous rounds.

    Raises
    ------
    LavaFedError
        Where a field is out of range.
    """

    program: str
    device: str
    turn: int
    version: int
    samples: int
    weights: Mapping[str, NDArray[np.int32]]
    age: int = 0

    def __post_init__(self) -> None:
        """Check ranges and freeze the weights."""
        check_device(self.device)
        for name, value, low, limit in (
            ("turn", self.turn, 1, TURN_LIMIT),
            ("version", self.version, 0, TURN_LIMIT),
            ("samples", self.samples, 1, SAMPLES_LIMIT),
            ("age", self.age, 0, TURN_LIMIT),
        ):
            if not low <= value < limit:
                raise LavaFedError(f"delta of {self.device}: {name} {value} must lie in {low}..{limit - 1}")
        kept: dict[str, NDArray[np.int32]] = {}
        for name in sorted(self.weights):
            array = np.asarray(self.weights[name])
            if array.dtype != np.int32 or array.ndim != 2:
                raise LavaFedError(
                    f"delta of {self.device}: connection {name} must be an int32 matrix, "
                    f"found {array.dtype}{array.shape}"
                )
            kept[name] = np.asarray(frozen(array), dtype=np.int32)
        object.__setattr__(self, "weights", MappingProxyType(kept))


def change_between(
    before: Mapping[str, NDArray[np.int16]], after: Mapping[str, NDArray[np.int16]]
) -> dict[str, NDArray[np.int32]]:
    """Return ``after - before`` of weights in chip units, as a change in master units."""
    return {name: (after[name].astype(np.int32) - before[name]) << FRACTION_BITS for name in sorted(before)}
