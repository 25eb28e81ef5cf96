"""Ranges of networks small enough to know the answer, and of networks that were trained."""

from __future__ import annotations

import importlib.util
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compile.pipeline import compile_model
from hardware.emulator.reference import ReferenceBackend
from hardware.errors import NetworkError
from hardware.network import Connection, Layer, Network
from hardware.neurons.alif import Adaptation, Alif
from hardware.neurons.cuba import Cuba, Message, Reset
from hardware.neurons.relay import Relay
from hardware.neurons.resonator import Firing, Resonator
from hardware.neurons.sigma_delta import Delta, Sigma, SigmaDelta
from hardware.ranges.analysis import ranges
from hardware.ranges.interval import WORD, Interval, integrated
from hardware.ranges.layer_range import LayerRange
from hardware.ranges.sums import SumRange, WeightSums
from hardware.spikes import SpikeTrain
from hardware.synapses.convolution import Convolution
from hardware.synapses.dense import Dense
from hardware.synapses.grid import SignMode, WeightGrid
from hardware.synapses.sparse import Sparse
from hardware.synapses.synapse import Synapse
from tests.every_kind import one
from tests.programs import cuba, dense, learner, program, single

POSITIVE, NEGATIVE = WeightGrid(SignMode.EXCITATORY), WeightGrid(SignMode.INHIBITORY)


def row(total: int, **more: Any) -> Dense:
    """One target whose weights, all of one sign, sum to ``total``: some of 255, and a rest."""
    count, rest = divmod(abs(total), 255)
    weights = np.array([[255] * count + [rest]], np.int16)
    return Dense(weights if total > 0 else -weights, grid=POSITIVE if total > 0 else NEGATIVE, **more)


def summed(synapse: Synapse, largest_input: int | None = None) -> SumRange:
    """Return the range of a connection that plain spikes drive, or graded messages."""
    loaded = one(cuba(synapse.targets), synapse, graded=largest_input is not None)
    return ranges(loaded.network, 1 if largest_input is None else largest_input).connections["input->a"]


def layer(loaded: Any, largest_input: int = 1) -> LayerRange:
    """Return the range of layer a."""
    return ranges(loaded.network, largest_input).layers["a"]


# Sums.


def test_a_sum_lies_between_all_negative_and_all_positive_weights_of_one_target() -> None:
    found = summed(Dense(np.array([[10, -4, 6], [2, 2, -30]], np.int16), exponent=-2))
    assert (found.total, found.shifted, found.shift) == (Interval(-30, 16), Interval(-15, 8), 1)
    assert (found.delivered, found.arriving) == (Interval(-8, 4), Interval(-8, 4))
    assert (found.weights, found.messages, found.magnitude) == (Interval(-30, 10), Interval(0, 1), 34)


def test_sums_of_graded_messages_take_every_weight_with_either_sign() -> None:
    found = summed(Dense(np.array([[10, -4]], np.int16)), 100)
    assert (found.messages, found.total) == (Interval(-100, 100), Interval(-1400, 1400))


def test_each_delay_is_summed_and_rounded_on_its_own_and_all_may_arrive_at_once() -> None:
    weights, delays = np.array([[6, 6, -2, -2]], np.int16), np.array([[0, 1, 1, 5]])
    found = summed(Dense(weights, exponent=-2, delays=delays))
    assert (found.total, found.delivered, found.arriving) == (Interval(-2, 6), Interval(-1, 1), Interval(-2, 2))


def test_listed_synapses_are_summed_by_their_target() -> None:
    found = summed(Sparse(np.array([4, 8, -2]), np.array([0, 1, 1]), np.array([0, 1, 2]), (3, 3)))
    assert (found.total, found.shift) == (Interval(-2, 8), 1)


@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("transposed", [False, True])
def test_a_convolution_is_summed_as_where_its_whole_kernel_fits(groups: int, transposed: bool) -> None:
    kernel = np.arange(-8, 8, dtype=np.int16).reshape(2, 2, 2, 2) * 2
    near, far = (2, 3, 3), (2 * groups, 4, 4)
    shapes = (near, far) if transposed else (far, near)
    synapse = Convolution(kernel, *shapes, groups=groups, transposed=transposed)
    weights = synapse.matrix().astype(int)
    low, high = (part.sum(axis=1) for part in (weights.clip(max=0), weights.clip(min=0)))
    assert summed(synapse).total == Interval(low.min(), high.max())


