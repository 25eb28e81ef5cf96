"""Compiled units that send changes or sums: delta, sigma-delta, sigma, relay.

Their states are words that wrap, so 32 bits give every bit.
"""

from __future__ import annotations

from typing import Any

from numba import njit

from hardware.emulator.arrays import States, Table, at, low
from hardware.emulator.tables import (
    ALIKE_THRESHOLD,
    BIAS,
    BINARY,
    CUMULATIVE,
    FIRST,
    IN_SHIFT,
    OUT_SHIFT,
    RECTIFIES,
    THRESHOLD,
    UNIFORM,
    UNITS,
)

SUM = 0
"""Row of the state table that holds sigma; of a sigma-delta unit the three rows of ``delta`` follow."""


@njit
def advance_delta(layer: Table, parameters: States, states: States, arrived: States, sent: States) -> None:
    """Advance delta encoders by one step; parameters as for ``advance_cuba``."""
    part = slice(layer[FIRST], layer[FIRST] + layer[UNITS])
    messages = sent[part]
    for unit in range(len(messages)):
        messages[unit] = low(arrived[unit] << layer[IN_SHIFT])
    _send_changes(layer, parameters, states, part, 0, messages)


@njit
def advance_sigma_delta(layer: Table, parameters: States, states: States, arrived: States, sent: States) -> None:
    """Advance sigma-delta units by one step; parameters as for ``advance_cuba``."""
    part = slice(layer[FIRST], layer[FIRST] + layer[UNITS])
    messages, sums, bias = sent[part], states[SUM][part], parameters[BIAS][part]
    lowest = low(0) if layer[RECTIFIES] else low(-(1 << 31))
    for unit in range(len(messages)):
        sums[unit] = low(sums[unit] + arrived[unit])
        messages[unit] = max(low(sums[unit] + bias[unit]), lowest)
    _send_changes(layer, parameters, states, part, 1, messages)


@njit
def _send_changes(
    layer: Table, parameters: States, states: States, part: slice, row: int, messages: States
) -> None:
    """Replace values by the messages that tell their changes; act, residue and error lie from ``row`` on."""
    acts, residues, errors = states[row][part], states[row + 1][part], states[row + 2][part]
    if layer[CUMULATIVE]:
        _send(acts, residues, errors, parameters[THRESHOLD][part], layer[OUT_SHIFT], messages)
    elif layer[UNIFORM]:
        _send(acts, residues, None, low(layer[ALIKE_THRESHOLD]), layer[OUT_SHIFT], messages)
    else:
        _send(acts, residues, None, parameters[THRESHOLD][part], layer[OUT_SHIFT], messages)


@njit
def _send(
    acts: States, residues: States, errors: States | None, threshold: Any, shift: int, messages: States
) -> None:
    for unit in range(len(messages)):
        x = messages[unit]
        change = low(low(x - acts[unit]) + residues[unit])
        compared = change
        if errors is not None:
            compared = low(errors[unit] + change)
        message = change if low(abs(compared)) >= at(threshold, unit) else low(0)
        if errors is not None:
            errors[unit] = low(0) if low(abs(message)) > 0 else compared
        acts[unit] = x
        residues[unit] = low(change - message)
        messages[unit] = low(message >> shift)


@njit
def advance_sigma(layer: Table, states: States, arrived: States, sent: States) -> None:
    """Advance sigma decoders by one step; parameters as for ``advance_cuba``."""
    part = slice(layer[FIRST], layer[FIRST] + layer[UNITS])
    messages, sums = sent[part], states[SUM][part]
    for unit in range(len(messages)):
        sums[unit] = low(sums[unit] + arrived[unit])
        messages[unit] = sums[unit]


@njit
def pass_on(layer: Table, arrived: States, sent: States) -> None:
    """Let relays send what arrived; parameters as for ``advance_cuba``."""
    first = layer[FIRST]
    for unit in range(layer[UNITS]):
        message = arrived[unit]
        sent[first + unit] = low(message != 0) if layer[BINARY] else message
