"""Compiled convolutions of busy images: every target sums the weights of those who sent in its window.

Senders are listed by row, column, channel, so those of a kernel row are neighbours in the list; the weights lie in
the same order. A sum stays in registers while a kernel row is added to it.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from hardware.emulator.arrays import Flags, States, Table
from hardware.emulator.blocks import BLOCK, bits_set, flags_at
from hardware.emulator.blocks_listed import add_listed_1, add_listed_2, add_listed_3, add_listed_4
from hardware.emulator.kernels_events import GROUP
from hardware.emulator.tables import (
    FRAME,
    HEIGHT,
    IN_CHANNELS,
    OUT_CHANNELS,
    OUT_WIDTH,
    ROWS,
    SOURCE,
    WIDTH,
    WINDOWS,
)

ONE = np.uint64(1)


@njit(forceinline=True)
def listen(
    connection: Table,
    indices: States,
    weights: NDArray[np.int8],
    fired: Flags,
    events: States,
    silent: bool,
    begins: States,
    sums: NDArray[np.int16],
) -> int:
    """Sum what every target of a convolution hears.

    Parameters
    ----------
    connection : int64 array, shape (CONNECTION_COLUMNS,)
        Row of the connection table.
    indices : int32 array
        Holds what ``window_shape`` gives.
    weights : int8 array
        Holds what ``window_kernel`` gives.
    fired : uint8 array, shape (units of all populations and a group more,)
        Who sends a plain spike.
    events : int32 array
        Who does, as a list in order; or, where ``silent``, who does not.
    silent : bool
        What the list names.
    begins : int32 array, shape (at least source pixels + 1,)
        Working memory.
    sums : int16 array, shape (targets and a block more,)
        Receives the sums, by row, column, channel.

    Returns
    -------
    int
        Synapses reached by what is listed.
    """
    shape = indices[connection[FRAME] : connection[FRAME] + 7]
    out_height, stride_y, pad_y, apart, stride_x, pad_x, along = shape
    height, width, channels = connection[HEIGHT], connection[WIDTH], connection[IN_CHANNELS]
    out_channels, out_width, rows = connection[OUT_CHANNELS], connection[OUT_WIDTH], connection[ROWS]
    stripe, columns, reached = -(-out_channels // BLOCK) * BLOCK, along // channels, 0
    _count(fired, connection[SOURCE], height * width, channels, silent, begins)
    for y in range(out_height):
        for x in range(out_width):
            left = x * stride_x - pad_x
            first = min(max(left, 0), width)
            after = max(min(left + columns, width), first)
            to, fresh = (y * out_width + x) * out_channels, True
            for tap in range(rows):
                row = y * stride_y - pad_y + tap * apart
                if 0 <= row < height:
                    start, stop = begins[row * width + first], begins[row * width + after]
                    base = connection[WINDOWS] + (tap * along - (row * width + left) * channels) * stripe
                    _add(sums, to, fresh, weights, base, stripe, events, start, stop)
                    reached += stop - start
                    fresh = False
    return int(reached * out_channels)


@njit(forceinline=True)
def _count(fired: Flags, source: int, pixels: int, channels: int, silent: bool, begins: States) -> None:
    """Find where the entries of each pixel begin in the list."""
    count = 0
    for pixel in range(pixels):
        begins[pixel] = count
        active = 0
        for channel in range(0, channels, GROUP):
            bits, left = flags_at(fired, source + pixel * channels + channel), channels - channel
            active += int(bits_set(bits if left >= GROUP else bits & ((ONE << np.uint64(left)) - ONE)))
        count += channels - active if silent else active
    begins[pixels] = count


@njit(forceinline=True)
def _add(
    sums: NDArray[np.int16],
    to: int,
    fresh: bool,
    weights: NDArray[np.int8],
    base: int,
    stripe: int,
    events: States,
    start: int,
    stop: int,
) -> None:
    """Add the rows of listed sources to the sums of one target pixel, in as few passes as registers allow."""
    at, left = 0, stripe // BLOCK
    while left >= 4:
        add_listed_4(sums, to + at, fresh, weights, base + at, stripe, events, start, stop)
        at, left = at + 4 * BLOCK, left - 4
    if left == 3:
        add_listed_3(sums, to + at, fresh, weights, base + at, stripe, events, start, stop)
    elif left == 2:
        add_listed_2(sums, to + at, fresh, weights, base + at, stripe, events, start, stop)
    elif left == 1:
        add_listed_1(sums, to + at, fresh, weights, base + at, stripe, events, start, stop)
