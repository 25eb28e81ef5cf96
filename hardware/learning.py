"""Sum-of-products learning rules and the teacher that supplies their third factor.

A rule is written as in Lava, for example ``2^-6*u0*x1*y1``: a sum of products, each of a scale
``mantissa * 2^exponent``, one dependency that gates it in time, and factors.

=========== ==================================================================================
dependency  the product is added ...
=========== ==================================================================================
``x0``      at an epoch's end, where the presynaptic unit fired in that epoch
``u<k>``    at the end of every 2^k-th epoch
=========== ==================================================================================

========= =======================================================================================
factor    value
========= =======================================================================================
``x1 x2`` presynaptic traces, 0..127: they decay with ``exp(-1/tau)`` and rise by an impulse per spike
``y1``    the third factor, -128..127: what the teacher sent in the epoch's last step
``w``     the weight
========= =======================================================================================

The arithmetic is that of Lava's ``LearningRuleApplierBitApprox`` and ``Loihi3FLearningRule``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from hardware.chip.widths import (
    EPOCH_MAX,
    LEARNING_ACCUMULATOR_BITS,
    LEARNING_EXPONENT_MAX,
    LEARNING_EXPONENT_MIN,
    LEARNING_MANTISSA_BITS,
    STATE_LIMIT,
    TRACE_BITS,
    TRACE_MAX,
    TRACE_TAU_MAX,
    WEIGHT_BITS,
)
from hardware.errors import NetworkError

FACTOR_BITS = {"x1": TRACE_BITS, "x2": TRACE_BITS, "y1": TRACE_BITS, "w": WEIGHT_BITS + 1}
"""Width of each factor, from ``lava.magma.core.learning.constants.FACTOR_TO_WIDTH_DICT``."""

_SCALE = re.compile(r"^(?:(?P<mantissa>\d+))?(?:\*?2\^(?P<exponent>-?\d+))?$")


@dataclass(frozen=True)
class Product:
    """One term of a rule: ``mantissa * 2^exponent * dependency * factors``.

    Attributes
    ----------
    mantissa, exponent : int
        The scale; mantissa -8..7, exponent -7..8.
    dependency : str
        ``x0`` or ``u<k>``.
    factors : tuple of str
        Names from ``FACTOR_BITS``, in order.
    """

    mantissa: int
    exponent: int
    dependency: str
    factors: tuple[str, ...]

    def __post_init__(self) -> None:
        """Check every part against the widths of the learning engine."""
        limit = 1 << (LEARNING_MANTISSA_BITS - 1)
        if self.mantissa == 0 or not -limit <= self.mantissa < limit:
            raise NetworkError(f"learning rule: mantissa {self.mantissa} must lie in {-limit}..{limit - 1}, not 0")
        if not LEARNING_EXPONENT_MIN <= self.exponent <= LEARNING_EXPONENT_MAX:
            raise NetworkError(
                f"learning rule: exponent {self.exponent} must lie in "
                f"{LEARNING_EXPONENT_MIN}..{LEARNING_EXPONENT_MAX}"
            )
        if self.dependency != "x0" and not re.fullmatch(r"u[0-9]", self.dependency):
            raise NetworkError(f"learning rule: dependency {self.dependency!r} is not supported; use x0 or u0..u9")
        if unknown := [factor for factor in self.factors if factor not in FACTOR_BITS]:
            raise NetworkError(
                f"learning rule: factor {unknown[0]!r} is not supported; use {', '.join(FACTOR_BITS)}"
            )

    @property
    def decimation(self) -> int:
        """The k of ``u<k>``; 0 for ``x0``."""
        return 0 if self.dependency == "x0" else int(self.dependency[1:])

    @property
    def shift(self) -> int:
        """Bits by which the raw product is shifted right before its exponent is applied."""
        return max(
            0,
            sum(FACTOR_BITS[factor] for factor in self.factors)
            + LEARNING_MANTISSA_BITS
            - LEARNING_ACCUMULATOR_BITS,
        )

    def __str__(self) -> str:
        """Write the product in Lava's syntax, without its sign."""
        parts = [str(abs(self.mantissa))] if abs(self.mantissa) != 1 else []
        parts += [f"2^{self.exponent}", self.dependency, *self.factors]
        return "*".join(parts)


