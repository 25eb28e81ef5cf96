"""Selection by firing rate: whose data drive the network most unlike the others'."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hardware.counters import Counters
from lava_fed.select.candidates import best_of_few
from lava_fed.select.history import History


def by_rate(names: Sequence[str], history: History, count: int, rng: np.random.Generator) -> list[str]:
    """Order devices by their credit, highest first among a random few; see ``best_of_few``.

    After SFedCA (Zhan et al., "SFedCA: credit assignment-based active client selection strategy for spiking
    federated learning", 2024), which credits the distance between firing before and after local training, as a
    sign of data unlike those of the others. Here the distance is that of a device's rates, layer by layer while
    it last learned, from the mean of all devices, so it needs no run of its own.
    """
    rates = {name: _rates(last.counters) for name, last in history.last.items()}
    layers = sorted({layer for own in rates.values() for layer in own})
    table = np.array([[own.get(layer, 0.0) for layer in layers] for own in rates.values()], float)
    if not table.size:
        return best_of_few(names, history, count, rng, {})
    mean = table.mean(axis=0)
    apart = (np.abs(table - mean) / np.where(mean > 0, mean, 1.0)).sum(axis=1)
    worth = {name: float(distance) for name, distance in zip(rates, apart, strict=True)}
    return best_of_few(names, history, count, rng, worth)


def _rates(counters: Counters) -> dict[str, float]:
    return {
        layer: counters.spikes.get(layer, 0) / updates
        for layer, updates in counters.neuron_updates.items()
        if updates
    }
