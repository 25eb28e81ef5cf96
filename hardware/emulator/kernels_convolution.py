"""Compiled convolutions: every message is scattered over the kernel, image kept with channels innermost.

For a source row there is a list of (kernel row, target row), for a source column one of runs (first tap, number
of taps, first target column): taps whose targets are neighbours lie side by side in the weights too, so that a
run is one row of weights.
"""

from __future__ import annotations

from numba import njit

from hardware.emulator.arrays import States, Sums, Table, Weights
from hardware.emulator.kernels_rows import add_products, add_rows
from hardware.emulator.tables import (
    COLUMN_INDEX,
    COLUMNS,
    GROUPS,
    HEIGHT,
    IN_CHANNELS,
    INDEX,
    OUT_CHANNELS,
    OUT_WIDTH,
    ROWS,
    STRIPE,
    WEIGHT,
    WIDTH,
)


@njit
def convolve(
    connection: Table, indices: States, weights: Weights, events: States, messages: States | None, sums: Sums
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
    events : int32 array, shape (entries,)
        Sources by row, column, channel, in order.
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
    share, reached, index = channels // groups, 0, 0
    while index < len(events):
        pixel = events[index] // channels
        row, column = pixel // width, pixel % width
        group = (events[index] - pixel * channels) // share
        stop, after = index + 1, pixel * channels + (group + 1) * share
        while stop < len(events) and events[stop] < after:
            stop += 1
        reached += (stop - index) * _spread(
            connection, indices, weights, events[index:stop], messages, sums, row, column, group
        )
        index = stop
    return reached


@njit
def _spread(
    connection: Table,
    indices: States,
    weights: Weights,
    events: States,
    messages: States | None,
    sums: Sums,
    row: int,
    column: int,
    group: int,
) -> int:
    """Add the messages of one pixel's channels of one group; return how many synapses each of them has."""
    stripe, channels = connection[STRIPE], connection[OUT_CHANNELS]
    stride = connection[ROWS] * connection[COLUMNS] * stripe
    origin = connection[WEIGHT] - (row * connection[WIDTH] + column) * connection[IN_CHANNELS] * stride
    at, taps = connection[INDEX], 0
    pairs, columns = at + connection[HEIGHT] + 1, connection[COLUMN_INDEX]
    runs = columns + connection[WIDTH] + 1
    for pair in range(indices[at + row], indices[at + row + 1]):
        tap_row, y = indices[pairs + 2 * pair], indices[pairs + 2 * pair + 1]
        for run in range(indices[columns + column], indices[columns + column + 1]):
            tap, count, x = indices[runs + 3 * run], indices[runs + 3 * run + 1], indices[runs + 3 * run + 2]
            start = origin + (tap_row * connection[COLUMNS] + tap) * stripe
            to = (y * connection[OUT_WIDTH] + x) * channels + group * stripe
            due = sums[to : to + count * stripe]
            if messages is None:
                add_rows(due, weights, start, stride, events)
            else:
                add_products(due, weights, start, stride, events, messages)
            taps += count
    return taps * stripe
