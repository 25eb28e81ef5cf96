"""Links and sensors that lose spikes, or bring them early or late."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from hardware.spikes import SpikeTrain
from lava_fed.learning.samples import Samples
from lava_fed.skew.transform import Transform

SALT_LIMIT = 2**63
_ODD = (0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB)


@dataclass(frozen=True, eq=False)
class Spikes:
    """Spikes of some samples, as a list.

    Attributes
    ----------
    sent : int64 array, shape (spikes,)
        Message of each; 0 where it is lost.
    sample, step, unit : int64 array, shape (spikes,)
        Where it is.
    keys : int64 array, shape (spikes,)
        A number that no other spike of the device has.
    steps : int
        Steps of a sample.
    """

    sent: NDArray[np.int64]
    sample: NDArray[np.int64]
    step: NDArray[np.int64]
    unit: NDArray[np.int64]
    keys: NDArray[np.int64]
    steps: int

    @classmethod
    def of(cls, train: SpikeTrain, places: NDArray[np.int64]) -> Spikes:
        """List the spikes of samples that stand at ``places`` among all of the device's."""
        sample, step, unit = np.nonzero(train.values)
        keys = (places[sample] * train.steps + step) * train.units + unit
        return cls(train.values[sample, step, unit].astype(np.int64), sample, step, unit, keys, train.steps)

    def train(self, like: SpikeTrain) -> SpikeTrain:
        """Lay them out as ``like``: graded messages that meet add up, plain spikes that meet are one."""
        found: NDArray[Any] = np.zeros(like.values.shape, np.int64)
        np.add.at(found, (self.sample, self.step, self.unit), self.sent)
        return SpikeTrain(found if like.graded else np.minimum(found, 1))


class TrainTransform(Transform):
    """A transform of spikes; what is random of a spike depends on its sample, step and unit alone."""

    def __call__(self, samples: Samples, places: NDArray[np.int64]) -> Samples:
        """Return the samples as spikes, transformed."""
        data = samples.take(slice(None))
        return replace(data, x=self.spikes(Spikes.of(data.x, places)).train(data.x))

    @abstractmethod
    def spikes(self, spikes: Spikes) -> Spikes:
        """Return spikes lost or moved."""


@dataclass(frozen=True)
class Jitter(TrainTransform):
    """Moves each spike by so many steps at most, early or late; plain spikes that meet are one."""

    name: ClassVar[str] = "jitter"
    unit: ClassVar[str] = "steps to either side, at most"
    most: ClassVar[float] = 65535.0
    reach: int
    salt: int

    @classmethod
    def draw(cls, amount: float, rng: np.random.Generator) -> Jitter:
        """Draw the device's largest move from 0 to ``amount``."""
        return cls(int(rng.integers(0, int(amount) + 1)), int(rng.integers(SALT_LIMIT)))

    def spikes(self, spikes: Spikes) -> Spikes:
        """Return the spikes at other steps; none leaves its sample."""
        moves = np.floor(dice(spikes.keys, self.salt) * (2 * self.reach + 1)).astype(np.int64) - self.reach
        return replace(spikes, step=np.clip(spikes.step + moves, 0, spikes.steps - 1))


@dataclass(frozen=True)
class Thinning(TrainTransform):
    """Loses a share of all spikes."""

    name: ClassVar[str] = "thinning"
    unit: ClassVar[str] = "share of the spikes that is lost, at most"
    most: ClassVar[float] = 1.0
    share: float
    salt: int

    @classmethod
    def draw(cls, amount: float, rng: np.random.Generator) -> Thinning:
        """Draw the device's share between 0 and ``amount``."""
        return cls(float(rng.uniform()) * amount, int(rng.integers(SALT_LIMIT)))

    def spikes(self, spikes: Spikes) -> Spikes:
        """Return the spikes that are left."""
        return replace(spikes, sent=np.where(dice(spikes.keys, self.salt) < self.share, 0, spikes.sent))


@dataclass(frozen=True)
class UnitGain(TrainTransform):
    """Loses a share of each unit's spikes, another one for each unit."""

    name: ClassVar[str] = "unit_gain"
    unit: ClassVar[str] = "share of a unit's spikes that is lost, at most"
    most: ClassVar[float] = 1.0
    amount: float
    salt: int

    @classmethod
    def draw(cls, amount: float, rng: np.random.Generator) -> UnitGain:
        """Draw what the shares of the units follow from, each between 0 and ``amount``."""
        return cls(amount, int(rng.integers(SALT_LIMIT)))

    def spikes(self, spikes: Spikes) -> Spikes:
        """Return the spikes that are left."""
        share = dice(spikes.unit, self.salt ^ _ODD[1]) * self.amount
        return replace(spikes, sent=np.where(dice(spikes.keys, self.salt) < share, 0, spikes.sent))


def dice(keys: NDArray[np.int64], salt: int) -> NDArray[np.float64]:
    """Return a number in [0, 1) for each key, by the finalizer of SplitMix64 (Steele, Lea, Flood, OOPSLA 2014)."""
    mixed = keys.astype(np.uint64) * np.uint64(_ODD[0]) + np.uint64(salt & (2**64 - 1))
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(_ODD[1])
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(_ODD[2])
    mixed ^= mixed >> np.uint64(31)
    return (mixed >> np.uint64(11)).astype(np.float64) * 2.0**-53
