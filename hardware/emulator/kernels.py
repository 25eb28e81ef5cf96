"""Compiled phases of a step: event-driven synapses, CUBA neurons, teacher, traces.

Every kernel works on flat arrays (see ``image``) for one sample. Operands are widened to 64 bits before any
product, so nothing overflows within the bounds that ``Network`` guarantees.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from hardware.chip import TRACE_MAX
from hardware.emulator.image import (
    CURRENT_DECAY,
    EXPONENT,
    FIRST,
    MARGIN,
    REST,
    SHIFT,
    SOURCE,
    SOURCES,
    TARGET,
    TARGETS,
    TAUGHT,
    THRESHOLD,
    TRACE,
    UNITS,
    VOLTAGE_DECAY,
    WEIGHT,
    X1_IMPULSE,
    X2_IMPULSE,
)
from hardware.fixed import align, clamp, decay, saturate, scale, word, wrap

Table = NDArray[np.int64]
States = NDArray[np.int32]
Spikes = NDArray[np.uint8]


@njit(inline="always")
def advance_neurons(layer: Table, bias: States, arriving: States, u: States, v: States, sent: Spikes) -> None:
    """Advance one layer by one step: update u and v, write who fires into ``sent``.

    Parameters
    ----------
    layer : int64 array, shape (columns,)
        Row of the layer table.
    bias, arriving, u, v : int32 array, shape (units of all populations,)
        Bias, synaptic input and state.
    sent : uint8 array, shape (units of all populations,)
        1 where a unit fires.
    """
    keep_u, keep_v = layer[CURRENT_DECAY], layer[VOLTAGE_DECAY]
    threshold = layer[THRESHOLD]
    for unit in range(layer[FIRST], layer[FIRST] + layer[UNITS]):
        current = wrap(word(decay(int(u[unit]), keep_u) + align(int(arriving[unit]))))
        voltage = saturate(word(decay(int(v[unit]), keep_v) + current + int(bias[unit])))
        fires = voltage > threshold
        u[unit] = current
        v[unit] = 0 if fires else voltage
        sent[unit] = fires


@njit(inline="always")
def teach(layer: Table, arriving: States, m: States, y1: States, label: int) -> None:
    """Advance a layer's teacher; with ``label >= 0`` write the third factor, else clear it.

    Parameters
    ----------
    layer : int64 array, shape (columns,)
        Row of the layer table.
    arriving, m, y1 : int32 array, shape (units of all populations,)
        Synaptic input, accumulator and third factor.
    label : int
        Unit that should win, or -1.
    """
    if not layer[TAUGHT]:
        return
    first, margin, shift = layer[FIRST], layer[MARGIN], layer[SHIFT]
    rest = layer[REST]
    for unit in range(first, first + layer[UNITS]):
        total = saturate(int(m[unit]) + int(arriving[unit]))
        m[unit] = total
        if label < 0:
            y1[unit] = 0
        elif unit - first == label:
            y1[unit] = clamp((margin - total) >> shift, 0, TRACE_MAX)
        else:
            y1[unit] = -clamp((total - rest) >> shift, 0, TRACE_MAX)


@njit(inline="always")
def deliver(
    connection: Table, weights: NDArray[np.int16], sent: Spikes, arriving: States, scratch: States
) -> None:
    """Add the weights of the sources that fired to what arrives in the next step.

    Parameters
    ----------
    connection : int64 array, shape (columns,)
        Row of the connection table.
    weights : int16 array, shape (weights of all connections,)
        Weights, source by source.
    sent : uint8 array, shape (units of all populations,)
        Who fired.
    arriving, scratch : int32 array, shape (units of all populations,)
        Input under way; working memory.
    """
    target, targets, exponent = connection[TARGET], connection[TARGETS], connection[EXPONENT]
    first = connection[SOURCE]
    into = arriving[target : target + targets] if exponent == 0 else scratch[target : target + targets]
    if exponent != 0:
        into[:] = 0
    for source in range(connection[SOURCES]):
        if sent[first + source]:
            start = connection[WEIGHT] + source * targets
            row = weights[start : start + targets]
            for unit in range(targets):
                into[unit] += row[unit]
    if exponent != 0:
        for unit in range(targets):
            arriving[target + unit] += scale(int(into[unit]), exponent)


@njit(inline="always")
def observe(
    connection: Table, rule: Table, sent: Spikes, x1: States, x2: States, fired_at: States, time: int
) -> None:
    """Note who fired: the epoch remembers the last time; an earlier spike adds its impulse at once.

    Parameters
    ----------
    connection, rule : int64 array, shape (columns,)
        Rows of the tables.
    sent : uint8 array, shape (units of all populations,)
        Who fired.
    x1, x2, fired_at : int32 array, shape (traces,)
        Traces, and the step within the epoch of the last spike (0: none).
    time : int
        Step within the epoch, 1..epoch.
    """
    first, trace = connection[SOURCE], connection[TRACE]
    for source in range(connection[SOURCES]):
        if sent[first + source]:
            i = trace + source
            if fired_at[i]:
                x1[i] = clamp(x1[i] + rule[X1_IMPULSE], 0, TRACE_MAX)
                x2[i] = clamp(x2[i] + rule[X2_IMPULSE], 0, TRACE_MAX)
            fired_at[i] = time
