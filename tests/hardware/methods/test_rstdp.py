"""R-STDP: two cues, two arms, a reward for the right one."""

from __future__ import annotations

import numpy as np

from hardware.chip.known import LOIHI2
from hardware.emulator.engine import EmulatorBackend
from hardware.learning.methods.rstdp import rstdp
from hardware.network import Connection, Layer, Network
from hardware.neurons.cuba import Cuba
from hardware.program import Program
from hardware.session import Session
from hardware.spikes import SpikeTrain
from hardware.synapses.dense import Dense
from tests.hardware.methods.small import copying, units_of

EACH, NOISE, STEPS = 4, 2, 24
INPUTS = 2 * EACH + NOISE
LEARNED = "cue->arms"


def armed() -> Program:
    """Two arms that inhibit each other; each has a source of noise, so that both are tried."""
    method = rstdp()
    arms = Cuba(4096, 1024, 120, np.zeros(2, np.int16))
    return Program(
        Network(
            INPUTS,
            (
                Layer("cue", copying(2 * EACH)),
                Layer("noise", copying(NOISE)),
                Layer("arms", arms, method.teacher),
            ),
            (
                Connection("input", "cue", units_of(INPUTS, 0, 2 * EACH)),
                Connection("input", "noise", units_of(INPUTS, 2 * EACH, NOISE)),
                Connection("cue", "arms", Dense(np.full((2, 2 * EACH), 24)), method.rule),
                Connection("noise", "arms", Dense(np.array([[80, 0], [0, 80]]))),
                Connection("arms", "arms", Dense(np.array([[0, -250], [-250, 0]]))),
            ),
        ),
        LOIHI2,
    )


def trial(rng: np.random.Generator, cue: int) -> SpikeTrain:
    """Make one sample: a cue and noise at first, silence at its end."""
    spikes = np.zeros((1, STEPS, INPUTS), np.uint8)
    spikes[0, :14, cue * EACH : (cue + 1) * EACH] = rng.random((14, EACH)) < 0.4
    spikes[0, :14, 2 * EACH :] = rng.random((14, NOISE)) < 0.3
    return SpikeTrain(spikes)


def play(session: Session, trials: int, rewards: dict[bool, int], seed: int) -> list[bool]:
    """Let it choose, then learn from the same sample and its reward; return when it chose the cue's arm."""
    rng, right = np.random.default_rng(seed), []
    for index in range(trials):
        cue = int(rng.integers(2))
        sample = trial(rng, cue)
        counts = session.run(sample, layers=["arms"]).scores("arms")[0]
        arm = int(counts.argmax()) if counts[0] != counts[1] else int(rng.integers(2))
        right.append(arm == cue)
        session.learn(sample, seed=5, rewards=np.array([rewards[arm == cue]]), after=index)
    return right


def test_it_learns_the_arm_that_is_rewarded_for_each_cue() -> None:
    for seed in range(5):
        with EmulatorBackend().load(armed()) as session:
            right = play(session, 80, {True: 40, False: -40}, seed)
        assert sum(right[:10]) < 10
        assert sum(right[40:]) >= 38


def test_it_learns_the_other_arm_where_rewards_are_the_other_way_round() -> None:
    with EmulatorBackend().load(armed()) as session:
        assert sum(play(session, 80, {True: -40, False: 40}, 0)[40:]) <= 2


def test_without_reward_no_weight_changes() -> None:
    with EmulatorBackend().load(armed()) as session:
        before = session.weights()[LEARNED]
        play(session, 5, {True: 0, False: 0}, 0)
        assert np.array_equal(session.weights()[LEARNED], before)


def test_the_reward_turns_the_tag_into_weight() -> None:
    """Of the old tag: weights change by tag * reward / 32 / 16, rounded to either side."""
    with EmulatorBackend().load(armed()) as session:
        before = session.weights()[LEARNED].astype(int)
        result = session.learn(
            trial(np.random.default_rng(3), 0), seed=5, rewards=np.array([64]), probes=[f"{LEARNED}.tag_1"]
        )
        change = session.weights()[LEARNED] - before
    tags = result.probes[f"{LEARNED}.tag_1"][0, -2].astype(int)
    assert tags.max() > 20
    assert np.abs(change - tags * 64 / 512).max() < 1
