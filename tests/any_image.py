"""Convolutions of every geometry: a table of strides, paddings, dilations and kernels, and a strategy."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from hardware.synapses.convolution import Convolution
from hardware.synapses.grid import WeightGrid

Shape = tuple[int, int, int]
Axis = tuple[int, int, int, int]
"""Stride, padding, dilation and taps along rows or columns."""
MOST_PAIRS = 30_000
"""Pairs of units of two images, so that the specification stays quick."""
AXES: list[Axis] = list(product((1, 2, 3), (0, 1, 2, 3), (1, 2, 3), (1, 2, 3, 4, 5)))
"""Every stride, padding, dilation and number of taps of a short kernel."""


def kernel_of(shape: tuple[int, ...], seed: int, *, low: int = -128, high: int = 127) -> NDArray[np.int16]:
    """Draw even weights; those of a small kernel hardly repeat, so that taps that change places show."""
    return (np.random.default_rng(seed).integers(low, high + 1, shape) * 2).astype(np.int16)


def reach(length: int, axis: Axis) -> int:
    """Return how many positions a kernel takes along an axis of ``length``, 0 where it does not fit."""
    stride, padding, dilation, taps = axis
    return max(0, (length + 2 * padding - dilation * (taps - 1) - 1) // stride + 1)


def convolution(
    channels: tuple[int, int],
    size: tuple[int, int],
    rows: Axis,
    columns: Axis,
    *,
    groups: int = 1,
    transposed: bool = False,
    seed: int = 0,
    less: tuple[int, int] = (0, 0),
    exponent: int = 0,
    weights: NDArray[np.int16] | None = None,
    grid: WeightGrid = WeightGrid(),
) -> Convolution:
    """Make a convolution on an image of ``size``, or transposed onto one.

    The smaller image is what the formula gives, but for ``less`` rows and columns.
    """
    small = tuple(max(1, reach(n, axis) - cut) for n, axis, cut in zip(size, (rows, columns), less, strict=True))
    near, far = (channels[0], *small), (channels[1], *size)
    first, second = channels if transposed else channels[::-1]
    source, target = (near, far) if transposed else ((channels[0], *size), (channels[1], *small))
    shape = (first, second // groups, rows[3], columns[3])
    return Convolution(
        kernel_of(shape, seed) if weights is None else weights.reshape(shape),
        source,
        target,
        *((rows[part], columns[part]) for part in range(3)),
        groups,
        transposed,
        exponent,
        grid,
    )


@st.composite
def convolutions(draw: st.DrawFn) -> Convolution:
    """Any convolution between two images small enough for the specification."""
    axes, size = [], []
    for _ in range(2):
        length, axis = draw(st.integers(1, 7)), draw(st.sampled_from(AXES))
        while reach(length, axis) < 1:
            length += 1
        axes.append(axis)
        size.append(length)
    positions = math.prod(size) * reach(size[0], axes[0]) * reach(size[1], axes[1])
    per_group = math.isqrt(max(1, MOST_PAIRS // positions))
    groups = draw(st.sampled_from([count for count in (1, 2, 3, 8) if count <= per_group]))
    counts = st.sampled_from([1, 2, 3, 4, 5, 6, 7, 8, 9, 24]).map(lambda count: min(count, per_group // groups))
    return convolution(
        (groups * draw(counts), groups * draw(counts)),
        (size[0], size[1]),
        axes[0],
        axes[1],
        groups=groups,
        transposed=draw(st.booleans()),
        seed=draw(st.integers(0, 99)),
        less=(draw(st.sampled_from([0, 0, 1])), draw(st.sampled_from([0, 0, 2]))),
        exponent=draw(st.integers(-8, 7)),
    )
