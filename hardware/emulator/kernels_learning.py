"""Compiled learning: what the end of an epoch changes.

Source by source, and only where something can change: where all products carry a factor that is 0 at a source, or
at every target, its synapses are not looked at.
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit
from numpy.typing import NDArray

from hardware.emulator.arrays import States, Table, low, wide
from hardware.emulator.image import Image
from hardware.emulator.kernels_changes import TAG_SUM, change, choose
from hardware.emulator.kernels_products import DRAW_MAX
from hardware.emulator.kernels_rounding import Words, epoch_state, place_targets, source_words
from hardware.emulator.kernels_shared import change_shared
from hardware.emulator.kernels_targets import Epoch, close_targets, follow_all_targets, some_may_change
from hardware.emulator.kernels_traces import follow_closely, follow_source
from hardware.emulator.tables import (
    EPOCH,
    FIRED_AT,
    HEARS,
    INDEPENDENT,
    LOWEST_TAG,
    MARKS,
    ON_TARGETS,
    PLACES,
    PRODUCTS,
    ROUSES,
    SHARED,
    SOURCE,
    SOURCES,
    SUMS,
    TARGET,
    TARGETS,
    TRACE,
    X1,
    X1_IMPULSE,
    X2,
    X2_IMPULSE,
)
from hardware.emulator.work import Work


@njit(forceinline=True)
def close_epoch(
    row: int,
    image: Image,
    plastic: NDArray[np.int16],
    work: Work,
    number: int,
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
    number : int
        Epochs closed so far, this one included.
    draws : tuple of float
        Draws for x traces, y traces and shared rounding.
    key : uint64
        What independent rounding begins from.
    """
    connection, rule, factors = image.connections[row], image.rules[row], image.factors[row]
    if not rule[HEARS] and not rule[ROUSES] and _all_idle(work.traces, connection[TRACE], connection[SOURCES]):
        return
    last = follow_all_targets(connection, rule, factors, work, draws[1])
    epoch = Epoch(connection, rule, image, work, last, np.zeros(len(work.lesson), np.uint8), number)
    state, rounding = epoch_state(key, number), _rounding(rule, draws[2])
    if connection[SHARED] >= 0:
        change_shared(epoch, plastic, factors, draws[0], state, rounding)
    else:
        _change_sources(epoch, plastic, factors, draws[0], state, rounding)
    close_targets(epoch)


@njit(forceinline=True)
def _change_sources(
    epoch: Epoch,
    plastic: NDArray[np.int16],
    factors: NDArray[np.float64],
    draw: float,
    state: np.uint64,
    rounding: Words,
) -> None:
    """Change the synapses of each source and advance its traces."""
    connection, rule, traces, ranks = epoch.connection, epoch.rule, epoch.work.traces, epoch.image.ranks
    live, steps = some_may_change(epoch), rule[EPOCH]
    times = np.zeros((2, steps + 1 if rule[ON_TARGETS] else 1), np.int64)
    found = np.zeros((rule[PRODUCTS], times.shape[1]), np.int64)
    chosen = np.zeros(rule[PRODUCTS], np.int64)
    if rule[INDEPENDENT] and (live or rule[SUMS] >= TAG_SUM):
        targets = ranks[connection[TARGET] : connection[TARGET] + connection[TARGETS]]
        place_targets(epoch.work.lesson[PLACES][: len(targets)], targets, connection[SOURCES])
    for source in range(connection[SOURCES]):
        i = connection[TRACE] + source
        x1, x2, fired_at = int(traces[X1, i]), int(traces[X2, i]), int(traces[FIRED_AT, i])
        lowest = traces[MARKS, i] & LOWEST_TAG
        if (x1 | x2 | fired_at) == 0 and not (live and rule[ROUSES]) and not lowest:
            continue
        x1_spike, x1_end = follow_source(x1, fired_at, steps, rule[X1_IMPULSE], factors[0], draw)
        x2_spike, x2_end = follow_source(x2, fired_at, steps, rule[X2_IMPULSE], factors[1], draw)
        if live or lowest:
            if rule[ON_TARGETS]:
                follow_closely(x1, fired_at, rule[X1_IMPULSE], factors[0], draw, times[0])
                follow_closely(x2, fired_at, rule[X2_IMPULSE], factors[1], draw, times[1])
            moments = (x1_spike, x2_spike, x1_end, x2_end)
            if choose(epoch, (fired_at, source), moments, times, found, chosen) or lowest:
                words = source_words(wide(ranks[connection[SOURCE] + source]), state)
                change(epoch, plastic, source, found, chosen, words, rounding)
        traces[X1, i], traces[X2, i], traces[FIRED_AT, i] = x1_end, x2_end, 0


@njit(forceinline=True)
def _all_idle(traces: States, first: int, units: int) -> bool:
    """Say whether no source has a trace, fired or has a tag that would change by itself."""
    some = low(0)
    for i in range(first, first + units):
        some |= traces[X1, i] | traces[X2, i] | traces[FIRED_AT, i] | (traces[MARKS, i] & low(LOWEST_TAG))
    return bool(some == 0)


@njit(forceinline=True)
def _rounding(rule: Table, draw: float) -> Words:
    """Return what of a synapse's draw is added to a sum, and what of the draw that all share."""
    if rule[INDEPENDENT]:
        return low(DRAW_MAX), low(0)
    return low(0), low(DRAW_MAX - math.floor(draw * (DRAW_MAX + 1)))
