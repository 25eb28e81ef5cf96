"""How unlike the devices' samples are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.errors import LavaFedError


@dataclass(frozen=True)
class Heterogeneity:
    """Skew of labels and of sizes.

    Attributes
    ----------
    distance : float
        Mean over the devices of the total variation distance between a device's mix of classes and that of all
        samples together: the share of its samples that would have to change class, 0 for equal mixes, below 1.
    divergence : float
        Jensen-Shannon divergence of the devices' mixes, each weighted by its samples, bits: what a sample's class
        tells about its device. 0 for equal mixes.
    gini : float
        Gini coefficient of the devices' sizes: 0 for equal ones, (devices - 1) / devices where one has all.
    """

    distance: float
    divergence: float
    gini: float

    @classmethod
    def of(cls, counts: NDArray[np.integer[Any]]) -> Heterogeneity:
        """Measure.

        Parameters
        ----------
        counts : integer array, shape (devices, classes)
            Samples of each class on each device; each device has some.

        Raises
        ------
        LavaFedError
            Where a device has no sample.

        Examples
        --------
        >>> Heterogeneity.of(np.array([[5, 0], [0, 5]]))
        Heterogeneity(distance=0.5, divergence=1.0, gini=0.0)
        """
        counts = np.asarray(counts, np.int64)
        sizes = counts.sum(axis=1)
        if not sizes.size or sizes.min() < 1:
            raise LavaFedError("heterogeneity is measured over devices that have samples, each at least one")
        mixes = counts / sizes[:, np.newaxis]
        whole = counts.sum(axis=0) / sizes.sum()
        distance = float(np.abs(mixes - whole).sum(axis=1).mean() / 2)
        divergence = float(_entropy(whole) - np.average([_entropy(mix) for mix in mixes], weights=sizes))
        ranks = np.arange(1, len(sizes) + 1)
        gini = float(np.sum((2 * ranks - len(sizes) - 1) * np.sort(sizes)) / (len(sizes) * sizes.sum()))
        return cls(distance, max(0.0, divergence), gini)


def _entropy(mix: NDArray[np.float64]) -> float:
    """Return the entropy of shares that sum to 1, bits."""
    some = mix[mix > 0]
    return float(-np.sum(some * np.log2(some)))
