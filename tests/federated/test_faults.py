from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hardware.errors import LavaFedError
from lava_fed.config import load
from lava_fed.coordinator.rounds import FederationResult, federate
from lava_fed.data import archive
from lava_fed.data import registry as data
from lava_fed.errors import RunError
from lava_fed.fleet import Reply
from lava_fed.local.device import Answer, Device
from lava_fed.local_fleet import LocalFleet
from lava_fed.runs.record import Fate
from tests.federated.conftest import files

Tables = dict[str, dict[str, object]]
SMALL: Tables = {
    "data": {"name": None, "steps": None, "train": "train.npz", "test": "test.npz"},
    "devices": {"count": 4, "minimum": 5},
    "rounds": {"count": 2},
    "judge": {"devices": False},
}
ASYNCHRONOUS: Tables = SMALL | {"rounds": {"count": 6}, "asynchronous": {"buffer": 2}}


@pytest.fixture(autouse=True)
def few_samples(tmp_path: Path) -> None:
    """Put small archives beside the config, so that many runs take little time."""
    archive.write(tmp_path / "train.npz", data.load("digits", "device", 16).take(slice(0, 100)))
    archive.write(tmp_path / "test.npz", data.load("digits", "test", 16).take(slice(0, 30)))


@pytest.fixture
def run(tmp_path: Path, config: Callable[..., Path]) -> Callable[..., FederationResult]:
    """Run a federation in a new folder; the arguments are tables that differ from ``SMALL``."""
    count = 0

    def federated(tables: Tables = SMALL, **changes: dict[str, object]) -> FederationResult:
        nonlocal count
        count += 1
        every = {name: tables.get(name, {}) | changes.get(name, {}) for name in {*tables, *changes}}
        return federate(load(config(**every)), tmp_path / f"run{count}")

    return federated


def weights(result: FederationResult) -> list[str]:
    return [record.weights_digest for record in result.records]


def fates(result: FederationResult, number: int) -> dict[str, Fate]:
    return {device.device: device.fate for device in result.records[number - 1].devices}


class Shuffled(LocalFleet):
    """Delivers what arrives until the deadline in an order of its own, with strays between."""

    order: tuple[int, ...] = ()
    strays: tuple[bytes, ...] = ()
    waiting: list[Reply]

    def receive(self, until: float) -> Reply | None:
        if not hasattr(self, "waiting") or not self.waiting:
            self.waiting = []
            while (reply := super().receive(until)) is not None:
                self.waiting.append(reply)
            self.waiting = [self.waiting[k % len(self.waiting)] for k in self.order if self.waiting] + self.waiting
            for stray in self.strays:
                self.waiting[:0] = [
                    Reply("device-9", stray, "", until),
                    Reply("device-1", stray[:0], "", until, 77),
                ]
        return self.waiting.pop(0) if self.waiting else None


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.lists(st.integers(0, 3), max_size=8), strays=st.lists(st.binary(max_size=30), max_size=3))
def test_neither_order_nor_duplicates_nor_strays_change_a_round(
    whole: tuple[Path, list[str]], order: list[int], strays: list[bytes]
) -> None:
    path, expected = whole
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Shuffled, "order", tuple(order))
        patch.setattr(Shuffled, "strays", tuple(s for s in strays if s))
        patch.setattr("lava_fed.coordinator.rounds.LocalFleet", Shuffled)
        out = path.parent / f"shuffled{len(list(path.parent.iterdir()))}"
        assert weights(federate(load(path), out)) == expected


@pytest.fixture
def whole(config: Callable[..., Path], run: Callable[..., FederationResult]) -> tuple[Path, list[str]]:
    """Return a config with what comes of it where all is well."""
    return config(**SMALL), weights(run())


def test_duplicates_cost_bytes_and_change_nothing(run: Callable[..., FederationResult]) -> None:
    spread = {"spread": 1.0}
    calm, doubled = run(network=spread), run(network=spread, faults={"duplicate": 1.0})
    assert weights(calm) == weights(doubled)
    assert doubled.records[0].bytes_up > calm.records[0].bytes_up
    calm, doubled = run(ASYNCHRONOUS), run(ASYNCHRONOUS, faults={"duplicate": 1.0})
    assert weights(calm) == weights(doubled)


def late(names: Iterable[str], seconds: float) -> Callable[[Device, bytes], Answer]:
    answer, chosen = Device.answer, set(names)

    def slow(self: Device, message: bytes) -> Answer:
        found = answer(self, message)
        return dataclasses.replace(found, seconds=seconds if self.name in chosen else 1.0)

    return slow


