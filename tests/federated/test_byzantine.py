"""Three attackers of ten: plain averages fall to them, robust rules lose less than five points."""

from __future__ import annotations

import pytest

from benchmarks.byzantine import learn

ROUNDS = 15
LOSS = 0.05


@pytest.fixture(scope="module")
def quiet() -> float:
    """Accuracy of the plain average where nobody attacks."""
    return learn("fedavg", "none", 1, ROUNDS).accuracy


def test_the_plain_average_collapses(quiet: float) -> None:
    assert quiet > 0.9
    assert learn("fedavg", "sign_flip", 1, ROUNDS).accuracy < quiet - 0.5


@pytest.mark.parametrize("rule", ["median", "trimmed_mean", "krum", "multi_krum", "bulyan", "geometric_median"])
def test_robust_rules_lose_less_than_five_points(quiet: float, rule: str) -> None:
    assert learn(rule, "sign_flip", 1, ROUNDS).accuracy > quiet - LOSS
