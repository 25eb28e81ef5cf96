"""A NIR graph made flat: nodes of inner graphs beside the others, with the shape that each sees."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from compile.errors import UnsupportedLayerError
from compile.frontends.nir_linear import LINEAR, UNITS_LIMIT, plain_shape, read_way, source_shape
from compile.frontends.nir_neurons import NEURONS
from compile.frontends.nir_node import NirNode
from compile.synapses import Shape
from hardware.errors import ContainerError

ENDS = ("Input", "Output")


@dataclass(frozen=True, eq=False)
class FlatGraph:
    """Nodes without graphs among them.

    Attributes
    ----------
    nodes : mapping of str to NirNode
        By name.
    into : mapping of str to tuple of str
        By name the nodes that lead to it.
    shapes : mapping of str to tuple of int
        By name the shape that it makes.
    stateless : tuple of str
        Names of the nodes without state, each after those of them that lead to it.
    entry, end : str
        Names of the graph's Input and Output.
    """

    nodes: Mapping[str, NirNode]
    into: Mapping[str, tuple[str, ...]]
    shapes: Mapping[str, Shape]
    stateless: tuple[str, ...]
    entry: str
    end: str


def flat_graph(graph: NirNode) -> FlatGraph:
    """Make a graph flat.

    Parameters
    ----------
    graph : NirNode
        Of type ``NIRGraph``.

    Raises
    ------
    ContainerError
        Where ends of edges or shapes do not fit.
    UnsupportedLayerError
        Where it has more than one input or output, or a circle without neurons.
    """
    if graph.kind != "NIRGraph":
        raise ContainerError(f"the outermost NIR node is a {graph.kind}, expected a NIRGraph")
    nodes: dict[str, NirNode] = {}
    edges: list[tuple[str, str]] = []
    _unfold(graph, nodes, edges)
    entry, end = (_only_one(graph, kind, "join them into one node of all their units") for kind in ENDS)
    into: dict[str, list[str]] = {name: [] for name in nodes}
    for source, target in edges:
        if target == entry or source == end:
            raise ContainerError(
                f"the edge {source} -> {target} leads into the graph's Input, or out of its Output"
            )
        into[target].append(source)
    shapes = _shapes(nodes, into)
    sources_of = {name: tuple(sources) for name, sources in into.items()}
    return FlatGraph(nodes, sources_of, shapes, _order(nodes, into), entry, end)


def _unfold(graph: NirNode, nodes: dict[str, NirNode], edges: list[tuple[str, str]]) -> None:
    """Add the nodes of a graph; an edge to or from a graph among them ends at its only Input or Output."""
    doors: dict[str, tuple[str, str]] = {}
    for node in graph.nodes:
        if node.kind != "NIRGraph":
            nodes[node.name] = node
            doors[node.name] = (node.name, node.name)
            continue
        _unfold(node, nodes, edges)
        remedy = "write its nodes into the graph around it"
        doors[node.name] = (_only_one(node, ENDS[0], remedy), _only_one(node, ENDS[1], remedy))
    edges += [(doors[source][1], doors[target][0]) for source, target in graph.edges]


def _only_one(graph: NirNode, kind: str, remedy: str) -> str:
    found = [node.name for node in graph.nodes if node.kind == kind]
    if len(found) != 1:
        raise UnsupportedLayerError(
            f"{graph.where} has {len(found)} {kind} nodes ({', '.join(found[:4])}), it needs exactly one; {remedy}"
        )
    return found[0]


def _shapes(nodes: dict[str, NirNode], into: dict[str, list[str]]) -> dict[str, Shape]:
    """Follow the edges from the input."""
    out: dict[str, list[str]] = {name: [] for name in nodes}
    for target, sources in into.items():
        for source in sources:
            out[source].append(target)
    shapes: dict[str, Shape] = {}
    waiting = [name for name, node in nodes.items() if node.kind == "Input" and not into[name]]
    for name in waiting:
        shapes[name] = plain_shape(nodes[name].integers("shape"), nodes[name].where)
    total = sum(math.prod(shape) for shape in shapes.values())
    while waiting:
        before = waiting.pop()
        for name in out[before]:
            if name in shapes:
                continue
            shapes[name] = _made(nodes[name], shapes[before])
            total += math.prod(shapes[name])
            if total > UNITS_LIMIT:
                raise UnsupportedLayerError(
                    f"the NIR graph has over {UNITS_LIMIT} units up to {nodes[name].where}, more than the chip"
                )
            waiting.append(name)
    if unreached := sorted(set(nodes) - set(shapes)):
        raise ContainerError(f"{nodes[unreached[0]].where} cannot be reached from the graph's input")
    return shapes


def _made(node: NirNode, given: Shape) -> Shape:
    if node.kind in LINEAR:
        return read_way(node, source_shape(node, given))[1]
    if node.kind == "Flatten":
        return (math.prod(given),)
    key = {"Delay": "delay", "Threshold": "threshold"}.get(node.kind, "r")
    if node.kind in NEURONS or node.kind == "Delay":
        own = node.numbers(key)
        if own.size == math.prod(given) and own.size > 1:
            return plain_shape(own.shape, node.where)
    return given


def _order(nodes: dict[str, NirNode], into: dict[str, list[str]]) -> tuple[str, ...]:
    """Sort the nodes without state so that each follows those of them that lead to it."""
    stateless = {name for name, node in nodes.items() if node.kind not in NEURONS}
    missing = {name: sum(source in stateless for source in into[name]) for name in nodes if name in stateless}
    out: dict[str, list[str]] = {name: [] for name in stateless}
    for name in missing:
        for source in into[name]:
            if source in stateless:
                out[source].append(name)
    order = [name for name, count in missing.items() if count == 0]
    for name in order:
        for target in out[name]:
            missing[target] -= 1
            if missing[target] == 0:
                order.append(target)
    if stuck := sorted(stateless - set(order)):
        raise UnsupportedLayerError(
            f"{nodes[stuck[0]].where} lies in a circle of {len(stuck)} nodes without neurons among them; put "
            "neurons "
            "into it"
        )
    return tuple(order)
