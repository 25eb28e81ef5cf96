"""A course of lessons: how a readout learns on the chip over layers that stay as they are."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from benchmarks.readouts.backbone import PART
from compile.pipeline import place_network
from hardware.activity import spread
from hardware.counters import Counters
from hardware.emulator.engine import EmulatorBackend
from hardware.energy.account import account
from hardware.energy.known import find_model
from hardware.learning.methods.supervised import supervised
from hardware.learning.rule import Rounding
from hardware.network import Connection, Layer
from hardware.neurons.readout import Readout
from hardware.program import Program
from hardware.session import Session
from hardware.streaming import run_parts
from hardware.synapses.dense import Dense
from lava_fed.learning.samples import Samples

READOUT = "learned"
"""Name of the layer that learns."""


@dataclass(frozen=True)
class Course:
    """What decides how a readout learns.

    Attributes
    ----------
    classes : int
        Units of the readout.
    margin : int
        Input that the label's unit must reach, in weight units.
    shift : int
        From input to error.
    anneal : tuple of int
        How often errors are halved in each pass over the samples.
    epoch : int
        Steps between updates; divides a sample.
    x1_impulse, x1_tau : int
        The presynaptic trace; so slow that it counts a sample's spikes.
    rounding : Rounding
        Who draws when weights are rounded: each synapse for itself, or one for all as in Lava.
    ceiling : int
        Input that no other unit may exceed, below the margin.
    """

    classes: int
    margin: int
    shift: int
    anneal: tuple[int, ...]
    epoch: int
    x1_impulse: int
    x1_tau: int
    rounding: Rounding = Rounding.INDEPENDENT
    ceiling: int = 0


class Learned(TypedDict):
    """What one device came to; costs are of one sample while it learned."""

    seed: int
    samples: int
    passes: int
    accuracy: dict[str, list[float]]
    spikes: dict[str, float]
    synaptic_operations: dict[str, float]
    learning_updates: dict[str, float]
    joules: dict[str, float]


def with_readout(backbone: Program, course: Course) -> Program:
    """Put a readout that knows nothing in the place of a backbone's last layer."""
    old = backbone.network
    method = supervised(epoch=course.epoch, x1_impulse=course.x1_impulse, x1_tau=course.x1_tau)
    rule = dataclasses.replace(method.rule, rounding=course.rounding)
    hidden = old.layers[-2]
    blank = Dense(np.zeros((course.classes, hidden.units), np.int16))
    kept = tuple(connection for connection in old.connections if connection.target != old.output.name)
    network = dataclasses.replace(
        old,
        layers=(
            *old.layers[:-1],
            Layer(READOUT, Readout(course.classes, course.margin, course.shift, course.ceiling)),
        ),
        connections=(*kept, Connection(hidden.name, READOUT, blank, rule)),
    )
    return place_network(network, backbone.chip, provenance=backbone.provenance)


def learn(
    backbone: Program,
    course: Course,
    samples: Samples,
    tests: Mapping[str, Samples],
    seed: int,
    on_pass: Callable[[int, float], None],
) -> Learned:
    """Let one device learn a readout from nothing, and test it after each pass.

    Parameters
    ----------
    backbone : Program
        All layers but the last keep their weights.
    course : Course
        How.
    samples : Samples
        What it learns from, in a new order in each pass.
    tests : mapping of str to Samples
        What it is tested with.
    seed : int
        Of the orders and of the device's random streams.
    on_pass : callable
        Told the number of each pass as it ends, with the accuracy on the first test.
    """
    rng, program = np.random.default_rng(seed), with_readout(backbone, course)
    accuracy: dict[str, list[float]] = {name: [] for name in tests}
    counters, learned = Counters(), 0
    with EmulatorBackend().load(program) as session:
        for number, anneal in enumerate(course.anneal, 1):
            data = samples.take(rng.permutation(len(samples)))
            told = session.learn(data.x, data.labels, seed=seed, anneal=anneal, after=learned, layers=())
            counters, learned = counters + told.counters, learned + len(samples)
            for name, test in tests.items():
                accuracy[name].append(right(session, test))
            on_pass(number, next(iter(accuracy.values()))[-1])
    activity = spread(program.network, counters.spikes, learned, learned * data.x.steps)
    joules = account(program, activity, find_model(program.chip.name), learning=True).joules.over(learned)
    return Learned(
        seed=seed,
        samples=len(samples),
        passes=len(course.anneal),
        accuracy=accuracy,
        spikes=_each(counters.spikes, learned),
        synaptic_operations=_each(counters.synaptic_operations, learned),
        learning_updates=_each(counters.learning_updates, learned),
        joules={"value": joules.value, "low": joules.low, "high": joules.high},
    )


def right(session: Session, samples: Samples) -> float:
    """Return the part of samples, 0..1, for which the label's unit has the highest score."""
    found: list[NDArray[np.bool_]] = []
    for start in range(0, len(samples), PART):
        data, first = samples.take(slice(start, start + PART)), 0
        for result in run_parts(session, [data.x], layers=[READOUT]):
            said = result.scores(READOUT).argmax(axis=1)
            found.append(said == data.labels[first : first + len(said)])
            first += len(said)
    return float(np.concatenate(found).mean())


def _each(events: Mapping[str, int], samples: int) -> dict[str, float]:
    return {name: count / samples for name, count in events.items()}
