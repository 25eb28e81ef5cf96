"""One factor for the weights, threshold and bias of units that share it.

A spiking unit fires the same when its input, threshold and bias grow by the same factor. So each group of units
takes the factor with which its weights fill their grid, and a power-of-two exponent for each connection evens
out connections of different size. A factor of 1 or a power of two that loses nothing comes first. Wiring
(``Reading.is_wiring``) keeps 8 bits and its own sign.

================================================== ==========================================
population                                         factors
================================================== ==========================================
CUBA and RF that send plain spikes                 one for each group of units
ALIF, adaptive RF (their step is shared)           one for the layer
CUBA that sends voltages which no layer reads      one for the layer, a power of two
all others, whose messages carry their scale       1; the connections' exponents alone
================================================== ==========================================
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from compile.graph import Graph
from compile.neurons import AlifModel, CubaModel, ResonatorModel
from compile.nodes import Population
from compile.quantize.fit import Reading, exponent, fit
from compile.quantize.groups import Grouping, group, group_of_weights
from compile.quantize.messages import message_worth, weight_scale
from compile.quantize.rounding import lossless, room
from compile.quantize.scheme import Per, Scheme
from compile.synapses import ConvWeights
from hardware.chip import widths
from hardware.errors import NetworkError

HEADROOM = 8
"""Thresholds and biases are stretched to an eighth of their range, so that voltages have room above them."""


class Freedom(Enum):
    """What factors a population may take."""

    GROUPS = "one for each group"
    LAYER = "one"
    POWER = "a power of two"
    NONE = "1"


@dataclass(frozen=True, eq=False)
class Scales:
    """The decision about one population.

    Attributes
    ----------
    freedom : Freedom
        What it could choose from.
    grouping : Grouping
        Which units share a factor.
    factors : float64 array, shape (groups,)
        The factors.
    readings : tuple of Reading
        Its incoming edges.
    exponents : tuple of int
        Of each reading.
    """

    freedom: Freedom
    grouping: Grouping
    factors: NDArray[np.float64]
    readings: tuple[Reading, ...]
    exponents: tuple[int, ...]


def freedom(graph: Graph, population: Population) -> Freedom:
    """Say what factors a population may take."""
    model = population.model
    if isinstance(model, CubaModel) and model.sends_graded:
        return Freedom.NONE if graph.out_of(population.name) else Freedom.POWER
    if not isinstance(model, CubaModel | AlifModel | ResonatorModel) or model.sends_graded:
        return Freedom.NONE
    shared = isinstance(model, AlifModel) or getattr(model, "threshold_step", None) is not None
    return Freedom.LAYER if shared else Freedom.GROUPS


def choose(
    graph: Graph, population: Population, scheme: Scheme, halvings: int = 0, heard: Mapping[str, int] | None = None
) -> Scales:
    """Choose factors and exponents.

    Parameters
    ----------
    graph : Graph
        The model.
    population : Population
        One of it.
    scheme : Scheme
        Options.
    halvings : int
        How often to halve the factors, to keep voltages in range.
    heard : mapping of str to int, optional
        Largest message of each population, as integers; a real 1 is assumed without it.
    """
    free = freedom(graph, population)
    grouping = group(graph, population, scheme.per if free is Freedom.GROUPS else Per.LAYER)
    readings = tuple(_readings(graph, population, scheme, grouping))
    fits = [fit(reading, scheme) for reading in readings]
    ones = np.ones(grouping.count)
    if free is Freedom.NONE:
        exponents = tuple(
            exponent(ones, fits_, _finest(graph, population, reading, heard))
            for reading, fits_ in zip(readings, fits, strict=True)
        )
        return Scales(free, grouping, ones, readings, tuple(map(_exact_instead, readings, exponents)))
    inputs = sum(_largest_input(graph, population, reading) for reading in readings)
    limits = _limits(population, grouping, np.asarray(inputs))
    tries = [np.minimum(each, limits) * 0.5**halvings for each in _stretches(grouping, fits)]
    powers = [2.0 ** np.floor(np.log2(each)) for each in tries]
    whole = [_lossless(population, grouping, readings, fits, each) for each in powers]
    factors = np.where(whole[0], powers[0], powers[0] if free is Freedom.POWER else tries[0])
    factors = next((power for power, kept in zip(powers, whole, strict=True) if kept.all()), factors)
    if halvings == 0 and _lossless(population, grouping, readings, fits, ones).all():
        factors = ones
    return Scales(free, grouping, factors, readings, _exponents(fits, factors))


def _readings(graph: Graph, population: Population, scheme: Scheme, grouping: Grouping) -> list[Reading]:
    readings = []
    for edge in graph.into(population.name):
        if edge.weights is None:
            raise NetworkError(f"edge {edge.name} has no weights to quantize")
        grid = scheme.grid(edge.weights.weights, population.name)
        groups = group_of_weights(edge, edge.weights, population, grouping)
        reading = Reading(edge, edge.weights, weight_scale(graph, edge)[0], grid, groups, grouping.count)
        if reading.is_wiring:
            grid = Scheme(sign=None).grid(edge.weights.weights, population.name)
            reading = dataclasses.replace(reading, grid=grid)
        readings.append(reading)
    return readings


def _stretches(grouping: Grouping, fits: list[NDArray[np.float64]]) -> list[NDArray[np.float64]]:
    """Let the connection of the smallest weights fill its grid, the others by exponents; then by smaller ones.

    Returns
    -------
    list of float64 array, shape (groups,)
        Factors, the largest first.
    """
    tightest = [each for each in fits if np.isfinite(each.min())]
    if not tightest:
        return [np.ones(grouping.count)]
    widest = max(float(each.min()) for each in tightest)
    over = [np.ceil(np.log2(widest / each.min()) - 1e-9) for each in tightest]
    exponents = np.clip(over, 0, widths.WEIGHT_EXPONENT_MAX)
    stretches = []
    for less in range(int(exponents.max()) + 1):
        factors = np.min(
            [fit * 2.0 ** max(e - less, 0) for fit, e in zip(tightest, exponents, strict=True)], axis=0
        )
        stretches.append(np.where(np.isfinite(factors), factors, factors.min()))
    return stretches


def _limits(population: Population, grouping: Grouping, inputs: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the factor with which each group's parameters and sums still fit, shape (groups,)."""
    limits = np.full(grouping.count, np.inf)
    np.minimum.at(limits, grouping.of_unit, room(population.model, population.units))
    limits = np.where(limits >= HEADROOM, limits / HEADROOM, np.minimum(limits, 1.0))
    accumulators = np.full(grouping.count, np.inf)
    sums = grouping.largest(inputs)
    np.divide(widths.ACCUMULATOR_LIMIT / 2, sums, out=accumulators, where=sums > 0)
    smallest: NDArray[np.float64] = np.minimum(limits, accumulators)
    return smallest


