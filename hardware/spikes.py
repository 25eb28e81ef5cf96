"""Trains of messages: the input and output of every session."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.errors import LavaFedError

VALUES_LIMIT = 1 << 30
"""Most bytes of a train that is made or read here: one for a plain spike or none, four for a graded one."""
_WORD = np.iinfo(np.int32)


def frozen(array: NDArray[np.generic]) -> NDArray[np.generic]:
    """Return a read-only, contiguous copy of ``array`` (or itself, where it is one already)."""
    if array.flags.c_contiguous and not array.flags.writeable:
        return array
    copy = np.array(array, order="C", copy=True)
    copy.flags.writeable = False
    return copy


@dataclass(frozen=True, eq=False)
class SpikeTrain:
    """Messages of a population over time, for a batch of samples.

    Attributes
    ----------
    values : uint8 or int32 array, shape (samples, steps, units)
        Plain spikes, as uint8: 1 where a unit fires in a step. Graded ones, as int32: the message, 0 for none;
        integers of any type are kept so where one lies outside 0..1. Read-only.

    Raises
    ------
    LavaFedError
        Where the values have another number of axes, are no integers, or do not fit 32 bits.
    """

    values: NDArray[np.uint8] | NDArray[np.int32]

    def __post_init__(self) -> None:
        """Check shape and range, choose the type, and freeze the array."""
        values = np.asarray(self.values)
        if values.ndim != 3:
            raise LavaFedError(
                f"spikes must have shape (samples, steps, units), found {values.shape}; "
                "flatten the units of an image into one axis"
            )
        if values.dtype.kind not in "biu":
            raise LavaFedError(f"spikes must be integers, found values of type {values.dtype}")
        low, high = (int(values.min()), int(values.max())) if values.size else (0, 0)
        if low < _WORD.min or high > _WORD.max:
            raise LavaFedError(
                f"spikes {low}..{high} must fit signed 32 bits, {_WORD.min}..{_WORD.max}; scale them down"
            )
        kept = np.uint8 if low >= 0 and high <= 1 else np.int32
        object.__setattr__(self, "values", frozen(values.astype(kept, copy=False)))

    @property
    def graded(self) -> bool:
        """Whether a message is anything but 0 or 1."""
        return self.values.dtype != np.uint8

    @property
    def samples(self) -> int:
        """Number of samples in the batch."""
        return int(self.values.shape[0])

    @property
    def steps(self) -> int:
        """Time steps of each sample."""
        return int(self.values.shape[1])

    @property
    def units(self) -> int:
        """Number of units that may send."""
        return int(self.values.shape[2])

    def take(self, indices: NDArray[np.integer[Any]] | slice) -> SpikeTrain:
        """Return the samples at ``indices``, in that order."""
        return SpikeTrain(self.values[indices])

    def total(self) -> int:
        """Count the messages of all units, steps and samples."""
        return int(np.count_nonzero(self.values))