def test_weights_that_learn_may_become_anything_their_signs_allow() -> None:
    found = ranges(learner().network).connections["hidden->readout"]
    assert (found.total, found.shift, found.magnitude) == (Interval(-2048, 2040), 0, 2048)
    only_up = ranges(learner(grid=POSITIVE).network).connections["hidden->readout"]
    assert only_up.total == Interval(0, 2040)


@pytest.mark.parametrize("total, fits", [(32767, True), (32768, False), (-32768, True), (-32769, False)])
def test_a_sum_fits_sixteen_bits_up_to_its_last_integer(total: int, fits: bool) -> None:
    found = summed(row(total))
    assert found.total in (Interval(0, total), Interval(total, 0))
    assert found.fits(16) is fits and found.fits(17)


def test_weights_held_without_their_common_low_bits_sum_to_fewer_bits() -> None:
    found = summed(Dense(np.array([[192] * 200 + [64]], np.int16)))
    assert (found.shift, found.total.high, found.shifted.high) == (6, 38464, 601)
    assert found.fits(11) and not found.total.fits(16)
    assert summed(Dense(np.array([[-256, 0]], np.int16))).shift == 8
    assert summed(Dense(np.array([[0, 0]], np.int16))).shift == 0


@pytest.mark.parametrize("largest, exact", [(2**23 - 1, True), (2**23, False)])
def test_a_plain_convolution_wraps_from_two_to_the_23_on(largest: int, exact: bool) -> None:
    kernel, shape = np.ones((1, 1, 1, 1), np.int16), (1, 1, 1)
    found = summed(Convolution(kernel, shape, shape, grid=POSITIVE), largest)
    assert (found.exact, found.total) == (exact, Interval(-largest, largest))
    assert found.delivered == (Interval(-largest, largest) if exact else Interval(-(2**23), 2**23 - 1))
    assert summed(Convolution(kernel, shape, shape, grid=POSITIVE, transposed=True), largest).exact
    assert summed(Dense(kernel[0, 0], grid=POSITIVE), largest).exact


@pytest.mark.parametrize("weight, exact, total", [(1, True, WORD), (2, False, Interval(-(2**32), 2**32 - 2))])
def test_a_sum_wraps_beyond_32_bits(weight: int, exact: bool, total: Interval) -> None:
    found = summed(Dense(np.array([[weight]], np.int16), grid=POSITIVE), 2**31)
    assert (found.exact, found.exact_after_exponent, found.total) == (exact, exact, total)
    assert found.delivered == WORD


def test_a_sum_of_32_bits_wraps_after_the_exponent() -> None:
    found = summed(Dense(np.array([[1]], np.int16), exponent=1, grid=POSITIVE), 2**30)
    assert (found.exact, found.exact_after_exponent) == (True, False)
    assert (found.scaled, found.delivered) == (Interval(-(2**31), 2**31), WORD)


@given(st.lists(st.integers(-128, 127), min_size=1, max_size=9), st.sampled_from([8, 16, 24, 32]))
def test_the_limit_of_messages_is_the_largest_that_fits(halves: list[int], bits: int) -> None:
    synapse = Dense(np.array([halves], np.int16) * 2)
    limit = summed(synapse, 1).message_limit(bits)
    assert summed(synapse, limit).fits(bits)
    assert not any(halves) or not summed(synapse, limit + 1).fits(bits)


def test_sums_beyond_64_bits_of_arithmetic_are_bounded_too() -> None:
    ends = np.array([[2**40]]), np.array([[0]])
    found = WeightSums(*ends, Interval(-1, 255), 2**40, 0, 32, 0).of_messages(WORD)
    assert (found.delivered, found.exact) == (WORD, False)


# Neurons.


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


# Networks.


