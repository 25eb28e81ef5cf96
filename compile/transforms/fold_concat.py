"""Fold every concat into the edges that read it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from compile.graph import Edge, Graph
from compile.nodes import Concat, Flatten
from compile.synapse_list import added, part_of
from hardware.errors import NetworkError


@dataclass(frozen=True)
class FoldConcat:
    """Read each part of a concat by an edge of its own, with its share of the weights.

    Before: no ``Average`` over a concat and no pooling of one (``LowerAverage``, ``LowerPooling``). After: no
    ``Concat`` is left, nor a flatten of one. Dense weights are cut into columns, kernels into input channels;
    those of a grouped convolution, or one to one, become lists of synapses. Where a part is read twice, weights
    are added. Same spikes.
    """

    name: str = "fold-concat"

    def __call__(self, graph: Graph) -> Graph:
        """Return the graph without concats."""
        joined = {node.name for node in graph.nodes if _joins(graph, node.name)}
        edges: dict[str, Edge] = {}
        for edge in graph.edges:
            if edge.target in joined:
                continue
            for each in _parts(edge, graph) if edge.source in joined else (edge,):
                before = edges.get(each.name)
                if before is not None and before.weights is not None and each.weights is not None:
                    shapes = graph.node(each.source).shape, graph.node(each.target).shape
                    weights = added(before.weights, each.weights, *shapes, each.name)
                    edges[each.name] = replace(each, weights=weights)
                else:
                    edges[each.name] = each
        read = {edge.source for edge in edges.values()}
        idle = {
            node.name
            for node in graph.nodes
            if isinstance(node, Flatten) and node.name not in read and graph.out_of(node.name)
        }
        gone = joined | idle
        return Graph(
            tuple(node for node in graph.nodes if node.name not in gone),
            tuple(edge for edge in edges.values() if edge.target not in gone),
        )


def _joins(graph: Graph, name: str) -> bool:
    """Say whether a node is a concat, or a flatten of one."""
    node = graph.node(name)
    return isinstance(node, Concat) or (
        isinstance(node, Flatten) and any(_joins(graph, edge.source) for edge in graph.into(name))
    )


def _parts(edge: Edge, graph: Graph) -> Iterator[Edge]:
    whole, target = graph.node(edge.source), graph.node(edge.target)
    if edge.weights is None:
        raise NetworkError(f"edge {edge.name}: an average reads a concat; lower it first (lower-average)")
    first = 0
    for name in graph.origins(edge.source):
        last = first + graph.node(name).units
        weights = part_of(edge.weights, whole.shape, target.shape, slice(first, last), edge.name)
        first = last
        if weights is not None:
            yield replace(edge, source=name, weights=weights)
