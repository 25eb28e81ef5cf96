"""Compiled plasticity of a step: every connection that learns, by the kernels that its rule needs."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from hardware.emulator.image import Image
from hardware.emulator.kernels import observe
from hardware.emulator.kernels_learning import learn
from hardware.emulator.kernels_rules import learn_broadly, observe_post, observe_pre
from hardware.emulator.tables import (
    BROAD,
    EPOCH,
    FIRED_AT,
    FROM,
    INTEGERS,
    LAYER,
    SENDS_INTEGERS,
    TRACE,
    X1,
    X2,
    Y1,
)
from hardware.emulator.work import Work


@njit
def learn_step(
    image: Image,
    plastic: NDArray[np.int16],
    draws: NDArray[np.float64],
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
    draws : float64 array, shape (3, steps + 1)
        Draws for x traces, y traces and weights.
    work : Work
        Traces and tags are changed.
    step : int
        Step of all samples, from 1.
    graded_inputs : bool
        Whether the input sends integers in this run.
    """
    traces = work.traces
    for row in range(len(image.connections)):
        connection, rule = image.connections[row], image.rules[row]
        if connection[TRACE] < 0:
            continue
        time = (step - 1) % rule[EPOCH] + 1
        epochs = step // rule[EPOCH]
        chosen = (draws[0, step], draws[1, step], draws[2, epochs])
        if rule[BROAD]:
            source, target = image.populations[connection[FROM]], image.layers[connection[LAYER]]
            integers = source[SENDS_INTEGERS] != 0 or (connection[FROM] == 0 and graded_inputs)
            observe_pre(connection, rule, work.fired, work.messages, integers, traces, time)
            hears = target[INTEGERS] != 0
            observe_post(connection, rule, work.fired, work.messages, hears, work.states[Y1], traces, time)
            if time == rule[EPOCH]:
                learn_broadly(
                    connection,
                    rule,
                    image.factors[row],
                    image.products,
                    image.parts,
                    plastic,
                    work.tags,
                    traces,
                    epochs,
                    chosen,
                )
            continue
        observe(connection, rule, work.fired, traces[X1], traces[X2], traces[FIRED_AT], time)
        if time == rule[EPOCH]:
            learn(
                connection,
                rule,
                image.factors[row],
                image.products,
                plastic,
                traces[X1],
                traces[X2],
                traces[FIRED_AT],
                work.states[Y1],
                epochs,
                chosen,
            )
