"""Sessions that take turns, and what they are judged by, on a session whose answers are known."""

# ruff: noqa: ARG002 - sessions for tests keep the signature of the contract

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from hardware.availability import Availability
from hardware.backend import Backend
from hardware.counters import Counters
from hardware.program import Program
from hardware.run_result import RunResult
from hardware.session import Session
from hardware.spikes import SpikeTrain
from lava_fed.coordinator.accuracy import Examiner, accuracy
from lava_fed.data.dataset import DataSet
from lava_fed.session_pool import SessionPool
from lava_fed.shared import Shared
from tests.lava_fed.conftest import FIRST, SECOND


class OddSession(Session):
    """Unit 1 answers where input 0 fired, whatever the weights are."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self.now = {name: array.copy() for name, array in program.weights().items()}
        self.closed = False

    def run(
        self, spikes: SpikeTrain, *, probes: Sequence[str] = (), layers: Sequence[str] | None = None
    ) -> RunResult:
        units = {layer.name: layer.units for layer in self.program.network.layers}
        sent = {name: np.zeros((spikes.samples, spikes.steps, n), np.uint8) for name, n in units.items()}
        sent["out"][:, :, 1] = spikes.values[:, :, 0]
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
        raise AssertionError("whoever judges does not teach")

    def weights(self) -> dict[str, NDArray[np.int16]]:
        return {name: array.copy() for name, array in self.now.items()}

    def replace_weights(self, weights: Mapping[str, NDArray[Any]]) -> None:
        for name, array in weights.items():
            self.now[name][...] = array

    def close(self) -> None:
        self.closed = True


class OddBackend(Backend):
    name = "odd"
    title = "for tests"

    def __init__(self) -> None:
        self.sessions: list[OddSession] = []

    def availability(self) -> Availability:
        return Availability(True, "always")

    def load(self, program: Program) -> Session:
        self.sessions.append(OddSession(program))
        return self.sessions[-1]


def data(samples: int = 4) -> DataSet:
    """Sample k is the binary code of k, in all 8 steps; its label is 1 where k is odd."""
    codes = (np.arange(samples)[:, None] >> np.arange(5)) & 1
    return DataSet(SpikeTrain(np.repeat(codes[:, None, :], 8, axis=1)), np.arange(samples) % 2, 2, "codes")


def test_a_pool_lends_each_session_to_one_at_a_time(program: Program) -> None:
    backend = OddBackend()
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
    backend = OddBackend()
    sessions = SessionPool(backend, program)
    with pytest.raises(RuntimeError, match="broken"), sessions.lend():
        raise RuntimeError("broken")
    assert backend.sessions[0].closed
    with sessions.lend() as fresh:
        assert fresh is backend.sessions[1]
    assert not backend.sessions[1].closed


def test_accuracy_counts_spikes_and_ties_go_to_the_lowest_index(program: Program) -> None:
    # Unit 1 fires for odd samples, which is right; for even ones no unit fires, and unit 0 wins the tie.
    session = OddSession(program)
    assert accuracy(session, data(8)) == 1.0
    odd = DataSet(data(8).x, np.ones(8, int), 2, "all ones")
    assert accuracy(session, odd) == 0.5


def test_batches_do_not_change_the_accuracy(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lava_fed.coordinator.accuracy.BATCH", 3)
    wrong = DataSet(data(8).x, np.array([1, 1, 0, 1, 0, 1, 0, 1]), 2, "one wrong")
    assert accuracy(OddSession(program), wrong) == 7 / 8


def test_an_examiner_judges_in_order(program: Program) -> None:
    class ByWeight(OddSession):
        def run(
            self, spikes: SpikeTrain, *, probes: Sequence[str] = (), layers: Sequence[str] | None = None
        ) -> RunResult:
            result = super().run(spikes, probes=probes, layers=layers)
            if self.now[FIRST][0, 0] > 0:
                result.spikes["out"][:, :, 1] = 0
            return result

    class ByWeightBackend(OddBackend):
        def load(self, program: Program) -> Session:
            return ByWeight(program)

    low, high = (dict.fromkeys([FIRST], np.full((2, 5), value)) for value in (0, 1))
    shared = Shared(program, (FIRST, SECOND))
    with Examiner(ByWeightBackend(), shared, data(8), workers=2) as examiner:
        assert examiner.judge([low, high, low, high, high]) == [1.0, 0.5, 1.0, 0.5, 0.5]
        assert examiner.exam(low, [data(8), DataSet(data(4).x, np.zeros(4, int), 2, "zeros")]) == (1.0, 0.5)