@dataclass(frozen=True)
class LearningRule:
    """How a connection's weights change on the chip.

    Attributes
    ----------
    products : tuple of Product
        The sum that is added to each weight at an epoch's end.
    epoch : int
        Steps between two weight updates, 1..63.
    x1_impulse, x2_impulse : int
        What a presynaptic spike adds to a trace, 0..127.
    x1_tau, x2_tau : int
        Time constant of a trace in steps, 1..4095; with 0 it lasts one step.
    """

    products: tuple[Product, ...]
    epoch: int
    x1_impulse: int
    x1_tau: int
    x2_impulse: int = 0
    x2_tau: int = 0

    def __post_init__(self) -> None:
        """Check ranges, and that at most one decimation is used (the chip has one counter)."""
        if not self.products:
            raise NetworkError("learning rule: at least one product is needed")
        if not 1 <= self.epoch <= EPOCH_MAX:
            raise NetworkError(f"learning rule: epoch {self.epoch} must lie in 1..{EPOCH_MAX} steps")
        for name in ("x1_impulse", "x2_impulse"):
            if not 0 <= getattr(self, name) <= TRACE_MAX:
                raise NetworkError(f"learning rule: {name} {getattr(self, name)} must lie in 0..{TRACE_MAX}")
        for name in ("x1_tau", "x2_tau"):
            if not 0 <= getattr(self, name) <= TRACE_TAU_MAX:
                raise NetworkError(
                    f"learning rule: {name} {getattr(self, name)} must lie in 0..{TRACE_TAU_MAX} steps"
                )
        decimations = {product.decimation for product in self.products if product.dependency != "x0"}
        if len(decimations) > 1:
            raise NetworkError("learning rule: all u<k> of one rule must share the same k")

    @classmethod
    def parse(cls, text: str, **parameters: int) -> LearningRule:
        """Read a rule from text.

        Parameters
        ----------
        text : str
            For example ``"2^-6*u0*x1*y1 - 2^-7*u0*w"``.
        **parameters
            The other attributes of the rule.

        Raises
        ------
        NetworkError
            Where the text is not a sum of products of known parts.

        Examples
        --------
        >>> LearningRule.parse("2^-6*u0*x1*y1 - 3*2^-7*x0*w", epoch=8, x1_impulse=16, x1_tau=12).text
        '2^-6*u0*x1*y1 - 3*2^-7*x0*w'
        """
        return cls(products=tuple(_parse_product(sign, term) for sign, term in _terms(text)), **parameters)

    @property
    def text(self) -> str:
        """The rule in Lava's syntax."""
        first, *rest = self.products
        out = ("-" if first.mantissa < 0 else "") + str(first)
        return out + "".join((" - " if p.mantissa < 0 else " + ") + str(p) for p in rest)


def _terms(text: str) -> list[tuple[int, str]]:
    compact = text.replace(" ", "")
    pieces = re.findall(r"([+-]?)((?:[^+\-^]|\^-?)+)", compact)
    if "".join(sign + term for sign, term in pieces) != compact or not pieces:
        raise NetworkError(f"learning rule {text!r} is not a sum of products such as 2^-6*u0*x1*y1")
    return [(-1 if sign == "-" else 1, term) for sign, term in pieces]


def _parse_product(sign: int, term: str) -> Product:
    parts = term.split("*")
    names = [part for part in parts if re.fullmatch(r"[a-z]\w*", part)]
    numbers = "*".join(part for part in parts if part not in names)
    scale = _SCALE.fullmatch(numbers)
    dependencies = [name for name in names if name[0] == "u" or name in ("x0", "y0")]
    if scale is None or len(dependencies) != 1:
        raise NetworkError(f"learning rule: {term!r} needs one scale (such as 2^-6) and exactly one of x0 or u<k>")
    return Product(
        mantissa=sign * int(scale["mantissa"] or 1),
        exponent=int(scale["exponent"] or 0),
        dependency=dependencies[0],
        factors=tuple(name for name in names if name not in dependencies),
    )


@dataclass(frozen=True)
class Teacher:
    """Computes a layer's third factor from a label: a squared hinge, one class against the rest.

    Beside each unit of the layer an accumulator ``m`` sums the synaptic input of a sample (24 bits,
    saturating). In the last step of a labelled sample the unit of the label sends
    ``y1 = clamp((margin - m) >> shift, 0, 127)``, every other unit ``y1 = -clamp((m - rest) >> shift, 0, 127)``.
    So a unit that is right teaches nothing, and each unit needs only its own state and one teaching spike.

    The two bounds are apart because devices see different labels: where a class does not occur, its unit is only
    held below ``rest``. With ``rest = -margin`` it would be driven ever lower by samples of other classes, and
    averaging over devices would have to undo that.

    Attributes
    ----------
    margin : int
        Synaptic input that the label's unit must reach, 1..2^23-1, in weight units.
    shift : int
        Right shift from synaptic input to third factor, 0..23.
    rest : int
        Synaptic input that no other unit may exceed, above -2^23 and below ``margin``.
    """

    margin: int
    shift: int
    rest: int = 0

    def __post_init__(self) -> None:
        """Check the ranges."""
        if not 1 <= self.margin < STATE_LIMIT:
            raise NetworkError(f"teacher: margin {self.margin} must lie in 1..{STATE_LIMIT - 1}")
        if not 0 <= self.shift <= 23:
            raise NetworkError(f"teacher: shift {self.shift} must lie in 0..23")
        if not -STATE_LIMIT < self.rest < self.margin:
            raise NetworkError(
                f"teacher: rest {self.rest} must lie in {1 - STATE_LIMIT}..{self.margin - 1}, below the margin"
            )


def supervised(
    *,
    rate: int = -7,
    epoch: int = 16,
    x1_impulse: int = 8,
    x1_tau: int = 31,
    margin: int = 4096,
    shift: int = 6,
    rest: int = 0,
) -> tuple[LearningRule, Teacher]:
    """Return the supervised three-factor rule ``2^rate * u0 * x1 * y1`` with its hinge teacher.

    The defaults suit samples of 32 steps whose hidden units fire some 8 times, and a readout of about 100 inputs.

    Parameters
    ----------
    rate : int
        Exponent of the learning rate. A product of two 7-bit factors is first shifted right by 3, so the
        weight change is ``x1 * y1 * 2^(rate - 3)``, stochastically rounded.
    epoch : int
        Steps between updates; a sample must last a whole number of epochs.
    x1_impulse, x1_tau : int
        The presynaptic trace.
    margin, shift, rest : int
        The teacher.
    """
    rule = LearningRule.parse(f"2^{rate}*u0*x1*y1", epoch=epoch, x1_impulse=x1_impulse, x1_tau=x1_tau)
    return rule, Teacher(margin=margin, shift=shift, rest=rest)
