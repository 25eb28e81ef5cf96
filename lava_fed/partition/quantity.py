"""Skewed sizes: some devices have far more samples than others."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.errors import LavaFedError
from lava_fed.partition.limits import check_enough


def by_quantity(
    labels: NDArray[np.integer[Any]],
    devices: int,
    alpha: float,
    rng: np.random.Generator,
    *,
    minimum: int = 1,
) -> list[NDArray[np.int64]]:
    """Deal the samples out at random, in unequal shares.

    Each device gets ``minimum`` samples; what is left is shared by ``p ~ Dirichlet(alpha, ..., alpha)``, rounded
    by largest remainders. A small alpha gives nearly all of it to few devices, a large one approaches ``iid``.

    Quantity skew: Q. Li, Y. Diao, Q. Chen, B. He, "Federated Learning on Non-IID Data Silos: An Experimental
    Study", ICDE 2022, who draw again until each device has enough.

    Parameters
    ----------
    labels : integer array, shape (samples,)
        Only its length matters.
    devices : int
        Number of devices.
    alpha : float
        Concentration, above 0.
    rng : numpy.random.Generator
        Source of shares, then of the shuffle.
    minimum : int
        Fewest samples that a device may get, at least 1.

    Returns
    -------
    list of int64 arrays
        For each device its sample indices, ascending; together each sample once.

    Raises
    ------
    LavaFedError
        Where the arguments are out of range.
    """
    check_enough(len(labels), devices, minimum)
    if not (np.isfinite(alpha) and alpha > 0):
        raise LavaFedError(f"partition by quantity: alpha {alpha} must be a finite number above 0")
    spare = len(labels) - devices * minimum
    wanted = rng.dirichlet(np.full(devices, float(alpha))) * spare
    sizes = np.floor(wanted).astype(np.int64)
    order = np.argsort(sizes - wanted, kind="stable")
    sizes[order[: spare - sizes.sum()]] += 1
    ends = np.cumsum(sizes + minimum)
    return [np.sort(part).astype(np.int64) for part in np.split(rng.permutation(len(labels)), ends[:-1])]
