"""Give every layer the name that users see."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

from compile.graph import Graph
from compile.neurons import RelayModel
from compile.nodes import Average, Population, Source
from compile.synapses import ConvWeights, DenseWeights, OneToOne, PoolWeights
from hardware.network import INPUT


@dataclass(frozen=True)
class NameLayers:
    """Name the source ``input``, the last population ``readout`` and the others by their role.

    Before: any graph, with whatever names the frontend gave. After, the layers before the readout are called

    - ``encoder``, where they read the source one to one (the neurons of SLAYER's input block);
    - ``hidden``, or ``hidden1``, ``hidden2`` ... in order, where all the others are dense;
    - else by how they read: ``conv1``, ``pool1``, ``unpool1``, ``dense1``, ``affine1`` (one to one), ``relay1``,
      ``sparse1``, counted by kind.

    An average is called ``average``. Other nodes keep their names where these are free. Weights and neurons stay
    the same objects. Same spikes.

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
        names = {graph.source.name: INPUT, graph.populations[-1].name: self.readout}
        roles = {each.name: _role(each, graph) for each in graph.populations[:-1]}
        inner = {name: role for name, role in roles.items() if role != "encoder"}
        if set(inner.values()) == {"dense"}:
            inner = dict.fromkeys(inner, self.hidden)
        seen: Counter[str] = Counter()
        for name in roles:
            role = inner.get(name, "encoder")
            seen[role] += 1
            alone = role == "encoder" or (role == self.hidden and len(inner) == 1)
            names[name] = role if alone and seen[role] == 1 else f"{role}{seen[role]}"
        for node in graph.nodes:
            if node.name not in names:
                free = "average" if isinstance(node, Average) else node.name
                while free in names.values():
                    free += "_"
                names[node.name] = free
        return Graph(
            tuple(replace(node, name=names[node.name]) for node in graph.nodes),
            tuple(replace(edge, source=names[edge.source], target=names[edge.target]) for edge in graph.edges),
        )


def _role(population: Population, graph: Graph) -> str:
    """Say how a population reads what comes before it; edges from itself do not count unless it has no other."""
    if isinstance(population.model, RelayModel):
        return "relay"
    edges = graph.into(population.name)
    edge = next((each for each in edges if each.source != population.name), edges[0])
    match edge.weights:
        case OneToOne():
            read = [graph.node(origin) for origin in graph.origins(edge.source)]
            return "encoder" if any(isinstance(node, Source) for node in read) else "affine"
        case ConvWeights():
            return "conv"
        case PoolWeights(unpool=unpool):
            return "unpool" if unpool else "pool"
        case DenseWeights():
            return "dense"
        case _:
            return "sparse"
