"""Ways to read composed: what two linear nodes in a row, or side by side, come to as one."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
from numpy.typing import NDArray

from compile.errors import UnsupportedLayerError
from compile.synapse_list import added, depthwise, scaled
from compile.synapse_list import listed as list_synapses
from compile.synapses import ConvWeights, DenseWeights, OneToOne, PoolWeights, Shape, SparseWeights, Weights

SYNAPSE_LIMIT = 1 << 23
"""Most synapses that are listed one by one while ways are composed; the chip has room for fewer."""

Triples = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]


def identity(shape: Shape) -> OneToOne:
    """Return the way that changes nothing."""
    return OneToOne(np.ones(math.prod(shape)))


def triples(way: Weights, source: Shape, target: Shape) -> Triples:
    """List every synapse of a way that is not 0.

    Parameters
    ----------
    way : Weights
        Of any kind.
    source, target : tuple of int
        Shapes that it joins.

    Returns
    -------
    target_of, source_of : int64 arrays, shape (synapses,)
        Units.
    weights : float64 array, shape (synapses,)
        Weights.

    Raises
    ------
    UnsupportedLayerError
        Where there are more than ``SYNAPSE_LIMIT``.
    """
    every = listed(way, source, target)
    return every.target_of.astype(np.int64), every.source_of.astype(np.int64), every.weights


def check_count(synapses: int) -> None:
    """Raise where so many synapses cannot be listed."""
    if synapses > SYNAPSE_LIMIT:
        raise UnsupportedLayerError(
            f"NIR: linear nodes without neurons between come to {synapses} synapses, over the limit of "
            f"{SYNAPSE_LIMIT}; put neurons between them"
        )


def after(first: Weights, second: Weights, source: Shape, between: Shape, target: Shape) -> Weights:
    """Return the one way that equals ``first`` from ``source`` to ``between``, then ``second`` to ``target``."""
    if _is_identity(second):
        return first
    if _is_identity(first) and (source == between or not isinstance(second, ConvWeights | PoolWeights)):
        return second
    joined = _elementwise(first, second, source, between, target) or _alike(first, second, source, between)
    return joined or _product(triples(first, source, between), triples(second, between, target))


def plus(first: Weights, second: Weights, source: Shape, target: Shape) -> Weights:
    """Return the one way that equals two side by side."""
    if isinstance(first, DenseWeights) or isinstance(second, DenseWeights):
        first, second = dense(first, source, target), dense(second, source, target)
    return added(_as_kernel(first, source), _as_kernel(second, source), source, target, "of NIR")


def applied(way: Weights, values: NDArray[np.float64], source: Shape, target: Shape) -> NDArray[np.float64]:
    """Return what arrives where each source unit sends its value."""
    if isinstance(way, OneToOne):
        return way.weights * values
    if isinstance(way, DenseWeights):
        product: NDArray[np.float64] = way.weights @ values
        return product
    target_of, source_of, weights = triples(way, source, target)
    sums: NDArray[np.float64] = np.bincount(target_of, weights * values[source_of], math.prod(target)).astype(
        float
    )
    return sums.astype(np.float64)


def scaled_rows(way: Weights, scale: NDArray[np.float64], target: Shape) -> Weights | None:
    """Return a way with what arrives at each unit scaled; ``None`` where its kind cannot say it.

    Parameters
    ----------
    way : Weights
        The way.
    scale : float64 array, shape (units,)
        A factor for each target unit.
    target : tuple of int
        Shape of what it leads to.
    """
    if isinstance(way, DenseWeights):
        return dataclasses.replace(way, weights=way.weights * scale[:, None])
    if isinstance(way, OneToOne):
        return OneToOne(way.weights * scale)
    if isinstance(way, SparseWeights):
        return dataclasses.replace(way, weights=way.weights * scale[way.target_of])
    if isinstance(way, PoolWeights) and scale.min() == scale.max():
        return dataclasses.replace(way, weights=way.weights * scale[0])
    if isinstance(way, ConvWeights):
        by_channel = scale.reshape(target[0], -1)
        if (by_channel == by_channel[:, :1]).all():
            return dataclasses.replace(way, weights=way.weights * by_channel[:, 0, None, None, None])
    return None


def dense(way: Weights, source: Shape, target: Shape) -> DenseWeights:
    """Return a way as a matrix."""
    if isinstance(way, DenseWeights):
        return way
    check_count(math.prod(source) * math.prod(target))
    matrix = np.zeros((math.prod(target), math.prod(source)))
    target_of, source_of, weights = triples(way, source, target)
    matrix[target_of, source_of] = weights
    return DenseWeights(matrix)


def listed(way: Weights, source: Shape, target: Shape) -> SparseWeights:
    """Return a way as a list of synapses; raises as ``triples``."""
    if isinstance(way, DenseWeights):
        check_count(way.weights.size)
    kernel = _as_kernel(way, source)
    if isinstance(kernel, ConvWeights):
        check_count(math.prod(target) * math.prod(kernel.weights.shape[1:]))
    return list_synapses(kernel, source, target, "of NIR")


def _is_identity(way: Weights) -> bool:
    return isinstance(way, OneToOne) and bool((way.weights == 1).all())


def _as_kernel(way: Weights, source: Shape) -> Weights:
    return depthwise(way, source[0]) if isinstance(way, PoolWeights) else way


def _elementwise(first: Weights, second: Weights, source: Shape, between: Shape, target: Shape) -> Weights | None:
    """Join where one of the two scales unit by unit."""
    if isinstance(second, OneToOne):
        return scaled_rows(first, second.weights, between)
    if isinstance(first, OneToOne) and source == between:
        return scaled(_as_kernel(second, source), first.weights, source, target, "of NIR")
    return None


def _alike(first: Weights, second: Weights, source: Shape, between: Shape) -> Weights | None:
    """Join two of a kind."""
    if isinstance(first, DenseWeights) and isinstance(second, DenseWeights):
        return DenseWeights(second.weights @ first.weights)
    if isinstance(first, ConvWeights | PoolWeights) and isinstance(second, ConvWeights | PoolWeights):
        return _one_kernel(first, second, source[0], between[0])
    return None


def _one_kernel(
    first: ConvWeights | PoolWeights, second: ConvWeights | PoolWeights, inputs: int, between: int
) -> ConvWeights | None:
    """Join two kernels of which one keeps channels apart, where the second has no padding.

    Beyond the first image's border lie zeros; beyond the second's would lie what the first makes of zeros and
    pixels.
    """
    a = depthwise(first, inputs) if isinstance(first, PoolWeights) else first
    b = depthwise(second, between) if isinstance(second, PoolWeights) else second
    apart_first = a.groups == inputs == a.weights.shape[0]
    apart_second = b.groups == between == b.weights.shape[0]
    if b.padding != (0, 0) or not (apart_second or (apart_first and b.groups == 1)):
        return None
    reach = [
        a.dilation[axis] * (a.weights.shape[2 + axis] - 1)
        + a.stride[axis] * b.dilation[axis] * (b.weights.shape[2 + axis] - 1)
        + 1
        for axis in (0, 1)
    ]
    shape = (b.weights.shape[0], a.weights.shape[1] if apart_second else inputs, *reach)
    check_count(math.prod(shape))
    kernel = np.zeros(shape)
    for row, column in np.ndindex(*b.weights.shape[2:]):
        top, left = row * a.stride[0] * b.dilation[0], column * a.stride[1] * b.dilation[1]
        rows = slice(top, top + a.dilation[0] * (a.weights.shape[2] - 1) + 1, a.dilation[0])
        columns = slice(left, left + a.dilation[1] * (a.weights.shape[3] - 1) + 1, a.dilation[1])
        tap = b.weights[:, :, row, column]
        spread = a.weights if apart_second else a.weights[:, 0][None]
        kernel[:, :, rows, columns] += tap[:, :, None, None] * spread
    stride = (a.stride[0] * b.stride[0], a.stride[1] * b.stride[1])
    return ConvWeights(kernel, stride, a.padding, (1, 1), a.groups if apart_second else 1)


def _product(first: Triples, second: Triples) -> Weights:
    """Join synapses that meet at the same unit."""
    middle, source_of, weights = first
    order = np.argsort(middle, kind="stable")
    middle, source_of, weights = middle[order], source_of[order], weights[order]
    low = np.searchsorted(middle, second[1], "left")
    count = np.searchsorted(middle, second[1], "right") - low
    check_count(int(count.sum()))
    offset = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    index = np.repeat(low, count) + offset
    target_of = np.repeat(second[0], count)
    values = np.repeat(second[2], count) * weights[index]
    return _listed(target_of, source_of[index], values)


def _listed(
    target_of: NDArray[np.int64], source_of: NDArray[np.int64], weights: NDArray[np.float64]
) -> SparseWeights:
    """Sort by source, then target, and add what occurs twice."""
    if weights.size == 0:
        return SparseWeights(np.zeros(1), np.zeros(1, np.int32), np.zeros(1, np.int32))
    key = source_of * (int(target_of.max()) + 1) + target_of
    unique, first, inverse = np.unique(key, return_index=True, return_inverse=True)
    summed = np.bincount(inverse.reshape(-1), weights, unique.size)
    return SparseWeights(
        summed.astype(np.float64), target_of[first].astype(np.int32), source_of[first].astype(np.int32)
    )
