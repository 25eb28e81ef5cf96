"""A labelled batch of inputs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.errors import LavaFedError
from hardware.spikes import SpikeTrain, frozen
from lava_fed.data.digest import Digest
from lava_fed.data.owners import Owners


@dataclass(frozen=True, eq=False)
class DataSet:
    """Spike trains with their labels.

    Attributes
    ----------
    x : SpikeTrain
        Input, shape (samples, steps, units).
    y : int32 array, shape (samples,), or None
        Labels ``0..classes - 1``; ``None`` where nobody knows them. Read-only.
    classes : int
        Number of classes, at least 1.
    title : str
        Name for people.
    notes : tuple of str
        What those who use it should know; it does not count in the digest.
    owners : Owners or None
        Whose samples they are, where the data set says so.

    Raises
    ------
    LavaFedError
        Where labels and spikes do not fit together.
    """

    x: SpikeTrain
    y: NDArray[np.int32] | None
    classes: int
    title: str
    notes: tuple[str, ...] = ()
    owners: Owners | None = None

    def __post_init__(self) -> None:
        """Check labels against samples and classes, and freeze them."""
        if self.classes < 1:
            raise LavaFedError(f"{self.title}: a data set needs at least one class, found {self.classes}")
        if self.owners is not None and len(self.owners) != self.x.samples:
            raise LavaFedError(f"{self.title}: {self.x.samples} samples have {len(self.owners)} owners")
        if self.y is None:
            return
        y = np.asarray(self.y)
        if y.dtype.kind not in "iu" or y.shape != (self.x.samples,):
            raise LavaFedError(
                f"{self.title}: expected {self.x.samples} integer labels, one per sample, found {y.dtype}{y.shape}"
            )
        if y.size and (y.min() < 0 or y.max() >= self.classes):
            raise LavaFedError(f"{self.title}: labels {y.min()}..{y.max()} must lie in 0..{self.classes - 1}")
        object.__setattr__(self, "y", frozen(y.astype(np.int32, copy=False)))

    def __len__(self) -> int:
        """Count the samples."""
        return self.x.samples

    @property
    def labels(self) -> NDArray[np.int32]:
        """The labels, shape (samples,).

        Raises
        ------
        LavaFedError
            Where the data set has none.
        """
        if self.y is None:
            raise LavaFedError(f"{self.title} has no labels; add an array y to the archive")
        return self.y

    @property
    def digest(self) -> str:
        """SHA-256 of spikes, labels and owners, 64 hexadecimal digits; the title does not count."""
        whole = Digest((self.x.samples, self.x.steps, self.x.units), self.classes, self.y is not None)
        whole.add(self.x)
        return whole.value(self.y, self.owners)

    def only(self, indices: NDArray[np.integer[Any]] | slice) -> DataSet:
        """Return the samples at ``indices``, in that order: they are spikes already."""
        return self.take(indices)

    def take(self, indices: NDArray[np.integer[Any]] | slice) -> DataSet:
        """Return the samples at ``indices``, in that order."""
        y = None if self.y is None else self.y[indices]
        owners = None if self.owners is None else self.owners.take(indices)
        return DataSet(self.x.take(indices), y, self.classes, self.title, self.notes, owners)

    def class_counts(self) -> NDArray[np.int64]:
        """Count the samples of each class, shape (classes,)."""
        return np.bincount(self.labels, minlength=self.classes).astype(np.int64)
