"""Which neurons 32-bit arithmetic is proved for."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hardware.network import Layer, Network
from hardware.neurons.cuba import Cuba, Message
from hardware.ranges.analysis import Ranges
from hardware.ranges.layer_range import LayerRange


def proved(network: Network, bounds: Ranges) -> NDArray[np.bool_]:
    """Say of each layer whether ``advance_plain_cuba`` gives every bit of it.

    Parameters
    ----------
    network : Network
        The network.
    bounds : Ranges
        What its integers can reach.

    Returns
    -------
    bool array, shape (layers,)
        True for CUBA neurons that send plain spikes and do not wait after them, where no intermediate of a step
        leaves 32 bits.
    """
    return np.array([_is_plain(layer) and _fits(bounds.layers[layer.name]) for layer in network.layers])


def _is_plain(layer: Layer) -> bool:
    neuron = layer.neuron
    return isinstance(neuron, Cuba) and neuron.message is Message.SPIKE and neuron.refractory == 1


def _fits(bounds: LayerRange) -> bool:
    return bounds.exact_in_words and bounds.current_stays
