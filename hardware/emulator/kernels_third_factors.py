"""Compiled third factors: what teachers, rewards and feedbacks send, and readouts.

A sample begins with all states at rest, so what is 0 until its last step needs no clearing.
"""

from __future__ import annotations

from numba import njit

from hardware.chip.widths import ALIGN_SHIFT, TRACE_MAX
from hardware.emulator.arrays import Flags, States, Table, low, wide
from hardware.emulator.tables import (
    COUNTS,
    ERRORS,
    FEEDBACK,
    FIRST,
    LEAD,
    MARGIN,
    MOST,
    ONCE,
    PORTS,
    REST,
    REWARD,
    SHIFT,
    TAUGHT,
    TEACHER,
    THRESHOLD,
    TRIGGER,
    UNITS,
    WINDOW,
    Y1,
    Y2,
    Y3,
    M,
    N,
)
from hardware.fixed import clamp, nearest, saturate

SCORE, ERROR = 0, 1
"""Rows of a readout's states."""


@njit
def teach(
    layer: Table,
    parameters: States,
    states: States,
    arrived: States,
    fired: Flags,
    moment: tuple[int, int, int, int],
) -> None:
    """Advance what a layer keeps beside its neurons by one step, after these.

    Parameters
    ----------
    layer : int64 array, shape (LAYER_COLUMNS,)
        Row of the layer table; of a layer that has a third factor.
    parameters : int32 array, shape (rows, units of all populations)
        The parameter table.
    states : int32 array, shape (STATE_ROWS, units of all populations)
        The rows M to N are changed.
    arrived : int32 array, shape (ports * units of the layer,)
        Synaptic input: first that of the neurons' first port, last that of the errors.
    fired : uint8 array, shape (units of all populations,)
        Who fired.
    moment : tuple of int
        Steps until the sample's last one, label or -1, reward, how often errors are halved.
    """
    first, units = layer[FIRST], layer[UNITS]
    if layer[TAUGHT] == TEACHER:
        _teach(layer, arrived[:units], states[M][first : first + units], states[Y1][first : first + units], moment)
    elif layer[TAUGHT] == REWARD:
        if moment[0] == 0:
            states[Y1][first : first + units] = moment[2]
    elif layer[TAUGHT] == FEEDBACK:
        begin = layer[PORTS] * units
        _feed_back(layer, parameters, states, arrived[begin : begin + layer[ERRORS] * units], fired, moment)


@njit
def _teach(layer: Table, arrived: States, m: States, y1: States, moment: tuple[int, int, int, int]) -> None:
    """Sum the input; speak in a labelled sample's last step."""
    for unit in range(len(m)):
        m[unit] = saturate(wide(m[unit]) + wide(arrived[unit]))
    to_end, label, _, anneal = moment
    if to_end == 0 and label >= 0:
        for unit in range(len(m)):
            error = hinge(layer, wide(m[unit]), unit == label)
            if layer[TRIGGER]:
                size = layer[TRIGGER] if abs(error) >= layer[TRIGGER] else 0
                error = size if error > 0 else -size
            y1[unit] = nearest(error, anneal)


@njit
def hinge(layer: Table, m: int, is_label: bool) -> int:
    """Return the error of a unit whose input sums to ``m``."""
    if is_label:
        return clamp((layer[MARGIN] - m) >> layer[SHIFT], 0, TRACE_MAX)
    return -clamp((m - layer[REST]) >> layer[SHIFT], 0, TRACE_MAX)


@njit
def _feed_back(
    layer: Table,
    parameters: States,
    states: States,
    errors: States,
    fired: Flags,
    moment: tuple[int, int, int, int],
) -> None:
    """Hear errors, count spikes and speak, each in its steps."""
    part, lead = slice(layer[FIRST], layer[FIRST] + layer[UNITS]), layer[LEAD]
    v, d, n = states[1][part], states[M][part], states[N][part]
    y1, y2, y3, spikes = states[Y1][part], states[Y2][part], states[Y3][part], fired[part]
    to_end, label, _, _ = moment
    for unit in range(len(n)):
        n[unit] += low(spikes[unit])
    if to_end in (lead - 1, lead - 2):
        sign = wide(1) if to_end == lead - 1 else wide(-1)
        for unit in range(len(d)):
            d[unit] = saturate(wide(d[unit]) + sign * wide(errors[unit]))
    if layer[WINDOW]:
        threshold, window = parameters[THRESHOLD][part], layer[WINDOW] << ALIGN_SHIFT
        for unit in range(len(v)):
            y3[unit] = abs(wide(v[unit]) - wide(threshold[unit])) < window
    if label < 0:
        return
    if lead - 2 <= to_end <= lead:
        sign = low(1 if to_end == lead else -1 if to_end == lead - 1 else 0)
        counts, again = low(layer[COUNTS]), layer[ONCE] and to_end == lead - 1
        for unit in range(len(n)):
            count = y2[unit] if again else low(min(wide(counts) * wide(n[unit]), wide(TRACE_MAX)))
            y2[unit] = low(sign * low(count))
    if to_end == 0:
        half, shift, most = (wide(1) << layer[SHIFT]) >> 1, layer[SHIFT], layer[MOST]
        for unit in range(len(d)):
            took_part = (n[unit] > 0 or v[unit] > 0) and n[unit] < most
            error = clamp((wide(d[unit]) + half) >> shift, -TRACE_MAX - 1, TRACE_MAX)
            y1[unit] = error if took_part else 0


@njit
def advance_readout(
    layer: Table, states: States, arrived: States, sent: States, moment: tuple[int, int, int, int]
) -> None:
    """Advance a readout by one step, with its third factor.

    Parameters
    ----------
    layer, states, arrived, moment
        As for ``teach``.
    sent : int32 array, shape (units of all populations,)
        Receives the messages.
    """
    first, (to_end, label, _, anneal) = layer[FIRST], moment
    for unit in range(layer[UNITS]):
        i = first + unit
        m = saturate(wide(states[SCORE, i]) + wide(arrived[unit]))
        states[SCORE, i], sent[i] = m, 0
        if to_end == 0:
            sent[i], states[Y1, i] = m, states[ERROR, i]
        elif to_end == layer[LEAD] and label >= 0:
            states[ERROR, i] = nearest(hinge(layer, m, unit == label), anneal)
            sent[i] = max(states[ERROR, i], 0)
        elif to_end == layer[LEAD] - 1:
            sent[i] = max(-states[ERROR, i], 0)
