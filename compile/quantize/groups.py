"""Units that share a scale, and the weights that lead to them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from compile.graph import Edge, Graph
from compile.nodes import Population
from compile.quantize.scheme import Per
from compile.synapses import ConvWeights, DenseWeights, OneToOne, SparseWeights, Weights
from hardware.errors import NetworkError


@dataclass(frozen=True, eq=False)
class Grouping:
    """Groups of a population's units.

    Attributes
    ----------
    of_unit : int64 array, shape (units,)
        The group of each unit, from 0.
    count : int
        Number of groups.
    """

    of_unit: NDArray[np.int64]
    count: int

    def largest(self, of_each: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the largest magnitude in each group of one value for each unit, shape (count,)."""
        most = np.zeros(self.count)
        np.maximum.at(most, self.of_unit, np.abs(of_each))
        return most


def group(graph: Graph, population: Population, per: Per) -> Grouping:
    """Group the units of a population; those that share a kernel always stay together."""
    units = population.units
    if per is Per.LAYER:
        return Grouping(np.zeros(units, np.int64), 1)
    if any(isinstance(edge.weights, ConvWeights) for edge in graph.into(population.name)):
        channels = population.shape[0]
        return Grouping(np.repeat(np.arange(channels), units // channels), channels)
    return Grouping(np.arange(units), units)


def group_of_weights(edge: Edge, weights: Weights, target: Population, grouping: Grouping) -> NDArray[np.int64]:
    """Return the group of the unit that each weight leads to, in the shape of the weights.

    Raises
    ------
    NetworkError
        Where a pass should have lowered this kind of weights.
    """
    of_unit, shape = grouping.of_unit, weights.weights.shape
    if isinstance(weights, DenseWeights):
        return np.broadcast_to(of_unit[:, np.newaxis], shape)
    if isinstance(weights, OneToOne):
        return of_unit
    if isinstance(weights, SparseWeights):
        return of_unit[weights.target_of]
    if isinstance(weights, ConvWeights):
        of_channel = of_unit[:: math.prod(target.shape[1:])]
        channel = np.arange(shape[0])[:, np.newaxis]
        if weights.transposed:
            channel = channel // (shape[0] // weights.groups) * shape[1] + np.arange(shape[1])
        return np.broadcast_to(of_channel[channel][..., np.newaxis, np.newaxis], shape)
    raise NetworkError(f"edge {edge.name} has {weights.kind} weights; lower them before quantizing")
