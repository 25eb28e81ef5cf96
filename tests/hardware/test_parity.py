"""Parity: the first difference, and nothing but differences."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.errors import LavaFedError
from hardware.parity import Divergence, compare, trace_digest


def traces(shape: tuple[int, ...] = (2, 3, 4)) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 2, shape).astype(np.uint8)


def test_equal_traces_of_different_integer_types() -> None:
    (parity,) = compare({"a": traces()}, {"a": traces().astype(np.int64)})
    assert parity.equal
    assert parity.digest == parity.other_digest
    assert (parity.samples, parity.steps, parity.units) == (2, 3, 4)


@given(st.integers(0, 1), st.integers(0, 2), st.integers(0, 3))
def test_one_difference_is_found_where_it_is(sample: int, step: int, unit: int) -> None:
    other = traces()
    other[sample, step, unit] ^= 1
    (parity,) = compare({"a": traces()}, {"a": other})
    expected = int(traces()[sample, step, unit])
    assert parity.first == Divergence(sample, step, unit, expected, 1 - expected, 1)
    assert parity.digest != parity.other_digest


def test_the_first_of_many() -> None:
    (parity,) = compare({"a": traces()}, {"a": 1 - traces()})
    assert parity.first is not None
    assert (parity.first.sample, parity.first.step, parity.first.unit, parity.first.total) == (0, 0, 0, 24)


def test_traces_that_cannot_be_compared() -> None:
    with pytest.raises(LavaFedError, match="cannot compare layers"):
        compare({"a": traces()}, {"b": traces()})
    with pytest.raises(LavaFedError, match="layer 'a': cannot compare traces of shape"):
        compare({"a": traces()}, {"a": traces((2, 3, 5))})


def test_the_digest_depends_on_the_shape() -> None:
    assert trace_digest(np.zeros((1, 2, 3))) != trace_digest(np.zeros((1, 3, 2)))
