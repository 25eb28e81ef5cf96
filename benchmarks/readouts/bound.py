"""What a readout in floats reaches from the same spike counts: an upper bound for the one on the chip."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

STRENGTH = 0.1
"""Inverse of the regularization; scikit-learn's ``C``."""
ROUNDS = 500


def logistic(
    counts: NDArray[np.int64], labels: NDArray[Any], tests: dict[str, tuple[NDArray[np.int64], NDArray[Any]]]
) -> dict[str, float]:
    """Fit a logistic regression to spike counts and return its accuracy, 0..1, on each test.

    Parameters
    ----------
    counts : int64 array, shape (samples, units)
        What it is fitted to, each unit at mean 0 and standard deviation 1.
    labels : integer array, shape (samples,)
        Classes.
    tests : dict of str to (counts, labels)
        What it is tested with.
    """
    from sklearn.linear_model import LogisticRegression

    middle, width = counts.mean(axis=0), counts.std(axis=0) + 0.5
    model = LogisticRegression(C=STRENGTH, max_iter=ROUNDS).fit((counts - middle) / width, labels)
    return {name: float(model.score((x - middle) / width, y)) for name, (x, y) in tests.items()}
