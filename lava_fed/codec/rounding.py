"""Changes as whole numbers of a quantum."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

SIGNIFICANT = 4
"""Bits of a quantum that is chosen by what is sent: it is told with every message."""
_LARGEST = int(np.iinfo(np.int32).max)


def rounded_up(value: int) -> int:
    """Return the smallest quantum of four significant bits that is at least ``value``, 1..2^31-1.

    Examples
    --------
    >>> rounded_up(15), rounded_up(17), rounded_up(65536), rounded_up(0)
    (15, 18, 65536, 1)
    """
    shift = max(value.bit_length() - SIGNIFICANT, 0)
    return min(max(-(-value >> shift) << shift, 1), _LARGEST)


def to_nearest(values: NDArray[np.int64], quantum: int, least: int = 0) -> NDArray[np.int32]:
    """Return the multiples of ``quantum`` that are nearest to ``values``, halfway away from zero.

    Parameters
    ----------
    values : int64 array
        In master units, of 32 bits.
    quantum : int
        In master units, at least 1.
    least : int
        Fewest quanta of what is not zero.
    """
    sizes = np.abs(values)
    counts = np.maximum((sizes + quantum // 2) // quantum, least)
    return _signed(values, counts, quantum)


def at_random(values: NDArray[np.int64], quantum: int, rng: np.random.Generator) -> NDArray[np.int32]:
    """Return multiples of ``quantum`` whose expectation is ``values`` exactly.

    Up with probability remainder / quantum, else down; arguments as of ``to_nearest``.
    """
    draws = rng.integers(0, quantum, values.shape, np.int64)
    return _signed(values, (np.abs(values) + draws) // quantum, quantum)


def downward(values: NDArray[np.int64], quantum: int) -> NDArray[np.int32]:
    """Return the multiples of ``quantum`` next to ``values`` on the side of zero."""
    return _signed(values, np.abs(values) // quantum, quantum)


def _signed(values: NDArray[np.int64], counts: NDArray[np.int64], quantum: int) -> NDArray[np.int32]:
    sizes = np.minimum(counts, _LARGEST // quantum) * quantum
    signed: NDArray[np.int32] = (np.sign(values) * sizes).astype(np.int32)
    return signed
