"""Runs a graph in real numbers, views and pooling included: what passes are held against."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from compile.graph import Graph
from compile.neurons import CubaModel, DeltaModel, RelayModel, SigmaDeltaModel, SigmaModel
from compile.nodes import Average, Population
from compile.synapses import ConvWeights, DenseWeights, OneToOne, PoolWeights, SparseWeights, Weights
from hardware.neurons.cuba import Message, Reset
from hardware.neurons.sigma_delta import Activation

Reals = NDArray[np.float64]


def run(graph: Graph, inputs: NDArray[Any]) -> dict[str, Reals]:
    """Return what every population sends and every average shows; all of shape (steps, units)."""
    steps = len(inputs)
    sent = {node.name: np.zeros((steps + 64, node.units)) for node in graph.nodes}
    states = {node.name: _Unit(node) for node in graph.populations}
    arriving = {
        (node.name, port): np.zeros((steps + 130, node.units))
        for node in graph.populations
        for port in node.model.ports
    }
    for step in range(steps):
        sent[graph.source.name][step] = inputs[step]
        for node in graph.populations:
            out = states[node.name].advance(arriving[node.name, ""][step] * states[node.name].scale)
            delays = np.zeros(node.units, int) if node.delays is None else node.delays
            for unit, delay in enumerate(delays):
                sent[node.name][step + delay, unit] = out[unit]
        for edge in graph.edges:
            if edge.weights is None:
                continue
            message = np.concatenate([sent[origin][step] for origin in graph.origins(edge.source)])
            source, target = graph.node(edge.source).shape, graph.node(edge.target).shape
            for delay, total in weighted(edge.weights, message, source, target).items():
                arriving[edge.target, edge.port][step + 1 + delay] += total
    shown = {name: values[:steps] for name, values in sent.items()}
    for node in graph.nodes:
        if isinstance(node, Average):
            seen = np.concatenate([shown[origin] for origin in graph.origins(node.name)], axis=1)
            shown[node.name] = seen.reshape(steps, node.units, -1).mean(axis=2)
    return {node.name: shown[node.name] for node in graph.nodes if isinstance(node, Population | Average)}


class _Unit:
    def __init__(self, node: Population) -> None:
        self.model, self.a, self.b, self.c = node.model, *np.zeros((3, node.units))
        self.scale = math.prod(norm.scale for norm in node.norms)
        self.shift = {norm.into: norm.shift for norm in node.norms}

    def advance(self, a: Reals) -> Reals:
        model, shift = self.model, self.shift
        match model:
            case CubaModel():
                assert model.refractory == 1
                self.a = (1 - model.current_decay) * self.a + a + model.drive + shift.get("drive", 0)
                self.b = (1 - model.voltage_decay) * self.b + self.a + model.bias + shift.get("bias", 0)
                if model.message is Message.VOLTAGE:
                    return self.b.copy()
                spike = self.b > model.threshold
                sent = np.where(spike, self.b if model.message is Message.GRADED else 1.0, 0.0)
                left = self.b - model.threshold if model.reset is Reset.SUBTRACT else 0.0
                self.b = np.where(spike, left, self.b)
                return sent
            case RelayModel():
                return np.where(a != 0, 1.0, 0.0) if model.binary else a
            case SigmaModel():
                self.a = self.a + a
                return self.a.copy()
            case SigmaDeltaModel() | DeltaModel():
                x = a
                if isinstance(model, SigmaDeltaModel):
                    self.c = self.c + a
                    x = self.c + model.bias + shift.get("bias", 0)
                    x = np.maximum(x, 0) if model.activation is Activation.RELU else x
                change = x - self.a + self.b
                sent = np.where(np.abs(change) >= model.threshold, change, 0.0)
                self.a, self.b = x, change - sent
                return sent
        raise TypeError(f"no equations here for {model.kind} neurons")


def weighted(
    weights: Weights, message: Reals, source: tuple[int, ...], target: tuple[int, ...]
) -> dict[int, Reals]:
    """Return what arrives at the target, by further delay."""
    match weights:
        case DenseWeights(delays=None):
            return {0: weights.weights @ message}
        case DenseWeights(delays=delays):
            assert delays is not None
            return {int(d): np.where(delays == d, weights.weights, 0) @ message for d in np.unique(delays)}
        case OneToOne():
            return {0: weights.weights * message}
        case SparseWeights():
            total = np.zeros(math.prod(target))
            for value, to, of in zip(weights.weights, weights.target_of, weights.source_of, strict=True):
                total[to] += value * message[of]
            return {0: total}
        case PoolWeights():
            parts = [
                _slid(weights, weights.weights, plane, target[1:], weights.unpool)
                for plane in message.reshape(source)
            ]
            return {0: np.concatenate([part.ravel() for part in parts])}
        case ConvWeights():
            planes, out = message.reshape(source), np.zeros(target)
            per_in, per_out = source[0] // weights.groups, target[0] // weights.groups
            for o in range(target[0]):
                for i in range(per_in):
                    channel = o // per_out * per_in + i
                    index = (channel, o % per_out) if weights.transposed else (o, i)
                    out[o] += _slid(
                        weights, weights.weights[index], planes[channel], target[1:], weights.transposed
                    )
            return {0: out.ravel()}
    raise TypeError(f"no sums here for {weights.kind} weights")


def _slid(
    weights: ConvWeights | PoolWeights, kernel: Reals, plane: Reals, size: tuple[int, ...], transposed: bool
) -> Reals:
    out = np.zeros(size)
    near = plane if transposed else out
    far = out if transposed else plane
    for y, x in np.ndindex(*near.shape):
        for k, m in np.ndindex(*kernel.shape):
            row = y * weights.stride[0] - weights.padding[0] + k * weights.dilation[0]
            column = x * weights.stride[1] - weights.padding[1] + m * weights.dilation[1]
            if 0 <= row < far.shape[0] and 0 <= column < far.shape[1]:
                if transposed:
                    out[row, column] += kernel[k, m] * plane[y, x]
                else:
                    out[y, x] += kernel[k, m] * plane[row, column]
    return out
