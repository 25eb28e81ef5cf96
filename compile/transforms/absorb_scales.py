"""Absorb units that only scale into the weights behind them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from compile.graph import Edge, Graph
from compile.neurons import RelayModel
from compile.nodes import Population
from compile.synapse_list import added, scaled
from compile.synapses import OneToOne, PoolWeights, Weights
from hardware.errors import NetworkError


@dataclass(frozen=True)
class AbsorbScales:
    """Remove graded relays that read one population one to one, and multiply what reads them by their weights.

    Before: no views and no pooling. After: no such relay is left, but for the output and those whose axons
    delay. What reads them gets the same input one step earlier; where the population behind the relay was read
    directly too, both ways become one, with their weights added.
    """

    name: str = "absorb-scales"

    def __call__(self, graph: Graph) -> Graph:
        """Return the graph without them."""
        while (relay := _next(graph)) is not None:
            graph = _without(relay, graph)
        return graph


def _next(graph: Graph) -> Population | None:
    for node in graph.populations[:-1]:
        into = graph.into(node.name)
        if (
            isinstance(node.model, RelayModel)
            and not node.model.binary
            and node.delays is None
            and len(into) == 1
            and isinstance(into[0].weights, OneToOne)
            and into[0].source != node.name
        ):
            return node
    return None


def _without(relay: Population, graph: Graph) -> Graph:
    (into,) = graph.into(relay.name)
    edges: dict[str, Edge] = {
        edge.name: edge for edge in graph.edges if relay.name not in (edge.source, edge.target)
    }
    for edge in graph.out_of(relay.name):
        moved = replace(edge, source=into.source, weights=_through(into, edge, graph))
        before = edges.get(moved.name)
        if before is not None and before.weights is not None and moved.weights is not None:
            shapes = graph.node(moved.source).shape, graph.node(moved.target).shape
            moved = replace(moved, weights=added(before.weights, moved.weights, *shapes, moved.name))
        edges[moved.name] = moved
    return Graph(tuple(node for node in graph.nodes if node.name != relay.name), tuple(edges.values()))


def _through(into: Edge, edge: Edge, graph: Graph) -> Weights:
    if into.weights is None or edge.weights is None or isinstance(edge.weights, PoolWeights):
        raise NetworkError(
            f"edge {edge.name} is a view or pooling; fold and lower those before scales are absorbed"
        )
    shapes = graph.node(edge.source).shape, graph.node(edge.target).shape
    return scaled(edge.weights, into.weights.weights, *shapes, edge.name)
