"""Compiled synapses: the messages of a step become what arrives; where nothing is sent, nothing is done.

A connection sums the weights of the units that spike, or, where most of its sources do, subtracts those of the
silent ones from the sum of all. Both give the same bits, because sums are integers that wrap.
"""

from __future__ import annotations

from numba import njit

from hardware.emulator.arrays import States, Sums, Table, Weights, copy, low, wide
from hardware.emulator.blocks import BLOCK, shifted_down, shifted_up
from hardware.emulator.image import Image
from hardware.emulator.kernels_convolution import GUESSED, convolve
from hardware.emulator.kernels_events import ACTIVE, CROWDED, ENTRIES, SILENT
from hardware.emulator.kernels_patterns import gather
from hardware.emulator.kernels_rows import add_products, add_rows
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
    TOTAL,
    UNIT,
    UNITS,
    WEIGHT,
    WINDOWS,
)
from hardware.emulator.work import Work
from hardware.fixed import compilable, scale


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
        _drive(connection, image, messages, due)
        return int(found[ACTIVE])
    if found[ACTIVE] == 0:
        if connection[FRESH]:
            due[:] = 0
        return 0
    if found[CROWDED]:
        reached = gather(connection, image.indices, image.wide, work.fired, work.begins, work.short)
        _settle(connection, work.short, image.short_totals, False, due, 0)
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
        _settle(connection, work.short, image.short_totals, silent, due, 0)
    else:
        reached = _sum_words(connection, image, plastic, events, messages, work.sums, graded)
        _settle(connection, work.sums, image.totals, silent, due, 32 - connection[BITS])
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


@njit(forceinline=True)
def _settle(connection: Table, scratch: Sums, totals: Sums, silent: bool, due: States, cut: int) -> None:
    """Turn sums into what arrives, without the ``cut`` bits that do not count, and clear them."""
    targets, sums = len(due), scratch[: len(due)]
    if silent:
        total = totals[connection[TOTAL] : connection[TOTAL] + targets]
        for target in range(targets):
            sums[target] = total[target] - sums[target]
    left, up, down = low(connection[UNIT] + cut), _up(connection), _down(connection)
    if connection[FRESH] and cut == 0 and connection[EXPONENT] == 0:
        for target in range(targets):
            due[target] = shifted_up(low(sums[target]), left)
            sums[target] = 0
    elif connection[FRESH]:
        for target in range(targets):
            word = shifted_down(shifted_up(low(sums[target]), left), low(cut))
            due[target] = shifted_down(shifted_up(word, up), down)
            sums[target] = 0
    else:
        for target in range(targets):
            word = shifted_down(shifted_up(low(sums[target]), left), low(cut))
            due[target] += shifted_down(shifted_up(word, up), down)
            sums[target] = 0
    scratch[targets : targets + BLOCK] = 0


@njit
def _drive(connection: Table, image: Image, messages: States, due: States) -> None:
    """Deliver by synapses that join unit i to unit i."""
    first, units = connection[WEIGHT], len(due)
    if connection[STORE] == NARROW_WEIGHTS:
        _multiply(connection, messages, image.narrow[first : first + units], due)
    else:
        _multiply(connection, messages, image.wide[first : first + units], due)


@njit(forceinline=True)
def _multiply(connection: Table, messages: States, weights: Weights, due: States) -> None:
    left, down, fresh = low(connection[UNIT] + max(connection[EXPONENT], 0)), _down(connection), connection[FRESH]
    for i in range(len(due)):
        arrived = shifted_down(shifted_up(low(low(messages[i]) * low(weights[i])), left), down)
        due[i] = arrived if fresh else due[i] + arrived


@compilable
def _up(connection: Table) -> int:
    return low(max(connection[EXPONENT], 0))


@compilable
def _down(connection: Table) -> int:
    return low(max(-connection[EXPONENT], 0))


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
