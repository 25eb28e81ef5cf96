"""The draws of the learning engine, and the factors of its traces."""

from __future__ import annotations

import math

import numpy as np

from hardware.emulator.streams import THIRD_FACTOR_TAU, Streams, trace_factor
from tests.programs import DECAYING_SEED


def test_each_stream_has_a_generator_of_its_own() -> None:
    streams = Streams.draw(5, 40)
    for draws, seed, pace in ((streams.x, 5, 2), (streams.y, 7, 2), (streams.rounding, 2, 1)):
        generator = np.random.default_rng(seed)
        expected = [generator.random() for _ in range(40 * pace + 1)][::pace]
        assert draws.tolist() == expected


def test_more_steps_do_not_change_the_draws_of_the_first() -> None:
    short, long = Streams.draw(9, 8), Streams.draw(9, 80)
    for name in ("x", "y", "rounding"):
        assert getattr(long, name)[:9].tolist() == getattr(short, name).tolist()


def test_a_trace_factor_is_the_exponential_of_its_time_constant() -> None:
    assert trace_factor(0) == 0
    for tau in (1, 2, 31, 4095, int(THIRD_FACTOR_TAU)):
        assert math.isclose(trace_factor(tau), math.exp(-1 / tau), rel_tol=1e-15)


def test_the_decaying_seed_makes_third_factors_of_both_signs_decay() -> None:
    draws, kept = Streams.draw(DECAYING_SEED, 48).y, 127 * trace_factor(int(THIRD_FACTOR_TAU)) % 1
    assert draws[16] >= kept
    assert draws[32] < 1 - kept
