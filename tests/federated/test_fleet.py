from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hardware.errors import LavaFedError
from lava_fed.conditions import Conditions
from lava_fed.config.links import NetworkConfig
from lava_fed.config.trouble import FaultsConfig
from lava_fed.fleet import Fleet, Reply
from lava_fed.local.device import Answer
from lava_fed.local_fleet import LocalFleet


class Echo:
    """A device that answers with its name and the message after some virtual seconds."""

    def __init__(self, name: str, seconds: float = 2.0, work: Callable[[], object] = lambda: None) -> None:
        self.name, self.seconds, self.work = name, seconds, work
        self.heard: list[bytes] = []

    def answer(self, message: bytes) -> Answer:
        self.heard.append(message)
        self.work()
        return Answer(self.name.encode() + b":" + message, self.seconds)


SLOW = NetworkConfig(latency=0.5, bandwidth=80.0)


def fleet(
    devices: list[Echo],
    workers: int = 2,
    limit: float = 60.0,
    seed: int = 3,
    network: NetworkConfig = SLOW,
    faults: FaultsConfig | None = None,
) -> LocalFleet:
    return LocalFleet(devices, workers, Conditions(network, faults or FaultsConfig()), seed, limit=limit)


def drain(running: Fleet, until: float | None = None) -> list[Reply]:
    until, replies = running.now + 1e6 if until is None else until, []
    while (reply := running.receive(until)) is not None:
        replies.append(reply)
    return replies


def test_a_reply_takes_both_ways_the_bytes_and_the_work() -> None:
    with fleet([Echo("a")]) as running:
        running.send(1, {"a": b"x" * 20})
        reply = running.receive(100.0)
        # 0.5 s there, 160 bits at 80 bit/s, 2 s of work, 0.5 s back, 22 bytes at 10 a second.
        assert reply == Reply("a", b"a:" + b"x" * 20, "", 0.5 + 2.0 + 2.0 + 0.5 + 2.2, 1)
        assert running.now == 7.2 and running.receive(50.0) is None and running.now == 50.0


def test_what_arrives_after_the_deadline_stays_under_way_until_it_is_recalled() -> None:
    with fleet([Echo("a", 1.0), Echo("b", 9.0)]) as running:
        running.send(1, {"a": b"", "b": b""})
        assert [reply.device for reply in drain(running, 5.0)] == ["a"] and running.now == 5.0
        assert [reply.device for reply in drain(running, 20.0)] == ["b"]
        running.send(2, {"a": b"", "b": b""})
        assert [reply.device for reply in drain(running, 25.0)] == ["a"]
        running.recall()
        assert drain(running) == []


def test_a_second_task_takes_back_the_first() -> None:
    with fleet([Echo("a")]) as running:
        running.send(1, {"a": b"first"})
        running.send(2, {"a": b"second"})
        assert [(reply.turn, reply.message) for reply in drain(running)] == [(2, b"a:second")]


def test_a_task_that_was_sent_before_an_interruption_arrives_when_it_would_have() -> None:
    with fleet([Echo("a")]) as running:
        running.send(7, {"a": b"late"}, at=100.0)
        (reply,) = drain(running)
    with fleet([Echo("a")]) as other:
        assert other.receive(100.0) is None
        other.send(7, {"a": b"late"})
        assert drain(other) == [reply]


def run(workers: int, seed: int, pause: float) -> list[Reply]:
    """Two turns under all conditions at once; who is slow in real time changes with ``pause``."""
    devices = [
        Echo(f"d{k}", 1.0 + k % 3, lambda k=k: time.sleep(pause * ((k * 7) % 5)))  # type: ignore[misc]
        for k in range(8)
    ]
    network = replace(SLOW, spread=0.7, speed_spread=0.4)
    faults = FaultsConfig(lost=0.2, duplicate=0.4, straggle=0.3)
    with fleet(devices, workers, seed=seed, network=network, faults=faults) as running:
        found = []
        for turn in (1, 2):
            running.send(turn, {device.name: b"%d" % turn for device in devices})
            found += drain(running, 40.0 * turn)
        return found


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**31 - 1))
def test_neither_workers_nor_real_time_change_what_arrives_or_when(seed: int) -> None:
    alone = run(1, seed, 0.0)
    assert alone == run(4, seed, 0.001)
    assert [reply.arrived for reply in alone] == sorted(reply.arrived for reply in alone)


