"""Compiled phases of a step: neurons of any kind, axons, teacher.

Every kernel works on flat arrays (see ``image``) for one sample. Operands are widened to 64 bits before any
product; what is stored keeps the low 32 bits, as Lava's arrays do.
"""

from __future__ import annotations

from numba import njit

from hardware.chip.widths import TRACE_MAX
from hardware.emulator.arrays import States, Table, wide
from hardware.emulator.kernels_alif import advance_alif
from hardware.emulator.kernels_cuba import advance_cuba
from hardware.emulator.kernels_delta import advance_delta, advance_sigma, advance_sigma_delta, pass_on
from hardware.emulator.kernels_resonate import advance_resonators
from hardware.emulator.tables import (
    ALIF,
    AXON,
    CUBA,
    DELTA,
    FIRST,
    HELD,
    KIND,
    MARGIN,
    OUTBOX,
    RESONATOR,
    REST,
    SHIFT,
    SIGMA,
    SIGMA_DELTA,
    UNITS,
    Y1,
    M,
)
from hardware.fixed import clamp, saturate


@njit
def advance_neurons(layer: Table, parameters: States, states: States, arrived: States, sent: States) -> None:
    """Advance one layer of any kind by one step, and write its messages into ``sent``.

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
    kind = layer[KIND]
    if kind == CUBA:
        advance_cuba(layer, parameters, states, arrived, sent)
    elif kind == ALIF:
        advance_alif(layer, parameters, states, arrived, sent)
    elif kind == RESONATOR:
        advance_resonators(layer, parameters, states, arrived, sent)
    elif kind == DELTA:
        advance_delta(layer, parameters, states, arrived, sent)
    elif kind == SIGMA_DELTA:
        advance_sigma_delta(layer, parameters, states, arrived, sent)
    elif kind == SIGMA:
        advance_sigma(layer, states, arrived, sent)
    else:
        pass_on(layer, arrived, sent)


@njit
def hold_back(layer: Table, parameters: States, outbox: States, sent: States, step: int) -> None:
    """Exchange the messages of a layer for those whose axonal delay is over.

    Parameters
    ----------
    layer : int64 array, shape (LAYER_COLUMNS,)
        Row of the layer table.
    parameters : int32 array, shape (rows, units of all populations)
        The parameter table.
    outbox : int32 array, shape (messages under way,)
        Changed in place; a slot is read as soon as it was written, so it needs no clearing.
    sent : int32 array, shape (units of all populations,)
        Changed in place.
    step : int
        Which step of the sample this is.
    """
    first, units, held = layer[FIRST], layer[UNITS], layer[HELD]
    now = layer[OUTBOX] + step % held * units
    for unit in range(units):
        due = (step + wide(parameters[AXON, first + unit])) % held
        outbox[layer[OUTBOX] + due * units + unit] = sent[first + unit]
        sent[first + unit] = outbox[now + unit]


@njit
def teach(layer: Table, arrived: States, states: States, label: int) -> None:
    """Advance a layer's teacher; with ``label >= 0`` write the third factor, else clear it.

    Parameters
    ----------
    layer : int64 array, shape (LAYER_COLUMNS,)
        Row of the layer table; of a layer that has a teacher.
    arrived : int32 array, shape (ports * units of the layer,)
        Synaptic input; the first port counts.
    states : int32 array, shape (STATE_ROWS, units of all populations)
        The rows M and Y1 are changed.
    label : int
        Unit that should win, or -1.
    """
    first, margin, shift, rest = layer[FIRST], layer[MARGIN], layer[SHIFT], layer[REST]
    for unit in range(first, first + layer[UNITS]):
        total = saturate(wide(states[M, unit]) + wide(arrived[unit - first]))
        states[M, unit] = total
        if label < 0:
            states[Y1, unit] = 0
        elif unit - first == label:
            states[Y1, unit] = clamp((margin - total) >> shift, 0, TRACE_MAX)
        else:
            states[Y1, unit] = -clamp((total - rest) >> shift, 0, TRACE_MAX)
