"""What a device learns from or is tested with."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from lava_fed.data.dataset import DataSet


class Samples(Protocol):
    """Samples in any order: a ``DataSet``, or ``Images`` that become spikes when they are taken."""

    @property
    def title(self) -> str:
        """Name for people."""

    @property
    def y(self) -> NDArray[np.int32] | None:
        """Labels, shape (samples,); ``None`` where nobody knows them."""

    @property
    def digest(self) -> str:
        """SHA-256 of samples and labels."""

    def __len__(self) -> int:
        """Count the samples."""

    def take(self, indices: NDArray[np.integer[Any]] | slice) -> DataSet:
        """Return the samples at ``indices`` as spikes, in that order."""
