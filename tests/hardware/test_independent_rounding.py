"""Rounding that nobody shares, and weights kept in a narrower range."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from hardware.emulator.reference import ReferenceBackend
from hardware.emulator.reference_learning import Plasticity
from hardware.emulator.streams import Streams, synapse_draw, synapse_key
from hardware.errors import NetworkError
from hardware.learning import LearningRule, Teacher
from hardware.learning.rule import Rounding
from hardware.network import Connection, Layer, Network
from hardware.network_file import pack_network, unpack_network
from hardware.program import Program
from tests.programs import LEARNING, cuba, dense, learner

RULE = LearningRule.parse(
    "2^-7*u0*x1*y1", epoch=1, x1_impulse=64, x1_tau=4095, rounding=Rounding.INDEPENDENT, weight_limit=128
)


def draws(seed: int, connection: int, epochs: range, synapses: range) -> np.ndarray:
    """Draws of shape (epochs, synapses, 3)."""
    key = synapse_key(seed, connection)
    return np.array([[synapse_draw(key, epoch, synapse) for synapse in synapses] for epoch in epochs])


def test_draws_are_the_same_for_ever() -> None:
    # with key 0 the first state is SplitMix64's first number from seed 0, 0xE220A8397B1DCDAF
    assert synapse_draw(0, 1, 0) == (85, 79, 24)
    assert synapse_key(0, 0) == 0
    assert synapse_key(2**31 - 1, 3) == 0x33FEA13FE4360496
    assert synapse_draw(synapse_key(5, 1), 7, 400_000) == (126, 23, 10)


def test_draws_are_uniform_and_do_not_know_each_other() -> None:
    found = draws(3, 1, range(1, 41), range(250))
    counts = np.bincount(found.ravel(), minlength=128)
    assert len(counts) == 128
    # 30,000 draws in 128 bins: the sum of squares has a mean of 127 and a deviation of 16
    assert ((counts - found.size / 128) ** 2 / (found.size / 128)).sum() < 127 + 5 * 16
    centred = (found - 63.5) / np.sqrt((128**2 - 1) / 12)
    others = [
        (centred[1:], centred[:-1]),
        (centred[:, 1:], centred[:, :-1]),
        (centred[:, 16:], centred[:, :-16]),
        (centred[..., 1:], centred[..., :-1]),
        (centred, (draws(4, 1, range(1, 41), range(250)) - 63.5) / 36.95),
        (centred, (draws(3, 2, range(1, 41), range(250)) - 63.5) / 36.95),
    ]
    for one, other in others:
        assert abs((one * other).mean()) < 5 / np.sqrt(one.size)


def test_a_sum_rises_as_often_as_its_fraction_says() -> None:
    plasticity = Plasticity(RULE, 40, 50, 1)
    streams = Streams.draw(7, 1)
    # the trace is 64, the third factor 5: (64 * 5 >> 3) * 2^-7 = 40 / 128 of a weight
    plasticity.observe([1] * 40, [0] * 50, {"y1": [5] * 50}, 1)
    weights = [3] * 2000
    plasticity.learn(weights, (-128, 127), streams, 1)
    risen = weights.count(4)
    assert risen + weights.count(3) == 2000
    assert abs(risen / 2000 - 40 / 128) < 5 * np.sqrt(40 / 128 * 88 / 128 / 2000)
    again = Plasticity(RULE, 40, 50, 1)
    again.observe([1] * 40, [0] * 50, {"y1": [5] * 50}, 1)
    same = [3] * 2000
    again.learn(same, (-128, 127), streams, 1)
    assert same == weights


def test_shared_rounding_moves_all_equal_synapses_alike() -> None:
    shared = dataclasses.replace(RULE, rounding=Rounding.SHARED)
    plasticity, weights = Plasticity(shared, 10, 10), [3] * 100
    plasticity.observe([1] * 10, [0] * 10, {"y1": [5] * 10}, 1)
    plasticity.learn(weights, (-128, 127), Streams.draw(7, 1), 1)
    assert len(set(weights)) == 1


def test_seeds_round_apart() -> None:
    case = LEARNING[0]
    rule = dataclasses.replace(case.program.network.plastic[0].rule, rounding=Rounding.INDEPENDENT)
    found = []
    for seed in (1, 2):
        session = ReferenceBackend().load(learner(rule))
        session.learn(case.spikes, case.labels, seed=seed)
        found.append(session.weights()["hidden->readout"])
    assert np.any(found[0] != found[1])


@pytest.mark.parametrize(("limit", "low", "high"), [(128, -128, 127), (5, -5, 4), (256, -256, 255)])
def test_weights_stop_at_the_limit(limit: int, low: int, high: int) -> None:
    case = LEARNING[0]
    rule = LearningRule.parse("7*u0*x1*y1", epoch=4, x1_impulse=127, x1_tau=99, weight_limit=limit)
    session = ReferenceBackend().load(learner(rule, Teacher(8388607, 0, -8388607)))
    session.learn(case.spikes, case.labels, seed=1)
    weights = session.weights()["hidden->readout"]
    assert (weights.min(), weights.max()) == (low, high)


def test_weights_beyond_the_limit_are_refused() -> None:
    with pytest.raises(NetworkError, match=r"must lie in -128\.\.127 in steps of 1"):
        Network(5, (Layer("a", cuba(4), Teacher(9, 1)),), (Connection("input", "a", dense(4, 5), RULE),))


def test_a_file_keeps_both() -> None:
    program: Program = learner(RULE)
    header, arrays = pack_network(program.network)
    assert header["connections"][1]["rule"] == {
        "dw": "2^-7*u0*x1*y1",
        "epoch": 1,
        "x1_impulse": 64,
        "x1_tau": 4095,
        "x2_impulse": 0,
        "x2_tau": 0,
        "rounding": "independent",
        "weight_limit": 128,
    }
    assert unpack_network(header, arrays).connections[1].rule == RULE