def test_losses_duplicates_and_stragglers_come_as_often_as_they_should() -> None:
    devices = [Echo(f"d{k}", 1.0) for k in range(1000)]
    faults = FaultsConfig(lost=0.1, dropout=0.1, duplicate=0.25, straggle=0.2, slowdown=50.0)
    with fleet(devices, faults=faults) as running:
        running.send(1, {device.name: b"" for device in devices})
        replies = drain(running)
    first = {reply.device: reply.arrived for reply in reversed(replies)}
    assert 0.78 < len(first) / 1000 < 0.84  # 0.81
    assert 0.20 < (len(replies) - len(first)) / len(first) < 0.30
    assert 0.15 < sum(arrived > 40 for arrived in first.values()) / len(first) < 0.25


def test_seeds_turns_and_devices_have_luck_of_their_own() -> None:
    conditions = Conditions(NetworkConfig(spread=1.0))
    drawn = {
        conditions.luck(seed, device, turn).down for seed in (1, 2) for device in ("a", "b") for turn in (1, 2)
    }
    assert len(drawn) == 8
    calm = Conditions(NetworkConfig(spread=1.0), FaultsConfig(lost=1.0))
    assert conditions.luck(1, "a", 1).down == calm.luck(1, "a", 1).down


def test_a_device_that_fails_says_so_and_stops_nobody() -> None:
    def on_fire() -> None:
        raise ZeroDivisionError("chip\n on fire")

    def refuses() -> None:
        raise LavaFedError("the message is for another")

    with fleet([Echo("a"), Echo("b", work=on_fire), Echo("c", work=refuses)]) as running:
        running.send(1, {"a": b"", "b": b"", "c": b""})
        errors = {reply.device: (reply.message, reply.error) for reply in drain(running)}
    assert errors == {
        "a": (b"a:", ""),
        "b": (b"", "it failed with ZeroDivisionError: chip on fire"),
        "c": (b"", "the message is for another"),
    }


def test_a_device_that_never_returns_is_given_up_and_the_others_go_on() -> None:
    stuck = threading.Event()
    devices = [Echo("a", work=lambda: stuck.wait(30.0)), *(Echo(f"d{k}") for k in range(4))]
    begin = time.monotonic()
    try:
        with fleet(devices, workers=1, limit=0.2) as running:
            running.send(1, {device.name: b"" for device in devices})
            errors = {reply.device: reply.error for reply in drain(running)}
            running.send(2, {"a": b"", "d0": b""})
            again = {reply.device: reply.error for reply in drain(running)}
    finally:
        stuck.set()
    assert time.monotonic() - begin < 10.0
    assert errors["a"] == "it did not return within 0.2 s, and was given up"
    assert [error for name, error in errors.items() if name != "a"] == [""] * 4
    assert again == {"a": "it still does not return from an earlier task", "d0": ""}


def test_one_device_never_works_on_two_tasks_at_once() -> None:
    busy, most = 0, 0

    def work() -> None:
        nonlocal busy, most
        busy += 1
        most = max(most, busy)
        time.sleep(0.01)
        busy -= 1

    device = Echo("a", work=work)
    with fleet([device], workers=4) as running:
        for turn in range(1, 6):
            running.send(turn, {"a": b"%d" % turn})
            time.sleep(0.002)
        assert [reply.turn for reply in drain(running)] == [5]
    assert most == 1 and device.heard[-1] == b"5"


def test_what_is_no_failure_of_a_device_ends_the_run() -> None:
    class Killed(BaseException):
        pass

    def end() -> None:
        raise Killed

    with pytest.raises(Killed), fleet([Echo("a", work=end)]) as running:
        running.send(1, {"a": b""})
        running.receive(1e6)


def test_slips_of_the_caller_are_said() -> None:
    with pytest.raises(LavaFedError, match="two devices have the same name"):
        fleet([Echo("a"), Echo("a")])
    with pytest.raises(LavaFedError, match="at least one worker, found 0"):
        fleet([Echo("a")], workers=0)
    with fleet([Echo("a")]) as running, pytest.raises(LavaFedError, match="no device 'b'; this fleet has a"):
        running.send(1, {"b": b""})
