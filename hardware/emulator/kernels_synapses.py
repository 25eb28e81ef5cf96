"""Compiled synapses: each message is scattered to its targets; where nothing is sent, nothing is done."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from hardware.emulator.arrays import States, Table, Weights, wide
from hardware.emulator.tables import (
    COLUMNS,
    CONVOLUTION,
    DELAY,
    DILATION,
    ENCODING,
    EXPONENT,
    GROUPS,
    HEIGHT,
    IN_CHANNELS,
    INBOX,
    INDEX,
    OUT_CHANNELS,
    OUT_HEIGHT,
    OUT_WIDTH,
    PADDING,
    PORT,
    PORTS,
    ROWS,
    SLOTS,
    SPARSE,
    STRIDE,
    TARGETS,
    TRANSPOSED,
    UNITS,
    WEIGHT,
    WIDTH,
)
from hardware.fixed import scale


@njit
def slot_of(layer: Table, step: int) -> int:
    """Return where the sums that arrive at a layer in ``step`` begin."""
    if layer[SLOTS] == 1:
        return int(layer[INBOX])
    slot: int = step % layer[SLOTS] * layer[PORTS] * layer[UNITS]
    return slot + int(layer[INBOX])


@njit
def deliver(
    connection: Table,
    layer: Table,
    indices: States,
    delays: NDArray[np.uint8],
    weights: Weights,
    sent: States,
    inbox: States,
    scratch: States,
    step: int,
) -> None:
    """Add weight times message to what arrives in the next step, or later by the synapse's delay.

    Parameters
    ----------
    connection, layer : int64 array, shape (columns,)
        Rows of the connection and of its target.
    indices, delays : int32 and uint8 array
        See ``Image``.
    weights : int16 array, shape (weights of all connections,)
        See ``Arrays``.
    sent : int32 array, shape (sources,)
        Messages of this step.
    inbox : int32 array, shape (sums under way,)
        Changed in place.
    scratch : int32 array
        Working memory, all zero before and after.
    step : int
        Which step of the sample this is.
    """
    if connection[DELAY] >= 0:
        _deliver_late(connection, layer, delays, weights, sent, inbox, scratch, step)
        return
    targets = connection[TARGETS]
    at = slot_of(layer, step + 1) + connection[PORT] * layer[UNITS]
    due = inbox[at : at + targets]
    if connection[ENCODING] == CONVOLUTION:
        if _convolve(connection, weights, sent, scratch):
            _collect_image(connection, scratch, due)
        return
    exact = connection[EXPONENT] == 0
    into = due if exact else scratch[:targets]
    if connection[ENCODING] == SPARSE:
        any_sent = _scatter_sparse(connection, indices, weights, sent, into)
    else:
        any_sent = _scatter_dense(connection, weights, sent, into)
    if any_sent and not exact:
        _collect(connection[EXPONENT], into, due)


@njit
def _collect(exponent: int, sums: States, due: States) -> None:
    """Scale sums, add them to what is due and clear them."""
    for target in range(len(due)):
        due[target] += scale(wide(sums[target]), exponent)
        sums[target] = 0


@njit
def _scatter_dense(connection: Table, weights: Weights, sent: States, into: States) -> bool:
    targets, any_sent = connection[TARGETS], False
    for source in range(len(sent)):
        message = wide(sent[source])
        if message == 0:
            continue
        any_sent = True
        start = connection[WEIGHT] + source * targets
        _add_row(into, weights[start : start + targets], message)
    return any_sent


@njit(inline="always")
def _add_row(into: States, row: Weights, message: int) -> None:
    """Add a row of weights times a message; ranges from 0 let the compiler take many at once."""
    if message == 1:
        for target in range(len(row)):
            into[target] += row[target]
    else:
        for target in range(len(row)):
            into[target] += row[target] * message


@njit
def _scatter_sparse(connection: Table, indices: States, weights: Weights, sent: States, into: States) -> bool:
    index, any_sent = connection[INDEX], False
    target_of = indices[index + len(sent) + 1 :]
    for source in range(len(sent)):
        message = wide(sent[source])
        if message == 0:
            continue
        any_sent = True
        for synapse in range(indices[index + source], indices[index + source + 1]):
            into[target_of[synapse]] += weights[connection[WEIGHT] + synapse] * message
    return any_sent


@njit
def _deliver_late(
    connection: Table,
    layer: Table,
    delays: NDArray[np.uint8],
    weights: Weights,
    sent: States,
    inbox: States,
    scratch: States,
    step: int,
) -> None:
    """Deliver by synapses with delays; each delay's sum is scaled on its own."""
    targets, any_sent = connection[TARGETS], False
    for source in range(len(sent)):
        message = wide(sent[source])
        if message == 0:
            continue
        any_sent = True
        start, late = connection[WEIGHT] + source * targets, connection[DELAY] + source * targets
        for target in range(targets):
            scratch[delays[late + target] * targets + target] += weights[start + target] * message
    if any_sent:
        for delay in range(layer[SLOTS]):
            if (delay + 1) * targets > len(scratch):
                break
            at = slot_of(layer, step + 1 + delay) + connection[PORT] * layer[UNITS]
            sums = scratch[delay * targets : (delay + 1) * targets]
            _collect(connection[EXPONENT], sums, inbox[at : at + targets])


@njit
def _convolve(connection: Table, weights: Weights, sent: States, into: States) -> bool:
    """Scatter each message over the kernel into sums by row, column and, innermost, channel."""
    height, width = connection[HEIGHT], connection[WIDTH]
    groups, channels = connection[GROUPS], connection[OUT_CHANNELS]
    share = channels // groups
    rows, columns = connection[ROWS], connection[COLUMNS]
    any_sent = False
    for channel in range(connection[IN_CHANNELS]):
        base = connection[WEIGHT] + channel * rows * columns * share
        group = channel // (connection[IN_CHANNELS] // groups)
        for row in range(height):
            for column in range(width):
                message = wide(sent[(channel * height + row) * width + column])
                if message == 0:
                    continue
                any_sent = True
                for k in range(rows):
                    y = _target_of(connection, 0, row, k)
                    if y < 0 or y >= connection[OUT_HEIGHT]:
                        continue
                    for m in range(columns):
                        x = _target_of(connection, 1, column, m)
                        if x < 0 or x >= connection[OUT_WIDTH]:
                            continue
                        start = base + (k * columns + m) * share
                        at = (y * connection[OUT_WIDTH] + x) * channels + group * share
                        _add_row(into[at : at + share], weights[start : start + share], message)
    return any_sent


@njit
def _target_of(connection: Table, axis: int, source: int, tap: int) -> int:
    """Return the row or column that a tap joins to ``source``, or -1."""
    stride, padding = int(connection[STRIDE + axis]), int(connection[PADDING + axis])
    offset = tap * int(connection[DILATION + axis])
    if connection[TRANSPOSED]:
        return source * stride - padding + offset
    ahead: int = source + padding - offset
    return ahead // stride if ahead >= 0 and ahead % stride == 0 else -1


@njit
def _collect_image(connection: Table, sums: States, due: States) -> None:
    """Scale the sums of a convolution, add them to what is due by channel, row and column; clear them."""
    pixels = connection[OUT_HEIGHT] * connection[OUT_WIDTH]
    channels, exponent = connection[OUT_CHANNELS], connection[EXPONENT]
    cut = 0 if connection[TRANSPOSED] else 40
    for pixel in range(pixels):
        for channel in range(channels):
            total = wide(sums[pixel * channels + channel]) << cut >> cut
            due[channel * pixels + pixel] += scale(total, exponent)
            sums[pixel * channels + channel] = 0
