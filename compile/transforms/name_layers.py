"""Give every layer the name that users see."""

from __future__ import annotations

from dataclasses import dataclass, replace

from compile.graph import CubaPopulation, Edge, Graph, Source
from hardware.network import INPUT


@dataclass(frozen=True)
class NameLayers:
    """Rename the source ``input``, the last population ``readout``, the others ``hidden1``, ``hidden2`` ...

    Before: any graph, with whatever names the frontend gave. After: the source is ``input`` and the
    populations are called by their role in order; a single hidden layer is just ``hidden``. Other nodes keep
    their names where these are free. Weights and neurons stay the same objects.

    Attributes
    ----------
    hidden, readout : str
        The words to use.
    """

    hidden: str = "hidden"
    readout: str = "readout"
    name: str = "name-layers"

    def __call__(self, graph: Graph) -> Graph:
        """Return the renamed graph."""
        *inner, last = [node.name for node in graph.populations]
        names = {graph.source.name: INPUT, last: self.readout}
        for index, name in enumerate(inner, start=1):
            names[name] = self.hidden if len(inner) == 1 else f"{self.hidden}{index}"
        for node in graph.nodes:
            if not isinstance(node, Source | CubaPopulation):
                free = node.name
                while free in names.values():
                    free += "_"
                names[node.name] = free
        return Graph(
            tuple(replace(node, name=names[node.name]) for node in graph.nodes),
            tuple(Edge(names[edge.source], names[edge.target], edge.weights) for edge in graph.edges),
        )
