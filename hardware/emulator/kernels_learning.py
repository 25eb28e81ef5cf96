"""Compiled learning: what the end of an epoch changes.

Source by source, and only where something can change: where all products carry a factor that is 0 at a source, or
at every target, its synapses are not looked at.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from hardware.chip.widths import DELAY_TAG_MAX, TAG_MAX, TAG_MIN
from hardware.emulator.arrays import States, Table, copy, low, wide
from hardware.emulator.image import Image
from hardware.emulator.kernels_products import (
    DELAY_BITS,
    DRAW_MAX,
    TAG_BITS,
    add_term,
    begin_sum,
    begin_term,
    begin_term_in_time,
    fill_target_factor,
    learn_row,
    multiply_own,
    settle_tags,
    settle_weights,
    source_factor,
)
from hardware.emulator.kernels_rounding import Words, draw_row, epoch_state, place_targets, source_words
from hardware.emulator.kernels_traces import follow_closely, follow_source, follow_targets
from hardware.emulator.tables import (
    DECIMATION,
    DELAY_TAG,
    DRAWN,
    EPOCH,
    FACTOR_ROW,
    FIRED_AT,
    FIRST_PRODUCT,
    GATE,
    HEARS,
    HIGHEST,
    HISTORY,
    INDEPENDENT,
    LOWEST,
    LOWEST_TAG,
    MARKS,
    NOTHING,
    OF_TAGS,
    OLD,
    ON_TARGETS,
    ON_U,
    ON_X,
    ON_Y,
    OUTPUT,
    OWN_PARTS,
    PLACES,
    POST,
    POST_ROWS,
    PRODUCTS,
    READS,
    ROUSES,
    SOURCE,
    SOURCES,
    SUMS,
    SYNAPSE_TAG,
    TAG,
    TARGET,
    TARGETS,
    TERM,
    TRACE,
    TWO_FACTOR,
    WEIGHT,
    X1,
    X1_IMPULSE,
    X2,
    X2_IMPULSE,
    Y1,
    Y1_IMPULSE,
)
from hardware.emulator.work import Work

UNKNOWN, ZERO, SOME = range(3)
"""What is known of a product's factor of the targets."""
TAG_SUM = 4
"""The bit of SUMS for the tag."""


@njit
def close_epoch(
    row: int,
    image: Image,
    plastic: NDArray[np.int16],
    work: Work,
    epochs: int,
    draws: tuple[float, float, float],
    key: np.uint64,
) -> None:
    """Close an epoch of a connection: change weights, delays and tags, advance traces, forget spike times.

    Parameters
    ----------
    row : int
        Number of the connection.
    image : Image
        The tables.
    plastic : int16 array, shape (weights of all connections that learn,)
        Changed in place.
    work : Work
        Traces and tags are changed.
    epochs : int
        Epochs closed so far, this one included.
    draws : tuple of float
        Draws for x traces, y traces and shared rounding.
    key : uint64
        What independent rounding begins from.
    """
    connection, rule, factors, traces = image.connections[row], image.rules[row], image.factors[row], work.traces
    pre, sources, epoch = connection[TRACE], connection[SOURCES], rule[EPOCH]
    if not rule[HEARS] and not rule[ROUSES] and _all_idle(traces, pre, sources):
        return
    last = _follow_targets(connection, rule, factors, work, draws[1])
    known = np.zeros(len(work.lesson), np.uint8)
    live = _some_may_change(connection, rule, image, work, last, known, epochs)
    times = np.zeros((2, epoch + 1 if rule[ON_TARGETS] else 1), np.int64)
    found = np.zeros((rule[PRODUCTS], times.shape[1]), np.int64)
    chosen = np.zeros(rule[PRODUCTS], np.int64)
    state, rounding = epoch_state(key, epochs), _rounding(rule, draws[2])
    if rule[INDEPENDENT] and (live or rule[SUMS] >= TAG_SUM):
        ranks = image.ranks[connection[TARGET] : connection[TARGET] + connection[TARGETS]]
        place_targets(work.lesson[PLACES][: len(ranks)], ranks, sources)
    for source in range(sources):
        i = pre + source
        x1, x2, fired_at = int(traces[X1, i]), int(traces[X2, i]), int(traces[FIRED_AT, i])
        lowest = traces[MARKS, i] & LOWEST_TAG
        if (x1 | x2 | fired_at) == 0 and not (live and rule[ROUSES]) and not lowest:
            continue
        x1_spike, x1_end = follow_source(x1, fired_at, epoch, rule[X1_IMPULSE], factors[0], draws[0])
        x2_spike, x2_end = follow_source(x2, fired_at, epoch, rule[X2_IMPULSE], factors[1], draws[0])
        if live or lowest:
            if rule[ON_TARGETS]:
                follow_closely(x1, fired_at, rule[X1_IMPULSE], factors[0], draws[0], times[0])
                follow_closely(x2, fired_at, rule[X2_IMPULSE], factors[1], draws[0], times[1])
            moments = (x1_spike, x2_spike, x1_end, x2_end)
            spike = fired_at, source
            some = _choose(
                connection, rule, image, work, last, known, epochs, spike, moments, times, found, chosen
            )
            if some or lowest:
                words = source_words(wide(image.ranks[connection[SOURCE] + source]), state)
                _change(connection, rule, image, plastic, work, source, found, chosen, words, rounding)
        traces[X1, i], traces[X2, i], traces[FIRED_AT, i] = x1_end, x2_end, 0
    _close_targets(connection, rule, work, last)


