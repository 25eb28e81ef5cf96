"""Selection by loss: whoever fits worst learns most."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lava_fed.select.candidates import best_of_few
from lava_fed.select.history import History


def by_loss(names: Sequence[str], history: History, count: int, rng: np.random.Generator) -> list[str]:
    """Order devices by the loss of their last answers, highest first among a random few; see ``best_of_few``."""
    return best_of_few(names, history, count, rng, {name: last.loss for name, last in history.last.items()})
