"""Samples that are transformed when they are taken."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lava_fed.data.dataset import DataSet
from lava_fed.data.owners import Owners
from lava_fed.learning.samples import Samples
from lava_fed.skew.transform import Transform


@dataclass(frozen=True, eq=False)
class Skewed:
    """A device's samples as its sensor brings them.

    Attributes
    ----------
    samples : Samples
        Without the transform.
    transform : Transform
        The device's.
    places : int64 array, shape (samples,)
        Where each sample stands among all of the device's.
    """

    samples: Samples
    transform: Transform
    places: NDArray[np.int64]

    @classmethod
    def of(cls, samples: Samples, transform: Transform) -> Skewed:
        """Return all samples of a device through its transform.

        Raises
        ------
        LavaFedError
            Where the transform does not suit them.
        """
        places = np.arange(len(samples), dtype=np.int64)
        transform(samples.only(slice(1)), places[:1])
        return cls(samples, transform, places)

    @property
    def title(self) -> str:
        """Name for people."""
        return self.samples.title

    @property
    def y(self) -> NDArray[np.int32] | None:
        """Labels, which no transform changes."""
        return self.samples.y

    @property
    def owners(self) -> Owners | None:
        """Whose samples they are, where that is known."""
        return self.samples.owners

    @property
    def classes(self) -> int:
        """Number of classes."""
        return self.samples.classes

    @property
    def digest(self) -> str:
        """SHA-256 of the samples, the transform and their places, 64 hexadecimal digits."""
        sha = hashlib.sha256(f"{self.samples.digest} {self.transform!r}".encode())
        sha.update(self.places.astype("<i8").tobytes())
        return sha.hexdigest()

    def __len__(self) -> int:
        """Count the samples."""
        return len(self.samples)

    def only(self, indices: NDArray[np.integer[Any]] | slice) -> Skewed:
        """Return the samples at ``indices``, in that order; each is transformed as it was."""
        return replace(self, samples=self.samples.only(indices), places=self.places[indices])

    def take(self, indices: NDArray[np.integer[Any]] | slice) -> DataSet:
        """Return the samples at ``indices`` as spikes, transformed, in that order."""
        return self.transform(self.samples.only(indices), self.places[indices]).take(slice(None))
