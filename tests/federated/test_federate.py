from __future__ import annotations

import dataclasses
import json
import re
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from hardware import container
from hardware.emulator.engine import EmulatorBackend
from hardware.encoder import Encoder
from hardware.errors import BackendUnavailableError, LavaFedError
from hardware.network import Network
from hardware.program import Program
from lava_fed.codec.exact import Exact
from lava_fed.config import load
from lava_fed.coordinator.accuracy import accuracy
from lava_fed.coordinator.rounds import federate
from lava_fed.data import archive
from lava_fed.data import registry as data
from lava_fed.errors import ConfigError, RunError
from lava_fed.local.device import Answer, Device, Kit
from lava_fed.local.memory import Memory
from lava_fed.local.on_chip import OnChip
from lava_fed.local.trainer import Work
from lava_fed.messages.task import Task
from lava_fed.messages.wire import Update, Wire
from lava_fed.observer import Observer
from lava_fed.runs.record import Fate, RoundRecord
from lava_fed.runs.run import read_run
from lava_fed.shared import Shared
from tests.federated.conftest import files


class Recorder(Observer):
    """Writes down what it is told."""

    def __init__(self) -> None:
        self.fractions: list[float] = []
        self.arrivals: list[tuple[int, str]] = []
        self.records: list[RoundRecord] = []
        self.stages: list[str] = []

    def stage(self, text: str) -> None:
        self.stages.append(text)

    def progress(self, fraction: float) -> None:
        self.fractions.append(fraction)

    def device_done(self, round_number: int, device: str) -> None:
        self.arrivals.append((round_number, device))

    def round_done(self, record: RoundRecord) -> None:
        self.records.append(record)


def test_a_federation_learns_and_tells_everything(
    tmp_path: Path, config: Callable[..., Path], program: Program
) -> None:
    observer = Recorder()
    path = config(rounds={"count": 5}, data={"steps": 32}, run={"baselines": True})
    result = federate(load(path), tmp_path / "run", observer=observer)

    start = 0.1  # zero weights never fire, so the lowest class always wins
    assert result.records[0].accuracy > start + 0.2
    assert result.accuracy > result.records[0].accuracy
    assert result.baselines is not None
    assert result.accuracy > result.baselines.best_single.accuracy[-1] + 0.02
    assert [len(b.accuracy) for b in (*result.baselines.alone, result.baselines.pooled)] == [5] * 5

    assert observer.fractions == sorted(observer.fractions) and observer.fractions[-1] == 1.0
    assert sorted(observer.arrivals) == [(n, f"device-{k}") for n in range(1, 6) for k in range(4)]
    assert tuple(observer.records) == result.records

    # What the records claim can be checked by hand against what is stored.
    test = data.load("digits", "test", 32)
    final = Program.load(tmp_path / "run" / "final.h5")
    with EmulatorBackend().load(final) as session:
        assert accuracy(session, test) == result.accuracy
    assert final.with_weights(dict(program.weights())).digest == program.digest
    assert final.provenance["federation.base"] == program.digest
    stored = json.loads((tmp_path / "run" / "result.json").read_text())
    assert stored["accuracy"] == result.accuracy and stored["program"] == final.digest