def test_late_replies_count_as_none(run: Callable[..., FederationResult], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Device, "answer", late(["device-1"], 100.0))
    result = run(rounds={"count": 2, "deadline": 10.0})
    assert [fates(result, n)["device-1"] for n in (1, 2)] == [Fate.SILENT] * 2
    assert [record.clock for record in result.records] == [10.0, 20.0]
    assert "device-1" not in result.records[0].samples and len(result.records[0].samples) == 3

    monkeypatch.setattr(Device, "answer", damaged(["device-1"], lambda message: b""))
    gone = run(rounds={"count": 2, "deadline": 10.0})
    assert weights(gone) == weights(result)


def damaged(names: Iterable[str], damage: Callable[[bytes], bytes]) -> Callable[[Device, bytes], Answer]:
    answer, chosen = UNDAMAGED, set(names)

    def wrong(self: Device, message: bytes) -> Answer:
        found = answer(self, message)
        return dataclasses.replace(found, message=damage(found.message)) if self.name in chosen else found

    return wrong


UNDAMAGED = Device.answer


@pytest.mark.parametrize("tables", [SMALL, ASYNCHRONOUS], ids=["synchronous", "asynchronous"])
def test_malformed_replies_are_refused_written_down_and_stop_nothing(
    run: Callable[..., FederationResult], monkeypatch: pytest.MonkeyPatch, tables: Tables
) -> None:
    found = []
    for damage in (
        lambda message: message[:-3],
        lambda message: b"",
        lambda message: message[:20] + bytes([message[20] ^ 1]) + message[21:],
    ):
        monkeypatch.setattr(Device, "answer", damaged(["device-2"], damage))
        result = run(tables)
        found.append(weights(result))
        refused = [each for record in result.records for each in record.devices if each.device == "device-2"]
        assert refused and all(each.fate is Fate.REFUSED and each.why for each in refused)
    assert found[0] == found[1] == found[2]


@pytest.mark.parametrize("tables", [SMALL, ASYNCHRONOUS], ids=["synchronous", "asynchronous"])
def test_a_run_that_nobody_answers_ends_with_one_sentence_and_goes_on_later(
    tmp_path: Path, config: Callable[..., Path], monkeypatch: pytest.MonkeyPatch, tables: Tables
) -> None:
    path, answer = config(**tables), Device.answer
    federate(load(path), tmp_path / "whole")
    turns = []

    def dying(self: Device, message: bytes) -> Answer:
        turns.append(self.name)
        if len(turns) > 4:
            raise LavaFedError("the battery is empty")
        return answer(self, message)

    with monkeypatch.context() as patch:
        patch.setattr(Device, "answer", dying)
        with pytest.raises(
            RunError, match=r"device-\d( and others)?: the battery is empty.*go on with --resume"
        ) as caught:
            federate(load(path), tmp_path / "run")
    assert "\n" not in str(caught.value)
    federate(load(path), tmp_path / "run", resume=True)
    assert files(tmp_path / "run") == files(tmp_path / "whole")


def test_only_devices_that_are_there_are_asked(
    run: Callable[..., FederationResult], monkeypatch: pytest.MonkeyPatch
) -> None:
    there = ("device-3", "device-1", "stranger")
    monkeypatch.setattr(LocalFleet, "devices", lambda _: there)
    rounds = run(SMALL, rounds={"count": 2, "quorum": 2})
    assert [sorted(record.samples) for record in rounds.records] == [["device-1", "device-3"]] * 2
    versions = run(ASYNCHRONOUS, asynchronous={"buffer": 2}, faults={"lost": 0.3})
    asked = {device.device for record in versions.records for device in record.devices}
    assert asked == {"device-1", "device-3"}
    with pytest.raises(
        RunError, match="round 1: 2 of 4 devices are there, fewer than the quorum of 3; connect more"
    ):
        run(SMALL, rounds={"count": 2, "quorum": 3})


def test_a_device_that_leaves_is_not_asked_again(
    run: Callable[..., FederationResult], monkeypatch: pytest.MonkeyPatch
) -> None:
    everybody, gone = LocalFleet.devices, "device-2"
    monkeypatch.setattr(
        LocalFleet,
        "devices",
        lambda self: tuple(name for name in everybody(self) if name != gone or self.now < 0.05),
    )
    result = run(ASYNCHRONOUS, asynchronous={"buffer": 4}, rounds={"count": 3})
    asked = [sorted(device.device for device in record.devices) for record in result.records]
    assert gone in asked[0] and all(gone not in names and len(names) == 3 for names in asked[1:])


