"""Exact squared distances between changes.

A change is split at bit 16: ``x = 2^16 h + l`` with ``-2^15 <= h < 2^15`` and ``0 <= l < 2^16``. The products
``h h'``, ``h l'`` and ``l l'`` are below 2^32, so matrix products over blocks of at most 2^20 weights stay below
2^52: float64 holds every partial sum exactly, whatever order a machine adds in. Blocks are added as int64. With
``P`` weights the three sums are below ``P 2^34``, which fits for all P below 2^28; they are then joined into two
integers, so a distance of up to 2^92 is never rounded. In 8 bits, as Flower's rules compute where devices send
int8, squares wrap round, and those who are far away seem near.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lava_fed.aggregate.updates import Updates

LOW_BITS = 40
"""Bits of the lower part of a distance."""


@dataclass(frozen=True, eq=False)
class Distances:
    """Squared distances of all pairs, ``high * 2^40 + low``, in squared master units.

    Attributes
    ----------
    high, low : int64 arrays, shape (devices, devices)
        ``0 <= low < 2^40``.
    """

    high: NDArray[np.int64]
    low: NDArray[np.int64]

    @classmethod
    def between(cls, updates: Updates) -> Distances:
        """Compute the distances over the connections that are asked for."""
        count = len(updates)
        products = np.zeros((3, count, count), np.int64)
        for _, _, block in updates.blocks():
            high, low = (block >> 16).astype(np.float64), (block & 0xFFFF).astype(np.float64)
            products[0] += (high @ high.T).astype(np.int64)
            if low.any():
                products[1] += (high @ low.T + low @ high.T).astype(np.int64)
                products[2] += (low @ low.T).astype(np.int64)
        own = np.diagonal(products, axis1=1, axis2=2)
        upper, middle, lower = own[:, :, None] + own[:, None, :] - 2 * products
        middle = middle + (lower >> 16)
        upper = upper + (middle >> 16)
        low_part = ((upper & 0xFF) << 32) | ((middle & 0xFFFF) << 16) | (lower & 0xFFFF)
        return cls(upper >> 8, low_part)

    def exact(self, first: int, second: int) -> int:
        """Return one distance."""
        return (int(self.high[first, second]) << LOW_BITS) + int(self.low[first, second])

    def scores(self, among: NDArray[np.bool_], neighbours: int) -> list[tuple[int, int]]:
        """Return each device's sum of distances to its nearest others, with its index, best first.

        Parameters
        ----------
        among : bool array, shape (devices,)
            Who takes part.
        neighbours : int
            How many of the others count, fewer than take part.

        Returns
        -------
        list of (int, int)
            Score and index of those who take part, ascending; equal scores in the order of the devices.
        """
        order = np.lexsort((self.low, self.high), axis=1)
        others = among[order] & (order != np.arange(len(among))[:, None])
        near = others & (np.cumsum(others, axis=1) <= neighbours)
        high = np.where(near, np.take_along_axis(self.high, order, axis=1), 0).sum(axis=1)
        low = np.where(near, np.take_along_axis(self.low, order, axis=1), 0).sum(axis=1)
        return sorted(((int(high[k]) << LOW_BITS) + int(low[k]), int(k)) for k in np.flatnonzero(among))


def squared_norm(change: Mapping[str, NDArray[np.integer[Any]]]) -> int:
    """Return the exact sum of squares of all values, each below 2^46, of up to 2^28 values."""
    upper = middle = lower = 0
    for array in change.values():
        wide = array.reshape(-1).astype(np.int64)
        high, low = wide >> 16, wide & 0xFFFF
        upper += _dot(high, high)
        middle += _dot(high, low)
        lower += _dot(low, low)
    return (upper << 32) + (middle << 17) + lower


def _dot(first: NDArray[np.int64], second: NDArray[np.int64]) -> int:
    return int(np.dot(first, second))
