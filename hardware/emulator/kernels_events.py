"""Compiled lists of who sends in a step, or, where most of a population does, of who does not."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from hardware.emulator.arrays import Flags, States, Table, place
from hardware.emulator.blocks import bits_set, flags_at
from hardware.emulator.blocks_listed import list_places
from hardware.emulator.tables import GATHERED, LISTED, SENDS_INTEGERS, SILENCES, SIZE, START

FOUND = 4
ACTIVE, ENTRIES, SILENT, CROWDED = range(FOUND)
"""Columns of what ``list_senders`` finds: messages, entries of the list, whether these are the silent units, and
whether there are so many that no list was made, for readers that look at flags."""
GROUP = 64
"""Flags that are looked at together."""
SPARE = 8
"""Entries beyond the last one of a list that may be written."""
ONE, ALL, BYTE = np.uint64(1), np.uint64(2**64 - 1), np.uint64(255)
_PLACES = np.array(
    [sum(bit << 8 * k for k, bit in enumerate(b for b in range(8) if byte >> b & 1)) for byte in range(256)],
    np.uint64,
)
"""The places of the bits that are set in a byte, a byte each."""


@njit(forceinline=True)
def list_senders(population: Table, fired: Flags, messages: States, events: States, found: Table) -> None:
    """List the units of a population that send in this step, in order.

    Parameters
    ----------
    population : int64 array, shape (POPULATION_COLUMNS,)
        Row of the population table.
    fired : uint8 array, shape (units of all populations,)
        Who sends a plain spike.
    messages : int32 array, shape (units of all populations,)
        What is sent by those who send integers.
    events : int32 array, shape (units of all populations and some more,)
        Receives the list where the population begins, units counted within it.
    found : int64 array, shape (4,)
        Receives what was found.
    """
    first, units = population[START], population[SIZE]
    entries = events[first : first + units + SPARE]
    if population[SENDS_INTEGERS]:
        found[SILENT] = found[CROWDED] = 0
        if population[LISTED]:
            found[ACTIVE] = found[ENTRIES] = _list_graded(messages[first : first + units], entries)
        else:
            found[ACTIVE] = _count_graded(messages[first : first + units])
        return
    flags = fired[first : first + units]
    active = _count_plain(flags)
    found[ACTIVE] = found[ENTRIES] = active
    silent = population[SILENCES] != 0 and 2 * active > units
    found[SILENT] = silent
    if silent:
        found[ENTRIES] = units - active
    found[CROWDED] = population[GATHERED] >= 0 and found[ENTRIES] > population[GATHERED]
    if population[LISTED] and not found[CROWDED]:
        _list_plain(flags, entries, silent)


@njit(forceinline=True)
def _count_plain(flags: Flags) -> int:
    units, count = len(flags), place(0)
    for first in range(0, units, GROUP):
        count += bits_set(group_of(flags, first, units))
    return int(count)


@njit(forceinline=True)
def group_of(flags: Flags, first: int, units: int) -> Any:
    """Return up to 64 flags from ``first`` on as bits; other units' flags may follow, and do not count."""
    bits = flags_at(flags, first)
    return bits if units - first >= GROUP else bits & ((ONE << np.uint64(units - first)) - ONE)


@njit
def _count_graded(messages: States) -> int:
    count = 0
    for unit in range(len(messages)):
        count += messages[unit] != 0
    return count


@njit
def _list_graded(messages: States, entries: States) -> int:
    count = place(0)
    for unit in range(len(messages)):
        entries[count] = unit
        count += place(messages[unit] != 0)
    return int(count)


@njit(forceinline=True)
def _list_plain(flags: Flags, entries: States, silent: bool) -> None:
    """List the flags that are set, or those that are not, by groups of 64; each byte writes eight entries."""
    units, count = len(flags), place(0)
    for first in range(0, units, GROUP):
        bits = group_of(flags, first, units)
        if silent:
            bits ^= ALL if units - first >= GROUP else (ONE << np.uint64(units - first)) - ONE
        at = place(first)
        while bits:
            byte = bits & BYTE
            list_places(entries, count, _PLACES[byte], at)
            count += bits_set(byte)
            bits >>= np.uint64(8)
            at += place(8)
