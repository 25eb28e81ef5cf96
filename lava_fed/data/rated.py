"""Labelled images whose pixels fire as often as they are bright."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.errors import LavaFedError
from hardware.spikes import frozen
from lava_fed.data.dataset import DataSet
from lava_fed.data.encode import rate_code


@dataclass(frozen=True, eq=False)
class Rated:
    """Grey images with their labels, which become spikes when they are needed.

    Attributes
    ----------
    pixels : uint8 array, shape (samples, rows, columns)
        Grey values ``0..white``. Read-only.
    y : int32 array, shape (samples,)
        Labels ``0..classes - 1``. Read-only.
    classes : int
        Number of classes.
    title : str
        Name for people.
    white : int
        The grey value that fires in every step.
    steps : int
        Steps of a sample, 1..65535.

    Raises
    ------
    LavaFedError
        Where pixels, labels and steps do not fit together.
    """

    pixels: NDArray[np.uint8]
    y: NDArray[np.int32]
    classes: int
    title: str
    white: int
    steps: int

    def __post_init__(self) -> None:
        """Check shapes and types, and freeze the arrays."""
        pixels, y = np.asarray(self.pixels), np.asarray(self.y)
        if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.max(initial=0) > self.white:
            raise LavaFedError(
                f"{self.title}: images must be bytes 0..{self.white} of shape (samples, rows, columns), found "
                f"{pixels.dtype}{pixels.shape}"
            )
        if y.dtype.kind not in "iu" or y.shape != (len(pixels),):
            raise LavaFedError(
                f"{self.title}: expected {len(pixels)} labels, one per image, found {y.dtype}{y.shape}"
            )
        if y.size and not 0 <= y.min() <= y.max() < self.classes:
            raise LavaFedError(f"{self.title}: labels {y.min()}..{y.max()} must lie in 0..{self.classes - 1}")
        if not 1 <= self.steps < 2**16:
            raise LavaFedError(f"{self.title}: {self.steps} steps must lie in 1..{2**16 - 1}")
        object.__setattr__(self, "pixels", frozen(pixels))
        object.__setattr__(self, "y", frozen(y.astype(np.int32, copy=False)))

    def __len__(self) -> int:
        """Count the images."""
        return len(self.pixels)

    @property
    def owners(self) -> None:
        """Nobody knows whose images they are."""
        return None

    @cached_property
    def digest(self) -> str:
        """SHA-256 of pixels, labels and steps, 64 hexadecimal digits; the title does not count."""
        sha = hashlib.sha256(f"rated {self.pixels.shape} {self.white} {self.classes} {self.steps}".encode())
        sha.update(np.ascontiguousarray(self.pixels).tobytes())
        sha.update(np.ascontiguousarray(self.y, "<i4").tobytes())
        return sha.hexdigest()

    def only(self, indices: NDArray[np.integer[Any]] | slice) -> Rated:
        """Return the images at ``indices``, in that order."""
        return replace(self, pixels=self.pixels[indices], y=self.y[indices])

    def lasting(self, steps: int) -> Rated:
        """Return the images with another number of steps."""
        return replace(self, steps=steps)

    def take(self, indices: NDArray[np.integer[Any]] | slice) -> DataSet:
        """Return the images at ``indices`` as spikes, in that order."""
        some = self.only(indices)
        return DataSet(rate_code(some.pixels, self.white, self.steps), some.y, self.classes, self.title)
