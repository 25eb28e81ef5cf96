"""Compiled units that send changes or sums: delta, sigma-delta, sigma, relay."""

from __future__ import annotations

from numba import njit

from hardware.emulator.arrays import States, Table, wide
from hardware.emulator.tables import (
    BIAS,
    BINARY,
    CUMULATIVE,
    FIRST,
    IN_SHIFT,
    OUT_SHIFT,
    RECTIFIES,
    THRESHOLD,
    UNITS,
)
from hardware.fixed import word

SUM = 0
"""Row of the state table that holds sigma; of a sigma-delta unit the three rows of ``delta`` follow."""


@njit
def advance_delta(layer: Table, parameters: States, states: States, arrived: States, sent: States) -> None:
    """Advance delta encoders by one step; parameters as for ``advance_cuba``."""
    first = layer[FIRST]
    for unit in range(first, first + layer[UNITS]):
        x = word(wide(arrived[unit - first]) << layer[IN_SHIFT])
        sent[unit] = _changed(layer, unit, x, 0, parameters, states)


@njit
def advance_sigma_delta(layer: Table, parameters: States, states: States, arrived: States, sent: States) -> None:
    """Advance sigma-delta units by one step; parameters as for ``advance_cuba``."""
    first = layer[FIRST]
    for unit in range(first, first + layer[UNITS]):
        sigma = word(wide(states[SUM, unit]) + wide(arrived[unit - first]))
        states[SUM, unit] = sigma
        x = word(sigma + wide(parameters[BIAS, unit]))
        if layer[RECTIFIES]:
            x = max(x, 0)
        sent[unit] = _changed(layer, unit, x, 1, parameters, states)


@njit
def _changed(layer: Table, unit: int, x: int, row: int, parameters: States, states: States) -> int:
    """Return the message for a value that is now ``x``; act, residue and error lie from ``row`` on."""
    d = word(x - wide(states[row, unit]) + wide(states[row + 1, unit]))
    compared = d
    if layer[CUMULATIVE]:
        compared = word(wide(states[row + 2, unit]) + d)
        states[row + 2, unit] = compared
    message = d if word(abs(compared)) >= wide(parameters[THRESHOLD, unit]) else 0
    if word(abs(message)) > 0:
        states[row + 2, unit] = 0
    states[row, unit] = x
    states[row + 1, unit] = word(d - message)
    return message >> int(layer[OUT_SHIFT])


@njit
def advance_sigma(layer: Table, states: States, arrived: States, sent: States) -> None:
    """Advance sigma decoders by one step; parameters as for ``advance_cuba``."""
    first = layer[FIRST]
    for unit in range(first, first + layer[UNITS]):
        states[SUM, unit] += arrived[unit - first]
        sent[unit] = states[SUM, unit]


@njit
def pass_on(layer: Table, arrived: States, sent: States) -> None:
    """Let relays send what arrived; parameters as for ``advance_cuba``."""
    first = layer[FIRST]
    for unit in range(first, first + layer[UNITS]):
        message = wide(arrived[unit - first])
        sent[unit] = min(abs(message), 1) if layer[BINARY] else message
