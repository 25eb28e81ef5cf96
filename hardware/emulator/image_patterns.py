"""Sums of kernel rows for every pattern of spikes, laid out for ``kernels_patterns``."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hardware.emulator import tables as t
from hardware.emulator.image_windows import has_windows, stripe
from hardware.synapses.convolution import Convolution

PATTERN_BITS_MAX = 10
"""Most sources along a kernel row: its taps times input channels."""
TABLE_BYTES_MAX = 1 << 18
"""Largest table, so that it stays in a processor's second cache."""
ROWS_AT_ONCE = 3
"""Kernel rows that are added in one pass."""


def is_tabled(synapse: Convolution) -> bool:
    """Say whether a table of all patterns along a kernel row is small enough, as with images of few channels."""
    outputs, channels, rows, columns = synapse.weights.shape
    bits = columns * channels
    if not has_windows(synapse) or bits > PATTERN_BITS_MAX:
        return False
    return rows * (1 << bits) * stripe(outputs) * 2 <= TABLE_BYTES_MAX


def pattern_sums(kernel: NDArray[np.int16]) -> NDArray[np.int64]:
    """Sum the weights that each pattern of spikes along a kernel row selects.

    Parameters
    ----------
    kernel : int16 array, shape (out channels, in channels, rows, columns)
        Weights; bit ``column * in channels + channel`` of a pattern selects one of them.

    Returns
    -------
    int64 array, shape (rows, patterns, out channels filled up to whole blocks)
        That of the empty pattern is 0.
    """
    outputs, channels, rows, columns = kernel.shape
    bits = columns * channels
    chosen = np.arange(1 << bits)[:, None] >> np.arange(bits) & 1
    weights = kernel.transpose(2, 3, 1, 0).reshape(rows, bits, outputs).astype(np.int64)
    sums = np.zeros((rows, 1 << bits, stripe(outputs)), np.int64)
    sums[:, :, :outputs] = chosen @ weights
    return sums


def gathers_from(row: NDArray[np.int64]) -> int:
    """Return the number of sources from which on looking at every target costs less than scattering each source.

    Parameters
    ----------
    row : int64 array, shape (CONNECTION_COLUMNS,)
        Row of a convolution.
    """
    pixels, passes = row[t.TARGETS] // max(row[t.OUT_CHANNELS], 1), -(-row[t.ROWS] // ROWS_AT_ONCE)
    return int(pixels * passes // 2)
