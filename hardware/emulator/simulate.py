"""The compiled loop over samples and steps."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from hardware.emulator.arrays import Flags, States, Table, borrowed, copy, wide
from hardware.emulator.image import Image
from hardware.emulator.kernels import advance_neurons, hold_back
from hardware.emulator.kernels_cuba import U, V, advance_plain_cuba
from hardware.emulator.kernels_events import ACTIVE, list_senders
from hardware.emulator.kernels_plasticity import begin_sample, learn_step
from hardware.emulator.kernels_synapses import deliver, slot_of
from hardware.emulator.kernels_third_factors import advance_readout, teach
from hardware.emulator.machine_code import EMULATOR
from hardware.emulator.tables import (
    DIRECT,
    FIRST,
    FORGETS,
    FROM,
    HELD,
    INTEGERS,
    KIND,
    LAYER,
    POPULATION,
    PROVED,
    READOUT,
    ROOM,
    SLOTS,
    STATES,
    STEADY,
    TAGS,
    TAUGHT,
    TRACES,
    TRAIN,
    UNITS,
)
from hardware.emulator.told import ANNEAL, LABEL, LEARNING, REWARDED, Told
from hardware.emulator.work import Work


@EMULATOR.compiled
def simulate(
    image: Image,
    work: Work,
    plain_inputs: Flags,
    graded_inputs: States,
    told: Told,
    plastic: NDArray[np.int16],
    plain: Flags,
    graded: States,
    wanted: Table,
    recorded: States,
) -> None:
    """Run samples one after another, each from rest.

    A step has two phases: what the host drives directly arrives at once; then layers advance, and what they and
    the input send is delivered to the next step. The loop over phases holds the one place from which anything is
    delivered: all of it is inlined there, because a call would cost more than a small layer.

    Parameters
    ----------
    image : Image
        The tables.
    work : Work
        Working memory; its counters go on.
    plain_inputs, graded_inputs : uint8 and int32 array, shape (samples, steps or 1, inputs)
        Input of either type, the other one is empty; one step is held through the sample.
    told : Told
        What is said of these samples.
    plastic : int16 array, shape (weights of all connections that learn,)
        Changed in place where they learn.
    plain, graded, wanted, recorded : arrays
        See ``Records``; all but ``wanted`` are filled.
    """
    image, work, told, step = borrowed(image), borrowed(work), borrowed(told), 0
    plain_inputs, graded_inputs, plastic = borrowed((plain_inputs, graded_inputs, plastic))
    learning, anneal = told.numbers[LEARNING] != 0, told.numbers[ANNEAL]
    plain, graded, wanted, recorded = borrowed((plain, graded, wanted, recorded))
    for sample in range(plain.shape[0]):
        for row in range(len(image.layers)):
            _rest(image.layers[row], image, work)
        work.inbox[:], work.outbox[:] = 0, 0
        begin_sample(image, work)
        for phase in range(2 * plain.shape[1]):
            index, driving = phase // 2, phase % 2 == 0
            if driving:
                step += 1
                _take(plain_inputs, graded_inputs, sample, index, image, work)
            else:
                said = told.samples[sample]
                moment = plain.shape[1] - 1 - index, wide(said[LABEL]), wide(said[REWARDED]), anneal
                for row in range(len(image.layers)):
                    layer = image.layers[row]
                    _advance(layer, image, work, index, moment)
                    _show(layer, work, plain[sample, index], graded[sample, index])
                    _list(image, work, layer[POPULATION])
            held = driving and index >= max(plain_inputs.shape[1], graded_inputs.shape[1])
            _deliver_all(image, plastic, work, index - driving, driving, held)
            if not driving:
                if learning:
                    learn_step(image, plastic, told, work, step, graded_inputs.shape[2] > 0)
                _record(wanted, recorded[sample, index], work, plastic)


@njit(forceinline=True)
def _rest(layer: Table, image: Image, work: Work) -> None:
    """Let a layer begin a sample at rest: every state that its neurons and its teacher keep."""
    part = slice(layer[FIRST], layer[FIRST] + layer[UNITS])
    plain = layer[PROVED] and not layer[TAUGHT]
    for row in range(V if plain and layer[FORGETS] else U, V + 1 if plain else len(work.states)):
        copy(work.states[row][part], image.rest[row][part])


@njit(forceinline=True)
def _take(plain_inputs: Flags, graded_inputs: States, sample: int, index: int, image: Image, work: Work) -> None:
    """Take the input of a step; one that is held stays listed from the sample's first step on."""
    if index < plain_inputs.shape[1]:
        copy(work.fired[: plain_inputs.shape[2]], plain_inputs[sample, index])
        _list(image, work, 0)
    elif index < graded_inputs.shape[1]:
        copy(work.messages[: graded_inputs.shape[2]], graded_inputs[sample, index])
        _list(image, work, 0)
    else:
        work.spikes[0] += work.found[0, ACTIVE]


