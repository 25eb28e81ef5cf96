"""How far weights may be stretched until they fill their grid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from compile.graph import Edge
from compile.quantize.scheme import Method, Scheme
from compile.synapses import DenseWeights, OneToOne, Weights
from hardware.chip import widths
from hardware.synapses.grid import WeightGrid

RATIOS = 0.97 ** np.arange(48)
"""Parts of the largest weight that ``Method.MSE`` tries as the end of the grid, down to about a quarter."""


@dataclass(frozen=True, eq=False)
class Reading:
    """The weights of one edge, at the scale of integer weights.

    Attributes
    ----------
    edge : Edge
        The edge.
    weights : Weights
        Its weights.
    scale : float
        The integer weight of a real weight of 1, before any exponent.
    grid : WeightGrid
        Where they are to go.
    groups : int64 array, in the shape of the weights
        Group of the unit that each leads to.
    count : int
        Number of groups.
    """

    edge: Edge
    weights: Weights
    scale: float
    grid: WeightGrid
    groups: NDArray[np.int64]
    count: int

    @property
    def is_wiring(self) -> bool:
        """Whether it is structure, not trained: one to one, or one number for all listed or shared synapses."""
        values = self.weights.weights
        same = bool(values.min() == values.max())
        return isinstance(self.weights, OneToOne) or (same and not isinstance(self.weights, DenseWeights))

    @property
    def scaled(self) -> NDArray[np.float64]:
        """The weights times ``scale``."""
        return self.weights.weights * self.scale

    def stored(self, factors: NDArray[np.float64], exponent: int) -> NDArray[np.float64]:
        """Return the grid's nearest integers to the weights times ``factor / 2^exponent`` of their group."""
        grid, stretched = self.grid, self.stretched(factors, exponent)
        nearest: NDArray[np.float64] = np.clip(np.rint(stretched / grid.step) * grid.step, grid.low, grid.high)
        return nearest

    def stretched(self, factors: NDArray[np.float64], exponent: int) -> NDArray[np.float64]:
        """Return the weights times ``factor / 2^exponent`` of their group, not rounded."""
        return np.ldexp(self.scaled * factors[self.groups], -exponent)

    def clipped(self, factors: NDArray[np.float64], exponent: int) -> int:
        """Count the weights that lie beyond the grid's ends by more than rounding."""
        step, stretched = self.grid.step, self.stretched(factors, exponent)
        steps = np.rint(stretched / step) * step
        return int(np.count_nonzero((steps < self.grid.low) | (steps > self.grid.high)))

    def error(self, factors: NDArray[np.float64], exponent: int) -> NDArray[np.float64]:
        """Return the squared error of each weight, in the unit of the real weights."""
        real = np.ldexp(self.stored(factors, exponent), exponent) / (self.scale * factors[self.groups])
        squared: NDArray[np.float64] = (real - self.weights.weights) ** 2
        return squared

    def lossless(self, factors: NDArray[np.float64], exponent: int) -> NDArray[np.bool_]:
        """Say for each group whether its weights are kept exactly, shape (count,)."""
        whole = np.ones(self.count, bool)
        kept = self.stored(factors, exponent) == self.stretched(factors, exponent)
        np.logical_and.at(whole, self.groups, kept)
        return whole


def fit(reading: Reading, scheme: Scheme) -> NDArray[np.float64]:
    """Return the factor by which each group's weights fill the grid at exponent 0, shape (count,).

    Infinite where a group has no weight that can be kept.
    """
    largest = _fill(reading, np.full(reading.count, np.inf))
    if scheme.method is Method.PERCENTILE:
        return _fill(reading, _percentile(reading, scheme.percentile))
    if scheme.method is Method.MSE:
        return _least_error(reading, largest)
    return largest


def exponent(factors: NDArray[np.float64], fits: NDArray[np.float64], lowest: int = 0) -> int:
    """Return the least exponent with which no factor is larger than its fit."""
    over = float(np.max(np.where(np.isfinite(fits), factors / fits, 0.0), initial=0.0))
    if over == 0:
        return max(lowest, 0)
    return int(np.clip(np.ceil(np.log2(over) - 1e-9), lowest, widths.WEIGHT_EXPONENT_MAX))


def _fill(reading: Reading, ends: NDArray[np.float64]) -> NDArray[np.float64]:
    """Factors that bring the largest weight of either sign, or ``ends`` if that is less, to the grid's end."""
    fits = np.full(reading.count, np.inf)
    for sign, end in ((1, reading.grid.high), (-1, -reading.grid.low)):
        most = np.zeros(reading.count)
        np.maximum.at(most, reading.groups, sign * reading.scaled)
        most = np.minimum(most, ends)
        if end > 0:
            np.minimum(fits, np.divide(end, most, out=np.full_like(most, np.inf), where=most > 0), out=fits)
    return fits


def _percentile(reading: Reading, percentile: float) -> NDArray[np.float64]:
    """Percentile of the magnitudes that are not 0, in each group."""
    magnitudes, groups = np.abs(reading.scaled).ravel(), reading.groups.ravel()
    order = np.argsort(groups, kind="stable")
    bounds = np.searchsorted(groups[order], np.arange(reading.count + 1))
    ends = np.full(reading.count, np.inf)
    for number in range(reading.count):
        part = magnitudes[order[bounds[number] : bounds[number + 1]]]
        if part.any():
            ends[number] = np.percentile(part[part > 0], percentile)
    return ends


def _least_error(reading: Reading, largest: NDArray[np.float64]) -> NDArray[np.float64]:
    best = np.where(np.isfinite(largest), largest, 1.0)
    least = np.full(reading.count, np.inf)
    start = best.copy()
    for ratio in RATIOS:
        lost = reading.error(start / ratio, 0)
        errors = np.bincount(reading.groups.ravel(), lost.ravel(), reading.count)
        better = errors < least
        best, least = np.where(better, start / ratio, best), np.where(better, errors, least)
    return np.where(np.isfinite(largest), best, largest)
