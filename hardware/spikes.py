"""Event trains: the input and output of every session."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.errors import LavaFedError

VALUES_LIMIT = 1 << 30
"""Most values (samples times steps times units, a byte each) of a train that is made or read here."""


def frozen(array: NDArray[np.generic]) -> NDArray[np.generic]:
    """Return a read-only, contiguous copy of ``array`` (or itself, where it is one already)."""
    if array.flags.c_contiguous and not array.flags.writeable:
        return array
    copy = np.array(array, order="C", copy=True)
    copy.flags.writeable = False
    return copy


@dataclass(frozen=True, eq=False)
class SpikeTrain:
    """Binary spikes of a population over time, for a batch of samples.

    Attributes
    ----------
    values : uint8 array, shape (samples, steps, units)
        1 where a unit fires in a step; read-only.
    """

    values: NDArray[np.uint8]

    def __post_init__(self) -> None:
        """Check shape and range, and freeze the array."""
        values = np.asarray(self.values)
        if values.ndim != 3:
            raise LavaFedError(
                f"spikes must have shape (samples, steps, units), found {values.shape}; "
                "flatten the units of an image into one axis"
            )
        if values.dtype != np.uint8:
            if values.dtype.kind not in "biu":
                raise LavaFedError(f"spikes must be integers 0 or 1, found values of type {values.dtype}")
            if values.size and (values.min() < 0 or values.max() > 1):
                raise LavaFedError(
                    f"spikes must be 0 or 1, found {values.min()}..{values.max()}; "
                    "graded spikes are not supported yet"
                )
        elif values.size and values.max() > 1:
            raise LavaFedError(f"spikes must be 0 or 1, found {values.max()}; graded spikes are not supported yet")
        object.__setattr__(self, "values", frozen(values.astype(np.uint8, copy=False)))

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
        """Number of units that may fire."""
        return int(self.values.shape[2])

    def take(self, indices: NDArray[np.integer[Any]] | slice) -> SpikeTrain:
        """Return the samples at ``indices``, in that order."""
        return SpikeTrain(self.values[indices])

    def total(self) -> int:
        """Count the spikes of all units, steps and samples."""
        return int(self.values.sum(dtype=np.int64))
