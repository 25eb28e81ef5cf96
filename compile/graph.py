"""The model as a graph in real numbers.

A frontend makes a Graph, passes rewrite it, ``compile.quantize`` turns it into integers. Every edge with weights
takes one time step, as in ``hardware.network``; edges into a view take none.
"""

from __future__ import annotations

from dataclasses import dataclass

from compile.nodes import Average, Concat, Flatten, Node, Population, Source, View
from compile.synapses import OneToOne, Weights
from hardware.errors import NetworkError


@dataclass(frozen=True, eq=False)
class Edge:
    """A way from one node to another.

    Attributes
    ----------
    source, target : str
        Names of nodes.
    weights : Weights or None
        How the target reads the source; ``None`` for the plain way into a view.
    port : str
        Where the input arrives, one of the target model's ``ports``; empty for its first.
    direct : bool
        The host drives the target's neurons in the same step; only from the source, one to one.
    """

    source: str
    target: str
    weights: Weights | None = None
    port: str = ""
    direct: bool = False

    @property
    def name(self) -> str:
        """Name used in errors."""
        return f"{self.source}->{self.target}" + (f":{self.port}" if self.port else "")


@dataclass(frozen=True)
class Graph:
    """A whole model.

    Attributes
    ----------
    nodes : tuple of Node
        Exactly one ``Source``; the last node that is not a view is the output, or an ``Average`` after it.
    edges : tuple of Edge
        Their connections.

    Raises
    ------
    NetworkError
        Where names, shapes or edges do not fit; the message names node or edge.
    """

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]

    def __post_init__(self) -> None:
        """Check that the parts fit together."""
        nodes: dict[str, Node] = {}
        for node in self.nodes:
            if not node.name or any(c.isspace() for c in node.name) or node.name in nodes:
                raise NetworkError(f"node name {node.name!r} must be a single word, and unique")
            if node.units < 1 or any(axis < 1 for axis in node.shape):
                raise NetworkError(f"node {node.name!r} has no units: shape {node.shape}")
            nodes[node.name] = node
        sources = [node for node in self.nodes if isinstance(node, Source)]
        if len(sources) != 1 or not self.populations:
            raise NetworkError(
                f"a graph needs one source and at least one population, found {len(sources)} and "
                f"{len(self.populations)}"
            )
        seen: set[str] = set()
        for edge in self.edges:
            if edge.name in seen:
                raise NetworkError(f"edge {edge.name} occurs twice; add the weights into one")
            seen.add(edge.name)
            _check_edge(edge, nodes)
        for node in self.nodes:
            _check_inputs(node, [nodes[edge.source] for edge in self.into(node.name)])
        for node in self.nodes:
            self.origins(node.name)

    @property
    def source(self) -> Source:
        """The units that the host drives."""
        return next(node for node in self.nodes if isinstance(node, Source))

    @property
    def populations(self) -> tuple[Population, ...]:
        """The nodes that hold neurons, in order."""
        return tuple(node for node in self.nodes if isinstance(node, Population))

    def node(self, name: str) -> Node:
        """Return the node called ``name``."""
        for node in self.nodes:
            if node.name == name:
                return node
        raise NetworkError(f"no node {name!r}; this graph has {', '.join(n.name for n in self.nodes)}")

    def origins(self, name: str) -> tuple[str, ...]:
        """Return the names of the nodes whose units are seen at ``name``: itself, or what a view joins, in order.

        Raises
        ------
        NetworkError
            Where views only view each other.
        """
        return self._origins(name, ())

    def into(self, name: str) -> tuple[Edge, ...]:
        """Return the edges that lead to the node called ``name``."""
        return tuple(edge for edge in self.edges if edge.target == name)

    def out_of(self, name: str) -> tuple[Edge, ...]:
        """Return the edges that leave the node called ``name``."""
        return tuple(edge for edge in self.edges if edge.source == name)

    def _origins(self, name: str, passed: tuple[str, ...]) -> tuple[str, ...]:
        if isinstance(self.node(name), Source | Population):
            return (name,)
        if name in passed:
            raise NetworkError(
                f"views {' -> '.join([name, *reversed(passed)])} lead in a circle; put neurons between"
            )
        return tuple(origin for edge in self.into(name) for origin in self._origins(edge.source, (*passed, name)))


def _check_edge(edge: Edge, nodes: dict[str, Node]) -> None:
    for end in (edge.source, edge.target):
        if end not in nodes:
            raise NetworkError(f"edge {edge.name}: {end!r} is not a node of this graph")
    source, target = nodes[edge.source], nodes[edge.target]
    if isinstance(target, Source):
        raise NetworkError(f"edge {edge.name} leads into the source, which only the host drives")
    if isinstance(source, Average):
        raise NetworkError(f"edge {edge.name} leaves an average, which is a readout; nothing may follow it")
    if isinstance(target, View):
        if edge.weights is not None or edge.port:
            raise NetworkError(f"edge {edge.name} has weights, but a {type(target).__name__.lower()} takes none")
        return
    if edge.weights is None:
        raise NetworkError(f"edge {edge.name} has no weights, and {edge.target!r} holds neurons")
    if edge.direct and not (isinstance(source, Source) and isinstance(edge.weights, OneToOne)):
        raise NetworkError(f"edge {edge.name}: only the source can drive neurons directly, one to one")
    if edge.port not in target.model.ports:
        known = ", ".join(port or "the plain one" for port in target.model.ports)
        raise NetworkError(
            f"edge {edge.name}: {target.model.kind} neurons have no port {edge.port!r}; known: {known}"
        )
    if problem := edge.weights.problem(source.shape, target.shape):
        raise NetworkError(f"edge {edge.name}: {problem}")


def _check_inputs(node: Node, inputs: list[Node]) -> None:
    if isinstance(node, Source):
        return
    one = isinstance(node, Flatten | Average)
    if not inputs or (one and len(inputs) > 1):
        wanted = "exactly one" if one else "at least one"
        raise NetworkError(f"node {node.name!r} has {len(inputs)} incoming edges, it needs {wanted}")
    if isinstance(node, Flatten) and inputs[0].units != node.units:
        raise NetworkError(f"flatten {node.name!r} makes {node.units} units of {inputs[0].units}")
    if isinstance(node, Average) and inputs[0].units % node.units:
        raise NetworkError(f"average {node.name!r}: {node.units} groups do not divide {inputs[0].units} units")
    if isinstance(node, Concat):
        joined = (sum(each.shape[0] for each in inputs), *inputs[0].shape[1:])
        if any(each.shape[1:] != node.shape[1:] for each in inputs) or joined != node.shape:
            raise NetworkError(
                f"concat {node.name!r}: shapes {', '.join(str(each.shape) for each in inputs)} do not join to "
                f"{node.shape}"
            )
