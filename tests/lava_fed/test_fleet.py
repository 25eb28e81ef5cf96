"""Devices and fleets, on a session that only counts."""

# ruff: noqa: ARG002 - sessions for tests keep the signature of the contract

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from hardware.availability import Availability
from hardware.backend import Backend
from hardware.counters import Counters, count
from hardware.errors import BackendError, LavaFedError
from hardware.lesson import Lesson
from hardware.program import Program
from hardware.run_result import RunResult
from hardware.session import Session
from hardware.spikes import SpikeTrain
from lava_fed import wire
from lava_fed.accuracy import Examiner, accuracy
from lava_fed.data.dataset import DataSet
from lava_fed.ledger import Traffic, total
from lava_fed.local.device import Device
from lava_fed.local.round import local_round
from lava_fed.local_fleet import LocalFleet
from lava_fed.session_pool import SessionPool
from lava_fed.task import Task
from tests.lava_fed.conftest import FIRST, SECOND


class CountingSession(Session):
    """Adds the number of samples of each label to the weights of that label's unit."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.now = {name: array.copy() for name, array in program.weights().items()}
        self.shown: list[NDArray[Any]] = []
        self.closed = False

    def run(
        self, spikes: SpikeTrain, *, probes: Sequence[str] = (), layers: Sequence[str] | None = None
    ) -> RunResult:
        units = {layer.name: layer.units for layer in self.program.network.layers}
        sent = {name: np.zeros((spikes.samples, spikes.steps, n), np.uint8) for name, n in units.items()}
        sent["out"][:, :, 1] = spikes.values[:, :, 0]  # unit 1 answers where input 0 fired
        return RunResult(sent, {}, Counters())

    def learn(
        self,
        spikes: SpikeTrain,
        labels: NDArray[Any] | None = None,
        *,
        seed: int,
        rewards: NDArray[Any] | None = None,
        anneal: int = 0,
        after: int = 0,
        frozen: Collection[str] = (),
        probes: Sequence[str] = (),
        layers: Sequence[str] | None = None,
    ) -> RunResult:
        assert labels is not None
        self.shown.append(spikes.values[:, 0, :].copy())
        for array in self.now.values():
            for label in labels:
                array[label] += 1
        result, network = self.run(spikes), self.program.network
        lesson = Lesson(labels.astype(np.int32), np.zeros(len(labels), np.int32), seed)
        return RunResult(result.spikes, {}, count(network, spikes, result.spikes, lesson=lesson))

    def weights(self) -> dict[str, NDArray[np.int16]]:
        return {name: array.copy() for name, array in self.now.items()}

    def replace_weights(self, weights: Mapping[str, NDArray[Any]]) -> None:
        for name, array in weights.items():
            self.now[name][...] = array

    def close(self) -> None:
        self.closed = True


class CountingBackend(Backend):
    name = "counting"
    title = "for tests"

    def __init__(self) -> None:
        self.sessions: list[CountingSession] = []

    def availability(self) -> Availability:
        return Availability(True, "always")

    def load(self, program: Program) -> Session:
        self.sessions.append(CountingSession(program))
        return self.sessions[-1]


def data(samples: int = 4) -> DataSet:
    """Sample k is the binary code of k, in all 8 steps; its label is 1 where k is odd."""
    codes = (np.arange(samples)[:, None] >> np.arange(5)) & 1
    return DataSet(SpikeTrain(np.repeat(codes[:, None, :], 8, axis=1)), np.arange(samples) % 2, 2, "codes")


def task(program: Program, passes: int = 1) -> Task:
    base = {FIRST: np.full((2, 5), -3), SECOND: np.full((2, 3), 9)}
    return Task(program.digest, 2, 5, passes, base)


def test_a_local_round_is_the_change_against_the_base(program: Program) -> None:
    session = CountingSession(program)
    delta, record = local_round(session, task(program, passes=3), data(), "dev")
    assert (delta.device, delta.round, delta.samples, delta.program) == ("dev", 2, 4, program.digest)
    assert np.all(delta.weights[FIRST] == 6) and np.all(delta.weights[SECOND] == 6)  # 3 passes, 2 of each label
    assert record.presented == 12 and record.counters.neuron_updates["out"] == 2 * 8 * 12
    # Each pass shows every sample once, and the orders differ.
    orders = session.shown[0].reshape(3, 4, 5) @ (1 << np.arange(5))
    assert [sorted(order) for order in orders.tolist()] == [[0, 1, 2, 3]] * 3
    assert len({tuple(order) for order in orders.tolist()}) > 1
    again = CountingSession(program)
    assert local_round(again, task(program, passes=3), data(), "dev")[1] == record
    assert np.array_equal(again.shown[0], session.shown[0])


def test_devices_answer_bytes_with_bytes_and_take_turns_with_a_session(program: Program) -> None:
    backend = CountingBackend()
    with SessionPool(backend, program) as sessions:
        devices = [Device(name, data(samples), sessions) for name, samples in (("one", 4), ("other", 6))]
        message = wire.encode_task(task(program), program)
        first = [device.answer(message) for device in devices]
        assert [device.answer(message) for device in devices[::-1]] == first[::-1]
        assert first[0] != first[1]
        assert len(backend.sessions) == 1
        assert not backend.sessions[0].closed
    assert backend.sessions[0].closed


def test_a_pool_lends_each_session_to_one_at_a_time(program: Program) -> None:
    backend = CountingBackend()
    sessions = SessionPool(backend, program)
    with sessions.lend() as one, sessions.lend() as other:
        assert one is not other
    with sessions.lend() as third:
        assert third in (one, other)
    assert len(backend.sessions) == 2
    sessions.close()
    assert all(session.closed for session in backend.sessions)
    sessions.close()


def test_a_session_that_failed_is_not_lent_again(program: Program) -> None:
    backend = CountingBackend()
    sessions = SessionPool(backend, program)
    with pytest.raises(RuntimeError, match="broken"), sessions.lend():
        raise RuntimeError("broken")
    assert backend.sessions[0].closed
    with sessions.lend() as fresh:
        assert fresh is backend.sessions[1]
    assert not backend.sessions[1].closed


def test_a_fleet_loads_no_more_sessions_than_it_has_workers(program: Program) -> None:
    backend = CountingBackend()
    sessions = SessionPool(backend, program)
    names = [f"d{number}" for number in range(60)]
    with LocalFleet([Device(name, data(), sessions) for name in names], workers=3) as fleet:
        fleet.exchange(dict.fromkeys(names, wire.encode_task(task(program), program)), lambda _: None)
        assert 1 <= len(backend.sessions) <= 3
    assert all(session.closed for session in backend.sessions)


def test_a_fleet_asks_whom_it_is_told_to(program: Program) -> None:
    backend = CountingBackend()
    arrived: list[tuple[str, int]] = []
    message = wire.encode_task(task(program), program)
    sessions = SessionPool(backend, program)
    with LocalFleet([Device(name, data(), sessions) for name in "abc"], workers=2) as fleet:
        me = threading.get_ident()
        answers = fleet.exchange(
            {"c": message, "a": message}, lambda name: arrived.append((name, threading.get_ident()))
        )
        assert list(answers) == ["c", "a"] and sorted(arrived) == [("a", me), ("c", me)]
        assert {wire.decode_update(data, program)[0].device for data in answers.values()} == {"a", "c"}
        with pytest.raises(LavaFedError, match="no device 'd'; this fleet has a, b, c"):
            fleet.exchange({"d": message}, print)
    assert all(session.closed for session in backend.sessions)


def test_the_first_failure_ends_the_exchange_and_names_the_device(program: Program) -> None:
    class Broken(CountingBackend):
        def load(self, program: Program) -> Session:
            raise MemoryError("no more")

    sound, broken = (SessionPool(backend, program) for backend in (CountingBackend(), Broken()))
    devices = [Device("good", data(), sound), Device("bad", data(), broken)]
    message = wire.encode_task(task(program), program)
    with LocalFleet(devices, workers=1) as fleet:
        with pytest.raises(BackendError, match="device bad: backend 'counting' failed with MemoryError: no more"):
            fleet.exchange({"good": message, "bad": message}, lambda _: None)
        with pytest.raises(wire.WireError, match="device good: message of 3 bytes is too short"):
            fleet.exchange({"good": b"???"}, lambda _: None)
        assert fleet.exchange({"good": message}, lambda _: None)  # the others can go on


def test_a_fleet_is_checked(program: Program) -> None:
    sessions = SessionPool(CountingBackend(), program)
    device = Device("a", data(), sessions)
    with pytest.raises(LavaFedError, match="same name"):
        LocalFleet([device, device], workers=1)
    with pytest.raises(LavaFedError, match="at least one worker"):
        LocalFleet([device], workers=0)
    with pytest.raises(LavaFedError, match="device name"):
        Device("a b", data(), sessions)


def test_accuracy_counts_spikes_and_ties_go_to_the_lowest_index(program: Program) -> None:
    # Unit 1 fires for odd samples, which is right; for even ones no unit fires, and unit 0 wins the tie.
    session = CountingSession(program)
    assert accuracy(session, data(8), program.weights()) == 1.0
    odd = DataSet(data(8).x, np.ones(8, int), 2, "all ones")
    assert accuracy(session, odd, program.weights()) == 0.5


def test_batches_do_not_change_the_accuracy(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lava_fed.accuracy.BATCH", 3)
    wrong = DataSet(data(8).x, np.array([1, 1, 0, 1, 0, 1, 0, 1]), 2, "one wrong")
    assert accuracy(CountingSession(program), wrong, program.weights()) == 7 / 8


def test_an_examiner_judges_in_order(program: Program) -> None:
    class ByWeight(CountingSession):
        def run(
            self, spikes: SpikeTrain, *, probes: Sequence[str] = (), layers: Sequence[str] | None = None
        ) -> RunResult:
            result = super().run(spikes, probes=probes, layers=layers)
            if self.now[FIRST][0, 0] > 0:
                result.spikes["out"][:, :, 1] = 0
            return result

    class ByWeightBackend(CountingBackend):
        def load(self, program: Program) -> Session:
            return ByWeight(program)

    low, high = (dict.fromkeys([FIRST], np.full((2, 5), value)) for value in (0, 1))
    with Examiner(ByWeightBackend(), program, data(8), workers=2) as examiner:
        assert examiner.judge([low, high, low, high, high]) == [1.0, 0.5, 1.0, 0.5, 0.5]


def test_traffic_adds_up() -> None:
    assert total([]) == Traffic("all", 0, 0)
    assert total([Traffic("a", 1, 20), Traffic("b", 300, 4000)]) == Traffic("all", 301, 4020)
