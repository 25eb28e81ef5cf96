"""Compiled learning of convolutions, whose weights are shared by many places.

The products of all places are added to a weight's sum target by target, and the accumulator keeps what fits it
after each; so the order counts, and is that of the specification.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from hardware.chip.widths import LEARNING_ACCUMULATOR_MAX, LEARNING_ACCUMULATOR_MIN, LEARNING_FRACTION_BITS
from hardware.emulator.arrays import Table, low, wide
from hardware.emulator.kernels_products import WEIGHT_BITS, fitting, source_factor
from hardware.emulator.kernels_rounding import Words, bits_from, scattered, source_words, weight_place
from hardware.emulator.kernels_targets import Epoch, factor_row, is_open, some_may_change, times_of_targets
from hardware.emulator.kernels_traces import follow_closely
from hardware.emulator.tables import (
    EPOCH,
    FIRED_AT,
    FIRST_PART,
    FIRST_PRODUCT,
    GATE,
    HIGHEST,
    LEFT,
    LOWEST,
    MASTER,
    MASTERS,
    ON_X,
    ON_Y,
    OWN_PARTS,
    PRODUCTS,
    REACHES,
    RIGHT,
    ROUSES,
    SHARED,
    SOURCE_PARTS,
    SOURCES,
    TARGET_PARTS,
    TARGETS,
    TRACE,
    WEIGHT,
    X1,
    X1_IMPULSE,
    X2,
    X2_IMPULSE,
)
from hardware.fixed import clamp


@njit(forceinline=True)
def change_shared(
    epoch: Epoch,
    plastic: NDArray[np.int16],
    factors: NDArray[np.float64],
    draw: float,
    state: np.uint64,
    rounding: Words,
) -> None:
    """Change the weights of a convolution and advance its sources' traces.

    Parameters
    ----------
    epoch : Epoch
        The epoch.
    plastic : int16 array
        Weights of all connections that learn: of this one its own, and a copy for each place.
    factors : float64 array, shape (5,)
        Decay factors of the traces.
    draw : float
        Draw for x traces.
    state : uint64
        What the draws of this epoch begin from.
    rounding : tuple of int
        See ``settle_weights``.
    """
    connection = epoch.connection
    past = _follow_sources(epoch, factors, draw)
    if not some_may_change(epoch):
        return
    weights = plastic[connection[MASTER] : connection[MASTER] + connection[MASTERS]]
    totals = np.empty(len(weights), np.int64)
    for weight in range(len(weights)):
        totals[weight] = wide(weights[weight]) << LEARNING_FRACTION_BITS
    _add_places(epoch, past, weights, totals)
    mask, base = rounding
    words = source_words(0, state)
    for weight in range(len(weights)):
        drawn = bits_from(scattered(weight_place(weight), words[0], words[1]), low(WEIGHT_BITS))
        total = (totals[weight] + wide((drawn & mask) + base)) >> LEARNING_FRACTION_BITS
        weights[weight] = clamp(total, connection[LOWEST], connection[HIGHEST])
    first = connection[SHARED] + 2 * connection[TARGETS] + 1 + connection[REACHES]
    copies = epoch.image.indices[first : first + connection[REACHES]]
    weight_of = epoch.image.indices[first + connection[REACHES] : first + 2 * connection[REACHES]]
    for place in range(connection[REACHES]):
        plastic[connection[WEIGHT] + copies[place]] = weights[weight_of[place]]


@njit(forceinline=True)
def _follow_sources(epoch: Epoch, factors: NDArray[np.float64], draw: float) -> NDArray[np.int64]:
    """Return spike times, then x1 and x2 in each step, and keep the traces at the end.

    The array has the shape (sources, 1 + 2 * (steps + 1)).
    """
    connection, rule, traces, length = epoch.connection, epoch.rule, epoch.work.traces, epoch.rule[EPOCH] + 1
    past = np.zeros((connection[SOURCES], 1 + 2 * length), np.int64)
    for source in range(connection[SOURCES]):
        i = connection[TRACE] + source
        x1, x2, fired_at = int(traces[X1, i]), int(traces[X2, i]), int(traces[FIRED_AT, i])
        if (x1 | x2 | fired_at) == 0:
            continue
        first, second = past[source][1 : 1 + length], past[source][1 + length :]
        follow_closely(x1, fired_at, rule[X1_IMPULSE], factors[0], draw, first)
        follow_closely(x2, fired_at, rule[X2_IMPULSE], factors[1], draw, second)
        past[source, 0] = fired_at
        traces[X1, i], traces[X2, i], traces[FIRED_AT, i] = first[length - 1], second[length - 1], 0
    return past


@njit(forceinline=True)
def _add_places(
    epoch: Epoch, past: NDArray[np.int64], weights: NDArray[np.int16], totals: NDArray[np.int64]
) -> None:
    """Add the products of every place, target by target in the order of the network."""
    connection, rule, image = epoch.connection, epoch.rule, epoch.image
    times = times_of_targets(connection, rule, epoch.work)
    busy = np.zeros(len(past), np.bool_)
    for source in range(len(past)):
        for column in range(past.shape[1]):
            busy[source] = busy[source] or past[source, column] != 0
    begins, targets, reaches = connection[SHARED], connection[TARGETS], connection[REACHES]
    unit_of = image.indices[begins + targets + 1 : begins + 2 * targets + 1]
    first = begins + 2 * targets + 1
    for target in range(targets):
        unit = unit_of[target]
        for place in range(image.indices[begins + target], image.indices[begins + target + 1]):
            source = image.indices[first + place]
            if not busy[source] and not rule[ROUSES]:
                continue
            weight = image.indices[first + 2 * reaches + place]
            for p in range(rule[FIRST_PRODUCT], rule[FIRST_PRODUCT] + rule[PRODUCTS]):
                product = image.products[p]
                term = _term(epoch, product, past[source], unit, times[unit], wide(weights[weight]))
                totals[weight] = _accumulated(totals[weight] + term)


@njit(forceinline=True)
def _term(epoch: Epoch, product: Table, past: NDArray[np.int64], unit: int, target_time: int, weight: int) -> int:
    """Evaluate a product at one place."""
    gate, length, parts = product[GATE], epoch.rule[EPOCH] + 1, epoch.image.parts
    fired_at = past[0]
    if not is_open(product, epoch.number) or (gate == ON_X and fired_at == 0):
        return 0
    row = factor_row(epoch, product, fired_at)
    if row == 0 or epoch.work.lesson[row, unit] == 0:
        return 0
    time = fired_at if gate == ON_X else target_time if gate == ON_Y else length - 1
    term = source_factor(product, parts, fired_at > 0, past[1 + time], past[1 + length + time])
    term *= wide(epoch.work.lesson[row, unit])
    start = product[FIRST_PART] + product[SOURCE_PARTS] + product[TARGET_PARTS]
    for part in range(start, start + product[OWN_PARTS]):
        term *= fitting(weight, parts[part])
    return int(_accumulated((term >> product[RIGHT]) << product[LEFT]))


@njit(forceinline=True)
def _accumulated(total: int) -> int:
    """Keep what fits the learning accumulator."""
    return clamp(total, LEARNING_ACCUMULATOR_MIN, LEARNING_ACCUMULATOR_MAX)
