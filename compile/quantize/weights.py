"""Real weights that are integer weights, exactly."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from compile.quantize.on_grid import on_grid
from compile.synapses import ConvWeights, DenseWeights, OneToOne, Shape, SparseWeights, Weights
from hardware.chip import widths
from hardware.errors import NetworkError
from hardware.synapses.convolution import Convolution
from hardware.synapses.dense import Dense
from hardware.synapses.grid import SignMode, WeightGrid
from hardware.synapses.sparse import Sparse
from hardware.synapses.synapse import Synapse


@dataclass(frozen=True)
class WeightFormat:
    """How a connection stores its weights: as ``integer * 2^exponent``.

    Attributes
    ----------
    grid : WeightGrid
        Signs and bits.
    exponent : int
        Shared exponent -8..7.
    """

    grid: WeightGrid = WeightGrid()
    exponent: int = 0

    def holds(self, scaled: NDArray[np.float64]) -> bool:
        """Say whether every one of these integer-scaled weights can be stored as it is."""
        stored = np.ldexp(scaled, -self.exponent)
        grid = self.grid
        return bool(stored.min() >= grid.low and stored.max() <= grid.high and not np.any(stored % grid.step))


_SIGNS = (SignMode.MIXED, SignMode.EXCITATORY, SignMode.INHIBITORY)
FORMATS = tuple(
    WeightFormat(WeightGrid(sign), exponent)
    for exponent in (0, -1, *range(1, widths.WEIGHT_EXPONENT_MAX + 1))
    for sign in _SIGNS
    if exponent != -1 or sign is SignMode.MIXED
)
"""What exact weights may be stored as, the first that holds them all: SLAYER's own grid, even -256..254; odd
ones of one sign; odd ones of both signs as halves of even ones; multiples of 2, 4, ... 128 up to ±32768."""


def _wide_hook(scaled: NDArray[np.float64]) -> str:
    """Name the one of SLAYER's two hooks whose range is wider than the chip's, where it made these weights."""
    largest = float(np.abs(scaled).max())
    if widths.WEIGHT_LIMIT < largest <= 2 * widths.WEIGHT_LIMIT and not np.any(scaled % 2):
        return (
            ", as SLAYER's quantize_hook_fx leaves them (even, -512..510), of which a chip holds the multiples of "
            "4 beside weights over 256; quantize_8bit keeps to its range"
        )
    return ""


def synapse(
    weights: Weights, scale: float, source: Shape, target: Shape, name: str, into: str, wanted: WeightFormat | None
) -> Synapse:
    """Turn real weights into synapses that hold the same numbers.

    Parameters
    ----------
    weights : Weights
        Real numbers.
    scale : float
        The integer weight of a real weight of 1.
    source, target : tuple of int
        Shapes of the populations.
    name, into : str
        The edge and the layer that it leads into, for errors.
    wanted : WeightFormat or None
        How to store them; ``None`` for the first of ``FORMATS`` that holds them.

    Raises
    ------
    NetworkError
        Where a weight is off the grid, or a pass should have lowered this kind of weights.
    """
    scaled = weights.weights * scale
    held = wanted or next((form for form in FORMATS if form.holds(scaled)), FORMATS[0])
    grid, exponent = held.grid, held.exponent
    stored = on_grid(
        weights.weights,
        scale * 2.0**-exponent,
        grid.low,
        grid.high,
        grid.step,
        f"layer {into!r}",
        "weight",
        _wide_hook(scaled),
    ).astype(np.int16)
    if isinstance(weights, DenseWeights):
        return Dense(stored, exponent, grid, weights.delays)
    if isinstance(weights, OneToOne):
        return Sparse.diagonal(stored, grid, exponent)
    if isinstance(weights, SparseWeights):
        units = (int(np.prod(target)), int(np.prod(source)))
        return Sparse(stored, weights.target_of, weights.source_of, units, exponent, grid)
    if isinstance(weights, ConvWeights):
        channels, height, width = source
        rows = target[1:]
        return Convolution(
            stored,
            (channels, height, width),
            (target[0], rows[0], rows[1]),
            weights.stride,
            weights.padding,
            weights.dilation,
            weights.groups,
            weights.transposed,
            exponent,
            grid,
        )
    raise NetworkError(f"edge {name} has {weights.kind} weights; lower them before quantizing (lower-pooling)")
