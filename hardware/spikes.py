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
    if array.flags.c_contiguous and not _may_change(array):
        return array
    copy = np.array(array, order="C", copy=True)
    copy.flags.writeable = False
    return copy


def _may_change(array: NDArray[np.generic]) -> bool:
    """Say whether an array can be written to, by itself or through the array that it is a view of."""
    view: Any = array
    while isinstance(view, np.ndarray):
        if view.flags.writeable:
            return True
        view = view.base
    return False


@dataclass(frozen=True, eq=False)
class SpikeTrain:
    """Messages of a population over time, for a batch of samples.

    A train in which every step is the same, given as a view that repeats one step (``numpy.broadcast_to``) or made
    by ``held``, keeps that one step in memory; it stays so through ``take``.

    Attributes
    ----------
    values : uint8 or int32 array, shape (samples, steps, units)
        Plain spikes, as uint8: 1 where a unit fires in a step. Graded ones, as int32: the message, 0 for none;
        integers of any type are kept so where one lies outside 0..1. Read-only; the stride of the steps is 0
        where the train is held.

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
        repeats = values.shape[1] > 1 and values.strides[1] == 0
        kept = values[:, :1] if repeats else values
        low, high = (int(kept.min()), int(kept.max())) if kept.size else (0, 0)
        if low < _WORD.min or high > _WORD.max:
            raise LavaFedError(
                f"spikes {low}..{high} must fit signed 32 bits, {_WORD.min}..{_WORD.max}; scale them down"
            )
        converted = kept.astype(np.uint8 if low >= 0 and high <= 1 else np.int32, order="C", copy=False)
        if not np.may_share_memory(converted, kept):
            converted.flags.writeable = False  # nobody else has it, so it needs no second copy
        kept = frozen(converted)
        object.__setattr__(self, "values", np.broadcast_to(kept, values.shape) if repeats else kept)

    @classmethod
    def held(cls, messages: NDArray[np.integer[Any]], steps: int) -> SpikeTrain:
        """Return a train that repeats the same messages in every step, and keeps them once.

        Parameters
        ----------
        messages : integer or bool array, shape (samples, units)
            What each unit sends.
        steps : int
            For how many steps, at least 1.

        Raises
        ------
        LavaFedError
            Where the shape, the type, a value or the number of steps does not fit.

        Examples
        --------
        >>> train = SpikeTrain.held(np.array([[0, 7]]), steps=3)
        >>> train.values.tolist(), train.values.strides[1]
        ([[[0, 7], [0, 7], [0, 7]]], 0)
        """
        messages = np.asarray(messages)
        if messages.ndim != 2:
            raise LavaFedError(f"messages that are held must have shape (samples, units), found {messages.shape}")
        if steps < 1:
            raise LavaFedError(f"messages cannot be held for {steps} steps; give at least 1")
        return cls(np.broadcast_to(messages[:, np.newaxis], (len(messages), steps, messages.shape[1])))

    @property
    def is_held(self) -> bool:
        """Whether all steps are the same and one of them is kept."""
        return self.steps > 1 and self.values.strides[1] == 0

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
        if self.is_held:
            return SpikeTrain.held(self.values[:, 0][indices], self.steps)
        return SpikeTrain(self.values[indices])

    def by_unit(self) -> NDArray[np.int64]:
        """Count the messages of each unit in all steps and samples, shape (units,)."""
        kept = self.values[:, :1] if self.is_held else self.values
        counts: NDArray[np.int64] = np.count_nonzero(kept, axis=(0, 1)).astype(np.int64)
        return counts * (self.steps if self.is_held else 1)

    def total(self) -> int:
        """Count the messages of all units, steps and samples."""
        if self.is_held:
            return int(np.count_nonzero(self.values[:, :1])) * self.steps
        return int(np.count_nonzero(self.values))
