"""Convolutions laid out for ``kernels_convolution``."""

from __future__ import annotations

from math import gcd

import numpy as np
from numpy.typing import NDArray

from hardware.emulator import tables as t
from hardware.emulator.blocks import BLOCK
from hardware.synapses.convolution import Convolution

Runs = list[list[tuple[int, int, int]]]
"""For each source position its runs: first tap, number of taps, first target position."""


def fill_convolution(row: NDArray[np.int64], synapse: Convolution, first_index: int) -> NDArray[np.int32]:
    """Write the shape of a convolution into its row.

    Parameters
    ----------
    row : int64 array, shape (CONNECTION_COLUMNS,)
        Its row of the connection table.
    synapse : Convolution
        The kernel.
    first_index : int
        Where the indices that are returned will begin.

    Returns
    -------
    int32 array
        Where the pairs of each source row begin, and the pairs; where the runs of each source column begin, and
        the runs.
    """
    rows = synapse.weights.shape[2]
    row[[t.IN_CHANNELS, t.HEIGHT, t.WIDTH]] = synapse.source_shape
    row[t.OUT_CHANNELS], row[t.OUT_WIDTH] = synapse.target_shape[0], synapse.target_shape[2]
    stripe = synapse.target_shape[0] // synapse.groups
    pairs = _runs(synapse, 0, list(range(rows)), joins=False)
    runs = _runs(synapse, 1, tap_order(synapse), joins=synapse.groups == 1)
    begins, size = _room(runs, stripe)
    row[[t.ROWS, t.ROW_SIZE, t.GROUPS, t.STRIPE]] = rows, size, synapse.groups, stripe
    down = [(tap, y) for here in pairs for tap, _, y in here]
    across = [(begins[tap, count], count, x) for here in runs for tap, count, x in here]
    row[t.INDEX] = first_index
    row[t.COLUMN_INDEX] = first_index + len(pairs) + 1 + 2 * len(down)
    parts = (_begins(pairs), np.array(down, np.int32), _begins(runs), np.array(across, np.int32))
    indices: NDArray[np.int32] = np.concatenate([part.ravel() for part in parts]).astype(np.int32)
    return indices


def stored_kernel(synapse: Convolution) -> NDArray[np.int16]:
    """Return the kernel by input channel, kernel row, tap in ``tap_order``, output channel of the group."""
    first, second, rows, columns = synapse.weights.shape
    if synapse.transposed:
        kernel = synapse.weights.transpose(0, 2, 3, 1)
    else:
        grouped = synapse.weights.reshape(synapse.groups, first // synapse.groups, second, rows, columns)
        kernel = grouped.transpose(0, 2, 3, 4, 1).reshape(synapse.groups * second, rows, columns, -1)
    return np.ascontiguousarray(kernel[:, :, tap_order(synapse)])


def spread_kernel(synapse: Convolution) -> NDArray[np.int16]:
    """Return the kernel as ``convolve`` reads it, shape (input channels, kernel rows, ROW_SIZE).

    A tap that belongs to several runs, as those at the image's border are shorter, is there several times.
    """
    kernel = stored_kernel(synapse)
    channels, rows, _, stripe = kernel.shape
    runs = _runs(synapse, 1, tap_order(synapse), joins=synapse.groups == 1)
    begins, size = _room(runs, stripe)
    spread = np.zeros((channels, rows, size), np.int16)
    for (tap, count), begin in begins.items():
        taps = kernel[:, :, tap : tap + count].reshape(channels, rows, -1)
        spread[:, :, begin : begin + count * stripe] = taps
    return spread


def sum_of_all(synapse: Convolution) -> NDArray[np.int64]:
    """Return the sum of all weights of each target, shape (targets,), by row, column, channel."""
    kernel, order = stored_kernel(synapse).astype(np.int64), tap_order(synapse)
    grouped = kernel.reshape(synapse.groups, -1, *kernel.shape[1:]).sum(axis=1)
    taps = np.moveaxis(grouped, 0, 2).reshape(*kernel.shape[1:3], -1)
    reach_row = _reach(synapse, 0, list(range(kernel.shape[1])))
    reach_column = _reach(synapse, 1, order)
    sums: NDArray[np.int64] = np.einsum("ky,mx,kmo->yxo", reach_row, reach_column, taps, optimize=True)
    return sums.ravel()


def tap_order(synapse: Convolution) -> list[int]:
    """Return the taps along a row in the order that puts those of neighbouring targets side by side."""
    taps = range(synapse.weights.shape[3])
    if synapse.transposed:
        return list(taps)
    apart = synapse.stride[1] // gcd(synapse.stride[1], synapse.dilation[1])
    return sorted(taps, key=lambda tap: (tap % apart, -tap))


def _target(synapse: Convolution, axis: int, source: int, tap: int) -> int | None:
    """Return the target row or column that a tap joins to a source, if any."""
    stride, padding, dilation = synapse.stride[axis], synapse.padding[axis], synapse.dilation[axis]
    if synapse.transposed:
        target, rest = source * stride - padding + tap * dilation, 0
    else:
        target, rest = divmod(source + padding - tap * dilation, stride)
    return target if rest == 0 and 0 <= target < synapse.target_shape[1 + axis] else None


def _runs(synapse: Convolution, axis: int, order: list[int], *, joins: bool) -> Runs:
    """List the runs of every source position; each tap alone unless ``joins``."""
    found: Runs = []
    for source in range(synapse.source_shape[1 + axis]):
        here: list[tuple[int, int, int]] = []
        for place, tap in enumerate(order):
            target = _target(synapse, axis, source, tap)
            if target is None:
                continue
            first, count, start = here[-1] if here else (0, 0, 0)
            if joins and count and place == first + count and target == start + count:
                here[-1] = (first, count + 1, start)
            else:
                here.append((place, 1, target))
        found.append(here)
    return found


def _reach(synapse: Convolution, axis: int, order: list[int]) -> NDArray[np.int64]:
    """Count the sources that each stored tap joins to each target position, shape (taps, positions)."""
    counts = np.zeros((len(order), synapse.target_shape[1 + axis]), np.int64)
    for source in range(synapse.source_shape[1 + axis]):
        for place, tap in enumerate(order):
            target = _target(synapse, axis, source, tap)
            if target is not None:
                counts[place, target] += 1
    return counts


def _room(runs: Runs, stripe: int) -> tuple[dict[tuple[int, int], int], int]:
    """Return where each different run begins, by first tap and number of taps, and the size of a kernel row."""
    begins, size = {}, 0
    for tap, count in sorted({(tap, count) for here in runs for tap, count, _ in here}):
        begins[tap, count] = size
        size += -(-count * stripe // BLOCK) * BLOCK
    return begins, max(size, BLOCK)  # a kernel may miss every target


def _begins(runs: Runs) -> NDArray[np.int32]:
    return np.cumsum([0, *map(len, runs)]).astype(np.int32)
