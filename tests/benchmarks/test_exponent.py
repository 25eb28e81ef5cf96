"""The slope of a line through logarithms."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.exponent import exponent


@given(st.floats(-3, 3), st.floats(0.01, 100), st.lists(st.integers(1, 10**6), min_size=2, unique=True))
def test_a_power_law_gives_back_its_power(power: float, factor: float, sizes: list[int]) -> None:
    assert exponent(sizes, [factor * size**power for size in sizes]) == pytest.approx(power, abs=1e-6)


def test_it_is_the_least_squares_slope_of_points_that_lie_on_no_line() -> None:
    """By hand: logarithms 0, 1, 2 and 0, 2, 2 have the slope ((-1)(0 - 4/3) + (1)(2 - 4/3)) / 2 = 1."""
    assert exponent([1, math.e, math.e**2], [1, math.e**2, math.e**2]) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("sizes", "values", "words"),
    [
        ([1], [1], "two sizes"),
        ([2, 2], [1, 2], "two sizes"),
        ([1, 2], [1], "a value for each"),
        ([1, 2], [0, 1], "positive"),
        ([-1, 2], [1, 1], "positive"),
    ],
)
def test_what_has_no_slope_is_refused(sizes: list[float], values: list[float], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        exponent(sizes, values)
