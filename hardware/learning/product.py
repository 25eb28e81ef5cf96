"""One term of a learning rule: a scale, a dependency that gates it in time, factors."""

from __future__ import annotations

import re
from dataclasses import dataclass

from hardware.chip.widths import (
    LEARNING_ACCUMULATOR_BITS,
    LEARNING_CONSTANT_LIMIT,
    LEARNING_EXPONENT_MAX,
    LEARNING_EXPONENT_MIN,
    LEARNING_FACTOR_BITS_MAX,
    LEARNING_MANTISSA_BITS,
    TRACE_BITS,
    WEIGHT_BITS,
)
from hardware.errors import NetworkError

SPIKES = ("x0", "y0")
"""Whether the presynaptic or the postsynaptic unit fired in the epoch: dependencies that may be factors too."""
PRE_TRACES = ("x1", "x2")
POST_TRACES = ("y1", "y2", "y3")
SYNAPTIC = ("w", "d", "t")
"""The synapse's weight, delay (Lava's ``tag_2``) and tag (Lava's ``tag_1``)."""
FACTOR_BITS = {
    **dict.fromkeys(SPIKES, 1),
    **dict.fromkeys(PRE_TRACES + POST_TRACES, TRACE_BITS),
    **dict.fromkeys(SYNAPTIC, WEIGHT_BITS + 1),
}
"""Width of each factor, from ``lava.magma.core.learning.constants.FACTOR_TO_WIDTH_DICT``."""


@dataclass(frozen=True)
class Factor:
    """A variable, perhaps with a constant added, perhaps only the sign of both.

    Attributes
    ----------
    variable : str
        A name from ``FACTOR_BITS``.
    constant : int
        What is added to it, -256..255.
    sign : bool
        Whether the factor is the sign -1, 0 or 1 of the sum; only of ``w``, ``d`` and ``t``.
    """

    variable: str
    constant: int = 0
    sign: bool = False

    def __post_init__(self) -> None:
        """Check that Lava's engine has such a factor."""
        if self.variable not in FACTOR_BITS:
            raise NetworkError(
                f"learning rule: factor {self.variable!r} is not supported; use {', '.join(FACTOR_BITS)}"
            )
        if not -LEARNING_CONSTANT_LIMIT <= self.constant < LEARNING_CONSTANT_LIMIT:
            raise NetworkError(
                f"learning rule: constant {self.constant} must lie in "
                f"{-LEARNING_CONSTANT_LIMIT}..{LEARNING_CONSTANT_LIMIT - 1}"
            )
        if self.sign and self.variable not in SYNAPTIC:
            raise NetworkError(
                f"learning rule: sgn() of {self.variable!r} is not supported; use it on {', '.join(SYNAPTIC)}"
            )

    @property
    def bits(self) -> int:
        """Width to which the factor is clipped."""
        return FACTOR_BITS[self.variable]

    def __str__(self) -> str:
        """Write the factor in Lava's syntax."""
        out = self.variable
        if self.constant:
            out += f"{'+' if self.constant > 0 else '-'}{abs(self.constant)}"
        if self.sign:
            return f"sgn({out})"
        return f"({out})" if self.constant else out


@dataclass(frozen=True)
class Product:
    """One term of a rule: ``mantissa * 2^exponent * dependency * factors``.

    Attributes
    ----------
    mantissa, exponent : int
        The scale; mantissa -7..7 but not 0, exponent -7..8.
    dependency : str
        ``x0``, ``y0`` or ``u<k>``.
    factors : tuple of Factor
        In order; of 28 bits together, so that Lava's 32-bit products cannot overflow.
    """

    mantissa: int
    exponent: int
    dependency: str
    factors: tuple[Factor, ...] = ()

    def __post_init__(self) -> None:
        """Check every part against the widths of the learning engine."""
        limit = (1 << (LEARNING_MANTISSA_BITS - 1)) - 1
        if self.mantissa == 0 or not -limit <= self.mantissa <= limit:
            raise NetworkError(f"learning rule: mantissa {self.mantissa} must lie in {-limit}..{limit}, not 0")
        if not LEARNING_EXPONENT_MIN <= self.exponent <= LEARNING_EXPONENT_MAX:
            raise NetworkError(
                f"learning rule: exponent {self.exponent} must lie in "
                f"{LEARNING_EXPONENT_MIN}..{LEARNING_EXPONENT_MAX}"
            )
        if self.dependency not in SPIKES and not re.fullmatch(r"u[0-9]", self.dependency):
            raise NetworkError(
                f"learning rule: dependency {self.dependency!r} is not supported; use x0, y0 or u0..u9"
            )
        if self.bits > LEARNING_FACTOR_BITS_MAX:
            raise NetworkError(
                f"learning rule: the factors of a product have {self.bits} bits, over the limit of "
                f"{LEARNING_FACTOR_BITS_MAX}; use fewer (a trace has {TRACE_BITS}; w, d, t have {WEIGHT_BITS + 1})"
            )

    @property
    def decimation(self) -> int:
        """The k of ``u<k>``; 0 for ``x0`` and ``y0``."""
        return 0 if self.dependency in SPIKES else int(self.dependency[1:])

    @property
    def bits(self) -> int:
        """Width of all factors together."""
        return sum(factor.bits for factor in self.factors)

    @property
    def shift(self) -> int:
        """Bits by which the raw product is shifted right before its exponent is applied."""
        return max(0, self.bits + LEARNING_MANTISSA_BITS - LEARNING_ACCUMULATOR_BITS)

    @property
    def variables(self) -> frozenset[str]:
        """Names of all that it reads, its dependency included."""
        return frozenset({self.dependency, *(factor.variable for factor in self.factors)})

    def __str__(self) -> str:
        """Write the product in Lava's syntax, without its sign."""
        parts = [str(abs(self.mantissa))] if abs(self.mantissa) != 1 else []
        return "*".join([*parts, f"2^{self.exponent}", self.dependency, *map(str, self.factors)])


def series(products: tuple[Product, ...]) -> str:
    """Write a sum of products in Lava's syntax; nothing for no product."""
    out = ""
    for product in products:
        sign = "-" if product.mantissa < 0 else "+"
        out += f" {sign} {product}" if out else ("-" if sign == "-" else "") + str(product)
    return out
