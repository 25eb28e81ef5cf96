"""Moving thresholds on whole arrays, for our Lava processes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hardware.lava.words import Words, align, decay, word
from hardware.neurons.alif import Adaptation
from hardware.neurons.neuron import PerUnit


def advance(
    adaptation: Adaptation,
    threshold: PerUnit,
    voltage: Words,
    theta: Words,
    r: Words,
    allowed: NDArray[np.bool_] | bool = True,
) -> tuple[NDArray[np.bool_], Words, Words]:
    """Advance the threshold and the refractory state by one step.

    Parameters
    ----------
    adaptation : Adaptation
        How they move.
    threshold : int or int32 array, shape (units,)
        Mantissa of the threshold at rest.
    voltage, theta, r : int64 array, shape (units,)
        This step's voltage, the last step's states.
    allowed : bool array, shape (units,)
        Where a neuron may fire at all.

    Returns
    -------
    fires, theta, r : arrays, shape (units,)
        Who fires, the new states.
    """
    rest = align(threshold)
    theta = word(decay(word(theta - rest), adaptation.threshold_decay) + rest)
    r = decay(r, adaptation.refractory_decay)
    fires = (word(voltage - r) >= theta) & allowed
    r = np.where(fires, word(r + 2 * theta), r)
    theta = np.where(fires, word(theta + align(adaptation.threshold_step)), theta)
    return fires, theta, r
