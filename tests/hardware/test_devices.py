"""Groups of devices: each of them is a session of its own."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from hardware.backend import Backend
from hardware.devices import DeviceGroup
from hardware.emulator.engine import EmulatorBackend
from hardware.emulator.reference import ReferenceBackend
from hardware.errors import LavaFedError, NetworkError
from hardware.network import Connection, Layer
from hardware.program import Program
from hardware.spikes import SpikeTrain
from tests.conformance.comparison import assert_same, assert_same_weights
from tests.programs import TEACHER, THREE_FACTOR, Case, cuba, dense, learner, program

PLASTIC = "hidden->readout"


def device(number: int, hidden: int = 8) -> Program:
    """A device with thresholds, decays, frozen weights and plastic weights of its own."""
    rng = np.random.default_rng(number)
    readout = dense(3, hidden, seed=number, low=-9, high=9)
    neuron = dataclasses.replace(cuba(hidden), threshold=rng.integers(10, 60, hidden), voltage_decay=100 + number)
    return program(
        Connection("input", "hidden", dense(hidden, 6, seed=number)),
        Connection("hidden", "readout", readout, THREE_FACTOR),
        inputs=6,
        layers=(Layer("hidden", neuron), Layer("readout", cuba(3), TEACHER)),
    )


def work(count: int, samples: int = 3) -> tuple[list[SpikeTrain], list[Any], list[int]]:
    """Input, labels and a seed for each device; the samples are of other numbers too."""
    cases = [Case("work", learner(), samples=1 + (samples + number) % 4, seed=number) for number in range(count)]
    return [case.spikes for case in cases], [case.labels for case in cases], [7 * n for n in range(count)]


@pytest.mark.parametrize("backend", [EmulatorBackend(), ReferenceBackend()], ids=["emulator", "reference"])
@pytest.mark.parametrize("threads", [1, 2, 5])
def test_each_device_equals_a_session_of_its_own(backend: Backend, threads: int) -> None:
    programs = [device(number) for number in range(5)]
    trains, labels, seeds = work(5)
    states = ["hidden.u", "hidden.v", "readout.v", "readout.m"]
    learned = [*states, "readout.y1", f"{PLASTIC}.x1", f"{PLASTIC}.x2", f"{PLASTIC}.weights"]
    with backend.load_devices(programs, threads=threads) as group:
        assert len(group) == 5
        assert group.programs == tuple(programs)
        found = [
            *group.learn(trains, labels, seeds=seeds, probes=learned),
            *group.learn(trains, labels, seeds=seeds[::-1], probes=learned),
            *group.run(trains, probes=states),
        ]
        weights = group.weights()[PLASTIC]
        assert weights.shape == (5, 3, 8)
        assert weights.dtype == np.int16
        for number, own in enumerate(programs):
            alone = ReferenceBackend().load(own)
            expected = [
                alone.learn(trains[number], labels[number], seed=seeds[number], probes=learned),
                alone.learn(trains[number], labels[number], seed=seeds[::-1][number], probes=learned),
                alone.run(trains[number], probes=states),
            ]
            for part, one in enumerate(expected):
                assert_same(found[5 * part + number], one)
            assert_same_weights(group[number], alone)
            np.testing.assert_array_equal(weights[number], alone.weights()[PLASTIC])
    assert len(np.unique(weights.reshape(5, -1), axis=0)) == 5


def test_one_program_many_times_is_as_many_devices() -> None:
    case = Case("same", learner(), samples=4)
    with EmulatorBackend().load_devices([case.program] * 3) as group:
        group.learn(case.spikes, case.labels, seeds=[1, 2, 1])
        first, second, third = group.weights()[PLASTIC]
    assert np.any(first)
    assert np.any(first != second)
    np.testing.assert_array_equal(first, third)


def test_what_one_device_learns_the_others_do_not_see() -> None:
    case = Case("same", learner(), samples=4)
    with EmulatorBackend().load_devices([case.program] * 3) as group:
        group[1].learn(case.spikes, case.labels, seed=1)
        first, second, third = group.weights()[PLASTIC]
        assert second.any()
        assert not first.any()
        assert not third.any()
        quiet, taught, _ = group.run(case.spikes, probes=["readout.u"])
    assert not quiet.probes["readout.u"].any()
    assert taught.probes["readout.u"].any()


def test_order_of_devices_changes_nothing() -> None:
    programs, (trains, labels, seeds) = [device(number) for number in range(6)], work(6)
    order = [4, 0, 5, 2, 1, 3]
    with EmulatorBackend().load_devices(programs) as one:
        straight = one.learn(trains, labels, seeds=seeds)
        weights = one.weights()[PLASTIC]
    with EmulatorBackend().load_devices([programs[n] for n in order], threads=3) as other:
        turned = other.learn(
            [trains[n] for n in order], [labels[n] for n in order], seeds=[seeds[n] for n in order]
        )
        np.testing.assert_array_equal(other.weights()[PLASTIC], weights[order])
    for place, number in enumerate(order):
        assert_same(turned[place], straight[number])


def test_two_hundred_devices_learn_and_equal_two_hundred_sessions() -> None:
    programs = [device(number % 7) for number in range(200)]
    trains, labels, seeds = work(200, samples=1)
    with EmulatorBackend().load_devices(programs) as group:
        results = group.learn(trains, labels, seeds=seeds)
        weights = group.weights()[PLASTIC]
    for number in range(200):
        session = EmulatorBackend().load(programs[number])
        assert_same(results[number], session.learn(trains[number], labels[number], seed=seeds[number]))
        np.testing.assert_array_equal(weights[number], session.weights()[PLASTIC])


def test_weights_are_written_to_all_or_to_each() -> None:
    same, each = np.arange(24).reshape(3, 8), np.arange(72).reshape(3, 3, 8) - 40
    with EmulatorBackend().load_devices([device(number) for number in range(3)]) as group:
        group.write_weights({PLASTIC: same})
        np.testing.assert_array_equal(group.weights()[PLASTIC], [same] * 3)
        group.write_weights({PLASTIC: each})
        np.testing.assert_array_equal(group.weights()[PLASTIC], each)
        before = group.run(work(3)[0])
        group.weights()[PLASTIC][...] = 0  # a copy
        for found, expected in zip(group.run(work(3)[0]), before, strict=True):
            assert_same(found, expected)


def test_only_the_layers_asked_for_are_kept() -> None:
    with EmulatorBackend().load_devices([device(1), device(2)]) as group:
        for result in group.run(work(2)[0], layers=["readout"]):
            assert list(result.spikes) == ["readout"]
        for result in group.run(work(1)[0][0], layers=[]):
            assert not result.spikes
            assert result.counters.spikes["hidden"] > 0
        trains, labels, seeds = work(2)
        for result in group.learn(trains, labels, seeds=seeds, layers=["readout"]):
            assert list(result.spikes) == ["readout"]
            assert result.counters.spikes["hidden"] > 0


def _other(**more: Any) -> Program:
    network = dataclasses.replace(device(1).network, **more)
    return Program(network, device(1).chip)


LAYERS, CONNECTIONS = device(1).network.layers, device(1).network.connections
OTHERS = {
    "it has layer 'output' where device 0 has layer 'readout'": _other(
        layers=(LAYERS[0], dataclasses.replace(LAYERS[1], name="output")),
        connections=(
            CONNECTIONS[0],
            dataclasses.replace(CONNECTIONS[1], target="output"),
        ),
    ),
    "layer 'hidden' is of another kind, size or rule": device(1, hidden=9),
    "layer 'readout' is of another kind, size or rule": _other(
        layers=(LAYERS[0], dataclasses.replace(LAYERS[1], teacher=dataclasses.replace(TEACHER, shift=1)))
    ),
    "connection hidden->readout is of another kind, size or rule": _other(
        connections=(CONNECTIONS[0], dataclasses.replace(CONNECTIONS[1], rule=None))
    ),
    "it has connection readout->hidden where device 0 has nothing": _other(
        connections=(*CONNECTIONS, Connection("readout", "hidden", dense(8, 3)))
    ),
    "the input is of another kind": _other(graded_input=True, connections=CONNECTIONS[:1], layers=LAYERS[:1]),
}


@pytest.mark.parametrize("what", OTHERS)
def test_devices_of_another_structure_are_refused(what: str) -> None:
    with pytest.raises(LavaFedError, match=f"^device 2: {what}.* of their own$"):
        EmulatorBackend().load_devices([device(0), device(1), OTHERS[what]])


def test_sessions_are_closed_with_their_group_and_where_it_cannot_be() -> None:
    closed: list[int] = []

    class Watched(ReferenceBackend):
        def load(self, program: Program) -> Any:
            session = super().load(program)
            session.close = lambda: closed.append(1)  # type: ignore[method-assign]
            return session

    with Watched().load_devices([device(0), device(1)]):
        assert not closed
    assert len(closed) == 2
    with pytest.raises(LavaFedError, match="another kind"):
        Watched().load_devices([device(0), device(1, hidden=9)])
    assert len(closed) == 4


def test_what_does_not_fit_is_said_before_any_device_works() -> None:
    trains, labels, seeds = work(3)
    with EmulatorBackend().load_devices([learner()] * 3) as group:
        short = SpikeTrain(trains[2].values[:, :14])
        for wrong, message in (
            (
                lambda: group.learn(trains[:2], labels, seeds=seeds),
                "3 devices, found 2 spike trains",
            ),
            (lambda: group.learn(trains, labels[:1], seeds=seeds), "3 devices, found 1 arrays of labels"),
            (lambda: group.learn(trains, labels, seeds=[1, 2, 3, 4]), "3 devices, found 4 seeds"),
            (lambda: group.learn(trains, labels, seeds=[1, 2, -3]), "device 2: seed -3 must lie in"),
            (
                lambda: group.learn([*trains[:2], short], labels, seeds=seeds),
                "device 2: connection hidden->readout",
            ),
            (lambda: group.learn(trains, [*labels[:2], labels[2] + 9], seeds=seeds), "device 2: labels"),
            (lambda: group.run(trains, probes=["hidden.m"]), "device 0: no state 'hidden.m'"),
            (lambda: group.run(trains, layers=["other"]), "device 0: no layer 'other'"),
            (
                lambda: group.write_weights({PLASTIC: np.zeros((2, 3, 8), int)}),
                "found 2 matrices for hidden",
            ),
        ):
            with pytest.raises(LavaFedError, match=message):
                wrong()
        wrong_values = np.zeros((3, 3, 8), int)
        wrong_values[:2], wrong_values[2] = 5, 400
        with pytest.raises(NetworkError, match=r"device 2: .*400"):
            group.write_weights({PLASTIC: wrong_values})
        assert not group.weights()[PLASTIC].any()
    with pytest.raises(LavaFedError, match="at least one device"):
        EmulatorBackend().load_devices([])
    with pytest.raises(LavaFedError, match="at least one thread, found 0"):
        EmulatorBackend().load_devices([learner()], threads=0)


def test_the_first_device_that_fails_is_named_and_the_others_are_waited_for() -> None:
    case = Case("work", learner())
    sessions = [EmulatorBackend().load(case.program) for _ in range(4)]

    def fail(*_: Any, **__: Any) -> Any:
        raise LavaFedError("out of breath")

    sessions[1].run = fail  # type: ignore[method-assign]
    with DeviceGroup(sessions, threads=2) as group:
        with pytest.raises(LavaFedError, match="^device 1: out of breath$"):
            group.run(case.spikes)
        group.learn(case.spikes, case.labels, seeds=[1] * 4)
