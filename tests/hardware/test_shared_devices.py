"""Devices on the fast emulator hold what they share in memory once."""

from __future__ import annotations

import dataclasses
import gc
import tracemalloc
from collections.abc import Iterable

import pytest

from hardware.emulator import layout
from hardware.emulator.blocks import BLOCK
from hardware.emulator.engine import EmulatorBackend, EmulatorSession, warm_up
from hardware.emulator.reference import ReferenceBackend
from hardware.session import Session
from tests.conformance.comparison import assert_same, assert_same_weights
from tests.hardware.test_devices import device, work
from tests.programs import Case, cuba


def _memory(sessions: Iterable[Session]) -> dict[int, int]:
    """Bytes of every array that sessions hold, each counted once, by where it begins."""
    found: dict[int, int] = {}
    for session in sessions:
        assert isinstance(session, EmulatorSession)
        for array in (*session.layout.image, session.layout.plastic, session.plastic):
            found[array.__array_interface__["data"][0]] = array.nbytes
    return found


def test_a_thousand_devices_of_one_program_take_memory_for_their_plastic_weights_alone() -> None:
    program, case = device(1), Case("same", device(1), samples=1)
    warm_up()  # machine code is no memory of a device, nor are small objects that Python keeps for later
    with EmulatorBackend().load_devices([program] * 1000) as others:
        others.learn(case.spikes, case.labels, seeds=range(1000), layers=())
    with (
        EmulatorBackend().load_devices([program]) as one,
        EmulatorBackend().load_devices([program] * 1000) as many,
    ):
        first, every = _memory([one[0]]), _memory(many[number] for number in range(1000))
        assert len(every) == len(first) + 999
        assert sum(every.values()) - sum(first.values()) == 999 * 2 * (3 * 8 + BLOCK)
        gc.collect()
        tracemalloc.start()
        many.learn(case.spikes, case.labels, seeds=range(1000), layers=())
        many.run(case.spikes, layers=())
        gc.collect()
        held, _ = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert held < 1000 * 200
        assert len(_memory(many[number] for number in range(1000))) == len(first) + 999


def test_devices_that_differ_in_their_thresholds_share_their_weights() -> None:
    base = device(1)
    hidden, readout = base.network.layers
    programs = [
        dataclasses.replace(
            base,
            network=dataclasses.replace(
                base.network,
                layers=(dataclasses.replace(hidden, neuron=cuba(8, threshold=10 * number + 5)), readout),
            ),
        )
        for number in range(6)
    ]
    trains, labels, seeds = work(6)
    with EmulatorBackend().load_devices(programs) as group, EmulatorBackend().load(programs[0]) as alone:
        assert isinstance(alone, EmulatorSession)
        images = [session.layout.image for session in map(group.__getitem__, range(6))]
        for array in ("narrow", "wide", "indices", "delays", "short_totals", "totals"):
            assert len({id(getattr(image, array)) for image in images}) == 1
            assert getattr(images[0], array).nbytes == getattr(alone.layout.image, array).nbytes
        assert images[0].narrow.size
        results = group.learn(trains, labels, seeds=seeds)
        for number, program in enumerate(programs):
            session = ReferenceBackend().load(program)
            assert_same(results[number], session.learn(trains[number], labels[number], seed=seeds[number]))
            assert_same_weights(group[number], session)
    assert len({result.counters.spikes["hidden"] for result in results}) > 1


def test_what_is_proved_for_a_network_is_proved_once_for_all_of_its_devices(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looks: list[int] = []
    seen = layout.ranges
    monkeypatch.setattr(
        layout, "ranges", lambda network, largest=1: (looks.append(largest), seen(network, largest))[1]
    )
    case = Case("same", device(1), samples=1)
    with EmulatorBackend().load_devices([case.program] * 5, threads=1) as group:
        group.run(case.spikes)
        group.learn(case.spikes, case.labels, seeds=range(5))
    assert looks == [1]
