"""What a learning rule costs on the chip."""

from __future__ import annotations

from dataclasses import dataclass

from hardware.chip.widths import STATE_BITS, TRACE_BITS, WEIGHT_BITS
from hardware.learning.product import POST_TRACES, PRE_TRACES
from hardware.learning.rule import LearningRule, Rounding
from hardware.learning.third_factor import ThirdFactor

TAG_BITS = WEIGHT_BITS + 1
"""A tag has eight bits and a sign."""
DELAY_BITS = WEIGHT_BITS
"""A learned delay has no sign."""
THIRD_FACTOR_BITS = TRACE_BITS + 1
"""A third factor has the bits of a trace and a sign."""


@dataclass(frozen=True)
class Cost:
    """Memory and work of one connection that learns, as the chip model counts them.

    Attributes
    ----------
    source_bits : int
        Traces of each source unit that the rule reads, in bits.
    target_bits : int
        Traces of each target unit that the rule reads, or third factors that it receives, in bits.
    unit_bits : int
        What sends the third factors keeps for each target unit, beside the unit itself, in bits.
    synapse_bits : int
        Weight, tag and delay of each synapse, in bits.
    products : int
        Products that are evaluated for each synapse at an epoch's end.
    epoch : int
        Steps of an epoch: each synapse counts one learning update in each.
    connection_draws : int
        Random numbers that a connection shares among its synapses, for each epoch.
    synapse_draws : int
        Random numbers of each synapse's own, for each epoch.
    """

    source_bits: int
    target_bits: int
    unit_bits: int
    synapse_bits: int
    products: int
    epoch: int
    connection_draws: int
    synapse_draws: int


def cost_of(rule: LearningRule, sender: ThirdFactor | None = None) -> Cost:
    """Count what a rule costs.

    Parameters
    ----------
    rule : LearningRule
        The rule.
    sender : ThirdFactor, optional
        What sends its third factors.

    Examples
    --------
    >>> cost = cost_of(LearningRule.parse("2^-6*u0*x1*y1", epoch=16, x1_impulse=8, x1_tau=31))
    >>> cost.source_bits, cost.target_bits, cost.synapse_bits, cost.products, cost.connection_draws
    (7, 8, 9, 1, 2)
    """
    pre = [name for name in PRE_TRACES if name in rule.variables]
    post = [name for name in POST_TRACES if name in rule.variables]
    own = rule.rounding is Rounding.INDEPENDENT
    fading = [getattr(rule, f"{name}_tau") > 0 for name in pre]
    fading_post = [rule.two_factor and getattr(rule, f"{name}_tau") > 0 for name in post]
    return Cost(
        source_bits=TRACE_BITS * len(pre),
        target_bits=(TRACE_BITS if rule.two_factor else THIRD_FACTOR_BITS) * len(post),
        unit_bits=0 if sender is None else sum(_state_bits(name) for name in sender.states),
        synapse_bits=rule.weight_limit.bit_length()
        + TAG_BITS * ("tag_1" in rule.states)
        + DELAY_BITS * ("tag_2" in rule.states),
        products=len(rule.products),
        epoch=rule.epoch,
        connection_draws=any(fading) + any(fading_post) + (0 if own else 1),
        synapse_draws=len(rule.sums) if own else 0,
    )


def _state_bits(name: str) -> int:
    """Count the bits of a state of a third factor: what it sends has fewer than what it sums."""
    return THIRD_FACTOR_BITS if name in POST_TRACES else STATE_BITS
