"""Power of choice: the best of a random few."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from lava_fed.select.history import History

CANDIDATES = 2
"""Candidates for each place."""


def best_of_few(
    names: Sequence[str],
    history: History,
    count: int,
    rng: np.random.Generator,
    worth: Mapping[str, float],
) -> list[str]:
    """Order devices: the never asked, then candidates by worth, then all others.

    Source: Cho, Wang, Joshi, "Client selection in federated learning: convergence analysis and power-of-choice
    selection strategies", 2020 (pi_pow-d, with d of two for each place). Candidates are drawn with chances in
    proportion to their samples.

    Parameters
    ----------
    names : sequence of str
        Whom to order.
    history : History
        Whom was asked before, with how many samples.
    count : int
        How many are wanted.
    rng : numpy.random.Generator
        Draws the candidates.
    worth : mapping of str to float
        Of devices that have answered; others are taken to be worth the median.
    """
    samples = [history.last[name].samples if name in history.last else 0 for name in names]
    known = [size for size in samples if size]
    usual = float(np.median(known)) if known else 1.0
    # Exponential races: the smallest of -log(u)/size is drawn in proportion to size, without replacement.
    race = rng.exponential(size=len(names)) / np.array([size or usual for size in samples])
    drawn = [names[index] for index in np.argsort(race, kind="stable")]
    new = [name for name in drawn if name not in history.asked]
    old = [name for name in drawn if name in history.asked]
    few = CANDIDATES * max(0, count - len(new))
    middle = float(np.median(list(worth.values()))) if worth else 0.0
    candidates = sorted(old[:few], key=lambda name: -worth.get(name, middle))
    return new + candidates + old[few:]
