"""A few steps worked out by hand, run on the specification and on the fast emulator."""

from __future__ import annotations

import numpy as np
import pytest

from hardware.backend import Backend
from hardware.emulator.engine import EmulatorBackend
from hardware.emulator.reference import ReferenceBackend
from hardware.learning import LearningRule, Teacher
from hardware.network import Connection, Layer
from hardware.spikes import SpikeTrain
from hardware.synapses.dense import Dense
from tests.programs import DECAYING_SEED, INFERENCE, LEARNING, cuba, learner, program, single

BACKENDS = [EmulatorBackend(), ReferenceBackend()]


def train(*steps: list[int]) -> SpikeTrain:
    return SpikeTrain(np.array([steps], np.uint8))


@pytest.fixture(params=BACKENDS, ids=lambda backend: backend.name)
def backend(request: pytest.FixtureRequest) -> Backend:
    return request.param


def test_a_spike_arrives_one_step_later_and_a_fired_neuron_starts_at_zero(backend: Backend) -> None:
    # threshold 10: v must exceed 640; one spike of weight 8 brings 512, so the second one fires.
    built = single(cuba(1, du=4096, dv=0, threshold=10), Dense(np.array([[8]], np.int16)))
    result = backend.load(built).run(train([1], [1], [0], [1], [0]), probes=["a.u", "a.v"])
    assert result.probes["a.u"][0, :, 0].tolist() == [0, 512, 512, 0, 512]
    assert result.probes["a.v"][0, :, 0].tolist() == [0, 512, 0, 0, 512]
    assert result.spikes["a"][0, :, 0].tolist() == [0, 0, 1, 0, 0]


def test_meeting_the_threshold_is_not_enough(backend: Backend) -> None:
    built = single(cuba(2, du=4096, dv=4096, threshold=6), Dense(np.array([[6], [8]], np.int16)))
    result = backend.load(built).run(train([1], [0]))
    assert result.spikes["a"][0, 1].tolist() == [0, 1]


def test_half_of_current_and_voltage_remain(backend: Backend) -> None:
    built = single(cuba(1, du=2048, dv=2048, threshold=1000), Dense(np.array([[-2]], np.int16)))
    result = backend.load(built).run(train([1], [0], [0], [0]), probes=["a.u", "a.v"])
    assert result.probes["a.u"][0, :, 0].tolist() == [0, -128, -64, -32]
    assert result.probes["a.v"][0, :, 0].tolist() == [0, -128, -128, -96]


def test_bias_drives_from_the_first_step(backend: Backend) -> None:
    built = single(cuba(1, dv=0, threshold=3, bias=[1], bias_exponent=6), Dense(np.array([[0]], np.int16)))
    result = backend.load(built).run(train([0], [0], [0], [0]), probes=["a.v"])
    assert result.probes["a.v"][0, :, 0].tolist() == [64, 128, 192, 0]


def test_the_edge_cases_of_the_table_reach_their_edges(backend: Backend) -> None:
    by_name = {case.name: case for case in INFERENCE}

    def extremes(name: str, probe: str) -> tuple[int, int]:
        case = by_name[name]
        values = backend.load(case.program).run(case.spikes, probes=[probe]).probes[probe]
        return int(values.min()), int(values.max())

    wrapped = by_name["current wraps beyond 2^23"]
    u = backend.load(wrapped.program).run(wrapped.spikes, probes=["a.u"]).probes["a.u"]
    assert np.any(np.diff(u[0, :, 0]) < 0)
    assert np.any(np.diff(u[0, :, 1]) > 0)
    assert extremes("input so strong that current leaves 24 bits", "a.u")[1] > 2**30
    assert extremes("voltage saturates", "a.v")[0] == 1 - 2**23
    assert extremes("largest threshold", "a.v")[1] > 4_000_000


def test_the_learning_cases_of_the_table_reach_their_edges(backend: Backend) -> None:
    by_name = {case.name: case for case in LEARNING}

    def run(name: str, probe: str, seed: int = 7) -> np.ndarray:
        case = by_name[name]
        return backend.load(case.program).learn(case.spikes, case.labels, seed=seed, probes=[probe]).probes[probe]

    weights = run("weights reach both ends", "hidden->readout.weights")
    assert (weights.min(), weights.max()) == (-256, 255)
    assert {-127, 127} <= set(run("errors of both signs saturate", "readout.y1").ravel().tolist())
    assert run("impulse of 127 saturates the trace", "hidden->readout.x1").max() == 127
    assert run("excitatory weights stay so", "hidden->readout.weights").min() == 0
    assert run("inhibitory weights stay so", "hidden->readout.weights").max() == 0
    assert not run("a teacher too coarse to speak", "readout.y1").any()
    sums = run("the sum of a teacher saturates", "a.m")
    assert (sums.min(), sums.max()) == (1 - 2**23, 2**23 - 1)
    met = run("a third factor decays until the spike that it meets", "hidden->readout.weights", DECAYING_SEED)
    assert len({abs(weight) for weight in met[0, -1].ravel().tolist()}) > 3, "they fire last at other times"
    for source, size in (("a", 8), ("input", 6), ("b", 4)):
        learned = run("connections that learn by rules of their own", f"{source}->b.weights")[-1, -1]
        assert learned.size == size
        assert learned.any()
    for name in ("upward before another subtracts", "downward before another adds"):
        weights = run(f"a product overflows {name}", "hidden->readout.weights")
        assert len({abs(weight) for weight in weights.ravel().tolist()} - {0}) >= 2


def test_the_teacher_compares_each_sum_with_the_margin(backend: Backend) -> None:
    built = program(
        Connection("input", "a", Dense(np.array([[4], [100], [-100]], np.int16))),
        inputs=1,
        layers=(Layer("a", cuba(3, threshold=131071), Teacher(margin=50, shift=1, rest=20)),),
    )
    rule = LearningRule.parse("2^-4*u0*x1*y1", epoch=1, x1_impulse=1, x1_tau=1)
    connections = (Connection("input", "a", built.network.connections[0].synapse, rule),)
    learning = program(*connections, inputs=1, layers=built.network.layers)
    result = backend.load(learning).learn(train([1], [1], [0]), np.array([0]), seed=0, probes=["a.m", "a.y1"])
    m = result.probes["a.m"][0]
    # the first spike arrives in step 2; learning is silent until the last step
    assert m[0].tolist() == [0, 0, 0]
    assert m[2].tolist() == [8, 200, -200]
    assert result.probes["a.y1"][0, :2].tolist() == [[0, 0, 0], [0, 0, 0]]
    assert result.probes["a.y1"][0, 2].tolist() == [(50 - 8) >> 1, -((200 - 20) >> 1), 0]


def test_an_unlabelled_sample_teaches_nothing(backend: Backend) -> None:
    session = backend.load(learner())
    rng = np.random.default_rng(0)
    spikes = SpikeTrain((rng.random((3, 16, 6)) < 0.5).astype(np.uint8))
    session.learn(spikes, np.array([-1, -1, -1]), seed=1)
    assert not session.weights()["hidden->readout"].any()
    session.learn(spikes, np.array([0, 1, 2]), seed=1)
    assert session.weights()["hidden->readout"].any()
