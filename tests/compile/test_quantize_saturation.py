"""Every state that leaves its range while samples run is counted, and none that does not."""

from __future__ import annotations

import numpy as np
import pytest

from compile.quantize import saturation
from compile.quantize.saturation import SaturationCounts, observe
from hardware.network import INPUT, Connection, Layer, Network
from hardware.neurons.alif import Adaptation, Alif
from hardware.neurons.cuba import Cuba, Message
from hardware.neurons.neuron import Neuron
from hardware.neurons.resonator import Resonator
from hardware.neurons.sigma_delta import Sigma, SigmaDelta
from hardware.spikes import SpikeTrain
from hardware.synapses.dense import Dense

LIMIT = 1 << 23


def counts(
    neuron: Neuron, steps: int = 20, weight: int = 0, message: int = 0, samples: int = 1
) -> SaturationCounts:
    """Counts of one unit that gets ``weight * message`` in every step but the first."""
    network = Network(
        1,
        (Layer("out", neuron),),
        (Connection(INPUT, "out", Dense(np.full((1, 1), weight, np.int16))),),
        graded_input=True,
    )
    return observe(network, SpikeTrain(np.full((samples, steps, 1), message))).counts["out"]


def cuba(**options: object) -> Cuba:
    parameters: dict[str, object] = {
        "current_decay": 4096,
        "voltage_decay": 0,
        "threshold": 131071,
        "bias_mantissa": np.zeros(1, np.int16),
    }
    return Cuba(**parameters | options)  # type: ignore[arg-type]  # each test gives the right ones


def test_a_voltage_that_grows_is_cut_in_every_step_after_it_is_full() -> None:
    """4095 << 7 is 524,160 a step: 16 steps make 8,386,560, so from the 17th of 20 it is cut."""
    full = cuba(bias_mantissa=np.array([4095], np.int16), bias_exponent=7, message=Message.VOLTAGE)
    assert counts(full, steps=16) == SaturationCounts()
    assert counts(full, steps=20) == SaturationCounts(voltages=4)
    assert counts(full, steps=20, samples=3) == SaturationCounts(voltages=12)


def test_a_voltage_that_falls_is_cut_too() -> None:
    falls = cuba(bias_mantissa=np.array([-4096], np.int16), bias_exponent=7)
    assert counts(falls, steps=15) == SaturationCounts()
    assert counts(falls, steps=16) == SaturationCounts(voltages=1)


def test_what_a_spike_resets_was_seen_before() -> None:
    """The drive lifts v over its range in one step; it fires and is 0 again, and each of ten times it was cut."""
    fires = cuba(drive=LIMIT - 1, bias_mantissa=np.array([1], np.int16))
    assert counts(fires, steps=10) == SaturationCounts(voltages=10)


def test_a_waiting_neuron_keeps_its_voltage() -> None:
    fires = cuba(drive=LIMIT - 1, bias_mantissa=np.array([1], np.int16), refractory=5)
    assert counts(fires, steps=10) == SaturationCounts(voltages=2)


@pytest.mark.parametrize("sign", [1, -1])
def test_a_current_that_wraps_is_counted_each_time(sign: int) -> None:
    """5,000,000 a step without decay: 5, 10 - 16.8 = -6.8, -1.8, 3.2, 8.2, 13.2 - 16.8 = -3.6 million, ..."""
    u, wraps = 0, 0
    for _ in range(20):
        u += 5_000_000
        if u >= LIMIT:
            u, wraps = u - 2 * LIMIT, wraps + 1
    seen = counts(cuba(current_decay=0, voltage_decay=4096, drive=sign * 5_000_000), steps=20)
    assert (seen.currents, wraps) == (6, 6)


def test_alif_is_watched_like_cuba() -> None:
    alif = Alif(1, 4096, 0, 131071, Adaptation(0, 4096, 4096), bias=-1_000_000)
    assert counts(alif, steps=8) == SaturationCounts()
    assert counts(alif, steps=11) == SaturationCounts(voltages=3)


def test_both_parts_of_a_resonator_are_watched() -> None:
    turns = Resonator(1, 0, 4096, 131071, drive_real=-3_000_000, drive_imag=2_000_000)
    assert counts(turns, steps=2) == SaturationCounts()
    assert counts(turns, steps=5) == SaturationCounts(voltages=3 + 1)


@pytest.mark.parametrize("neuron", [Sigma(1), SigmaDelta(1, 0)])
def test_a_sum_of_32_bits_that_wraps_is_counted(neuron: Neuron) -> None:
    """100 * 10,000,000 arrives from the second step on: 2^31 is passed with the third, and every 4.29 after it."""
    assert counts(neuron, steps=3, weight=100, message=10_000_000) == SaturationCounts()
    assert counts(neuron, steps=9, weight=100, message=10_000_000) == SaturationCounts(currents=2)


def test_samples_are_counted_in_batches_that_bound_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    full = cuba(bias_mantissa=np.array([4095], np.int16), bias_exponent=7, message=Message.VOLTAGE)
    network = Network(1, (Layer("out", full),), (Connection(INPUT, "out", Dense(np.zeros((1, 1), np.int16))),))
    train = SpikeTrain(np.random.default_rng(0).integers(0, 2, (7, 20, 1)))
    whole = observe(network, train)
    monkeypatch.setattr(saturation, "VALUES_PER_RUN", 160)
    parts = observe(network, train)
    assert whole.counts == parts.counts == {"out": SaturationCounts(voltages=28)}
    assert whole.messages == parts.messages == {INPUT: 1, "out": LIMIT - 1}
    assert np.array_equal(whole.scores, parts.scores)
    assert whole.scores.shape == (7, 1)


def test_counts_add_up() -> None:
    one, other = SaturationCounts(1, 2, 3, 4), SaturationCounts(10, 20, 30, 40)
    assert one + other == SaturationCounts(11, 22, 33, 44)
    assert (one.total, one.as_json()["currents"]) == (10, 3)
