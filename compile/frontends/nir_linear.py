"""NIR's stateless nodes as ways to read."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from compile.errors import UnsupportedLayerError
from compile.frontends.nir_node import NirNode
from compile.frontends.nir_ways import check_count
from compile.synapses import ConvWeights, DenseWeights, OneToOne, Pair, PoolWeights, Shape, Weights
from hardware.errors import ContainerError

LINEAR = frozenset({"Affine", "Linear", "Scale", "Conv1d", "Conv2d", "SumPool2d", "AvgPool2d"})
"""Types that this module reads."""
UNITS_LIMIT = 1 << 20
"""Most units of all nodes together, as many as the chip has."""
STEP_LIMIT = 1024
"""Largest stride, padding, dilation or pooling kernel."""


def plain_shape(axes: tuple[int, ...], where: str) -> Shape:
    """Return a shape as this compiler has it: one axis, or (channels, height, width).

    Raises
    ------
    ContainerError
        Where it has no units, too many, or too many axes.
    """
    while len(axes) > 3 and axes[0] == 1:
        axes = axes[1:]
    if len(axes) > 3 or any(axis < 1 for axis in axes) or math.prod(axes) > UNITS_LIMIT:
        raise ContainerError(f"{where}: shape {axes} is not one to three axes of at most {UNITS_LIMIT} units")
    if len(axes) == 2:
        return axes[0], 1, axes[1]
    return axes or (1,)


def source_shape(node: NirNode, given: Shape) -> Shape:
    """Return the shape in which ``node`` sees units of shape ``given``.

    Raises
    ------
    ContainerError
        Where it reads another number of units.
    """
    units = math.prod(given)
    if node.kind in ("Affine", "Linear"):
        shape: Shape = (_matrix(node).shape[1],)
    elif node.kind == "Scale":
        shape = given if node.numbers("scale").size == 1 else (node.numbers("scale").size,)
        return given if math.prod(shape) == units else _mismatch(node, shape, given)
    elif node.kind in ("Conv1d", "Conv2d"):
        shape = _image(node, given)
    else:
        shape = given if len(given) == 3 else _mismatch(node, (1, 1, 1), given)
    return shape if math.prod(shape) == units else _mismatch(node, shape, given)


def read_way(node: NirNode, source: Shape) -> tuple[Weights, Shape, NDArray[np.float64] | None]:
    """Return a stateless node as a way to read.

    Parameters
    ----------
    node : NirNode
        Of a type in ``LINEAR``.
    source : tuple of int
        Shape that it reads, as ``source_shape`` gives it.

    Returns
    -------
    way : Weights
        How it reads.
    target : tuple of int
        Shape that it makes.
    bias : float64 array, shape (units,) or (channels,), or None
        What it adds.
    """
    if node.kind in ("Affine", "Linear"):
        matrix = _matrix(node)
        return DenseWeights(matrix), (matrix.shape[0],), _bias(node, matrix.shape[0])
    if node.kind == "Scale":
        scale = np.broadcast_to(node.numbers("scale").reshape(-1), (math.prod(source),))
        return OneToOne(scale.copy()), source, None
    way = _convolution(node) if node.kind in ("Conv1d", "Conv2d") else _pool(node)
    conv = (
        way
        if isinstance(way, ConvWeights)
        else ConvWeights(
            np.zeros((source[0], 1, *way.weights.shape)), way.stride, way.padding, way.dilation, source[0]
        )
    )
    for axis in (0, 1):
        reach = conv.dilation[axis] * (conv.weights.shape[2 + axis] - 1) + 1
        if source[1 + axis] + 2 * conv.padding[axis] < reach:
            raise ContainerError(f"{node.where}: its kernel reaches {reach}, over an image of shape {source}")
    return way, plain_shape(conv.reaches(source), node.where), _bias(node, conv.weights.shape[0])


def _matrix(node: NirNode) -> NDArray[np.float64]:
    weight = node.numbers("weight")
    while weight.ndim > 2 and weight.shape[0] == 1:
        weight = weight[0]
    if weight.ndim != 2 or weight.size == 0:
        raise UnsupportedLayerError(
            f"{node.where}: weights of shape {weight.shape} are not one matrix; write one node for each matrix"
        )
    return weight


def _bias(node: NirNode, channels: int) -> NDArray[np.float64] | None:
    if "bias" not in node.fields:
        return None
    bias = node.numbers("bias").reshape(-1)
    if bias.size not in (1, channels):
        raise ContainerError(f"{node.where}: bias has {bias.size} values for {channels} outputs")
    return np.broadcast_to(bias, (channels,)).copy() if bias.any() else None


def _image(node: NirNode, given: Shape) -> Shape:
    """Say which image a convolution reads; its own ``input_shape`` counts where units come flat."""
    weight, axes = node.numbers("weight"), 3 if node.kind == "Conv1d" else 4
    if weight.ndim != axes or weight.size == 0:
        raise ContainerError(f"{node.where}: weight has shape {weight.shape}, expected {axes} axes")
    channels = weight.shape[1] * max(node.integer("groups"), 1)
    if len(given) == 3 and given[0] == channels:
        return given
    units = math.prod(given)
    if "input_shape" in node.fields:
        size = node.integers("input_shape")
        return plain_shape((channels, *((1,) if axes == 3 else ()), *size), node.where)
    if axes == 3 and units % channels == 0:
        return channels, 1, units // channels
    return _mismatch(node, (channels, 0, 0), given)


def _convolution(node: NirNode) -> ConvWeights:
    weight = node.numbers("weight")
    if node.kind == "Conv1d":
        weight = weight[:, :, None, :]
    stride, dilation = _pair(node, "stride", 1), _pair(node, "dilation", 1)
    groups = node.integer("groups")
    if groups < 1 or weight.shape[0] % groups:
        raise ContainerError(f"{node.where}: {groups} groups do not divide {weight.shape[0]} output channels")
    padding = node.fields["padding"]
    if isinstance(padding, str):
        if padding == "same" and stride != (1, 1):
            raise UnsupportedLayerError(
                f"{node.where}: padding 'same' needs a stride of 1; write the padding as numbers"
            )
        if padding not in ("same", "valid"):
            raise ContainerError(f"{node.where}: padding {padding!r} must be 'same', 'valid' or numbers")
        if padding == "same":
            return _same(weight, dilation, groups)
        return ConvWeights(weight, stride, (0, 0), dilation, groups)
    return ConvWeights(weight, stride, _pair(node, "padding", 0), dilation, groups)


def _same(weight: NDArray[np.float64], dilation: Pair, groups: int) -> ConvWeights:
    """Pad as PyTorch does for 'same': the odd step behind the image, here a zero tap in front of the kernel."""
    padding, steps = [0, 0], list(dilation)
    for axis in (0, 1):
        total = dilation[axis] * (weight.shape[2 + axis] - 1)
        if total % 2:
            shape = [*weight.shape]
            shape[2 + axis] = total + 2
            check_count(math.prod(shape))
            wide = np.zeros(shape)
            taps = [slice(None)] * 4
            taps[2 + axis] = slice(1, None, dilation[axis])
            wide[tuple(taps)] = weight
            weight, steps[axis], total = wide, 1, total + 1
        padding[axis] = total // 2
    return ConvWeights(weight, (1, 1), (padding[0], padding[1]), (steps[0], steps[1]), groups)


def _pool(node: NirNode) -> PoolWeights:
    kernel = _pair(node, "kernel_size", 1)
    weight = 1.0 if node.kind == "SumPool2d" else 1 / math.prod(kernel)
    return PoolWeights(np.full(kernel, weight), _pair(node, "stride", 1), _pair(node, "padding", 0))


def _pair(node: NirNode, key: str, lowest: int) -> Pair:
    values = node.integers(key)
    if node.kind == "Conv1d" and len(values) == 1:
        values = (lowest, values[0])
    elif len(values) == 1:
        values = (values[0], values[0])
    if len(values) != 2 or min(values) < lowest or max(values) > STEP_LIMIT:
        raise ContainerError(
            f"{node.where}: {key} {values} must be a number for each axis of the image, {lowest}..{STEP_LIMIT}"
        )
    return values[0], values[1]


def _mismatch(node: NirNode, shape: Shape, given: Shape) -> Shape:
    wanted = "x".join(str(axis) if axis else "?" for axis in shape)
    raise ContainerError(f"{node.where} reads {wanted} units, what leads to it makes {'x'.join(map(str, given))}")
