"""Layers cut in the order of their neurons, each core filled to the brim."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from compile.place.limits import CoreLimits
from hardware.placement.needs import LayerNeeds, Need

Block = tuple[NDArray[np.int64], Need]
"""Neurons that share a core, and what they need."""


def fill(needs: LayerNeeds, limits: CoreLimits, most: int) -> list[Block]:
    """Cut a layer into runs, each as long as a core holds.

    Parameters
    ----------
    needs : LayerNeeds
        Of the layer.
    limits : CoreLimits
        What a core holds.
    most : int
        Most neurons of a run.

    Returns
    -------
    list of (int64 array, Need)
        The runs in order; each has at least one neuron, whatever it needs.
    """
    blocks: list[Block] = []
    first, guess = 0, most
    while first < needs.units:
        block = _longest(needs, limits, first, min(most, needs.units - first), guess)
        blocks.append(block)
        first, guess = first + len(block[0]), len(block[0])
    return blocks


def _longest(needs: LayerNeeds, limits: CoreLimits, first: int, most: int, guess: int) -> Block:
    """Find the longest run from ``first`` by halving; needs never fall when a neuron is added."""
    low, best = 1, None
    high, probe = most, min(guess, most)
    while low <= high:
        units = np.arange(first, first + probe)
        need = needs.of(units)
        if probe == 1 or limits.hold(units, need):
            best, low = (units, need), probe + 1
            probe = low if probe == guess else (low + high) // 2
        else:
            high = probe - 1
            probe = (low + high) // 2
    if best is None:  # pragma: no cover - one neuron is always taken
        raise AssertionError
    return best
