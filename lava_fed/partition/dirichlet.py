"""Skewed labels: each class in shares of its own."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.errors import LavaFedError
from lava_fed.partition.limits import check_enough

TRIES = 1000
"""Draws of a Dirichlet partition before giving up."""


def dirichlet(
    labels: NDArray[np.integer[Any]],
    devices: int,
    alpha: float,
    rng: np.random.Generator,
    *,
    minimum: int = 1,
) -> list[NDArray[np.int64]]:
    """Deal the samples out with skewed labels.

    For every class c independently, shares ``p_c ~ Dirichlet(alpha, ..., alpha)`` over the devices are drawn;
    device k gets the stretch ``floor(n_c * (p_c1 + ... + p_c,k-1)) .. floor(n_c * (p_c1 + ... + p_ck))`` of the
    shuffled samples of that class. A small alpha gives each device few classes, a large one approaches ``iid``.
    The whole draw is repeated until every device has at least ``minimum`` samples.

    Dirichlet label skew: Hsu, Qi and Brown, "Measuring the Effects of Non-Identical Data Distribution for
    Federated Visual Classification", 2019, arXiv:1909.06335, who draw class shares per device; drawing device
    shares per class, which deals every sample out once, is the form of Yurochkin et al., "Bayesian Nonparametric
    Federated Learning of Neural Networks", ICML 2019.

    Parameters
    ----------
    labels : integer array, shape (samples,)
        Class of each sample.
    devices : int
        Number of devices.
    alpha : float
        Concentration, above 0.
    rng : numpy.random.Generator
        Source of shuffles and shares.
    minimum : int
        Fewest samples that a device may get, at least 1.

    Returns
    -------
    list of int64 arrays
        For each device its sample indices, ascending; together each sample once.

    Raises
    ------
    LavaFedError
        Where the arguments are out of range, or ``TRIES`` draws leave some device with too little.
    """
    check_enough(len(labels), devices, minimum)
    if not (np.isfinite(alpha) and alpha > 0):
        raise LavaFedError(f"Dirichlet partition: alpha {alpha} must be a finite number above 0")
    members = [np.flatnonzero(labels == label) for label in np.unique(labels)]
    concentration = np.full(devices, float(alpha))
    for _ in range(TRIES):
        parts: list[list[NDArray[np.int64]]] = [[] for _ in range(devices)]
        for indices in members:
            shares = rng.dirichlet(concentration)
            cuts = np.floor(np.cumsum(shares)[:-1] * len(indices)).astype(np.int64)
            cuts = np.minimum(cuts, len(indices))
            for part, piece in zip(parts, np.split(rng.permutation(indices), cuts), strict=True):
                part.append(piece)
        dealt = [np.sort(np.concatenate(part)).astype(np.int64) for part in parts]
        if min(len(part) for part in dealt) >= minimum:
            return dealt
    raise LavaFedError(
        f"Dirichlet partition: with alpha {alpha}, some of {devices} devices got fewer than {minimum} of "
        f"{len(labels)} samples in each of {TRIES} draws; raise alpha, or lower the devices or their minimum"
    )
