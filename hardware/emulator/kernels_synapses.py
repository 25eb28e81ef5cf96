"""Compiled synapses: the messages of a step become what arrives; where nothing is sent, nothing is done.

A connection sums the weights of the units that spike, or, where most of its sources do, subtracts those of the
silent ones from the sum of all. Both give the same bits, because sums are integers that wrap.
"""

from __future__ import annotations

from numba import njit

from hardware.emulator.arrays import States, Sums, Table, Weights, copy, wide
from hardware.emulator.blocks import BLOCK
from hardware.emulator.image import Image
from hardware.emulator.kernels_convolution import GUESSED, convolve
from hardware.emulator.kernels_events import ACTIVE, CROWDED, ENTRIES, SILENT
from hardware.emulator.kernels_patterns import gather
from hardware.emulator.kernels_rows import add_products, add_rows
from hardware.emulator.kernels_settle import drive, settle
from hardware.emulator.kernels_windows import listen
from hardware.emulator.tables import (
    BITS,
    CONVOLUTION,
    DELAY,
    ENCODING,
    EXPONENT,
    FAN,
    FRESH,
    FROM,
    INBOX,
    INDEX,
    LATE,
    LISTENS,
    NARROW_WEIGHTS,
    ONE_TO_ONE,
    PLASTIC_WEIGHTS,
    PORT,
    REACHES,
    ROOM,
    SENDS_INTEGERS,
    SHORT,
    SLOTS,
    SOURCE,
    SOURCES,
    SPARSE,
    STORE,
    TARGETS,
    UNITS,
    WEIGHT,
    WINDOWS,
)
from hardware.emulator.work import Work
from hardware.fixed import scale


@njit(forceinline=True)
def slot_of(layer: Table, step: int) -> int:
    """Return where the sums that arrive at a layer in ``step`` begin."""
    if layer[SLOTS] == 1:
        return int(layer[INBOX])
    slot: int = step % layer[SLOTS] * layer[ROOM]
    return slot + int(layer[INBOX])


@njit(forceinline=True)
def deliver(
    connection: Table, layer: Table, population: Table, image: Image, plastic: Weights, work: Work, step: int
) -> int:
    """Add weight times message to what arrives in the next step, or later by the synapse's delay.

    Parameters
    ----------
    connection, layer, population : int64 array, shape (columns,)
        Rows of the connection, of its target and of its source.
    image : Image
        The tables.
    plastic : int16 array
        Weights of the connections that learn.
    work : Work
        Working memory; messages are read, what is due is changed.
    step : int
        Which step of the sample this is.

    Returns
    -------
    int
        Synapses reached.
    """
    at = slot_of(layer, step + 1) + connection[PORT] * layer[UNITS]
    due = work.inbox[at : at + connection[TARGETS]]
    found, source = work.found[connection[FROM]], connection[SOURCE]
    graded = population[SENDS_INTEGERS] != 0
    if connection[ENCODING] == ONE_TO_ONE:
        messages = work.messages[source : source + connection[SOURCES]]
        if not graded:
            copy(messages, work.fired[source : source + connection[SOURCES]])
        drive(connection, image, messages, due)
        return int(found[ACTIVE])
    if found[ACTIVE] == 0:
        if connection[FRESH]:
            due[:] = 0
        return 0
    if found[CROWDED]:
        reached = gather(connection, image.indices, image.wide, work.fired, work.begins, work.short)
        settle(connection, work.short, image.short_totals, False, due, 0)
        return reached
    events = work.events[source : source + found[ENTRIES] + GUESSED]
    messages = work.messages[source : source + connection[SOURCES]]
    if connection[ENCODING] == LATE:
        return _deliver_late(connection, layer, image, events, messages, work, step, graded)
    silent = found[SILENT] != 0
    if not graded and connection[SHORT]:
        if connection[WINDOWS] >= 0 and found[ENTRIES] >= connection[LISTENS]:
            fired, begins = work.fired, work.begins
            reached = listen(connection, image.indices, image.narrow, fired, events, silent, begins, work.short)
        else:
            reached = _scatter(connection, image.indices, image.narrow, events, None, work.short)
        settle(connection, work.short, image.short_totals, silent, due, 0)
    else:
        reached = _sum_words(connection, image, plastic, events, messages, work.sums, graded)
        settle(connection, work.sums, image.totals, silent, due, 32 - connection[BITS])
    return int(connection[REACHES]) - reached if silent else reached


