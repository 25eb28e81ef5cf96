"""How far devices drift: from the global weights, from each other, from the labels that they had."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardware.errors import LavaFedError
from lava_fed.messages.delta import FRACTION_BITS, WeightDelta

UNIT = 1 << FRACTION_BITS
"""Master units of a chip unit."""
EXACT = 1 << 20
"""So many products of 32 bits add up to less than 2^53."""


def distance(change: Mapping[str, NDArray[np.int32]]) -> float:
    """Return how far weights moved: the Euclidean norm of a change over all its connections, in chip units.

    Parameters
    ----------
    change : mapping of str to int32 array
        In master units.
    """
    return math.sqrt(sum(_square(array) for array in change.values())) / UNIT


def agreement(deltas: Sequence[WeightDelta]) -> float:
    """Return the mean cosine between the changes of any two devices: 1 all alike, 0 unrelated, below 0 opposed.

    ``(|sum of u_k|^2 - n) / (n (n - 1))`` for the unit vectors u_k of n devices; no change at all is
    unrelated to every other.

    Raises
    ------
    LavaFedError
        Where there are fewer than two.
    """
    if len(deltas) < 2:
        raise LavaFedError("agreement is between at least two devices")
    first = deltas[0].weights
    totals = {name: np.zeros(first[name].shape) for name in sorted(first)}
    room = {name: np.empty(total.shape) for name, total in totals.items()}
    moved = 0
    for delta in deltas:
        if length := distance(delta.weights):
            moved += 1
            for name, total in totals.items():
                part = np.multiply(delta.weights[name], 1 / (length * UNIT), out=room[name])
                np.add(total, part, out=total)
    square = math.fsum(math.fsum((total * total).ravel().tolist()) for total in totals.values())
    return (square - moved) / (len(deltas) * (len(deltas) - 1))


def label_shift(before: NDArray[np.integer[Any]], after: NDArray[np.integer[Any]]) -> float:
    """Return the total variation between the labels of two sets of samples: 0 alike, 1 no class in common.

    Parameters
    ----------
    before, after : integer array, shape (classes,)
        Samples of each class, at least one in all.

    Examples
    --------
    >>> label_shift(np.array([5, 5, 0]), np.array([0, 10, 10]))
    0.5
    """
    counts = np.stack([before, after]).astype(np.float64)
    totals = counts.sum(axis=1, keepdims=True)
    if not totals.all():
        raise LavaFedError("a shift of labels is between two sets that each have a sample")
    shares = counts / totals
    return float(np.abs(shares[0] - shares[1]).sum() / 2)


def _square(array: NDArray[np.int32]) -> int:
    """Return the sum of squares, exactly: of halves of 16 bits, so few at once that doubles hold their sums."""
    flat, found = array.reshape(-1), 0
    for first in range(0, flat.size, EXACT):
        part = flat[first : first + EXACT]
        high, low = (part >> 16).astype(np.float64), part & 0xFFFF
        found += int(high @ high) << 32
        if low.any():
            rest = low.astype(np.float64)
            found += (int(high @ rest) << 17) + int(rest @ rest)
    return found
