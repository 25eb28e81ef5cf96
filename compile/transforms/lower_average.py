"""Turn an average into units that sum."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from compile.graph import Edge, Graph
from compile.neurons import RelayModel
from compile.nodes import Average, Node, Population
from compile.quantize.messages import message_worth
from compile.synapses import SparseWeights


@dataclass(frozen=True)
class LowerAverage:
    """Put a population of relays, one a group, in the place of an ``Average``; it becomes the output.

    Before: any graph. After: no ``Average`` is left. Each relay sends the sum of its group, one step later: the
    mean times the size of the group, which is the same for all, as integers have no thirds. All else: same
    spikes.
    """

    name: str = "lower-average"

    def __call__(self, graph: Graph) -> Graph:
        """Return the graph without averages."""
        averages = [node for node in graph.nodes if isinstance(node, Average)]
        names = {node.name for node in averages}
        relays: tuple[Node, ...] = tuple(_relay(node, graph) for node in averages)
        return Graph(
            (*(node for node in graph.nodes if node.name not in names), *relays),
            tuple(_summed(edge, graph) if edge.target in names else edge for edge in graph.edges),
        )


def _relay(average: Average, graph: Graph) -> Population:
    worth = min(message_worth(graph, origin) for origin in graph.origins(average.name))
    return Population(average.name, average.shape, RelayModel(scale=worth))


def _summed(edge: Edge, graph: Graph) -> Edge:
    units = np.arange(graph.node(edge.source).units, dtype=np.int32)
    group = len(units) // graph.node(edge.target).units
    return replace(edge, weights=SparseWeights(np.ones(len(units)), units // np.int32(group), units))
