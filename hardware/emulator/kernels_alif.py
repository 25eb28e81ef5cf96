"""Compiled neurons with an adaptive threshold."""

from __future__ import annotations

from numba import njit

from hardware.emulator.arrays import States, Table, wide
from hardware.emulator.kernels_cuba import U, V, current, voltage
from hardware.emulator.tables import (
    FIRST,
    GRADED,
    MESSAGE,
    REFRACTORY_DECAY,
    STEP,
    THRESHOLD,
    THRESHOLD_DECAY,
    UNITS,
)
from hardware.fixed import decay, word

THETA, R = 2, 3
"""Rows of the state table; ``U`` and ``V`` come before."""


@njit
def advance_alif(layer: Table, parameters: States, states: States, arrived: States, sent: States) -> None:
    """Advance neurons with an adaptive threshold by one step; parameters as for ``advance_cuba``."""
    first = layer[FIRST]
    for unit in range(first, first + layer[UNITS]):
        u = current(layer, unit, parameters, states, arrived)
        v = voltage(u, unit, parameters, states)
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
