"""Straight lines through points on logarithmic axes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def slope(x: Sequence[float], y: Sequence[float]) -> float:
    """Return the exponent p of ``y = c x^p`` by least squares of the logarithms.

    Parameters
    ----------
    x, y : sequence of float
        Above 0, at least two.

    Examples
    --------
    >>> round(slope([1, 2, 4], [3, 12, 48]), 9)
    2.0
    """
    return float(np.polyfit(np.log(np.asarray(x, float)), np.log(np.asarray(y, float)), 1)[0])
