"""What a connection can sum to, for synapses small enough to know the answer."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.ranges.analysis import ranges
from hardware.ranges.interval import WORD, Interval
from hardware.ranges.sums import WeightSums
from hardware.synapses.convolution import Convolution
from hardware.synapses.dense import Dense
from hardware.synapses.sparse import Sparse
from tests.hardware.bounded import POSITIVE, row, summed
from tests.programs import learner


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
