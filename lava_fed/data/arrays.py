"""From the array ``x`` to messages: axes, types and real numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.encoder import Encoder
from hardware.errors import ContainerError
from hardware.spikes import VALUES_LIMIT, SpikeTrain

MESSAGE_BYTES = 4
"""Bytes of a graded message."""


@dataclass(frozen=True)
class InputForm:
    """How an array ``x`` becomes messages.

    Attributes
    ----------
    extents : tuple of int
        Shape of all of ``x``: (samples, ..., steps), or (samples, ...) where ``shown`` is given.
    dtype : dtype
        Its type.
    encoder : Encoder or None
        The network's, for real numbers.
    shown : int or None
        For how many steps to show samples that have no axis of steps.
    shape : tuple of int or None
        What a sample of one step must be, where it has several axes.

    Raises
    ------
    ContainerError
        Where the shape does not fit or one sample is too large; no file is named.
    """

    extents: tuple[int, ...]
    dtype: np.dtype[Any]
    encoder: Encoder | None
    shown: int | None
    shape: tuple[int, ...] | None

    def __post_init__(self) -> None:
        """Check the axes."""
        if self.shown is not None and len(self.extents) < 2:
            raise ContainerError(
                f"x has shape {self.extents}, expected (samples, units) to show for {self.shown} steps"
            )
        if self.shown is None and len(self.extents) < 3:
            raise ContainerError(
                f"x has shape {self.extents}, expected (samples, units, steps); show samples without that axis "
                "for a number of steps (--steps)"
            )
        if not math.prod(self.extents):
            raise ContainerError(f"x is empty, its shape is {self._seen}")
        found = self._seen[1:-1]
        wanted = found if self.shape is None or len(found) < 2 else self.shape
        if [axis for axis in found if axis > 1] != [axis for axis in wanted if axis > 1]:
            # Flattening images whose axes lie in another order would scramble them.
            raise ContainerError(
                f"a sample of x has the axes {found} between samples and steps, and this network reads {wanted}, "
                "that is (channels, height, width); transpose x"
            )
        one = self._values * max(self.dtype.itemsize, MESSAGE_BYTES)
        if one > VALUES_LIMIT:
            shown = "" if self.shown is None else f", shown for {self.shown} steps,"
            raise ContainerError(
                f"one sample of x{shown} takes {one} bytes, over the limit of {VALUES_LIMIT}; use fewer steps"
            )

    @property
    def samples(self) -> int:
        """Number of samples."""
        return self.extents[0]

    @property
    def units(self) -> int:
        """Units of a step."""
        return math.prod(self._seen[1:-1])

    @property
    def steps(self) -> int:
        """Steps of the train, after a mean over time."""
        return -(-self._seen[-1] // (1 if self.encoder is None else self.encoder.decimate))

    @property
    def sample_bytes(self) -> int:
        """Bytes that a sample takes on its way: as it is read, as real numbers, and as messages."""
        kept = math.prod(self.extents[1:]) if self._is_held else self._values
        return math.prod(self.extents[1:]) * self.dtype.itemsize + 2 * MESSAGE_BYTES * kept

    @property
    def is_ready(self) -> bool:
        """Whether ``x`` holds what is sent: an encoder that takes means over time takes them of integers too."""
        return self.dtype.kind != "f" and (self.encoder is None or self.encoder.decimate == 1)

    def check_whole(self) -> None:
        """Refuse an ``x`` that is too large to be shown for so many steps all at once.

        Raises
        ------
        ContainerError
            With the limit.
        """
        if self.shown is not None and self.samples * self._values * MESSAGE_BYTES > VALUES_LIMIT:
            raise ContainerError(
                f"x has shape {self.extents}; shown for {self.shown} steps it is over the limit of {VALUES_LIMIT} "
                "bytes; use fewer steps or samples"
            )

    def train(self, x: NDArray[Any]) -> SpikeTrain:
        """Return some samples as messages.

        Parameters
        ----------
        x : array, shape (samples, ...)
            The samples, with the axes that ``extents`` says.

        Raises
        ------
        LavaFedError
            Where values are not finite, or not the integers that this network takes.
        """
        if self._is_held and self.shown is not None:
            return SpikeTrain.held(self._messages(x.reshape(len(x), -1)), self.shown)
        return SpikeTrain(self._messages(self._by_step(x)))

    def beyond(self, x: NDArray[Any]) -> int:
        """Count the values of some samples that the encoder cuts."""
        if self.encoder is None or self.is_ready:
            return 0
        if self._is_held and self.shown is not None:
            return self.encoder.beyond(x) * self.shown
        return self.encoder.beyond(self._by_step(x))

    def notes(self, samples: int, beyond: int) -> tuple[str, ...]:
        """Return what users of ``samples`` samples should know, of whose values ``beyond`` are cut."""
        if self.encoder is None:
            return ()
        if self.is_ready:
            return (
                "x holds integers, which are sent as they are; only real numbers go through the network's encoder",
            )
        if not beyond:
            return ()
        low, high = self.encoder.range
        size = samples * self._values
        return (f"{beyond:,} of {size:,} values of x lie outside {low}..{high}, and the encoder cuts them to it",)

    @property
    def _seen(self) -> tuple[int, ...]:
        """Shape of ``x`` with its axis of steps."""
        return self.extents if self.shown is None else (*self.extents, self.shown)

    @property
    def _values(self) -> int:
        """Values of one sample, over all steps."""
        return math.prod(self._seen[1:])

    @property
    def _is_held(self) -> bool:
        """Whether every step is the same: a mean over time may see a last window that is cut short."""
        return self.shown is not None and (self.encoder is None or self.encoder.decimate == 1)

    def _by_step(self, x: NDArray[Any]) -> NDArray[Any]:
        """View samples as (samples, steps, units)."""
        if self.shown is not None:
            x = np.broadcast_to(x[..., np.newaxis], (*x.shape, self.shown))
        return np.moveaxis(x.reshape(len(x), -1, x.shape[-1]), 2, 1)

    def _messages(self, values: NDArray[Any]) -> NDArray[Any]:
        if self.is_ready:
            return values
        if bad := int(values.size - np.count_nonzero(np.isfinite(values))):
            raise ContainerError(f"{bad} of {values.size} values of x are not finite numbers")
        if self.encoder is not None:
            return self.encoder(values)
        if np.any(values != np.rint(values)) or np.abs(values).max() >= 1 << 31:
            raise ContainerError(
                "x holds real numbers, and this network takes integers; give spikes of 0 and 1, or integer "
                "messages"
            )
        return values.astype(np.int32)