def _exponents(fits: list[NDArray[np.float64]], factors: NDArray[np.float64]) -> tuple[int, ...]:
    return tuple(exponent(factors, each) for each in fits)


def _lossless(
    population: Population,
    grouping: Grouping,
    readings: tuple[Reading, ...],
    fits: list[NDArray[np.float64]],
    factors: NDArray[np.float64],
) -> NDArray[np.bool_]:
    whole = np.ones(grouping.count, bool)
    np.logical_and.at(whole, grouping.of_unit, lossless(population.model, factors[grouping.of_unit]))
    for reading, each in zip(readings, _exponents(fits, factors), strict=True):
        whole &= reading.lossless(factors, each)
    return whole


def _exact_instead(reading: Reading, chosen: int) -> int:
    """Return the least exponent of 0 or more that keeps the weights exactly, else the chosen one."""
    ones = np.ones(reading.count)
    exact = (each for each in range(widths.WEIGHT_EXPONENT_MAX + 1) if reading.lossless(ones, each).all())
    return next(exact, chosen)


def _largest_input(graph: Graph, population: Population, reading: Reading) -> NDArray[np.float64]:
    """Return the sum of the magnitudes of the weights into each unit, or a little more, shape (units,)."""
    each = group(graph, population, Per.CHANNEL)
    groups = group_of_weights(reading.edge, reading.weights, population, each)
    sums = np.bincount(groups.ravel(), np.abs(reading.scaled).ravel(), each.count)
    return np.asarray(sums[each.of_unit], np.float64)


def _finest(graph: Graph, population: Population, reading: Reading, heard: Mapping[str, int] | None) -> int:
    """Return the least exponent with which the sum of one step stays in its word, at most 0.

    A plain convolution keeps 24 bits of the sum, everything else 32.
    """
    weights, source = reading.weights, reading.edge.source
    one = 1.0 / message_worth(graph, source)
    loudest = one if heard is None else max(2.0 * heard[source], 1.0)
    sums = _largest_input(graph, population, reading)
    narrow = isinstance(weights, ConvWeights) and not weights.transposed
    limit = widths.STATE_LIMIT if narrow else 1 << 31
    if not sums.any():
        return 0
    return int(np.clip(np.ceil(np.log2(sums.max() * loudest / limit)), widths.WEIGHT_EXPONENT_MIN, 0))
