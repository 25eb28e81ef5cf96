"""Compiled learning at one source: which products may change its synapses, and the change."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from hardware.chip.widths import DELAY_TAG_MAX, TAG_MAX, TAG_MIN
from hardware.emulator.arrays import States, Table, low
from hardware.emulator.image import Image
from hardware.emulator.kernels_products import (
    DELAY_BITS,
    TAG_BITS,
    add_term,
    begin_sum,
    begin_term,
    begin_term_in_time,
    learn_row,
    multiply_own,
    settle_tags,
    settle_weights,
    source_factor,
)
from hardware.emulator.kernels_rounding import Words, draw_row
from hardware.emulator.kernels_targets import Epoch, factor_row, is_open, times_of_targets
from hardware.emulator.tables import (
    DELAY_TAG,
    DRAWN,
    ENCODING,
    FIRST_PRODUCT,
    GATE,
    HIGHEST,
    INDEPENDENT,
    INDEX,
    LOWEST,
    MARKS,
    NEAR_FACTOR,
    NEAR_PLACES,
    NEAR_TIMES,
    NOTHING,
    OF_TAGS,
    OLD,
    ON_X,
    ON_Y,
    OUTPUT,
    OWN_PARTS,
    PLACES,
    PRODUCTS,
    SOURCES,
    SPARSE,
    SUMS,
    SYNAPSE_TAG,
    TAG,
    TARGETS,
    TERM,
    TRACE,
    WEIGHT,
)

TAG_SUM = 4
"""The bit of SUMS for the tag."""


@njit(forceinline=True)
def synapses_of(connection: Table, image: Image, source: int) -> tuple[int, int]:
    """Return how many synapses lie before those of a source, and how many it has."""
    if connection[ENCODING] != SPARSE:
        return int(source * connection[TARGETS]), int(connection[TARGETS])
    first = image.indices[connection[INDEX] + source]
    return int(first), int(image.indices[connection[INDEX] + source + 1] - first)


@njit(forceinline=True)
def choose(
    epoch: Epoch,
    spike: tuple[int, int],
    moments: tuple[int, int, int, int],
    times: NDArray[np.int64],
    found: NDArray[np.int64],
    chosen: NDArray[np.int64],
) -> bool:
    """Choose the products that may change something at a source.

    Parameters
    ----------
    epoch : Epoch
        The epoch.
    spike : tuple of int
        Step of the source's last spike, and the source.
    moments : tuple of int
        x1 and x2 in that step, then at the epoch's end.
    times : int64 array, shape (2, steps + 1)
        x1 and x2 in all steps, where the rule needs these.
    found : int64 array, shape (products, 1 or steps + 1)
        Receives the source's factor of each product, or that in each step of a target's spike.
    chosen : int64 array, shape (products,)
        Receives the row of the targets' factors, or 0.

    Returns
    -------
    bool
        Whether there are any.
    """
    rule, parts, (fired_at, source), some = epoch.rule, epoch.image.parts, spike, False
    tagged = epoch.work.traces[MARKS, epoch.connection[TRACE] + source] != 0
    for p in range(rule[PRODUCTS]):
        product = epoch.image.products[rule[FIRST_PRODUCT] + p]
        gate = product[GATE]
        chosen[p] = 0
        closed = (gate == ON_X and fired_at == 0) or not is_open(product, epoch.number)
        if closed or (product[OF_TAGS] and not tagged):
            continue
        row = factor_row(epoch, product, fired_at)
        if row == 0:
            continue
        alive = False
        if gate == ON_Y:
            for time in range(times.shape[1]):
                found[p, time] = source_factor(product, parts, fired_at > 0, times[0, time], times[1, time])
                alive = alive or found[p, time] != 0
        else:
            x1, x2 = (moments[0], moments[1]) if gate == ON_X else (moments[2], moments[3])
            found[p, 0] = source_factor(product, parts, fired_at > 0, x1, x2)
            alive = found[p, 0] != 0
        if alive:
            chosen[p], some = row, True
    return some


@njit(forceinline=True)
def change(
    epoch: Epoch,
    plastic: NDArray[np.int16],
    source: int,
    found: NDArray[np.int64],
    chosen: NDArray[np.int64],
    words: Words,
    rounding: Words,
) -> None:
    """Change the synapses of a source by the products that were chosen.

    Parameters
    ----------
    epoch : Epoch
        The epoch.
    plastic : int16 array
        Weights of all connections that learn.
    source : int
        The source.
    found, chosen
        As ``choose`` left them.
    words : tuple of int
        What the draws of the source's synapses need.
    rounding : tuple of int
        See ``settle_weights``.
    """
    connection, rule, image, lesson = epoch.connection, epoch.rule, epoch.image, epoch.work.lesson
    start, units = synapses_of(connection, image, source)
    weights = plastic[connection[WEIGHT] + start : connection[WEIGHT] + start + units]
    lowest, highest = low(connection[LOWEST]), low(connection[HIGHEST])
    first = connection[INDEX] + connection[SOURCES] + 1 + start if connection[ENCODING] == SPARSE else 0
    listed = image.indices[first : first + (units if connection[ENCODING] == SPARSE else 0)]
    places = _near(lesson[PLACES], listed, lesson[NEAR_PLACES], units)
    product = image.products[rule[FIRST_PRODUCT]]
    if rule[PRODUCTS] == 1 and rule[SUMS] == 1 and product[GATE] != ON_Y and product[OWN_PARTS] == 0:
        factor = _near(lesson[chosen[0]], listed, lesson[NEAR_FACTOR], units)
        learn_row(weights, found[0, 0], factor, product, places, words, rounding, lowest, highest)
        return
    drawn, term, old = lesson[DRAWN][:units], lesson[TERM][:units], lesson[OLD][:units]
    delays = tags = lesson[NOTHING][:units]
    if rule[TAG] >= 0:
        delays = epoch.work.tags[DELAY_TAG][rule[TAG] + start : rule[TAG] + start + units]
        tags = epoch.work.tags[SYNAPSE_TAG][rule[TAG] + start : rule[TAG] + start + units]
    for unit in range(units):
        old[unit] = weights[unit]
    begin_sum(lesson[0][:units], old)
    begin_sum(lesson[1][:units], delays)
    begin_sum(lesson[2][:units], tags)
    for p in range(rule[PRODUCTS]):
        if chosen[p]:
            product = image.products[rule[FIRST_PRODUCT] + p]
            factor = _near(lesson[chosen[p]], listed, lesson[NEAR_FACTOR], units)
            if product[GATE] == ON_Y:
                times = times_of_targets(connection, rule, epoch.work)
                begin_term_in_time(term, found[p], _near(times, listed, lesson[NEAR_TIMES], units), factor)
            else:
                begin_term(term, found[p, 0], factor)
            multiply_own(term, product, image.parts, old, delays, tags)
            add_term(lesson[product[OUTPUT]][:units], term, product)
    if rule[INDEPENDENT]:
        draw_row(drawn, places, words)
    marks = 0
    if rule[SUMS] & 1:
        settle_weights(weights, lesson[0][:units], drawn, rounding, lowest, highest)
    if rule[SUMS] & 2:
        marks |= settle_tags(delays, lesson[1][:units], drawn, DELAY_BITS, rounding, 0, DELAY_TAG_MAX)
    if rule[SUMS] & TAG_SUM:
        marks |= settle_tags(tags, lesson[2][:units], drawn, TAG_BITS, rounding, TAG_MIN, TAG_MAX)
    epoch.work.traces[MARKS, connection[TRACE] + source] = marks


@njit(forceinline=True)
def _near(values: States, listed: States, into: States, units: int) -> States:
    """Return what there is for the targets that a source reaches: for all, or for those that are listed."""
    if len(listed) == 0:
        return values[:units]
    for unit in range(units):
        into[unit] = values[listed[unit]]
    return into[:units]
