from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from compile.blank import Blank, blank_network
from hardware.chip.known import LOIHI2
from hardware.emulator.reference import ReferenceBackend
from hardware.emulator.streams import Streams
from hardware.learning.methods.direct_feedback import direct_feedback
from hardware.program import Program
from hardware.session import Session
from hardware.spikes import SpikeTrain

SIZES = (6, 5, 3)
STEPS, SHOWN = 16, 8
INTO, OUT, BACK = "input->hidden", "hidden->readout", "readout->hidden:error"
Weights = dict[str, NDArray[np.int16]]


def small(seed: int = 0, **options: int) -> Session:
    """A network of few units whose errors are large enough to be felt in one sample."""
    method = direct_feedback(shift=2, margin=512, rest=-512, error_shift=3, **options)
    network = blank_network(SIZES, method, Blank(threshold=64, spread=40, spread_out=40, seed=seed))
    return ReferenceBackend().load(Program(network, LOIHI2))


def some_spikes(seed: int, samples: int = 1) -> SpikeTrain:
    train = np.zeros((samples, STEPS, SIZES[0] + 1), np.uint8)
    train[:, :SHOWN] = np.random.default_rng(seed).random((samples, SHOWN, SIZES[0] + 1)) < 0.4
    return SpikeTrain(train)


def expected_steps(weights: Weights, x: NDArray[np.uint8], label: int, anneal: int) -> dict[str, NDArray[Any]]:
    """The recipe written out: what each weight should move by, in units of 2^-7."""
    w1, w2, back = (weights[name].astype(int) for name in (INTO, OUT, BACK))
    v, n = np.zeros(SIZES[1], int), np.zeros((STEPS + 1, SIZES[1]), int)
    for step in range(2, STEPS + 1):
        v += w1 @ x[step - 2]
        fires = v > 64
        v, n[step] = v - 64 * fires, n[step - 1] + fires
    m = w2 @ n[12]  # what was sent in step 12 arrives in step 13, 3 before the last
    error = -np.clip((m + 512) >> 3, 0, 127)
    error[label] = np.clip((512 - m[label]) >> 3, 0, 127)
    half = (1 << anneal) >> 1
    error = np.sign(error) * ((np.abs(error) + half) >> anneal)
    third = np.clip((back @ error + 2) >> 2, -128, 127) * (((n[16] > 0) | (v > 0)) & (n[16] < 11))
    heard = np.where(error > 0, n[13][:, np.newaxis], n[14][:, np.newaxis])
    return {
        INTO: np.outer(third, x.sum(axis=0)),
        OUT: np.outer(error, np.minimum(8 * n[16], 127) / 8),
        BACK: heard * 2 * np.rint(error / 2),
    }


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**31 - 1), st.integers(0, 2), st.integers(0, 7))
def test_one_sample_moves_every_weight_by_the_recipe_up_to_rounding(seed: int, label: int, anneal: int) -> None:
    draws = Streams.draw(seed, STEPS)
    assume(max(draws.x[1:].max(), draws.y[1:].max()) < 0.97)  # or slow traces lose some of a sample after all
    session, spikes = small(seed), some_spikes(seed)
    before = session.weights()
    session.learn(spikes, np.array([label]), seed=seed, anneal=anneal)
    steps = expected_steps(before, spikes.values[0].astype(int), label, anneal)
    for name, after in session.weights().items():
        exact = np.clip(before[name] + steps[name] / 128, -128, 127)
        assert np.all(np.abs(after - exact) < 1), name


def test_what_is_rounded_away_is_made_up_for_on_average() -> None:
    session, spikes = small(3), some_spikes(3, samples=1)
    before = session.weights()
    moved = np.zeros(before[OUT].shape)
    trials = 100
    for trial in range(trials):
        session.write_weights(before)
        session.learn(spikes, np.array([1]), seed=trial)
        moved += session.weights()[OUT] - before[OUT]
    exact = expected_steps(before, spikes.values[0].astype(int), 1, 0)[OUT] / 128
    assert np.any(exact % 1)
    np.testing.assert_allclose(moved / trials, exact, atol=4 * 0.5 / np.sqrt(trials))


def test_a_sample_without_a_label_teaches_nothing() -> None:
    session = small()
    before = session.weights()
    session.learn(some_spikes(0, samples=3), np.array([-1, -1, -1]), seed=0)
    for name, after in session.weights().items():
        np.testing.assert_array_equal(after, before[name])


def test_feedback_that_is_fixed_stays_while_all_else_learns() -> None:
    session = small(fixed=1)
    before = session.weights()
    assert set(before) == {INTO, OUT}
    session.learn(some_spikes(0, samples=3), np.array([0, 1, 2]), seed=0)
    assert all(np.any(after != before[name]) for name, after in session.weights().items())


def test_weights_stay_within_eight_bits() -> None:
    session = small(rate=-1)
    session.learn(some_spikes(0, samples=12), np.arange(12) % 3, seed=0)
    reached = [int(weights.max()) for weights in session.weights().values()]
    lowest = [int(weights.min()) for weights in session.weights().values()]
    assert max(reached) == 127 and min(lowest) == -128


def test_feedback_comes_to_be_the_readout_turned_round_from_any_beginning() -> None:
    session = small(rate=-3)
    weights = session.weights()
    session.write_weights({BACK: np.zeros_like(weights[BACK])})
    rng = np.random.default_rng(0)
    labels = rng.integers(0, 3, 60)
    patterns = some_spikes(5, samples=3).values
    session.learn(SpikeTrain(patterns[labels]), labels, seed=1)
    weights = session.weights()
    used = weights[BACK].any(axis=1)
    likeness = np.corrcoef(weights[BACK][used].ravel(), weights[OUT].T[used].ravel())[0, 1]
    assert used.any() and likeness > 0.8


def test_several_hidden_layers_each_hear_the_errors() -> None:
    network = blank_network((6, 5, 4, 3), direct_feedback(shift=2), Blank(threshold=64, spread=40, spread_out=40))
    session = ReferenceBackend().load(Program(network, LOIHI2))
    before = session.weights()
    session.learn(some_spikes(0, samples=6), np.arange(6) % 3, seed=0)
    assert list(before) == [
        "input->hidden1",
        "hidden1->hidden2",
        "hidden2->readout",
        "readout->hidden1:error",
        "readout->hidden2:error",
    ]
    changed = [name for name, after in session.weights().items() if np.any(after != before[name])]
    assert changed == list(before)
