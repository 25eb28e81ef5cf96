"""Convolutions laid out by what each target hears, for ``kernels_windows`` and ``kernels_patterns``."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hardware.emulator import tables as t
from hardware.emulator.blocks import BLOCK
from hardware.synapses.convolution import Convolution

ROWS_FOR_AN_ENTRY = 3
"""Kernel rows of targets that are looked at in the time that scattering one message takes."""


def has_windows(synapse: Convolution) -> bool:
    """Say whether the sources that a target hears along a kernel row are neighbours in memory."""
    return not synapse.transposed and synapse.groups == 1 and synapse.dilation[1] == 1


def window_shape(synapse: Convolution) -> NDArray[np.int32]:
    """Return what the kernels must know of the image beside the row of the connection.

    Returns
    -------
    int32 array
        Target rows; stride, padding and dilation along rows; stride and padding along columns; sources along a
        kernel row.
    """
    sources = synapse.weights.shape[3] * synapse.weights.shape[1]
    along_rows = synapse.stride[0], synapse.padding[0], synapse.dilation[0]
    return np.array(
        [synapse.target_shape[1], *along_rows, synapse.stride[1], synapse.padding[1], sources], np.int32
    )


def window_kernel(kernel: NDArray[np.int16]) -> NDArray[np.int16]:
    """Return the weights in the order in which a target hears its sources.

    Parameters
    ----------
    kernel : int16 array, shape (out channels, in channels, rows, columns)
        Weights.

    Returns
    -------
    int16 array, shape (rows, columns, in channels, out channels filled up to whole blocks)
        With zeros where it was filled up.
    """
    outputs = kernel.shape[0]
    filled = np.zeros((*kernel.shape[2:], kernel.shape[1], stripe(outputs)), np.int16)
    filled[..., :outputs] = kernel.transpose(2, 3, 1, 0)
    return filled


def listens_from(row: NDArray[np.int64]) -> int:
    """Return the number of messages from which on looking at every target costs less than scattering each message.

    Parameters
    ----------
    row : int64 array, shape (CONNECTION_COLUMNS,)
        Row of a convolution.
    """
    return int(row[t.TARGETS] // row[t.OUT_CHANNELS] * row[t.ROWS] // ROWS_FOR_AN_ENTRY)


def stripe(outputs: int) -> int:
    """Fill a number of output channels up to whole blocks."""
    return -(-outputs // BLOCK) * BLOCK
