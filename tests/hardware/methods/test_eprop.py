"""E-prop: a cue that is long gone when the error comes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hardware.chip.known import LOIHI2
from hardware.emulator.engine import EmulatorBackend
from hardware.learning import LearningRule
from hardware.learning.methods.eprop import eprop
from hardware.learning.methods.method import HIDDEN, OUTPUT
from hardware.network import Connection, Layer, Network
from hardware.neurons.cuba import Cuba
from hardware.program import Program
from hardware.spikes import SpikeTrain
from hardware.synapses.dense import Dense

UNITS, EACH, STEPS = 4, 4, 24
METHOD = eprop(
    rate=-4,
    x1_tau=4,
    readout_rate=-5,
    epoch=8,
    margin=2048,
    rest=0,
    error_shift=5,
    shift=7,
    most=64,
    window=64,
    limit=256,
)


def blind(rule: LearningRule | None) -> Program:
    """Make a hidden layer that cannot tell two cues apart before it learns: its weights are alike."""
    back = np.where((np.arange(UNITS)[:, None] + np.arange(2)) % 2, -100, 100)
    return Program(
        Network(
            2 * EACH,
            (
                Layer("hidden", Cuba(4096, 256, 100, np.zeros(UNITS, np.int16)), METHOD.teachers[HIDDEN]),
                Layer("readout", replace(METHOD.readout, units=2)),
            ),
            (
                Connection("input", "hidden", Dense(np.full((UNITS, 2 * EACH), 30)), rule),
                Connection("hidden", "readout", Dense(np.zeros((2, UNITS), np.int16)), METHOD.rules[OUTPUT]),
                Connection("readout", "hidden", Dense(back), port="error"),
            ),
        ),
        LOIHI2,
    )


def cues(samples: int, seed: int) -> tuple[SpikeTrain, np.ndarray]:
    """Make samples whose cue ends in step 5; errors come 19 steps later."""
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(samples) % 2)
    spikes = np.zeros((samples, STEPS, 2 * EACH), np.uint8)
    for index, label in enumerate(labels):
        spikes[index, :5, label * EACH : (label + 1) * EACH] = rng.random((5, EACH)) < 0.5
    return SpikeTrain(spikes), labels


def right_after_learning(rule: LearningRule | None) -> int:
    """Count which of 40 new samples are right after 60 were learned."""
    with EmulatorBackend().load(blind(rule)) as session:
        session.learn(*cues(60, 0), seed=3)
        new, labels = cues(40, 1)
        scores = session.run(new, layers=["readout"]).scores("readout")
    return int((scores.argmax(axis=1) == labels).sum())


def test_it_learns_a_cue_that_ended_long_before_the_error() -> None:
    assert right_after_learning(METHOD.rules[HIDDEN]) >= 38


def test_a_readout_alone_cannot() -> None:
    assert right_after_learning(None) == 20


def test_nor_can_a_rule_without_tags_whose_trace_has_faded() -> None:
    tagless = LearningRule.parse("2^-5*u0*x1*y1", epoch=1, x1_impulse=64, x1_tau=4)
    assert right_after_learning(tagless) <= 28
