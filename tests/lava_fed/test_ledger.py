"""The ledger line by line: bytes to joules by hand, devices that add up to the round, a table that is data."""

from __future__ import annotations

import csv
import io
from dataclasses import astuple, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.activity import spread
from hardware.chip.known import LOIHI2
from hardware.counters import Counters
from hardware.emulator.engine import EmulatorBackend
from hardware.energy.account import Account, account
from hardware.energy.amount import total
from hardware.energy.known import find_model
from hardware.program import Program
from hardware.spikes import SpikeTrain
from lava_fed.errors import ConfigError
from lava_fed.ledger.channel import CHANNELS, find_channel
from lava_fed.ledger.entry import entries
from lava_fed.ledger.prices import COUNT_LIMIT, Prices
from lava_fed.ledger.sheet import Sheet, totals
from lava_fed.runs.record import DeviceRecord, Fate, RoundRecord
from tests.hardware.energy.placed import on_cores
from tests.programs import learner


def placed() -> Program:
    return on_cores(learner(), {"hidden": [0], "readout": [1]}, LOIHI2)


def learned(samples: int, seed: int) -> Counters:
    x = SpikeTrain(np.random.default_rng(seed).integers(0, 2, (samples, 16, 6)).astype(np.uint8))
    with EmulatorBackend().load(placed()) as session:
        return session.learn(x, np.arange(samples) % 3, seed=1).counters


def record(*devices: DeviceRecord) -> RoundRecord:
    return RoundRecord(
        round=3,
        accuracy=0.5,
        device_accuracy={},
        devices=devices,
        clock=1.0,
        clipped=0,
        weights_digest="0" * 64,
        forwarded={},
        task_accuracy=(),
    )


@pytest.fixture(scope="module")
def a() -> DeviceRecord:
    """A device that answered."""
    return DeviceRecord("a", Fate.ANSWERED, down=300, up=100, samples=5, counters=learned(5, 3))


@pytest.fixture(scope="module")
def b() -> DeviceRecord:
    """Another one."""
    return DeviceRecord("b", Fate.ANSWERED, down=300, up=40, samples=2, counters=learned(2, 4))


GONE = DeviceRecord("c", Fate.SILENT, down=300)


def test_bluetooth_by_hand() -> None:
    # 300 bytes are two packets: each has 17 bytes more, 380 us more, at 1 Mbit/s; 3 V times 4.8 and 4.6 mA.
    ble = find_channel("ble")
    up, down = (300 + 34) * 8e-6 + 2 * 380e-6, (10 + 17) * 8e-6 + 380e-6
    spent = ble.joules(300, 10)
    assert spent.value == pytest.approx(up * 14.4e-3 + down * 13.8e-3, rel=1e-12)
    assert spent.low == pytest.approx(0.7 * spent.value) and spent.high == pytest.approx(1.3 * spent.value)
    assert ble.seconds(300, 10).value == pytest.approx(up + down, rel=1e-12)


def test_lorawan_waits_a_hundred_times_longer_than_it_sends() -> None:
    lora = find_channel("lorawan")
    airtime = (222 + 13) * 8 / 5469 + 20.7e-3
    assert lora.seconds(222, 0).value == pytest.approx(100 * airtime)
    assert lora.joules(222, 0).value == pytest.approx(airtime * 3.3 * 29e-3)


@given(st.sampled_from(sorted(CHANNELS)), st.integers(0, 10**7), st.integers(0, 10**7), st.integers(0, 1000))
def test_more_bytes_never_cost_less(name: str, up: int, down: int, more: int) -> None:
    channel = CHANNELS[name]
    less, spent = channel.joules(up, down), channel.joules(up + more, down + more)
    assert 0 <= less.value <= spent.value and spent.low <= spent.value <= spent.high
    assert 0 <= channel.seconds(up, down).value <= channel.seconds(up + more, down + more).value


def test_no_bytes_cost_nothing_and_a_free_link_is_free() -> None:
    assert all(channel.joules(0, 0).value == channel.seconds(0, 0).value == 0 for channel in CHANNELS.values())
    assert find_channel("none").joules(10**6, 10**6).value == 0


def test_an_unknown_channel_is_refused_with_all_known() -> None:
    with pytest.raises(ConfigError, match=r"no channel model is called 'wire'; known .*ble, wifi, lte-m"):
        find_channel("wire")


def account_of(counters: Counters, samples: int, *, learning: bool) -> Account:
    steps = counters.neuron_updates["hidden"] // placed().network.layers[0].units
    activity = spread(placed().network, counters.spikes, samples, steps)
    return account(placed(), activity, find_model("loihi2"), learning=learning)


