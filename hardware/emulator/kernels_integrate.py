"""Compiled neurons that integrate a current: CUBA, and those with an adaptive threshold."""

from __future__ import annotations

from numba import njit

from hardware.emulator.arrays import States, Table, wide
from hardware.emulator.tables import (
    BIAS,
    CURRENT_DECAY,
    DRIVE,
    FIRST,
    GRADED,
    MESSAGE,
    PORTS,
    REFRACTORY,
    REFRACTORY_DECAY,
    SPIKE,
    STEP,
    SUBTRACT,
    THRESHOLD,
    THRESHOLD_DECAY,
    UNITS,
    VOLTAGE,
    VOLTAGE_DECAY,
)
from hardware.fixed import align, decay, joined, saturate, word, wrap

U, V, WAITING = 0, 1, 2
THETA, R = 2, 3
"""Rows of the state table."""


@njit
def advance_cuba(layer: Table, parameters: States, states: States, arrived: States, sent: States) -> None:
    """Advance CUBA neurons by one step.

    Parameters
    ----------
    layer : int64 array, shape (LAYER_COLUMNS,)
        Row of the layer table.
    parameters, states : int32 array, shape (rows, units of all populations)
        The tables.
    arrived : int32 array, shape (ports * units of the layer,)
        Synaptic input, port by port.
    sent : int32 array, shape (units of all populations,)
        Receives the messages.
    """
    first, units = layer[FIRST], layer[UNITS]
    plain, refractory = layer[MESSAGE] == SPIKE, layer[REFRACTORY]
    if plain and refractory == 1 and not layer[SUBTRACT] and layer[PORTS] == 1:
        _advance_plain(slice(first, first + units), parameters, states, arrived, sent)
        return
    for unit in range(first, first + units):
        u = _current(layer, unit, parameters, states, arrived)
        states[U, unit] = u
        if states[WAITING, unit]:
            states[WAITING, unit] -= 1
            sent[unit] = 0
            continue
        v = _voltage(u, unit, parameters, states)
        states[V, unit] = v
        threshold = wide(parameters[THRESHOLD, unit])
        if layer[MESSAGE] == VOLTAGE:
            sent[unit] = v
        elif v > threshold:
            states[V, unit] = v - threshold if layer[SUBTRACT] else 0
            states[WAITING, unit] = refractory - 1
            sent[unit] = v if layer[MESSAGE] == GRADED else 1
        else:
            sent[unit] = 0


@njit
def _advance_plain(part: slice, parameters: States, states: States, arrived: States, sent: States) -> None:
    """Advance neurons without any extra: one loop without branches, over rows without gaps."""
    us, vs, fired = states[U][part], states[V][part], sent[part]
    keep_u, keep_v = parameters[CURRENT_DECAY][part], parameters[VOLTAGE_DECAY][part]
    drive, bias, threshold = parameters[DRIVE][part], parameters[BIAS][part], parameters[THRESHOLD][part]
    for unit in range(len(fired)):
        kept = decay(wide(us[unit]), wide(keep_u[unit]))
        u = wrap(word(kept + align(wide(arrived[unit])) + wide(drive[unit])))
        v = saturate(word(decay(wide(vs[unit]), wide(keep_v[unit])) + u + wide(bias[unit])))
        fires = v > wide(threshold[unit])
        us[unit] = u
        vs[unit] = 0 if fires else v
        fired[unit] = fires


@njit
def _current(layer: Table, unit: int, parameters: States, states: States, arrived: States) -> int:
    """Let the current decay, and add what arrived at both ports."""
    kept = decay(wide(states[U, unit]), wide(parameters[CURRENT_DECAY, unit]))
    at = unit - layer[FIRST]
    fine = wide(arrived[layer[UNITS] + at]) if layer[PORTS] > 1 else wide(0)
    return wrap(word(kept + joined(wide(arrived[at]), fine, wide(parameters[DRIVE, unit]))))


@njit
def _voltage(u: int, unit: int, parameters: States, states: States) -> int:
    """Let the voltage decay, and add current and bias."""
    kept = decay(wide(states[V, unit]), wide(parameters[VOLTAGE_DECAY, unit]))
    return saturate(word(kept + u + wide(parameters[BIAS, unit])))


@njit
def advance_alif(layer: Table, parameters: States, states: States, arrived: States, sent: States) -> None:
    """Advance neurons with an adaptive threshold by one step; parameters as for ``advance_cuba``."""
    first = layer[FIRST]
    for unit in range(first, first + layer[UNITS]):
        u = _current(layer, unit, parameters, states, arrived)
        v = _voltage(u, unit, parameters, states)
        states[U, unit], states[V, unit] = u, v
        relax(unit, parameters, states)
        fires = word(v - wide(states[R, unit])) >= wide(states[THETA, unit])
        if fires:
            adapt(layer, unit, states)
        sent[unit] = (v if layer[MESSAGE] == GRADED else 1) if fires else 0


@njit
def relax(unit: int, parameters: States, states: States) -> None:
    """Let the threshold of a unit fall back to rest, and its refractory state to 0."""
    rest = wide(parameters[THRESHOLD, unit])
    above = decay(word(wide(states[THETA, unit]) - rest), wide(parameters[THRESHOLD_DECAY, unit]))
    states[THETA, unit] = word(above + rest)
    states[R, unit] = decay(wide(states[R, unit]), wide(parameters[REFRACTORY_DECAY, unit]))


@njit
def adapt(layer: Table, unit: int, states: States) -> None:
    """Raise the refractory state and the threshold of a unit that fired."""
    theta = wide(states[THETA, unit])
    states[R, unit] = word(wide(states[R, unit]) + 2 * theta)
    states[THETA, unit] = word(theta + layer[STEP])
