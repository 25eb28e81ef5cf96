"""A learning rule: sums of products for a synapse's weight, delay and tag, with the traces that they read.

A rule is written as in Lava, for example ``2^-6*u0*x1*y1``: a sum of products, each of a scale
``mantissa * 2^exponent``, one dependency that gates it in time, and factors.

=========== ==================================================================================
dependency  the product is added ...
=========== ==================================================================================
``x0``      at an epoch's end, where the presynaptic unit fired in that epoch
``y0``      at an epoch's end, where the postsynaptic unit fired in that epoch
``u<k>``    at the end of every 2^k-th epoch
=========== ==================================================================================

============ ====================================================================================
factor       value, with ``x0`` and ``y0`` that of traces in the step of the epoch's last spike
============ ====================================================================================
``x1 x2``    presynaptic traces, 0..127: they decay with ``exp(-1/tau)`` and rise by an impulse per spike
``y1 y2 y3`` the same of the postsynaptic unit (two factors), or what it sends, -128..127 (three)
``w d t``    the synapse's weight, delay and tag; the learned delay does not delay anything, as in Lava
``x0 y0``    0 or 1, behind a dependency
``(x1 + 3)`` any of these with a constant
``sgn(w)``   -1, 0 or 1; of ``w``, ``d`` and ``t``, perhaps with a constant
============ ====================================================================================

The arithmetic is that of Lava's ``LearningRuleApplierBitApprox`` with ``Loihi2FLearningRule`` and
``Loihi3FLearningRule``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any

from hardware.chip.widths import EPOCH_MAX, TRACE_MAX, TRACE_TAU_MAX, WEIGHT_LIMIT
from hardware.errors import NetworkError
from hardware.learning.grammar import parse_sum
from hardware.learning.product import POST_TRACES, PRE_TRACES, SPIKES, Product, series


class Graded(Enum):
    """What a presynaptic message does to x1; half of its payload is rounded to even and kept in 8 bits.

    ``IMPULSE``: any message is a spike. ``OVERWRITE``: x1 becomes the half. ``SATURATE``: x1 rises by the half, up
    to 127. ``OVERFLOW``: x1 rises by the half and loses 127 above 127; only such a message counts as a spike to x0
    and x2. The last two look at all units in each step.
    """

    IMPULSE = "impulse"
    OVERWRITE = "overwrite"
    SATURATE = "saturate"
    OVERFLOW = "overflow"


class Rounding(Enum):
    """Who shares the random draw that rounds a sum.

    ``SHARED``: all synapses of a network with their sums; one draw an epoch, the same for every seed, as in Lava.
    ``INDEPENDENT``: nobody, see ``hardware.emulator.streams``; devices that learn from seeds of their own round
    apart, too.
    """

    SHARED = "shared"
    INDEPENDENT = "independent"


@dataclass(frozen=True)
class LearningRule:
    """How a connection's synapses change on the chip.

    Attributes
    ----------
    dw, dd, dt : tuple of Product
        The sums that are added to each weight, delay and tag at an epoch's end; from the values before it.
    epoch : int
        Steps between two updates, 1..63.
    x1_impulse, x2_impulse, y1_impulse, y2_impulse, y3_impulse : int
        What a spike adds to a trace, 0..127.
    x1_tau, x2_tau, y1_tau, y2_tau, y3_tau : int
        Time constant of a trace in steps, 1..4095; with 0 it lasts one step.
    two_factor : bool
        Whether y1 to y3 are traces of the postsynaptic unit's spikes; else what it sends, new in each step.
    graded : Graded
        What graded messages of the source do.
    rounding : Rounding
        Who shares the draw that rounds a sum.
    weight_limit : int
        Weights are kept in ``-weight_limit..weight_limit - 1``, 1..256, as far as their sign mode allows: 256 is
        the whole range, 128 that of eight bits with their sign.
    """

    dw: tuple[Product, ...]
    epoch: int
    x1_impulse: int
    x1_tau: int
    x2_impulse: int = 0
    x2_tau: int = 0
    y1_impulse: int = 0
    y1_tau: int = 0
    y2_impulse: int = 0
    y2_tau: int = 0
    y3_impulse: int = 0
    y3_tau: int = 0
    two_factor: bool = False
    graded: Graded = Graded.IMPULSE
    dd: tuple[Product, ...] = ()
    dt: tuple[Product, ...] = ()
    rounding: Rounding = Rounding.SHARED
    weight_limit: int = WEIGHT_LIMIT

    def __post_init__(self) -> None:
        """Check ranges, and that at most one decimation is used (the chip has one counter)."""
        if not self.products:
            raise NetworkError("learning rule: at least one product is needed")
        if type(self.weight_limit) is not int or not 1 <= self.weight_limit <= WEIGHT_LIMIT:
            raise NetworkError(
                f"learning rule: weight_limit {self.weight_limit} must lie in 1..{WEIGHT_LIMIT} and be whole"
            )
        if not 1 <= self.epoch <= EPOCH_MAX:
            raise NetworkError(f"learning rule: epoch {self.epoch} must lie in 1..{EPOCH_MAX} steps")
        for trace in PRE_TRACES + POST_TRACES:
            impulse, tau = getattr(self, f"{trace}_impulse"), getattr(self, f"{trace}_tau")
            if type(impulse) is not int or not 0 <= impulse <= TRACE_MAX:
                raise NetworkError(
                    f"learning rule: {trace}_impulse {impulse} must lie in 0..{TRACE_MAX} and be whole"
                )
            if not 0 <= tau <= TRACE_TAU_MAX:
                raise NetworkError(f"learning rule: {trace}_tau {tau} must lie in 0..{TRACE_TAU_MAX} steps")
            if trace in POST_TRACES and not self.two_factor and (impulse or tau):
                raise NetworkError(
                    f"learning rule: with three factors, {trace} is what the unit sends; leave "
                    f"{trace}_impulse and {trace}_tau at 0, or set two_factor"
                )
        if self.graded is not Graded.IMPULSE and self.x1_impulse:
            raise NetworkError(
                f"learning rule: x1 follows the payload of messages; set x1_impulse to 0, not {self.x1_impulse}"
            )
        if len({product.decimation for product in self.products if product.dependency not in SPIKES}) > 1:
            raise NetworkError("learning rule: all u<k> of one rule must share the same k")

    @classmethod
    def parse(cls, dw: str = "", *, dd: str = "", dt: str = "", **parameters: Any) -> LearningRule:
        """Read a rule from text.

        Parameters
        ----------
        dw, dd, dt : str
            For example ``"2^-6*u0*x1*y1 - 2^-7*u0*w"``; empty for what does not change.
        **parameters
            The other attributes of the rule.

        Raises
        ------
        NetworkError
            Where a text is not a sum of products of known parts, with a caret under the place.

        Examples
        --------
        >>> LearningRule.parse("2^-6*u0*x1*y1 - 3*2^-7*x0*(w + 2)", epoch=8, x1_impulse=16, x1_tau=12).text
        '2^-6*u0*x1*y1 - 3*2^-7*x0*(w+2)'
        """
        if not any(text.strip() for text in (dw, dd, dt)):
            raise NetworkError("learning rule: at least one product is needed, such as 2^-6*u0*x1*y1")
        first, second, third = (parse_sum(text) if text else () for text in (dw, dd, dt))
        return cls(dw=first, dd=second, dt=third, **parameters)

    @property
    def sums(self) -> dict[str, tuple[Product, ...]]:
        """The sums that are not empty, by the name of their change."""
        return {name: getattr(self, name) for name in ("dw", "dd", "dt") if getattr(self, name)}

    @property
    def texts(self) -> dict[str, str]:
        """The sums that are not empty, in Lava's syntax."""
        return {name: series(products) for name, products in self.sums.items()}

    @property
    def text(self) -> str:
        """The rule for people: the sum of the weights alone, or all sums with their names."""
        if set(self.texts) == {"dw"}:
            return self.texts["dw"]
        return ", ".join(f"{name} = {text}" for name, text in self.texts.items())

    @property
    def products(self) -> tuple[Product, ...]:
        """All products."""
        return self.dw + self.dd + self.dt

    @property
    def variables(self) -> frozenset[str]:
        """Names of all that the products read."""
        return frozenset().union(*(product.variables for product in self.products))

    @property
    def hears_target(self) -> bool:
        """Whether the postsynaptic unit's spikes matter."""
        return "y0" in self.variables or (self.two_factor and not self.variables.isdisjoint(POST_TRACES))

    def bounds(self, low: int, high: int) -> tuple[int, int]:
        """Narrow the range ``low..high`` of weights to what the rule keeps them in.

        Examples
        --------
        >>> rule = LearningRule.parse("u0*x1", epoch=1, x1_impulse=1, x1_tau=1, weight_limit=128)
        >>> rule.bounds(-256, 255), rule.bounds(-255, 0)
        ((-128, 127), (-128, 0))
        """
        return max(low, -self.weight_limit), min(high, self.weight_limit - 1)

    @property
    def states(self) -> tuple[str, ...]:
        """Names of what the rule keeps beside the weights: traces, tags (``tag_2`` is the delay)."""
        states: tuple[str, ...] = PRE_TRACES
        if self.two_factor and self.hears_target:
            states += POST_TRACES
        if self.dt or "t" in self.variables:
            states += ("tag_1",)
        if self.dd or "d" in self.variables:
            states += ("tag_2",)
        return states
