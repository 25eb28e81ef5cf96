"""The small problem of the theory's experiments: digits of 8 x 8 pixels, networks with one hidden layer."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from benchmarks.child import ROOT
from compile.pipeline import compile_model
from hardware.chip.known import LOIHI2
from hardware.emulator.engine import EmulatorBackend
from hardware.network import Connection, Layer, Network
from hardware.neurons.cuba import Cuba
from hardware.program import Program
from hardware.synapses.dense import Dense
from lava_fed.aggregate.aggregator import MasterState, requantize
from lava_fed.data import registry
from lava_fed.data.images import Images
from lava_fed.learning.plan import Plan
from lava_fed.learning.training import Training
from lava_fed.local.slayer.trainer import Slayer
from lava_fed.local.trainer import Job, Work
from lava_fed.messages.delta import FRACTION_BITS
from lava_fed.messages.task import Task
from lava_fed.shared import Shared

PAGE = ROOT / "docs" / "theory.md"
"""Where the experiments write what they measured."""
PIXELS, CLASSES = 64, 10
HIDDEN = 24
STEPS, SHOWN = 16, 11
BRIGHTER = 15
"""Factor from grey values 0..16 to 0..240."""
RATE, TEMPERATURE = 2000.0, 2.0
"""Learning rate of SLAYER's plain gradient descent on the digits, chip units; temperature of its softmax."""


def digits(split: str) -> Images:
    """Return a split of the digits as images with a unit that is always on."""
    rated = registry.images("digits", split, STEPS)
    return Images(rated.pixels * np.uint8(BRIGHTER), rated.y, rated.title, STEPS, SHOWN, CLASSES)


def chain(seed: int, hidden: int = HIDDEN) -> Program:
    """Return a chain of two layers that SLAYER trains, with random weights."""
    rng = np.random.default_rng(seed)
    first = rng.integers(-24, 25, (hidden, PIXELS + 1)) * 2
    second = rng.integers(-32, 33, (CLASSES, hidden)) * 2
    layers = (
        Layer("hidden", Cuba(4096, 410, 96, np.zeros(hidden, np.int16))),
        Layer("readout", Cuba(4096, 410, 96, np.zeros(CLASSES, np.int16))),
    )
    connections = (
        Connection("input", "hidden", Dense(first.astype(np.int16))),
        Connection("hidden", "readout", Dense(second.astype(np.int16))),
    )
    return Program(Network(PIXELS + 1, layers, connections), LOIHI2)


def on_chip(seed: int, hidden: int = HIDDEN) -> Program:
    """Return a network whose layers all learn on the chip, with random weights."""
    return compile_model(
        Path(f"{PIXELS}-{hidden}-{CLASSES}"), learn="direct_feedback", options={"seed": str(seed)}
    )


def trained(program: Program, rounds: int) -> Program:
    """Return a chain after some steps of SLAYER's plain gradient descent on all digits of the devices."""
    shared, data = Shared.of(program, "all"), digits("device")
    master = {name: array.astype(np.int64) << FRACTION_BITS for name, array in shared.base().items()}
    weights = shared.base()
    options = {"optimizer": "sgd", "momentum": 0.0, "batch": 0, "rate": RATE, "temperature": TEMPERATURE}
    with Slayer(EmulatorBackend(), **options) as trainer:  # type: ignore[arg-type]  # each of its own type
        for turn in range(1, rounds + 1):
            task = Task(program.digest, turn, turn - 1, 1, 0, 0, weights)
            change = trainer.work(Job(shared, program, task, data, "all", Work())).change
            state = MasterState.of(shared).moved({name: master[name] + change[name] for name in shared.names})
            master, weights = dict(state.arrays), requantize(state)
    return program.with_weights(weights)


def taught(program: Program, images: Images, seed: int) -> Program:
    """Return a Program that has learned some images on the chip, twice."""
    with EmulatorBackend().load(program) as session:
        training = Training(session, Plan(passes=2, seed=seed, anneal=(0, 1)), images)
        while not training.done:
            training.advance()
        return program.with_weights(dict(session.weights()))
