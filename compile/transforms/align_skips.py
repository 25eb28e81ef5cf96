"""Hold back what takes a shorter way, so that it arrives together with what takes a longer one."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from compile.graph import Edge, Graph
from compile.neurons import AlifModel, CubaModel, RelayModel, ResonatorModel
from compile.nodes import Node, Population, Source
from compile.quantize.messages import message_worth
from compile.synapses import DenseWeights, OneToOne, Weights
from hardware.chip import widths
from hardware.errors import NetworkError


@dataclass(frozen=True)
class AlignSkips:
    """Delay edges until every layer gets, at once, what it got at once where the model comes from.

    Here every edge takes one step. There, a layer of spiking neurons takes ``spiking_steps``, any other (sigma
    delta units, relays) none. So each layer lags behind by some steps, more the deeper it lies, and an edge that
    skips layers must be held back by the difference: dense weights by synaptic delays, others by relays, which
    several edges share.

    Before: no views. After: every layer does what it did in the model's own framework, its lag later, though
    here every edge takes a step. Nothing changes where no edge skips a layer that takes no step. To be run once:
    the delays that it adds look like those of the model. Constant input (bias, drive) does not wait: a layer gets
    it from the first step on, before its lag is over.

    Attributes
    ----------
    spiking_steps : int
        1 where every block of spiking neurons delays its spikes by one step, as SLAYER's do; 0 where a whole
        stack is computed in one step, as NIR's simulators do. An edge that leads back always takes one there, and
        one more where it comes from a relay: frontends put relays into circles to hold back.

    Raises
    ------
    NetworkError
        Where an edge leads back over layers that took no step, so that it would have to be faster than one step.
    """

    spiking_steps: int = 1
    name: str = "align-skips"

    def __call__(self, graph: Graph) -> Graph:
        """Return the graph with delays and relays."""
        place = {node.name: index for index, node in enumerate(_in_order(graph))}
        lag = {graph.source.name: 0}
        for node in sorted(graph.populations, key=lambda each: place[each.name]):
            forward = [edge for edge in graph.into(node.name) if place[edge.source] < place[node.name]]
            own = self._steps(node)
            lag[node.name] = max((lag[edge.source] + _takes(edge) for edge in forward), default=1) - own
        waits = {}
        for edge in graph.edges:
            back = place[edge.source] >= place[edge.target]
            steps = 1 + _is_relay(graph.node(edge.source)) if back else self._steps(graph.node(edge.target))
            waits[edge.name] = lag[edge.target] - lag[edge.source] + steps - _takes(edge)
            if waits[edge.name] < 0:
                raise NetworkError(
                    f"edge {edge.name} leads back over {-waits[edge.name]} layers that take no step where the "
                    "model comes from, but one each on the chip; let it lead back to its own layer"
                )
        return _delayed(graph, waits)

    def _steps(self, node: Node) -> int:
        spiking = isinstance(node, Population) and isinstance(node.model, CubaModel | AlifModel | ResonatorModel)
        return self.spiking_steps if spiking else 0


def _takes(edge: Edge) -> int:
    """Return the steps that an edge takes on the chip."""
    return 0 if edge.direct else 1


def _is_relay(node: Node) -> bool:
    return isinstance(node, Population) and isinstance(node.model, RelayModel)


def _in_order(graph: Graph) -> list[Node]:
    """Sort the nodes so that what is read comes first; in a circle the graph's order decides."""
    placed: list[Node] = [graph.source]
    waiting: list[Node] = [node for node in graph.nodes if not isinstance(node, Source)]
    while waiting:
        done = {node.name for node in placed}
        readers: list[Node] = []
        for node in waiting:
            read = {edge.source for edge in graph.into(node.name)} - {node.name}
            if read <= done:
                readers = [node]
                break
            if read & done:
                readers.append(node)
        following = (readers or waiting)[0]
        placed.append(following)
        waiting.remove(following)
    return placed


def _delayed(graph: Graph, waits: dict[str, int]) -> Graph:
    output = graph.populations[-1].name
    late: dict[tuple[str, int], Population] = {}
    edges: list[Edge] = []
    for edge in graph.edges:
        wait = waits[edge.name]
        slower = _slower(edge.weights, wait) if wait and edge.target != output else None
        if slower is not None:
            edges.append(replace(edge, weights=slower))
        elif wait and (relays := wait - edge.direct):
            edges.append(replace(edge, source=_relay(graph, edge.source, relays, late), direct=False))
        else:
            edges.append(replace(edge, direct=edge.direct and not wait))
    nodes: list[Node] = []
    for node in graph.nodes:
        nodes += [node, *(relay for (name, _), relay in late.items() if name == node.name)]
    for (name, wait), relay in late.items():
        before = name if wait == 1 else late[name, wait - 1].name
        edges.append(Edge(before, relay.name, OneToOne(np.ones(relay.units))))
    return Graph(tuple(nodes), tuple(edges))


def _slower(weights: Weights | None, wait: int) -> DenseWeights | None:
    """Return dense weights with longer delays, as far as synapses can delay."""
    if not isinstance(weights, DenseWeights):
        return None
    delays = (
        np.zeros(weights.weights.shape, np.int64) if weights.delays is None else weights.delays.astype(np.int64)
    )
    delays += wait
    return None if delays.max() > widths.DELAY_MAX else DenseWeights(weights.weights, delays.astype(np.uint8))


def _relay(graph: Graph, name: str, wait: int, late: dict[tuple[str, int], Population]) -> str:
    """Return the name of the relays that send what ``name`` sent ``wait`` steps ago; make what is missing."""
    node = graph.node(name)
    graded = node.graded if isinstance(node, Source) else isinstance(node, Population) and node.model.sends_graded
    model = RelayModel(scale=message_worth(graph, name)) if graded else RelayModel(binary=True)
    taken = {each.name for each in graph.nodes}
    for step in range(1, wait + 1):
        free = f"{name}.late{step}"
        while free in taken:
            free += "_"
        late.setdefault((name, step), Population(free, node.shape, model))
    return late[name, wait].name
