"""Weights cut, added and scaled do what the whole does."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from compile import synapse_list
from compile.synapse_list import added, depthwise, listed, part_of, scaled
from compile.synapses import ConvWeights, DenseWeights, OneToOne, PoolWeights, SparseWeights, Weights
from hardware.errors import NetworkError
from tests.compile.float_run import weighted

IMAGE, OUT = (4, 3, 4), (2, 3, 2)


def whole_numbers(seed: int, *shape: int) -> NDArray[np.float64]:
    return np.random.default_rng(seed).integers(-4, 5, shape).astype(np.float64)


def ways(seed: int) -> list[tuple[Weights, tuple[int, ...], tuple[int, ...]]]:
    """Return one of every kind, with the shapes that it joins."""
    kernel = {"stride": (1, 2), "padding": (1, 1)}
    return [
        (DenseWeights(whole_numbers(seed, 5, 48)), IMAGE, (5,)),
        (OneToOne(whole_numbers(seed, 48)), IMAGE, (48,)),
        (SparseWeights(whole_numbers(seed, 3), np.array([4, 0, 1]), np.array([0, 20, 47])), IMAGE, (5,)),
        (ConvWeights(whole_numbers(seed, 2, 4, 3, 3), **kernel), IMAGE, OUT),  # type: ignore[arg-type]
        (ConvWeights(whole_numbers(seed, 2, 2, 3, 3), groups=2, **kernel), IMAGE, OUT),  # type: ignore[arg-type]
        (ConvWeights(whole_numbers(seed, 4, 1, 2, 2), transposed=True), IMAGE, (1, 4, 5)),
        (ConvWeights(whole_numbers(seed, 4, 1, 2, 2), groups=2, transposed=True), IMAGE, (2, 4, 5)),
        (depthwise(PoolWeights(whole_numbers(seed, 1, 2), stride=(1, 2)), 4), IMAGE, (4, 3, 2)),
    ]


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 1000))
def test_every_way_of_writing_weights_does_the_same(seed: int) -> None:
    message = whole_numbers(seed + 1, 48)
    factors = np.repeat(whole_numbers(seed + 2, 4), 12)
    ragged = whole_numbers(seed + 3, 48)
    for weights, source, target in ways(seed):

        def arrives(
            each: Weights,
            values: NDArray[np.float64],
            shape: tuple[int, ...] = source,
            to: tuple[int, ...] = target,
        ) -> NDArray[np.float64]:
            return weighted(each, values, shape, to)[0]

        expected = arrives(weights, message)
        as_list = listed(weights, source, target, "a->b")
        assert np.array_equal(arrives(as_list, message), expected)
        order = as_list.source_of.astype(np.int64) * 1000 + as_list.target_of
        assert np.all(np.diff(order) > 0) or isinstance(weights, SparseWeights)
        total = np.zeros_like(expected)
        for first, last in ((0, 12), (12, 36), (36, 48)):
            part = part_of(weights, source, target, slice(first, last), "a->b")
            if part is not None:
                total += arrives(part, message[first:last], ((last - first) // 12, 3, 4))
        assert np.array_equal(total, expected)
        for each in (factors, ragged, np.full(48, 3.0)):
            assert np.array_equal(
                arrives(scaled(weights, each, source, target, "a->b"), message), arrives(weights, each * message)
            )
        assert np.array_equal(arrives(added(weights, as_list, source, target, "a->b"), message), 2 * expected)
        twin = dataclasses.replace(weights, weights=weights.weights * 2)
        both = added(weights, twin, source, target, "a->b")
        assert np.array_equal(arrives(both, message), 3 * expected)
        assert type(both) is type(weights)


def test_the_shortest_form_that_can_say_it_stays() -> None:
    dense, _, _, conv, *_ = ways(1)
    assert isinstance(part_of(*dense, slice(0, 12), ""), DenseWeights)
    assert isinstance(part_of(*conv, slice(0, 12), ""), ConvWeights)
    per_channel = np.repeat(np.arange(4.0), 12)
    assert isinstance(scaled(conv[0], per_channel, *conv[1:], ""), ConvWeights)
    assert isinstance(scaled(conv[0], np.arange(48.0), *conv[1:], ""), SparseWeights)
    zero = listed(DenseWeights(np.zeros((2, 2))), (2,), (2,), "")
    assert zero.weights.tolist() == [0.0], "a list holds at least one synapse"


def test_what_a_list_cannot_say_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    delayed = DenseWeights(np.ones((1, 2)), np.array([[0, 1]], np.uint8))
    with pytest.raises(NetworkError, match="edge a->b has synaptic delays, which a list of synapses cannot hold"):
        listed(delayed, (2,), (1,), "a->b")
    with pytest.raises(NetworkError, match="edge a->b has pool weights; lower them first"):
        listed(PoolWeights(np.ones((1, 1))), (1, 1, 1), (1, 1, 1), "a->b")
    assert added(delayed, delayed, (2,), (1,), "").weights.tolist() == [[2, 2]]
    monkeypatch.setattr(synapse_list, "SYNAPSE_LIMIT", 100)
    with pytest.raises(NetworkError, match=r"edge a->b would list \d+ synapses, over the limit of 100"):
        listed(*ways(0)[3], "a->b")
