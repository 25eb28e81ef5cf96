"""What a learning method may be, and what its rules cost."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hardware.errors import NetworkError
from hardware.learning import LearningMethod, LearningRule, Reward, supervised
from hardware.learning.methods.cost import cost_of
from hardware.learning.methods.method import HIDDEN, OUTPUT, Needs
from hardware.learning.methods.prototypes import prototypes
from hardware.learning.rule import Rounding

RULE = LearningRule.parse("u0*x1", epoch=1, x1_impulse=1, x1_tau=0)


def method(**changes: object) -> LearningMethod:
    """Make a method with one rule."""
    parts = {"rules": {OUTPUT: RULE}, "needs": Needs.NOTHING, **changes}
    return LearningMethod("mine", "what it does", "where it comes from", **parts)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"rules": {}}, "learning method 'mine' has no rule"),
        ({"rules": {"inner": RULE}}, "no role 'inner'; known: output, hidden, feedback, prototypes"),
        ({"teachers": {"inner": Reward()}}, "no role 'inner'"),
        ({"teachers": {HIDDEN: Reward()}}, "teaches 'hidden' connections, which do not learn"),
    ],
)
def test_a_method_that_does_not_fit_together_is_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(NetworkError, match=message):
        method(**changes)


def test_a_method_cannot_be_changed_by_what_it_was_made_of() -> None:
    rules = {OUTPUT: RULE}
    made = method(rules=rules)
    rules[HIDDEN] = RULE
    assert set(made.rules) == {OUTPUT}
    with pytest.raises(TypeError):
        made.rules[HIDDEN] = RULE  # type: ignore[index]


def test_rule_and_teacher_are_those_of_the_last_layer() -> None:
    made = supervised(margin=100)
    assert made.rule is made.rules[OUTPUT]
    assert made.teacher == made.teachers[OUTPUT]
    assert method().teacher is None
    with pytest.raises(NetworkError, match="'prototypes' has no rule for the connections into the last layer"):
        _ = prototypes().rule


@pytest.mark.parametrize(
    ("text", "source", "target", "synapse", "products"),
    [
        # traces of 7 bits, third factors and weights of 8 and a sign, a tag of 8 and a sign, a delay of 8
        ({"dw": "u0*x1*y1"}, 7, 8, 9, 1),
        ({"dw": "x0*x1*x2"}, 14, 0, 9, 1),
        ({"dw": "u0*t*y1 - u0*w", "dt": "u0*x1*y3"}, 7, 16, 18, 3),
        ({"dw": "u0*d", "dd": "x0"}, 0, 0, 17, 2),
        ({"dw": "x0"}, 0, 0, 9, 1),
    ],
)
def test_memory_by_hand(text: dict[str, str], source: int, target: int, synapse: int, products: int) -> None:
    cost = cost_of(LearningRule.parse(**text, epoch=4, x1_impulse=1, x1_tau=5))
    assert (cost.source_bits, cost.target_bits, cost.synapse_bits) == (source, target, synapse)
    assert (cost.products, cost.epoch, cost.unit_bits) == (products, 4, 0)


def test_random_numbers_by_hand() -> None:
    fading = LearningRule.parse("u0*x1*y1", dt="x0*t", epoch=4, x1_impulse=1, x1_tau=5)
    cost = cost_of(fading)
    assert (cost.connection_draws, cost.synapse_draws) == (2, 0), "one for traces, one for all roundings"
    own = cost_of(replace(fading, rounding=Rounding.INDEPENDENT, weight_limit=128))
    assert (own.connection_draws, own.synapse_draws, own.synapse_bits) == (1, 2, 17), (
        "one for each sum and synapse"
    )
    still = cost_of(replace(fading, x1_tau=0))
    assert still.connection_draws == 1, "a trace of one step is not rounded"
    both = cost_of(replace(fading, two_factor=True, y1_impulse=3, y1_tau=9))
    assert (both.connection_draws, both.target_bits) == (3, 7)


def test_what_sends_third_factors_costs_its_sums() -> None:
    # m of 24 bits and y1 of 8
    assert cost_of(RULE, supervised().teacher).unit_bits == 32
    assert cost_of(RULE, Reward()).unit_bits == 8
