"""Compiled convolutions of crowded images with few channels: every target looks up what it hears.

The sources along a kernel row are neighbours in memory, so their flags are the bits of a number, and a table holds
the sum of weights for each such number (see ``image_patterns``).
"""

from __future__ import annotations

import numpy as np
from numba import njit

from hardware.emulator.arrays import Flags, States, Sums, Table
from hardware.emulator.blocks import BLOCK, add_block, bits_set, flags_at, put_block, put_two_blocks
from hardware.emulator.image_patterns import ROWS_AT_ONCE
from hardware.emulator.tables import (
    FRAME,
    HEIGHT,
    IN_CHANNELS,
    OUT_CHANNELS,
    OUT_WIDTH,
    PATTERNS,
    ROWS,
    SOURCE,
    WIDTH,
)

ONE = np.uint64(1)


@njit(forceinline=True)
def gather(connection: Table, indices: States, weights: Sums, fired: Flags, patterns: States, sums: Sums) -> int:
    """Sum what every target of a convolution hears.

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
    patterns : int32 array, shape (at least (source rows + 1) * target columns,)
        Working memory.
    sums : int16 array, shape (targets and two blocks more,)
        Receives the sums, by row, column, channel.

    Returns
    -------
    int
        Synapses reached.
    """
    window = indices[connection[FRAME] : connection[FRAME] + 7]
    out_height, stride_y, pad_y, apart, bits = window[0], window[1], window[2], window[3], window[6]
    height, out_width, rows = connection[HEIGHT], connection[OUT_WIDTH], connection[ROWS]
    out_channels = connection[OUT_CHANNELS]
    stripe = -(-out_channels // BLOCK) * BLOCK
    reached = _look(connection, window, fired, patterns, stripe)
    for y in range(out_height):
        for tap in range(0, rows, ROWS_AT_ONCE):
            lines = patterns[: (height + 1) * out_width]
            first, second, third = height, height, height
            at = y * stride_y - pad_y + tap * apart
            if 0 <= at < height:
                first = at
            if 0 <= at + apart < height and tap + 1 < rows:
                second = at + apart
            if 0 <= at + 2 * apart < height and tap + 2 < rows:
                third = at + 2 * apart
            table = connection[PATTERNS] + (tap << bits) * stripe
            next_table = table + (min(tap + 1, rows - 1) - tap << bits) * stripe
            last_table = table + (min(tap + 2, rows - 1) - tap << bits) * stripe
            for x in range(out_width):
                to = (y * out_width + x) * out_channels
                a = table + lines[first * out_width + x]
                b = next_table + lines[second * out_width + x]
                c = last_table + lines[third * out_width + x]
                _sum(sums, to, stripe, weights, a, b, c, tap == 0)
    return int(reached * out_channels)


@njit(forceinline=True)
def _look(connection: Table, window: States, fired: Flags, patterns: States, stripe: int) -> int:
    """Read the pattern that each target column hears of each source row; return how often all of them are heard.

    A row of empty patterns stands behind them, for kernel rows that lie beyond the image.
    """
    out_height, stride_y, pad_y, apart, stride_x, pad_x, bits = window
    height, width, channels = connection[HEIGHT], connection[WIDTH], connection[IN_CHANNELS]
    out_width, rows, line, reached = connection[OUT_WIDTH], connection[ROWS], width * channels, 0
    for row in range(height):
        heard, times = 0, 0
        for tap in range(rows):
            y = row + pad_y - tap * apart
            times += 0 <= y < out_height * stride_y and y % stride_y == 0
        for x in range(out_width):
            first = (x * stride_x - pad_x) * channels
            skipped, kept = max(-first, 0), max(min(bits, line - first), 0)
            mask = (ONE << np.uint64(kept)) - ONE
            begin = connection[SOURCE] + row * line + max(first, 0)
            pattern = (flags_at(fired, begin) << np.uint64(skipped)) & mask
            heard += int(bits_set(pattern))
            patterns[row * out_width + x] = int(pattern) * stripe
        reached += heard * times
    patterns[height * out_width : (height + 1) * out_width] = 0
    return reached


@njit(forceinline=True)
def _sum(sums: Sums, to: int, stripe: int, weights: Sums, a: int, b: int, c: int, fresh: bool) -> None:
    """Put or add three rows of the table to the sums of one target pixel."""
    if not fresh:
        for i in range(0, stripe, BLOCK):
            add_block(sums, to + i, weights, (a + i, b + i, c + i))
        return
    for i in range(0, stripe - BLOCK, 2 * BLOCK):
        put_two_blocks(sums, to + i, weights, (a + i, b + i, c + i))
    if stripe % (2 * BLOCK):
        i = stripe - BLOCK
        put_block(sums, to + i, weights, (a + i, b + i, c + i))
