"""Phones that differ: worn another way round, with sensors that measure too much or too little."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from lava_fed.data.har import Windows
from lava_fed.learning.samples import Samples
from lava_fed.skew.transform import Transform, between, rounded

AXES = 3
_WORD = np.iinfo(np.int16)


class MotionTransform(Transform):
    """A transform of signals of sensors with three axes; beyond 16 bits they are at their end."""

    def __call__(self, samples: Samples, places: NDArray[np.int64]) -> Samples:  # noqa: ARG002  # all are alike
        """Return the windows transformed."""
        if not isinstance(samples, Windows):
            raise self.unfit(samples)
        shape = samples.signals.shape
        changed = self.vectors(samples.signals.reshape(*shape[:2], -1, AXES).astype(np.float64))
        return replace(samples, signals=rounded(changed, _WORD.min, _WORD.max).astype(np.int16).reshape(shape))

    @abstractmethod
    def vectors(self, vectors: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what sensors measure, shape (samples, moments, sensors, 3)."""


@dataclass(frozen=True)
class SensorTurn(MotionTransform):
    """Turns all sensors together by an angle around an axis."""

    name: ClassVar[str] = "sensor_turn"
    unit: ClassVar[str] = "degrees, at most"
    most: ClassVar[float] = 180.0
    degrees: float
    axis: tuple[float, float, float]

    @classmethod
    def draw(cls, amount: float, rng: np.random.Generator) -> SensorTurn:
        """Draw an axis of any direction, then an angle between 0 and ``amount``."""
        direction = rng.standard_normal(AXES)
        x, y, z = (direction / np.linalg.norm(direction)).tolist()
        return cls(abs(between(rng, amount)), (x, y, z))

    def vectors(self, vectors: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the signals turned, by the formula of Rodrigues."""
        turn, axis = np.deg2rad(self.degrees), np.array(self.axis)
        along = (vectors * axis).sum(axis=-1, keepdims=True) * axis
        turned: NDArray[np.float64] = (
            along + np.cos(turn) * (vectors - along) + np.sin(turn) * np.cross(axis, vectors)
        )
        return turned


@dataclass(frozen=True)
class SensorGain(MotionTransform):
    """Multiplies all signals by a gain."""

    name: ClassVar[str] = "sensor_gain"
    unit: ClassVar[str] = "natural logarithm of the gain, to either side"
    most: ClassVar[float] = 3.0
    gain: float

    @classmethod
    def draw(cls, amount: float, rng: np.random.Generator) -> SensorGain:
        """Draw a gain between exp(-``amount``) and exp(``amount``)."""
        return cls(float(np.exp(between(rng, amount))))

    def vectors(self, vectors: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the signals larger or smaller."""
        return vectors * self.gain
