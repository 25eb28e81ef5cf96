"""Parity: the first difference, and nothing but differences."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.errors import LavaFedError
from hardware.parity import Certificate, Comparison
from hardware.traces import Divergence, TraceComparison, compare_trace


def traces(shape: tuple[int, ...] = (2, 3, 4)) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 2, shape).astype(np.uint8)


def digest(trace: np.ndarray) -> str:
    return compare_trace("a", trace, trace).digest


def test_equal_traces_of_different_integer_types() -> None:
    parity = compare_trace("a", traces(), traces().astype(np.int64))
    assert parity.equal
    assert parity.digest == parity.other_digest
    assert (parity.samples, parity.steps, parity.units) == (2, 3, 4)


@given(st.integers(0, 1), st.integers(0, 2), st.integers(0, 3))
def test_one_difference_is_found_where_it_is(sample: int, step: int, unit: int) -> None:
    other = traces()
    other[sample, step, unit] ^= 1
    parity = compare_trace("a", traces(), other)
    expected = int(traces()[sample, step, unit])
    assert parity.first == Divergence(sample, step, unit, expected, 1 - expected, 1)
    assert parity.digest != parity.other_digest


def test_the_first_of_many() -> None:
    parity = compare_trace("a", traces(), 1 - traces())
    assert parity.first is not None
    assert (parity.first.sample, parity.first.step, parity.first.unit, parity.first.total) == (0, 0, 0, 24)


def test_graded_messages_are_compared_by_value() -> None:
    one = np.array([[[0, 2**31 - 1], [-(2**31), 5]]], np.int32)
    other = one.copy()
    other[0, 1, 0] = 2**31 - 1
    parity = compare_trace("a", one, other)
    assert parity.first == Divergence(0, 1, 0, -(2**31), 2**31 - 1, 1)
    assert parity.digest == digest(one.astype(np.int64)) != parity.other_digest


def test_traces_that_cannot_be_compared() -> None:
    with pytest.raises(LavaFedError, match="layer 'a': cannot compare traces of shape"):
        compare_trace("a", traces(), traces((2, 3, 5)))


@pytest.mark.parametrize("shape", [(1, 2, 4), (1, 3, 5), (2, 3, 4)])
def test_a_part_has_the_shape_that_was_announced(shape: tuple[int, ...]) -> None:
    comparison = TraceComparison("a", (2, 3, 4), (2, 3, 4))
    with pytest.raises(LavaFedError, match="layer 'a': cannot compare traces of shape"):
        comparison.add(traces((1, 3, 4)), traces(shape))


@pytest.mark.parametrize("added", [0, 1, 3])
def test_a_comparison_of_less_than_all_samples_has_no_result(added: int) -> None:
    comparison = TraceComparison("a", (2, 3, 4), (2, 3, 4))
    for _ in range(added):
        comparison.add(traces((1, 3, 4)), traces((1, 3, 4)))
    with pytest.raises(LavaFedError, match=f"layer 'a': {added} of 2 samples were compared"):
        _ = comparison.result


def test_the_digest_depends_on_the_shape() -> None:
    assert digest(np.zeros((1, 2, 3))) != digest(np.zeros((1, 3, 2)))


@given(st.integers(-2, 2), st.integers(0, 2))
def test_a_lag_compares_the_steps_in_common_and_names_those_of_the_reference(lag: int, wrong: int) -> None:
    long = np.random.default_rng(1).integers(1, 9, (2, 9, 4))
    ours, theirs = long[:, 3:6], long[:, 3 - lag : 6 - lag].copy()
    assert compare_trace("a", ours, theirs, lag=lag).equal
    assert compare_trace("a", ours, theirs, lag=lag).steps == 3 - abs(lag)
    theirs[1, wrong, 2] += 1
    parity = compare_trace("a", ours, theirs, lag=lag)
    assert parity.equal is not (0 <= wrong - lag < 3)
    if parity.first is not None:
        assert (parity.first.sample, parity.first.step, parity.first.unit) == (1, wrong - lag, 2)
        assert parity.first.found == parity.first.expected + 1


def test_a_certificate_is_equal_only_where_something_was_compared() -> None:
    same = compare_trace("a", traces(), traces())
    other = compare_trace("a", traces(), 1 - traces())

    def certificate(*comparisons: Comparison) -> Certificate:
        return Certificate("p", {"model_sha256": "m"}, "d", 2, 3, "emulator", {}, comparisons)

    refused = Comparison("slayer", refused="it has none")
    assert refused.equal is None
    assert not certificate(refused).equal
    assert certificate(refused, Comparison("lava", (same,))).equal
    assert not certificate(Comparison("lava", (same,), (other,))).equal, "states count"
    document = certificate(Comparison("lava", (same, other)), refused).document()
    assert (document["equal"], document["model_sha256"], document["model"]) == (False, "m", None)
    assert [layer["equal"] for layer in document["against"]["lava"]["layers"]] == [True, False]
    assert document["against"]["lava"]["layers"][0]["values"] == 24
    assert document["against"]["slayer"]["refused"] == "it has none"


@given(st.integers(1, 5), st.integers(-2, 2), st.lists(st.tuples(*[st.integers(0, 3)] * 3), max_size=3))
def test_a_comparison_does_not_depend_on_its_parts(size: int, lag: int, wrong: list[tuple[int, int, int]]) -> None:
    ours = np.random.default_rng(2).integers(0, 9, (4, 4, 4))
    theirs = np.roll(ours, lag, axis=1)
    for place in wrong:
        theirs[place] += 1
    in_parts = TraceComparison("a", ours.shape, theirs.shape, lag=lag)
    for first in range(0, 4, size):
        in_parts.add(ours[first : first + size], theirs[first : first + size])
    assert in_parts.result == compare_trace("a", ours, theirs, lag=lag)
