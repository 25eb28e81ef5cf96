"""Entries that neurons take in the tables of their core."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hardware.neurons.cuba import Cuba
from hardware.neurons.neuron import Neuron, spread

Row = tuple[int, ...]


def decays(neuron: Neuron, units: NDArray[np.int64]) -> frozenset[Row]:
    """Return the different (current decay, voltage decay, refractory delay) of some neurons.

    Only plain CUBA neurons, those of Loihi 1, have such an entry; others give the empty set.
    """
    if not isinstance(neuron, Cuba):
        return frozenset()
    pairs = _distinct(neuron, units, neuron.current_decay, neuron.voltage_decay)
    return frozenset((*pair, neuron.refractory) for pair in pairs)


def thresholds(neuron: Neuron, units: NDArray[np.int64]) -> frozenset[Row]:
    """Return the different thresholds of some CUBA neurons."""
    return _distinct(neuron, units, neuron.threshold) if isinstance(neuron, Cuba) else frozenset()


def _distinct(neuron: Neuron, units: NDArray[np.int64], *values: NDArray[np.int32] | int) -> frozenset[Row]:
    if all(np.ndim(value) == 0 for value in values):
        return frozenset([tuple(int(value) for value in values)])
    rows = np.stack([spread(value, neuron.units)[units] for value in values], axis=1)
    return frozenset(tuple(map(int, row)) for row in np.unique(rows, axis=0))
