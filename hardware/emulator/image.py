"""A Program laid out flat for the kernels."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hardware.chip import LEARNING_FRACTION_BITS
from hardware.emulator import tables as t
from hardware.emulator.image_neurons import fill_neuron
from hardware.emulator.image_synapses import Arrays, fill_synapse
from hardware.emulator.streams import trace_factor
from hardware.learning import LearningRule
from hardware.network import INPUT, Connection, Layer, Network
from hardware.synapses.dense import Dense


class Image(NamedTuple):
    """Tables that a kernel reads; units are numbered input first, then layer by layer.

    Attributes
    ----------
    layers, connections, rules, products : int64 array, shape (rows, columns)
        See the column names of ``tables``.
    factors : float64 array, shape (connections, 2)
        Decay factors of the traces x1 and x2.
    parameters : int32 array, shape (PARAMETER_ROWS, units)
        Parameters of neurons; 0 for the input.
    rest : int32 array, shape (STATE_ROWS, units)
        State at the beginning of a sample.
    indices : int32 array, shape (indices,)
        Of each sparse connection: where the synapses of each source begin, then all their targets.
    delays : uint8 array, shape (delays,)
        Further steps of each synapse, source by source, for the dense connections that have any.
    sizes : int64 array, shape (4,)
        Sums under way, messages under way, largest working memory of a connection, traces.
    """

    layers: NDArray[np.int64]
    connections: NDArray[np.int64]
    rules: NDArray[np.int64]
    products: NDArray[np.int64]
    factors: NDArray[np.float64]
    parameters: NDArray[np.int32]
    rest: NDArray[np.int32]
    indices: NDArray[np.int32]
    delays: NDArray[np.uint8]
    sizes: NDArray[np.int64]


class Slots(NamedTuple):
    """Where the kernel's flat arrays hold each named thing.

    Attributes
    ----------
    populations : dict of str to slice
        Units of a population.
    trains : dict of str to slice
        Units of a layer among those whose messages are of its type, plain or graded.
    widths : (int, int)
        Units of all plain layers, of all graded ones.
    weights : dict of str to (slice, (sources, targets))
        Weights of a connection that learns, stored source by source.
    traces : dict of str to slice
        Traces of a plastic connection.
    """

    populations: dict[str, slice]
    trains: dict[str, slice]
    widths: tuple[int, int]
    weights: dict[str, tuple[slice, tuple[int, int]]]
    traces: dict[str, slice]


def lay_out(network: Network) -> tuple[Image, NDArray[np.int16], Slots]:
    """Give units, weights and traces of a network their numbers and fill the tables.

    Returns
    -------
    image, weights, slots
        The tables, the weights of all connections in one row, and where things are.
    """
    populations, start = {INPUT: slice(0, network.inputs)}, network.inputs
    for layer in network.layers:
        populations[layer.name] = slice(start, start + layer.units)
        start += layer.units
    layers = np.zeros((len(network.layers), t.LAYER_COLUMNS), np.int64)
    parameters, rest = np.zeros((t.PARAMETER_ROWS, start), np.int32), np.zeros((t.STATE_ROWS, start), np.int32)
    trains, widths, inbox, outbox = {}, [0, 0], 0, 0
    for row, layer in zip(layers, network.layers, strict=True):
        units, graded = populations[layer.name], int(layer.neuron.sends_graded)
        trains[layer.name] = slice(widths[graded], widths[graded] + layer.units)
        row[[t.FIRST, t.UNITS, t.INBOX, t.OUTBOX]] = units.start, layer.units, inbox, outbox
        row[[t.TRAIN, t.INTEGERS]] = widths[graded], graded
        _fill_traffic(row, layer, network.into(layer.name))
        fill_neuron(row, parameters[:, units], layer.neuron)
        for slot, values in enumerate(layer.neuron.rest.values()):
            rest[slot, units] = values
        if layer.delays is not None:
            parameters[t.AXON, units] = layer.delays
        widths[graded] += layer.units
        inbox += int(row[t.SLOTS] * row[t.PORTS] * row[t.UNITS])
        outbox += int(row[t.HELD] * row[t.UNITS])
    connections = np.zeros((len(network.connections), t.CONNECTION_COLUMNS), np.int64)
    arrays, weights, traces, trace = Arrays(), {}, {}, 0
    names = [layer.name for layer in network.layers]
    for row, c in zip(connections, network.connections, strict=True):
        synapse = c.synapse
        row[[t.SOURCE, t.SOURCES]] = populations[c.source].start, synapse.sources
        row[[t.TARGET, t.TARGETS]] = populations[c.target].start, synapse.targets
        row[[t.LOWEST, t.HIGHEST]] = synapse.grid.learned_range
        row[t.LAYER] = names.index(c.target)
        row[t.PORT] = network.layer(c.target).neuron.ports.index(c.port) if c.port else 0
        fill_synapse(row, synapse, arrays)
        row[t.TRACE] = trace if c.rule else -1
        row[t.DIRECT] = c.direct
        if c.rule is not None:
            at = int(row[t.WEIGHT])
            weights[c.name] = (slice(at, at + synapse.weights.size), (synapse.sources, synapse.targets))
            traces[c.name] = slice(trace, trace + synapse.sources)
            trace += synapse.sources
    rules, products, factors = _learning_tables(network)
    image = Image(
        layers,
        connections,
        rules,
        products,
        factors,
        parameters,
        rest,
        np.concatenate([np.zeros(0, np.int32), *arrays.indices]),
        np.concatenate([np.zeros(0, np.uint8), *arrays.delays]),
        np.array([inbox, outbox, arrays.scratch, trace], np.int64),
    )
    slots = Slots(populations, trains, (widths[0], widths[1]), weights, traces)
    return image, np.concatenate(arrays.weights), slots


def _fill_traffic(row: NDArray[np.int64], layer: Layer, incoming: tuple[Connection, ...]) -> None:
    """Note how long messages may be under way, which ports are used, and who teaches."""
    longest = [c.synapse.longest_delay for c in incoming if isinstance(c.synapse, Dense)]
    row[t.SLOTS] = 1 + max(longest, default=0)
    row[t.PORTS] = 1 + max(layer.neuron.ports.index(c.port) if c.port else 0 for c in incoming)
    row[t.HELD] = 0 if layer.delays is None else 1 + int(layer.delays.max())
    if layer.teacher is not None:
        row[t.TAUGHT] = 1
        row[[t.MARGIN, t.SHIFT, t.REST]] = layer.teacher.margin, layer.teacher.shift, layer.teacher.rest


def _learning_tables(
    network: Network,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    rules: list[tuple[int, ...]] = []
    products: list[tuple[int, ...]] = []
    factors: list[tuple[float, float]] = []
    for c in network.connections:
        rules.append(_rule_row(c.rule, len(products)))
        factors.append(
            (0.0, 0.0) if c.rule is None else (trace_factor(c.rule.x1_tau), trace_factor(c.rule.x2_tau))
        )
        if c.rule is not None:
            products += _product_rows(c.rule)
    return (
        np.array(rules, np.int64),
        np.array(products, np.int64).reshape(-1, 9),
        np.array(factors, np.float64),
    )


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
