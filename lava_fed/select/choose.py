"""The choice of a round's devices."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType

import numpy as np

from lava_fed.config.rounds import RoundsConfig
from lava_fed.runs.record import RoundRecord
from lava_fed.select.energy import by_energy
from lava_fed.select.history import History, Spent, events
from lava_fed.select.loss import by_loss
from lava_fed.select.rate import by_rate

_STREAM = 1 << 34
"""Sets these draws apart from all others of a run."""


def _by_chance(names: Sequence[str], history: History, count: int, rng: np.random.Generator) -> list[str]:
    del history, count
    return [names[index] for index in rng.permutation(len(names))]


_ORDERS: Mapping[str, Callable[[Sequence[str], History, int, np.random.Generator], list[str]]] = MappingProxyType(
    {"random": _by_chance, "energy": by_energy, "loss": by_loss, "rate": by_rate}
)


def choose(
    config: RoundsConfig,
    names: Sequence[str],
    records: Sequence[RoundRecord],
    number: int,
    seed: int,
    spent: Spent = events,
    places: int | None = None,
) -> tuple[str, ...]:
    """Choose the devices of a round; nothing but the arguments decides it.

    Parameters
    ----------
    config : RoundsConfig
        How, and which fraction.
    names : sequence of str
        Whom to choose from.
    records : sequence of RoundRecord
        All rounds before.
    number : int
        Of the round, from 1.
    seed : int
        Of the run, 0..2^31-1.
    spent : callable
        What a device spent on a round, for selection by energy; by default the number of events on its chip.
    places : int, optional
        How many to choose; by default the config's fraction of ``names``.

    Returns
    -------
    tuple of str
        In the order of ``names``.
    """
    places = config.together(len(names)) if places is None else min(places, len(names))
    if config.select == "all" or places >= len(names):
        return tuple(names[:places])
    rng = np.random.default_rng([_STREAM, seed, number])
    history = History() if config.select == "random" else History.of(records, spent)
    order = _ORDERS[config.select](names, history, places, rng)
    chosen = set(order[:places])
    return tuple(name for name in names if name in chosen)
