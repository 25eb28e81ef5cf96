"""A Program laid out flat for the kernels."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hardware.backend import CONNECTION_PROBES, LAYER_PROBES
from hardware.chip import LEARNING_FRACTION_BITS
from hardware.emulator.streams import trace_factor
from hardware.fixed import align
from hardware.learning import LearningRule
from hardware.network import INPUT, Network

# Columns of the layer table.
FIRST, UNITS, CURRENT_DECAY, VOLTAGE_DECAY, THRESHOLD, TAUGHT, MARGIN, SHIFT, REST = range(9)
# Columns of the connection table; SOURCE and TARGET are first units, TRACE the first trace or -1 if fixed;
# learned weights stay in LOWEST..HIGHEST.
SOURCE, SOURCES, TARGET, TARGETS, WEIGHT, EXPONENT, TRACE, LOWEST, HIGHEST = range(9)
# Columns of the rule table, one row a connection.
EPOCH, X1_IMPULSE, X2_IMPULSE, FIRST_PRODUCT, PRODUCTS, NEEDS_Y1 = range(6)
# Columns of the product table; the last four count how often each factor occurs.
MANTISSA, RIGHT, LEFT, ON_X0, DECIMATION, N_X1, N_X2, N_Y1, N_W = range(9)


class Image(NamedTuple):
    """Tables that a kernel reads; units are numbered input first, then layer by layer.

    Attributes
    ----------
    layers, connections, rules, products : int64 array, shape (rows, columns)
        See the column names of this module.
    factors : float64 array, shape (connections, 2)
        Decay factors of the traces x1 and x2.
    bias : int32 array, shape (units,)
        Effective bias; 0 for the input.
    """

    layers: NDArray[np.int64]
    connections: NDArray[np.int64]
    rules: NDArray[np.int64]
    products: NDArray[np.int64]
    factors: NDArray[np.float64]
    bias: NDArray[np.int32]

    @property
    def units(self) -> int:
        """Units of all populations, input included."""
        return len(self.bias)

    @property
    def traces(self) -> int:
        """Presynaptic units of all plastic connections."""
        rows = self.connections
        return int(rows[rows[:, TRACE] >= 0, SOURCES].sum())


class Slots(NamedTuple):
    """Where the kernel's flat arrays hold each named thing.

    Attributes
    ----------
    populations : dict of str to slice
        Units of a population.
    weights : dict of str to (slice, (sources, targets))
        Weights of a connection, stored source by source.
    traces : dict of str to slice
        Traces of a plastic connection.
    """

    populations: dict[str, slice]
    weights: dict[str, tuple[slice, tuple[int, int]]]
    traces: dict[str, slice]


def lay_out(network: Network) -> tuple[Image, Slots]:
    """Give units, weights and traces of a network their numbers and fill the tables."""
    populations, start = {INPUT: slice(0, network.inputs)}, network.inputs
    for layer in network.layers:
        populations[layer.name] = slice(start, start + layer.units)
        start += layer.units
    layers = [
        (
            populations[layer.name].start,
            layer.units,
            layer.neuron.current_decay,
            layer.neuron.voltage_decay,
            align(layer.neuron.threshold),
            layer.teacher is not None,
            layer.teacher.margin if layer.teacher else 0,
            layer.teacher.shift if layer.teacher else 0,
            layer.teacher.rest if layer.teacher else 0,
        )
        for layer in network.layers
    ]
    connections: list[tuple[int, ...]] = []
    rules: list[tuple[int, ...]] = []
    products: list[tuple[int, ...]] = []
    factors: list[tuple[float, float]] = []
    weights: dict[str, tuple[slice, tuple[int, int]]] = {}
    traces: dict[str, slice] = {}
    weight = trace = 0
    for c in network.connections:
        synapse, source, target = c.synapse, populations[c.source], populations[c.target]
        connections.append(
            (
                source.start,
                synapse.sources,
                target.start,
                synapse.targets,
                weight,
                synapse.exponent,
                -1 if c.rule is None else trace,
                *synapse.grid.learned_range,
            )
        )
        rules.append(_rule_row(c.rule, len(products)))
        factors.append(
            (0.0, 0.0) if c.rule is None else (trace_factor(c.rule.x1_tau), trace_factor(c.rule.x2_tau))
        )
        if c.rule is not None:
            products += _product_rows(c.rule)
            traces[c.name] = slice(trace, trace + synapse.sources)
            trace += synapse.sources
        size = synapse.weights.size
        weights[c.name] = (slice(weight, weight + size), (synapse.sources, synapse.targets))
        weight += size
    bias = np.zeros(start, np.int32)
    for layer in network.layers:
        bias[populations[layer.name]] = layer.neuron.bias
    image = Image(
        layers=np.array(layers, np.int64),
        connections=np.array(connections, np.int64),
        rules=np.array(rules, np.int64),
        products=np.array(products, np.int64).reshape(-1, 9),
        factors=np.array(factors, np.float64),
        bias=bias,
    )
    return image, Slots(populations, weights, traces)


def _rule_row(rule: LearningRule | None, first_product: int) -> tuple[int, ...]:
    if rule is None:
        return (0, 0, 0, first_product, 0, 0)
    needs_y1 = all("y1" in product.factors for product in rule.products)
    return (rule.epoch, rule.x1_impulse, rule.x2_impulse, first_product, len(rule.products), needs_y1)


def _product_rows(rule: LearningRule) -> list[tuple[int, ...]]:
    return [
        (
            product.mantissa,
            product.shift,
            product.exponent + LEARNING_FRACTION_BITS,
            product.dependency == "x0",
            product.decimation,
            *(product.factors.count(factor) for factor in ("x1", "x2", "y1", "w")),
        )
        for product in rule.products
    ]


class Recorders(NamedTuple):
    """Arrays that a kernel fills step by step; of length 0 where nothing asked for them.

    Attributes
    ----------
    u, v, m, y1 : int32 array, shape (samples, steps, units)
        States of layers.
    x1, x2 : int32 array, shape (samples, steps, traces)
        Traces of plastic connections.
    weights : int32 array, shape (samples, steps, weights)
        Weights of all connections.
    """

    u: NDArray[np.int32]
    v: NDArray[np.int32]
    m: NDArray[np.int32]
    y1: NDArray[np.int32]
    x1: NDArray[np.int32]
    x2: NDArray[np.int32]
    weights: NDArray[np.int32]

    @classmethod
    def for_states(
        cls, states: set[str], samples: int, steps: int, units: int, traces: int, weights: int
    ) -> Recorders:
        """Allocate the recorders that ``states`` names."""
        widths = {**dict.fromkeys(LAYER_PROBES, units), "x1": traces, "x2": traces, "weights": weights}
        return cls(
            **{
                state: np.zeros((samples if state in states else 0, steps, widths[state]), np.int32)
                for state in (*LAYER_PROBES, *CONNECTION_PROBES)
            }
        )
