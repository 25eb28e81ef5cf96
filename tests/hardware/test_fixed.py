"""The chip's arithmetic at its edges, and its laws everywhere."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware import fixed

LIMIT = 2**23
states = st.integers(-LIMIT, LIMIT) | st.sampled_from([0, 1, -1, LIMIT - 1, LIMIT, 1 - LIMIT, -LIMIT])
decays = st.integers(0, 4096) | st.sampled_from([0, 1, 4095, 4096])


@pytest.mark.parametrize(
    ("state", "constant", "expected"),
    [
        (0, 0, 0),
        (LIMIT, 0, LIMIT),
        (-LIMIT, 0, -LIMIT),
        (LIMIT, 4096, 0),
        (-LIMIT, 4096, 0),
        (1, 1, 0),  # 4095 / 4096 rounds toward zero
        (-1, 1, 0),  # ... from below too
        (4096, 1, 4095),
        (-4096, 1, -4095),
        (LIMIT, 4095, 2048),
        (-LIMIT, 4095, -2048),
        (4095, 4095, 0),
        (4096, 4095, 1),
        (-4095, 4095, 0),
    ],
)
def test_decay(state: int, constant: int, expected: int) -> None:
    assert fixed.decay(state, constant) == expected


@given(states, decays)
def test_decay_rounds_the_exact_value_toward_zero(state: int, constant: int) -> None:
    assert fixed.decay(state, constant) == int(Fraction(state * (4096 - constant), 4096))


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (0, 0),
        (LIMIT - 1, LIMIT - 1),
        (LIMIT, LIMIT),  # +2^23 itself stays, as in Lava
        (LIMIT + 1, 1 - LIMIT),
        (1 - LIMIT, 1 - LIMIT),
        (-LIMIT, LIMIT),  # -2^23 does not
        (-LIMIT - 1, LIMIT - 1),
        (2 * LIMIT, 0),
        (-2 * LIMIT, 0),
        (4 * LIMIT, 2 * LIMIT),  # one turn only
    ],
)
def test_wrap(state: int, expected: int) -> None:
    assert fixed.wrap(state) == expected


@given(st.integers(-2 * LIMIT + 1, 2 * LIMIT - 1))
def test_wrap_keeps_the_residue(state: int) -> None:
    assert -LIMIT < fixed.wrap(state) <= LIMIT
    assert (fixed.wrap(state) - state) % (2 * LIMIT) == 0


@given(st.integers(-(2**40), 2**40))
def test_a_word_is_what_a_32_bit_array_keeps(value: int) -> None:
    assert fixed.word(value) == int(np.array([value], np.int64).astype(np.int32)[0])


@pytest.mark.parametrize(
    ("state", "expected"),
    [(0, 0), (LIMIT, LIMIT - 1), (LIMIT - 1, LIMIT - 1), (-LIMIT, 1 - LIMIT), (1 - LIMIT, 1 - LIMIT)],
)
def test_saturate(state: int, expected: int) -> None:
    assert fixed.saturate(state) == expected


@pytest.mark.parametrize(
    ("value", "exponent", "expected"),
    [(3, 0, 3), (3, 1, 6), (3, 2, 12), (-3, 2, -12), (-3, -1, -2), (3, -1, 1), (-1, -8, -1)],
)
def test_scale(value: int, exponent: int, expected: int) -> None:
    assert fixed.scale(value, exponent) == expected


@pytest.mark.parametrize(
    ("value", "draw", "expected"),
    [
        (0, 0.0, 0),
        (128, 0.0, 1),
        (1, 0.0, 1),
        (1, 1 / 128, 0),
        (127, 0.99, 1),
        (127, 0.993, 0),
        (-1, 0.0, 0),
        (-1, 0.995, -1),
    ],
)
def test_stochastic_rounding_to_weights(value: int, draw: float, expected: int) -> None:
    assert fixed.round_up_if(value, 7, draw) == expected


@given(st.integers(-(2**15), 2**15), st.integers(0, 127))
def test_stochastic_rounding_is_exact_in_expectation(value: int, slot: int) -> None:
    outcomes = [fixed.round_up_if(value, 7, (2 * k + 1) / 256) for k in range(128)]
    assert sum(outcomes) == value
    assert fixed.round_up_if(value, 7, (2 * slot + 1) / 256) - value // 128 in (0, 1)


@pytest.mark.parametrize(
    ("value", "factor", "draw", "expected"),
    [
        (0, 0.9, 0.0, 0),
        (127, 1.0, 0.0, 127),
        (10, 0.0, 0.0, 0),
        (10, 0.95, 0.49, 10),
        (10, 0.95, 0.5, 9),
        (-100, 0.99998, 0.001, -99),  # a negative third factor rounds toward zero with the same draw
        (-100, 0.99998, 0.01, -100),
    ],
)
def test_decay_trace(value: int, factor: float, draw: float, expected: int) -> None:
    assert fixed.decay_trace(value, factor, draw) == expected
