"""Runs a graph in real numbers as NIR's simulators do: a whole stack in one step, ways back one step later."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from compile.frontends.nir_ways import triples
from compile.graph import Edge, Graph
from compile.neurons import CubaModel, RelayModel
from compile.nodes import Population
from compile.synapses import DenseWeights
from hardware.neurons.cuba import Message, Reset

Reals = NDArray[np.float64]
FAR = 64
"""Steps that a message can be held back, and one."""


@dataclass
class Run:
    """What happened.

    Attributes
    ----------
    sent : dict of str to float array, shape (steps, units)
        By population.
    margin : float
        How near any voltage came to its threshold.
    """

    sent: dict[str, Reals]
    margin: float = math.inf


def run(graph: Graph, inputs: NDArray[Any]) -> Run:
    """Run for input of shape (steps, units)."""
    steps = len(inputs)
    order = [node.name for node in _in_order(graph)]
    done = Run({name: np.zeros((steps + FAR, graph.node(name).units)) for name in [graph.source.name, *order]})
    done.sent[graph.source.name][:steps] = inputs.reshape(steps, -1)
    ways = {edge.name: _matrices(edge, graph) for edge in graph.edges if edge.weights is not None}
    states = {name: np.zeros((3, graph.node(name).units)) for name in order}
    for step in range(steps):
        for name in order:
            total = np.zeros(graph.node(name).units)
            for edge in graph.into(name):
                (origin,) = graph.origins(edge.source)
                back = origin in order and order.index(origin) >= order.index(name)
                relayed = back and isinstance(_population(graph, origin).model, RelayModel)
                for delay, matrix in ways[edge.name].items():
                    at = step - delay - back - relayed
                    if at >= 0:
                        total += matrix @ done.sent[origin][at]
            _advance(_population(graph, name), states[name], total, done, step)
    done.sent = {name: done.sent[name][:steps] for name in order}
    return done


def last(graph: Graph, inputs: NDArray[Any]) -> Reals:
    """Return what the last population sends."""
    return run(graph, inputs).sent[graph.populations[-1].name]


def _advance(node: Population, state: Reals, total: Reals, done: Run, step: int) -> None:
    model, sent = node.model, done.sent[node.name]
    if isinstance(model, RelayModel):
        assert model.binary
        sent[step] = total != 0
        return
    assert isinstance(model, CubaModel)
    state[0] = (1 - model.current_decay) * state[0] + total + model.drive
    free = state[2] == 0
    state[1] = np.where(free, (1 - model.voltage_decay) * state[1] + state[0] + model.bias, state[1])
    held = np.zeros(node.units, np.int64) if node.delays is None else node.delays.astype(np.int64)
    at = (step + held, np.arange(node.units))
    if model.message is Message.VOLTAGE:
        sent[at] = state[1]
        return
    done.margin = min(done.margin, float(np.abs(state[1] - model.threshold).min()))
    spikes = free & (state[1] > model.threshold)
    state[2] = np.where(spikes, model.refractory - 1, np.maximum(state[2] - 1, 0))
    left = state[1] - model.threshold if model.reset is Reset.SUBTRACT else 0.0
    state[1] = np.where(spikes, left, state[1])
    sent[at] = spikes


def _population(graph: Graph, name: str) -> Population:
    node = graph.node(name)
    assert isinstance(node, Population)
    return node


def _in_order(graph: Graph) -> list[Population]:
    """Sort populations after those they read; circles are of one population, with relays behind it."""
    done = {graph.source.name}
    left = list(graph.populations)
    order: list[Population] = []
    while left:
        ready = [
            node
            for node in left
            if all(
                origin in done or origin == node.name or _is_relay_of(graph, origin, node.name)
                for edge in graph.into(node.name)
                for origin in graph.origins(edge.source)
            )
        ]
        assert ready, [node.name for node in left]
        order += ready
        done |= {node.name for node in ready}
        left = [node for node in left if node.name not in done]
    return order


def _is_relay_of(graph: Graph, relay: str, name: str) -> bool:
    node = graph.node(relay)
    reads = [edge.source for edge in graph.into(relay)]
    return isinstance(node, Population) and isinstance(node.model, RelayModel) and reads == [name]


def _matrices(edge: Edge, graph: Graph) -> dict[int, Reals]:
    source, target = graph.node(edge.source).shape, graph.node(edge.target).shape
    assert edge.weights is not None
    to, of, weights = triples(edge.weights, source, target)
    matrix = np.zeros((math.prod(target), math.prod(source)))
    np.add.at(matrix, (to, of), weights)
    if not isinstance(edge.weights, DenseWeights) or edge.weights.delays is None:
        return {0: matrix}
    delays = edge.weights.delays
    return {int(delay): np.where(delays == delay, matrix, 0) for delay in np.unique(delays)}
