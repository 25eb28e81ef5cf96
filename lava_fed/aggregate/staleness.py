"""How much of an old change is still worth.

``factor(age) = floor(2^16 * (1 + age)^-exponent)``, so that a change of age 0 is taken as it is. Polynomial
staleness is from Xie, Koyejo and Gupta, "Asynchronous Federated Optimization", 2019 (section 5.2), and as a factor
of each change in a buffer from Nguyen et al., "Federated Learning with Buffered Asynchronous Aggregation", AISTATS
2022. The factors do not cancel in the mean: where a lone old change arrives, it is made smaller.
"""

from __future__ import annotations

from decimal import Decimal, localcontext

FACTOR_BITS = 16
"""Factors are multiples of 2^-16."""
_DIGITS = 40


def factor(age: int, exponent: float) -> int:
    """Return the factor of an age, in units of 2^-16; at least 1.

    Decimal arithmetic of 40 digits gives the same factor on every machine.

    Parameters
    ----------
    age : int
        Versions that were made since the change began, at least 0.
    exponent : float
        0 takes all ages as they are; 0.5 divides by the square root of ``1 + age``.

    Examples
    --------
    >>> [factor(age, 0.5) for age in (0, 3, 8)]
    [65536, 32768, 21845]
    """
    if age == 0 or exponent == 0:
        return 1 << FACTOR_BITS
    with localcontext() as context:
        context.prec = _DIGITS
        root = Decimal(1 + age) ** Decimal(str(exponent))
        # A root that is a whole number may come out a last digit too large, which must not cost a unit.
        exact = root.to_integral_value()
        if abs(root - exact) < Decimal(10) ** -(_DIGITS // 2):
            root = exact
        return max(1, int(Decimal(1 << FACTOR_BITS) / root))
