"""The layers of neurons in a NIR graph, each with all that leads to it."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

import numpy as np

from compile.errors import UnsupportedLayerError
from compile.frontends.nir_linear import LINEAR, read_way, source_shape
from compile.frontends.nir_neurons import NEURONS, Dynamics, read_neurons
from compile.frontends.nir_node import NirNode
from compile.frontends.nir_reading import NirReading
from compile.frontends.nir_signal import Signal, Term, delay_steps
from compile.frontends.nir_walk import FlatGraph
from compile.neurons import CubaModel
from compile.synapses import OneToOne, Shape
from hardware.errors import ContainerError
from hardware.neurons.cuba import Message


@dataclass(frozen=True, eq=False)
class NirLayer:
    """Neurons.

    Attributes
    ----------
    name : str
        Of the NIR node.
    shape : tuple of int
        Of the neurons.
    dynamics : Dynamics
        Their equations.
    signal : Signal
        What leads to them, with the gain of the equations.
    """

    name: str
    shape: Shape
    dynamics: Dynamics
    signal: Signal


def read_layers(flat: FlatGraph, reading: NirReading) -> tuple[tuple[NirLayer, ...], Term]:
    """Find the layers, each after those that lead to it, the one that is read out last.

    Parameters
    ----------
    flat : FlatGraph
        The nodes.
    reading : NirReading
        What NIR leaves open.

    Returns
    -------
    layers : tuple of NirLayer
        Where no neurons stand at the graph's Output, a readout that sends what arrives there is the last.
    output : Term
        The way from the last layer to the Output.

    Raises
    ------
    ContainerError
        Where shapes contradict each other.
    UnsupportedLayerError
        Where several layers lie in a circle, or the chip cannot express one.
    """
    signals = _signals(flat, reading)
    layers: dict[str, NirLayer] = {}
    for name, node in flat.nodes.items():
        if node.kind in NEURONS:
            shape = flat.shapes[name]
            dynamics = read_neurons(node, math.prod(shape), shape, reading)
            signal = _into(flat, name, signals).scaled(dynamics.gain)
            layers[name] = NirLayer(name, shape, dynamics, signal)
    end = flat.end
    output = signals[end].terms[0]
    if not _is_plain(signals[end]) or output.origin not in layers:
        model = CubaModel(0.0, 1.0, 1.0, message=Message.VOLTAGE)
        dynamics = Dynamics(model, np.ones(()), np.zeros(()))
        layers[end] = NirLayer(end, signals[end].shape, dynamics, signals[end])
        output = Signal.of(end, signals[end].shape).terms[0]
    ordered = _sorted(layers)
    return tuple(sorted(ordered, key=lambda layer: layer.name == output.origin)), output


def _signals(flat: FlatGraph, reading: NirReading) -> dict[str, Signal]:
    """Return what each node without state makes."""
    signals: dict[str, Signal] = {}
    for name in flat.stateless:
        node, shape = flat.nodes[name], flat.shapes[name]
        if not flat.into[name]:
            signals[name] = Signal.of(name, shape)
            continue
        given = _into(flat, name, signals)
        signals[name] = _behind(node, given, shape, reading)
    return signals


def _behind(node: NirNode, given: Signal, shape: Shape, reading: NirReading) -> Signal:
    if node.kind in LINEAR:
        source = source_shape(node, given.shape)
        way, target, bias = read_way(node, source)
        return given.through(way, source, target, bias, node.where)
    if node.kind == "Delay":
        steps = delay_steps(node.numbers("delay"), reading.dt, node.where)
        if steps.ndim and steps.size != math.prod(shape):
            raise ContainerError(f"{node.where}: it has {steps.size} delays for {math.prod(shape)} units")
        return given.delayed(steps, node.where)
    if node.kind in ("Input", "Output") and "shape" in node.fields:
        units = math.prod(node.integers("shape"))
        if units not in (1, math.prod(shape)):
            raise ContainerError(f"{node.where} has {units} units, what leads to it {math.prod(shape)}")
    return given.reshaped(shape)


def _into(flat: FlatGraph, name: str, signals: dict[str, Signal]) -> Signal:
    """Return what leads to a node."""
    node = flat.nodes[name]
    parts = [
        signals[source] if source in signals else Signal.of(source, flat.shapes[source])
        for source in flat.into[name]
    ]
    units = {math.prod(part.shape) for part in parts}
    if node.kind in NEURONS:
        units.add(math.prod(flat.shapes[name]))
    if len(units) > 1:
        raise ContainerError(f"{node.where}: what leads to it has {' and '.join(map(str, sorted(units)))} units")
    signal = parts[0]
    for part in parts[1:]:
        signal = signal + part
    return dataclasses.replace(signal, shape=flat.shapes[name]) if node.kind in NEURONS else signal


def _is_plain(signal: Signal) -> bool:
    """Say whether it is one layer, unit by unit."""
    way = signal.terms[0].way
    same = isinstance(way, OneToOne) and bool((way.weights == 1).all())
    return len(signal.terms) == 1 and same and not signal.constant.any()


def _sorted(layers: dict[str, NirLayer]) -> list[NirLayer]:
    ordered: list[NirLayer] = []
    left = dict(layers)
    while left:
        ready = [
            layer
            for layer in left.values()
            if not any(term.origin in left and term.origin != layer.name for term in layer.signal.terms)
        ]
        if not ready:
            raise UnsupportedLayerError(
                f"NIR nodes {', '.join(sorted(left)[:4])} lie in a circle, or behind one, that is not the way of "
                "one "
                "layer of neurons back to itself; on the chip each layer of such a circle takes a step of its "
                "own; "
                "join them into one recurrent layer"
            )
        for layer in ready:
            del left[layer.name]
        ordered += ready
    return ordered