@njit
def _all_idle(traces: States, first: int, units: int) -> bool:
    """Say whether no source has a trace, fired or has a tag that would change by itself."""
    some = low(0)
    for i in range(first, first + units):
        some |= traces[X1, i] | traces[X2, i] | traces[FIRED_AT, i] | (traces[MARKS, i] & low(LOWEST_TAG))
    return some == 0


@njit
def _rounding(rule: Table, draw: float) -> Words:
    """Return what of a synapse's draw is added to a sum, and what of the draw that all share."""
    if rule[INDEPENDENT]:
        return low(DRAW_MAX), low(0)
    return low(0), low(DRAW_MAX - math.floor(draw * (DRAW_MAX + 1)))


@njit
def _times_of_targets(connection: Table, rule: Table, work: Work) -> States:
    """Return the step of each target's last spike in the epoch; zeros where nobody hears them."""
    heard: States = work.traces[FIRED_AT][rule[POST] : rule[POST] + connection[TARGETS]]
    nobody: States = work.lesson[NOTHING][: connection[TARGETS]]
    return heard if rule[HEARS] else nobody


@njit
def _follow_targets(
    connection: Table, rule: Table, factors: NDArray[np.float64], work: Work, draw: float
) -> NDArray[np.int64]:
    """Follow y1 to y3 as far as the rule needs them; return how many steps of each are written."""
    last, units, kept = np.zeros(3, np.int64), connection[TARGETS], rule[TWO_FACTOR] and rule[HEARS]
    fired_at = _times_of_targets(connection, rule, work)
    for trace in range(3):
        if kept or rule[READS] & (1 << trace):
            first = HISTORY + trace * (rule[EPOCH] + 1)
            start = work.lesson[first][:units]
            if kept:
                copy(start, work.traces[POST_ROWS[trace]][rule[POST] : rule[POST] + units])
            elif not rule[TWO_FACTOR]:
                copy(start, work.states[Y1 + trace][connection[TARGET] : connection[TARGET] + units])
            else:
                start[:] = 0
            impulse = rule[Y1_IMPULSE + trace]
            last[trace] = follow_targets(
                work.lesson, first, fired_at, rule[EPOCH], impulse, factors[2 + trace], draw
            )
    return last


@njit
def _close_targets(connection: Table, rule: Table, work: Work, last: NDArray[np.int64]) -> None:
    """Keep the targets' traces at the epoch's end and forget their spike times."""
    if not rule[HEARS]:
        return
    part = slice(rule[POST], rule[POST] + connection[TARGETS])
    if rule[TWO_FACTOR]:
        for trace in range(3):
            row = HISTORY + trace * (rule[EPOCH] + 1) + last[trace]
            copy(work.traces[POST_ROWS[trace]][part], work.lesson[row][: connection[TARGETS]])
    work.traces[FIRED_AT][part] = 0


@njit
def _is_open(product: Table, epochs: int) -> bool:
    """Say whether a product counts in this epoch, as far as its dependency is not a spike."""
    return bool(product[GATE] != ON_U or epochs % (1 << product[DECIMATION]) == 0)


@njit
def _fill(
    connection: Table, rule: Table, product: Table, image: Image, work: Work, last: NDArray[np.int64], time: int
) -> tuple[int, bool]:
    """Fill a product's factor of the targets; return in which row, and whether any is not 0."""
    row = product[FACTOR_ROW] + (time if product[GATE] == ON_X else 0)
    factor, fired_at = work.lesson[row][: connection[TARGETS]], _times_of_targets(connection, rule, work)
    length = rule[EPOCH] + 1
    some = fill_target_factor(factor, product, image.parts, work.lesson, HISTORY, length, last, fired_at, time)
    return row, some


@njit
def _some_may_change(
    connection: Table,
    rule: Table,
    image: Image,
    work: Work,
    last: NDArray[np.int64],
    known: NDArray[np.uint8],
    epochs: int,
) -> bool:
    """Fill the targets' factors that do not depend on the source; return whether any product is alive."""
    live = False
    for p in range(rule[FIRST_PRODUCT], rule[FIRST_PRODUCT] + rule[PRODUCTS]):
        product = image.products[p]
        if product[GATE] == ON_X:
            live = True
        elif _is_open(product, epochs):
            row, some = _fill(connection, rule, product, image, work, last, rule[EPOCH])
            known[row] = SOME if some else ZERO
            live = live or some
    return live


