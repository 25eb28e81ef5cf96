"""Compiled CUBA neurons: in 32 bits where a range analysis proves them, else in 64."""

from __future__ import annotations

from typing import Any

from numba import njit

from hardware.chip.widths import ALIGN_SHIFT, DECAY_BITS, DECAY_UNITY, STATE_LIMIT
from hardware.emulator.arrays import Flags, States, Table, at, low, wide
from hardware.emulator.tables import (
    ALIKE_CURRENT_DECAY,
    ALIKE_DRIVE,
    ALIKE_THRESHOLD,
    ALIKE_VOLTAGE_DECAY,
    BIAS,
    CURRENT_DECAY,
    DRIVE,
    FIRST,
    FORGETS,
    GRADED,
    MESSAGE,
    PORTS,
    REFRACTORY,
    SUBTRACT,
    THRESHOLD,
    UNIFORM,
    UNITS,
    VOLTAGE,
    VOLTAGE_DECAY,
)
from hardware.fixed import compilable, decay, joined, saturate, word, wrap

U, V, WAITING = 0, 1, 2
"""Rows of the state table."""


@njit
def advance_cuba(layer: Table, parameters: States, states: States, arrived: States, sent: States) -> None:
    """Advance CUBA neurons of any kind by one step, in 64 bits.

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
    first, units, refractory = layer[FIRST], layer[UNITS], layer[REFRACTORY]
    for unit in range(first, first + units):
        u = current(layer, unit, parameters, states, arrived)
        states[U, unit] = u
        if states[WAITING, unit]:
            states[WAITING, unit] -= 1
            sent[unit] = 0
            continue
        v = voltage(u, unit, parameters, states)
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
def current(layer: Table, unit: int, parameters: States, states: States, arrived: States) -> int:
    """Let the current decay, and add what arrived at both ports."""
    kept = decay(wide(states[U, unit]), wide(parameters[CURRENT_DECAY, unit]))
    index = unit - layer[FIRST]
    fine = wide(arrived[layer[UNITS] + index]) if layer[PORTS] > 1 else wide(0)
    return wrap(word(kept + joined(wide(arrived[index]), fine, wide(parameters[DRIVE, unit]))))


@njit
def voltage(u: int, unit: int, parameters: States, states: States) -> int:
    """Let the voltage decay, and add current and bias."""
    kept = decay(wide(states[V, unit]), wide(parameters[VOLTAGE_DECAY, unit]))
    return saturate(word(kept + u + wide(parameters[BIAS, unit])))


@njit
def advance_plain_cuba(layer: Table, parameters: States, states: States, arrived: States, fired: Flags) -> None:
    """Advance CUBA neurons that send plain spikes and do not wait after them; no step leaves 32 bits.

    Parameters
    ----------
    layer, parameters, states, arrived
        As for ``advance_cuba``.
    fired : uint8 array, shape (units of all populations,)
        Receives who fires.
    """
    first, units, subtract = layer[FIRST], layer[UNITS], layer[SUBTRACT] != 0
    part = slice(first, first + units)
    us, vs, spikes, bias = states[U][part], states[V][part], fired[part], parameters[BIAS][part]
    aligned = arrived[:units]
    if layer[UNIFORM]:
        decay_u, decay_v = low(layer[ALIKE_CURRENT_DECAY]), low(layer[ALIKE_VOLTAGE_DECAY])
        drive, threshold = low(layer[ALIKE_DRIVE]), low(layer[ALIKE_THRESHOLD])
        if layer[FORGETS] and layer[PORTS] > 1:
            fine = arrived[units:]
            _advance(None, vs, spikes, aligned, fine, decay_u, decay_v, drive, bias, threshold, subtract)
        elif layer[FORGETS]:
            _advance(None, vs, spikes, aligned, None, decay_u, decay_v, drive, bias, threshold, subtract)
        elif layer[PORTS] > 1:
            _advance(us, vs, spikes, aligned, arrived[units:], decay_u, decay_v, drive, bias, threshold, subtract)
        else:
            _advance(us, vs, spikes, aligned, None, decay_u, decay_v, drive, bias, threshold, subtract)
        return
    decays_u, decays_v = parameters[CURRENT_DECAY][part], parameters[VOLTAGE_DECAY][part]
    drives, thresholds = parameters[DRIVE][part], parameters[THRESHOLD][part]
    if layer[PORTS] > 1:
        _advance(us, vs, spikes, aligned, arrived[units:], decays_u, decays_v, drives, bias, thresholds, subtract)
    else:
        _advance(us, vs, spikes, aligned, None, decays_u, decays_v, drives, bias, thresholds, subtract)


@njit
def _advance(
    us: States | None,
    vs: States,
    spikes: Flags,
    aligned: States,
    fine: States | None,
    decay_u: Any,
    decay_v: Any,
    drive: Any,
    bias: States,
    threshold: Any,
    subtract: bool,
) -> None:
    """One loop without branches; decays, drive and threshold are vectors or shared by all units.

    ``us`` is ``None`` where the current is forgotten within the step, and nobody looks at it.
    """
    remains = low(-1) if subtract else low(0)
    for unit in range(len(vs)):
        if fine is None:
            arrived = low(low(aligned[unit] << ALIGN_SHIFT) + at(drive, unit))
        else:
            x = low(low(low(aligned[unit] << 2 * ALIGN_SHIFT) + fine[unit]) + low(at(drive, unit) << ALIGN_SHIFT))
            arrived = low(x + _if_negative(x, (1 << ALIGN_SHIFT) - 1)) >> ALIGN_SHIFT
        u = arrived if us is None else low(_decayed(us[unit], at(decay_u, unit)) + arrived)
        u = low((low(u + STATE_LIMIT - 1) & (2 * STATE_LIMIT - 1)) - (STATE_LIMIT - 1))
        v = low(low(_decayed(vs[unit], at(decay_v, unit)) + u) + bias[unit])
        v = low(min(max(v, low(1 - STATE_LIMIT)), low(STATE_LIMIT - 1)))
        fires = v > at(threshold, unit)
        kept = low(v - at(threshold, unit)) & remains
        if us is not None:
            us[unit] = u
        vs[unit] = kept if fires else v
        spikes[unit] = fires


@compilable
def _decayed(state: int, constant: int) -> int:
    """Decay a 24-bit state towards 0; the product of 36 bits is taken in two parts, of which none leaves 32."""
    keep, coarse, rest = low(DECAY_UNITY - constant), low(state >> DECAY_BITS), low(state & (DECAY_UNITY - 1))
    return low(coarse * keep) + (low(low(rest * keep) + _if_negative(state, DECAY_UNITY - 1)) >> DECAY_BITS)


@compilable
def _if_negative(state: int, amount: int) -> int:
    """Return what a shift to the right needs to round towards 0, as Lava's models do: nothing from 0 on."""
    return low(state >> 31) & low(amount)
