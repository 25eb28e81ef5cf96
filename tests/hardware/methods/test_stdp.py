"""STDP: the window, by hand."""

from __future__ import annotations

import numpy as np
import pytest

from hardware.chip.known import LOIHI2
from hardware.emulator.reference import ReferenceBackend
from hardware.learning import LearningRule
from hardware.learning.methods.stdp import stdp
from hardware.network import Connection, Layer, Network
from hardware.program import Program
from hardware.spikes import SpikeTrain
from hardware.synapses.dense import Dense
from tests.hardware.methods.small import copying, units_of

START = 100
"""Weight before a pair of spikes."""


def gain(rule: LearningRule, before: int, after: int, seed: int = 0) -> int:
    """Let a source fire in step ``before``, its target in step ``after``; return what the weight gained."""
    network = Network(
        2,
        (Layer("source", copying(1)), Layer("target", copying(1))),
        (
            Connection("input", "source", units_of(2, 0, 1)),
            Connection("input", "target", units_of(2, 1, 1)),
            Connection("source", "target", Dense(np.array([[START]]), exponent=-8), rule),
        ),
    )
    spikes = np.zeros((1, 16, 2), np.uint8)
    spikes[0, before - 1, 0] = spikes[0, after - 1, 1] = 1
    with ReferenceBackend().load(Program(network, LOIHI2)) as session:
        result = session.learn(SpikeTrain(spikes), np.array([-1]), seed=seed)
        fired = {name: np.flatnonzero(result.spikes[name]).tolist() for name in ("source", "target")}
        assert fired == {"source": [before], "target": [after]}
        return int(session.weights()["source->target"][0, 0]) - START


@pytest.mark.parametrize(
    ("apart", "least", "most"),
    # 64 * exp(-1/4) = 49.8 becomes either neighbour, then 38.2 or 38.9 does, then 29.6 to 30.4
    [(1, 49, 50), (2, 38, 39), (3, 29, 31)],
)
def test_the_window_fades_on_both_sides(apart: int, least: int, most: int) -> None:
    rule = stdp(rise=0, fall=0, x1_tau=4, y1_tau=4).rule
    for seed in range(8):
        assert least <= gain(rule, 5, 5 + apart, seed) <= most
        assert -most <= gain(rule, 5 + apart, 5, seed) <= -least


def test_gain_and_loss_have_strengths_and_lengths_of_their_own() -> None:
    rule = stdp(rise=1, fall=-2, x1_impulse=16, x1_tau=0, y1_impulse=64, y1_tau=0).rule
    # a trace of tau 0 is there in the step of its spike alone; there both sides meet: 2 * 16 - 64 / 4
    assert gain(rule, 5, 5) == 16
    assert gain(rule, 5, 6) == gain(rule, 6, 5) == 0


def test_spikes_in_one_step_cancel_where_gain_and_loss_are_alike() -> None:
    assert gain(stdp(rise=0, fall=0).rule, 5, 5, seed=3) == 0


def test_a_source_without_its_target_changes_nothing() -> None:
    assert gain(stdp(rise=0, fall=0, x1_tau=1, y1_tau=1).rule, 1, 15) == 0
