"""Cameras that differ: turned, moved, more or less sensitive, out of focus."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from lava_fed.data.held import Held
from lava_fed.data.images import Images
from lava_fed.data.rated import Rated
from lava_fed.learning.samples import Samples
from lava_fed.skew.transform import Transform, between

FRACTION = 8
"""Bits to which a turned pixel's place, or a weight of a blur, is rounded."""


class PictureTransform(Transform):
    """A transform of grey values."""

    def __call__(self, samples: Samples, places: NDArray[np.int64]) -> Samples:  # noqa: ARG002  # all are alike
        """Return the images transformed; what would be brighter than white is white."""
        if not isinstance(samples, Held | Images | Rated):
            raise self.unfit(samples)
        changed = self.pixels(samples.pixels.astype(np.int64))
        return replace(samples, pixels=np.clip(changed, 0, samples.white).astype(np.uint8))

    @abstractmethod
    def pixels(self, pixels: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return grey values transformed, shape (samples, rows, columns)."""


@dataclass(frozen=True)
class Rotation(PictureTransform):
    """Turns images around their middle, by bilinear interpolation; black comes in."""

    name: ClassVar[str] = "rotation"
    unit: ClassVar[str] = "degrees to either side"
    most: ClassVar[float] = 180.0
    degrees: float

    @classmethod
    def draw(cls, amount: float, rng: np.random.Generator) -> Rotation:
        """Draw an angle between -``amount`` and ``amount``."""
        return cls(between(rng, amount))

    def pixels(self, pixels: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return images turned counterclockwise."""
        count, rows, columns = pixels.shape
        turn = np.deg2rad(self.degrees)
        down, right = np.meshgrid(
            np.arange(rows) - (rows - 1) / 2, np.arange(columns) - (columns - 1) / 2, indexing="ij"
        )
        unity = 1 << FRACTION
        row = np.rint((np.cos(turn) * down + np.sin(turn) * right + (rows - 1) / 2) * unity).astype(np.int64)
        column = np.rint((np.cos(turn) * right - np.sin(turn) * down + (columns - 1) / 2) * unity).astype(np.int64)
        # one ring of black around the image stands for all that lies outside
        wide = np.pad(pixels, ((0, 0), (1, 1), (1, 1))).reshape(count, -1)
        found = np.zeros((count, rows, columns), np.int64)
        for below in (0, 1):
            for beside in (0, 1):
                at_row = np.clip((row >> FRACTION) + below, -1, rows) + 1
                at_column = np.clip((column >> FRACTION) + beside, -1, columns) + 1
                near_row, near_column = (row % unity, column % unity)
                weight = (near_row if below else unity - near_row) * (
                    near_column if beside else unity - near_column
                )
                found += weight * wide[:, at_row * (columns + 2) + at_column]
        return (found + (1 << (2 * FRACTION - 1))) >> (2 * FRACTION)


@dataclass(frozen=True)
class Translation(PictureTransform):
    """Moves images by whole pixels; black comes in at the edges."""

    name: ClassVar[str] = "translation"
    unit: ClassVar[str] = "pixels to either side"
    most: ClassVar[float] = 64.0
    down: int
    right: int

    @classmethod
    def draw(cls, amount: float, rng: np.random.Generator) -> Translation:
        """Draw both moves from -``amount`` to ``amount``."""
        down, right = rng.integers(-int(amount), int(amount) + 1, 2).tolist()
        return cls(down, right)

    def pixels(self, pixels: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return images moved down, to the right."""
        _, rows, columns = pixels.shape
        row, column = np.arange(rows) - self.down, np.arange(columns) - self.right
        there = ((row >= 0) & (row < rows))[:, np.newaxis] & ((column >= 0) & (column < columns))
        moved = pixels[:, np.clip(row, 0, rows - 1)[:, np.newaxis], np.clip(column, 0, columns - 1)]
        return np.where(there, moved, 0)


@dataclass(frozen=True)
class Brightness(PictureTransform):
    """Multiplies grey values by a gain."""

    name: ClassVar[str] = "brightness"
    unit: ClassVar[str] = "natural logarithm of the gain, to either side"
    most: ClassVar[float] = 3.0
    gain: float

    @classmethod
    def draw(cls, amount: float, rng: np.random.Generator) -> Brightness:
        """Draw a gain between exp(-``amount``) and exp(``amount``)."""
        return cls(float(np.exp(between(rng, amount))))

    def pixels(self, pixels: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return images brighter or darker."""
        brighter: NDArray[np.int64] = np.rint(pixels * self.gain).astype(np.int64)
        return brighter


@dataclass(frozen=True)
class Blur(PictureTransform):
    """Blurs images with a Gaussian of standard deviation ``sigma``; black lies around them."""

    name: ClassVar[str] = "blur"
    unit: ClassVar[str] = "pixels of standard deviation, at most"
    most: ClassVar[float] = 8.0
    sigma: float

    @classmethod
    def draw(cls, amount: float, rng: np.random.Generator) -> Blur:
        """Draw a standard deviation between 0 and ``amount``."""
        return cls(abs(between(rng, amount)))

    def pixels(self, pixels: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return images blurred along both axes."""
        weights = self._weights()
        reach = len(weights) // 2
        for axis in (1, 2):
            around = [(0, 0), (0, 0), (0, 0)]
            around[axis] = (reach, reach)
            wide, length = np.pad(pixels, around), pixels.shape[axis]
            sums = np.zeros_like(pixels)
            for shift, weight in enumerate(weights.tolist()):
                sums += weight * wide.take(np.arange(shift, shift + length), axis=axis)
            pixels = sums
        return (pixels + (1 << (2 * FRACTION - 1))) >> (2 * FRACTION)

    def _weights(self) -> NDArray[np.int64]:
        """Return weights that sum to 2^FRACTION, to three standard deviations on either side."""
        reach = int(np.ceil(3 * self.sigma))
        if not reach:
            return np.array([1 << FRACTION])
        shape = np.exp(-0.5 * (np.arange(-reach, reach + 1) / self.sigma) ** 2)
        weights: NDArray[np.int64] = np.rint(shape / shape.sum() * (1 << FRACTION)).astype(np.int64)
        weights[reach] += (1 << FRACTION) - weights.sum()
        return weights
