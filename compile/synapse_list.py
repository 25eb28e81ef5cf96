"""Weights cut, added and scaled, as lists of synapses where nothing shorter can say it."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from compile.synapses import ConvWeights, DenseWeights, OneToOne, PoolWeights, Shape, SparseWeights, Weights
from hardware.errors import NetworkError
from hardware.synapses.convolution import Convolution

SYNAPSE_LIMIT = 1 << 26
"""Most synapses that are listed, ours: some 1 GiB while they are sorted."""


def listed(weights: Weights, source: Shape, target: Shape, where: str) -> SparseWeights:
    """Return any weights as a list of the synapses that are not zero.

    Parameters
    ----------
    weights : Weights
        Without delays.
    source, target : tuple of int
        Shapes of what they join.
    where : str
        The edge, for errors.

    Raises
    ------
    NetworkError
        Where they have delays, are pooling, or the list would be too long.
    """
    if isinstance(weights, SparseWeights):
        return weights
    if isinstance(weights, DenseWeights):
        if weights.delays is not None:
            raise NetworkError(
                f"edge {where} has synaptic delays, which a list of synapses cannot hold; remove them"
            )
        source_of, target_of = np.nonzero(weights.weights.T)
        return _sorted(source_of, target_of, weights.weights[target_of, source_of])
    if isinstance(weights, OneToOne):
        units = np.arange(weights.weights.size)
        return _sorted(units, units, weights.weights)
    if not isinstance(weights, ConvWeights):
        raise NetworkError(f"edge {where} has {weights.kind} weights; lower them first (lower-pooling)")
    taps = weights.weights.size // (weights.weights.shape[0 if weights.transposed else 1] * weights.groups)
    if (count := math.prod(source) * taps) > SYNAPSE_LIMIT:
        raise NetworkError(f"edge {where} would list {count} synapses, over the limit of {SYNAPSE_LIMIT}")
    shared = Convolution(
        np.zeros(weights.weights.shape, np.int16),
        (source[0], source[1], source[2]),
        (target[0], target[1], target[2]),
        weights.stride,
        weights.padding,
        weights.dilation,
        weights.groups,
        weights.transposed,
    )
    target_of, source_of, weight_of = shared.pairs()
    return _sorted(source_of, target_of, weights.weights.ravel()[weight_of])


def part_of(weights: Weights, source: Shape, target: Shape, part: slice, where: str) -> Weights | None:
    """Return the weights that read some consecutive units of what ``weights`` read; ``None`` where none does.

    Parameters
    ----------
    weights : Weights
        How a whole is read.
    source, target : tuple of int
        Shapes of the whole and of the reader.
    part : slice
        Units of the whole; whole channels where a convolution reads an image.
    where : str
        The edge, for errors.
    """
    if part == slice(0, math.prod(source)):
        return weights
    if isinstance(weights, DenseWeights):
        delays = None if weights.delays is None else weights.delays[:, part]
        return DenseWeights(weights.weights[:, part], delays)
    if isinstance(weights, ConvWeights) and weights.groups == 1:
        pixels = math.prod(source[1:])
        channels = slice(part.start // pixels, part.stop // pixels)
        kernel = weights.weights[channels] if weights.transposed else weights.weights[:, channels]
        return replace(weights, weights=kernel)
    whole = listed(weights, source, target, where)
    inside = (whole.source_of >= part.start) & (whole.source_of < part.stop)
    if not inside.any():
        return None
    return SparseWeights(
        whole.weights[inside], whole.target_of[inside], whole.source_of[inside] - np.int32(part.start)
    )


def added(one: Weights, other: Weights, source: Shape, target: Shape, where: str) -> Weights:
    """Return weights that do what both do, side by side between the same populations.

    Raises
    ------
    NetworkError
        Where they have different delays.
    """
    if isinstance(one, DenseWeights) and isinstance(other, DenseWeights):
        if (one.delays is None and other.delays is None) or (
            one.delays is not None and other.delays is not None and np.array_equal(one.delays, other.delays)
        ):
            return DenseWeights(one.weights + other.weights, one.delays)
        raise NetworkError(f"edge {where} stands for two ways with different delays; put neurons into one of them")
    if isinstance(one, OneToOne) and isinstance(other, OneToOne):
        return OneToOne(one.weights + other.weights)
    if _alike(one, other):
        return replace(one, weights=one.weights + other.weights)
    parts = [listed(each, source, target, where) for each in (one, other)]
    return _sorted(
        np.concatenate([each.source_of for each in parts]),
        np.concatenate([each.target_of for each in parts]),
        np.concatenate([each.weights for each in parts]),
    )


def scaled(weights: Weights, factors: NDArray[np.float64], source: Shape, target: Shape, where: str) -> Weights:
    """Return weights that do the same with ``factors * message`` for messages, one factor a source unit."""
    if isinstance(weights, DenseWeights):
        return replace(weights, weights=weights.weights * factors)
    if isinstance(weights, OneToOne):
        return OneToOne(weights.weights * factors)
    if factors.min() == factors.max():
        return replace(weights, weights=weights.weights * factors[0])
    if isinstance(weights, ConvWeights) and weights.groups == 1:
        image = factors.reshape(source[0], -1)
        if np.all(image == image[:, :1]):
            axes = (-1, 1, 1, 1) if weights.transposed else (1, -1, 1, 1)
            return replace(weights, weights=weights.weights * image[:, 0].reshape(axes))
    whole = listed(weights, source, target, where)
    return replace(whole, weights=whole.weights * factors[whole.source_of])


def depthwise(weights: PoolWeights, channels: int) -> ConvWeights:
    """Return pooling as a convolution in which every channel is a group of its own."""
    kernel = np.broadcast_to(weights.weights, (channels, 1, *weights.weights.shape))
    return ConvWeights(
        kernel, weights.stride, weights.padding, weights.dilation, groups=channels, transposed=weights.unpool
    )


def _alike(one: Weights, other: Weights) -> bool:
    if not (isinstance(one, ConvWeights) and isinstance(other, ConvWeights)):
        return False

    def shape(weights: ConvWeights) -> tuple[object, ...]:
        options = weights.stride, weights.padding, weights.dilation, weights.groups, weights.transposed
        return weights.weights.shape, options

    return shape(one) == shape(other)


def _sorted(
    source_of: NDArray[np.integer[Any]], target_of: NDArray[np.integer[Any]], weights: NDArray[np.float64]
) -> SparseWeights:
    """Sort by source, then target, and add what joins the same two units; at least one synapse, if of 0, stays."""
    if weights.size == 0:
        return SparseWeights(np.zeros(1), np.zeros(1, np.int32), np.zeros(1, np.int32))
    pairs = np.stack([source_of, target_of]).astype(np.int64)
    unique, index = np.unique(pairs, axis=1, return_inverse=True)
    total = np.bincount(index.ravel(), weights=weights, minlength=unique.shape[1])
    kept = total != 0 if total.any() else np.arange(total.size) == 0
    return SparseWeights(total[kept], unique[1, kept].astype(np.int32), unique[0, kept].astype(np.int32))
