"""Selection by energy: whoever has spent least so far."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lava_fed.select.history import History


def by_energy(names: Sequence[str], history: History, count: int, rng: np.random.Generator) -> list[str]:
    """Order devices by what is left in equal batteries, fullest first.

    So cheap devices take part more often than dear ones, and no battery runs down long before the others.

    Parameters
    ----------
    names : sequence of str
        Whom to order.
    history : History
        What they spent.
    count : int
        How many are wanted; not used here.
    rng : numpy.random.Generator
        Orders equals.
    """
    del count
    shuffled = [names[index] for index in rng.permutation(len(names))]
    return sorted(shuffled, key=lambda name: history.spent.get(name, 0.0))