@njit(forceinline=True)
def _sum_words(
    connection: Table, image: Image, plastic: Weights, events: States, messages: States, sums: States, graded: bool
) -> int:
    """Sum in 32 bits, from whichever store holds the weights."""
    if connection[STORE] == NARROW_WEIGHTS:
        if graded:
            return _scatter(connection, image.indices, image.narrow, events, messages, sums)
        return _scatter(connection, image.indices, image.narrow, events, None, sums)
    weights = plastic if connection[STORE] == PLASTIC_WEIGHTS else image.wide
    if graded:
        return _scatter(connection, image.indices, weights, events, messages, sums)
    return _scatter(connection, image.indices, weights, events, None, sums)


@njit(forceinline=True)
def _scatter(
    connection: Table, indices: States, weights: Weights, events: States, messages: States | None, sums: Sums
) -> int:
    """Add the rows of all entries; return how many synapses they have."""
    entries = len(events) - GUESSED
    if connection[ENCODING] == CONVOLUTION:
        return convolve(connection, indices, weights, events, entries, messages, sums)
    if connection[ENCODING] == SPARSE:
        return _scatter_sparse(connection, indices, weights, events, messages, sums)
    targets = connection[TARGETS]
    if messages is None:
        add_rows(sums, 0, targets, weights, connection[WEIGHT], targets, events, 0, entries)
    else:
        add_products(sums, 0, targets, weights, connection[WEIGHT], targets, events, 0, entries, messages)
    if connection[FAN] < 0:
        return entries * int(targets)
    reached = 0
    for entry in range(entries):
        reached += indices[connection[FAN] + events[entry]]
    return reached


@njit
def _scatter_sparse(
    connection: Table, indices: States, weights: Weights, events: States, messages: States | None, sums: Sums
) -> int:
    begins = indices[connection[INDEX] : connection[INDEX] + connection[SOURCES] + 1]
    target_of = indices[connection[INDEX] + connection[SOURCES] + 1 :]
    reached = 0
    for entry in range(len(events) - GUESSED):
        source = events[entry]
        first, stop = begins[source], begins[source + 1]
        reached += stop - first
        for synapse in range(first, stop):
            weight = weights[connection[WEIGHT] + synapse]
            if messages is None:
                sums[target_of[synapse]] += weight
            else:
                sums[target_of[synapse]] += weight * messages[source]
    return reached


@njit
def _deliver_late(
    connection: Table,
    layer: Table,
    image: Image,
    events: States,
    messages: States,
    work: Work,
    step: int,
    graded: bool,
) -> int:
    """Deliver by synapses with delays; each delay's sum is scaled on its own."""
    targets, sums, entries = connection[TARGETS], work.sums, len(events) - GUESSED
    for entry in range(entries):
        source = events[entry]
        message = wide(messages[source]) if graded else wide(1)
        start, late = connection[WEIGHT] + source * targets, connection[DELAY] + source * targets
        for target in range(targets):
            sums[image.delays[late + target] * targets + target] += image.wide[start + target] * message
    for delay in range(layer[SLOTS]):
        if (delay + 1) * targets > len(sums) - BLOCK:
            break
        at = slot_of(layer, step + 1 + delay) + connection[PORT] * layer[UNITS]
        for target in range(targets):
            due = at + target
            work.inbox[due] += scale(wide(sums[delay * targets + target]), connection[EXPONENT])
            sums[delay * targets + target] = 0
    return entries * int(targets)
