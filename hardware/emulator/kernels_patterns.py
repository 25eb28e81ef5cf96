"""Compiled convolutions of crowded images with few channels: every target looks up what it hears.

The sources along a kernel row are neighbours in memory, so their flags are the bits of a number, and a table holds
the sum of weights for each such number (see ``image_patterns``).
"""

from __future__ import annotations

import numpy as np
from numba import njit

from hardware.emulator.arrays import Flags, States, Sums, Table
from hardware.emulator.blocks import BLOCK, add_block, bits_set, flags_at
from hardware.emulator.image_patterns import ROWS_AT_ONCE
from hardware.emulator.tables import (
    HEIGHT,
    IN_CHANNELS,
    OUT_CHANNELS,
    OUT_WIDTH,
    PATTERNS,
    ROWS,
    SOURCE,
    WIDTH,
    WINDOW,
)

ONE = np.uint64(1)


@njit(forceinline=True)
def gather(connection: Table, indices: States, weights: Sums, fired: Flags, sums: Sums) -> int:
    """Add what every target of a convolution hears.

    Parameters
    ----------
    connection : int64 array, shape (CONNECTION_COLUMNS,)
        Row of the connection table.
    indices : int32 array
        Holds what ``window_shape`` gives.
    weights : int16 array
        Holds what ``pattern_sums`` gives.
    fired : uint8 array, shape (units of all populations and a group more,)
        Who sends a plain spike.
    sums : int16 array, shape (targets,)
        Changed in place, by row, column, channel.

    Returns
    -------
    int
        Synapses reached.
    """
    shape = indices[connection[WINDOW] : connection[WINDOW] + 7]
    out_height, stride_y, pad_y, apart, stride_x, pad_x, bits = shape
    height, width, channels = connection[HEIGHT], connection[WIDTH], connection[IN_CHANNELS]
    out_channels, out_width, rows = connection[OUT_CHANNELS], connection[OUT_WIDTH], connection[ROWS]
    stripe = -(-out_channels // BLOCK) * BLOCK
    table, line, reached = connection[PATTERNS], width * channels, 0
    for y in range(out_height):
        for x in range(out_width):
            first = (x * stride_x - pad_x) * channels
            skipped, kept = max(-first, 0), max(min(bits, line - first), 0)
            mask = (ONE << np.uint64(kept)) - ONE
            begin, to = connection[SOURCE] + max(first, 0), (y * out_width + x) * out_channels
            for tap in range(0, rows, ROWS_AT_ONCE):
                a, b, c, d = table, table, table, table
                at = y * stride_y - pad_y + tap * apart
                if 0 <= at < height:
                    pattern = _pattern(fired, begin + at * line, skipped, mask)
                    reached += int(bits_set(pattern))
                    a = table + ((tap << bits) + int(pattern)) * stripe
                at += apart
                if 0 <= at < height and tap + 1 < rows:
                    pattern = _pattern(fired, begin + at * line, skipped, mask)
                    reached += int(bits_set(pattern))
                    b = table + ((tap + 1 << bits) + int(pattern)) * stripe
                at += apart
                if 0 <= at < height and tap + 2 < rows:
                    pattern = _pattern(fired, begin + at * line, skipped, mask)
                    reached += int(bits_set(pattern))
                    c = table + ((tap + 2 << bits) + int(pattern)) * stripe
                at += apart
                if 0 <= at < height and tap + 3 < rows:
                    pattern = _pattern(fired, begin + at * line, skipped, mask)
                    reached += int(bits_set(pattern))
                    d = table + ((tap + 3 << bits) + int(pattern)) * stripe
                for i in range(0, out_channels, BLOCK):
                    add_block(sums, to + i, weights, (a + i, b + i, c + i, d + i))
    return int(reached * out_channels)


@njit(forceinline=True)
def _pattern(fired: Flags, begin: int, skipped: int, mask: np.uint64) -> np.uint64:
    """Return the flags along a kernel row as bits; those beyond the image are 0."""
    bits: np.uint64 = (flags_at(fired, begin) << np.uint64(skipped)) & mask
    return bits
