"""Rules as text."""

from __future__ import annotations

import pytest
from hypothesis import given

from hardware.errors import NetworkError
from hardware.learning import LearningRule, Product, Teacher, supervised
from tests.programs import rules

BASE = {"epoch": 8, "x1_impulse": 16, "x1_tau": 12}


@pytest.mark.parametrize(
    ("text", "products"),
    [
        ("2^-6*u0*x1*y1", (Product(1, -6, "u0", ("x1", "y1")),)),
        ("-2^-6*u0*x1*y1", (Product(-1, -6, "u0", ("x1", "y1")),)),
        ("u0*x1", (Product(1, 0, "u0", ("x1",)),)),
        ("3*x0*w", (Product(3, 0, "x0", ("w",)),)),
        ("x1*2^3*u2", (Product(1, 3, "u2", ("x1",)),)),
        ("2^-6*u0*x1 - 7*2^-7*x0", (Product(1, -6, "u0", ("x1",)), Product(-7, -7, "x0", ()))),
    ],
)
def test_parse(text: str, products: tuple[Product, ...]) -> None:
    assert LearningRule.parse(text, **BASE).products == products


@given(rules())
def test_text_and_back(rule: LearningRule) -> None:
    more = {name: getattr(rule, name) for name in ("epoch", "x1_impulse", "x1_tau", "x2_impulse", "x2_tau")}
    assert LearningRule.parse(rule.text, **more) == rule


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is not a sum of products"),
        ("+", "is not a sum of products"),
        ("2^-6*x1*y1", "exactly one of x0 or u<k>"),
        ("2^-6*u0*x0*y1", "exactly one of x0 or u<k>"),
        ("0.5*u0*x1", "needs one scale"),
        ("2^-6*u0*x3", "factor 'x3' is not supported"),
        ("2^-6*y0*x1", "dependency 'y0' is not supported"),
        ("2^-6*u10*x1", "dependency 'u10' is not supported"),
        ("8*u0*x1", "mantissa 8 must lie in -8..7"),
        ("0*u0*x1", "mantissa 0 must lie in -8..7, not 0"),
        ("2^9*u0*x1", "exponent 9 must lie in -7..8"),
        ("2^-8*u0*x1", "exponent -8 must lie in -7..8"),
        ("2^-6*u0*x1 + u1*w", "must share the same k"),
        ("__import__*u0", "needs one scale"),
    ],
)
def test_rules_that_are_refused(text: str, message: str) -> None:
    with pytest.raises(NetworkError, match=message):
        LearningRule.parse(text, **BASE)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"epoch": 0}, "epoch 0 must lie in 1..63"),
        ({"epoch": 64}, "epoch 64 must lie in 1..63"),
        ({"x1_impulse": 128}, "x1_impulse 128 must lie in 0..127"),
        ({"x1_tau": -1}, "x1_tau -1 must lie in 0..4095"),
    ],
)
def test_parameters_out_of_range(change: dict[str, int], message: str) -> None:
    with pytest.raises(NetworkError, match=message):
        LearningRule.parse("u0*x1", **{**BASE, **change})


def test_the_longest_epoch_is_one() -> None:
    assert LearningRule.parse("u0*x1", **{**BASE, "epoch": 63}).epoch == 63


@pytest.mark.parametrize(
    ("text", "shift"),
    [("u0", 0), ("u0*x1", 0), ("u0*w", 0), ("u0*x1*y1", 3), ("u0*x2*w", 5), ("u0*x1*x2*y1", 10), ("u0*w*w", 7)],
)
def test_a_product_is_shifted_by_what_its_factors_exceed_the_accumulator(text: str, shift: int) -> None:
    # 7 bits for a trace or third factor, 9 for a weight, 4 for the mantissa, less the accumulator's 15
    assert LearningRule.parse(text, **BASE).products[0].shift == shift


def test_the_supervised_rule() -> None:
    rule, teacher = supervised(rate=-4, margin=100, shift=3, rest=-50)
    assert rule.text == "2^-4*u0*x1*y1"
    assert teacher == Teacher(margin=100, shift=3, rest=-50)
    for wrong in ({"margin": 0}, {"margin": 2**23}, {"shift": 24}, {"rest": 4096}, {"rest": -(2**23)}):
        with pytest.raises(NetworkError, match="teacher"):
            supervised(**wrong)
