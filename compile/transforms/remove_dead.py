"""Remove units that never send or that nobody reads, and synapses of weight zero."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from compile.graph import Edge, Graph
from compile.neurons import AlifModel, CubaModel, Model, ResonatorModel, SigmaDeltaModel
from compile.nodes import Node, Population, View
from compile.synapse_list import listed
from compile.synapses import DenseWeights, OneToOne, SparseWeights, Weights
from hardware.errors import NetworkError
from hardware.neurons.cuba import Message
from hardware.neurons.sigma_delta import Activation

Mask = NDArray[np.bool_]
_NOTHING = SparseWeights(np.zeros(1), np.zeros(1, np.int32), np.zeros(1, np.int32))


@dataclass(frozen=True)
class RemoveDead:
    """Remove what cannot matter to the output.

    Before: no views, no pooling and no norms. After:

    - units that never send are gone: nothing but zeros leads to them, and their constant input cannot reach
      the threshold;
    - units from which no way of weights other than zero leads to the output are gone;
    - dense weights without delays, most of them zero, are a list of those that are not, but for those into the
      output, which may be wanted for learning.

    Units are taken out one by one where no convolution reads or feeds them, else only whole layers. The source
    and the output keep all units. Same spikes of those that stay.

    Attributes
    ----------
    sparse_below : float
        Share of weights other than zero under which a list is shorter: an entry holds weight and index.
    """

    sparse_below: float = 0.5
    name: str = "remove-dead"

    def __call__(self, graph: Graph) -> Graph:
        """Return the smaller graph."""
        if view := next((node for node in graph.nodes if isinstance(node, View)), None):
            raise NetworkError(f"node {view.name!r} is a view; fold it before dead units are removed")
        if normed := next((node for node in graph.populations if node.norms), None):
            raise NetworkError(f"layer {normed.name!r} has a norm; fold it before dead units are removed")
        lists = {
            edge.name: listed(
                edge.weights if not isinstance(edge.weights, DenseWeights) else DenseWeights(edge.weights.weights),
                graph.node(edge.source).shape,
                graph.node(edge.target).shape,
                edge.name,
            )
            for edge in graph.edges
            if edge.weights is not None
        }
        kept = _kept(graph, lists)
        gone = {name for name, mask in kept.items() if not mask.any()}
        output = graph.populations[-1].name
        edges = []
        for edge in graph.edges:
            if edge.weights is None or edge.source in gone or edge.target in gone:
                continue
            weights = _cut(edge.weights, kept[edge.source], kept[edge.target], lists[edge.name])
            if edge.target != output:
                weights = self._shorter(weights, edge, graph)
            edges.append(replace(edge, weights=weights))
        fed = {edge.target for edge in edges}
        nodes: list[Node] = []
        for node in graph.nodes:
            if isinstance(node, Population) and node.name not in gone:
                nodes.append(_smaller(node, kept[node.name]))
                if node.name not in fed:
                    edges.append(Edge(graph.source.name, node.name, _NOTHING))
            elif node.name not in gone:
                nodes.append(node)
        return Graph(tuple(nodes), tuple(edges))

    def _shorter(self, weights: Weights, edge: Edge, graph: Graph) -> Weights:
        if not isinstance(weights, DenseWeights) or weights.delays is not None:
            return weights
        if np.count_nonzero(weights.weights) >= self.sparse_below * weights.weights.size:
            return weights
        return listed(weights, graph.node(edge.source).shape, graph.node(edge.target).shape, edge.name)


def _kept(graph: Graph, lists: dict[str, SparseWeights]) -> dict[str, Mask]:
    """Say of each unit whether it stays: something may wake it, and it may reach the output."""
    whole = {
        end
        for edge in graph.edges
        if edge.direct or not isinstance(edge.weights, DenseWeights | SparseWeights | OneToOne)
        for end in (edge.source, edge.target)
    }
    awake = {node.name: ~_silent(node.model, node.units) for node in graph.populations}
    awake[graph.source.name] = np.ones(graph.source.units, np.bool_)
    output = graph.populations[-1].name
    heard = {name: np.full_like(mask, name in (output, graph.source.name)) for name, mask in awake.items()}
    for marks, forward in ((awake, True), (heard, False)):
        total = -1
        while total != (total := sum(int(mask.sum()) for mask in marks.values())):
            for edge in graph.edges:
                synapses = lists[edge.name]
                sources, targets = marks[edge.source], marks[edge.target]
                live = (synapses.weights != 0) & awake[edge.source][synapses.source_of]
                if forward:
                    targets[synapses.target_of[live & sources[synapses.source_of]]] = True
                else:
                    sources[synapses.source_of[live & targets[synapses.target_of]]] = True
            for name in whole:
                marks[name] |= marks[name].any()
    kept = {name: awake[name] & heard[name] for name in awake}
    return kept | {name: np.ones_like(kept[name]) for name in (output, graph.source.name)}


def _silent(model: Model, units: int) -> Mask:
    """Say of each unit whether it sends nothing, ever, where nothing arrives."""
    number = {
        field.name: np.asarray(getattr(model, field.name))
        for field in dataclasses.fields(model)
        if isinstance(getattr(model, field.name), float | np.ndarray)
    }
    quiet: NDArray[np.bool_] = np.ones(units, np.bool_)
    match model:
        case CubaModel():
            below = number["bias"] == 0 if model.message is Message.VOLTAGE else number["bias"] <= 0
            quiet = quiet & below & (number["drive"] == 0) & (number["threshold"] >= 0)
        case AlifModel():
            quiet = quiet & (number["bias"] <= 0) & (number["drive"] == 0) & (number["threshold"] > 0)
        case ResonatorModel():
            still = (number["drive_real"] == 0) & (number["drive_imag"] == 0)
            quiet = quiet & still & (number["threshold"] > 0)
        case SigmaDeltaModel():
            rectified = model.activation is Activation.RELU
            quiet = quiet & ((number["bias"] == 0) | ((number["bias"] < 0) & rectified))
    return quiet


def _cut(weights: Weights, sources: Mask, targets: Mask, whole: SparseWeights) -> Weights:
    """Keep what joins units that stay."""
    if sources.all() and targets.all():
        return weights
    if isinstance(weights, DenseWeights):
        both = np.ix_(targets, sources)
        return DenseWeights(weights.weights[both], None if weights.delays is None else weights.delays[both])
    if isinstance(weights, OneToOne) and np.array_equal(sources, targets):
        return OneToOne(weights.weights[sources])
    inside = sources[whole.source_of] & targets[whole.target_of]
    if not inside.any():
        return _NOTHING
    source_number, target_number = np.cumsum(sources) - 1, np.cumsum(targets) - 1
    return SparseWeights(
        whole.weights[inside], target_number[whole.target_of[inside]], source_number[whole.source_of[inside]]
    )


def _smaller(population: Population, mask: Mask) -> Population:
    if mask.all():
        return population
    vectors = {
        field.name: getattr(population.model, field.name)[mask]
        for field in dataclasses.fields(population.model)
        if isinstance(getattr(population.model, field.name), np.ndarray)
    }
    delays = None if population.delays is None else population.delays[mask]
    return Population(population.name, (int(mask.sum()),), replace(population.model, **vectors), delays)