@njit(forceinline=True)
def _list(image: Image, work: Work, population: int) -> None:
    """List and count who sends."""
    list_senders(image.populations[population], work.fired, work.messages, work.events, work.found[population])
    work.spikes[population] += work.found[population, ACTIVE]


@njit(forceinline=True)
def _advance(layer: Table, image: Image, work: Work, index: int, moment: tuple[int, int, int, int]) -> None:
    """Advance a layer by one step; what it sends is in ``fired`` or, of integers, in ``messages``."""
    at, part = slot_of(layer, index), slice(layer[FIRST], layer[FIRST] + layer[UNITS])
    arrived = work.inbox[at : at + layer[ROOM]]
    if layer[PROVED]:
        advance_plain_cuba(layer, image.parameters, work.states, arrived, work.fired)
    elif layer[KIND] == READOUT:
        advance_readout(layer, work.states, arrived, work.messages, moment)
    else:
        advance_neurons(layer, image.parameters, work.states, arrived, work.messages)
    if layer[HELD]:
        if layer[PROVED]:
            copy(work.messages[part], work.fired[part])
        hold_back(layer, image.parameters, work.outbox, work.messages, index)
    if not layer[INTEGERS] and (layer[HELD] or not layer[PROVED]):
        copy(work.fired[part], work.messages[part])
    if layer[TAUGHT]:
        teach(layer, image.parameters, work.states, arrived, work.fired, moment)
    if layer[SLOTS] > 1:
        arrived[:] = 0


@njit(forceinline=True)
def _deliver_all(
    image: Image, plastic: NDArray[np.int16], work: Work, step: int, driving: bool, held: bool
) -> None:
    """Deliver over the connections that are direct, or over those that are not, to the step after ``step``.

    What the host drives is still there from the step before where its input is held.
    """
    for row in range(len(image.connections)):
        connection = image.connections[row]
        if (connection[DIRECT] != 0) != driving:
            continue
        if held and connection[STEADY]:
            work.operations[row] += work.found[connection[FROM], ACTIVE]
            continue
        layer, population = image.layers[connection[LAYER]], image.populations[connection[FROM]]
        work.operations[row] += deliver(connection, layer, population, image, plastic, work, step)


@njit(forceinline=True)
def _show(layer: Table, work: Work, plain: Flags, graded: States) -> None:
    """Write what a layer sends into its part of the trains, where somebody asked for it."""
    part, train = slice(layer[FIRST], layer[FIRST] + layer[UNITS]), layer[TRAIN]
    if train < 0:
        return
    if layer[INTEGERS]:
        copy(graded[train : train + layer[UNITS]], work.messages[part])
    else:
        copy(plain[train : train + layer[UNITS]], work.fired[part])


@njit(forceinline=True)
def _record(wanted: Table, recorded: States, work: Work, plastic: NDArray[np.int16]) -> None:
    """Copy the states that were asked for."""
    at = 0
    for probe in range(len(wanted)):
        bank, row, first, columns = wanted[probe]
        if bank == STATES:
            copy(recorded[at : at + columns], work.states[row, first : first + columns])
        elif bank == TAGS:
            copy(recorded[at : at + columns], work.tags[row, first : first + columns])
        elif bank == TRACES:
            copy(recorded[at : at + columns], work.traces[row, first : first + columns])
        else:
            copy(recorded[at : at + columns], plastic[first : first + columns])
        at += columns
