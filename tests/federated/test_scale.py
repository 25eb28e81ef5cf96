from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from hardware.emulator.engine import EmulatorBackend
from hardware.program import Program
from hardware.session import Session
from lava_fed.config import load
from lava_fed.coordinator.rounds import federate
from lava_fed.data import archive
from lava_fed.data.dataset import DataSet
from lava_fed.data.registry import load as load_data
from lava_fed.local.device import Answer
from lava_fed.local.on_chip import OnChip
from lava_fed.local_fleet.office import Office
from lava_fed.messages.wire import Wire
from lava_fed.runs.record import Fate
from tests.federated.conftest import files


@pytest.fixture
def many(tmp_path: Path, config: Callable[..., Path]) -> Callable[..., Path]:
    """Write a config of many devices with three samples each."""
    digits = load_data("digits", "device", 16)
    archive.write(tmp_path / "test.npz", load_data("digits", "test", 16).take(slice(0, 20)))

    def written(count: int, **changes: dict[str, object]) -> Path:
        samples = digits.take(np.arange(3 * count) % len(digits))
        assert isinstance(samples, DataSet)
        archive.write(tmp_path / "train.npz", samples)
        tables: dict[str, dict[str, object]] = {
            "data": {"name": None, "steps": None, "train": "train.npz", "test": "test.npz"},
            "devices": {"count": count, "partition": "iid", "minimum": 1},
            "rounds": {"count": 2},
            "judge": {"every": 2, "devices": False},
        }
        return config(**{name: tables.get(name, {}) | changes.get(name, {}) for name in {*tables, *changes}})

    return written


def test_many_devices_share_sessions_and_read_their_common_message_once(
    tmp_path: Path, many: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded, read = 0, 0
    load_session, decode = EmulatorBackend.load, Wire.decode_task

    def counting_load(self: EmulatorBackend, program: Program) -> Session:
        nonlocal loaded
        loaded += 1
        return load_session(self, program)

    def counting_decode(self: Wire, *arguments: object) -> object:
        nonlocal read
        read += 1
        return decode(self, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(EmulatorBackend, "load", counting_load)
    monkeypatch.setattr(Wire, "decode_task", counting_decode)
    result = federate(load(many(150)), tmp_path / "run")
    assert [len(record.samples) for record in result.records] == [150, 150]
    assert loaded <= 2 + 2  # workers that learn, workers that judge
    assert read == 2


def test_the_cost_of_a_task_does_not_grow_with_the_devices(tmp_path: Path, many: Callable[..., Path]) -> None:
    seconds = {}
    federate(load(many(2)), tmp_path / "warm")
    for count in (25, 200):
        path = many(count)
        begun = time.process_time()
        federate(load(path), tmp_path / f"of{count}")
        seconds[count] = time.process_time() - begun
    assert seconds[200] < 1.6 * 8 * seconds[25]


def test_many_workers_and_one_give_the_same_bytes(tmp_path: Path, many: Callable[..., Path]) -> None:
    trouble: dict[str, dict[str, object]] = {
        "network": {"spread": 1.0},
        "faults": {"lost": 0.1, "duplicate": 0.2},
        "uplink": {"codec": "topk"},
        "asynchronous": {"buffer": 8},
        "rounds": {"count": 6},
    }
    one = load(many(40, run={"workers": 1}, **trouble))
    federate(one, tmp_path / "one")
    federate(load(many(40, run={"workers": 6}, **trouble)), tmp_path / "six")
    assert files(tmp_path / "one") == files(tmp_path / "six")


def test_worker_processes_give_the_same_bytes_as_threads(
    tmp_path: Path, many: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = load(many(6, uplink={"codec": "topk"}))
    federate(settings, tmp_path / "threads")

    def forbidden(*_: object) -> None:
        raise AssertionError("this process is to do nothing itself")

    monkeypatch.setattr(OnChip, "processes", True)
    monkeypatch.setattr(OnChip, "work", forbidden)
    federate(settings, tmp_path / "processes")
    assert files(tmp_path / "threads") == files(tmp_path / "processes")


def test_a_worker_process_that_ends_costs_one_answer(
    tmp_path: Path, many: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    answer, killed = Office.answer, 0

    def deadly(self: Office, device: str, message: bytes) -> Answer:
        nonlocal killed
        found = answer(self, device, message)
        if not killed:
            killed += 1
            clerk = self._idle[-1]
            clerk._process.kill()  # behind the office's back, while it takes the next request
            with monkeypatch.context() as patch:
                patch.setattr(type(clerk), "alive", True)
                return answer(self, device, message)
        return found

    monkeypatch.setattr(OnChip, "processes", True)
    monkeypatch.setattr(Office, "answer", deadly)
    result = federate(load(many(4)), tmp_path / "run")
    lost = [each for record in result.records for each in record.devices if each.fate is Fate.FAILED]
    assert len(lost) == 1 and lost[0].why.startswith("its worker process has ended")
