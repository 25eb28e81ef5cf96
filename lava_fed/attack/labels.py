"""Samples whose labels an attacker has turned round."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lava_fed.data.dataset import DataSet
from lava_fed.data.owners import Owners
from lava_fed.learning.samples import Samples, labels_of


@dataclass(frozen=True, eq=False)
class Flipped:
    """The same samples, each with the label ``classes - 1 - label``.

    Attributes
    ----------
    honest : Samples
        As they were recorded.
    """

    honest: Samples

    @property
    def title(self) -> str:
        """Name for people."""
        return f"{self.honest.title}, labels flipped"

    @property
    def y(self) -> NDArray[np.int32]:
        """The turned labels, shape (samples,)."""
        turned: NDArray[np.int32] = self.classes - 1 - labels_of(self.honest)
        return turned

    @property
    def owners(self) -> Owners | None:
        """Whose samples they are."""
        return self.honest.owners

    @property
    def classes(self) -> int:
        """Number of classes."""
        return self.honest.classes

    @property
    def digest(self) -> str:
        """SHA-256 of samples and turned labels."""
        return hashlib.sha256(f"flipped {self.honest.digest}".encode()).hexdigest()

    def __len__(self) -> int:
        """Count the samples."""
        return len(self.honest)

    def only(self, indices: NDArray[np.integer[Any]] | slice) -> Flipped:
        """Return the samples at ``indices``, in that order."""
        return Flipped(self.honest.only(indices))

    def take(self, indices: NDArray[np.integer[Any]] | slice) -> DataSet:
        """Return the samples at ``indices`` as spikes, in that order."""
        part = self.honest.take(indices)
        return replace(part, y=self.classes - 1 - part.labels)


def flipped(samples: Samples) -> Flipped:
    """Return samples with turned labels (label flipping: Tolpegin and others, ESORICS 2020).

    Raises
    ------
    LavaFedError
        Where they have no labels.
    """
    labels_of(samples)
    return Flipped(samples)
