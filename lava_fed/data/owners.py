"""Whose samples they are: people, places or machines that a data set names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.errors import LavaFedError
from hardware.spikes import frozen

NAMES_LIMIT = 10_000
"""Most owners of a data set, as many as a federation has devices at most."""


@dataclass(frozen=True, eq=False)
class Owners:
    """The owner of each sample.

    Attributes
    ----------
    names : tuple of str
        Owners, all different; some may own nothing here.
    index : int32 array, shape (samples,)
        Index into ``names``. Read-only.

    Raises
    ------
    LavaFedError
        Where names are empty or doubled, or an index has no name.
    """

    names: tuple[str, ...]
    index: NDArray[np.int32]

    def __post_init__(self) -> None:
        """Check names and indices, and freeze them."""
        if not 1 <= len(self.names) <= NAMES_LIMIT:
            raise LavaFedError(f"there are {len(self.names):,} owners of samples; give 1 to {NAMES_LIMIT:,}")
        if len(set(self.names)) < len(self.names) or not all(self.names):
            raise LavaFedError("owners of samples must have names, each its own")
        index = np.asarray(self.index)
        if index.dtype.kind not in "iu" or index.ndim != 1:
            raise LavaFedError(f"owners must be one integer for each sample, found {index.dtype}{index.shape}")
        if index.size and not 0 <= index.min() <= index.max() < len(self.names):
            raise LavaFedError(
                f"owners are numbered {index.min()}..{index.max()}, and there are {len(self.names)} names"
            )
        object.__setattr__(self, "index", frozen(index.astype(np.int32)))

    @classmethod
    def numbered(cls, kind: str, numbers: NDArray[np.integer[Any]]) -> Owners:
        """Name owners by their numbers, for example ``subject-07``.

        Parameters
        ----------
        kind : str
            What an owner is, the first part of each name.
        numbers : integer array, shape (samples,)
            From 0; names have as many digits as the largest needs, in ascending order.
        """
        found, index = np.unique(np.asarray(numbers), return_inverse=True)
        if found.size and found[0] < 0:
            raise LavaFedError(f"owners are numbered from 0, found {found[0]}")
        digits = len(str(found[-1])) if found.size else 1
        return cls(tuple(f"{kind}-{number:0{digits}d}" for number in found.tolist()) or (kind,), index)

    def __len__(self) -> int:
        """Count the samples."""
        return len(self.index)

    def take(self, indices: NDArray[Any] | slice) -> Owners:
        """Return the owners of the samples at ``indices``, in that order."""
        return Owners(self.names, self.index[indices])

    def parts(self) -> dict[str, NDArray[np.int64]]:
        """Return the samples of each owner who has any, ascending, by name in the order of ``names``."""
        order = np.argsort(self.index, kind="stable").astype(np.int64)
        ends = np.cumsum(np.bincount(self.index, minlength=len(self.names)))
        split = np.split(order, ends[:-1])
        return {name: part for name, part in zip(self.names, split, strict=True) if part.size}
