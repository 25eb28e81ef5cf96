"""Small networks and inputs for the methods."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hardware.neurons.cuba import Cuba
from hardware.synapses.dense import Dense


def copying(units: int) -> Cuba:
    """Make neurons that fire one step after an input above 32, and else forget it."""
    return Cuba(4096, 4096, 32, np.zeros(units, np.int16))


def units_of(inputs: int, first: int, units: int) -> Dense:
    """Make synapses that pass ``units`` inputs on, from the input ``first``."""
    weights: NDArray[np.int16] = np.zeros((units, inputs), np.int16)
    weights[np.arange(units), first + np.arange(units)] = 64
    return Dense(weights)
