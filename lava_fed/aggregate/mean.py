"""The exact mean of integer changes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.errors import LavaFedError
from lava_fed.aggregate.aggregator import divide_half_even

WEIGHT_LIMIT = 1 << 45
"""Bound of the sum of all weights in a mean."""


def exact_mean(
    changes: Iterable[NDArray[np.integer[Any]]], weights: Sequence[int], total: int
) -> NDArray[np.int64]:
    """Return ``sum(weights[k] * changes[k]) / total``, rounded once, half to even.

    A change is split at bit 16, and both parts are summed by themselves. With ``sum(weights) <= total < 2^45`` and
    32-bit changes the upper sum stays below 2^60, the lower one below 2^61, and the rest of the upper one's
    division, moved up by 16 bits, below 2^61; so nothing can overflow, whatever devices send.

    Parameters
    ----------
    changes : iterable of integer arrays, all of one shape
        Each ``|change| < 2^31``, or an exact sum of such changes with weight 1 and less than ``2^62``.
    weights : sequence of int
        Of each change, at least 0; together ``total`` at most.
    total : int
        Divisor.

    Raises
    ------
    LavaFedError
        Where ``total`` is 2^45 or more.
    """
    if total >= WEIGHT_LIMIT:
        raise LavaFedError(
            f"a mean with weights of {total} in all is over the limit of 2^45 for exact sums; let fewer devices "
            "take part in a round"
        )
    high: Any = 0
    low: Any = 0
    for change, weight in zip(changes, weights, strict=True):
        wide = change.astype(np.int64)
        high = high + weight * (wide >> 16)
        low = low + weight * (wide & 0xFFFF)
    quotient, rest = np.divmod(high, total)
    mean: NDArray[np.int64] = (quotient << 16) + divide_half_even((rest << 16) + low, total)
    return mean
