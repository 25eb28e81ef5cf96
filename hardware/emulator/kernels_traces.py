"""Compiled traces: what an epoch remembers of spikes, and what comes of it at its end."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from hardware.chip.widths import TRACE_MAX
from hardware.emulator.arrays import Flags, States, Table, low
from hardware.emulator.blocks import lowest_bit
from hardware.emulator.kernels_events import GROUP, ONE, group_of
from hardware.emulator.tables import (
    FIRED_AT,
    OVERFLOW,
    OVERWRITE,
    PAYLOAD,
    POST,
    POST_ROWS,
    SATURATE,
    SOURCE,
    SOURCES,
    TARGET,
    TARGETS,
    TRACE,
    TWO_FACTOR,
    X1,
    X1_IMPULSE,
    X2,
    X2_IMPULSE,
    Y1_IMPULSE,
)
from hardware.fixed import clamp, decay_trace


@njit
def observe_spikes(connection: Table, rule: Table, fired: Flags, traces: States, time: int) -> None:
    """Note which sources fired: the epoch remembers the last time; an earlier spike adds its impulse at once.

    Parameters
    ----------
    connection, rule : int64 array, shape (columns,)
        Rows of the tables.
    fired : uint8 array, shape (units of all populations,)
        Who fired.
    traces : int32 array, shape (TRACE_ROWS, traces)
        Changed in place.
    time : int
        Step within the epoch, 1..epoch.
    """
    units = connection[SOURCES]
    flags = fired[connection[SOURCE] : connection[SOURCE] + units]
    for first in range(0, units, GROUP):
        bits = group_of(flags, first, units)
        while bits:
            i = connection[TRACE] + first + np.int64(lowest_bit(bits))
            if traces[FIRED_AT, i]:
                _rise(traces, X1, i, rule[X1_IMPULSE])
                _rise(traces, X2, i, rule[X2_IMPULSE])
            traces[FIRED_AT, i] = time
            bits &= bits - ONE


@njit
def observe_messages(connection: Table, rule: Table, messages: States, traces: States, time: int) -> None:
    """Note what sources send that send integers; see ``PreTraces.observe``, of which this is the compiled form."""
    first, mode = connection[SOURCE], rule[PAYLOAD]
    for source in range(connection[SOURCES]):
        i = connection[TRACE] + source
        message = int(messages[first + source])
        half = message >> 1
        half = (half + (message & half & 1)) & 0xFF
        noted = message != 0
        again = noted and traces[FIRED_AT, i] > 0
        if mode == OVERWRITE:
            if noted:
                traces[X1, i] = half
        elif mode in (SATURATE, OVERFLOW):
            total = (traces[X1, i] + half) & 0xFF
            if mode == OVERFLOW:
                noted, again = noted and total > TRACE_MAX, again and total > TRACE_MAX
                traces[X1, i] = total - TRACE_MAX if total > TRACE_MAX else total
            else:
                traces[X1, i] = min(total, TRACE_MAX)
        elif again:
            _rise(traces, X1, i, rule[X1_IMPULSE])
        if again:
            _rise(traces, X2, i, rule[X2_IMPULSE])
        if noted:
            traces[FIRED_AT, i] = time


@njit
def observe_targets(
    connection: Table, rule: Table, fired: Flags, messages: States, integers: bool, traces: States, time: int
) -> None:
    """Note which targets fired, for a rule that hears them; see ``PostTraces.observe``."""
    first = connection[TARGET]
    for unit in range(connection[TARGETS]):
        i = rule[POST] + unit
        message = int(messages[first + unit]) if integers else int(fired[first + unit])
        if message != 0:
            if rule[TWO_FACTOR] and traces[FIRED_AT, i] > 0:
                for trace in range(3):
                    _rise(traces, POST_ROWS[trace], i, rule[Y1_IMPULSE + trace])
            traces[FIRED_AT, i] = time


@njit
def _rise(traces: States, row: int, i: int, impulse: int) -> None:
    traces[row, i] = clamp(traces[row, i] + impulse, 0, TRACE_MAX)


@njit
def follow_source(
    value: int, fired_at: int, epoch: int, impulse: int, factor: float, draw: float
) -> tuple[int, int]:
    """Carry a trace of one source through an epoch.

    Returns
    -------
    at_spike, at_end : int
        The trace in the step of the last spike (at the epoch's start, where there was none) and at the end.
    """
    at_spike = value
    if fired_at:
        at_spike = clamp(_decayed(value, fired_at, factor, draw) + impulse, 0, TRACE_MAX)
    return at_spike, _decayed(at_spike, epoch - fired_at, factor, draw)


@njit
def _decayed(value: int, steps: int, factor: float, draw: float) -> int:
    """Let a trace decay; all steps of an epoch share their draw, so what does not change once never will."""
    for _ in range(steps):
        before = value
        value = decay_trace(value, factor, draw)
        if value == before:
            break
    return value


@njit
def follow_closely(
    value: int, fired_at: int, impulse: int, factor: float, draw: float, past: NDArray[np.int64]
) -> None:
    """Write the trace of one source at the epoch's start and after each of its steps."""
    past[0] = value
    for time in range(1, len(past)):
        past[time] = decay_trace(past[time - 1], factor, draw)
        if time == fired_at:
            past[time] = clamp(past[time] + impulse, 0, TRACE_MAX)


@njit
def follow_targets(
    past: States, first: int, fired_at: States, epoch: int, impulse: int, factor: float, draw: float
) -> int:
    """Write a trace of all targets after each step of an epoch, row by row behind row ``first``, its start.

    Returns
    -------
    int
        Steps after which it stays as it is; no further rows are written.
    """
    units, latest = len(fired_at), 0
    for unit in range(units):
        latest = max(latest, fired_at[unit])
    for time in range(1, epoch + 1):
        before, now, changed = past[first + time - 1], past[first + time], low(0)
        for unit in range(units):
            value = decay_trace(int(before[unit]), factor, draw)
            if fired_at[unit] == time:
                value = clamp(value + impulse, 0, TRACE_MAX)
            now[unit] = value
            changed |= low(value) ^ before[unit]
        if changed == 0 and time > latest:
            return time
    return epoch
