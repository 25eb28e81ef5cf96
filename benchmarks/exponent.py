"""The exponent of growth: the slope of a straight line through logarithms."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def exponent(sizes: Sequence[float], values: Sequence[float]) -> float:
    """Fit ``value = c * size^k`` by least squares of logarithms, and return k.

    Parameters
    ----------
    sizes, values : sequence of float
        At least two different sizes; all positive.

    Raises
    ------
    ValueError
        Where they are fewer, or not positive, or of different number.

    Examples
    --------
    >>> round(exponent([1, 10, 100], [3, 30, 300]), 6)
    1.0
    """
    if len(sizes) != len(values) or len(set(sizes)) < 2:
        raise ValueError(f"an exponent needs a value for each of two sizes or more, found {sizes} and {values}")
    if min(*sizes, *values) <= 0:
        raise ValueError(f"an exponent needs positive numbers, found {sizes} and {values}")
    slope, _ = np.polyfit(np.log(np.asarray(sizes, float)), np.log(np.asarray(values, float)), 1)
    return float(slope)
