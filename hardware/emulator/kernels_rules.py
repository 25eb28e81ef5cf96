"""Compiled learning by rules of every kind: traces of both sides, tags, delays, payloads, constants and signs.

Slower than ``kernels_learning``, which runs the rules that have none of these.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from hardware.chip.widths import DELAY_TAG_MAX, LEARNING_FRACTION_BITS, TAG_MAX, TAG_MIN, TRACE_MAX
from hardware.emulator.arrays import Flags, States, Table
from hardware.emulator.kernels_learning import accumulated
from hardware.emulator.tables import (
    DECIMATION,
    DELAY_TAG,
    EPOCH,
    FIRED_AT,
    FIRST_PART,
    FIRST_PRODUCT,
    GATE,
    HEARS,
    HIGHEST,
    LEFT,
    LOWEST,
    MANTISSA,
    ON_U,
    ON_Y,
    OUTPUT,
    OVERFLOW,
    OVERWRITE,
    PART_BITS,
    PART_CONSTANT,
    PART_SIGN,
    PART_VARIABLE,
    PARTS,
    PAYLOAD,
    POST,
    POST_ROWS,
    PRODUCTS,
    RIGHT,
    SATURATE,
    SOURCE,
    SOURCES,
    SYNAPSE_TAG,
    TAG,
    TARGET,
    TARGETS,
    TRACE,
    TWO_FACTOR,
    WEIGHT,
    X1,
    X1_IMPULSE,
    X2,
    X2_IMPULSE,
    Y1_IMPULSE,
)
from hardware.fixed import clamp, decay_trace, round_up_if


@njit
def observe_pre(
    connection: Table, rule: Table, fired: Flags, messages: States, integers: bool, traces: States, time: int
) -> None:
    """Note what the sources send; see ``PreTraces.observe``, of which this is the compiled form."""
    first, mode = connection[SOURCE], rule[PAYLOAD]
    for source in range(connection[SOURCES]):
        i = connection[TRACE] + source
        message = int(messages[first + source]) if integers else int(fired[first + source])
        half = message >> 1
        half = (half + (message & half & 1)) & 0xFF
        noted = message != 0
        again = noted and traces[FIRED_AT, i] > 0
        if mode == OVERWRITE:
            if noted:
                traces[X1, i] = half
        elif mode in (SATURATE, OVERFLOW):
            total = (traces[X1, i] + half) & 0xFF
            if mode == OVERFLOW:
                noted, again = noted and total > TRACE_MAX, again and total > TRACE_MAX
                traces[X1, i] = total - TRACE_MAX if total > TRACE_MAX else total
            else:
                traces[X1, i] = min(total, TRACE_MAX)
        elif again:
            traces[X1, i] = clamp(traces[X1, i] + rule[X1_IMPULSE], 0, TRACE_MAX)
        if again:
            traces[X2, i] = clamp(traces[X2, i] + rule[X2_IMPULSE], 0, TRACE_MAX)
        if noted:
            traces[FIRED_AT, i] = time


@njit
def observe_post(
    connection: Table,
    rule: Table,
    fired: Flags,
    messages: States,
    integers: bool,
    third: States,
    traces: States,
    time: int,
) -> None:
    """Note what the targets send, their third factors too; see ``PostTraces.observe``."""
    first = connection[TARGET]
    for unit in range(connection[TARGETS]):
        i = rule[POST] + unit
        message = int(messages[first + unit]) if integers else int(fired[first + unit])
        if rule[HEARS] and message != 0:
            if rule[TWO_FACTOR] and traces[FIRED_AT, i] > 0:
                for trace in range(3):
                    row = POST_ROWS[trace]
                    traces[row, i] = clamp(traces[row, i] + rule[Y1_IMPULSE + trace], 0, TRACE_MAX)
            traces[FIRED_AT, i] = time
        if not rule[TWO_FACTOR]:
            traces[POST_ROWS[0], i] = third[first + unit]


@njit
def follow(
    traces: States, row: int, first: int, impulse: int, factor: float, draw: float, past: NDArray[np.int32]
) -> None:
    """Fill the history of one trace of some units, shape (units, epoch + 1)."""
    for unit in range(past.shape[0]):
        past[unit, 0] = traces[row, first + unit]
        for time in range(1, past.shape[1]):
            now = decay_trace(int(past[unit, time - 1]), factor, draw)
            if time == traces[FIRED_AT, first + unit]:
                now = clamp(now + impulse, 0, TRACE_MAX)
            past[unit, time] = now


@njit
def learn_broadly(
    connection: Table,
    rule: Table,
    factors: NDArray[np.float64],
    products: Table,
    parts: Table,
    weights: NDArray[np.int16],
    tags: States,
    traces: States,
    epochs: int,
    draws: tuple[float, float, float],
) -> None:
    """Close an epoch: change weights, delays and tags, advance the traces, forget the spike times.

    Parameters
    ----------
    connection, rule : int64 array, shape (columns,)
        Rows of the tables.
    factors : float64 array, shape (5,)
        Decay factors of x1, x2, y1, y2 and y3.
    products, parts : int64 array, shape (rows, columns)
        The product table and that of their factors.
    weights : int16 array, shape (weights of all connections,)
        Changed in place, as are the next two.
    tags : int32 array, shape (2, tags)
        Delays and tags.
    traces : int32 array, shape (TRACE_ROWS, traces)
        Traces of both sides.
    epochs : int
        Epochs closed so far, this one included.
    draws : tuple of float
        Draws for x traces, y traces and weights.
    """
    sources, targets, epoch = connection[SOURCES], connection[TARGETS], rule[EPOCH]
    pre, post, length = connection[TRACE], rule[POST], rule[EPOCH] + 1
    x = np.empty((2, sources, length), np.int32)
    y = np.empty((3, targets, length), np.int32)
    follow(traces, X1, pre, rule[X1_IMPULSE], factors[0], draws[0], x[0])
    follow(traces, X2, pre, rule[X2_IMPULSE], factors[1], draws[0], x[1])
    for trace in range(3):
        follow(traces, POST_ROWS[trace], post, rule[Y1_IMPULSE + trace], factors[2 + trace], draws[1], y[trace])
    values, totals = np.empty(10, np.int64), np.empty(3, np.int64)
    for source in range(sources):
        x_time = traces[FIRED_AT, pre + source]
        for unit in range(targets):
            y_time, synapse = traces[FIRED_AT, post + unit], source * targets + unit
            values[0], values[1] = x_time > 0, y_time > 0
            values[7] = weights[connection[WEIGHT] + synapse]
            values[8] = tags[DELAY_TAG, rule[TAG] + synapse]
            values[9] = tags[SYNAPSE_TAG, rule[TAG] + synapse]
            for output in range(3):
                totals[output] = values[7 + output] << LEARNING_FRACTION_BITS
            for row in range(rule[FIRST_PRODUCT], rule[FIRST_PRODUCT] + rule[PRODUCTS]):
                product = products[row]
                gate, time = values[min(product[GATE], 1)] > 0, y_time if product[GATE] == ON_Y else x_time
                if product[GATE] == ON_U:
                    gate, time = epochs % (1 << product[DECIMATION]) == 0, epoch
                for trace in range(5):
                    values[2 + trace] = x[trace, source, time] if trace < 2 else y[trace - 2, unit, time]
                term = multiplied(product, parts, values) if gate else 0
                totals[product[OUTPUT]] = accumulated(totals[product[OUTPUT]] + term)
            for output in range(3):
                totals[output] = round_up_if(totals[output], LEARNING_FRACTION_BITS, draws[2])
            weights[connection[WEIGHT] + synapse] = clamp(totals[0], connection[LOWEST], connection[HIGHEST])
            tags[DELAY_TAG, rule[TAG] + synapse] = clamp(totals[1], 0, DELAY_TAG_MAX)
            tags[SYNAPSE_TAG, rule[TAG] + synapse] = clamp(totals[2], TAG_MIN, TAG_MAX)
    traces[X1, pre : pre + sources], traces[X2, pre : pre + sources] = x[0, :, epoch], x[1, :, epoch]
    traces[FIRED_AT, pre : pre + sources], traces[FIRED_AT, post : post + targets] = 0, 0
    if rule[TWO_FACTOR]:
        for trace in range(3):
            traces[POST_ROWS[trace], post : post + targets] = y[trace, :, epoch]


@njit
def multiplied(product: Table, parts: Table, values: NDArray[np.int64]) -> int:
    """Evaluate one product of variables in the order of ``FACTOR_BITS``."""
    total = product[MANTISSA]
    for row in range(product[FIRST_PART], product[FIRST_PART] + product[PARTS]):
        part = parts[row]
        value = values[part[PART_VARIABLE]] + part[PART_CONSTANT]
        if part[PART_SIGN]:
            value = clamp(value, -1, 1)
        total *= clamp(value, -(1 << part[PART_BITS]), (1 << part[PART_BITS]) - 1)
    return int(accumulated((total >> product[RIGHT]) << product[LEFT]))