def test_the_account_is_the_length_of_real_messages(
    tmp_path: Path, config: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    down, up = [], []
    answer = Device.answer

    def counting(self: Device, message: bytes) -> Answer:
        down.append(len(message))
        reply = answer(self, message)
        up.append(len(reply.message))
        return reply

    monkeypatch.setattr(Device, "answer", counting)
    result = federate(load(config()), tmp_path / "run")
    assert sum(record.bytes_down for record in result.records) == sum(down)
    assert sum(record.bytes_up for record in result.records) == sum(up)


def test_bytes_do_not_depend_on_workers_or_order_of_arrival(
    tmp_path: Path, config: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = load(config(run={"baselines": True}, rounds={"count": 2}))
    federate(settings, tmp_path / "two")
    alone = load(config(run={"baselines": True, "workers": 1}, rounds={"count": 2}))
    federate(alone, tmp_path / "one")

    answer, dice = Device.answer, np.random.default_rng(1)

    def late(self: Device, message: bytes) -> Answer:
        time.sleep(dice.random() / 20)
        return answer(self, message)

    monkeypatch.setattr(Device, "answer", late)
    many = load(config(run={"baselines": True, "workers": 4}, rounds={"count": 2}))
    federate(many, tmp_path / "late")
    assert files(tmp_path / "one") == files(tmp_path / "two") == files(tmp_path / "late")


def test_another_seed_gives_another_run(tmp_path: Path, config: Callable[..., Path]) -> None:
    one = federate(load(config(run={"seed": 1}, rounds={"count": 1})), tmp_path / "one")
    two = federate(load(config(run={"seed": 2}, rounds={"count": 1})), tmp_path / "two")
    assert one.records[0].weights_digest != two.records[0].weights_digest
    assert one.records[0].samples != two.records[0].samples


def test_archives_give_the_same_rounds_as_the_named_data(tmp_path: Path, config: Callable[..., Path]) -> None:
    named = federate(load(config(rounds={"count": 1})), tmp_path / "named")
    path = config(rounds={"count": 1})
    for split in ("device", "test"):
        archive.write(tmp_path / f"{split}.npz", data.load("digits", split, 16))
    text = path.read_text().replace('name = "digits"\nsteps = 16', 'train = "device.npz"\ntest = "test.npz"')
    path.write_text(text)
    from_files = federate(load(path), tmp_path / "archives")
    assert from_files.records == named.records


def test_real_numbers_reach_a_program_with_an_input_block_through_its_encoder(
    tmp_path: Path, config: Callable[..., Path], program: Program
) -> None:
    spikes = config(rounds={"count": 1})
    for split in ("device", "test"):
        digits = data.load("digits", split, 16)
        np.savez(tmp_path / f"{split}.npz", x=np.moveaxis(digits.x.values, 1, 2) / 2.0, y=digits.labels)
    archives = ('name = "digits"\nsteps = 16', 'train = "device.npz"\ntest = "test.npz"')
    plain = federate(load(spikes), tmp_path / "plain")
    network = program.network
    encoder, *rest = network.layers
    first = dataclasses.replace(network.connections[0], port="fine")
    driven = Network(64, (encoder, *rest), (first, *network.connections[1:]), True, Encoder())
    dataclasses.replace(program, network=driven).save(tmp_path / "digits.h5")
    with pytest.raises(ConfigError, match="do not fit the Program: .* 65"):  # one unit more sees white
        federate(load(spikes), tmp_path / "named")
    spikes.write_text(spikes.read_text().replace(*archives))
    halved = federate(load(spikes), tmp_path / "halved")
    # Half a spike at a scale of 4096 is 2048; at the fine port it drives half of what a plain spike does.
    hidden = [run.records[0].counters.spikes["hidden"] for run in (halved, plain)]
    assert 0 < hidden[0] < hidden[1]


def test_the_frozen_config_runs_again_to_the_same_bytes(tmp_path: Path, config: Callable[..., Path]) -> None:
    federate(load(config(rounds={"count": 1})), tmp_path / "first")
    federate(load(tmp_path / "first" / "config.toml"), tmp_path / "second")
    assert files(tmp_path / "first") == files(tmp_path / "second")


def test_a_run_reads_back_as_it_was(tmp_path: Path, config: Callable[..., Path], program: Program) -> None:
    settings = load(config(run={"baselines": True}, rounds={"count": 2}))
    result = federate(settings, tmp_path / "run")
    run = read_run(tmp_path / "run")
    assert run.records == result.records and run.baselines == result.baselines
    assert run.base.digest == program.digest and run.program.digest == result.program.digest
    assert run.config.settings() == settings.settings()
    assert run.class_counts.shape == (4, 10) and run.class_counts.sum() == 1137
    assert {f"device-{k}": int(n) for k, n in enumerate(run.class_counts.sum(axis=1))} == run.records[0].samples
    assert sorted(run.example.labels) == list(range(10)) and run.example.x.steps == 16


def broken(self: Device, message: bytes) -> Answer:
    raise ZeroDivisionError("chip on fire")


def test_a_device_that_fails_is_named_and_stops_nobody(
    tmp_path: Path, config: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = Device.answer
    monkeypatch.setattr(
        Device, "answer", lambda self, data: (broken if self.name == "device-2" else answer)(self, data)
    )
    result = federate(load(config()), tmp_path / "run")
    for record in result.records:
        fates = {device.device: (device.fate, device.why, device.up) for device in record.devices}
        fate, why, up = fates.pop("device-2")
        assert fate is Fate.FAILED and "chip on fire" in why and up == 0
        assert {fate for fate, _, _ in fates.values()} == {Fate.ANSWERED}
        assert set(record.device_accuracy) == set(record.samples) == {"device-0", "device-1", "device-3"}

    with pytest.raises(RunError, match=r"round 1: 3 of 4 devices .* fewer than the quorum of 4, .*chip on fire"):
        federate(load(config(rounds={"quorum": 4})), tmp_path / "all")
    monkeypatch.setattr(Device, "answer", broken)
    with pytest.raises(
        RunError, match=r"0 of 4 devices answered soundly, .*device-0, device-1.*chip on fire.*--resume"
    ):
        federate(load(config()), tmp_path / "none")


def test_unsound_answers_are_refused_and_stop_nobody(
    tmp_path: Path, config: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, program: Program
) -> None:
    answer, wire = Device.answer, Wire(Shared.of(program), Exact())
    change: dict[str, object] = {}

    def forged(self: Device, message: bytes) -> Answer:
        honest = answer(self, message)
        if self.name != "device-0":
            return honest
        if not change:
            return Answer(honest.message[:-1], 0.0)
        update = wire.decode_update(honest.message)
        delta = dataclasses.replace(update.delta, **change)
        data = Exact().encode(delta.weights, np.random.default_rng(0))
        return Answer(wire.encode_update(Update(delta, update.counters), data), 0.0)

    monkeypatch.setattr(Device, "answer", forged)
    high = {"hidden->readout": np.full((10, 48), 700 << 16, np.int32)}
    for number, (fields_changed, fate, expected) in enumerate(
        [
            ({}, Fate.REFUSED, r"update claims \d+ bytes but holds"),
            ({"device": "device-1"}, Fate.REFUSED, "the answer is of device-1"),
            ({"samples": 10**6}, Fate.REFUSED, "claims 1000000 samples, the device has"),
            ({"version": 7}, Fate.REFUSED, "starts from version 7, expected 0"),
            ({"weights": high}, Fate.REFUSED, "changes connection hidden->readout by more than 1.25 times"),
            ({"turn": 2}, Fate.SILENT, "^$"),  # an answer to another task is nobody's
        ]
    ):
        change = fields_changed
        result = federate(load(config(rounds={"count": 1})), tmp_path / f"run{number}")
        first, *others = result.records[0].devices
        assert first.fate is fate and re.search(expected, first.why) and first.up > 0
        assert [device.fate for device in others] == [Fate.ANSWERED] * 3


def test_what_does_not_fit_is_said_before_the_first_round(
    tmp_path: Path, config: Callable[..., Path], program: Program
) -> None:
    out = tmp_path / "run"
    with pytest.raises(LavaFedError, match="no backend is called 'emulatr'"):
        federate(load(config(devices={"backend": "emulatr"})), out)
    with pytest.raises(LavaFedError, match="no aggregator is called 'fedsgd'"):
        federate(load(config(aggregate={"name": "fedsgd"})), out)
    with pytest.raises(ConfigError, match="17 steps is not a whole number of learning epochs of 8"):
        federate(load(config(data={"steps": 17})), out)
    with pytest.raises(LavaFedError, match="no data set is called 'digit'"):
        federate(load(config(data={"name": "digit"})), out)
    with pytest.raises(LavaFedError, match="no split 'tests'"):
        federate(load(config(data={"test": "tests"})), out)
    with pytest.raises(LavaFedError, match="too few for 400 devices"):
        federate(load(config(devices={"count": 400})), out)
    path = config()
    (tmp_path / "digits.h5").unlink()
    with pytest.raises(LavaFedError, match=r"digits\.h5"):
        federate(load(path), out)
    (tmp_path / "digits.h5").write_bytes(container.encode("round", {}, {}))
    with pytest.raises(LavaFedError, match="expected a 'program' file"):
        federate(load(path), out)
    assert not out.exists()


def test_an_unavailable_backend_says_what_is_missing(tmp_path: Path, config: Callable[..., Path]) -> None:
    path = config()
    path.write_text(path.read_text() + '\n[devices.backends]\ndevice-1 = "loihi2"\n')
    with pytest.raises(BackendUnavailableError, match="backend 'loihi2' cannot run here"):
        federate(load(path), tmp_path / "run")


@pytest.mark.lava
def test_a_device_on_lava_gives_the_same_answer(program: Program) -> None:
    from hardware.lava.cpu import LavaBackend

    small = data.load("digits", "device", 16).take(slice(0, 6))
    rng = np.random.default_rng(3)
    base = {"hidden->readout": (rng.integers(-20, 21, (10, 48)) * 2 + 1).astype(np.int16)}
    wire = Wire(Shared.of(program), Exact())
    message = wire.encode_task(Task(program.digest, 4, 3, 11, 0, 0, base))
    replies = []
    for backend in (EmulatorBackend(), LavaBackend()):
        with OnChip(backend) as trainer:
            kit = Kit(wire, trainer, Work(), lambda _: base)
            device = Device("device-3", program, lambda _: small, kit, Memory())
            replies.append(device.answer(message).message)
            assert device.answer(message).message == replies[-1]  # the chip keeps nothing between two rounds
    assert replies[0] == replies[1]
    assert np.any(wire.decode_update(replies[0]).delta.weights["hidden->readout"])


@pytest.mark.lava
def test_a_federation_with_one_device_on_lava_gives_the_same_rounds(
    tmp_path: Path, config: Callable[..., Path]
) -> None:
    path = config(devices={"count": 2}, rounds={"count": 2, "samples": 8})
    alike = federate(load(path), tmp_path / "alike")
    path.write_text(path.read_text() + '\n[devices.backends]\ndevice-1 = "lava"\n')
    mixed = federate(load(path), tmp_path / "mixed")
    assert alike.records[-1].samples == {"device-0": 8, "device-1": 8}
    assert alike.records == mixed.records
    assert alike.program.digest == mixed.program.digest


def test_an_unfinished_run_says_so(tmp_path: Path, config: Callable[..., Path]) -> None:
    with pytest.raises(RunError, match="holds no run"):
        read_run(tmp_path)
    federate(load(config(rounds={"count": 2})), tmp_path / "run")
    (tmp_path / "run" / "rounds" / "0002.h5").unlink()
    with pytest.raises(RunError, match="stopped in round 1 of 2"):
        read_run(tmp_path / "run")
