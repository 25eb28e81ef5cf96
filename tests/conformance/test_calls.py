"""How a session is called changes nothing: samples at once, threads, layers kept, what came before."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from hardware.emulator.engine import EmulatorBackend, EmulatorSession
from hardware.emulator.reference import ReferenceBackend
from hardware.errors import LavaFedError
from hardware.network import Connection, Layer
from hardware.neurons.cuba import Message
from hardware.neurons.relay import Relay
from hardware.program import Program
from hardware.run_result import RunResult
from hardware.spikes import SpikeTrain
from tests.conformance.comparison import assert_equal_learning, assert_equal_run, assert_same, every_state
from tests.conformance.test_shared_images import same
from tests.densities import drawn, graded
from tests.every_kind import network
from tests.programs import TEACHER, THREE_FACTOR, Case, cuba, dense, learner

SHARES = (0.1, 0.9, 0.5, 0.0, 1.0, 0.6, 0.3)


def image_network(*, plain: bool = True) -> Program:
    """Convolution, loop, list, delays, graded and plain layers in one."""
    late = np.resize([0, 2, 1], (7, 24))
    return network(
        32,
        [
            Layer("a", cuba(48, threshold=200)),
            Layer("b", cuba(24, threshold=60), delays=np.resize([0, 1], 24)),
            Layer("c", cuba(7, message=Message.VOLTAGE)),
            Layer("d", Relay(7)),
        ],
        [
            Connection("input", "a", same((2, 4, 4), 3, 1)),
            Connection("a", "b", dense(24, 48, seed=2)),
            Connection("b", "b", dense(24, 24, seed=3, exponent=-3)),
            Connection("b", "c", dense(7, 24, seed=4, delays=late)),
            Connection("c", "d", dense(7, 7, seed=5)),
        ],
        graded=not plain,
    )


NAMES = ("a", "b", "c", "d")
KEPT = [chosen for count in range(5) for chosen in combinations(NAMES, count)]


@pytest.mark.parametrize("plain", [True, False], ids=["plain", "graded"])
@pytest.mark.parametrize("threads", [1, 2, 3, 4])
def test_samples_and_threads_in_every_number(threads: int, plain: bool) -> None:
    program = image_network(plain=plain)
    spikes = drawn(32, *SHARES, samples=5)
    if not plain:
        spikes = SpikeTrain(spikes.values.astype(np.int64) * np.arange(-60, 68, 4))
    probes = every_state(program)
    expected = ReferenceBackend().load(program).run(spikes, probes=probes)
    assert all(sent.any() for sent in expected.spikes.values())
    session = EmulatorSession(program, threads=threads)
    for samples in range(1, 6):
        found = session.run(spikes.take(slice(0, samples)), probes=probes)
        for name, sent in expected.spikes.items():
            np.testing.assert_array_equal(found.spikes[name], sent[:samples], err_msg=name)
        for name, states in expected.probes.items():
            np.testing.assert_array_equal(found.probes[name], states[:samples], err_msg=name)


@pytest.mark.parametrize("kept", KEPT, ids=lambda names: "".join(names) or "none")
@pytest.mark.parametrize("probed", [False, True], ids=["", "probed"])
def test_only_the_layers_asked_for_are_kept_and_all_is_counted(kept: tuple[str, ...], probed: bool) -> None:
    program, spikes = image_network(), drawn(32, *SHARES, samples=3)
    probes = every_state(program)[1:4] if probed else []
    everything = ReferenceBackend().load(program).run(spikes, probes=probes)
    expected = RunResult({name: everything.spikes[name] for name in kept}, everything.probes, everything.counters)
    for asked in (kept, kept[::-1], (*kept, *kept)):
        for threads in (1, 2):
            session = EmulatorSession(program, threads=threads)
            assert_same(session.run(spikes, probes=probes, layers=asked), expected)
        assert_same(ReferenceBackend().load(program).run(spikes, probes=probes, layers=asked), expected)


def test_a_layer_that_is_not_there_cannot_be_kept() -> None:
    for backend in (EmulatorBackend(), ReferenceBackend()):
        with pytest.raises(LavaFedError, match="no layer 'e' to record; known: a, b, c, d"):
            backend.load(image_network()).run(drawn(32, 0.5), layers=["a", "e"])


def test_a_session_forgets_the_run_before() -> None:
    program = image_network(plain=False)
    session, slow = EmulatorBackend().load(program), ReferenceBackend().load(program)
    runs = [
        graded(32, -90, 90, steps=9),
        drawn(32, 1.0, 1.0, 1.0, samples=3),
        SpikeTrain(np.zeros((1, 2, 32), np.uint8)),
        graded(32, -(2**31), 2**31 - 1, steps=1),
        drawn(32, 0.0, 0.4, 1.0, samples=1),
        SpikeTrain(np.zeros((2, 4, 32), np.uint8)),
    ]
    probes = every_state(program)
    for spikes in runs:
        assert_same(session.run(spikes, probes=probes), slow.run(spikes, probes=probes))


@pytest.mark.parametrize("plain", [True, False], ids=["plain", "graded"])
@pytest.mark.parametrize("over", ["steps", "samples", "both"])
def test_input_that_is_held_constant(over: str, plain: bool) -> None:
    rng = np.random.default_rng(2)
    shape = {"steps": (3, 1, 32), "samples": (1, 6, 32), "both": (1, 1, 32)}[over]
    values = (rng.random(shape) < 0.6).astype(np.uint8) if plain else rng.integers(-300, 300, shape)
    held = SpikeTrain(np.broadcast_to(values, (3, 6, 32)))
    copied = SpikeTrain(np.array(np.broadcast_to(values, (3, 6, 32))))
    program = image_network(plain=plain)
    expected = assert_equal_run(program, held)
    assert_same(EmulatorBackend().load(program).run(copied, probes=every_state(program)), expected)
    for threads in (2, 3):
        found = EmulatorSession(program, threads=threads).run(held, probes=every_state(program))
        assert_same(found, expected)


def test_plain_input_into_a_network_that_takes_integers() -> None:
    program, spikes = image_network(plain=False), drawn(32, *SHARES, samples=3)
    assert not spikes.graded
    assert_equal_run(program, spikes)
    probes = every_state(program)
    plain = EmulatorBackend().load(image_network()).run(spikes, probes=probes)
    assert_same(EmulatorBackend().load(program).run(spikes, probes=probes), plain)


def test_integers_of_one_step_in_a_train_of_ones() -> None:
    values = drawn(32, 1.0, 0.7, 0.9, 1.0).values.astype(np.int64)
    for odd in (2, -1, 256, 2**31 - 1, -(2**31)):
        values[1, 2, 17] = odd
        assert_equal_run(image_network(plain=False), SpikeTrain(values))


@pytest.mark.parametrize("density", [0.2, 0.5, 0.55, 0.9, 1.0])
@pytest.mark.parametrize("size", [1, 5, 6, 7, 16, 17])
def test_weights_that_learn_are_new_in_the_next_step_at_any_density(size: int, density: float) -> None:
    program = network(
        size,
        [Layer("a", cuba(3, threshold=40), TEACHER)],
        [Connection("input", "a", dense(3, size, low=-100, high=100), THREE_FACTOR)],
    )
    assert_equal_learning(Case("learner", program, samples=6, density=density, steps=12), 1, 2)


@pytest.mark.parametrize("density", [0.3, 0.6, 1.0])
def test_weights_that_are_written_take_the_place_of_those_before(density: float) -> None:
    case = Case("written", learner(), density=density)
    fast, slow = EmulatorBackend().load(case.program), ReferenceBackend().load(case.program)
    rng = np.random.default_rng(5)
    for low, high in ((-12, 12), (-256, 255), (0, 0), (255, 255), (-256, -256), (1, 1)):
        weights = rng.integers(low, high, (3, 8), endpoint=True)
        for one in (fast, slow):
            one.write_weights({"hidden->readout": weights})
        assert_same(fast.run(case.spikes, probes=case.probes), slow.run(case.spikes, probes=case.probes))
        learned = [
            one.learn(case.spikes, case.labels, seed=3, probes=case.learning_probes) for one in (fast, slow)
        ]
        assert_same(*learned)
