"""How many synapses each unit has onto some neurons of the next layer."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hardware.synapses.convolution import Convolution
from hardware.synapses.sparse import Sparse
from hardware.synapses.synapse import Synapse

Units = NDArray[np.int64]


def fan_onto(synapse: Synapse, units: Units) -> Units:
    """Count the synapses of each source unit onto ``units``, zeros included, as ``Synapse.fan_out`` does.

    Parameters
    ----------
    synapse : Synapse
        Any kind.
    units : int64 array
        Some targets, each once.

    Returns
    -------
    int64 array, shape (sources,)
        Over parts that share out all targets these add up to ``synapse.fan_out()``.
    """
    if isinstance(synapse, Sparse):
        there = np.zeros(synapse.targets, np.bool_)
        there[units] = True
        return np.bincount(synapse.source_of[there[synapse.target_of]], minlength=synapse.sources).astype(np.int64)
    if isinstance(synapse, Convolution):
        return _through_kernel(synapse, units)
    return np.full(synapse.sources, len(units), np.int64)


def _through_kernel(synapse: Convolution, units: Units) -> Units:
    """Carry counts of targets back through the kernel, one tap after the other."""
    channels, height, width = synapse.target_shape
    there = np.zeros(synapse.targets, np.int64)
    there[units] = 1
    targets = there.reshape(synapse.groups, channels // synapse.groups, height, width).sum(axis=1)
    sources = np.zeros((synapse.groups, *synapse.source_shape[1:]), np.int64)
    for row in range(synapse.weights.shape[2]):
        for column in range(synapse.weights.shape[3]):
            target_rows, source_rows = _pairs(synapse, 0, row)
            target_columns, source_columns = _pairs(synapse, 1, column)
            sources[:, source_rows[:, None], source_columns] += targets[:, target_rows[:, None], target_columns]
    spread = np.repeat(sources, synapse.source_shape[0] // synapse.groups, axis=0)
    return spread.ravel()


def _pairs(synapse: Convolution, axis: int, tap: int) -> tuple[Units, Units]:
    """Return which rows (or columns) of targets and sources a tap joins, each at most once."""
    target, source = synapse.target_shape[1 + axis], synapse.source_shape[1 + axis]
    near, far = (source, target) if synapse.transposed else (target, source)
    small = np.arange(near)
    large = small * synapse.stride[axis] - synapse.padding[axis] + tap * synapse.dilation[axis]
    inside = (large >= 0) & (large < far)
    small, large = small[inside], large[inside]
    return (large, small) if synapse.transposed else (small, large)
