"""The compiled loop over samples and steps."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from hardware.emulator.arrays import States, Table, Weights
from hardware.emulator.image import Image
from hardware.emulator.kernels import advance_neurons, hold_back, observe, teach
from hardware.emulator.kernels_learning import learn
from hardware.emulator.kernels_synapses import deliver, slot_of
from hardware.emulator.machine_code import compiled
from hardware.emulator.tables import (
    DIRECT,
    EPOCH,
    FIRED_AT,
    FIRST,
    HELD,
    INTEGERS,
    LAYER,
    PORTS,
    SOURCE,
    SOURCES,
    STATES,
    TRACE,
    TRACES,
    TRAIN,
    UNITS,
    X1,
    X2,
    Y1,
)


@compiled
def simulate(
    image: Image,
    plain_inputs: NDArray[np.uint8],
    graded_inputs: States,
    labels: States,
    weights: Weights,
    draws: NDArray[np.float64],
    learning: bool,
    plain: NDArray[np.uint8],
    graded: States,
    wanted: Table,
    recorded: States,
) -> None:
    """Run samples one after another, each from rest.

    Parameters
    ----------
    image : Image
        The tables.
    plain_inputs, graded_inputs : uint8 and int32 array, shape (samples, steps, inputs)
        Input of either type; the other one is empty.
    labels : int32 array, shape (samples,)
        Unit to teach, or -1.
    weights : int16 array, shape (weights of all connections,)
        Changed in place where ``learning``.
    draws : float64 array, shape (3, samples * steps + 1)
        Draws for x traces, y traces and weights.
    learning : bool
        Whether traces and weights change.
    plain, graded, wanted, recorded : arrays
        See ``Records``; all but ``wanted`` are filled.
    """
    states, sent = np.empty_like(image.rest), np.empty(image.rest.shape[1], np.int32)
    inbox, outbox = np.empty(image.sizes[0], np.int32), np.empty(image.sizes[1], np.int32)
    scratch, traces = np.zeros(image.sizes[2], np.int32), np.empty((3, image.sizes[3]), np.int32)
    step = 0
    for sample in range(plain.shape[0]):
        states[:] = image.rest
        inbox[:], outbox[:], traces[:] = 0, 0, 0
        for index in range(plain.shape[1]):
            step += 1
            if plain_inputs.shape[0]:
                sent[: plain_inputs.shape[2]] = plain_inputs[sample, index]
            else:
                sent[: graded_inputs.shape[2]] = graded_inputs[sample, index]
            _deliver_all(image, weights, sent, inbox, scratch, index - 1, True)
            last = index == plain.shape[1] - 1
            for row in range(len(image.layers)):
                layer = image.layers[row]
                at = slot_of(layer, index)
                arrived = inbox[at : at + layer[PORTS] * layer[UNITS]]
                advance_neurons(layer, image.parameters, states, arrived, sent)
                teach(layer, arrived, states, labels[sample] if last and learning else -1)
                arrived[:] = 0
                if layer[HELD]:
                    hold_back(layer, image.parameters, outbox, sent, index)
                _show(layer, sent, plain[sample, index], graded[sample, index])
            _deliver_all(image, weights, sent, inbox, scratch, index, False)
            if learning:
                _learn(image, weights, draws, sent, states, traces, step)
            _record(wanted, recorded[sample, index], states, traces, weights)


@njit
def _deliver_all(
    image: Image, weights: Weights, sent: States, inbox: States, scratch: States, step: int, direct: bool
) -> None:
    """Deliver over the connections that are direct, or over those that are not, to the step after ``step``."""
    for row in range(len(image.connections)):
        connection = image.connections[row]
        if (connection[DIRECT] != 0) != direct:
            continue
        layer = image.layers[connection[LAYER]]
        messages = sent[connection[SOURCE] : connection[SOURCE] + connection[SOURCES]]
        deliver(connection, layer, image.indices, image.delays, weights, messages, inbox, scratch, step)


@njit
def _show(layer: Table, sent: States, plain: NDArray[np.uint8], graded: States) -> None:
    """Write what a layer sends into its part of the trains."""
    first, train = layer[FIRST], layer[TRAIN]
    if layer[INTEGERS]:
        for unit in range(layer[UNITS]):
            graded[train + unit] = sent[first + unit]
    else:
        for unit in range(layer[UNITS]):
            plain[train + unit] = sent[first + unit]


@njit
def _learn(
    image: Image,
    weights: Weights,
    draws: NDArray[np.float64],
    sent: States,
    states: States,
    traces: States,
    step: int,
) -> None:
    """Let each connection that learns see the step, and close the epochs that end with it."""
    for row in range(len(image.connections)):
        connection, rule = image.connections[row], image.rules[row]
        if connection[TRACE] < 0:
            continue
        time = (step - 1) % rule[EPOCH] + 1
        observe(connection, rule, sent, traces[X1], traces[X2], traces[FIRED_AT], time)
        if time == rule[EPOCH]:
            epochs = step // rule[EPOCH]
            chosen = (draws[0, step], draws[1, step], draws[2, epochs])
            learn(
                connection,
                rule,
                image.factors[row],
                image.products,
                weights,
                traces[X1],
                traces[X2],
                traces[FIRED_AT],
                states[Y1],
                epochs,
                chosen,
            )


@njit
def _record(wanted: Table, recorded: States, states: States, traces: States, weights: Weights) -> None:
    """Copy the states that were asked for."""
    at = 0
    for probe in range(len(wanted)):
        bank, row, first, columns = wanted[probe]
        for column in range(first, first + columns):
            if bank == STATES:
                recorded[at] = states[row, column]
            elif bank == TRACES:
                recorded[at] = traces[row, column]
            else:
                recorded[at] = weights[column]
            at += 1
