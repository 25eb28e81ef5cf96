"""Compiled sums of rows of weights: the inner loop of dense synapses and of convolutions.

Up to four rows are added in one pass, so that sums are read and written once for four weights. A pass goes over
whole blocks: it may add whatever weights follow a row to the sums that follow its targets.
"""

from __future__ import annotations

from numba import njit

from hardware.emulator.arrays import States, Sums, Weights
from hardware.emulator.blocks import BLOCK, WIDE_BLOCK, add_block, add_block_products, add_wide_block


@njit(inline="always")
def add_rows(
    sums: Sums, to: int, width: int, weights: Weights, start: int, stride: int, rows: States, first: int, stop: int
) -> None:
    """Add the rows of units that sent a plain spike.

    Parameters
    ----------
    sums : int16 or int32 array
        Changed in place from ``to`` on, ``width`` of them and on to the end of the block; they wrap.
    to, width : int
        Where the targets begin, and how many there are.
    weights : int8 or int16 array
        All weights of this type.
    start : int
        Where the row of unit 0 begins.
    stride : int
        Weights from one unit's row to the next one's.
    rows : int32 array
        The units, from ``first`` up to ``stop``.
    first, stop : int
        Part of ``rows``.
    """
    index, wide = first, width // WIDE_BLOCK * WIDE_BLOCK
    while wide == width and index + 8 <= stop:
        a, b = start + rows[index] * stride, start + rows[index + 1] * stride
        c, d = start + rows[index + 2] * stride, start + rows[index + 3] * stride
        e, f = start + rows[index + 4] * stride, start + rows[index + 5] * stride
        g, h = start + rows[index + 6] * stride, start + rows[index + 7] * stride
        for i in range(0, width, WIDE_BLOCK):
            add_wide_block(sums, to + i, weights, (a + i, b + i, c + i, d + i, e + i, f + i, g + i, h + i))
        index += 8
    while index + 4 <= stop:
        a, b = start + rows[index] * stride, start + rows[index + 1] * stride
        c, d = start + rows[index + 2] * stride, start + rows[index + 3] * stride
        for i in range(0, wide, WIDE_BLOCK):
            add_wide_block(sums, to + i, weights, (a + i, b + i, c + i, d + i))
        for i in range(wide, width, BLOCK):
            add_block(sums, to + i, weights, (a + i, b + i, c + i, d + i))
        index += 4
    if index + 2 <= stop:
        a, b = start + rows[index] * stride, start + rows[index + 1] * stride
        for i in range(0, width, BLOCK):
            add_block(sums, to + i, weights, (a + i, b + i))
        index += 2
    if index < stop:
        a = start + rows[index] * stride
        for i in range(0, width, BLOCK):
            add_block(sums, to + i, weights, (a + i,))


@njit(inline="always")
def add_few_rows(
    sums: Sums,
    to: int,
    width: int,
    weights: Weights,
    start: int,
    stride: int,
    rows: States,
    first: int,
    stop: int,
    zeros: int,
) -> None:
    """Add a few rows, of a number that no processor can foresee: always four, with zeros for those that lack.

    Parameters
    ----------
    sums, to, width, weights, start, stride, rows, first, stop
        As for ``add_rows``; ``first`` is below ``stop``.
    zeros : int
        Where there are ``width`` zeros among the weights.
    """
    last = stop - 1
    for index in range(first, stop, 4):
        a = start + rows[index] * stride
        b = start + rows[min(index + 1, last)] * stride if index + 1 < stop else zeros
        c = start + rows[min(index + 2, last)] * stride if index + 2 < stop else zeros
        d = start + rows[min(index + 3, last)] * stride if index + 3 < stop else zeros
        for i in range(0, width, BLOCK):
            add_block(sums, to + i, weights, (a + i, b + i, c + i, d + i))


@njit(inline="always")
def add_products(
    sums: States,
    to: int,
    width: int,
    weights: Weights,
    start: int,
    stride: int,
    rows: States,
    first: int,
    stop: int,
    messages: States,
) -> None:
    """Add the rows of units that sent an integer, times that integer.

    Parameters
    ----------
    sums, to, width, weights, start, stride, rows, first, stop
        As for ``add_rows``.
    messages : int32 array, shape (units,)
        What each unit sent.
    """
    index = first
    while index + 2 <= stop:
        a, b = start + rows[index] * stride, start + rows[index + 1] * stride
        factors = messages[rows[index]], messages[rows[index + 1]]
        for i in range(0, width, BLOCK):
            add_block_products(sums, to + i, weights, (a + i, b + i), factors)
        index += 2
    if index < stop:
        a, factor = start + rows[index] * stride, messages[rows[index]]
        for i in range(0, width, BLOCK):
            add_block_products(sums, to + i, weights, (a + i,), (factor,))
