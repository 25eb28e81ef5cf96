"""Compiled learning: trace histories and the sum of products at an epoch's end."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from hardware.chip.widths import (
    LEARNING_ACCUMULATOR_MAX,
    LEARNING_ACCUMULATOR_MIN,
    LEARNING_FRACTION_BITS,
    TRACE_MAX,
)
from hardware.emulator.arrays import States, Table
from hardware.emulator.streams import THIRD_FACTOR_TAU, trace_factor
from hardware.emulator.tables import (
    DECIMATION,
    EPOCH,
    FIRST_PRODUCT,
    HIGHEST,
    LEFT,
    LOWEST,
    MANTISSA,
    N_W,
    N_X1,
    N_X2,
    N_Y1,
    NEEDS_Y1,
    ON_X0,
    PRODUCTS,
    RIGHT,
    SOURCES,
    TARGET,
    TARGETS,
    TRACE,
    WEIGHT,
    X1_IMPULSE,
    X2_IMPULSE,
)
from hardware.fixed import clamp, decay_trace, round_up_if

_Y_FACTOR = trace_factor(int(THIRD_FACTOR_TAU))


@njit
def advance_trace(
    value: int, fired_at: int, epoch: int, impulse: int, factor: float, draw: float
) -> tuple[int, int]:
    """Carry one trace through an epoch.

    Returns
    -------
    at_spike, at_end : int
        The trace in the step of the last spike (at the epoch's start, where there was none) and at the end.
    """
    at_spike = int(value)
    now = int(value)
    for time in range(1, epoch + 1):
        now = decay_trace(now, factor, draw)
        if time == fired_at:
            now = clamp(now + impulse, 0, TRACE_MAX)
            at_spike = now
    return at_spike, now


@njit
def power(base: int, exponent: int) -> int:
    """Raise an integer to a small power."""
    result = 1
    for _ in range(exponent):
        result *= base
    return result


@njit
def learn(
    connection: Table,
    rule: Table,
    factors: NDArray[np.float64],
    products: Table,
    weights: NDArray[np.int16],
    x1: States,
    x2: States,
    fired_at: States,
    y1: States,
    epochs: int,
    draws: tuple[float, float, float],
) -> None:
    """Close an epoch: change the weights, advance the traces, forget the spike times.

    Parameters
    ----------
    connection, rule : int64 array, shape (columns,)
        Rows of the tables.
    factors : float64 array, shape (2,)
        Decay factors of x1 and x2.
    products : int64 array, shape (rows, columns)
        The product table.
    weights : int16 array, shape (weights of all connections,)
        Changed in place.
    x1, x2, fired_at : int32 array, shape (traces,)
        Changed in place.
    y1 : int32 array, shape (units of all populations,)
        Third factors.
    epochs : int
        Epochs closed so far, this one included.
    draws : tuple of float
        Draws for x traces, y traces and weights.
    """
    epoch, trace, targets = rule[EPOCH], connection[TRACE], connection[TARGETS]
    silent = True
    for unit in range(targets):
        if y1[connection[TARGET] + unit] != 0:
            silent = False
    skip = rule[NEEDS_Y1] and silent
    for source in range(connection[SOURCES]):
        i = trace + source
        x1_spike, x1_end = advance_trace(x1[i], fired_at[i], epoch, rule[X1_IMPULSE], factors[0], draws[0])
        x2_spike, x2_end = advance_trace(x2[i], fired_at[i], epoch, rule[X2_IMPULSE], factors[1], draws[0])
        if not skip:
            start = connection[WEIGHT] + source * targets
            for unit in range(targets):
                y_spike, y_end = _third_factor(y1[connection[TARGET] + unit], fired_at[i], epoch, draws[1])
                weight = int(weights[start + unit])
                total = weight << LEARNING_FRACTION_BITS
                for row in range(rule[FIRST_PRODUCT], rule[FIRST_PRODUCT] + rule[PRODUCTS]):
                    product = products[row]
                    if product[ON_X0]:
                        gate = fired_at[i] > 0
                        term = power(x1_spike, product[N_X1]) * power(x2_spike, product[N_X2])
                        term *= power(clamp(y_spike, -TRACE_MAX - 1, TRACE_MAX), product[N_Y1])
                    else:
                        gate = epochs % (1 << product[DECIMATION]) == 0
                        term = power(x1_end, product[N_X1]) * power(x2_end, product[N_X2])
                        term *= power(clamp(y_end, -TRACE_MAX - 1, TRACE_MAX), product[N_Y1])
                    if gate:
                        term *= power(weight, product[N_W]) * product[MANTISSA]
                        term = accumulated((term >> product[RIGHT]) << product[LEFT])
                        total = accumulated(total + term)
                rounded = round_up_if(total, LEARNING_FRACTION_BITS, draws[2])
                weights[start + unit] = clamp(rounded, connection[LOWEST], connection[HIGHEST])
        x1[i], x2[i], fired_at[i] = x1_end, x2_end, 0


@njit
def _third_factor(sent: int, fired_at: int, epoch: int, draw: float) -> tuple[int, int]:
    """Third factor in the step of the last presynaptic spike and at the epoch's end."""
    at_spike = int(sent)
    now = int(sent)
    for time in range(1, epoch + 1):
        now = decay_trace(now, _Y_FACTOR, draw)
        if time == fired_at:
            at_spike = now
    return at_spike, now


@njit
def accumulated(total: int) -> int:
    """Keep what fits the learning accumulator."""
    return clamp(total, LEARNING_ACCUMULATOR_MIN, LEARNING_ACCUMULATOR_MAX)
