"""Pooling as SLAYER's forward pass does it.

SLAYER pads an image at its lower and right edge where the kernel does not divide it, stacks all channels into one
tall image, and slides the kernel over that. Where kernel, stride and size fit, every channel is pooled on its own;
elsewhere channels mix at their borders, and the weights list the synapses one by one.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from compile.errors import UnsupportedLayerError
from compile.synapses import Pair, PoolWeights, SparseWeights, Weights
from hardware.errors import ContainerError

Image = tuple[int, int, int]
SYNAPSE_LIMIT = 1 << 22
"""Most synapses that are listed."""


def pool(
    kernel: NDArray[np.float64], stride: Pair, padding: Pair, dilation: Pair, source: tuple[int, ...], where: str
) -> tuple[Weights, Image]:
    """Return the weights of a pool block and the shape that it makes.

    Parameters
    ----------
    kernel : float64 array, shape (rows, columns)
        Weights that all channels share.
    stride, padding, dilation : (int, int)
        Along rows and columns.
    source : tuple of int
        Shape of the image, (channels, height, width).
    where : str
        The block, for errors.

    Raises
    ------
    UnsupportedLayerError
        Where SLAYER's own forward pass fails.
    """
    channels, height, width = image_of(source, where)
    tall, wide = height + height % kernel.shape[0], width + width % kernel.shape[1]
    reach = _reach(kernel, dilation)
    rows = (channels * tall + 2 * padding[0] - reach[0]) // stride[0] + 1
    columns = (wide + 2 * padding[1] - reach[1]) // stride[1] + 1
    target = _target(channels, rows, columns, where)
    fits = padding[0] == 0 and reach[0] <= stride[0] and tall % stride[0] == 0
    if fits and (tall, wide) == (height, width):
        return PoolWeights(kernel, stride, padding, dilation), target
    row, column = np.arange(rows), np.arange(columns)

    def read(i: int, j: int) -> tuple[NDArray[np.int64], ...]:
        return row * stride[0] - padding[0] + i * dilation[0], column * stride[1] - padding[1] + j * dilation[1]

    _check_count(rows * columns * kernel.size, where)
    parts = []
    for i, j in np.ndindex(*kernel.shape):
        down, right = read(i, j)
        ok = ((down >= 0) & (down < channels * tall) & (down % tall < height))[:, None] & (
            (right >= 0) & (right < width)
        )
        sources = ((down // tall * height + down % tall) * width)[:, None] + right
        targets = (row * columns)[:, None] + column
        parts.append((sources[ok], targets[ok], np.full(int(ok.sum()), kernel[i, j])))
    return _listed(parts, where), target


def unpool(
    kernel: NDArray[np.float64], stride: Pair, padding: Pair, dilation: Pair, source: tuple[int, ...], where: str
) -> tuple[Weights, Image]:
    """Return the weights of an unpool block and the shape that it makes; parameters as ``pool``."""
    channels, height, width = image_of(source, where)
    reach = _reach(kernel, dilation)
    rows = (channels * height - 1) * stride[0] - 2 * padding[0] + reach[0]
    columns = (width - 1) * stride[1] - 2 * padding[1] + reach[1]
    target = _target(channels, rows, columns, where)
    if padding[0] == 0 and reach[0] == stride[0]:
        return PoolWeights(kernel, stride, padding, dilation, unpool=True), target
    _check_count(channels * height * width * kernel.size, where)
    row, column = np.arange(channels * height), np.arange(width)
    parts = []
    for i, j in np.ndindex(*kernel.shape):
        down = row * stride[0] - padding[0] + i * dilation[0]
        right = column * stride[1] - padding[1] + j * dilation[1]
        ok = ((down >= 0) & (down < rows))[:, None] & ((right >= 0) & (right < columns))
        sources = (row * width)[:, None] + column
        targets = (down * columns)[:, None] + right
        parts.append((sources[ok], targets[ok], np.full(int(ok.sum()), kernel[i, j])))
    return _listed(parts, where), target


def image_of(source: tuple[int, ...], where: str) -> Image:
    """Return the shape of an image.

    Raises
    ------
    ContainerError
        Where it has not three axes.
    """
    if len(source) != 3:
        raise ContainerError(
            f"{where} reads an image (channels, height, width), the layer before it has shape {source}"
        )
    return source[0], source[1], source[2]


def _reach(kernel: NDArray[np.float64], dilation: Pair) -> Pair:
    return dilation[0] * (kernel.shape[0] - 1) + 1, dilation[1] * (kernel.shape[1] - 1) + 1


def _target(channels: int, rows: int, columns: int, where: str) -> Image:
    if rows < 1 or columns < 1 or rows % channels:
        raise UnsupportedLayerError(
            f"{where}: its kernel makes {rows} rows of {columns} of the {channels} channels stacked, which "
            "SLAYER's own forward pass cannot share out; choose kernel and stride that divide the image"
        )
    return channels, rows // channels, columns


def _check_count(synapses: int, where: str) -> None:
    if synapses > SYNAPSE_LIMIT:
        raise UnsupportedLayerError(
            f"{where} would list {synapses} synapses, over the limit of {SYNAPSE_LIMIT}; choose kernel and stride "
            "that divide the image"
        )


def _listed(parts: list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]], where: str) -> Weights:
    sources, targets, weights = (np.concatenate(each) for each in zip(*parts, strict=True))
    if math.prod(weights.shape) == 0:
        raise UnsupportedLayerError(f"{where}: its kernel lies wholly in the padding")
    order = np.lexsort((targets, sources))
    return SparseWeights(weights[order], targets[order].astype(np.int32), sources[order].astype(np.int32))
