"""Weights in real numbers, one class for each way in which a layer may read another.

Units are counted row-major: an image as (channels, height, width). ``hardware.synapses`` has the integer
counterparts; pooling and unpooling are lowered to convolutions before that.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from hardware.chip import widths
from hardware.errors import NetworkError
from hardware.spikes import frozen

Pair = tuple[int, int]
Shape = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Weights(ABC):
    """Base of the ways to read: ``weights`` is a float64 array of finite numbers, frozen.

    Attributes
    ----------
    weights : float64 array
        In the shape that the subclass names.
    """

    kind: ClassVar[str]
    axes: ClassVar[int]

    weights: NDArray[np.float64]

    def __post_init__(self) -> None:
        """Check the weights, and freeze them."""
        weights = np.asarray(self.weights, dtype=np.float64)
        if weights.ndim != self.axes or weights.size == 0:
            raise NetworkError(f"{self.kind} weights must have {self.axes} axes, found shape {weights.shape}")
        if bad := int(weights.size - np.isfinite(weights).sum()):
            raise NetworkError(f"{bad} of {weights.size} weights are not finite numbers")
        object.__setattr__(self, "weights", frozen(weights))

    @abstractmethod
    def problem(self, source: Shape, target: Shape) -> str:
        """Say why it cannot join populations of these shapes; empty where it can."""


@dataclass(frozen=True, eq=False)
class DenseWeights(Weights):
    """All to all.

    Attributes
    ----------
    weights : float64 array, shape (targets, sources)
        Weights.
    delays : uint8 array, shape (targets, sources), or None
        Further steps 0..63 that a message takes.
    """

    kind: ClassVar[str] = "dense"
    axes: ClassVar[int] = 2

    delays: NDArray[np.uint8] | None = None

    def __post_init__(self) -> None:
        """Check weights and delays, and freeze them."""
        super().__post_init__()
        if self.delays is None:
            return
        delays = np.asarray(self.delays)
        if delays.dtype.kind not in "iu" or delays.shape != self.weights.shape:
            raise NetworkError(f"delays must be integers of the weights' shape {self.weights.shape}")
        if delays.min() < 0 or delays.max() > widths.DELAY_MAX:
            raise NetworkError(f"delays {delays.min()}..{delays.max()} must lie in 0..{widths.DELAY_MAX}")
        object.__setattr__(self, "delays", frozen(delays.astype(np.uint8)) if delays.any() else None)

    def problem(self, source: Shape, target: Shape) -> str:
        """Compare the numbers of units."""
        expected = (math.prod(target), math.prod(source))
        return (
            ""
            if self.weights.shape == expected
            else f"weights have shape {self.weights.shape}, expected {expected}"
        )


@dataclass(frozen=True, eq=False)
class OneToOne(Weights):
    """Each unit to its counterpart.

    Attributes
    ----------
    weights : float64 array, shape (units,)
        Weights.
    """

    kind: ClassVar[str] = "one-to-one"
    axes: ClassVar[int] = 1

    def problem(self, source: Shape, target: Shape) -> str:
        """Compare the numbers of units."""
        units = {math.prod(source), math.prod(target), self.weights.size}
        return "" if len(units) == 1 else f"one-to-one weights for {sorted(units)} units; all must be equal"


@dataclass(frozen=True, eq=False)
class SparseWeights(Weights):
    """Listed synapses, sorted by source, then target.

    Attributes
    ----------
    weights : float64 array, shape (synapses,)
        Weights.
    target_of, source_of : int32 array, shape (synapses,)
        The units that each synapse joins.
    """

    kind: ClassVar[str] = "sparse"
    axes: ClassVar[int] = 1

    target_of: NDArray[np.int32]
    source_of: NDArray[np.int32]

    def __post_init__(self) -> None:
        """Check weights and indices, and freeze them."""
        super().__post_init__()
        for name in ("target_of", "source_of"):
            index = np.asarray(getattr(self, name))
            if index.dtype.kind not in "iu" or index.shape != self.weights.shape or index.min() < 0:
                raise NetworkError(f"{name} must be an index for each of {self.weights.size} synapses")
            object.__setattr__(self, name, frozen(index.astype(np.int32)))

    def problem(self, source: Shape, target: Shape) -> str:
        """Compare the largest indices with the numbers of units."""
        sources, targets = math.prod(source), math.prod(target)
        if self.source_of.max() >= sources or self.target_of.max() >= targets:
            ends = f"{self.source_of.max()} of {sources} to {self.target_of.max()} of {targets}"
            return f"synapses lead from unit {ends}"
        return ""


@dataclass(frozen=True, eq=False)
class ConvWeights(Weights):
    """A kernel that slides over an image, as PyTorch's ``conv2d``, or ``conv_transpose2d`` where ``transposed``.

    Attributes
    ----------
    weights : float64 array, shape (out channels, in channels / groups, rows, columns)
        Kernel; transposed: (in channels, out channels / groups, rows, columns).
    stride, padding, dilation : (int, int)
        Along rows and columns.
    groups : int
        Groups of channels that do not mix.
    transposed : bool
        The adjoint.
    """

    kind: ClassVar[str] = "conv"
    axes: ClassVar[int] = 4

    stride: Pair = (1, 1)
    padding: Pair = (0, 0)
    dilation: Pair = (1, 1)
    groups: int = 1
    transposed: bool = False

    def problem(self, source: Shape, target: Shape) -> str:
        """Compare channels and image sizes."""
        if len(source) != 3 or len(target) != 3:
            return f"a convolution joins images (channels, height, width), found shapes {source} and {target}"
        outputs, inputs = (1, 0) if self.transposed else (0, 1)
        channels = [self.weights.shape[0], self.weights.shape[1]]
        channels[1] *= self.groups
        if channels[inputs] != source[0] or channels[outputs] != target[0]:
            return (
                f"the kernel joins {channels[inputs]} to {channels[outputs]} channels, "
                f"the images have {source[0]} and {target[0]}"
            )
        expected = self.reaches(source)[1:]
        if expected != target[1:]:
            return f"from an image of {source[1]}x{source[2]} the kernel makes {expected}, found {target[1:]}"
        return ""

    def reaches(self, source: Shape) -> tuple[int, int, int]:
        """Return the shape of the image that it makes of one of shape ``source``."""
        channels = self.weights.shape[1] * self.groups if self.transposed else self.weights.shape[0]
        size = []
        for axis in (0, 1):
            reach = self.dilation[axis] * (self.weights.shape[2 + axis] - 1) + 1
            length, stride, padding = source[1 + axis], self.stride[axis], self.padding[axis]
            if self.transposed:
                size.append((length - 1) * stride - 2 * padding + reach)
            else:
                size.append((length + 2 * padding - reach) // stride + 1)
        return channels, size[0], size[1]


@dataclass(frozen=True, eq=False)
class PoolWeights(Weights):
    """SLAYER's pooling: every channel on its own, summed with the same kernel; ``unpool`` is its adjoint.

    Attributes
    ----------
    weights : float64 array, shape (rows, columns)
        The kernel that all channels share.
    stride, padding, dilation : (int, int)
        Along rows and columns.
    unpool : bool
        Spread each unit over the kernel instead of summing.
    """

    kind: ClassVar[str] = "pool"
    axes: ClassVar[int] = 2

    stride: Pair = (1, 1)
    padding: Pair = (0, 0)
    dilation: Pair = (1, 1)
    unpool: bool = False

    def problem(self, source: Shape, target: Shape) -> str:
        """Compare channels; sizes are checked once it is a convolution."""
        if len(source) != 3 or len(target) != 3:
            return f"pooling joins images (channels, height, width), found shapes {source} and {target}"
        return "" if source[0] == target[0] else f"pooling keeps the channels, found {source[0]} and {target[0]}"


WEIGHTS: dict[str, type[Weights]] = {
    kind.kind: kind for kind in (DenseWeights, OneToOne, SparseWeights, ConvWeights, PoolWeights)
}
"""Every way to read, by its word in the graph's text."""
