"""Fold norms into the weights and the constant inputs of neurons."""

from __future__ import annotations

from dataclasses import dataclass, replace

from compile.graph import Edge, Graph
from compile.nodes import Node, Population


@dataclass(frozen=True)
class FoldNorms:
    """Multiply the weights into a normalized port by the norm's scale, add its shift to the neurons' constant.

    Before: any graph. After: no population has a norm. Same spikes. Delays, views and pooling stay; an input that
    the host drives directly is scaled as any other.
    """

    name: str = "fold-norms"

    def __call__(self, graph: Graph) -> Graph:
        """Return the graph without norms."""
        scales = {(node.name, norm.port): norm.scale for node in graph.populations for norm in node.norms}
        return Graph(
            tuple(_shifted(node) for node in graph.nodes),
            tuple(_scaled(edge, scales.get((edge.target, edge.port), 1.0)) for edge in graph.edges),
        )


def _shifted(node: Node) -> Node:
    if not isinstance(node, Population) or not node.norms:
        return node
    constants = {norm.into: getattr(node.model, norm.into) + norm.shift for norm in node.norms}
    return replace(node, model=replace(node.model, **constants), norms=())


def _scaled(edge: Edge, scale: float) -> Edge:
    if edge.weights is None or scale == 1:
        return edge
    return replace(edge, weights=replace(edge.weights, weights=edge.weights.weights * scale))
