"""Confidence intervals of means, after Student."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

LEVEL = 0.95
"""How sure an interval is."""


@dataclass(frozen=True)
class Interval:
    """A mean of independent values with how far it may be off.

    Attributes
    ----------
    mean : float
        Of the values.
    half : float or None
        Half the width of the 95 % confidence interval; ``None`` for a single value.
    count : int
        Values.
    """

    mean: float
    half: float | None
    count: int

    @classmethod
    def of(cls, values: Sequence[float]) -> Interval:
        """Return the interval of at least one value, whatever their order."""
        count = len(values)
        mean = math.fsum(values) / count
        if count < 2:
            return cls(mean, None, count)
        deviation = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (count - 1))
        return cls(mean, quantile(count - 1) * deviation / math.sqrt(count), count)


def inside(t: float, freedom: int) -> float:
    """Return the probability that Student's t lies in ``-t..t``.

    Parameters
    ----------
    t : float
        At least 0.
    freedom : int
        Degrees of freedom, at least 1.

    Notes
    -----
    Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.3 and 26.7.4: finite sums.
    """
    angle = math.atan2(t, math.sqrt(freedom))
    cosine, sine = math.cos(angle), math.sin(angle)
    odd = freedom % 2
    term = cosine if odd else 1.0
    terms = []
    for index in range(1 + odd, freedom, 2):
        terms.append(term)
        term *= cosine * cosine * index / (index + 1)
    series = sine * math.fsum(terms)
    return 2 / math.pi * (angle + series) if odd else series


def quantile(freedom: int, level: float = LEVEL) -> float:
    """Return the t within which Student's distribution has the probability ``level``.

    Examples
    --------
    >>> round(quantile(9), 4), round(quantile(1), 3)
    (2.2622, 12.706)
    """
    low, high = 0.0, 1.0
    while inside(high, freedom) < level:
        high *= 2
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if inside(middle, freedom) < level else (low, middle)
    return (low + high) / 2
