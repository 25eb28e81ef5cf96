"""The theory's experiments on small problems, each with a bound that could be missed."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.section import write_tables
from benchmarks.table import Table
from benchmarks.theory import chips
from benchmarks.theory.chips import Scatter
from benchmarks.theory.expected import full_batches, slayer, small_batches
from benchmarks.theory.fit import slope
from benchmarks.theory.one_step import in_fractions, in_integers, in_reals
from benchmarks.theory.problem import chain, digits, trained
from benchmarks.theory.quadratic import fresh, lasting
from benchmarks.theory.rates import Rates
from hardware.errors import LavaFedError
from lava_fed.mismatched import device_programs
from lava_fed.partition.dirichlet import dirichlet
from lava_fed.partition.iid import iid
from lava_fed.shared import Shared


def smooth(samples: int, seed: int = 0) -> Rates:
    rng = np.random.default_rng(seed)
    return Rates(rng.random((samples, 7)), rng.integers(0, 3, samples).astype(np.int32), 5, 3)


@given(st.integers(1, 6), st.integers(0, 1000))
@settings(deadline=None, max_examples=20)
def test_one_local_step_on_full_batches_is_gradient_descent(devices: int, seed: int) -> None:
    rates, rng = smooth(30, seed), np.random.default_rng(seed)
    weights, parts = rates.start(rng), dirichlet(smooth(30, seed).y, devices, 0.5, rng)
    exact = in_fractions(rates, weights, parts, Fraction(1, 3))
    assert exact.largest == 0 and exact.differing == 0
    assert in_reals(rates, weights, parts, 1 / 3).largest < 1e-15


@given(st.integers(1, 8), st.integers(0, 1000))
@settings(deadline=None, max_examples=12)
def test_so_it_is_for_slayer_devices_to_one_master_unit(devices: int, seed: int) -> None:
    images = digits("device").only(slice(80))
    parts = iid(images.y, devices, np.random.default_rng(seed))
    gap = in_integers(chain(seed, hidden=6), images, parts)
    assert gap.largest <= 1 and (devices > 1 or gap.largest == 0)


def test_the_gradient_is_that_of_the_loss() -> None:
    rates, rng = smooth(9), np.random.default_rng(2)
    weights, everything = rates.start(rng), np.arange(9)

    def loss(at: np.ndarray) -> float:  # type: ignore[type-arg]  # reals
        first, second = at[:35].reshape(5, 7), at[35:].reshape(3, 5)
        odds = np.tanh(rates.x @ first.T) @ second.T
        return float(np.mean(np.log(np.exp(odds).sum(axis=1)) - odds[np.arange(9), rates.y]))

    found = rates.gradient(weights, everything)
    assert np.allclose(found, rates.gradients(weights, everything).mean(axis=0), atol=1e-14)
    for index in range(0, rates.size, 7):
        step = np.zeros(rates.size)
        step[index] = 1e-5
        assert found[index] == pytest.approx((loss(weights + step) - loss(weights - step)) / 2e-5, abs=1e-8)


def test_the_error_of_the_first_order_grows_with_rate_and_steps() -> None:
    rates, rng = smooth(60), np.random.default_rng(1)
    weights, parts = rates.start(rng), iid(rates.y, 4, rng)
    by_rate = full_batches(rates, weights, parts, [(5, rate) for rate in (1e-4, 1e-3, 1e-2)])
    assert slope([p.rate for p in by_rate], [p.error for p in by_rate]) == pytest.approx(1, abs=0.02)
    by_steps = full_batches(rates, weights, parts, [(epochs, 1e-4) for epochs in (2, 5, 9)])
    assert slope([p.steps - 1 for p in by_steps], [p.error for p in by_steps]) == pytest.approx(1, abs=0.02)
    assert full_batches(rates, weights, parts, [(1, 0.5)])[0].error < 1e-12


def test_with_unequal_numbers_of_steps_it_is_another_gradient() -> None:
    rates, rng = smooth(60), np.random.default_rng(1)
    weights = rates.start(rng)
    order = np.argsort(rates.y, kind="stable")
    parts = [order[:10], order[10:20], order[20:]]
    claimed = small_batches(rates, weights, parts, [(2, 1e-5)], 10, 1)[0]
    counted = small_batches(rates, weights, parts, [(2, 1e-5)], 10, 1, counted=True)[0]
    assert claimed.error > 0.1 and counted.error < 1e-3 and claimed.steps == pytest.approx(2 * (20 + 4 * 40) / 60)


def test_steps_that_leave_the_chips_weights_alone_add_up_exactly() -> None:
    images = digits("device").only(slice(60))
    parts = iid(images.y, 2, np.random.default_rng(0))
    slow, fast = slayer(chain(1, hidden=6), images, parts, [(3, 8.0), (3, 3000.0)])
    assert slow.error < 0.01 < fast.error


@given(st.floats(0.001, 50), st.floats(0, 5), st.floats(0.001, 0.03), st.integers(1, 60))
@settings(deadline=None, max_examples=40)
def test_what_is_left_of_noise_is_what_steps_leave(mu: float, curvature: float, rate: float, steps: int) -> None:
    stays, powers, keep = 0.0, 0.0, 1 - rate * (curvature + mu)
    for _ in range(steps):
        stays, powers = keep * stays + rate, keep**2 * powers + rate**2
    assert lasting(mu, curvature, rate, steps) == pytest.approx(stays**2)
    assert fresh(mu, curvature, rate, steps) == pytest.approx(powers)


def test_lasting_noise_falls_with_the_square_of_mu_and_fresh_noise_does_not() -> None:
    strong = [10.0, 20.0, 40.0]
    assert slope(strong, [lasting(mu, 0.1, 1e-3, 10**6) for mu in strong]) == pytest.approx(-2, abs=0.02)
    assert slope(strong, [fresh(mu, 0.1, 1e-3, 10**6) for mu in strong]) == pytest.approx(-1, abs=0.05)
    weak = [1e-4, 1e-3]
    assert slope(weak, [lasting(mu, 1.0, 1e-2, 10**6) for mu in weak]) == pytest.approx(0, abs=0.01)
    assert slope(strong, [lasting(mu, 0.1, 1e-5, 5) for mu in strong]) == pytest.approx(0, abs=0.01)


def test_a_strong_pull_quarters_the_noise_of_unequal_chips_and_what_they_agree_on() -> None:
    images = digits("device").only(slice(60))
    program = trained(chain(1, hidden=8), 3)
    shared = Shared.of(program, "all")
    unequal = device_programs(program, "mixed-signal", 1.0, ("a", "b", "c"), 1, shared.names)
    learn = chips.slayer(shared, 20.0, 30)
    none, weak, strong = chips.of_chips(learn, unequal, images, (0.0, 0.02, 0.04))
    assert weak.variance / strong.variance == pytest.approx(4, rel=0.05)
    assert weak.common / strong.common == pytest.approx(4, rel=0.05)
    assert none.variance > 10 * weak.variance > 0
    assert chips.of_orders(learn, program, images, 2, (0.02,))[0].length > 0


def test_scatter_is_measured_by_hand() -> None:
    found = Scatter.of(0.5, [np.array([1.0, 2.0]), np.array([3.0, 2.0])])
    assert (found.variance, found.length, found.common) == (2.0, 9.0, 8.0)


def test_an_experiment_replaces_its_own_results_only(tmp_path: Path) -> None:
    page, table = tmp_path / "page.md", Table("title", ("a", "b"), (("1", "2"),), ("a note",))
    marks = [
        f"<!-- results: written by python -m benchmarks {n} --page -->\nold\n<!-- end of {n} -->" for n in "xy"
    ]
    page.write_text("\n".join(["before", *marks, "after"]))
    write_tables("x", [table], page)
    text = page.read_text()
    assert text.startswith("before") and text.endswith("after") and text.count("old") == 1
    assert "### title" in text and "| 1 | 2 |" in text and "- a note" in text
    with pytest.raises(LavaFedError, match="has no place for results"):
        write_tables("z", [table], page)
