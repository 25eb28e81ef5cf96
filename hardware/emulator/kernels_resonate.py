"""Compiled resonators."""

from __future__ import annotations

from numba import njit

from hardware.emulator.arrays import States, Table, wide
from hardware.emulator.kernels_alif import THETA, R, adapt, relax
from hardware.emulator.tables import (
    ADAPTS,
    BY_PHASE,
    COS,
    DRIVE_IMAG,
    DRIVE_REAL,
    FIRST,
    GRADED,
    MESSAGE,
    PORTS,
    SIN,
    THRESHOLD,
    UNITS,
)
from hardware.fixed import align, decay, saturate, word

RE, IM = 0, 1
"""Rows of the state table; ``THETA`` and ``R`` follow."""


@njit
def advance_resonators(layer: Table, parameters: States, states: States, arrived: States, sent: States) -> None:
    """Advance resonators by one step; parameters as for ``advance_cuba``."""
    first, units, by_phase = layer[FIRST], layer[UNITS], layer[BY_PHASE]
    for unit in range(first, first + units):
        re, im = wide(states[RE, unit]), wide(states[IM, unit])
        sin, cos = wide(parameters[SIN, unit]), wide(parameters[COS, unit])
        into_re = word(align(wide(arrived[unit - first]))) + wide(parameters[DRIVE_REAL, unit])
        into_im = wide(parameters[DRIVE_IMAG, unit])
        if layer[PORTS] > 1:
            into_im += word(align(wide(arrived[units + unit - first])))
        new_re = saturate(decay(re, cos) - decay(im, sin) + into_re)
        new_im = saturate(decay(re, sin) + decay(im, cos) + into_im)
        states[RE, unit], states[IM, unit] = new_re, new_im
        if layer[ADAPTS]:
            relax(unit, parameters, states)
        compared = new_re if by_phase else new_im
        fires = word(compared - wide(states[R, unit])) >= wide(states[THETA, unit])
        if by_phase and (new_im < 0 or im >= 0):
            fires = False
        if fires and layer[ADAPTS]:
            adapt(layer, unit, states)
        elif fires and not by_phase:
            states[RE, unit], states[IM, unit] = 0, wide(parameters[THRESHOLD, unit]) - 1
        sent[unit] = (compared if layer[MESSAGE] == GRADED else 1) if fires else 0
