"""Turn pooling into convolutions."""

from __future__ import annotations

from dataclasses import dataclass, replace

from compile.graph import Edge, Graph
from compile.synapse_list import depthwise
from compile.synapses import PoolWeights


@dataclass(frozen=True)
class LowerPooling:
    """Write every pooling as a convolution that keeps channels apart, every unpooling as its transpose.

    Before: any graph; the image that pooling makes must have the size that its kernel gives. After: no
    ``PoolWeights`` is left. Same spikes. (Where SLAYER's pooling mixes channels or pads the image, its frontend
    lists the synapses itself.)

    Raises
    ------
    NetworkError
        Where sizes do not fit; names the edge.
    """

    name: str = "lower-pooling"

    def __call__(self, graph: Graph) -> Graph:
        """Return the graph without pooling."""
        return replace(graph, edges=tuple(_lowered(edge, graph) for edge in graph.edges))


def _lowered(edge: Edge, graph: Graph) -> Edge:
    if not isinstance(edge.weights, PoolWeights):
        return edge
    return replace(edge, weights=depthwise(edge.weights, graph.node(edge.source).shape[0]))
