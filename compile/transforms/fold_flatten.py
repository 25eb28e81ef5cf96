"""Fold every flatten into the node before it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from compile.graph import Edge, Flatten, Graph, Source


@dataclass(frozen=True)
class FoldFlatten:
    """Remove every ``Flatten``; populations and sources already count their units row-major.

    Before: any graph. After: no ``Flatten`` is left; a source that was only read through a flatten has one
    axis; edges that left a flatten leave the node before it, with the same weights. Nothing else changes.
    """

    name: str = "fold-flatten"

    def __call__(self, graph: Graph) -> Graph:
        """Return the graph without flattens."""
        flattens = {node.name for node in graph.nodes if isinstance(node, Flatten)}
        edges = tuple(
            Edge(graph.origin(edge.source), edge.target, edge.weights)
            for edge in graph.edges
            if edge.target not in flattens
        )
        read_flat = {graph.origin(edge.source) for edge in graph.edges if edge.source in flattens}
        nodes = tuple(
            replace(node, shape=(node.units,)) if isinstance(node, Source) and node.name in read_flat else node
            for node in graph.nodes
            if node.name not in flattens
        )
        return Graph(nodes, edges)
