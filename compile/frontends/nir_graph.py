"""A NIR graph as the compiler's graph.

Nodes with state become populations; all between two of them becomes one edge. NIR simulators pass a spike through
all layers within one step, the chip takes a step for each edge, so a layer fires as many steps later as edges lead
to it; ways that skip layers arrive early until they are aligned. A bias acts from the first step, and so begins
before the first input reaches its layer.
"""

from __future__ import annotations

import dataclasses
import math
import re

import numpy as np

from compile.errors import UnsupportedLayerError
from compile.frontends.nir_layers import NirLayer, read_layers
from compile.frontends.nir_node import NirNode
from compile.frontends.nir_reading import NirReading
from compile.frontends.nir_signal import Signal, Steps, Term, delayed_dense
from compile.frontends.nir_walk import FlatGraph, flat_graph
from compile.frontends.nir_ways import dense, identity, listed
from compile.graph import Edge, Graph
from compile.neurons import RelayModel
from compile.nodes import Flatten, Node, Population, Source
from compile.synapses import ConvWeights, DenseWeights, OneToOne, PoolWeights, Shape, Weights
from hardware.chip import widths
from hardware.encoder import Encoder

NONE: Steps = np.zeros((), np.int64)
"""No delay."""


def build_graph(root: NirNode, reading: NirReading) -> Graph:
    """Turn a NIR graph into the compiler's.

    Parameters
    ----------
    root : NirNode
        The outermost graph.
    reading : NirReading
        What NIR leaves open.

    Returns
    -------
    Graph
        Its populations bear the names of the NIR nodes; the Output node's neurons, or a readout, come last.

    Raises
    ------
    ContainerError
        Where nodes, shapes and edges contradict each other.
    UnsupportedLayerError
        Where the chip cannot express a node; the message names it and a remedy.
    """
    flat = flat_graph(root)
    read, output = read_layers(flat, reading)
    layers = [_with_kick(layer) for layer in read]
    names = _plain_names(flat)
    axons = _axons(layers, output)
    shapes = {flat.entry: flat.shapes[flat.entry]} | {layer.name: _population_shape(layer) for layer in layers}
    encoder = Encoder() if reading.graded else None
    nodes: dict[str, Node] = {flat.entry: Source(names[flat.entry], shapes[flat.entry], reading.graded, encoder)}
    edges: list[Edge] = []
    for layer in layers:
        for term in layer.signal.terms:
            weights = _weights(term, axons.get(term.origin, NONE), shapes[layer.name], layer.name)
            source = names[term.origin]
            if isinstance(weights, DenseWeights) and sum(axis > 1 for axis in shapes[term.origin]) > 1:
                source = _flat(source, weights.weights.shape[1], nodes, edges)
            edges.append(Edge(source, names[layer.name], weights))
        population = _population(layer, names[layer.name], shapes[layer.name], axons.get(layer.name, NONE))
        if layer is layers[-1]:
            _add_relay(layer, population, nodes, edges)
            nodes[layer.name] = population
        else:
            nodes[layer.name] = population
            _add_relay(layer, population, nodes, edges)
    return Graph(tuple(nodes.values()), _each_once(edges))


def _with_kick(layer: NirLayer) -> NirLayer:
    """Add the way by which a spike brings its kick."""
    kick = layer.dynamics.kick
    if not kick.any():
        return layer
    back = Signal.of(layer.name, layer.shape).scaled(kick)
    return dataclasses.replace(layer, signal=layer.signal + back)


def _add_relay(layer: NirLayer, population: Population, nodes: dict[str, Node], edges: list[Edge]) -> None:
    """Take back, a step later, what of the kick a current that decays slowly has kept."""
    kept = 1 - np.asarray(layer.dynamics.model.current_decay)
    kick = np.broadcast_to(-kept * layer.dynamics.kick, (population.units,))
    if not kick.any():
        return
    name = population.name + ".late"
    while name in {node.name for node in nodes.values()}:
        name += "_"
    nodes[name] = Population(name, population.shape, RelayModel(binary=True))
    edges.append(Edge(population.name, name, identity(population.shape)))
    edges.append(Edge(name, population.name, OneToOne(kick.copy())))


def _population(layer: NirLayer, name: str, shape: Shape, axon: Steps) -> Population:
    model, constant = layer.dynamics.model, layer.signal.constant
    if constant.any():
        if np.all(model.current_decay == 1.0):
            model = dataclasses.replace(model, bias=model.bias + constant)
        else:
            model = dataclasses.replace(model, drive=model.drive + constant)
    units = math.prod(shape)
    delays = np.broadcast_to(axon, (units,)).astype(np.uint8) if axon.any() else None
    return Population(name, shape, model, delays)


def _population_shape(layer: NirLayer) -> Shape:
    """Return the layer's shape, or that of the image which its kernels make and a flatten hid."""
    images = {term.target for term in layer.signal.terms if isinstance(term.way, ConvWeights | PoolWeights)}
    return images.pop() if len(images) == 1 else layer.shape


def _weights(term: Term, axon: Steps, target: Shape, name: str) -> Weights:
    early = term.early - axon
    if not early.any() and not term.late.any():
        if isinstance(term.way, ConvWeights | PoolWeights) and term.target != target:
            return listed(term.way, term.source, term.target)
        return term.way
    most = int(early.max() + term.late.max())
    if most > widths.DELAY_MAX:
        raise UnsupportedLayerError(
            f"NIR: the delays from {term.origin!r} to {name!r} add up to {most} steps, over {widths.DELAY_MAX}; "
            "choose a "
            "larger dt, or put neurons between"
        )
    return delayed_dense(dense(term.way, term.source, term.target), early, term.late)


def _axons(layers: list[NirLayer], output: Term) -> dict[str, Steps]:
    """Return the delays that all ways from a layer have in common, by its name."""
    axons: dict[str, Steps] = {}
    for layer in layers:
        delays = [term.early for other in layers for term in other.signal.terms if term.origin == layer.name]
        delays += [output.early] if output.origin == layer.name else []
        if len({delay.tobytes() for delay in delays}) == 1 and delays[0].max() <= widths.DELAY_MAX:
            axons[layer.name] = delays[0]
        elif output.origin == layer.name and output.early.any():
            raise UnsupportedLayerError(
                f"NIR node {layer.name!r} is held back on its way to the output only; put the delay behind neurons"
            )
    return axons


def _flat(source: str, units: int, nodes: dict[str, Node], edges: list[Edge]) -> str:
    """Return the name of the view of an image as one axis; add it where it is not there yet."""
    name = source + ".flat"
    if name not in nodes:
        nodes[name] = Flatten(name, units)
        edges.append(Edge(source, name))
    return name


def _each_once(edges: list[Edge]) -> tuple[Edge, ...]:
    seen: set[str] = set()
    for edge in edges:
        if edge.name in seen:
            raise UnsupportedLayerError(
                f"NIR: two ways {edge.name} hold back by different delays; put neurons into one of them"
            )
        seen.add(edge.name)
    return tuple(edges)


def _plain_names(flat: FlatGraph) -> dict[str, str]:
    """Give every node a single word of the letters that names may have."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for original in flat.nodes:
        name = re.sub(r"[^A-Za-z0-9_.-]", "_", original) or "_"
        if name == "input" and original != flat.entry:
            name = "input_"
        while name in taken:
            name += "_"
        taken.add(name)
        names[original] = name
    return names