def test_where_everything_is_lost_nobody_waits_for_ever(run: Callable[..., FederationResult]) -> None:
    with pytest.raises(RunError, match=r"round 1: 0 of 4 devices answered soundly.*no answer from device-0"):
        run(faults={"lost": 1.0})
    with pytest.raises(RunError, match=r"version 1: no sound answer, and nothing sound came for \d+ s"):
        run(ASYNCHRONOUS, faults={"dropout": 1.0})


def test_a_quorum_that_is_missed_ends_the_run(
    run: Callable[..., FederationResult], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Device, "answer", damaged(["device-0"], lambda message: b""))
    assert len(run(rounds={"quorum": 3}).records) == 2
    with pytest.raises(RunError, match="3 of 4 devices answered soundly, fewer than .* of 4, within 3600 s"):
        run(rounds={"quorum": 4})


def test_devices_that_fail_alike_are_named_with_one_reason(
    run: Callable[..., FederationResult], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Device, "answer", damaged([f"device-{index}" for index in range(4)], lambda message: b""))
    with pytest.raises(RunError, match=r"\(device-0, device-1, device-2 and others: [^;]*\); mend them and go on"):
        run()


def test_how_far_devices_drift_is_written_down(
    run: Callable[..., FederationResult], monkeypatch: pytest.MonkeyPatch
) -> None:
    gentle, whole = (run(aggregate={"rate": 1.0}, work={"proximal": part}) for part in (0.9, 0.0))
    for result in (gentle, whole):
        for record in result.records:
            assert all(device.drift > 0 for device in record.devices) and -1 < record.agreement < 1
    assert gentle.records[0].devices[0].drift < whole.records[0].devices[0].drift
    monkeypatch.setattr(Device, "answer", damaged(["device-1", "device-2", "device-3"], lambda message: b""))
    alone = run().records[0]
    assert alone.agreement is None
    assert [device.drift > 0 for device in alone.devices] == [True, False, False, False]


def test_an_update_that_is_too_old_is_written_down_and_not_used(
    run: Callable[..., FederationResult], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Device, "answer", late(["device-3"], 3.5))
    result = run(ASYNCHRONOUS, asynchronous={"buffer": 1, "oldest": 2}, rounds={"count": 14})
    own = [each for record in result.records for each in record.devices if each.device == "device-3"]
    assert own and {each.fate for each in own} == {Fate.STALE} and all(each.age > 2 for each in own)
    others = [each for record in result.records for each in record.devices if each.device != "device-3"]
    assert {each.fate for each in others} == {Fate.ANSWERED} and max(each.age for each in others) == 2
    assert all(len(record.samples) == 1 for record in result.records)


def test_a_device_whose_task_was_lost_is_asked_again(run: Callable[..., FederationResult]) -> None:
    result = run(ASYNCHRONOUS, faults={"lost": 0.4}, asynchronous={"buffer": 4}, rounds={"count": 3})
    lost = [each for record in result.records for each in record.devices if each.up == 0]
    assert all(len(record.samples) == 4 for record in result.records) and not lost
    assert result.records[-1].clock > 3600.0  # the patience that a lost task takes


def test_slow_devices_hold_up_rounds_and_nobody_else(
    run: Callable[..., FederationResult], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Device, "answer", late(["device-0"], 50.0))
    rounds = run(rounds={"count": 3}).records[-1].clock
    versions = run(ASYNCHRONOUS, rounds={"count": 6}).records[-1].clock
    assert rounds > 150.0 and versions < 20.0


def test_a_buffer_of_all_devices_makes_the_versions_that_rounds_make(run: Callable[..., FederationResult]) -> None:
    versions = run(ASYNCHRONOUS, asynchronous={"buffer": 4}, rounds={"count": 3})
    assert weights(versions) == weights(run(rounds={"count": 3}))
    assert all(device.age == 0 for record in versions.records for device in record.devices)


def test_no_more_devices_than_the_fraction_work_at_a_time(
    run: Callable[..., FederationResult], monkeypatch: pytest.MonkeyPatch
) -> None:
    under_way, most = set[str](), 0
    send, receive = LocalFleet.send, LocalFleet.receive

    def watched_send(self: LocalFleet, turn: int, messages: dict[str, bytes], at: float | None = None) -> None:
        nonlocal most
        under_way.update(messages)
        most = max(most, len(under_way))
        send(self, turn, messages, at)

    def watched_receive(self: LocalFleet, until: float) -> Reply | None:
        reply = receive(self, until)
        under_way.discard(reply.device if reply else "")
        return reply

    monkeypatch.setattr(LocalFleet, "send", watched_send)
    monkeypatch.setattr(LocalFleet, "receive", watched_receive)
    result = run(ASYNCHRONOUS, rounds={"count": 8, "select": "random", "fraction": 0.5})
    assert most == 2 and {name for record in result.records for name in record.samples} > {"device-0", "device-3"}
