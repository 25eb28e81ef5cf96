"""Compiled convolutions: every message is scattered over the kernel, image kept with channels innermost.

For a source row there is a list of (kernel row, target row), for a source column one of runs (where it begins
among the weights of a kernel row, number of taps, first target column): taps whose targets are neighbours lie
side by side in the weights too, so that a run is one row of weights. It ends with zeros that fill the last block.
"""

from __future__ import annotations

from numba import njit

from hardware.emulator.arrays import States, Sums, Table, Weights
from hardware.emulator.kernels_rows import add_few_rows, add_products
from hardware.emulator.tables import (
    COLUMN_INDEX,
    GROUPS,
    HEIGHT,
    IN_CHANNELS,
    INDEX,
    OUT_CHANNELS,
    OUT_WIDTH,
    ROW_SIZE,
    ROWS,
    STRIPE,
    WEIGHT,
    WIDTH,
    ZEROS,
)

GUESSED = 8
"""Channels of a pixel that are counted without a branch."""
NEAR = 8
"""Pixels from one source to the next up to which counting them is faster than a division."""


@njit
def convolve(
    connection: Table,
    indices: States,
    weights: Weights,
    events: States,
    entries: int,
    messages: States | None,
    sums: Sums,
) -> int:
    """Add what a list of sources sends.

    Parameters
    ----------
    connection : int64 array, shape (CONNECTION_COLUMNS,)
        Row of the connection table.
    indices : int32 array
        See ``Image.indices``.
    weights : int8 or int16 array
        The store that holds the kernel: by input channel, kernel row, tap, output channel of the group.
    events : int32 array, shape (at least entries + GUESSED,)
        Sources by row, column, channel, in order.
    entries : int
        How many there are.
    messages : int32 array, shape (sources,), or None
        Their messages; ``None`` for plain spikes.
    sums : int16 or int32 array, shape (targets,)
        Changed in place, by row, column, channel.

    Returns
    -------
    int
        Synapses reached.
    """
    channels, groups, width = connection[IN_CHANNELS], connection[GROUPS], connection[WIDTH]
    share, reached, index, zeros = channels // groups, 0, 0, len(weights) - connection[ZEROS]
    tap_size, row_size = connection[STRIPE], connection[ROW_SIZE]
    out_channels, out_width = connection[OUT_CHANNELS], connection[OUT_WIDTH]
    stride, kernel, down = connection[ROWS] * row_size, connection[WEIGHT], connection[INDEX]
    pairs, across = down + connection[HEIGHT] + 1, connection[COLUMN_INDEX]
    runs, row, column, ahead = across + width + 1, 0, 0, 0
    while index < entries:
        if events[index] >= ahead + NEAR * channels:
            pixel = events[index] // channels
            row, ahead = pixel // width, pixel * channels
            column = pixel - row * width
        while events[index] >= ahead + channels:
            ahead += channels
            column += 1
            if column == width:
                row, column = row + 1, 0
        group = 0 if groups == 1 else (events[index] - ahead) // share
        after, near = ahead + (group + 1) * share, 0
        for entry in range(GUESSED):
            near += (events[index + entry] < after) & (index + entry < entries)
        stop = index + near
        while stop < entries and events[stop] < after:
            stop += 1
        origin, taps = kernel - ahead * stride, 0
        for pair in range(indices[down + row], indices[down + row + 1]):
            above = origin + indices[pairs + 2 * pair] * row_size
            line = indices[pairs + 2 * pair + 1] * out_width
            for run in range(indices[across + column], indices[across + column + 1]):
                entry = runs + 3 * run
                start, size = above + indices[entry], indices[entry + 1] * tap_size
                to = (line + indices[entry + 2]) * out_channels + group * tap_size
                if messages is None:
                    add_few_rows(sums, to, size, weights, start, stride, events, index, stop, zeros)
                else:
                    add_products(sums, to, size, weights, start, stride, events, index, stop, messages)
                taps += indices[entry + 1]
        reached += (stop - index) * taps * tap_size
        index = stop
    return int(reached)
