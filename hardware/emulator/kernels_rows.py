"""Compiled sums of rows of weights: the inner loop of dense synapses and of convolutions.

Four rows are added in one pass, so that sums are read and written once for four weights. Loops run from 0 over
slices, so that the compiler takes as many weights at once as a vector holds.
"""

from __future__ import annotations

from numba import njit

from hardware.emulator.arrays import States, Sums, Weights, low


@njit
def add_rows(sums: Sums, weights: Weights, start: int, stride: int, rows: States) -> None:
    """Add the rows of the units that sent a plain spike.

    Parameters
    ----------
    sums : int16 or int32 array, shape (targets,)
        Changed in place; they wrap.
    weights : int8 or int16 array
        All weights of this type.
    start : int
        Where the row of unit 0 begins.
    stride : int
        Weights from one unit's row to the next one's.
    rows : int32 array, shape (messages,)
        The units.
    """
    width, index = len(sums), 0
    while index + 4 <= len(rows):
        begin = start + rows[index] * stride
        a = weights[begin : begin + width]
        begin = start + rows[index + 1] * stride
        b = weights[begin : begin + width]
        begin = start + rows[index + 2] * stride
        c = weights[begin : begin + width]
        begin = start + rows[index + 3] * stride
        d = weights[begin : begin + width]
        for target in range(width):
            sums[target] += (a[target] + b[target]) + (c[target] + d[target])
        index += 4
    while index < len(rows):
        begin = start + rows[index] * stride
        a = weights[begin : begin + width]
        for target in range(width):
            sums[target] += a[target]
        index += 1


@njit
def add_products(sums: States, weights: Weights, start: int, stride: int, rows: States, messages: States) -> None:
    """Add the rows of the units that sent an integer, times that integer.

    Parameters
    ----------
    sums, weights, start, stride, rows
        As for ``add_rows``.
    messages : int32 array, shape (units,)
        What each unit sent.
    """
    width, index = len(sums), 0
    while index + 2 <= len(rows):
        first, second = rows[index], rows[index + 1]
        m, n = messages[first], messages[second]
        begin = start + first * stride
        a = weights[begin : begin + width]
        begin = start + second * stride
        b = weights[begin : begin + width]
        for target in range(width):
            sums[target] = low(sums[target] + low(low(a[target]) * m) + low(low(b[target]) * n))
        index += 2
    if index < len(rows):
        m = messages[rows[index]]
        begin = start + rows[index] * stride
        a = weights[begin : begin + width]
        for target in range(width):
            sums[target] = low(sums[target] + low(low(a[target]) * m))
