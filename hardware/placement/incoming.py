"""A connection as seen from the cores that its targets sit on."""

from __future__ import annotations

import math
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from hardware.network import Connection
from hardware.placement.encoding import Encoding
from hardware.synapses.convolution import Convolution
from hardware.synapses.dense import Dense
from hardware.synapses.sparse import Sparse

Mask = NDArray[np.bool_]
Units = NDArray[np.int64]


class Incoming:
    """What a connection asks of a core that holds some of its targets.

    Parameters
    ----------
    connection : Connection
        Its synapses. Of dense ones all join, zeros too, unless they are written as a list.
    """

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    @property
    def learns(self) -> bool:
        """Whether its weights change on the chip."""
        return self.connection.rule is not None

    def senders(self, units: Units) -> Mask:
        """Say which units of the source send to at least one of ``units``, shape (sources,)."""
        synapse = self.connection.synapse
        if isinstance(synapse, Convolution):
            return _seen(synapse, units)
        if isinstance(synapse, Sparse):
            found = np.zeros(synapse.sources, np.bool_)
            found[self._sources_by_target[self._entries(units)]] = True
            return found
        return np.ones(synapse.sources, np.bool_)

    def synapses(self, units: Units) -> int:
        """Count the synapses into ``units``; those that share a weight count one by one."""
        return int(self._fan_in[units].sum())

    def bits(self, units: Units, senders: int) -> dict[Encoding, int]:
        """Return the bits of weights, delays and indices in each format that the connection can take.

        Parameters
        ----------
        units : int64 array
            Targets on the core.
        senders : int
            How many units ``senders(units)`` holds.
        """
        synapse = self.connection.synapse
        weight = self._weight_bits
        index = (len(units) - 1).bit_length()
        costs = {
            Encoding.DENSE: senders * len(units) * weight,
            Encoding.SPARSE: int(self._listed[units].sum()) * (weight + index),
        }
        if isinstance(synapse, Convolution):
            channels = len(np.unique(units // math.prod(synapse.target_shape[1:])))
            costs[Encoding.CONVOLUTION] = channels * self._taps * weight
        return costs

    def neuron_bits(self) -> Units:
        """Return the fewest bits for each target alone, shape (targets,)."""
        synapse = self.connection.synapse
        bits: Units = self._listed * self._weight_bits
        if isinstance(synapse, Convolution):
            np.minimum(bits, self._taps * self._weight_bits, out=bits)
        return bits

    @property
    def _weight_bits(self) -> int:
        synapse = self.connection.synapse
        return synapse.grid.bits + (synapse.longest_delay.bit_length() if isinstance(synapse, Dense) else 0)

    @property
    def _taps(self) -> int:
        """Weights of the kernels into one channel of a convolution."""
        synapse = self.connection.synapse
        if not isinstance(synapse, Convolution):
            return 0
        return synapse.source_shape[0] // synapse.groups * math.prod(synapse.weights.shape[2:])

    @cached_property
    def _fan_in(self) -> Units:
        fan_in: Units = self.connection.synapse.fan_in()
        return fan_in

    @cached_property
    def _listed(self) -> Units:
        """Entries of each target in a list: zeros are left out where they stay zeros."""
        synapse = self.connection.synapse
        if isinstance(synapse, Dense) and not self.learns:
            joined: Units = (synapse.weights != 0).sum(axis=1, dtype=np.int64)
            return joined
        return self._fan_in

    @cached_property
    def _starts(self) -> Units:
        return np.concatenate([[0], np.cumsum(self._fan_in)])

    @cached_property
    def _sources_by_target(self) -> NDArray[np.int32]:
        synapse = self.connection.synapse
        if not isinstance(synapse, Sparse):  # pragma: no cover - only sparse synapses are listed
            return np.zeros(0, np.int32)
        return synapse.source_of[np.argsort(synapse.target_of, kind="stable")]

    def _entries(self, units: Units) -> Units:
        """Return where the synapses of ``units`` lie when sorted by target."""
        counts = self._fan_in[units]
        offsets: Units = self._starts[units] - np.cumsum(counts) + counts
        entries: Units = np.repeat(offsets, counts)
        return entries + np.arange(len(entries))


def _seen(synapse: Convolution, units: Units) -> Mask:
    """Mark what the kernel reaches from the targets; rows and columns of a kernel go one after the other."""
    channels, height, width = synapse.target_shape
    groups = synapse.groups
    marked = np.zeros((groups, height * width), np.bool_)
    marked[units // (height * width) // (channels // groups), units % (height * width)] = True
    image = marked.reshape(groups, height, width)
    for axis in (0, 1):
        image = np.moveaxis(_along(synapse, np.moveaxis(image, 1 + axis, 0), axis), 0, 1 + axis)
    seen: Mask = np.repeat(image.reshape(groups, -1), synapse.source_shape[0] // groups, axis=0).ravel()
    return seen


def _along(synapse: Convolution, marked: Mask, axis: int) -> Mask:
    """Spread marks of targets to sources along the first axis."""
    targets, sources = synapse.target_shape[1 + axis], synapse.source_shape[1 + axis]
    stride, padding = synapse.stride[axis], synapse.padding[axis]
    found = np.zeros((sources, *marked.shape[1:]), np.bool_)
    for tap in range(synapse.weights.shape[2 + axis]):
        offset = tap * synapse.dilation[axis] - padding
        near, far = (sources, targets) if synapse.transposed else (targets, sources)
        small = np.arange(near)
        large = small * stride + offset
        inside = (large >= 0) & (large < far)
        small, large = small[inside], large[inside]
        if synapse.transposed:
            found[small] |= marked[large]
        else:
            found[large] |= marked[small]
    return found
