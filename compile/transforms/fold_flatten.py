"""Fold every flatten into the node before it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from compile.graph import Graph
from compile.nodes import Flatten


@dataclass(frozen=True)
class FoldFlatten:
    """Remove every ``Flatten``; nodes count their units row-major anyway.

    Before: any graph without a ``Concat`` (``FoldConcat`` sees to those). After: no ``Flatten`` is left; edges
    that left one leave the node before it, with the same weights. Same spikes.
    """

    name: str = "fold-flatten"

    def __call__(self, graph: Graph) -> Graph:
        """Return the graph without flattens."""
        flattens = {node.name for node in graph.nodes if isinstance(node, Flatten)}

        def behind(name: str) -> str:
            return behind(graph.into(name)[0].source) if name in flattens else name

        return Graph(
            tuple(node for node in graph.nodes if node.name not in flattens),
            tuple(
                replace(edge, source=behind(edge.source)) for edge in graph.edges if edge.target not in flattens
            ),
        )
