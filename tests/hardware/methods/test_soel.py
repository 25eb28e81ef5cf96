"""SOEL: errors below the bound are not sent, those above it in one size."""

from __future__ import annotations

import numpy as np
import pytest

from hardware.chip.known import LOIHI2
from hardware.emulator.reference import ReferenceBackend
from hardware.errors import NetworkError
from hardware.learning import Teacher
from hardware.learning.methods.soel import soel
from hardware.network import Connection, Layer, Network
from hardware.program import Program
from hardware.spikes import SpikeTrain
from hardware.synapses.dense import Dense
from tests.hardware.methods.small import copying

STEPS = 16


def program(first: int, trigger: int) -> Program:
    """Two units that read one input; the bound is ``4 * trigger`` of input above 0 or below 100."""
    method = soel(margin=100, shift=2, trigger=trigger, rate=0)
    return Program(
        Network(
            1,
            (Layer("readout", copying(2), method.teacher),),
            (Connection("input", "readout", Dense(np.full((2, 1), first)), method.rule),),
        ),
        LOIHI2,
    )


def after_one_spike(first: int, trigger: int, anneal: int = 0) -> tuple[list[int], list[int]]:
    """Give both units one spike of weight ``first``, label 0; return what they sent, and their weights."""
    spikes = np.zeros((1, STEPS, 1), np.uint8)
    spikes[0, 0] = 1
    with ReferenceBackend().load(program(first, trigger)) as session:
        result = session.learn(SpikeTrain(spikes), np.array([0]), seed=1, probes=["readout.y1"], anneal=anneal)
        return result.probes["readout.y1"][0, -1].tolist(), session.weights()["input->readout"][:, 0].tolist()


def test_nothing_is_sent_and_no_weight_changes_below_the_bound() -> None:
    # unit 0 misses 100 - 60 = 40, a hinge of 10; unit 1 has 60 too much, a hinge of 15
    assert after_one_spike(60, trigger=16) == ([0, 0], [60, 60])


def test_an_error_that_reaches_the_bound_is_sent_in_one_size() -> None:
    sent, weights = after_one_spike(60, trigger=15)
    assert sent == [0, -15]
    assert weights[0] == 60
    assert weights[1] < 60
    sent, weights = after_one_spike(60, trigger=10)
    assert sent == [10, -10]
    assert weights[0] > 60 > weights[1]
    # the error may be far larger: 4 * 10 is all that counts of a hinge of 25
    assert after_one_spike(0, trigger=10)[0] == [10, 0]


def test_annealing_halves_what_is_sent_not_the_bound() -> None:
    assert after_one_spike(60, trigger=15, anneal=1)[0] == [0, -8]
    assert after_one_spike(60, trigger=10, anneal=1)[0] == [5, -5]


@pytest.mark.parametrize("trigger", [-1, 128])
def test_a_trigger_out_of_range(trigger: int) -> None:
    with pytest.raises(NetworkError, match=f"teacher: trigger {trigger} must lie in 0..127"):
        Teacher(100, 2, trigger=trigger)


def test_a_program_keeps_its_trigger_and_one_without_is_what_it_was(tmp_path) -> None:
    made = program(60, trigger=15)
    made.save(tmp_path / "a.h5")
    assert Program.load(tmp_path / "a.h5").network.layers[0].teacher == made.network.layers[0].teacher
