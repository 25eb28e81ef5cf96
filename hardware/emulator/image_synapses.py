"""Synapses laid out flat for the kernels."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hardware.emulator import tables as t
from hardware.synapses.convolution import Convolution
from hardware.synapses.dense import Dense
from hardware.synapses.sparse import Sparse
from hardware.synapses.synapse import Synapse


@dataclass
class Arrays:
    """What the connections laid out so far need beside their rows.

    Attributes
    ----------
    weights : list of int16 array
        Weights source by source; those of a convolution by input channel, kernel row, kernel column, output
        channel of the group.
    indices : list of int32 array
        See ``Image.indices``.
    delays : list of uint8 array
        See ``Image.delays``.
    scratch : int
        Largest working memory, words.
    """

    weights: list[NDArray[np.int16]] = field(default_factory=list)
    indices: list[NDArray[np.int32]] = field(default_factory=list)
    delays: list[NDArray[np.uint8]] = field(default_factory=list)
    scratch: int = 0


def fill_synapse(row: NDArray[np.int64], synapse: Synapse, arrays: Arrays) -> None:
    """Write what the kernels know about the synapses of a connection.

    Parameters
    ----------
    row : int64 array, shape (CONNECTION_COLUMNS,)
        Its row of the connection table.
    synapse : Synapse
        The weights, in any encoding.
    arrays : Arrays
        Receives weights, indices and delays.

    Raises
    ------
    TypeError
        Where no kernel knows the encoding.
    """
    row[[t.WEIGHT, t.EXPONENT]] = _total(arrays.weights), synapse.exponent
    row[t.DELAY], slots = -1, 1
    if isinstance(synapse, Dense):
        row[t.ENCODING] = t.DENSE
        weights = synapse.weights.T
        if synapse.delays is not None:
            row[t.DELAY], slots = _total(arrays.delays), synapse.longest_delay + 1
            arrays.delays.append(np.ascontiguousarray(synapse.delays.T).ravel())
    elif isinstance(synapse, Sparse):
        row[[t.ENCODING, t.INDEX]] = t.SPARSE, _total(arrays.indices)
        weights = synapse.weights
        begins = np.searchsorted(synapse.source_of, np.arange(synapse.sources + 1))
        arrays.indices += [begins.astype(np.int32), synapse.target_of]
    elif isinstance(synapse, Convolution):
        weights = _fill_convolution(row, synapse)
    else:
        raise TypeError(f"the emulator has no kernel for {synapse.kind} synapses")
    arrays.weights.append(np.ascontiguousarray(weights).ravel())
    arrays.scratch = max(arrays.scratch, slots * synapse.targets)


def _fill_convolution(row: NDArray[np.int64], synapse: Convolution) -> NDArray[np.int16]:
    first, second, rows, columns = synapse.weights.shape
    row[t.ENCODING], row[t.TRANSPOSED], row[t.GROUPS] = t.CONVOLUTION, synapse.transposed, synapse.groups
    row[[t.IN_CHANNELS, t.HEIGHT, t.WIDTH]] = synapse.source_shape
    row[[t.OUT_CHANNELS, t.OUT_HEIGHT, t.OUT_WIDTH]] = synapse.target_shape
    row[[t.ROWS, t.COLUMNS]] = rows, columns
    for column, pair in ((t.STRIDE, synapse.stride), (t.PADDING, synapse.padding), (t.DILATION, synapse.dilation)):
        row[column : column + 2] = pair
    if synapse.transposed:
        return synapse.weights.transpose(0, 2, 3, 1)
    grouped = synapse.weights.reshape(synapse.groups, first // synapse.groups, second, rows, columns)
    return grouped.transpose(0, 2, 3, 4, 1)


def _total(arrays: list[NDArray[np.int16]] | list[NDArray[np.int32]] | list[NDArray[np.uint8]]) -> int:
    return sum(array.size for array in arrays)