@njit
def _choose(
    connection: Table,
    rule: Table,
    image: Image,
    work: Work,
    last: NDArray[np.int64],
    known: NDArray[np.uint8],
    epochs: int,
    spike: tuple[int, int],
    moments: tuple[int, int, int, int],
    times: NDArray[np.int64],
    found: NDArray[np.int64],
    chosen: NDArray[np.int64],
) -> bool:
    """Choose the products that may change something at a source.

    Parameters
    ----------
    spike : tuple of int
        Step of the source's last spike, and the source.
    moments : tuple of int
        x1 and x2 in that step, then at the epoch's end.
    times : int64 array, shape (2, steps + 1)
        x1 and x2 in all steps, where the rule needs these.
    found : int64 array, shape (products, 1 or steps + 1)
        Receives the source's factor of each product, or that in each step of a target's spike.
    chosen : int64 array, shape (products,)
        Receives the row of the target's factor, or 0.
    """
    fired_at, some = spike[0], False
    tagged = work.traces[MARKS, connection[TRACE] + spike[1]] != 0
    for p in range(rule[PRODUCTS]):
        product = image.products[rule[FIRST_PRODUCT] + p]
        gate = product[GATE]
        chosen[p] = 0
        if (gate == ON_X and fired_at == 0) or (product[OF_TAGS] and not tagged) or not _is_open(product, epochs):
            continue
        row = product[FACTOR_ROW]
        if gate == ON_X:
            time = min(fired_at, max(last[0], last[1], last[2]))
            row += time
            if known[row] == UNKNOWN:
                _, filled = _fill(connection, rule, product, image, work, last, time)
                known[row] = SOME if filled else ZERO
        if known[row] == ZERO:
            continue
        alive = False
        if gate == ON_Y:
            for time in range(times.shape[1]):
                x1, x2 = times[0, time], times[1, time]
                found[p, time] = source_factor(product, image.parts, fired_at > 0, x1, x2)
                alive = alive or found[p, time] != 0
        else:
            x1, x2 = (moments[0], moments[1]) if gate == ON_X else (moments[2], moments[3])
            found[p, 0] = source_factor(product, image.parts, fired_at > 0, x1, x2)
            alive = found[p, 0] != 0
        if alive:
            chosen[p], some = row, True
    return some


@njit
def _change(
    connection: Table,
    rule: Table,
    image: Image,
    plastic: NDArray[np.int16],
    work: Work,
    source: int,
    found: NDArray[np.int64],
    chosen: NDArray[np.int64],
    words: Words,
    rounding: Words,
) -> None:
    """Change the synapses of a source by the products that were chosen."""
    lesson, units = work.lesson, connection[TARGETS]
    start = connection[WEIGHT] + source * units
    weights, places = plastic[start : start + units], lesson[PLACES][:units]
    lowest, highest = low(connection[LOWEST]), low(connection[HIGHEST])
    product = image.products[rule[FIRST_PRODUCT]]
    if rule[PRODUCTS] == 1 and rule[SUMS] == 1 and product[GATE] != ON_Y and product[OWN_PARTS] == 0:
        factor = lesson[chosen[0]][:units]
        learn_row(weights, found[0, 0], factor, product, places, words, rounding, lowest, highest)
        return
    drawn, term, old = lesson[DRAWN][:units], lesson[TERM][:units], lesson[OLD][:units]
    delays = tags = lesson[NOTHING][:units]
    if rule[TAG] >= 0:
        first = rule[TAG] + source * units
        delays, tags = work.tags[DELAY_TAG][first : first + units], work.tags[SYNAPSE_TAG][first : first + units]
    for unit in range(units):
        old[unit] = weights[unit]
    begin_sum(lesson[0][:units], old)
    begin_sum(lesson[1][:units], delays)
    begin_sum(lesson[2][:units], tags)
    for p in range(rule[PRODUCTS]):
        if chosen[p]:
            product, factor = image.products[rule[FIRST_PRODUCT] + p], lesson[chosen[p]][:units]
            if product[GATE] == ON_Y:
                begin_term_in_time(term, found[p], _times_of_targets(connection, rule, work), factor)
            else:
                begin_term(term, found[p, 0], factor)
            multiply_own(term, product, image.parts, old, delays, tags)
            add_term(lesson[product[OUTPUT]][:units], term, product)
    if rule[INDEPENDENT]:
        draw_row(drawn, places, words)
    if rule[SUMS] & 1:
        settle_weights(weights, lesson[0][:units], drawn, rounding, lowest, highest)
    marks = 0
    if rule[SUMS] & 2:
        marks |= settle_tags(delays, lesson[1][:units], drawn, DELAY_BITS, rounding, 0, DELAY_TAG_MAX)
    if rule[SUMS] & TAG_SUM:
        marks |= settle_tags(tags, lesson[2][:units], drawn, TAG_BITS, rounding, TAG_MIN, TAG_MAX)
    work.traces[MARKS, connection[TRACE] + source] = marks
