"""What a device learns from or is tested with."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from hardware.errors import LavaFedError
from lava_fed.data.dataset import DataSet
from lava_fed.data.owners import Owners


class Samples(Protocol):
    """Samples in any order: a ``DataSet``, or ``Images`` that become spikes when they are taken."""

    @property
    def title(self) -> str:
        """Name for people."""

    @property
    def y(self) -> NDArray[np.int32] | None:
        """Labels, shape (samples,); ``None`` where nobody knows them."""

    @property
    def owners(self) -> Owners | None:
        """Whose samples they are; ``None`` where the data set does not say."""

    @property
    def classes(self) -> int:
        """Number of classes, at least 1."""

    @property
    def digest(self) -> str:
        """SHA-256 of samples and labels."""

    def __len__(self) -> int:
        """Count the samples."""

    def only(self, indices: NDArray[np.integer[Any]] | slice) -> Samples:
        """Return the samples at ``indices``, in that order, without those that are left out."""

    def take(self, indices: NDArray[np.integer[Any]] | slice) -> DataSet:
        """Return the samples at ``indices`` as spikes, in that order."""


def labels_of(samples: Samples) -> NDArray[np.int32]:
    """Return the labels, shape (samples,).

    Raises
    ------
    LavaFedError
        Where there are none.
    """
    if samples.y is None:
        raise LavaFedError(f"{samples.title} has no labels; add an array y to the archive")
    return samples.y
