"""What neurons can reach, for layers small enough to know the answer."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.emulator.reference import ReferenceBackend
from hardware.neurons.alif import Adaptation, Alif
from hardware.neurons.cuba import Message, Reset
from hardware.neurons.resonator import Firing, Resonator
from hardware.neurons.sigma_delta import Delta, Sigma, SigmaDelta
from hardware.ranges.interval import WORD, Interval, integrated
from hardware.spikes import SpikeTrain
from hardware.synapses.dense import Dense
from tests.every_kind import one
from tests.hardware.bounded import POSITIVE, layer, row
from tests.programs import cuba, dense, single


def test_a_current_is_bounded_by_what_it_reaches_under_constant_input() -> None:
    loaded = single(cuba(2, 300, 100, 131071), Dense(np.array([[254, 100], [-256, -20]], np.int16)))
    bound = layer(loaded).states["u"]
    with ReferenceBackend().load(loaded) as session:
        result = session.run(SpikeTrain(np.ones((1, 400, 2), np.uint8)), probes=["a.u"])
    assert Interval(int(result.probes["a.u"].min()), int(result.probes["a.u"].max())) == bound


@given(st.integers(1, 4096), st.integers(-(2**20), 2**20), st.integers(0, 2**20))
def test_what_is_integrated_stays_where_one_more_step_leads(constant: int, low: int, width: int) -> None:
    decays, into = Interval(constant, 4096), Interval(low, low + width)
    bound = integrated(decays, into)
    assert bound.decayed(decays) + into in bound
    for end, inner in ((bound.high, bound.high - 1), (-bound.low, -bound.low - 1)):
        most = into.high if end == bound.high else -into.low
        assert end == 0 or Interval(inner, inner).decayed(Interval(constant, constant)).high + most > inner


@pytest.mark.parametrize("total, stays", [(2048, True), (2049, False), (-2048, True), (-2049, False)])
def test_a_current_stays_in_24_bits_for_joined_input_up_to_two_to_the_24(total: int, stays: bool) -> None:
    found = layer(single(cuba(1, 0, 0, 131071), row(total, exponent=7)))
    assert found.intermediates["joined"].largest == abs(total) * 2**13
    assert found.current_stays is stays
    assert found.current_turns and found.exact_in_words is stays


def test_a_current_that_is_forgotten_at_once_may_get_three_half_turns_of_input() -> None:
    assert layer(single(cuba(1, 4096, 0), row(3072, exponent=7))).current_stays
    assert not layer(single(cuba(1, 4096, 0), row(3073, exponent=7))).current_stays


def test_a_current_that_never_reaches_24_bits_is_never_turned() -> None:
    found = layer(single(cuba(1, 4096, 0), row(2**17)))
    assert not found.current_turns and found.states["u"] == Interval(0, 2**23)
    assert layer(single(cuba(1, 4096, 0), row(2**17 + 1))).current_turns


def test_joined_input_counts_the_fine_port_where_it_is_used() -> None:
    neuron = cuba(1, 4096, 4096, drive=5)
    fine = layer(one(neuron, Dense(np.array([[2]])), graded=True, fine=Dense(np.array([[200]]))), 100)
    assert fine.intermediates["joined"] == Interval(-12800 - 312 + 5, 12800 + 317)
    assert fine.intermediates["fine"].high == (200 << 12) + 20000 + 320
    assert "fine" not in layer(single(cuba(1), row(9))).intermediates


def test_a_voltage_never_stays_above_the_threshold_where_a_spike_resets_it() -> None:
    synapse = Dense(np.array([[100]], np.int16))
    reset = layer(single(cuba(1, 4096, 0, 7), synapse))
    assert (reset.states["v"], reset.intermediates["v"]) == (Interval(0, 448), Interval(0, 6848))
    assert reset.message == Interval(0, 1)
    graded = layer(single(cuba(1, 4096, 0, 7, message=Message.GRADED), synapse))
    assert graded.message == Interval(0, 6848)
    voltage = layer(single(cuba(1, 4096, 2048, 7, message=Message.VOLTAGE), synapse))
    assert voltage.message == voltage.states["v"] == Interval(0, 12799)
    subtracted = layer(single(cuba(1, 4096, 2048, 7, reset=Reset.SUBTRACT), synapse))
    assert subtracted.states["v"] == Interval(0, 12799 - 448)


def test_a_pause_counts_down_from_the_refractory_delay() -> None:
    assert layer(single(cuba(1, refractory=9), row(9))).states["waiting"] == Interval(0, 8)


def test_decays_of_small_states_fit_words() -> None:
    small, large = (layer(single(cuba(1, 4096, 2048, 9), row(total))) for total in (-8000, -9000))
    assert (small.decays["v"], large.decays["v"]) == ((2 * 512000 - 1) * 2048, (2 * 576000 - 1) * 2048)
    assert small.decays_fit_words and not large.decays_fit_words


def test_an_adaptive_threshold_never_leaves_words_even_where_nothing_decays() -> None:
    found = layer(one(Alif(1, 0, 0, 0, Adaptation(131071, 0, 0)), row(255)))
    top, step = 2**23 - 1, 131071 << 6
    assert found.states["theta"] == Interval(0, top + step)
    assert found.states["r"] == Interval(0, 2 * top)
    assert found.exact_in_words


def test_an_adaptive_threshold_out_of_reach_stays_at_rest() -> None:
    found = layer(one(Alif(1, 4096, 4096, 10, Adaptation(5, 0, 0)), row(9)))
    assert (found.states["theta"], found.states["r"]) == (Interval(640, 640), Interval(0, 0))


def test_an_adaptive_threshold_that_is_soon_forgotten_stays_near_rest() -> None:
    found = layer(one(Alif(1, 4096, 4096, 1, Adaptation(5, 4096, 4096)), row(90)))
    assert found.states["theta"] == Interval(64, 64 + 320)
    assert found.states["r"].high == 2 * (64 + 320)


def test_a_resonator_that_shrinks_is_bounded_by_its_input_over_what_it_loses() -> None:
    found = layer(one(Resonator(1, 1200, 1600, 131071), row(10)))
    assert found.states["re"].largest <= (640 + 4) * 4096 / 2096 + 1
    assert found.states["re"].high >= 1200
    assert layer(one(Resonator(1, 4096, 4096, 9), row(10))).states["im"].largest == 2**23 - 1


def test_an_izhikevich_resonator_falls_to_just_below_its_threshold() -> None:
    neuron = Resonator(1, 100, 100, 3, Firing.IZHIKEVICH, graded=True)
    found = layer(one(neuron, Dense(np.zeros((1, 1), np.int16)), imag=row(100)))
    assert found.states["im"].high == 191 and found.message.high >= 6400
    lowest = Resonator(2, 100, 0, np.array([0, 3]), Firing.IZHIKEVICH, drive_imag=10**6)
    assert layer(one(lowest, Dense(np.zeros((2, 1), np.int16)))).states["im"].low == -1


def test_a_resonators_largest_product_takes_the_larger_of_sine_and_cosine() -> None:
    for sin, cos in ((4096, np.array([0, 5])), (np.array([5, 4096]), 4096)):
        found = layer(one(Resonator(2, sin, cos, 131071), dense(2, 3)))
        assert found.decays["re"] == found.decays["im"] == (2**23 - 1) * 4096
    sines = Resonator(2, np.array([7, 100]), 3, 131071)
    found = layer(one(sines, dense(2, 3)))
    assert found.decays["re"] == found.states["re"].largest * 100


def test_a_resonators_aligned_input_may_leave_words() -> None:
    inside, beyond = (
        layer(one(Resonator(1, 100, 100, 9), Dense(np.array([[2]])), graded=True), largest)
        for largest in (2**23, 2**24)
    )
    assert inside.exact_in_words and not beyond.exact_in_words


def test_a_change_is_that_of_the_input_and_what_was_not_sent() -> None:
    encoder = Delta(1, 100, input_shift=6, output_shift=6)
    found = layer(one(encoder, Dense(np.array([[2]])), graded=True), 1000)
    assert found.states == {
        "act": Interval(-128000, 128000),
        "residue": Interval(-99, 99),
        "error": Interval(0, 0),
    }
    assert found.intermediates["d"] == Interval(-256099, 256099)
    assert found.message == Interval(-4002, 4001)
    assert found.exact_in_words


def test_a_cumulative_error_stays_below_the_threshold_and_a_residue_below_twice_it() -> None:
    encoder = Delta(1, 100, 0, 0, cumulative=True)
    found = layer(one(encoder, Dense(np.array([[2]])), graded=True), 1000)
    assert (found.states["error"], found.states["residue"]) == (Interval(-99, 99), Interval(-198, 198))


def test_changes_that_may_leave_words_may_be_anything() -> None:
    found = layer(one(Delta(1, 100, 24, 0), Dense(np.array([[254]])), graded=True), 2**20)
    assert found.message == WORD and not found.exact_in_words


@pytest.mark.parametrize("largest, bounded", [(2**30 - 1, True), (2**30, False)])
def test_changes_are_bounded_short_of_two_to_the_31(largest: int, bounded: bool) -> None:
    identity = Dense(np.ones((1, 1), np.int16), grid=POSITIVE)
    found = layer(one(Delta(1, 1, 0, 0), identity, graded=True), largest)
    assert found.states["residue"] == (Interval(0, 0) if bounded else WORD)


def test_a_sum_without_end_may_be_any_word_unless_nothing_comes() -> None:
    assert layer(one(Sigma(1), row(1))).message == WORD
    assert layer(one(Sigma(1), Dense(np.zeros((1, 1), np.int16)))).message == Interval(0, 0)
    rectified = layer(one(SigmaDelta(1, 0), row(1)))
    assert rectified.states["act"] == Interval(0, 2**31 - 1)
    still = layer(one(SigmaDelta(1, 8, bias=-5, output_shift=0), Dense(np.zeros((1, 1), np.int16))))
    assert (still.states["act"], still.message) == (Interval(0, 0), Interval(-7, 7))