def test_energy_of_a_device_is_that_of_its_events_by_hand(a: DeviceRecord) -> None:
    counters, prices = a.counters, Prices.of(placed())
    assert prices is not None
    hidden, readout, entered = (counters.spikes[name] for name in ("hidden", "readout", "input"))
    picojoules = (
        sum(counters.neuron_updates.values()) * (25.6 + 10.8)
        + (hidden + readout) * 34.65
        + sum(counters.synaptic_operations.values()) * 17.75
        + (hidden + entered) * 55.5
    )
    spent, learned = prices.compute(counters), prices.learning(counters)
    assert spent.value == pytest.approx(picojoules * 1e-12, rel=1e-9)
    assert learned.value == pytest.approx(sum(counters.learning_updates.values()) * 60e-12, rel=1e-9)
    assert 0 < spent.low < spent.value < spent.high


def test_prices_times_counts_are_the_account_of_the_run(a: DeviceRecord) -> None:
    prices = Prices.of(placed())
    assert prices is not None
    found = prices.compute(a.counters)
    expected = account_of(a.counters, 5, learning=False).joules
    assert astuple(found) == pytest.approx(astuple(expected), rel=1e-9)
    assert astuple(found + prices.learning(a.counters)) == pytest.approx(
        astuple(account_of(a.counters, 5, learning=True).joules), rel=1e-9
    )


def test_devices_add_up_to_the_round(a: DeviceRecord, b: DeviceRecord) -> None:
    rows = entries(record(a, b, GONE), Prices.of(placed()), find_channel("ble"))
    pooled = account_of(a.counters + b.counters, 7, learning=True)
    found = totals(rows)
    assert found["joules"]["compute"]["value"] + found["joules"]["learning"]["value"] == pytest.approx(
        pooled.joules.value, rel=1e-9
    )
    assert (found["down"], found["up"], found["samples"]) == (900, 140, 7)
    seconds = [row.seconds.compute.value + row.seconds.learning.value for row in rows[:2]]
    assert pooled.seconds is not None and sum(seconds) == pytest.approx(pooled.seconds.value)
    assert seconds[0] == pytest.approx(pooled.seconds.value * 5 / 7)
    first = rows[0].joules
    assert first.all.value == pytest.approx(first.compute.value + first.learning.value + first.radio.value)


def test_the_time_of_a_step_is_that_of_the_account_of_the_run(a: DeviceRecord) -> None:
    prices, step = Prices.of(placed()), account_of(a.counters, 5, learning=True).step
    assert prices is not None and step is not None
    work, learning = prices.time(a.counters)
    assert astuple(work) == pytest.approx(astuple(total([step.work, step.way, step.barrier])), rel=1e-9)
    assert astuple(learning) == pytest.approx(astuple(step.learning), rel=1e-9)


def test_pulls_take_as_long_as_rules_and_what_learned_nothing_takes_no_time_to_learn(a: DeviceRecord) -> None:
    """FedProx and EWC count a learning update a synapse; SLAYER counts none."""

    def seconds(factor: int) -> tuple[float, float]:
        updates = {name: factor * count for name, count in a.counters.learning_updates.items()}
        device = replace(a, counters=replace(a.counters, learning_updates=updates))
        (row,) = entries(record(device), Prices.of(placed()), find_channel("ble"))
        return row.seconds.compute.value, row.seconds.learning.value

    compute, learning = seconds(1)
    assert learning > 0
    assert seconds(3) == pytest.approx((compute, 3 * learning))
    assert seconds(0) == (compute, 0)


def test_a_device_that_did_not_answer_has_only_its_radio(a: DeviceRecord) -> None:
    *_, gone = entries(record(a, GONE), Prices.of(placed()), find_channel("ble"))
    assert (gone.fate, gone.down, gone.up, gone.spikes) == ("silent", 300, 0, 0)
    assert gone.joules.compute is None and gone.seconds.learning is None and gone.joules.radio.value > 0


def test_without_a_model_or_with_counts_that_cannot_be_true_only_the_radio_is_priced(a: DeviceRecord) -> None:
    assert Prices.of(learner()) is None
    huge = DeviceRecord("a", Fate.ANSWERED, up=1, samples=1, counters=Counters({"input": COUNT_LIMIT}))
    for row in (
        *entries(record(a), None, find_channel("ble")),
        *entries(record(huge), Prices.of(placed()), CHANNELS["ble"]),
    ):
        assert row.joules.compute is None and row.seconds.compute is None and row.joules.radio.value > 0


def test_the_table_is_data_that_reads_back(a: DeviceRecord) -> None:
    sheet = Sheet.of([record(a, GONE)], placed(), find_channel("wifi"))
    first, gone = csv.DictReader(io.StringIO(sheet.csv_text()))
    entry = sheet.entries[0]
    assert (first["round"], first["device"], first["fate"], first["up"]) == ("3", "a", "answered", "100")
    assert entry.joules.compute is not None
    assert float(first["compute J"]) == entry.joules.compute.value
    assert float(first["compute J low"]) <= float(first["compute J"]) <= float(first["compute J high"])
    assert gone["compute J"] == "" and float(gone["radio J"]) > 0
    assert sheet.csv_text() == Sheet.of([record(a, GONE)], placed(), find_channel("wifi")).csv_text()
    document = sheet.to_json()
    assert (document["channel"], document["model"], document["up"]) == ("wifi", "loihi2", 100)
    assert document["rounds"][0]["joules"] == document["joules"]
