"""What the neurons of one core need: synaptic memory and input axons.

Memory counts the weights alone, ``bits`` for each synapse: a lower bound, as the chip's synapse lists also hold
indices and delays whose format is not public. A convolution counts as whatever is smaller on that core, all its
synapses one by one, or once the kernels of the channels there: an estimate, as how Loihi 2 shares kernels is not
public either.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from hardware.network import Connection, Network
from hardware.program import Placement
from hardware.synapses.convolution import Convolution
from hardware.synapses.sparse import Sparse


class LayerMemory:
    """Synaptic memory of any run of a layer's neurons.

    Parameters
    ----------
    network : Network
        The integers.
    layer : str
        Its name.
    """

    def __init__(self, network: Network, layer: str) -> None:
        incoming = network.into(layer)
        self.units = network.layer(layer).units
        self._listed = [
            np.concatenate([[0], np.cumsum(each.synapse.fan_in() * each.synapse.grid.bits)]) for each in incoming
        ]
        self._shared = [_kernel(connection) for connection in incoming]

    def bytes(self, first: int, last: int) -> int:
        """Bytes for the neurons ``first..last - 1``, rounded up."""
        return int(self._upto(first, np.array([last]))[0])

    def neuron_bytes(self) -> int:
        """Bytes for the neuron that needs most."""
        bits = np.zeros(self.units, np.int64)
        for listed, shared in zip(self._listed, self._shared, strict=True):
            one_by_one = np.diff(listed)
            bits += one_by_one if shared is None else np.minimum(one_by_one, shared[1])
        return -(-int(bits.max()) // 8)

    def fill(self, first: int, most: int, limit: int) -> int:
        """Return the end of the longest run from ``first`` of at most ``most`` neurons in ``limit`` bytes.

        At least one neuron is taken, whatever it needs.
        """
        ends = np.arange(first + 1, min(first + most, self.units) + 1)
        return first + max(1, int(np.searchsorted(self._upto(first, ends), limit, side="right")))

    def _upto(self, first: int, ends: NDArray[np.int64]) -> NDArray[np.int64]:
        bits = np.zeros(ends.shape, np.int64)
        for listed, shared in zip(self._listed, self._shared, strict=True):
            one_by_one = listed[ends] - listed[first]
            if shared is None:
                bits += one_by_one
            else:
                pixels, kernel = shared
                bits += np.minimum(one_by_one, ((ends - 1) // pixels - first // pixels + 1) * kernel)
        rounded: NDArray[np.int64] = -(-bits // 8)
        return rounded


def synapse_bytes(network: Network, part: Placement) -> int:
    """Bytes of weights into the neurons of a core."""
    return LayerMemory(network, part.layer).bytes(part.first, part.last)


def sources_of(network: Network, part: Placement) -> int:
    """Count the units that send to the neurons of a core; each takes one of its input axons.

    Connections from the same population share axons as far as they can; of a convolution it is the smallest
    block of rows and columns that holds all senders, which may be some too many.
    """
    reached: dict[str, int] = {}
    units: dict[str, int] = {}
    for connection in network.into(part.layer):
        name = connection.source
        units[name] = connection.synapse.sources
        reached[name] = min(reached.get(name, 0) + _sources(connection, part), units[name])
    return sum(reached.values())


def _kernel(connection: Connection) -> tuple[int, int] | None:
    """Return the units of a channel and the bits of the kernels into it, for a convolution."""
    synapse = connection.synapse
    if not isinstance(synapse, Convolution):
        return None
    taps = synapse.source_shape[0] // synapse.groups * math.prod(synapse.weights.shape[2:])
    return math.prod(synapse.target_shape[1:]), taps * synapse.grid.bits


def _sources(connection: Connection, part: Placement) -> int:
    synapse = connection.synapse
    if isinstance(synapse, Sparse):
        there = (synapse.target_of >= part.first) & (synapse.target_of < part.last)
        return int(np.unique(synapse.source_of[there]).size)
    if isinstance(synapse, Convolution):
        return _senders(synapse, part.first, part.last)
    return synapse.sources


def _senders(synapse: Convolution, first: int, last: int) -> int:
    channels, height, width = synapse.target_shape
    per_group = channels // synapse.groups
    here = np.arange(first, last)
    groups = len(np.unique(here // (height * width) // per_group))
    count = groups * (synapse.source_shape[0] // synapse.groups)
    for axis, reached in enumerate((np.unique(here // width % height), np.unique(here % width))):
        taps = np.arange(synapse.weights.shape[2 + axis]) * synapse.dilation[axis] - synapse.padding[axis]
        stride = synapse.stride[axis]
        if synapse.transposed:
            near, rest = np.divmod(reached[:, None] - taps, stride)
            near = near[rest == 0]
        else:
            near = (reached[:, None] * stride + taps).ravel()
        inside = near[(near >= 0) & (near < synapse.source_shape[1 + axis])]
        count *= len(np.unique(inside))
    return count