def loop(exponent: int, weight: int) -> Network:
    """A relay that the input drives, and its own last message scaled."""
    back = Dense(np.array([[weight]], np.int16), exponent)
    connections = Connection("input", "a", row(100)), Connection("a", "a", back)
    return program(*connections, inputs=1, layers=(Layer("a", Relay(1)),)).network


def test_messages_that_grow_round_a_loop_may_be_any_word() -> None:
    assert ranges(loop(0, 2)).messages["a"] == ranges(loop(0, -2)).messages["a"] == WORD


def test_messages_that_shrink_round_a_loop_stay_small() -> None:
    found = ranges(loop(-8, 128)).messages["a"]
    assert 199 <= found.high < 256 and -2 <= found.low <= 0


def test_loops_of_graded_layers_end_soon() -> None:
    names = [f"n{index}" for index in range(12)]
    connections = [Connection("input", names[0], dense(30, 30))]
    for index, name in enumerate(names):
        connections += [
            Connection(name, names[(index + 1) % 12], dense(30, 30, seed=index, exponent=-8)),
            Connection(name, names[(index + 5) % 12], dense(30, 30, seed=index, exponent=-8)),
        ]
    layers = tuple(Layer(name, cuba(30, message=Message.VOLTAGE)) for name in names)
    network = program(*connections, inputs=30, layers=layers).network
    began = time.perf_counter()
    found = ranges(network)
    assert time.perf_counter() - began < 1
    assert all(message in Interval(1 - 2**23, 2**23 - 1) for message in found.messages.values())


def test_a_chain_in_reversed_order_is_bounded_as_in_order() -> None:
    links = [("input", "a"), ("a", "b"), ("b", "c"), ("c", "d"), ("d", "e"), ("e", "f")]
    connections = [Connection(source, target, row(3)) for source, target in links]
    found = [
        ranges(
            program(*connections, inputs=1, layers=tuple(Layer(name, Relay(1)) for name in order)).network
        ).messages
        for order in ("abcdef", "fedcba")
    ]
    assert found[0] == found[1] and found[0]["f"] == Interval(0, 3**6)


@pytest.mark.parametrize("largest", [-1, 2**31 + 1])
def test_a_largest_input_that_is_no_word_is_refused(largest: int) -> None:
    with pytest.raises(NetworkError, match=r"must lie in 0\.\.2147483648"):
        ranges(loop(0, 2), largest)


@pytest.fixture(scope="module")
def nets() -> Path:
    spec = importlib.util.find_spec("lava")
    if spec is None or not spec.submodule_search_locations:
        pytest.skip("lava-dl is not installed")
    return Path(next(iter(spec.submodule_search_locations))).parent / "tests/lava/lib/dl/netx"


PIXELS = 255 * 64


@pytest.mark.parametrize("file", ["mnist.net", "gts/pilotnet_lif/network.net", "gts/pilotnet_sdnn/network.net"])
def test_shipped_networks_have_useful_ranges_at_once(nets: Path, file: str) -> None:
    """Spiking ones: sums of 16 bits, currents that fit 24, no plain convolution that wraps."""
    network = compile_model(nets / file).network
    took = []
    for _ in range(5):
        began = time.perf_counter()
        found = ranges(network, PIXELS)
        took.append(time.perf_counter() - began)
    assert min(took) < 0.05
    for layer in network.layers:
        if isinstance(layer.neuron, Cuba):
            here = found.layers[layer.name]
            assert here.exact_in_words and here.current_stays, layer.name
    for connection in network.connections:
        sums = found.connections[connection.name]
        if not network.sends_graded(connection.source):
            assert sums.exact_after_exponent and sums.fits(16), connection.name
    assert found.layers["encoder"].exact_in_words


def test_a_small_network_takes_a_millisecond() -> None:
    connections = Connection("input", "a", dense(64, 64)), Connection("a", "b", dense(10, 64))
    layers = (Layer("a", cuba(64)), Layer("b", cuba(10)))
    network = program(*connections, inputs=64, layers=layers).network
    took = []
    for _ in range(50):
        began = time.perf_counter()
        ranges(network)
        took.append(time.perf_counter() - began)
    assert min(took) < 0.001
