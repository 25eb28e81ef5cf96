"""The order in which the kernels keep the units of a population: an image has its channels innermost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from hardware.network import INPUT, Network
from hardware.neurons.readout import Readout
from hardware.synapses.convolution import Convolution
from hardware.synapses.sparse import Sparse
from hardware.synapses.synapse import Synapse

Element = TypeVar("Element", bound=np.generic)


@dataclass(frozen=True)
class Order:
    """How a population is kept.

    Attributes
    ----------
    channels : int
        Channels of the image, which lie side by side; 1 where units are kept as they are.
    units : int
        Number of units.
    """

    channels: int
    units: int

    @property
    def plain(self) -> bool:
        """Whether units are kept as they are."""
        return self.channels in (1, self.units)

    def kept(self) -> NDArray[np.int64]:
        """Return which unit is kept at each place, shape (units,)."""
        return np.arange(self.units).reshape(self.channels, -1).T.ravel()

    def places(self) -> NDArray[np.int64]:
        """Return the place of each unit, shape (units,)."""
        return np.arange(self.units).reshape(-1, self.channels).T.ravel()

    def restored(self, array: NDArray[Element]) -> NDArray[Element]:
        """Return an array whose last axis is kept in this order with its units as they are counted."""
        if self.plain:
            return np.ascontiguousarray(array)
        pixels = array.reshape(*array.shape[:-1], -1, self.channels)
        return np.ascontiguousarray(np.swapaxes(pixels, -1, -2)).reshape(array.shape)

    def arranged(self, array: NDArray[Element]) -> NDArray[Element]:
        """Return an array whose last axis counts units as they are in the order that is kept."""
        if self.plain:
            return np.ascontiguousarray(array)
        channels = array.reshape(*array.shape[:-1], self.channels, -1)
        return np.ascontiguousarray(np.swapaxes(channels, -1, -2)).reshape(array.shape)


def is_one_to_one(synapse: Synapse) -> bool:
    """Whether each source unit reaches the target unit of the same number, and no other."""
    return (
        isinstance(synapse, Sparse)
        and synapse.sources == synapse.targets == synapse.weights.size
        and np.array_equal(synapse.source_of, synapse.target_of)
    )


def orders(network: Network) -> dict[str, Order]:
    """Choose an order for every population.

    The first convolution that reads or makes an image decides; populations joined one to one follow each other. A
    convolution that finds another number of channels than its own is laid out as sparse synapses. Layers with a
    teacher and readouts are kept as they are, because labels count their units.
    """
    units = {INPUT: network.inputs} | {layer.name: layer.units for layer in network.layers}
    counted = [layer for layer in network.layers if layer.teacher or isinstance(layer.neuron, Readout)]
    channels = {layer.name: 1 for layer in counted}
    for c in network.connections:
        if isinstance(c.synapse, Convolution):
            channels.setdefault(c.source, c.synapse.source_shape[0])
            channels.setdefault(c.target, c.synapse.target_shape[0])
    joined = [c for c in network.connections if is_one_to_one(c.synapse)]
    for _ in joined:
        for c in joined:
            for near, far in ((c.source, c.target), (c.target, c.source)):
                if near in channels:
                    channels.setdefault(far, channels[near])
    return {name: Order(channels.get(name, 1), count) for name, count in units.items()}
