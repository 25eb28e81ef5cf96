"""Synapses that share a kernel over an image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from hardware.errors import NetworkError
from hardware.synapses.grid import WeightGrid
from hardware.synapses.synapse import Synapse, check_exponent, stored

SUM_BITS = 24
"""A plain convolution keeps so many bits of a sum, sign included [``lava.proc.conv.models.PyConvModelFixed``]."""
Pair = tuple[int, int]
Shape = tuple[int, int, int]


@dataclass(frozen=True, eq=False)
class Convolution(Synapse):
    """A kernel that slides over an image, as ``lava.proc.conv.models.PyConvModelFixed``.

    What arrives at (channel o, row y, column x) is, over input channels i of the same group and kernel rows and
    columns (k, l)::

        plain       sum of weights[o, i, k, l] * s[i, y * stride - padding + k * dilation, ...]
        transposed  sum of weights[i, o, k, l] * s[i, r, ...] with y = r * stride - padding + k * dilation

    with the kernel as PyTorch's ``conv2d`` and ``conv_transpose2d`` write it (a correlation; Lava flips it).
    A plain convolution keeps the low 24 bits of the sum as a signed number before the exponent, as Lava's
    does; a transposed one sums 32-bit words, as the sparse synapses by which Lava runs it.

    Attributes
    ----------
    weights : int16 array, shape (out channels, in channels / groups, rows, columns)
        On ``grid``; transposed: (in channels, out channels / groups, rows, columns).
    source_shape, target_shape : (int, int, int)
        Channels, height and width of either image. Of a transposed convolution any height and width that the
        kernel can reach; of a plain one what the formula gives, or less.
    stride, padding, dilation : (int, int)
        Along rows and columns.
    groups : int
        Groups of channels that do not mix.
    transposed : bool
        The adjoint.
    exponent : int
        Shared exponent -8..7 of the summed input.
    grid : WeightGrid
        Signs and bits.
    """

    kind: ClassVar[str] = "convolution"

    weights: NDArray[np.int16]
    source_shape: Shape
    target_shape: Shape
    stride: Pair = (1, 1)
    padding: Pair = (0, 0)
    dilation: Pair = (1, 1)
    groups: int = 1
    transposed: bool = False
    exponent: int = 0
    grid: WeightGrid = WeightGrid()

    def __post_init__(self) -> None:
        """Check that kernel and images fit together, and freeze the kernel."""
        weights = stored(self.weights, "convolution", "an integer kernel of four axes", 4)
        check_exponent(self.exponent)
        for name, length, lowest in (
            ("source_shape", 3, 1),
            ("target_shape", 3, 1),
            ("stride", 2, 1),
            ("padding", 2, 0),
            ("dilation", 2, 1),
        ):
            value = tuple(getattr(self, name))
            if len(value) != length or any(type(part) is not int or part < lowest for part in value):
                raise NetworkError(f"convolution: {name} {value} must be {length} integers of at least {lowest}")
            object.__setattr__(self, name, value)
        inputs, outputs = self.source_shape[0], self.target_shape[0]
        if self.groups < 1 or inputs % self.groups or outputs % self.groups:
            raise NetworkError(
                f"convolution: {self.groups} groups do not divide {inputs} input and {outputs} output channels"
            )
        first, second = (inputs, outputs) if self.transposed else (outputs, inputs)
        if weights.shape[:2] != (first, second // self.groups):
            raise NetworkError(
                f"convolution: a kernel for {inputs} input and {outputs} output channels in {self.groups} groups "
                f"begins with {(first, second // self.groups)}, found {weights.shape[:2]}"
            )
        self._check_size(weights.shape[2:])
        object.__setattr__(self, "weights", weights)

    def _check_size(self, kernel: tuple[int, ...]) -> None:
        for axis, name in enumerate(("height", "width")):
            small, large = (shape[1 + axis] for shape in self._near_and_far())
            reach = self.dilation[axis] * (kernel[axis] - 1) + 1
            most = (large + 2 * self.padding[axis] - reach) // self.stride[axis] + 1
            if large + 2 * self.padding[axis] < reach or not 1 <= small <= most:
                raise NetworkError(
                    f"convolution: images {self.source_shape} and {self.target_shape} do not fit in {name}: "
                    f"a kernel of {kernel[axis]}, stride {self.stride[axis]}, padding {self.padding[axis]}, "
                    f"dilation {self.dilation[axis]} joins {large} to at most {most}, found {small}"
                )

    @property
    def targets(self) -> int:
        """Units that receive."""
        return int(np.prod(self.target_shape))

    @property
    def sources(self) -> int:
        """Units that send."""
        return int(np.prod(self.source_shape))

    def pairs(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """List every synapse.

        Returns
        -------
        target_of, source_of, weight_of : int64 arrays, shape (synapses,)
            Target unit, source unit and flat index into ``weights``, sorted by source, then target.
        """
        first, second, rows, columns = self.weights.shape
        near, far = self._near_and_far()
        a, b, k, m, y, x = np.indices((first, second, rows, columns, *near[1:]), sparse=True)
        row = y * self.stride[0] - self.padding[0] + k * self.dilation[0]
        column = x * self.stride[1] - self.padding[1] + m * self.dilation[1]
        inside = (row >= 0) & (row < far[1]) & (column >= 0) & (column < far[2])
        group = a // (first // self.groups)
        unit_near = (a * near[1] + y) * near[2] + x
        unit_far = ((group * second + b) * far[1] + row) * far[2] + column
        weight = ((a * second + b) * rows + k) * columns + m
        inside, unit_near, unit_far, weight = np.broadcast_arrays(inside, unit_near, unit_far, weight)
        unit_near, unit_far, weight_of = unit_near[inside], unit_far[inside], weight[inside]
        target_of, source_of = (unit_far, unit_near) if self.transposed else (unit_near, unit_far)
        order = np.lexsort((target_of, source_of))
        return target_of[order], source_of[order], weight_of[order]

    def _near_and_far(self) -> tuple[Shape, Shape]:
        """Return the image that the kernel steps over by its stride, and the one it slides on."""
        if self.transposed:
            return self.source_shape, self.target_shape
        return self.target_shape, self.source_shape

    def fan_out(self) -> NDArray[np.int64]:
        """Synapses of each source unit."""
        return self._fan(self.source_shape, of_source=True)

    def fan_in(self) -> NDArray[np.int64]:
        """Synapses of each target unit."""
        return self._fan(self.target_shape, of_source=False)

    def _fan(self, shape: Shape, *, of_source: bool) -> NDArray[np.int64]:
        """Count along rows and columns apart; their product counts the pairs of the image."""
        per_axis = []
        for axis in (0, 1):
            small, large = (shape[1 + axis] for shape in self._near_and_far())
            taps = np.arange(self.weights.shape[2 + axis]) * self.dilation[axis] - self.padding[axis]
            near = np.arange(small)[:, None] * self.stride[axis] + taps
            inside = (near >= 0) & (near < large)
            wanted_large = of_source is not self.transposed
            per_axis.append(np.bincount(near[inside], minlength=large) if wanted_large else inside.sum(axis=1))
        other = self.target_shape[0] if of_source else self.source_shape[0]
        image = np.outer(*per_axis).ravel() * (other // self.groups)
        return np.tile(image, shape[0]).astype(np.int64)

    def accumulator_bound(self) -> int:
        """Largest magnitude that plain spikes can sum to at one target."""
        kernel = np.abs(self.weights.astype(np.int64))
        if self.transposed:
            grouped = kernel.reshape(self.groups, -1, *kernel.shape[1:])
            bound = int(grouped.sum(axis=(1, 3, 4)).max())
        else:
            bound = int(kernel.sum(axis=(1, 2, 3)).max())
        return bound << max(self.exponent, 0)

    def matrix(self) -> NDArray[np.int16]:
        """Return all weights as a matrix."""
        full = np.zeros((self.targets, self.sources), np.int16)
        target_of, source_of, weight_of = self.pairs()
        full[target_of, source_of] = self.weights.ravel()[weight_of]
        return full
