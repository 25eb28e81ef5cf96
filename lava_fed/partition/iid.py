"""Equal shares at random."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lava_fed.partition.limits import check_enough


def iid(
    labels: NDArray[np.integer[Any]], devices: int, rng: np.random.Generator, *, minimum: int = 1
) -> list[NDArray[np.int64]]:
    """Deal the samples out at random, in equal shares (they differ by one at most).

    Parameters
    ----------
    labels : integer array, shape (samples,)
        Only its length matters.
    devices : int
        Number of devices, 1..samples.
    rng : numpy.random.Generator
        Source of the shuffle.
    minimum : int
        Fewest samples that a device may get, at least 1.

    Returns
    -------
    list of int64 arrays
        For each device its sample indices, ascending; together each sample once.

    Raises
    ------
    LavaFedError
        Where there are too few samples.
    """
    check_enough(len(labels), devices, minimum)
    return [np.sort(part).astype(np.int64) for part in np.array_split(rng.permutation(len(labels)), devices)]
