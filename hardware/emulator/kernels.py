"""Compiled phases of a step: neurons of any kind, axons.

Every kernel works on flat arrays (see ``image``) for one sample. Operands are widened to 64 bits before any
product; what is stored keeps the low 32 bits, as Lava's arrays do.
"""

from __future__ import annotations

from numba import njit

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
    OUTBOX,
    RESONATOR,
    SIGMA,
    SIGMA_DELTA,
    UNITS,
)


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
