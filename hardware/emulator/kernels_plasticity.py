"""Compiled plasticity of a step: every connection that learns, by the kernels that its rule needs."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from hardware.emulator.image import Image
from hardware.emulator.kernels_events import ACTIVE
from hardware.emulator.kernels_learning import close_epoch
from hardware.emulator.kernels_traces import observe_messages, observe_spikes, observe_targets
from hardware.emulator.tables import (
    EPOCH,
    FROM,
    HEARS,
    IMPULSE,
    INDEPENDENT,
    INTEGERS,
    LAYER,
    MARKS,
    PAYLOAD,
    SENDS_INTEGERS,
    SOURCES,
    TAG,
    TARGETS,
    TRACE,
)
from hardware.emulator.told import BEFORE, Told
from hardware.emulator.work import Work


@njit
def begin_sample(image: Image, work: Work) -> None:
    """Forget traces and tags; tags are cleared where there are any, for they are as many as synapses."""
    for row in range(len(image.connections)):
        connection, rule = image.connections[row], image.rules[row]
        if connection[TRACE] < 0 or rule[TAG] < 0:
            continue
        targets = connection[TARGETS]
        for source in range(connection[SOURCES]):
            if work.traces[MARKS, connection[TRACE] + source]:
                first = rule[TAG] + source * targets
                work.tags[0, first : first + targets] = 0
                work.tags[1, first : first + targets] = 0
    work.traces[:] = 0


@njit
def learn_step(
    image: Image,
    plastic: NDArray[np.int16],
    told: Told,
    work: Work,
    step: int,
    graded_inputs: bool,
) -> None:
    """Let each connection that learns see the step, and close the epochs that end with it.

    Parameters
    ----------
    image : Image
        The tables.
    plastic : int16 array, shape (weights of all connections that learn,)
        Changed in place.
    told : Told
        The lesson.
    work : Work
        Traces and tags are changed.
    step : int
        Step of all samples of the lesson, from 1.
    graded_inputs : bool
        Whether the input sends integers in this run.
    """
    for row in range(len(image.connections)):
        connection, rule = image.connections[row], image.rules[row]
        if not told.awake[row]:
            continue
        time = (step - 1) % rule[EPOCH] + 1
        source, target = image.populations[connection[FROM]], image.layers[connection[LAYER]]
        integers = source[SENDS_INTEGERS] != 0 or (connection[FROM] == 0 and graded_inputs)
        if integers:
            if work.found[connection[FROM], ACTIVE] or rule[PAYLOAD] != IMPULSE:
                observe_messages(connection, rule, work.messages, work.traces, time)
        elif work.found[connection[FROM], ACTIVE]:
            observe_spikes(connection, rule, work.fired, work.traces, time)
        if rule[HEARS]:
            sends_integers = target[INTEGERS] != 0
            observe_targets(connection, rule, work.fired, work.messages, sends_integers, work.traces, time)
        if time == rule[EPOCH]:
            epochs = (told.numbers[BEFORE] + step) // rule[EPOCH]
            shared = 0.0 if rule[INDEPENDENT] else told.rounding[epochs]
            draws = (told.draws[0, step], told.draws[1, step], shared)
            close_epoch(row, image, plastic, work, epochs, draws, told.keys[row])
