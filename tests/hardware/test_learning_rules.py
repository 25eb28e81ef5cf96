"""Rules as text, and what a rule may be."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardware.errors import NetworkError
from hardware.learning import LearningRule, Teacher, supervised
from hardware.learning.grammar import parse_sum
from hardware.learning.product import Factor, Product
from hardware.learning.rule import Graded
from tests.any_rule import any_rules

BASE = {"epoch": 8, "x1_impulse": 16, "x1_tau": 12}
X1, X2, Y1, W = (Factor(name) for name in ("x1", "x2", "y1", "w"))


@pytest.mark.parametrize(
    ("text", "products"),
    [
        ("2^-6*u0*x1*y1", (Product(1, -6, "u0", (X1, Y1)),)),
        ("-2^-6*u0*x1*y1", (Product(-1, -6, "u0", (X1, Y1)),)),
        ("+u0*x1", (Product(1, 0, "u0", (X1,)),)),
        ("3*x0*w", (Product(3, 0, "x0", (W,)),)),
        ("x1*2^3*u2", (Product(1, 3, "u2", (X1,)),)),
        ("2^-6*u0*x1 - 7*2^-7*x0", (Product(1, -6, "u0", (X1,)), Product(-7, -7, "x0"))),
        ("y0*x1*x0", (Product(1, 0, "y0", (X1, Factor("x0"))),)),
        ("u0*(x0 - 1)*x1", (Product(1, 0, "u0", (Factor("x0", -1), X1)),)),
        ("u0*(w + 3)*(3 - w)", (Product(-1, 0, "u0", (Factor("w", 3), Factor("w", -3))),)),
        ("u0*(x1 + 3*2^2)*( 4 * 2^-2 + t )", (Product(1, 0, "u0", (Factor("x1", 12), Factor("t", 1))),)),
        ("u0*sgn(w)*sgn(d - 3)", (Product(1, 0, "u0", (Factor("w", 0, True), Factor("d", -3, True))),)),
        ("(-3)*(2^-2)*u0", (Product(-3, -2, "u0"),)),
        ("2*2^-3*3*2^2*u0", (Product(6, -1, "u0"),)),
        ("8*u0*x1", (Product(4, 1, "u0", (X1,)),)),
        ("-8*2^-2*u0*x1", (Product(-4, -1, "u0", (X1,)),)),
        # Lava reads these otherwise; see docs/learning.md
        ("u0*(-x1)", (Product(-1, 0, "u0", (X1,)),)),
        ("u0*(x0)*x1", (Product(1, 0, "u0", (Factor("x0"), X1)),)),
        ("u0*sgn(-w)", (Product(-1, 0, "u0", (Factor("w", 0, True),)),)),
    ],
)
def test_a_text_is_read_as_it_is_written(text: str, products: tuple[Product, ...]) -> None:
    assert parse_sum(text) == products


@given(any_rules(ours=True))
def test_text_and_back(rule: LearningRule) -> None:
    more = {f.name: getattr(rule, f.name) for f in dataclasses.fields(rule) if f.name not in ("dw", "dd", "dt")}
    assert LearningRule.parse(**rule.texts, **more) == rule


@pytest.mark.parametrize(
    ("text", "message", "at"),
    [
        ("+", "expected x0", "+^"),
        ("2^-6*x1*y1", "needs one of x0, y0 or u<k>", "^"),
        ("u0*x1 + 2*w", "needs one of x0, y0 or u<k>", "u0*x1 + ^"),
        ("x0*u0*y1", "must come before x0", "x0*^"),
        ("u0*u0", "only one u<k>", "u0*^"),
        ("0.5*u0*x1", "'.' is not part of a learning rule", "0^"),
        ("2^-6*u0*x3", "'x3' is not supported here; use x0, y0", "2^-6*u0*^"),
        ("u10*x1", "'u10' is not supported; k is one digit", "^"),
        ("u0 * u", "'u' is not supported here", "u0 * ^"),
        ("9*u0*x1", "mantissa 9 must lie in -7..7, not 0", "^"),
        ("u0 - 0*u0*x1", "mantissa 0 must lie in -7..7, not 0", "u0 - ^"),
        ("2^9*u0*x1", "exponent 9 must lie in -7..8", "^"),
        ("2^-8*u0*x1", "exponent -8 must lie in -7..8", "^"),
        ("4^2*u0", "only powers of 2", "^"),
        ("2^*u0", "expected a whole exponent", "2^^"),
        ("2^1000*u0", "at most 3 digits", "2^^"),
        ("2**3*u0", "expected x0", "2*^"),
        ("2*u0 x1", "expected +, - or * before 'x1'", "2*u0 ^"),
        ("x0*-3*u0", "a sign must stand before a product or in brackets, as (-3)", "x0*^"),
        ("u0*(w*2 + 3)", "expected ), + or -", "u0*(w^"),
        ("u0*(2*w)", "a product in brackets must be of numbers", "u0*(2*^"),
        ("u0*(w + 3 + 4)", "one variable and one constant", "u0*(^"),
        ("u0*(y1 - y2)", "one variable and one constant", "u0*(^"),
        ("u0*(x1 + 2^-3)", "a constant must be whole", "u0*(^"),
        ("u0*(x1 + 256)", "constant 256 must lie in -256..255", "u0*(^"),
        ("u0*(u0 + 3)", "'u0' is not supported here", "u0*(^"),
        ("u0*sgn(x1)", "sgn() of 'x1' is not supported; use it on w, d, t", "u0*sgn(^"),
        ("u0*sgn(3)", "sgn() is possible of w, d and t", "u0*sgn(^"),
        ("u0*sgn w", "expected ( after sgn", "u0*sgn ^"),
        ("u0*(w", "expected ), + or -", "u0*(w^"),
        ("u0*()", "expected a variable or a whole number", "u0*(^"),
        ("u0*w)", "expected +, - or * before ')'", "u0*w^"),
        ("u0*w*w*w*x1", "have 34 bits, over the limit of 28", "^"),
        ("__import__*u0", "'__import__' is not supported here", "^"),
    ],
)
def test_an_error_points_into_the_text(text: str, message: str, at: str) -> None:
    with pytest.raises(NetworkError) as caught:
        parse_sum(text)
    what, shown, caret = str(caught.value).split("\n")
    assert message in what
    assert shown == f"  {text}"
    assert caret.index("^") - 2 == len(at) - 1


@given(st.text("x0y1uwdt()+-*^23 sgn", max_size=20))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        products = parse_sum(text)
    except NetworkError:
        return
    assert products


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"epoch": 0}, "epoch 0 must lie in 1..63"),
        ({"epoch": 64}, "epoch 64 must lie in 1..63"),
        ({"x1_impulse": 128}, "x1_impulse 128 must lie in 0..127"),
        ({"x2_impulse": 0.5}, "x2_impulse 0.5 must lie in 0..127 and be whole"),
        ({"x1_tau": -1}, "x1_tau -1 must lie in 0..4095"),
        ({"y2_tau": 4096, "two_factor": True}, "y2_tau 4096 must lie in 0..4095"),
        ({"y1_impulse": 3}, "with three factors, y1 is what the unit sends"),
        ({"weight_limit": 0}, "weight_limit 0 must lie in 1..256"),
        ({"weight_limit": 257}, "weight_limit 257 must lie in 1..256"),
        ({"weight_limit": 2.0}, "weight_limit 2.0 must lie in 1..256 and be whole"),
        ({"graded": Graded.OVERWRITE}, "set x1_impulse to 0, not 16"),
        ({"dw": "u0*x1", "dt": "u1*x1"}, "must share the same k"),
        ({"dw": "u0*x1 + u1*w"}, "must share the same k"),
        ({"dw": " "}, "at least one product is needed"),
    ],
)
def test_parameters_out_of_range(change: dict[str, object], message: str) -> None:
    with pytest.raises(NetworkError, match=message):
        LearningRule.parse(**{"dw": "u0*x1", **BASE, **change})


def test_the_longest_epoch_is_one() -> None:
    assert LearningRule.parse("u0*x1", **{**BASE, "epoch": 63}).epoch == 63


@pytest.mark.parametrize(
    ("text", "shift"),
    [
        ("u0", 0),
        ("u0*x1", 0),
        ("u0*w", 0),
        ("u0*x1*y1", 3),
        ("u0*x2*w", 5),
        ("u0*x1*x2*y1", 10),
        ("u0*w*w", 7),
        ("u0*x1*y3*sgn(t)*(x0-1)", 13),
    ],
)
def test_a_product_is_shifted_by_what_its_factors_exceed_the_accumulator(text: str, shift: int) -> None:
    # 7 bits for a trace or third factor, 9 for a synapse's variable, 1 for a spike, 4 for the mantissa, less 15
    assert parse_sum(text)[0].shift == shift


def test_a_rule_names_its_sums_and_what_it_keeps() -> None:
    rule = LearningRule.parse(dw="u0*t*y1", dt="y0*x1", epoch=1, x1_impulse=1, x1_tau=1)
    assert rule.text == "dw = 2^0*u0*t*y1, dt = 2^0*y0*x1"
    assert rule.states == ("x1", "x2", "tag_1")
    assert rule.hears_target
    two = LearningRule.parse("u0*y1*d", epoch=1, x1_impulse=1, x1_tau=1, y1_impulse=9, y1_tau=3, two_factor=True)
    assert two.states == ("x1", "x2", "y1", "y2", "y3", "tag_2")


def test_the_supervised_rule() -> None:
    method = supervised(rate=-4, margin=100, shift=3, rest=-50)
    rule, teacher = method.rule, method.teacher
    assert rule.text == "2^-4*u0*x1*y1"
    assert teacher == Teacher(margin=100, shift=3, rest=-50)
    for wrong in ({"margin": 0}, {"margin": 2**23}, {"shift": 24}, {"rest": 4096}, {"rest": -(2**23)}):
        with pytest.raises(NetworkError, match="teacher"):
            supervised(**wrong)
